from __future__ import annotations

import datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import ebs, ebs_driver
from components.catalog.ebs import (
    BY_NAME,
    MIBPS_PER_IOPS,
    TYPES,
    VolumeType,
    claim_problem,
    class_problems,
)
from components.catalog.problem import Problem
from components.catalog.storage_kinds import BY_DRIVER

every_type = pytest.mark.parametrize("row", TYPES, ids=lambda row: row.name)
with_iops = [row for row in TYPES if row.iops is not None]
fast = st.sampled_from(with_iops)
any_type = st.sampled_from(TYPES)
numbers = st.none() | st.integers(-1, 300_000)
rates = st.none() | st.integers(-1, 2_000)
sizes = st.integers(1, 70_000) | st.integers(1, 200)


def of_class(
    row: VolumeType,
    iops: int | None = None,
    iops_per_gb: int | None = None,
    throughput: int | None = None,
) -> list[Problem]:
    return list(
        class_problems(
            row.name, iops=iops, iops_per_gb=iops_per_gb, throughput=throughput
        )
    )


def ec2_refuses(
    row: VolumeType, gib: int, iops: int | None, throughput: int | None = None
) -> bool:
    """What the API reference and the ratios of the driver say of one disk."""
    if not row.gib.least <= gib <= row.gib.most:
        return True
    if throughput is not None and (
        row.throughput is None
        or not row.throughput.least <= throughput <= row.throughput.most
    ):
        return True
    if iops is None:
        return row.needs_iops
    if row.iops is None or row.iops_per_gib is None:
        return True
    most = max(row.iops.least, row.iops_per_gib * gib)
    return not row.iops.least <= iops <= min(most, row.iops.most)


def driver_asks(
    row: VolumeType, gib: int, iops: int | None, per_gb: int | None, *, raises: bool
) -> int | None:
    """IOPS that the driver asks EC2 for: `CreateDisk` and `capIOPS` of its code."""
    asked = iops or (per_gb or 0) * gib
    if asked <= 0:
        return None
    assert row.iops is not None
    assert row.iops_per_gib is not None
    if asked < row.iops.least and raises:
        asked = row.iops.least
    asked = min(asked, row.iops.most)
    by_size = row.iops_per_gib * gib
    if asked > by_size >= row.iops.least:
        asked = by_size
    return asked


def edges(least: int, most: int, agreed: int) -> list[int]:
    return sorted({n + d for n in (least, most, agreed) for d in (-1, 0, 1)})


@pytest.mark.parametrize("row", with_iops, ids=lambda row: row.name)
def test_iops_at_every_edge(row: VolumeType) -> None:
    assert row.iops is not None
    for iops in edges(row.iops.least, row.iops.most, row.iops.agreed):
        found = of_class(row, iops)
        if iops < row.iops.least:
            expected = [("EBS04", "error", row.iops.least)]
        elif iops > row.iops.most:
            # The driver lowers it: the disk is made, and slower than it says.
            expected = [("EBS04", "warning", row.iops.most)]
        elif iops > row.iops.agreed:
            expected = [("EBS04", "warning", row.iops.agreed)]
        else:
            expected = []
        assert [(p.rule, p.severity, p.nearest) for p in found] == expected


@pytest.mark.parametrize("row", with_iops, ids=lambda row: row.name)
def test_iops_for_each_gib_at_every_edge(row: VolumeType) -> None:
    assert row.iops_per_gib is not None
    for rate in edges(1, row.iops_per_gib, row.iops_per_gib):
        found = of_class(row, iops_per_gb=rate)
        if rate < 1:
            expected = [("EBS05", "error", 1)]
        elif rate > row.iops_per_gib:
            expected = [("EBS05", "warning", row.iops_per_gib)]
        else:
            expected = []
        assert [(p.rule, p.severity, p.nearest) for p in found] == expected


@pytest.mark.parametrize(
    ("throughput", "severity", "nearest"),
    [
        (124, "error", 125),
        (125, None, None),
        (1000, None, None),
        (1001, "warning", 1000),
        (2000, "warning", 1000),
        (2001, "error", 2000),
    ],
)
def test_throughput_at_every_edge(
    throughput: int, severity: str | None, nearest: int | None
) -> None:
    found = of_class(BY_NAME["gp3"], iops=16_000, throughput=throughput)
    assert [(p.rule, p.severity, p.nearest) for p in found] == (
        [("EBS07", severity, nearest)] if severity else []
    )


