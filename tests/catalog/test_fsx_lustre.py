"""What FSx for Lustre offers, all of it, and the neighbours that it does not."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import fsx_lustre_tables as tables
from components.catalog.fsx_lustre import (
    FileSystem,
    baseline_throughput,
    client_problem,
    problems,
    replaced_by,
)
from components.catalog.fsx_lustre_tables import OFFERS, Sizes
from components.catalog.problem import Problem

DEFAULTS = {field.name: field.default for field in fields(FileSystem)}
METADATA = (None, "AUTOMATIC", 1500, 6000, 12000, 12001, 192000, 204000)
PER_TIB = (None, 0, 12, 13, 40, 50, 100, 125, 200, 250, 500, 999, 1000, 1001)
VERSIONS = ("2.10", "2.12", "2.14", "2.15", "2.16", "")


def found(asked: FileSystem) -> list[Problem]:
    return list(problems(asked))


def errors(asked: FileSystem) -> list[Problem]:
    return [problem for problem in found(asked) if problem.severity == "error"]


def corrected(asked: FileSystem) -> FileSystem:
    """With the nearest value for each problem; what has none is left out."""
    for problem in found(asked):
        name = str(problem.path[0])
        right = problem.nearest
        asked = replace(asked, **{name: DEFAULTS[name] if right is None else right})
    return asked


def test_every_field_can_be_wrong_in_one_way_only() -> None:
    for asked in every_combination():
        paths = [problem.path for problem in found(asked)]
        assert len(paths) == len(set(paths)), asked


def every_combination() -> list[FileSystem]:
    return [
        FileSystem(
            deployment=deployment,
            storage_type=storage,
            throughput_per_tib=per_tib,
            version=version,
            efa=efa,
            metadata_iops=metadata,
            drive_cache="READ" if storage == "HDD" else None,
            throughput=8000 if storage == "INTELLIGENT_TIERING" else None,
            cache_mode="NO_CACHE" if storage == "INTELLIGENT_TIERING" else None,
            # A size that every type and throughput has.
            capacity=None if storage == "INTELLIGENT_TIERING" else 38400 * 3 * 5,
        )
        for deployment, storage, per_tib, version, efa, metadata in product(
            tables.DEPLOYMENTS,
            tables.STORAGE_TYPES,
            PER_TIB,
            VERSIONS,
            (False, True),
            METADATA,
        )
    ]


def offered(asked: FileSystem) -> bool:
    """The API reference, row by row."""
    deployment, storage = asked.deployment, asked.storage_type
    version, metadata = asked.version, asked.metadata_iops
    ssd = {1500, 3000, 6000} | {12000 * n for n in range(1, 17)}
    match deployment, storage:
        case (("SCRATCH_1" | "SCRATCH_2"), "SSD"):
            speeds: set[int | None] = {None}
        case "PERSISTENT_1", "SSD":
            speeds = {50, 100, 200}
        case "PERSISTENT_1", "HDD":
            speeds = {12, 40}
        case "PERSISTENT_2", "SSD":
            speeds = {125, 250, 500, 1000}
        case "PERSISTENT_2", "INTELLIGENT_TIERING":
            speeds = {None}
        case _:
            return False
    if asked.throughput_per_tib not in speeds:
        return False
    if deployment != "PERSISTENT_2":
        known = version in {"2.10", "2.12", "2.15"}
        return known and metadata is None and not asked.efa
    if storage == "INTELLIGENT_TIERING":
        return version == "2.15" and metadata in {6000, 12000}
    if metadata is None:
        return version in {"2.12", "2.15"} and not asked.efa
    return version == "2.15" and metadata in {"AUTOMATIC", *ssd}


def test_every_combination_is_accepted_or_refused_as_aws_says() -> None:
    accepted = 0
    for asked in every_combination():
        valid = offered(asked)
        assert (errors(asked) == []) == valid, (asked, found(asked))
        accepted += valid
    assert accepted > 50


def test_the_nearest_values_are_right() -> None:
    for asked in every_combination():
        first, right = asked, corrected(asked)
        if asked.offer is None or errors(right):
            # What depends on the storage type is judged when that is right.
            right = corrected(right)
        if errors(first):
            assert errors(right) == [], (first, right)
            assert offered(right), (first, right)
        warned = [p for p in found(corrected(right)) if p.severity == "warning"]
        assert warned == [], (first, right)


def test_one_cause_is_one_problem() -> None:
    on_disk = FileSystem(
        deployment="PERSISTENT_2",
        storage_type="HDD",
        capacity=7,
        throughput_per_tib=7,
        metadata_iops=7,
    )
    assert [problem.rule for problem in found(on_disk)] == ["FSX03"]
    unknown_speed = FileSystem(
        deployment="PERSISTENT_1",
        storage_type="HDD",
        capacity=7,
        throughput_per_tib=7,
        drive_cache="READ",
    )
    assert [problem.rule for problem in found(unknown_speed)] == ["FSX02"]


ALL_SIZES = [
    *(
        (FileSystem(deployment=d), o.sizes)
        for (d, s), o in OFFERS.items()
        if s == "SSD"
    ),
    *(
        (
            FileSystem(
                deployment="PERSISTENT_1",
                storage_type="HDD",
                throughput_per_tib=per_tib,
                drive_cache="NONE",
            ),
            sizes,
        )
        for per_tib, sizes in OFFERS["PERSISTENT_1", "HDD"].sizes_by_throughput.items()
    ),
]


@pytest.mark.parametrize(("asked", "sizes"), ALL_SIZES)
@given(n=st.integers(1, 2000), off=st.integers(-3, 3))
def test_capacities_around_every_multiple(
    asked: FileSystem, sizes: Sizes, n: int, off: int
) -> None:
    speeds = OFFERS[asked.deployment, asked.storage_type].throughputs
    if asked.throughput_per_tib is None and speeds:
        asked = replace(asked, throughput_per_tib=speeds[0])
    asked = replace(asked, capacity=sizes.step * n + off)
    if off == 0:
        assert found(asked) == []
        return
    if asked.capacity in sizes.first:
        return
    (problem,) = found(asked)
    assert problem.rule == "FSX01"
    assert isinstance(problem.nearest, int)
    assert problem.nearest in sizes
    assert found(corrected(asked)) == []


@given(gib=st.integers(1, 10**7), sizes=st.sampled_from([s for _, s in ALL_SIZES]))
def test_the_nearest_size_is_the_nearest(gib: int, sizes: Sizes) -> None:
    below, above = sizes.around(gib)
    assert above in sizes
    assert above >= gib
    assert below is None or (below in sizes and below <= gib)
    between = range((below or 0) + 1, above)
    assert not any(one in sizes for one in (*between[:50], *between[-50:]))
    distance = abs(sizes.nearest(gib) - gib)
    assert all(abs(one - gib) >= distance for one in (below, above) if one)
    if gib in sizes:
        assert below == above == sizes.nearest(gib) == gib


@pytest.mark.parametrize(
    ("deployment", "per_tib", "capacity", "nearest", "words"),
    [
        (
            "PERSISTENT_2",
            250,
            3600,
            4800,
            "1200 or multiples of 2400 GiB: 2400 or 4800",
        ),
        ("PERSISTENT_2", 125, None, 1200, "GiB: 1200"),
        ("SCRATCH_2", None, 1, 1200, "GiB: 1200"),
        ("SCRATCH_2", None, 1199, 1200, "GiB: 1200"),
        ("SCRATCH_2", None, 1201, 1200, "GiB: 1200 or 2400"),
        ("SCRATCH_1", None, 2401, 2400, "GiB: 2400 or 3600"),
        ("SCRATCH_1", None, 4800, 3600, "multiples of 3600 GiB: 3600 or 7200"),
        ("SCRATCH_1", None, 5400, 7200, "GiB: 3600 or 7200"),
        ("SCRATCH_2", None, 0, 1200, "GiB: 1200"),
        ("SCRATCH_2", None, -2400, 1200, "GiB: 1200"),
    ],
)
def test_both_neighbours_are_named(
    deployment: str, per_tib: int | None, capacity: int | None, nearest: int, words: str
) -> None:
    asked = FileSystem(
        deployment=deployment, throughput_per_tib=per_tib, capacity=capacity
    )
    (problem,) = found(asked)
    assert (problem.rule, problem.nearest) == ("FSX01", nearest)
    assert problem.message.endswith(words)


@pytest.mark.parametrize(("per_tib", "sizes"), tables.EFA_SIZES.items())
@pytest.mark.parametrize("n", [1, 2, 7])
def test_sizes_with_efa_warn(per_tib: int, sizes: Sizes, n: int) -> None:
    asked = FileSystem(
        deployment="PERSISTENT_2",
        throughput_per_tib=per_tib,
        efa=True,
        metadata_iops="AUTOMATIC",
        capacity=sizes.step * n,
    )
    assert found(asked) == []
    beside = replace(asked, capacity=sizes.step * n + 2400)
    (problem,) = found(beside)
    assert (problem.rule, problem.severity) == ("FSX06", "warning")
    assert found(corrected(beside)) == []
    off = replace(asked, capacity=sizes.step * n + 1)
    (problem,) = found(off)
    assert (problem.rule, problem.severity) == ("FSX01", "error")
    assert found(corrected(off)) == []


def tiering(**more: object) -> FileSystem:
    asked = FileSystem(
        deployment="PERSISTENT_2",
        storage_type="INTELLIGENT_TIERING",
        throughput=8000,
        metadata_iops=6000,
        cache_mode="USER_PROVISIONED",
        cache_size=64,
    )
    return replace(asked, **more)  # pyright: ignore[reportArgumentType]: each test names the field


@pytest.mark.parametrize("throughput", [4000, 8000, 2_000_000])
def test_tiering_at_its_limits(throughput: int) -> None:
    servers = throughput // 4000
    for size in (32 * servers, 131072 * servers):
        assert found(tiering(throughput=throughput, cache_size=size)) == []
    for size in (32 * servers - 1, 131072 * servers + 1, None, 0, -1):
        wrong = tiering(throughput=throughput, cache_size=size)
        (problem,) = found(wrong)
        assert (problem.rule, problem.path) == ("FSX10", ("cache_size",))
        assert found(corrected(wrong)) == []


@pytest.mark.parametrize(
    ("throughput", "nearest"),
    [
        *((None, 4000), (0, 4000), (-8000, 4000), (3999, 4000), (4001, 4000)),
        *((6000, 8000), (2_000_001, 2_000_000), (2_004_000, 2_000_000)),
    ],
)
def test_tiering_has_multiples(throughput: int | None, nearest: int) -> None:
    (problem,) = found(tiering(throughput=throughput))
    assert (problem.rule, problem.nearest) == ("FSX09", nearest)


def test_tiering_needs_what_others_cannot_have() -> None:
    (problem,) = found(tiering(cache_mode=None, cache_size=None))
    assert (problem.rule, problem.path) == ("FSX10", ("cache_mode",))
    (problem,) = found(tiering(cache_mode="NO_CACHE"))
    assert (problem.rule, problem.path) == ("FSX10", ("cache_size",))
    (problem,) = found(tiering(capacity=4800))
    assert (problem.rule, problem.severity) == ("FSX01", "warning")
    for metadata, nearest in ((None, 6000), ("AUTOMATIC", 6000), (24000, 12000)):
        (problem,) = found(tiering(metadata_iops=metadata))
        assert (problem.rule, problem.nearest) == ("FSX07", nearest)
    plain = FileSystem(deployment="SCRATCH_2", capacity=1200)
    for name, value, rule in (
        ("throughput", 4000, "FSX09"),
        ("cache_mode", "NO_CACHE", "FSX10"),
        ("drive_cache", "READ", "FSX08"),
        ("metadata_iops", 1500, "FSX07"),
        ("efa", True, "FSX06"),
        ("throughput_per_tib", 200, "FSX02"),
    ):
        wrong = replace(plain, **{name: value})
        (problem,) = found(wrong)
        assert (problem.rule, problem.path) == (rule, (name,))
        assert found(corrected(wrong)) == []


@given(iops=st.integers(-1, 300_000))
def test_metadata_iops(iops: int) -> None:
    asked = FileSystem(
        deployment="PERSISTENT_2",
        throughput_per_tib=125,
        capacity=1200,
        metadata_iops=iops,
    )
    wrong = found(asked)
    assert (wrong == []) == (iops in tables.METADATA_IOPS)
    for problem in wrong:
        right = problem.nearest
        assert isinstance(right, int)
        assert right in tables.METADATA_IOPS
        others = [abs(one - iops) for one in tables.METADATA_IOPS]
        assert abs(right - iops) == min(others)


@pytest.mark.parametrize("cache", [None, "WRITE"])
def test_hdd_says_whether_it_has_a_cache(cache: str | None) -> None:
    asked = FileSystem(
        deployment="PERSISTENT_1",
        storage_type="HDD",
        throughput_per_tib=12,
        capacity=6000,
        drive_cache=cache,
    )
    (problem,) = found(asked)
    assert (problem.rule, problem.nearest) == ("FSX08", "READ")


def test_a_key_for_scratch_warns() -> None:
    for deployment in tables.DEPLOYMENTS:
        asked = FileSystem(deployment=deployment, kms_key=True, sized=False)
        rules = {p.rule for p in found(asked) if p.severity == "warning"}
        assert rules == ({"FSX15"} if "SCRATCH" in deployment else set())


def test_2_12_warns_where_it_could_be_newer() -> None:
    asked = FileSystem(deployment="SCRATCH_2", capacity=1200, version="2.12")
    (problem,) = found(asked)
    assert (problem.rule, problem.severity) == ("FSX05", "warning")
    assert problem.nearest == "2.15"


@pytest.mark.parametrize(
    ("version", "ami", "severity"),
    [
        ("2.10", "AL2023_x86_64_NVIDIA", "error"),
        ("2.10", "AL2023_ARM_64_STANDARD", "error"),
        ("2.10", "AUTO", "error"),
        ("2.10", "AL2_x86_64_GPU", None),
        ("2.10", "BOTTLEROCKET_x86_64", "warning"),
        ("2.10", None, "warning"),
        ("2.12", "AL2023_x86_64_STANDARD", None),
        ("2.15", "AL2023_x86_64_STANDARD", None),
        ("2.15", "AL2_x86_64", None),
        ("2.15", "AUTO", None),
        ("2.15", None, None),
        ("2.15", "BOTTLEROCKET_x86_64_NVIDIA", "warning"),
        ("2.15", "CUSTOM", "warning"),
    ],
)
def test_clients(version: str, ami: str | None, severity: str | None) -> None:
    problem = client_problem(version, ami)
    assert (problem.severity if problem else None) == severity
    if problem is not None:
        assert problem.rule == "FSX05"
        assert problem.nearest in {None, "2.15"}


@pytest.mark.parametrize(
    ("asked", "mbps"),
    [
        # 2.4 x 50 and 4.8 x 50 in AWS's own examples.
        (
            FileSystem(deployment="PERSISTENT_1", capacity=2400, throughput_per_tib=50),
            120,
        ),
        (
            FileSystem(deployment="PERSISTENT_1", capacity=4800, throughput_per_tib=50),
            240,
        ),
        (FileSystem(deployment="SCRATCH_2", capacity=1200), 240),
        (FileSystem(deployment="PERSISTENT_2", capacity=1200), None),
        (FileSystem(deployment="SCRATCH_2"), None),
        (tiering(), 8000),
        (tiering(throughput=None), None),
    ],
)
def test_baseline_throughput(asked: FileSystem, mbps: int | None) -> None:
    assert baseline_throughput(asked) == mbps


BASE = FileSystem(
    deployment="PERSISTENT_2",
    throughput_per_tib=250,
    capacity=4800,
    metadata_iops=6000,
    version="2.12",
)


@pytest.mark.parametrize(
    ("change", "replaced"),
    [
        ({"version": "2.10"}, "file_system_type_version"),
        ({"version": "2.15"}, None),
        ({"version": None}, None),
        ({"metadata_iops": 3000}, "metadata_configuration.iops"),
        ({"metadata_iops": 12000}, None),
        ({"metadata_iops": "AUTOMATIC"}, None),
        ({"capacity": 2400}, "storage_capacity"),
        ({"capacity": 7200}, None),
        ({"efa": True}, "efa_enabled"),
        ({"deployment": "PERSISTENT_1"}, "deployment_type"),
        ({"storage_type": "HDD"}, "storage_type"),
        ({"drive_cache": "READ"}, "drive_cache_type"),
        ({"throughput_per_tib": 500}, None),
    ],
)
def test_what_replaces_a_file_system(
    change: dict[str, object], replaced: str | None
) -> None:
    new = replace(BASE, **change)  # pyright: ignore[reportArgumentType]: the table names the fields
    assert replaced_by(BASE, new) == ([replaced] if replaced else [])
    known = {one.property for one in tables.REPLACEMENTS}
    assert replaced is None or replaced in known


def test_a_scratch_1_cannot_grow() -> None:
    old = FileSystem(deployment="SCRATCH_1", capacity=3600)
    assert replaced_by(old, replace(old, capacity=7200)) == ["storage_capacity"]
    assert replaced_by(old, old) == []


def test_speeds_are_of_offers() -> None:
    for deployment, storage, per_tib in tables.SPEEDS:
        speeds = OFFERS[deployment, storage].throughputs
        assert per_tib in speeds if speeds else per_tib is None
    assert {
        (deployment, storage, per_tib)
        for (deployment, storage), offer in OFFERS.items()
        for per_tib in offer.throughputs
    } <= tables.SPEEDS.keys()
