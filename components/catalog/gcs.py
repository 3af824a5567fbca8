"""Buckets of Cloud Storage: where they are, their classes and lifecycles.

Sources, read 2026-11-22: the pages of https://cloud.google.com/storage/docs that
are linked below, the arguments of `gcp.storage.Bucket` in pulumi-gcp 10.2.0 with
their documentation, and https://github.com/google/skills 1af7775
(`google-cloud-storage-fuse/references/checkpoint-safety.md`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from components.catalog import ages, gcp_regions
from components.catalog.problem import Problem

LIFECYCLE = "https://cloud.google.com/storage/docs/lifecycle"
CLASSES = "https://cloud.google.com/storage/docs/storage-classes"
LOCATIONS = "https://cloud.google.com/storage/docs/locations"
SOFT_DELETE = "https://cloud.google.com/storage/docs/soft-delete"
RETENTION = "https://cloud.google.com/storage/docs/bucket-lock"
AUTOCLASS = "https://cloud.google.com/storage/docs/autoclass"
FOLDERS = "https://cloud.google.com/storage/docs/hns-overview"
RAPID = "https://cloud.google.com/storage/docs/rapid/rapid-bucket"
CACHE = "https://cloud.google.com/storage/docs/anywhere-cache"

LEAST_DAYS = {"STANDARD": 0, "NEARLINE": 30, "COLDLINE": 90, "ARCHIVE": 365}
"""The classes that objects move to, from warm to cold, and the days of storage that
are billed for each object in any case."""

COLDER = tuple(LEAST_DAYS)
"""The classes, from warm to cold. A lifecycle moves objects to colder ones only."""

MULTI_REGIONS = ("US", "EU", "ASIA")
"""Locations that are many regions."""

DUAL_REGIONS = ("NAM4", "EUR4", "EUR5", "EUR7", "EUR8", "ASIA1")
"""Locations that are two regions which Google has paired."""

SOFT_DELETE_DAYS = (7, 90)
"""The fewest and the most days that deleted objects stay, where they stay."""

LONGEST_RETENTION = 3_155_760_000
"""Seconds that a retention policy stays below, a hundred years."""

SECONDS = 86_400
"""Seconds of a day."""

CACHE_HOURS = (1, 7 * 24)
"""The fewest and the most hours that an Anywhere Cache keeps what nobody reads."""

_CACHE_SURE = (24, 7 * 24)
_HOURS = re.compile(r"(\d{1,4})([hd])", re.ASCII)


def age(text: str, *, least: int = 1) -> Problem | None:
    """What is wrong with `text` as an age of objects: whole days."""
    if ages.is_age(text, least=least):
        return None
    return Problem(
        rule="GCS07",
        message=f"Cloud Storage counts ages in whole days, at least {least}, such as "
        "90d",
        value=text,
        nearest=ages.nearest(text, least=least),
        link=LIFECYCLE,
    )


def soft_delete(text: str) -> Problem | None:
    """What is wrong with `text` as how long deleted objects stay."""
    least, most = SOFT_DELETE_DAYS
    wrong = age(text, least=0)
    if wrong is not None:
        return wrong
    days = ages.days(text)
    if days == 0 or least <= days <= most:
        return None
    return Problem(
        rule="GCS09",
        message=f"deleted objects stay for {least} to {most} days, or not at all (0d)",
        value=text,
        nearest=f"{min(max(days, least), most)}d",
        link=SOFT_DELETE,
    )


def retention(text: str) -> Problem | None:
    """What is wrong with `text` as how long no object may be deleted."""
    wrong = age(text)
    if wrong is not None or ages.days(text) * SECONDS < LONGEST_RETENTION:
        return wrong
    return Problem(
        rule="GCS11",
        message="a retention policy is shorter than a hundred years",
        value=text,
        nearest=f"{(LONGEST_RETENTION - 1) // SECONDS}d",
        link=RETENTION,
    )


def location(text: str) -> Problem | None:
    """What is wrong with `text` as the location of a bucket."""
    if text.upper() in (*MULTI_REGIONS, *DUAL_REGIONS):
        return None
    zone = gcp_regions.region_of(text.lower())
    if zone is not None:
        return Problem(
            rule="GCS04",
            message="this is a zone: a bucket is in a region, and one of the class "
            "RAPID in a zone, which is said by `zone`",
            value=text,
            nearest=zone,
            link=LOCATIONS,
        )
    return _region(text)


def _region(text: str) -> Problem | None:
    if text.lower() in gcp_regions.REGIONS:
        return None
    formed = re.fullmatch(r"[a-z]+(-[a-z]+)+\d+", text.lower(), re.ASCII) is not None
    return Problem(
        rule="GCS04",
        message="nothing is known of this region"
        if formed
        else "a bucket is in a region such as us-central1, in two of them (locations), "
        f"or in {', '.join(MULTI_REGIONS)}",
        value=text,
        nearest=gcp_regions.closest(text.lower()),
        link=LOCATIONS,
        severity="warning" if formed else "error",
    )


_CONTINENTS = {
    "us": "US",
    "europe": "EU",
    "asia": "ASIA",
    "northamerica": "CA",
    "australia": "AU",
}


def continent(region: str) -> str:
    """What a bucket in two regions is said to be in, by one of them."""
    begin = region.lower().partition("-")[0]
    return _CONTINENTS.get(begin, begin.upper())


def two_regions(regions: Sequence[str]) -> Problem | None:
    """What is wrong with `regions` as the two of a dual-region bucket."""
    if len(regions) != 2 or len({region.lower() for region in regions}) != 2:
        return Problem(
            rule="GCS05",
            message="a bucket in several regions is in two, or in a multi-region by "
            f"its name: {', '.join(MULTI_REGIONS)}",
            value=list(regions),
            link=LOCATIONS,
        )
    for region in regions:
        wrong = _region(region)
        if wrong is not None:
            return wrong
    continents = {continent(region) for region in regions}
    if len(continents) > 1 or not continents <= set(MULTI_REGIONS):
        return Problem(
            rule="GCS05",
            message="the two regions of a bucket are on one continent, and no pair of "
            "these is known",
            value=list(regions),
            link=LOCATIONS,
            # Which regions can be paired changes, and the page has the list.
            severity="warning",
        )
    return None


def cache_seconds(text: str) -> int | None:
    """Seconds of a time such as `24h` or `7d`; None for what is none."""
    found = _HOURS.fullmatch(text)
    if found is None:
        return None
    return int(found[1]) * {"h": 3600, "d": SECONDS}[found[2]]


def cache_ttl(text: str) -> Problem | None:
    """What is wrong with `text` as how long an Anywhere Cache keeps an object.

    Terraform's module takes a day to a week; the driver of Cloud Storage FUSE makes
    caches of an hour.
    """
    seconds = cache_seconds(text)
    least, most = CACHE_HOURS
    message = "an Anywhere Cache keeps what nobody reads for hours or days, such as 24h"
    if seconds is None:
        return Problem(rule="GCS14", message=message, value=text, link=CACHE)
    hours = seconds / 3600
    if least <= hours <= most and hours >= _CACHE_SURE[0]:
        return None
    unsure = least <= hours <= most
    nearest = _CACHE_SURE[0] if hours < _CACHE_SURE[0] else most
    return Problem(
        rule="GCS14",
        message="not every page of Google's has so short a time: a day is sure"
        if unsure
        else f"an Anywhere Cache keeps what nobody reads for {least} to {most} hours",
        value=text,
        nearest=f"{nearest}h",
        link=CACHE,
        severity="warning" if unsure else "error",
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


def steps_problems(
    steps: Sequence[Step], first: str = "STANDARD"
) -> Iterator[tuple[Step, Problem]]:
    """What is wrong with everything that becomes of the same objects.

    Args:
        steps: What becomes of them.
        first: The class that they begin in.

    Yields:
        The step that is wrong, and what is.
    """
    # Where two happen at one age the deletion wins, and otherwise the colder class.
    ordered = sorted(steps, key=lambda s: (s.days, s.to is None, s.index))
    where, since = first, 0
    for step in ordered:
        if where == "":
            yield step, _deleted(step)
        elif step.to is None:
            yield from ((step, p) for p in _early(where, since, step))
            where = ""
        elif where not in COLDER or COLDER.index(step.to) <= COLDER.index(where):
            yield step, _no_move(where, step)
        else:
            yield from ((step, p) for p in _early(where, since, step))
            where, since = step.to, step.days


def _deleted(step: Step) -> Problem:
    return Problem(
        rule="GCS08",
        message="the same objects are deleted by then",
        value=f"{step.days}d" if step.to is None else step.to,
        link=LIFECYCLE,
    )


def _no_move(where: str, step: Step) -> Problem:
    colder = COLDER[COLDER.index(where) + 1 :] if where in COLDER else ()
    return Problem(
        rule="GCS08",
        message=f"the objects are in {where} by then, and a lifecycle only moves them "
        "on to colder classes",
        value=step.to,
        allowed=colder,
        nearest=colder[0] if colder else None,
        link=LIFECYCLE,
    )


def _early(where: str, since: int, step: Step) -> Iterator[Problem]:
    least = LEAST_DAYS.get(where, 0)
    if step.days - since < least:
        yield Problem(
            rule="GCS10",
            message=f"{where} is billed for {least} days of every object: it leaves "
            "earlier",
            value=f"{step.days}d",
            nearest=f"{since + least}d",
            link=CLASSES,
            severity="warning",
        )
