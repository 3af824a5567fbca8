"""Regions of AWS and the names of their availability zones.

Source: botocore 1.44.5 `data/partitions.json` (read 2026-11-22); for zones
https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
"""

from __future__ import annotations

import difflib
import re

from components.catalog.problem import Problem

LINK = (
    "https://docs.aws.amazon.com/global-infrastructure/latest/regions/"
    "aws-availability-zones.html"
)

_PARTITIONS = {
    "aws": (
        "af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 "
        "ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 "
        "ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 "
        "ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 "
        "eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 me-west-1 "
        "mx-central-1 sa-east-1 sa-west-1 us-east-1 us-east-2 us-west-1 us-west-2"
    ),
    "aws-cn": "cn-north-1 cn-northwest-1",
    "aws-eusc": "eusc-de-east-1",
    "aws-iso": "us-iso-east-1 us-iso-west-1",
    "aws-iso-b": "us-isob-east-1 us-isob-west-1",
    "aws-iso-e": "eu-isoe-west-1",
    "aws-iso-f": "us-isof-east-1 us-isof-south-1",
    "aws-us-gov": "us-gov-east-1 us-gov-west-1",
}

REGIONS: dict[str, str] = {
    region: partition
    for partition, regions in _PARTITIONS.items()
    for region in regions.split()
}
"""The partition of each region that is known."""

_REGION = r"[a-z]{2,4}(-[a-z]+)+-\d+"
_ZONE = re.compile(rf"({_REGION})([a-z])")
_LOCAL_ZONE = re.compile(rf"({_REGION})-[a-z0-9-]+-\d+[a-z]")
_ZONE_ID = re.compile(r"[a-z]{2,6}\d+-(az\d+|[a-z0-9]+-(az|wlz)\d+)")


def partition(region: str) -> str:
    """The partition that a region is of; `aws` where the region is not known."""
    return REGIONS.get(region, "aws")


def closest(region: str) -> str | None:
    """The known region that `region` was probably meant to be, or None."""
    found = difflib.get_close_matches(region.lower(), REGIONS, n=1, cutoff=0.6)
    return found[0] if found else None


def region_of(zone: str) -> str | None:
    """The region that a zone's name begins with; None where it has no such form."""
    found = _ZONE.fullmatch(zone) or _LOCAL_ZONE.fullmatch(zone)
    return found.group(1) if found else None


def letter(zone: str) -> str | None:
    """The letter of an availability zone in its region; None of another name."""
    found = _ZONE.fullmatch(zone)
    return zone[-1] if found else None


def zone_problem(zone: str) -> Problem | None:
    """What is wrong with `zone` as the name of an availability zone."""
    if _ZONE.fullmatch(zone):
        return None
    if _LOCAL_ZONE.fullmatch(zone):
        return Problem(
            rule="NET11",
            message="a Local Zone has few services: managed node groups, EFS and FSx "
            "for Lustre are not known to be there",
            value=zone,
            nearest=f"{region_of(zone)}a",
            link=LINK,
            severity="warning",
        )
    if _ZONE_ID.fullmatch(zone):
        message = (
            "this is a zone's id: its name is wanted, such as us-west-2a, which "
            "another account may have for another zone"
        )
        nearest = None
    else:
        message = "a zone is the name of its region and a letter, such as us-west-2a"
        nearest = f"{zone}a" if zone in REGIONS else _near_zone(zone)
    return Problem(
        rule="NET10", message=message, value=zone, nearest=nearest, link=LINK
    )


def _near_zone(zone: str) -> str | None:
    """The zone of a name that is written otherwise: `US-West-2A`, `us_west_2a`."""
    written = re.sub(r"[\s_]+", "-", zone.strip().lower())
    written = re.sub(r"(\d)-([a-z])$", r"\1\2", written)
    return written if _ZONE.fullmatch(written) else None


def zone_of_region(zone: str, region: str) -> Problem | None:
    """What is wrong with `zone` in an environment of `region`.

    A name that is no zone's is told by `zone_problem`, and not again here.
    """
    other = region_of(zone)
    if other is None or other == region:
        return None
    return Problem(
        rule="NET09",
        message=f"this zone is of {other}, and the environment is in {region}",
        value=zone,
        nearest=f"{region}{zone[-1]}",
        link=LINK,
    )


_DIRECTIONS = {
    "central": "c",
    "east": "e",
    "north": "n",
    "northeast": "ne",
    "northwest": "nw",
    "south": "s",
    "southeast": "se",
    "southwest": "sw",
    "west": "w",
}


def _in_zone_ids(region: str) -> str:
    """What the ids of a region's zones begin with: `usw2` of `us-west-2`.

    AWS lists the ids one by one; that they are made so is seen, not stated.
    """
    first, *words, number = region.split("-")
    return first + "".join(_DIRECTIONS.get(word, word[0]) for word in words) + number


# The isolated partitions have ids of their own, which are not published.
BY_ZONE_ID = {
    _in_zone_ids(region): region
    for region, partition in REGIONS.items()
    if "-iso" not in partition
}
"""What the ids of zones begin with, and the region of each."""


def region_of_zone_id(zone_id: str) -> str | None:
    """The region that a zone is in by its id, such as `usw2-az1`."""
    return BY_ZONE_ID.get(zone_id.partition("-")[0])
