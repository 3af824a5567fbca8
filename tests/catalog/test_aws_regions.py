from __future__ import annotations

from ipaddress import IPv4Network
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import aws_networks, aws_regions
from components.catalog.aws_networks import cidr_problems, divided, places
from components.catalog.aws_regions import REGIONS, zone_of_region, zone_problem

every_region = pytest.mark.parametrize("region", REGIONS)


@every_region
def test_a_zone_is_its_region_and_a_letter(region: str) -> None:
    for letter in "abcdef":
        zone = f"{region}{letter}"
        assert zone_problem(zone) is None
        assert aws_regions.region_of(zone) == region
        assert aws_regions.letter(zone) == letter
        assert zone_of_region(zone, region) is None
    problem = zone_problem(region)
    assert problem is not None
    assert problem.nearest == f"{region}a"


@pytest.mark.parametrize(
    ("zone", "rule", "severity", "nearest"),
    [
        ("usw2-az1", "NET10", "error", None),
        ("use1-az6", "NET10", "error", None),
        ("us_west_2a", "NET10", "error", "us-west-2a"),
        ("US-West-2A", "NET10", "error", "us-west-2a"),
        ("us-west-2-a", "NET10", "error", "us-west-2a"),
        ("a", "NET10", "error", None),
        ("us-west-2-lax-1a", "NET11", "warning", "us-west-2a"),
        ("us-east-1-bos-1a", "NET11", "warning", "us-east-1a"),
    ],
)
def test_no_zones_name(
    zone: str, rule: str, severity: str, nearest: str | None
) -> None:
    problem = zone_problem(zone)
    assert problem is not None
    assert (problem.rule, problem.severity, problem.nearest) == (
        rule,
        severity,
        nearest,
    )


def test_a_zone_of_another_region() -> None:
    problem = zone_of_region("us-east-1b", "us-west-2")
    assert problem is not None
    assert problem.nearest == "us-west-2b"
    # What is no zone at all is told by another rule.
    assert zone_of_region("usw2-az1", "us-west-2") is None


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-west-2", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-east-1", "aws-us-gov")],
)
def test_partitions(region: str, partition: str) -> None:
    assert aws_regions.partition(region) == partition
    assert aws_regions.partition("xx-new-1") == "aws"
    assert aws_regions.closest("us-wset-2") == "us-west-2"


@st.composite
def networks(draw: st.DrawFn) -> IPv4Network:
    bits = draw(st.integers(aws_networks.LARGEST, aws_networks.SMALLEST))
    address = draw(st.integers(0, 2**32 - 1))
    return IPv4Network((address >> (32 - bits) << (32 - bits), bits))


@given(networks(), st.data())
def test_subnets_are_in_their_network_and_apart(
    network: IPv4Network, data: st.DataObject
) -> None:
    letters = "abcdefg"[: places(network)]
    zones = data.draw(
        st.lists(st.sampled_from([f"us-west-2{x}" for x in letters]), unique=True)
    )
    parts = divided(str(network), zones)
    found = [IPv4Network(c) for p in parts.values() for c in (p.private, p.public)]
    assert all(part.subnet_of(network) for part in found)
    # What AWS takes of a subnet.
    assert all(16 <= part.prefixlen <= 28 for part in found)
    assert not any(a.overlaps(b) for a, b in pairwise(sorted(found)))
    # Another order and other zones beside them move none.
    for zone in zones:
        assert divided(str(network), [zone]) == {zone: parts[zone]}
    assert not [p for p in cidr_problems(str(network), zones) if p.severity == "error"]


@pytest.mark.parametrize(
    ("bits", "room"), [(16, 7), (20, 7), (21, 7), (22, 7), (23, 4), (24, 2)]
)
def test_how_many_zones_have_room(bits: int, room: int) -> None:
    assert places(IPv4Network((0, bits))) == room


@pytest.mark.parametrize(
    ("cidr", "zone", "rule", "nearest"),
    [
        ("10.40.0.0", "a", "NET02", "10.40.0.0/16"),
        ("10.40.0.1/16", "a", "NET02", "10.40.0.0/16"),
        ("10.40/16", "a", "NET02", None),
        ("fd00::/56", "a", "NET02", None),
        ("10.0.0.0/15", "a", "NET03", "10.0.0.0/16"),
        ("10.0.0.0/25", "a", "NET03", "10.0.0.0/24"),
        ("10.0.0.0/24", "c", "NET06", "10.0.0.0/23"),
        ("10.0.0.0/23", "e", "NET06", "10.0.0.0/22"),
        ("10.0.0.0/16", "h", "NET06", None),
        ("8.8.0.0/16", "a", "NET12", "10.40.0.0/16"),
    ],
)
def test_refused(cidr: str, zone: str, rule: str, nearest: str | None) -> None:
    (problem,) = cidr_problems(cidr, [f"us-west-2{zone}"])
    assert (problem.rule, problem.nearest) == (rule, nearest)
    assert problem.severity == ("warning" if rule == "NET12" else "error")


def test_no_room() -> None:
    with pytest.raises(ValueError, match="no room"):
        divided("10.0.0.0/24", ["us-west-2c"])


@pytest.mark.parametrize(
    ("zone_id", "region"),
    [
        ("usw2-az1", "us-west-2"),
        ("use1-az4", "us-east-1"),
        ("euw1-az1", "eu-west-1"),
        ("apne1-az4", "ap-northeast-1"),
        ("aps1-az1", "ap-south-1"),
        ("apse2-az3", "ap-southeast-2"),
        ("cac1-az1", "ca-central-1"),
        ("xyz9-az1", None),
        ("", None),
    ],
)
def test_the_region_of_a_zone_by_its_id(zone_id: str, region: str | None) -> None:
    assert aws_regions.region_of_zone_id(zone_id) == region


def test_no_two_regions_have_zones_of_one_name() -> None:
    told = set(aws_regions.BY_ZONE_ID.values())
    assert len(told) == len(aws_regions.BY_ZONE_ID)
    assert all("-iso" in REGIONS[region] for region in set(REGIONS) - told)
