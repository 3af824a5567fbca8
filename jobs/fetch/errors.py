"""Why a dataset is not there."""

from jobs.rclone import Failure


class FetchError(RuntimeError):
    """It cannot be fetched; the message says why, and what to do where it can.

    Attributes:
        failure: Why, for programs.
    """

    def __init__(self, reason: str, failure: Failure = Failure.OTHER) -> None:
        super().__init__(reason)
        self.failure = failure
