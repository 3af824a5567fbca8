"""Why a model cannot be served."""

from jobs.rclone import Failure


class ServingError(RuntimeError):
    """There is no model to serve; the message says why.

    Attributes:
        failure: Why, for programs.
    """

    def __init__(self, failure: Failure, reason: str) -> None:
        super().__init__(reason)
        self.failure = failure