@pytest.mark.parametrize(
    ("iops", "throughput", "nearest"),
    [(None, 750, None), (None, 751, 750), (4000, 1000, None), (3999, 1000, 999)],
)
def test_throughput_takes_iops(
    iops: int | None, throughput: int, nearest: int | None
) -> None:
    found = of_class(BY_NAME["gp3"], iops=iops, throughput=throughput)
    assert [(p.rule, p.severity, p.nearest) for p in found] == (
        [("EBS08", "warning", nearest)] if nearest else []
    )
    # With IOPS for each GiB it depends on the claim.
    assert of_class(BY_NAME["gp3"], iops_per_gb=10, throughput=throughput) == []


@every_type
def test_what_a_type_has_not(row: VolumeType) -> None:
    given = {"iops": row.iops, "iops_per_gb": row.iops, "throughput": row.throughput}
    for name, offered in given.items():
        found = of_class(row, **{name: 1})
        ours = [p for p in found if p.rule == "EBS01"]
        assert bool(ours) == (offered is None)
        # One cause, one error: what else a disk needs is not said beside it.
        assert not ours or len(found) == 1
    assert [p.rule for p in of_class(row)] == (["EBS03"] if row.needs_iops else [])


@pytest.mark.parametrize("row", with_iops, ids=lambda row: row.name)
def test_iops_are_said_once(row: VolumeType) -> None:
    (problem,) = of_class(row, 3000, 3)
    assert (problem.rule, problem.path) == ("EBS02", ("iopsPerGB",))


@given(any_type, numbers, rates, numbers)
def test_the_nearest_class_is_right(
    row: VolumeType, iops: int | None, rate: int | None, throughput: int | None
) -> None:
    values = {"iops": iops, "iops_per_gb": rate, "throughput": throughput}
    keys = {"iops": "iops", "iopsPerGB": "iops_per_gb", "throughput": "throughput"}
    for _ in range(4):
        for problem in of_class(row, **values):
            if problem.nearest is not None:
                key = keys[str(problem.path[0])]
                assert values[key] == problem.value
                values[key] = int(str(problem.nearest))
    # What is left is left out or put in by whoever wrote it.
    assert {p.rule for p in of_class(row, **values)} <= {"EBS01", "EBS02", "EBS03"}


@given(any_type, numbers, numbers, sizes)
def test_a_class_without_errors_makes_disks(
    row: VolumeType, iops: int | None, throughput: int | None, gib: int
) -> None:
    """A claim of the class is refused exactly where EC2 refuses its disk."""
    found = of_class(row, iops=iops, throughput=throughput)
    if any(p.severity == "error" for p in found):
        return
    problem = claim_problem(row.name, iops, None, gib)
    asked = None if iops is None else driver_asks(row, gib, iops, None, raises=False)
    refused = ec2_refuses(row, gib, asked, throughput)
    assert refused == (problem is not None and problem.severity == "error")


@given(fast, st.integers(1, 1_200), sizes, st.booleans())
def test_iops_for_each_gib_of_a_claim(
    row: VolumeType, rate: int, gib: int, raises: bool
) -> None:
    problem = claim_problem(row.name, None, rate, gib, raises=raises)
    asked = driver_asks(row, gib, None, rate, raises=raises)
    refused = ec2_refuses(row, gib, asked)
    assert refused == (problem is not None and problem.severity == "error")


@given(
    any_type,
    st.none() | st.integers(100, 300_000),
    st.none() | st.integers(1, 1_200),
    sizes,
)
def test_the_nearest_size_is_right(
    row: VolumeType, iops: int | None, rate: int | None, gib: int
) -> None:
    if row.iops is None:
        iops = rate = None
    rate = rate if iops is None else None
    if row.iops is not None and iops is not None:
        iops = max(iops, row.iops.least)
    problem = claim_problem(row.name, iops, rate, gib)
    if problem is None:
        return
    assert problem.path == ("size",)
    assert problem.value == f"{gib}Gi"
    size = str(problem.nearest)
    nearest = int(size[:-2]) * (1024 if size.endswith("Ti") else 1)
    again = claim_problem(row.name, iops, rate, nearest)
    # A size that AWS has may still be too small for the IOPS: that is said next.
    if problem.rule == "EBS09" and problem.severity == "error":
        assert again is None or again.rule == "EBS10" or again.severity == "warning"
    else:
        assert again is None


@every_type
def test_sizes_at_every_edge(row: VolumeType) -> None:
    for gib in edges(row.gib.least, row.gib.most, row.gib.agreed):
        problem = claim_problem(row.name, None, None, gib)
        if not row.gib.least <= gib <= row.gib.most:
            assert problem is not None
            assert (problem.rule, problem.severity) == ("EBS09", "error")
        elif gib > row.gib.agreed:
            assert problem is not None
            assert (problem.severity, problem.nearest) == ("warning", "16Ti")
        else:
            assert problem is None


