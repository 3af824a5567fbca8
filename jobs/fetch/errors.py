"""Why a dataset is not there."""


class FetchError(RuntimeError):
    """It cannot be fetched; the message says why, and what to do where it can."""
