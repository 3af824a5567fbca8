"""Regions of Google Cloud and the names of their zones.

Sources (read 2026-11-22): Cyclenerd/google-cloud-pricing-cost-calculator dac3128
`build/gcp.yml` for regions, and its `tools/zones.csv` for the letters of zones
(2023-05-02: of regions that are newer, a to c are taken for granted); for AI zones
https://docs.cloud.google.com/tpu/docs/regions-zones
"""

from __future__ import annotations

import difflib
import re

from components.catalog.problem import Problem

LINK = "https://docs.cloud.google.com/compute/docs/regions-zones"
ZONES_LINK = (
    "https://docs.cloud.google.com/compute/docs/regions-zones/viewing-regions-zones"
)

_NAMES = (
    "africa-south1 asia-east1 asia-east2 asia-northeast1 asia-northeast2 "
    "asia-northeast3 asia-south1 asia-south2 asia-southeast1 asia-southeast2 "
    "asia-southeast3 australia-southeast1 australia-southeast2 europe-central2 "
    "europe-north1 europe-north2 europe-southwest1 europe-west1 europe-west2 "
    "europe-west3 europe-west4 europe-west6 europe-west8 europe-west9 europe-west10 "
    "europe-west12 me-central1 me-central2 me-west1 northamerica-northeast1 "
    "northamerica-northeast2 northamerica-south1 southamerica-east1 "
    "southamerica-west1 us-central1 us-central2 us-east1 us-east4 us-east5 us-south1 "
    "us-west1 us-west2 us-west3 us-west4"
)

# Regions whose zones are not a, b and c.
_OTHER_ZONES = {
    "europe-west1": "b c d",
    "us-central1": "a b c f ai1a",
    # It has TPU v4 and little else.
    "us-central2": "b",
    "us-east1": "b c d",
    "us-south1": "a b c ai1b",
}

REGIONS: dict[str, tuple[str, ...]] = {
    region: tuple(
        f"{region}-{end}" for end in _OTHER_ZONES.get(region, "a b c").split()
    )
    for region in _NAMES.split()
}
"""The zones of each region that is known, as far as they are known."""

_REGION = r"[a-z]+(-[a-z]+)+\d+"
_ZONE = re.compile(rf"({_REGION})-([a-z]|ai\d+[a-z])")


def closest(region: str) -> str | None:
    """The known region that `region` was probably meant to be, or None."""
    found = difflib.get_close_matches(region.lower(), REGIONS, n=1, cutoff=0.6)
    return found[0] if found else None


def region_of(zone: str) -> str | None:
    """The region that a zone's name begins with; None where it has no such form."""
    found = _ZONE.fullmatch(zone)
    return found.group(1) if found else None


def is_ai_zone(zone: str) -> bool:
    """Whether a zone is an AI zone: machines with accelerators and little else."""
    found = _ZONE.fullmatch(zone)
    return found is not None and len(found.group(3)) > 1


def location_region(location: str) -> str:
    """The region of a location, which is a region or one of its zones."""
    return region_of(location) or location


def zone_problem(zone: str) -> Problem | None:
    """What is wrong with `zone` as the name of a zone.

    Zones come and go: one that is not known warns.
    """
    region = region_of(zone)
    if region is None:
        return Problem(
            rule="GNT07",
            message="a zone is the name of its region, '-' and a letter, such as "
            "us-central1-a",
            value=zone,
            nearest=near_zone(zone),
            link=LINK,
        )
    if zone in REGIONS.get(region, ()):
        return None
    known = REGIONS.get(region) or REGIONS.get(closest(region) or "", ())
    return Problem(
        rule="GNT08",
        message="this zone is not among those that are known of its region"
        if region in REGIONS
        else "nothing is known of the region of this zone",
        value=zone,
        allowed=known,
        nearest=next((z for z in known if z[-1] == zone[-1]), known[0])
        if known
        else None,
        link=ZONES_LINK,
        severity="warning",
    )


def near_zone(zone: str) -> str | None:
    """The zone that a name which is no zone's was meant to be.

    It is written otherwise (`US-Central1-A`, `us-central1a`), or a region's name.
    """
    if zone in REGIONS:
        return REGIONS[zone][0]
    written = re.sub(r"[\s_]+", "-", zone.strip().lower())
    written = re.sub(r"(\d)([a-z])$", r"\1-\2", written)
    return written if _ZONE.fullmatch(written) else None


def zone_of_region(zone: str, region: str) -> Problem | None:
    """What is wrong with `zone` in an environment of `region`.

    A name that is no zone's is told by `zone_problem`, and not again here.
    """
    other = region_of(zone)
    if other is None or other == region:
        return None
    same = f"{region}-{zone.rpartition('-')[2]}"
    known = REGIONS.get(region, (same,))
    return Problem(
        rule="NET09",
        message=f"this zone is of {other}, and the environment is in {region}",
        value=zone,
        nearest=same if same in known else known[0],
        link=LINK,
    )


def location_problem(location: str) -> Problem | None:
    """What is wrong with `location` as a region or a zone."""
    if location in REGIONS:
        return None
    if re.fullmatch(_REGION, location):
        return Problem(
            rule="GNT08",
            message="nothing is known of this region",
            value=location,
            nearest=closest(location),
            link=LINK,
            severity="warning",
        )
    return zone_problem(location)
