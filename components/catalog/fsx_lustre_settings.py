"""Amazon FSx for Lustre: backups, the maintenance window and root squash.

Sources as in `fsx_lustre_tables`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from components.catalog import fsx_lustre_tables as tables
from components.catalog.problem import UNSET, Problem

_HOUR = r"(?:[01]\d|2[0-3]):[0-5]\d"
_LOOSE_TIME = re.compile(r"(\d{1,2}):?(\d{2})")
_LOOSE_WINDOW = re.compile(r"([a-z]+|\d):(\d{1,2}:?\d{2})", re.IGNORECASE)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NID = re.compile(r"(?:[0-9\[\]-]+\.){3}[0-9\[\]-]+@tcp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backups:
    """What is said about automatic backups.

    Attributes:
        retention_days: Days that they are kept; 0 and None for no backups.
        start_time: When they are taken, UTC.
        copy_tags: The file system's tags go on them.
    """

    retention_days: int | None = None
    start_time: str | None = None
    copy_tags: bool | None = None


def backup_problems(
    backups: Backups, *, deployment: str, linked: bool
) -> Iterator[Problem]:
    """Backups that AWS does not take, or does not take so.

    Paths begin with `retention_days`, `start_time` or `copy_tags`.

    Args:
        backups: What is said.
        deployment: The deployment type.
        linked: It is linked to a bucket.
    """
    days = backups.retention_days
    said: list[tuple[str, object]] = [
        ("retention_days", days),
        ("start_time", backups.start_time),
        ("copy_tags", backups.copy_tags),
    ]
    why = None
    if deployment not in tables.PERSISTENT:
        why = "scratch file systems have no backups"
    elif linked:
        why = "a file system that is linked to a bucket has no backups"
    if why is not None:
        for field, value in [pair for pair in said if pair[1]][:1]:
            yield Problem(
                rule="FSX11",
                message=f"{why}: leave them out",
                path=(field,),
                value=value,
                link=tables.BACKUP,
            )
        return
    yield from _retention(days)
    yield from _start_time(backups)
    if backups.copy_tags and not days:
        yield Problem(
            rule="FSX13",
            message="there are no automatic backups to copy the tags to: how long "
            "they are kept is not said",
            path=("copy_tags",),
            value=True,
            link=tables.CONFIGURATION,
            severity="warning",
        )


def _retention(days: int | None) -> Iterator[Problem]:
    most, sure = tables.RETENTION_MOST, tables.RETENTION_SURE
    if days is None or 0 <= days <= sure:
        return
    refused = not 0 <= days <= most
    yield Problem(
        rule="FSX12",
        message=f"automatic backups are kept 0 to {most} days"
        if refused
        else f"AWS keeps automatic backups up to {most} days, but not every tool of "
        f"its own takes more than {sure}",
        path=("retention_days",),
        value=days,
        nearest=min(max(days, 0), most) if refused else sure,
        link=tables.CONFIGURATION,
        severity="error" if refused else "warning",
    )


def _start_time(backups: Backups) -> Iterator[Problem]:
    time = backups.start_time
    if time is None:
        return
    if not re.fullmatch(_HOUR, time):
        yield Problem(
            rule="FSX13",
            message="the time of backups is HH:MM, UTC",
            path=("start_time",),
            value=time,
            nearest=_time(time),
            link=tables.CONFIGURATION,
        )
    elif not backups.retention_days:
        yield Problem(
            rule="FSX13",
            message="a time of backups needs to say how many days they are kept",
            path=("start_time",),
            value=time,
            link=tables.CONFIGURATION,
        )


def maintenance_problem(window: str) -> Problem | None:
    """What is wrong with a weekly maintenance window, or None."""
    if re.fullmatch(rf"[1-7]:{_HOUR}", window):
        return None
    nearest = None
    loose = _LOOSE_WINDOW.fullmatch(window)
    if loose is not None:
        word, time = loose.group(1).lower(), _time(loose.group(2))
        if word.isdigit():
            # Others count from Sunday, which is 0 there.
            day = (int(word) - 1) % 7 + 1 if int(word) in (0, *range(1, 8)) else None
        else:
            day = _DAYS.index(word[:3]) + 1 if word[:3] in _DAYS else None
        nearest = f"{day}:{time}" if day and time else None
    return Problem(
        rule="FSX14",
        message="the weekly maintenance begins at d:HH:MM, UTC, with 1 for Monday and "
        "7 for Sunday",
        value=window,
        nearest=nearest,
        link=tables.CONFIGURATION,
    )


def _time(text: str) -> str | None:
    loose = _LOOSE_TIME.fullmatch(text)
    if loose is None:
        return None
    time = f"{int(loose.group(1)):02}:{loose.group(2)}"
    return time if re.fullmatch(_HOUR, time) else None


def squash_problems(user: str, except_for: Sequence[str]) -> Iterator[Problem]:
    """What is wrong with a root squash; paths begin with `user` or `except_for`."""
    numbers = re.fullmatch(r"([0-9]{1,10}):([0-9]{1,10})", user)
    ids = [int(number) for number in numbers.groups()] if numbers else []
    if not ids or not all(0 < one <= tables.LARGEST_ID for one in ids):
        yield Problem(
            rule="FSX16",
            message="root becomes UID:GID, both of them from 1 to "
            f"{tables.LARGEST_ID}: 0 is root itself",
            path=("user",),
            value=user,
            nearest="65534:65534",
            link=tables.ROOT_SQUASH,
        )
    if len(except_for) > tables.NIDS_MOST:
        yield Problem(
            rule="FSX16",
            message=f"at most {tables.NIDS_MOST} clients are exempt; one entry may be "
            "a range",
            path=("except_for", tables.NIDS_MOST),
            value=except_for[tables.NIDS_MOST],
            link=tables.ROOT_SQUASH,
        )
    for index, nid in enumerate(except_for):
        if not _NID.fullmatch(nid):
            tcp = f"{nid}@tcp"
            yield Problem(
                rule="FSX16",
                message="a client is an address or a range with @tcp, such as "
                "10.0.1.6@tcp or 10.0.[2-10].[1-255]@tcp",
                path=("except_for", index),
                value=nid or UNSET,
                nearest=tcp if _NID.fullmatch(tcp) else None,
                link=tables.ROOT_SQUASH,
            )
