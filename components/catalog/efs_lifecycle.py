"""When files of Amazon EFS move to cheaper storage.

Source: the EFS API reference (service model of botocore 1.44.5:
PutLifecycleConfiguration), read 2026-11-22.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.catalog.efs import Performance, Throughput
from components.catalog.problem import UNSET, Problem

LINK = "https://docs.aws.amazon.com/efs/latest/ug/lifecycle-management-efs.html"

DAYS = (1, 7, 14, 30, 60, 90, 180, 270, 365)
"""Days without access after which files can move to cheaper storage."""


def days(text: str) -> int | None:
    """The days of a time such as `30d` where EFS has them; None for others."""
    match = re.fullmatch(r"([1-9]\d{0,3})d", text, re.ASCII)
    number = int(match[1]) if match else None
    return number if number in DAYS else None


def transition(text: str) -> str:
    """What the API calls a time such as `30d`.

    Raises:
        ValueError: EFS has no such time.
    """
    number = days(text)
    if number is None:
        raise ValueError(f"EFS moves no files after {text}")
    return f"AFTER_{number}_DAY{'S' if number > 1 else ''}"


def lifecycle_problems(
    to_infrequent_access: str | None,
    to_archive: str | None,
    performance: Performance,
    throughput: Throughput,
) -> Iterator[Problem]:
    """What is wrong with when files move, relative to `lifecycle`.

    Args:
        to_infrequent_access: The time until Infrequent Access, such as `30d`.
        to_archive: The time until Archive.
        performance: The performance mode.
        throughput: The throughput mode.
    """
    wrong = [
        problem
        for key, text in (("toIA", to_infrequent_access), ("toArchive", to_archive))
        if text is not None and (problem := _time_problem(key, text)) is not None
    ]
    yield from wrong
    if to_archive is None or wrong:
        return
    if (performance, throughput) == ("generalPurpose", "elastic"):
        yield from _order_problems(to_infrequent_access, to_archive)
    elif (performance, throughput) != ("maxIO", "elastic"):
        # The pair that is excepted is refused whatever the lifecycle.
        yield Problem(
            rule="EFS06",
            message="only a file system with elastic throughput and the performance "
            "mode generalPurpose has Archive storage: leave it out, or change them",
            path=("toArchive",),
            value=to_archive,
            link=LINK,
        )


def _time_problem(key: str, text: str) -> Problem | None:
    if days(text) is not None:
        return None
    units = {"": 1, "d": 1, "_days": 1, "days": 1, "w": 7, "m": 30, "y": 365}
    units |= {"_day": 1, "day": 1, "h": 1 / 24}
    match = re.fullmatch(r"(?:after_)?(\d{1,6})([a-z_]*)", text.lower(), re.ASCII)
    number = None
    if match is not None and match[2] in units:
        number = int(match[1]) * units[match[2]]
    return Problem(
        rule="EFS05",
        message="files move after 1, 7, 14, 30, 60, 90, 180, 270 or 365 days",
        path=(key,),
        value=text,
        allowed=tuple(f"{n}d" for n in DAYS),
        nearest=None if number is None else f"{_nearest_day(number)}d",
        link=LINK,
    )


def _nearest_day(number: float) -> int:
    return min(DAYS, key=lambda day: abs(day - number))


def _order_problems(to_ia: str | None, to_archive: str) -> Iterator[Problem]:
    """Archive comes after Infrequent Access."""
    last = days(to_archive) or 0
    first = None if to_ia is None else days(to_ia)
    if first is not None and first < last:
        return
    message = "files move to Archive from Infrequent Access, and later than to it"
    earlier = [day for day in DAYS if day < last]
    later = [day for day in DAYS if first is not None and day > first]
    key, value, right = "toArchive", to_archive, later[:1]
    if first is None or not later:
        key, value, right = "toIA", to_ia, earlier[-1:]
    yield Problem(
        rule="EFS07",
        message=message,
        path=(key,),
        value=UNSET if value is None else value,
        nearest=f"{right[0]}d" if right else None,
        link=LINK,
    )
