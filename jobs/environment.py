"""What the environment of a pod tells its program."""

import os


class BadEnvironment(ValueError):  # noqa: N818 - the name says what is the matter
    """An environment variable does not hold what it must."""


def run_number() -> int:
    """Return the number of this run: `ML_STORAGE_RUN`, by default 1.

    Raises:
        BadEnvironment: It is no whole number from 1.
    """
    return _number("ML_STORAGE_RUN", default=1, least=1)


def completion_index() -> int:
    """Return this pod's index in an Indexed Job: `JOB_COMPLETION_INDEX`, or 0.

    Raises:
        BadEnvironment: It is no whole number from 0.
    """
    return _number("JOB_COMPLETION_INDEX", default=0, least=0)


def _number(name: str, *, default: int, least: int) -> int:
    text = os.environ.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or int(text) < least:
        raise BadEnvironment(f"{name} = {text!r}: it must be a whole number >= {least}")
    return int(text)
