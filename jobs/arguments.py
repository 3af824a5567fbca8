"""Types of command-line arguments."""

import argparse
import math
import re
from pathlib import Path


def positive(text: str) -> int:
    """Return a whole number from 1.

    Raises:
        argparse.ArgumentTypeError: `text` is none.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


def seconds(text: str) -> float:
    """Return a number of seconds, such as `2` or `0.5`.

    Raises:
        argparse.ArgumentTypeError: `text` is none.
    """
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return number


def above_zero(text: str) -> float:
    """Return a number above 0, such as a learning rate.

    Raises:
        argparse.ArgumentTypeError: `text` is none.
    """
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return number


def directory(text: str) -> Path:
    """Return the path of a directory.

    Raises:
        argparse.ArgumentTypeError: `text` is a URI, or empty.
    """
    if not text or "://" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is no directory")
    return Path(text)


def bandwidth(text: str) -> str:
    """Return bytes a second as rclone takes them, such as `100M`.

    Raises:
        argparse.ArgumentTypeError: `text` is none.
    """
    if not re.fullmatch(r"\d+(\.\d+)?[BKMGTP]?", text, re.ASCII):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no bandwidth: it is a number with K, M or G, such as 100M"
        )
    return text


def add_attempts(parser: argparse.ArgumentParser, *, default: int) -> None:
    """Let a program be told how often it tries, and what it waits in between.

    Args:
        parser: Gets `--attempts` (`attempts`, 1 or more) and `--pause` (`pause`,
            seconds).
        default: How often, unless it is told.
    """
    add = parser.add_argument
    add("--attempts", type=positive, default=default, help="default: %(default)s")
    add(
        "--pause",
        type=seconds,
        default=2.0,
        help="seconds between two attempts; default: %(default)s",
    )


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
