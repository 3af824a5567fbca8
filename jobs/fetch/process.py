"""Programs that take long, watched while they run."""

import subprocess
from collections.abc import Callable

PERIOD = 10.0
"""Seconds between two words about how far it is."""


def watched(
    process: subprocess.Popen[str], tell: Callable[[], None]
) -> tuple[str, str]:
    """Wait for a program; its output and its errors.

    It does not outlive this one: whatever ends the waiting ends it too.
    """
    try:
        while True:
            try:
                return process.communicate(timeout=PERIOD)
            except subprocess.TimeoutExpired:
                tell()
    except BaseException:
        process.terminate()
        raise
