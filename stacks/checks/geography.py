"""Regions and zones, as rules ask for them whatever the cloud."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

from components.catalog import aws_regions, gcp_regions
from components.catalog.problem import Problem
from stacks.config import EnvironmentConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Geography:
    """The regions and zones of a cloud.

    Attributes:
        cloud: Which.
        example: A region, as messages name one.
        link: The cloud's own page.
        regions: The regions that are known.
        closest: The known region that a name was probably meant to be.
        region_of: The region of a zone by its name; None of no such name.
        zone_of_region: What is wrong with a zone in an environment of a region.
        number: What a region ends with before its number: `-` or nothing.
    """

    cloud: Literal["aws", "gcp"]
    example: str
    link: str
    regions: Collection[str]
    closest: Callable[[str], str | None]
    region_of: Callable[[str], str | None]
    zone_of_region: Callable[[str, str], Problem | None]
    number: str

    def words(self, region: str) -> list[str] | None:
        """The words of a region's name; None where it has no number at its end."""
        named = region.rstrip("0123456789")
        if named == region or (self.number and not named.endswith(self.number)):
            return None
        words = named.removesuffix(self.number).split("-") if self.number else []
        return words or named.split("-")


AWS = Geography(
    cloud="aws",
    example="us-west-2",
    link=aws_regions.LINK,
    regions=aws_regions.REGIONS,
    closest=aws_regions.closest,
    region_of=aws_regions.region_of,
    zone_of_region=aws_regions.zone_of_region,
    number="-",
)

GCP = Geography(
    cloud="gcp",
    example="us-central1",
    link=gcp_regions.LINK,
    regions=gcp_regions.REGIONS,
    closest=gcp_regions.closest,
    region_of=gcp_regions.region_of,
    zone_of_region=gcp_regions.zone_of_region,
    number="",
)


def of(environment: EnvironmentConfig | None) -> Geography | None:
    """The regions of the cloud that an environment is on; None of no cloud."""
    cloud = environment.cloud if environment is not None else None
    return {"aws": AWS, "gcp": GCP}.get(cloud or "")


def whose(region: str) -> Geography | None:
    """The cloud that has a region of this name; None where it is not known."""
    return next((places for places in (AWS, GCP) if region in places.regions), None)
