from __future__ import annotations

from fractions import Fraction
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import (
    filestore_driver,
    filestore_exports,
    filestore_settings,
)
from components.catalog.bands import Band, among, nearest, words
from components.catalog.filestore import (
    TIERS,
    Protocol,
    Tier,
    key_problems,
    most_clients,
    protocol_problems,
    resize_refusal,
    size_problems,
    speed,
    zone_problems,
)
from components.catalog.filestore_driver import DRIVER
from components.catalog.filestore_exports import Export
from components.catalog.problem import Problem
from components.catalog.storage_kinds import BY_DRIVER

ALL: tuple[Tier, ...] = get_args(Tier)
tiers = st.sampled_from(ALL)
bands = st.builds(
    lambda least, steps, step: Band(least, least + steps * step, step),
    st.integers(1, 50),
    st.integers(0, 20),
    st.integers(1, 9),
)


def severities(problems: list[Problem]) -> list[str]:
    return [problem.severity for problem in problems]


@given(bands, st.integers(-10, 300))
def test_bands_are_what_they_list(band: Band, number: int) -> None:
    listed = range(band.least, band.most + 1, band.step)
    assert (number in band) == (number in listed)
    found = band.nearest(number)
    assert found in listed
    distance = min(abs(number - one) for one in listed)
    assert found == max(o for o in listed if abs(number - o) == distance)


@given(st.lists(bands, min_size=1, max_size=3), st.integers(-10, 300))
def test_the_nearest_of_several(several: list[Band], number: int) -> None:
    found = nearest(number, several)
    assert among(found, several)
    assert among(number, several) == (found == number)
    assert words(several).count(" to ") == len(several)


def test_every_tier_has_a_row() -> None:
    assert set(TIERS) == set(ALL)
    assert {t for t in ALL if not TIERS[t].zonal} == {"REGIONAL", "ENTERPRISE"}
    assert BY_DRIVER[DRIVER.name].kind == "filestore"


def right_size(tier: Tier, gib: int) -> str:
    """What sources say of a size, in one line each: `sure`, `unsure` or `no`."""
    high = 10_240 <= gib <= 102_400 and gib % 2_560 == 0
    if tier == "BASIC_HDD":
        return "sure" if 1_024 <= gib <= 65_433 else "no"
    if tier == "BASIC_SSD":
        return "sure" if 2_560 <= gib <= 65_433 else "no"
    if tier == "HIGH_SCALE_SSD":
        return "sure" if high else "no"
    if tier == "ENTERPRISE":
        return "sure" if 1_024 <= gib <= 10_240 and gib % 256 == 0 else "no"
    if high or (1_024 <= gib <= 9_984 and gib % 256 == 0):
        return "sure"
    return "unsure" if 100 <= gib <= 10_239 else "no"


EDGES = sorted(
    {
        edge + more
        for edge in (0, 100, 256, 1_024, 1_280, 2_560, 9_984, 10_240, 12_800, 65_433)
        for more in (-2_560, -256, -1, 0, 1, 256, 2_560)
    }
    | {102_399, 102_400, 102_401, 104_960, 99_840}
)


@pytest.mark.parametrize("tier", ALL)
def test_sizes(tier: Tier) -> None:
    for gib in EDGES:
        found = list(size_problems(tier, gib, ("capacityGiB",)))
        expected = {"sure": [], "unsure": ["warning"], "no": ["error"]}
        assert severities(found) == expected[right_size(tier, gib)], gib


@given(tiers, st.integers(-1_000, 200_000))
def test_the_nearest_size_is_right(tier: Tier, gib: int) -> None:
    for problem in size_problems(tier, gib, ("capacityGiB",)):
        assert isinstance(problem.nearest, int)
        assert right_size(tier, problem.nearest) == "sure"
        assert problem.value == gib
        # Nothing that is right lies between.
        low, high = sorted((gib, problem.nearest))
        between = range(max(low + 1, 1), min(high, low + 3_000))
        assert not any(right_size(tier, one) == "sure" for one in between)


@pytest.mark.parametrize("tier", ALL)
def test_a_size_is_required(tier: Tier) -> None:
    (problem,) = size_problems(tier, None, ("capacityGiB",))
    assert problem.message.startswith("required: ")
    assert right_size(tier, int(str(problem.nearest))) == "sure"


@pytest.mark.parametrize(
    ("tier", "old", "new", "works"),
    [
        ("BASIC_HDD", 1024, 2048, True),
        ("BASIC_HDD", 2048, 1024, False),
        ("BASIC_SSD", 2560, 2560, True),
        ("ZONAL", 1024, 9984, True),
        ("ZONAL", 9984, 1024, True),
        ("ZONAL", 9984, 10_240, False),
        ("ZONAL", 102_400, 9984, False),
        ("ZONAL", 10_240, 102_400, True),
        ("REGIONAL", 9984, 12_800, False),
        ("ENTERPRISE", 1024, 10_240, True),
        ("ENTERPRISE", 10_240, 1024, True),
        ("HIGH_SCALE_SSD", 102_400, 10_240, True),
    ],
)
def test_sizes_that_change(tier: Tier, old: int, new: int, works: bool) -> None:
    assert (resize_refusal(tier, old, new) is None) == works


