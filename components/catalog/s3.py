"""Buckets of S3: their names, storage classes and lifecycles.

Sources, read 2026-11-22:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-bucket-naming-rules.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html,
and the API's own text in botocore 1.44.5 (`PutBucketLifecycleConfiguration`,
`Transition`, `LifecycleExpiration`, `Tiering`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from components.catalog import ages
from components.catalog.problem import Problem

NAMING = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"
DIRECTORY_NAMING = (
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
    "directory-bucket-naming-rules.html"
)
TRANSITIONS = (
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
    "lifecycle-transition-general-considerations.html"
)
LIFECYCLE = (
    "https://docs.aws.amazon.com/AmazonS3/latest/API/"
    "API_PutBucketLifecycleConfiguration.html"
)
TIERING = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_Tiering.html"
DIRECTORY = (
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-differences.html"
)

MOST_RULES = 1000
"""The most rules of a lifecycle; AWS raises it for no one."""

DIRECTORY_SUFFIX = "--x-s3"

RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")

_GENERAL = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_BASE = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_ZONE_ID = re.compile(r"[a-z]{2,5}\d-([a-z]{3}\d-)?az\d{1,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageClass:
    """One storage class that objects move to.

    Attributes:
        name: The API's word.
        next: The classes that objects can move on to.
        least_days: Days that are billed for each object in any case.
        readable: Whether a program can read an object without restoring it.
    """

    name: str
    next: tuple[str, ...]
    least_days: int
    readable: bool = True


_ARCHIVES = ("GLACIER", "DEEP_ARCHIVE")

STORAGE_CLASSES: dict[str, StorageClass] = {
    row.name: row
    for row in (
        StorageClass(
            name="STANDARD_IA",
            next=("INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", *_ARCHIVES),
            least_days=30,
        ),
        StorageClass(
            name="INTELLIGENT_TIERING",
            next=("ONEZONE_IA", "GLACIER_IR", *_ARCHIVES),
            least_days=0,
        ),
        StorageClass(name="ONEZONE_IA", next=_ARCHIVES, least_days=30),
        StorageClass(name="GLACIER_IR", next=_ARCHIVES, least_days=90),
        StorageClass(
            name="GLACIER", next=("DEEP_ARCHIVE",), least_days=90, readable=False
        ),
        StorageClass(name="DEEP_ARCHIVE", next=(), least_days=180, readable=False),
    )
}
"""The classes that a lifecycle moves objects to, in the order of the waterfall."""

LEAST_DAYS_IN_STANDARD = 30
"""Days before which moving to an infrequent-access class costs more than it
saves. Older versions of the API refused it, the present one does not."""

ARCHIVE_TIERS: dict[str, tuple[int, int]] = {
    "ARCHIVE_ACCESS": (90, 730),
    "DEEP_ARCHIVE_ACCESS": (180, 730),
}
"""The fewest and the most days without access, of each archive tier of
INTELLIGENT_TIERING."""


def is_directory(bucket: str) -> bool:
    """Whether a bucket is a directory bucket: its name says so."""
    return bucket.endswith(DIRECTORY_SUFFIX)


def directory_bucket(base: str, zone_id: str) -> str:
    """The whole name of a directory bucket."""
    return f"{base}--{zone_id}{DIRECTORY_SUFFIX}"


def zone_of(bucket: str) -> str:
    """The zone that the name of a directory bucket says."""
    return bucket.removesuffix(DIRECTORY_SUFFIX).rpartition("--")[2]


def general_name(name: str) -> Problem | None:
    """What is wrong with `name` as the name of a general purpose bucket."""
    well_formed = (
        _GENERAL.fullmatch(name) is not None
        and ".." not in name
        and _ADDRESS.fullmatch(name) is None
    )
    if not well_formed:
        return Problem(
            rule="BKT01",
            message="a bucket's name has 3 to 63 lower-case letters, digits, '-' and "
            "'.', begins and ends with a letter or digit, has no '..' and is no IP "
            "address",
            value=name,
            nearest=_nearest_name(name),
            link=NAMING,
        )
    if name.startswith(RESERVED_PREFIXES) or name.endswith(RESERVED_SUFFIXES):
        return Problem(
            rule="BKT02",
            message="a bucket's name does not begin or end with what S3 keeps for "
            "itself",
            value=name,
            nearest=_nearest_name(name),
            link=NAMING,
        )
    return None


def _nearest_name(name: str) -> str | None:
    """A name like `name` that S3 takes, if there is one."""
    text = re.sub(r"^(s3://|arn:aws[a-z-]*:s3:::)|/+$", "", name.strip().lower())
    text = re.sub(r"[^a-z0-9.-]+", "-", text)
    text = re.sub(r"\.{2,}", ".", text)
    if _ADDRESS.fullmatch(text):
        text = f"bucket-{text.replace('.', '-')}"
    while True:
        short = text.strip("-.")[:63].strip("-.")
        for prefix in RESERVED_PREFIXES:
            short = short.removeprefix(prefix)
        for suffix in RESERVED_SUFFIXES:
            short = short.removesuffix(suffix)
        if short == text:
            break
        text = short
    return text if len(text) >= 3 else None


def zone_id(text: str) -> Problem | None:
    """What is wrong with `text` as the id of a zone."""
    if _ZONE_ID.fullmatch(text):
        return None
    return Problem(
        rule="BKT04",
        message="a directory bucket is in a zone by its id, such as usw2-az1: a "
        "zone's name, such as us-west-2a, means another zone in each account",
        value=text,
        link=DIRECTORY_NAMING,
    )


def directory_name(name: str, zone: str) -> Problem | None:
    """What is wrong with `name` as a directory bucket in the zone with id `zone`."""
    suffix = f"--{zone}{DIRECTORY_SUFFIX}"
    base = name.removesuffix(suffix)
    if (
        name.endswith(suffix)
        and _ZONE_ID.fullmatch(zone)
        and _BASE.fullmatch(base)
        and len(name) <= 63
        and not base.startswith(RESERVED_PREFIXES)
    ):
        return None
    wanted = re.sub(r"[^a-z0-9-]+", "-", name.lower().removesuffix(DIRECTORY_SUFFIX))
    # What stands between the last two dashes is another zone.
    parts = wanted.rpartition("--")
    wanted = parts[0] if _ZONE_ID.fullmatch(parts[2]) else wanted
    for prefix in RESERVED_PREFIXES:
        wanted = wanted.removeprefix(prefix)
    wanted = wanted.strip("-")[: 63 - len(suffix)].strip("-")
    return Problem(
        rule="BKT03",
        message="the name of a directory bucket is of lower-case letters, digits and "
        "'-', ends with its zone's id and --x-s3, and has at most 63 characters",
        value=name,
        nearest=f"{wanted}{suffix}" if wanted else None,
        link=DIRECTORY_NAMING,
    )


def age(text: str, *, least: int = 1) -> Problem | None:
    """What is wrong with `text` as an age of objects: whole days."""
    if ages.is_age(text, least=least):
        return None
    return Problem(
        rule="BKT07",
        message=f"S3 counts ages in whole days, at least {least}, such as 90d",
        value=text,
        nearest=ages.nearest(text, least=least),
        link=LIFECYCLE,
    )


def tier_days(tier: str, text: str) -> Problem | None:
    """What is wrong with `text` as the age for an archive tier."""
    least, most = ARCHIVE_TIERS[tier]
    problem = age(text)
    if problem is not None or least <= ages.days(text) <= most:
        return problem
    return Problem(
        rule="BKT13",
        message=f"objects go to {tier} after {least} to {most} days without access",
        value=text,
        nearest=f"{min(max(ages.days(text), least), most)}d",
        link=TIERING,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A move of the same objects, in the order of their age.

    Attributes:
        index: Which rule of the list says it.
        days: Age of the objects, in days.
        to: The storage class; None when they are deleted.
    """

    index: int
    days: int
    to: str | None


