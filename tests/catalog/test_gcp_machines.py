from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import gcp_machines as catalog
from components.catalog import gcp_tpus, gke_nodes, gpus
from components.catalog.gcp_machines import Machine
from components.catalog.gpu_machines import ATTACHABLE

MACHINES = catalog.machines()
FAMILIES = sorted({machine.family for machine in MACHINES.values()})

of_a_family = pytest.mark.parametrize("family", FAMILIES)


def machines_of(family: str) -> list[Machine]:
    return [machine for machine in MACHINES.values() if machine.family == family]


def test_the_table_says_where_it_is_from() -> None:
    text = catalog._TABLE.read_text()  # pyright: ignore[reportPrivateUsage]
    assert "# source: https://" in text
    assert "# as_of: 2026-11-22" in text
    assert len(MACHINES) > 500


def test_the_families_that_are_needed_are_there() -> None:
    needed = (
        "e2 n1 n2 n2d n4 c2 c2d c3 c3d c4 c4a c4d t2a t2d m3 z3 a2 a3 a4 a4x g2 g4 "
        "ct4p ct5lp ct5p ct6e tpu7x"
    )
    assert set(needed.split()) <= {m.family for m in MACHINES.values()}


@of_a_family
def test_a_machine_is_plausible(family: str) -> None:
    for machine in machines_of(family):
        assert machine.vcpu > 0
        assert machine.memory_mib > 0
        problem = catalog.name_problem(machine.name)
        assert problem is None or problem.rule == "GPL27"
        arm = machine.family in ("t2a", "c4a", "n4a", "a4x")
        assert (machine.architecture == "arm64") == arm
        assert catalog.is_arm(machine.name) == arm
        assert not (machine.ssds and machine.ssd_counts)
        assert bool(machine.ssds or machine.ssd_counts) == bool(machine.ssd_gb)
        assert machine.ssd_gb in (0, 375, 3000)
        assert machine.name.endswith(("-lssd", "-lssd-metal")) <= bool(machine.ssds)


@of_a_family
def test_gpus_are_said_at_two_places_alike(family: str) -> None:
    for machine in machines_of(family):
        row = gpus.MACHINES.get(machine.name)
        assert bool(machine.accelerator) == (row is not None and row.gpus > 0)
        assert machine.gpus == (row.gpus if row else 0)


def test_every_machine_with_gpus_is_in_the_table() -> None:
    of_gcp = {m.name for m in gpus.MACHINES.values() if m.cloud == "gcp"}
    assert of_gcp <= set(MACHINES)


def test_every_machine_with_tpus_is_in_the_table() -> None:
    made = {name for row in gcp_tpus.GENERATIONS.values() for name in row.machines}
    # Of these the chips are known, and not how many processors they have.
    assert made - set(MACHINES) == {"ct5p-hightpu-1t", "ct5p-hightpu-2t"}


@of_a_family
def test_what_a_machine_may_have_of_local_ssds(family: str) -> None:
    """Every number is taken or refused, and what is suggested is taken."""
    for machine in machines_of(family):
        allowed = {None, *machine.ssd_counts}
        allowed |= {machine.ssds} if machine.ssds else {0}
        for count in [None, *range(34)]:
            problem = catalog.ssds_problem(count, machine)
            assert (problem is None) == (count in allowed)
            if problem is None:
                continue
            assert problem.severity == ("error" if machine.ssds_sure else "warning")
            if isinstance(problem.nearest, str):
                other = catalog.machine(problem.nearest.removeprefix("machine: "))
                assert other is not None
                assert other.ssd_gb
            else:
                assert problem.nearest in allowed


def test_gb_of_local_ssds() -> None:
    assert MACHINES["a3-highgpu-8g"].ssd_gb_of(None) == 6000
    assert MACHINES["n2-standard-8"].ssd_gb_of(2) == 750
    assert MACHINES["n2-standard-8"].ssd_gb_of(None) == 0
    assert MACHINES["z3-highmem-88-highlssd"].ssd_gb_of(None) == 36000


@pytest.mark.parametrize(
    ("name", "severity", "nearest"),
    [
        ("e2-standard-6", "error", "e2-standard-8"),
        ("a2-highgpu-3g", "error", "a2-highgpu-4g"),
        ("n1-standard-3", "error", "n1-standard-4"),
        ("A2-highgpu-1g", "error", "a2-highgpu-1g"),
        ("b2-standard-4", "error", "n2-standard-4"),
        ("g5.xlarge", "error", None),
        ("", "error", None),
        ("a2-hghgpu-4g", "warning", "a2-highgpu-4g"),
        ("a5-highgpu-8g", "warning", "a4-highgpu-8g"),
        ("n2-custom-x-1024", "error", None),
    ],
)
def test_what_no_machine_is_called(
    name: str, severity: str, nearest: str | None
) -> None:
    problem = catalog.name_problem(name)
    assert problem is not None
    assert (problem.severity, problem.nearest) == (severity, nearest)
    assert problem.nearest is None or problem.nearest in MACHINES


@given(st.text(max_size=20))
def test_whatever_is_written_is_answered(name: str) -> None:
    problem = catalog.name_problem(name)
    assert (problem is None) == (catalog.machine(name) is not None)


@given(st.sampled_from(["n1", "n2", "n2d", "e2"]), st.integers(1, 64))
def test_a_custom_machine_has_what_its_name_says(family: str, vcpu: int) -> None:
    machine = catalog.machine(f"{family}-custom-{vcpu}-16384")
    assert machine is not None
    assert (machine.vcpu, machine.memory_mib) == (vcpu, 16384)
    assert machine.family == family
    assert bool(machine.ssd_counts) == (family != "e2")


@pytest.mark.parametrize("gpu", [None, "nvidia-tesla-t4", "nvidia-l4", "t4"])
def test_gpus_that_are_asked_for(gpu: str | None) -> None:
    """What is refused comes with something that is right, and only with one thing."""
    for machine in MACHINES.values():
        for count in (None, 1, 2, 3, 4, 8, 16):
            found = list(gke_nodes.gpu_problems(machine.name, machine, gpu, count))
            assert bool(found) != _right(machine, gpu, count)
            assert len(found) <= 1
            for problem in found:
                named = str(problem.nearest).removeprefix("machine: ")
                assert named in MACHINES or named.isdigit() or "tesla" in named


def _right(machine: Machine, gpu: str | None, count: int | None) -> bool:
    if machine.takes_gpus:
        if gpu is None:
            return count is None
        return gpu in ATTACHABLE and count in (None, *ATTACHABLE[gpu].counts)
    if machine.gpus:
        return gpu in (None, machine.accelerator) and count in (None, machine.gpus)
    return gpu is None and count is None