@pytest.mark.parametrize(
    ("type_", "iops", "rate", "gib", "expected"),
    [
        ("gp3", None, None, 1, None),
        ("gp3", 3000, None, 1, None),
        # 500 IOPS for each of 5 GiB are less than any gp3 disk has.
        ("gp3", 4000, None, 5, ("EBS10", "error", "8Gi")),
        ("gp3", 4000, None, 7, ("EBS10", "warning", "8Gi")),
        ("gp3", 4000, None, 8, None),
        ("io1", 5000, None, 99, ("EBS10", "warning", "100Gi")),
        ("io1", 5000, None, 100, None),
        ("io1", None, 10, 9, ("EBS10", "error", "10Gi")),
        ("io1", None, 10, 10, None),
        ("io2", 256_000, None, 255, ("EBS10", "warning", "256Gi")),
        ("st1", None, None, 124, ("EBS09", "error", "125Gi")),
        ("gp2", None, None, 16_385, ("EBS09", "error", "16Ti")),
    ],
)
def test_claims(
    type_: str,
    iops: int | None,
    rate: int | None,
    gib: int,
    expected: tuple[str, str, str] | None,
) -> None:
    problem = claim_problem(type_, iops, rate, gib)
    found = problem and (problem.rule, problem.severity, problem.nearest)
    assert found == expected


def test_the_types_of_a_class_are_those_of_today() -> None:
    assert {*get_args(ebs.VolumeTypeName), "standard"} == BY_NAME.keys()
    assert ebs.DEFAULT_TYPE in BY_NAME
    assert MIBPS_PER_IOPS == 0.25
    assert datetime.date.fromisoformat(ebs.AS_OF) <= datetime.date(2026, 11, 22)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, []),
        ({"TYPE": "io2", "IOPSperGB": "10", "encrypted": "true"}, []),
        ({"csi.storage.k8s.io/fstype": "xfs", "blockSize": "4096"}, []),
        ({"tagSpecification_1": "team=nlp", "tagSpecification_50": "a="}, []),
        ({"type": "gp4"}, ["type"]),
        ({"type": "GP3"}, ["type"]),
        # Any other spelling leaves the disk in the clear, without a word.
        ({"encrypted": "True"}, ["encrypted"]),
        ({"encrypt": "true"}, ["encrypt"]),
        ({"iops": "3000", "iopsPerGB": "3"}, ["iopsPerGB"]),
        ({"type": "st1", "iops": "3000"}, ["iops"]),
        ({"type": "standard", "throughput": "125"}, ["throughput"]),
        ({"type": "io2", "iops": "100", "throughput": "125"}, ["throughput"]),
        ({"throughput": "125MiB"}, ["throughput"]),
        ({"volumeInitializationRate": "99"}, ["volumeInitializationRate"]),
        ({"volumeInitializationRate": "300"}, []),
        ({"ext4ClusterSize": "16384"}, ["ext4ClusterSize"]),
        ({"ext4ClusterSize": "16384", "ext4BigAlloc": "true"}, []),
        ({"csi.storage.k8s.io/fstype": "xfs", "bytesPerInode": "1"}, ["bytesPerInode"]),
        ({"fstype": "ext3", "ext4BigAlloc": "true"}, ["ext4BigAlloc"]),
        ({"fstype": "ext3", "ext4BigAlloc": "false"}, []),
        ({"csi.storage.k8s.io/fstype": "btrfs"}, ["csi.storage.k8s.io/fstype"]),
        ({"tagSpecification_1": "team"}, ["tagSpecification_1"]),
    ],
)
def test_parameters(parameters: dict[str, str], expected: list[str]) -> None:
    found = list(ebs_driver.DRIVER.problems(parameters))
    assert [p.path[-1] for p in found] == expected


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"fastSnapshotRestoreAvailabilityZones": "us-west-2a, us-west-2b"}, []),
        ({"lockMode": "governance", "lockDuration": "7"}, []),
        ({"tagSpecification_1": "a=b"}, []),
        ({"lockMode": "strict"}, ["lockMode"]),
        ({"encrypted": "true"}, ["encrypted"]),
    ],
)
def test_parameters_of_snapshots(
    parameters: dict[str, str], expected: list[str]
) -> None:
    found = list(ebs_driver.SNAPSHOTS.problems(parameters))
    assert [p.path[-1] for p in found] == expected


def test_rows_say_where_they_were_read() -> None:
    for driver in (ebs_driver.DRIVER, ebs_driver.SNAPSHOTS):
        assert driver.source.startswith("https://")
        assert driver.name in BY_DRIVER
        assert datetime.date.fromisoformat(driver.as_of) <= datetime.date(2026, 11, 22)
