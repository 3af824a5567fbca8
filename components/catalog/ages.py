"""Ages in whole days, as the lifecycles of buckets count them."""

from __future__ import annotations

import re

_DAYS = re.compile(r"(\d{1,6})d", re.ASCII)
_OTHER = re.compile(r"(\d{1,6}) ?([a-zA-Z]*)", re.ASCII)
# Whole days of what people write instead.
_UNITS = {"": 1, "day": 1, "days": 1, "D": 1, "w": 7, "weeks": 7, "y": 365}
_PARTS_OF_A_DAY = {"h": 24, "m": 1440, "s": 86400}


def is_age(text: str, *, least: int = 1) -> bool:
    """Whether `text` is an age of at least `least` days, such as `90d`."""
    found = _DAYS.fullmatch(text)
    return found is not None and int(found[1]) >= least


def days(text: str) -> int:
    """The days of an age such as `90d`.

    Raises:
        ValueError: `text` is no such age.
    """
    found = _DAYS.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a number of days such as 90d")
    return int(found[1])


def nearest(text: str, *, least: int = 1) -> str | None:
    """The age that `text` was probably meant to be, or None."""
    found = _OTHER.fullmatch(text.strip())
    if found is None:
        return None
    number, unit = int(found[1]), found[2]
    if unit in _PARTS_OF_A_DAY:
        number = -(-number // _PARTS_OF_A_DAY[unit])
    elif unit != "d":
        if unit not in _UNITS:
            return None
        number *= _UNITS[unit]
    return f"{max(least, number)}d"