@pytest.mark.parametrize("tier", ALL)
@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("zone", [None, "us-central1-a", "us-central1", "a"])
def test_zones(tier: Tier, required: bool, zone: str | None) -> None:
    found = list(zone_problems(tier, zone, required=required))
    right = zone == "us-central1-a" or (zone is None and not required)
    if tier in ("REGIONAL", "ENTERPRISE"):
        right = zone is None
    assert (not found) == right
    for problem in found:
        assert problem.rule == "FIL02"
        assert problem.nearest in (None, "us-central1-a")


@pytest.mark.parametrize("tier", ALL)
def test_what_the_basic_tiers_have_not(tier: Tier) -> None:
    protocols: tuple[Protocol, ...] = get_args(Protocol)
    basic = tier.startswith("BASIC")
    for protocol in protocols:
        refused = basic and protocol == "NFS_V4_1"
        assert bool(list(protocol_problems(tier, protocol))) == refused
    assert bool(list(key_problems(tier, "data"))) == basic
    assert list(key_problems(tier, None)) == []


def test_what_an_instance_gives() -> None:
    low, high = speed("ZONAL", 1024), speed("ZONAL", 2560)
    assert low is not None
    assert high is not None
    assert (low.read, low.write, low.read_iops, low.write_iops) == (
        *(260, 88),
        *(9200, 2600),
    )
    # What the page says of 2.5 TiB is the same by the TiB.
    assert (high.read, high.write, high.read_iops) == (650, 220, 23_000)
    assert speed("BASIC_HDD", 1024) is None


@given(tiers, st.integers(1024, 100_000), st.integers(1024, 100_000))
def test_more_gives_more(tier: Tier, one: int, other: int) -> None:
    small, large = speed(tier, min(one, other)), speed(tier, max(one, other))
    if small is not None and large is not None:
        assert small.read <= large.read
        assert small.read / small.write == Fraction(260, 88)


@pytest.mark.parametrize(
    ("tier", "gib", "clients"),
    [
        ("ZONAL", 1024, 2000),
        ("ZONAL", 1280, 2500),
        ("REGIONAL", 9984, 19_500),
        ("ZONAL", 10_240, 8000),
        ("ZONAL", 12_800, 10_000),
        ("REGIONAL", 102_400, 80_000),
        ("ENTERPRISE", 1024, None),
    ],
)
def test_clients(tier: Tier, gib: int, clients: int | None) -> None:
    assert most_clients(tier, gib) == clients


names = st.text("aZ0_- é", max_size=70) | st.text("ab_1", max_size=70)


@given(tiers, names)
def test_names_of_shares(tier: Tier, name: str) -> None:
    most = 16 if TIERS[tier].basic else 63
    letters = set("abcdefghijklmnopqrstuvwxyz")
    right = (
        0 < len(name) <= most
        and name[0] in letters
        and set(name) <= letters | set("0123456789_")
    )
    found = list(filestore_settings.share_problems(tier, name))
    assert (not found) == right
    for problem in found:
        assert list(filestore_settings.share_problems(tier, str(problem.nearest))) == []


@pytest.mark.parametrize(
    ("tier", "gib", "iops", "per_tib", "expected"),
    [
        ("ZONAL", 1024, None, None, []),
        ("ZONAL", 1024, 4000, None, []),
        ("ZONAL", 1024, 2000, None, []),
        ("ZONAL", 1024, 1000, None, ["warning"]),
        ("ZONAL", 1024, 2100, None, ["warning"]),
        ("ZONAL", 1024, 2150, None, ["error"]),
        ("ZONAL", 10_240, 30_100, None, ["error"]),
        ("ZONAL", 10_240, 166_000, None, []),
        ("ZONAL", 10_240, 167_000, None, ["warning"]),
        ("REGIONAL", 102_400, 750_000, None, []),
        ("REGIONAL", 102_400, 751_000, None, ["warning"]),
        ("ZONAL", 1024, 0, None, ["error"]),
        ("ZONAL", 1024, None, 4000, []),
        ("ZONAL", 1024, None, 17_000, []),
        ("ZONAL", 1024, None, 3900, ["warning"]),
        ("ZONAL", 1024, None, 17_100, ["warning"]),
        ("ZONAL", 1024, None, 4050, ["error"]),
        ("ZONAL", 9984, None, 17_000, []),
        ("REGIONAL", 10_240, None, 7000, []),
        ("REGIONAL", 10_240, None, 8000, ["warning"]),
        ("ZONAL", 102_400, None, 3000, ["warning"]),
        ("ZONAL", 1024, 4000, 4000, ["error"]),
        ("ENTERPRISE", 1024, 4000, None, ["error"]),
        ("BASIC_SSD", 2560, None, 4000, ["error"]),
    ],
)
def test_iops(
    tier: Tier, gib: int, iops: int | None, per_tib: int | None, expected: list[str]
) -> None:
    found = list(filestore_settings.iops_problems(tier, gib, iops, per_tib))
    assert severities(found) == expected
    assert all(problem.rule == "FIL05" for problem in found)


