from __future__ import annotations

import pytest

from components.catalog import gcp_regions as places


@pytest.mark.parametrize("region", places.REGIONS)
def test_every_zone_is_of_its_region(region: str) -> None:
    assert places.location_problem(region) is None
    for zone in places.REGIONS[region]:
        assert places.region_of(zone) == region
        assert places.location_region(zone) == region
        assert places.zone_problem(zone) is None
        assert places.zone_of_region(zone, region) is None


def test_regions_have_other_zones_where_google_has_them() -> None:
    assert places.REGIONS["us-east1"] == ("us-east1-b", "us-east1-c", "us-east1-d")
    assert "us-central1-f" in places.REGIONS["us-central1"]
    assert places.is_ai_zone("us-central1-ai1a")
    assert not places.is_ai_zone("us-central1-a")


@pytest.mark.parametrize(
    ("zone", "nearest"),
    [
        ("us-central1", "us-central1-a"),
        ("us-east1", "us-east1-b"),
        ("us-central1a", "us-central1-a"),
        ("US-Central1-A", "us-central1-a"),
        ("us_central1_a", "us-central1-a"),
        ("us-west-2a", None),
        ("", None),
    ],
)
def test_what_is_no_zone_is_refused(zone: str, nearest: str | None) -> None:
    problem = places.zone_problem(zone)
    assert problem is not None
    assert (problem.rule, problem.severity) == ("GNT07", "error")
    assert problem.nearest == nearest
    assert nearest is None or places.zone_problem(nearest) is None


@pytest.mark.parametrize(
    ("zone", "nearest"),
    [
        ("us-central1-z", "us-central1-a"),
        ("us-east1-a", "us-east1-b"),
        ("us-centrall1-b", "us-central1-b"),
        ("atlantis-deep9-a", None),
    ],
)
def test_what_may_be_a_zone_warns(zone: str, nearest: str | None) -> None:
    problem = places.zone_problem(zone)
    assert problem is not None
    assert (problem.rule, problem.severity) == ("GNT08", "warning")
    assert problem.nearest == nearest


def test_a_zone_of_another_region() -> None:
    problem = places.zone_of_region("us-east1-d", "us-central1")
    assert problem is not None
    # us-central1 has no zone d.
    assert problem.nearest == "us-central1-a"
    problem = places.zone_of_region("us-east1-b", "us-central1")
    assert problem is not None
    assert problem.nearest == "us-central1-b"
    # Said by zone_problem, and not again.
    assert places.zone_of_region("nonsense", "us-central1") is None


@pytest.mark.parametrize(
    ("location", "rule", "severity"),
    [
        ("us-centrall1", "GNT08", "warning"),
        ("us-central1-q", "GNT08", "warning"),
        ("somewhere", "GNT07", "error"),
    ],
)
def test_what_is_no_location(location: str, rule: str, severity: str) -> None:
    problem = places.location_problem(location)
    assert problem is not None
    assert (problem.rule, problem.severity) == (rule, severity)
