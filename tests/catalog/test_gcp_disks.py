from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from components.catalog import gcp_disk_driver, gcp_disks, tpu_vms
from components.catalog.gcp_disk_tables import (
    BY_NAME,
    DOUBTFUL,
    EXTREME_LEAST_VCPUS,
    FAMILIES,
    ONE_SOURCE,
    TPU_VM_DISKS,
    TPU_VM_DOUBTFUL,
    TPU_VM_TYPES,
    TYPES,
    DiskType,
)
from components.catalog.gcp_disks import (
    attachable,
    boot_problem,
    boot_type,
    claim_problem,
    machine_problem,
    performance_problems,
    size_problem,
)
from components.catalog.problem import Problem
from components.catalog.storage_kinds import BY_DRIVER

every_type = pytest.mark.parametrize("row", TYPES, ids=lambda row: row.name)
any_type = st.sampled_from(TYPES)
sizes = st.integers(1, 70_000) | st.integers(1, 600)
numbers = st.integers(1, 1_500_000) | st.integers(1, 20_000)


def quiet(row: DiskType, gib: int) -> list[Problem]:
    found = size_problem(row.name, gib)
    return [] if found is None else [found]


def performance(
    row: DiskType, key: str, value: int, gib: int | None = None
) -> list[Problem]:
    iops = value if key == "iops" else None
    throughput = value if key == "throughput" else None
    return list(
        performance_problems(row.name, iops=iops, throughput=throughput, gib=gib)
    )


@every_type
def test_the_ends_of_a_size_are_offered_and_their_neighbours_are_not(
    row: DiskType,
) -> None:
    low, high = row.gib.agreed
    assert quiet(row, low) == quiet(row, high) == []
    (large,) = quiet(row, row.gib.most + 1)
    assert (large.severity, large.nearest) == ("error", row.gib.most)
    (small,) = quiet(row, low - 1)
    known = low == row.gib.least
    assert (small.severity, small.nearest) == ("error" if known else "warning", low)


@pytest.mark.parametrize("key", ["iops", "throughput"])
@every_type
def test_the_ends_of_a_performance_are_offered_and_their_neighbours_are_not(
    row: DiskType, key: str
) -> None:
    offered = row.iops if key == "iops" else row.throughput
    if offered is None:
        (found,) = performance(row, key, 1000)
        assert (found.rule, found.severity) == ("PDK02", "error")
        return
    for value in offered.agreed:
        assert performance(row, key, value) == []
    for value in (offered.least - 1, offered.most + 1):
        (found,) = performance(row, key, value)
        assert found.severity == "error"
        assert isinstance(found.nearest, int)
        assert performance(row, key, found.nearest) == []


@given(row=any_type, gib=sizes)
def test_the_nearest_size_is_offered(row: DiskType, gib: int) -> None:
    for problem in quiet(row, gib):
        assert isinstance(problem.nearest, int)
        assert quiet(row, problem.nearest) == []


@given(
    row=any_type,
    key=st.sampled_from(["iops", "throughput"]),
    value=numbers,
    gib=sizes,
)
def test_the_nearest_performance_is_offered_at_that_size(
    row: DiskType, key: str, value: int, gib: int
) -> None:
    assume(not quiet(row, gib))
    for problem in performance(row, key, value, gib):
        if problem.rule == "PDK02":
            continue
        assert isinstance(problem.nearest, int)
        again = performance(row, key, problem.nearest, gib)
        # What no disk has is said before what this size has not.
        assert all(other.rule == "PDK06" for other in again)
        for other in again:
            assert isinstance(other.nearest, int)
            assert performance(row, key, other.nearest, gib) == []


@given(row=any_type, value=st.none() | numbers, gib=sizes)
def test_the_nearest_size_of_a_claim_is_taken(
    row: DiskType, value: int | None, gib: int
) -> None:
    iops = value if row.iops is not None else None
    throughput = value if row.throughput is not None and iops is None else None
    problem = claim_problem(row.name, gib, iops=iops, throughput=throughput)
    for _ in range(2):
        if problem is None:
            return
        found = re.fullmatch(r"(\d+)(Gi|Ti)", str(problem.nearest))
        assert found is not None
        right = int(found[1]) * (1024 if found[2] == "Ti" else 1)
        assert quiet(row, right) == []
        problem = claim_problem(row.name, right, iops=iops, throughput=throughput)
    # The size that has such a performance may be one that no disk has.
    assert problem is None or problem.rule == "PDK22"