@given(
    st.sampled_from(("ZONAL", "REGIONAL")),
    st.sampled_from((1024, 9984, 10_240, 51_200)),
    st.integers(-5, 800_000),
    st.booleans(),
)
def test_the_nearest_iops_are_right(
    tier: Tier, gib: int, number: int, whole: bool
) -> None:
    def ask(value: int) -> list[Problem]:
        pair = (value, None) if whole else (None, value)
        return list(filestore_settings.iops_problems(tier, gib, *pair))

    for problem in ask(number):
        assert isinstance(problem.nearest, int)
        assert ask(problem.nearest) == []


def export(*ranges: str, **more: object) -> Export:
    return Export(ranges=ranges, **more)  # pyright: ignore[reportArgumentType]: the fields under test


@pytest.mark.parametrize(
    ("exports", "expected"),
    [
        ([], []),
        ([export("10.0.0.0/8"), export("192.168.1.1")], []),
        ([export()], [(0, "ipRanges")]),
        ([export("10.0.0.1/8")], [(0, "ipRanges", 0)]),
        ([export("10.0.0.0/8", "10.1.0.0/16")], [(0, "ipRanges", 1)]),
        ([export("10.0.0.0/8"), export("10.1.2.3")], [(1, "ipRanges", 0)]),
        ([export("host")], [(0, "ipRanges", 0)]),
        ([export("10.0.0.1", anonymous=(1000, 5))], [(0, "anonUid"), (0, "anonGid")]),
        ([export("10.0.0.1", anonymous=(1000, 5), squashed=True)], []),
        ([export(f"10.0.0.{n}") for n in range(10)], []),
        ([export(f"10.0.0.{n}") for n in range(11)], [()]),
        ([export(*(f"10.0.0.{n}" for n in range(64)))], []),
        ([export(*(f"10.0.0.{n}" for n in range(65)))], [()]),
    ],
)
def test_who_may_mount(
    exports: list[Export], expected: list[tuple[str | int, ...]]
) -> None:
    found = list(filestore_exports.export_problems(exports))
    assert [p.path for p in found] == [("nfsExport", *path) for path in expected]


def test_an_address_in_a_network_is_told_the_network() -> None:
    (problem,) = filestore_exports.export_problems([export("10.0.0.1/8")])
    assert problem.nearest == "10.0.0.0/8"


@pytest.mark.parametrize("tier", ALL)
def test_reserved_addresses(tier: Tier) -> None:
    row = TIERS[tier]
    for length in (24, 26, 28, 29):
        cidr = f"10.0.8.0/{length}"
        found = list(filestore_exports.reserved_problems(tier, None, cidr))
        wrong = "error" if row.reserved_sure else "warning"
        assert severities(found) == ([] if length == row.reserved else [wrong])
        for problem in found:
            right = filestore_exports.reserved_problems(
                tier, "DIRECT_PEERING", str(problem.nearest)
            )
            assert list(right) == []
    named = filestore_exports.reserved_problems(tier, None, "google-services")
    assert severities(list(named)) == ["error"]
    private = filestore_exports.reserved_problems(
        tier, "PRIVATE_SERVICE_ACCESS", "10.0.0.0/29"
    )
    assert severities(list(private)) == ["error"]


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (None, True),
        ("projects/p/locations/us-central1/backups/b1", True),
        ("b1", False),
        ("https://file.googleapis.com/v1/projects/p/locations/r/backups/b", False),
    ],
)
def test_backups(text: str | None, right: bool) -> None:
    found = list(filestore_settings.backup_problems(text))
    assert (not found) == right
    for problem in found:
        assert problem.nearest in (None, "projects/p/locations/r/backups/b")


@pytest.mark.parametrize(
    ("tier", "multishare", "text", "expected"),
    [
        ("ZONAL", False, None, []),
        ("ENTERPRISE", True, None, []),
        ("ENTERPRISE", True, "128Gi", []),
        ("ENTERPRISE", True, "1Ti", []),
        ("ENTERPRISE", True, "200Gi", [("maxShareSize", "256Gi")]),
        ("ENTERPRISE", True, "2Ti", [("maxShareSize", "1024Gi")]),
        ("ENTERPRISE", True, "128G", [("maxShareSize", "128Gi")]),
        ("ENTERPRISE", False, "128Gi", [("maxShareSize", None)]),
        ("ZONAL", True, None, [("tier", "ENTERPRISE")]),
    ],
)
def test_shares_of_one_instance(
    tier: Tier,
    multishare: bool,
    text: str | None,
    expected: list[tuple[str, str | None]],
) -> None:
    gib = filestore_driver.gib_of(text)
    found = filestore_settings.multishare_problems(tier, multishare, gib, text=text)
    assert [(p.path[0], p.nearest) for p in found] == expected