def steps_problems(steps: Sequence[Step]) -> Iterator[tuple[Step, Problem]]:
    """What is wrong with everything that becomes of the same objects.

    Yields:
        The step that is wrong, and what is.
    """
    # Where two happen at one age, the deletion is last: S3 would never move.
    ordered = sorted(steps, key=lambda s: (s.days, s.to is None, s.index))
    before: Step | None = None
    for step in ordered:
        if step.to is not None:
            yield from ((step, p) for p in _move_problems(before, step))
        elif before is not None and before.to is not None:
            yield from ((step, p) for p in _deletion_problems(before, step))
        before = step


def _move_problems(before: Step | None, step: Step) -> Iterator[Problem]:
    to = str(step.to)
    if before is None:
        if to in ("STANDARD_IA", "ONEZONE_IA") and step.days < LEAST_DAYS_IN_STANDARD:
            yield Problem(
                rule="BKT10",
                message="an object that moves here before it is 30 days old costs "
                "more than it saves",
                value=f"{step.days}d",
                nearest=f"{LEAST_DAYS_IN_STANDARD}d",
                link=TRANSITIONS,
                severity="warning",
            )
        return
    if before.to is None:
        yield Problem(
            rule="BKT09",
            message="the same objects are deleted by then",
            value=f"{step.days}d",
            link=LIFECYCLE,
        )
        return
    if to not in STORAGE_CLASSES[before.to].next or step.days == before.days:
        same_day = to in STORAGE_CLASSES[before.to].next
        yield Problem(
            rule="BKT08",
            message="the same objects move on the same day to another class"
            if same_day
            else f"objects in {before.to} cannot move to this class: S3 only moves "
            "them on to colder ones",
            value=to,
            allowed=STORAGE_CLASSES[before.to].next,
            link=TRANSITIONS,
        )
        return
    yield from _billed(before, step)


def _deletion_problems(before: Step, step: Step) -> Iterator[Problem]:
    least = STORAGE_CLASSES[str(before.to)].least_days
    if step.days <= before.days:
        yield Problem(
            rule="BKT09",
            message="objects are deleted later than they move to another class",
            value=f"{step.days}d",
            nearest=f"{before.days + max(1, least)}d",
            link=LIFECYCLE,
        )
        return
    yield from _billed(before, step)


def _billed(before: Step, step: Step) -> Iterator[Problem]:
    least = STORAGE_CLASSES[str(before.to)].least_days
    if step.days - before.days < least:
        yield Problem(
            rule="BKT10",
            message=f"{before.to} is billed for {least} days of every object: it "
            "leaves earlier",
            value=f"{step.days}d",
            nearest=f"{before.days + least}d",
            link=TRANSITIONS,
            severity="warning",
        )