def test_what_the_driver_raises_a_disk_to_is_its_least() -> None:
    """Numbers of the driver's own tests of disks that grow."""
    for type_, gib, key, least in (
        ("hyperdisk-balanced", 4, "iops", 2_000),
        ("hyperdisk-balanced", 100, "iops", 3_000),
        ("hyperdisk-extreme", 2_048, "iops", 4_096),
        ("hyperdisk-ml", 8_192, "throughput", 983),
        ("hyperdisk-throughput", 4_096, "throughput", 40),
    ):
        row = BY_NAME[type_]
        assert performance(row, key, least, gib) == []
        (found,) = performance(row, key, least - 1, gib)
        assert found.nearest == least


def test_machines_and_types() -> None:
    for machine, type_, expected in (
        ("a4-highgpu-8g", "pd-balanced", "no"),
        ("a4-highgpu-8g", "hyperdisk-ml", "yes"),
        ("g2-standard-8", "hyperdisk-balanced", "no"),
        ("g2-standard-8", "hyperdisk-ml", "yes"),
        ("ct6e-standard-4t", "pd-balanced", "no"),
        ("ct5lp-hightpu-4t", "hyperdisk-balanced", "doubtful"),
        ("a2-highgpu-1g", "hyperdisk-balanced", "doubtful"),
        ("a3-ultragpu-8g", "pd-ssd", "doubtful"),
        ("a3-highgpu-8g", "pd-ssd", "yes"),
        ("n4a-standard-8", "pd-ssd", "doubtful"),
        ("n4a-standard-8", "hyperdisk-ml", "yes"),
        ("quantum-1", "pd-ssd", None),
    ):
        assert attachable(machine, type_) == expected, (machine, type_)


@pytest.mark.parametrize("begin", sorted({*FAMILIES, *DOUBTFUL, *ONE_SOURCE}))
def test_every_pair_of_a_machine_and_a_type(begin: str) -> None:
    machine = f"{begin}-standard-999"
    for name in BY_NAME:
        how = attachable(machine, name)
        problem = machine_problem(machine, name)
        assert (problem is None) == (how == "yes"), name
        if problem is not None:
            assert problem.severity == ("error" if how == "no" else "warning")
            # What stands in for it is surely attached.
            known = gcp_disks.types_of(machine)
            assert problem.nearest in known or not known


def test_what_is_doubtful_is_in_no_table_of_what_is_sure() -> None:
    for begin, types in DOUBTFUL.items():
        assert begin not in FAMILIES or not set(types) & set(FAMILIES[begin])
    assert not FAMILIES.keys() & ONE_SOURCE.keys()
    names = {
        name
        for row in (FAMILIES, DOUBTFUL, ONE_SOURCE)
        for t in row.values()
        for name in t
    }
    assert names <= BY_NAME.keys()


@pytest.mark.parametrize("family", EXTREME_LEAST_VCPUS)
def test_extreme_takes_a_large_machine(family: str) -> None:
    least = EXTREME_LEAST_VCPUS[family]
    assert machine_problem(f"{family}-standard-{least}", "hyperdisk-extreme") is None
    small = machine_problem(f"{family}-highmem-{least - 1}", "hyperdisk-extreme")
    assert small is not None
    assert small.nearest == "hyperdisk-balanced"


@pytest.mark.parametrize("begin", sorted({*FAMILIES, *DOUBTFUL, *ONE_SOURCE}))
def test_a_machine_boots_from_a_disk_that_it_has(begin: str) -> None:
    machine = f"{begin}-standard-8"
    type_ = boot_type(machine)
    # Of m4 the sources doubt all that nodes boot from.
    assert attachable(machine, type_) == "yes" or begin == "m4"
    assert boot_problem(machine, type_) is None
    wrong = boot_problem(machine, "hyperdisk-ml")
    assert wrong is not None
    assert (wrong.rule, wrong.path, wrong.nearest) == ("PDK07", ("diskType",), type_)


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        (None, "pd-balanced"),
        ("quantum-1", "pd-balanced"),
        ("e2-standard-8", "pd-balanced"),
        ("a2-highgpu-4g", "pd-balanced"),
        ("a3-highgpu-8g", "pd-balanced"),
        ("a3-ultragpu-8g", "hyperdisk-balanced"),
        ("a4-highgpu-8g", "hyperdisk-balanced"),
        ("n4-standard-8", "hyperdisk-balanced"),
        ("ct5lp-hightpu-4t", "pd-balanced"),
        ("ct6e-standard-8t", "hyperdisk-balanced"),
        ("tpu7x-standard-4t", "hyperdisk-balanced"),
    ],
)
def test_boot_disks(machine: str | None, expected: str) -> None:
    assert boot_type(machine) == expected


