"""Types of command-line arguments."""

import argparse


def positive(text: str) -> int:
    """Return a whole number from 1.

    Raises:
        argparse.ArgumentTypeError: `text` is none.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def duration(text: str) -> int:
    """Return the seconds of a duration such as `30s`, `15m`, `12h` or `7d`; `0` is 0.

    Raises:
        argparse.ArgumentTypeError: `text` is none.
    """
    number, unit = text[:-1], text[-1:]
    if text == "0":
        return 0
    if not (number.isascii() and number.isdecimal()) or unit not in _SECONDS:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no duration: it is a number with s, m, h or d, such as 15m"
        )
    return int(number) * _SECONDS[unit]