def test_full_names() -> None:
    assert gcp_disks.disk_zone("projects/p/zones/us-a1-a/disks/d") == "us-a1-a"
    assert gcp_disks.disk_zone("d") is None
    assert gcp_disks.is_regional("projects/p/regions/us-a1/disks/d")
    assert gcp_disks.pool_zone("projects/p/zones/z/storagePools/s") == "z"
    assert gcp_disks.region_of("us-central1-ai1a") == "us-central1"


def test_the_driver_takes_what_its_own_guides_say() -> None:
    pool = "projects/p/zones/us-east4-c/storagePools/s"
    for parameters in (
        {"type": "pd-ssd", "replication-type": "regional-pd"},
        {"type": "hyperdisk-throughput", "provisioned-throughput-on-create": "50Mi"},
        {"type": "hyperdisk-balanced", "storage-pools": pool},
        {"type": "hyperdisk-ml", "enable-multi-zone-provisioning": "true"},
        {
            "type": "dynamic",
            "pd-type": "pd-balanced",
            "hyperdisk-type": "hyperdisk-balanced",
            "use-allowed-disk-topology": "true",
        },
        {"labels": "key1=value1,key2=value2"},
    ):
        assert list(gcp_disk_driver.DRIVER.problems(parameters)) == []
        assert list(gcp_disk_driver.check(parameters)) == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"type": "pd-ssd", "storage-pools": "projects/p/zones/z/storagePools/s"},
        {"type": "hyperdisk-balanced", "storage-pools": "s"},
        {"type": "hyperdisk-ml", "replication-type": "regional-pd"},
        {"type": "pd-ssd", "provisioned-throughput-on-create": "50Mi"},
        {"type": "hyperdisk-ml", "provisioned-iops-on-create": "5000"},
        {"disk-encryption-kms-key": "data"},
        {"iops": "3000"},
    ],
)
def test_what_the_driver_refuses(parameters: dict[str, str]) -> None:
    (found,) = gcp_disk_driver.DRIVER.problems(parameters)
    assert found.severity == "error"


def test_two_pools_of_one_zone() -> None:
    pool = "projects/p/zones/z/storagePools/"
    stated = {"type": "hyperdisk-balanced", "Storage-Pools": f"{pool}a,{pool}b"}
    (found,) = gcp_disk_driver.check(stated)
    assert found.path == ("parameters", "Storage-Pools")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("250Mi", 250), ("2Gi", 2048), ("3000", 3000), (None, None), ("fast", None)],
)
def test_numbers_of_parameters(text: str | None, expected: int | None) -> None:
    assert gcp_disk_driver.number(text) == expected


def test_the_driver_is_that_of_the_storage_kind() -> None:
    row = BY_DRIVER[gcp_disk_driver.DRIVER.name]
    assert row.kind == "persistent-disk"
    assert row.snapshots
    assert row.resize


@pytest.mark.parametrize(
    ("tpu", "topology", "hosts"),
    [
        ("v2", "2x2", 1),
        ("v3", "4x8", 8),
        ("v4", "2x2x1", 1),
        ("v4", "2x2x2", 2),
        ("v5e", "1x1", 1),
        ("v5e", "2x4", 1),
        ("v5e", "4x4", 4),
        ("v5p", "2x2x2", 2),
        ("v6e", "2x4", 1),
        ("v6e", "16x16", 64),
    ],
)
def test_tpu_vms_of_a_slice(tpu: str, topology: str, hosts: int) -> None:
    assert tpu_vms.topology_problem(tpu, topology) is None
    assert tpu_vms.hosts(tpu, topology) == hosts


@pytest.mark.parametrize("tpu", tpu_vms.ACCELERATORS)
@pytest.mark.parametrize("topology", ["3x3", "v5p-8", "2x2x2x2", "", "1x3"])
def test_the_nearest_topology_is_one(tpu: str, topology: str) -> None:
    problem = tpu_vms.topology_problem(tpu, topology)
    assert problem is not None
    assert tpu_vms.topology_problem(tpu, str(problem.nearest)) is None


@pytest.mark.parametrize("tpu", tpu_vms.ACCELERATORS)
@every_type
def test_disks_of_tpu_vms(tpu: str, row: DiskType) -> None:
    problem = tpu_vms.disk_problem(tpu, row.name, ("disk",))
    if row.name in TPU_VM_TYPES[tpu]:
        assert problem is None
        return
    assert problem is not None
    doubted = row.name in TPU_VM_DOUBTFUL.get(tpu, ())
    assert problem.severity == ("warning" if doubted else "error")
    most = TPU_VM_DISKS[tpu] - 1
    assert tpu_vms.count_problem(tpu, most) is None
    assert tpu_vms.count_problem(tpu, most + 1) is not None
