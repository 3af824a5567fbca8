from __future__ import annotations

from itertools import product
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import gcp_tpu_pools, gcp_tpus
from components.catalog.gcp_tpus import GENERATIONS, Slice, Topology
from components.catalog.problem import Problem

NAMES = sorted(GENERATIONS)

sides = st.integers(min_value=1, max_value=40)
shapes = st.one_of(st.tuples(sides, sides), st.tuples(sides, sides, sides))
# Near the limits: whole cubes, and one beside them.
cubes = st.integers(min_value=1, max_value=10).map(lambda n: 4 * n)
near = st.tuples(cubes, cubes, cubes, st.integers(-1, 1)).map(
    lambda t: (t[0], t[1], t[2] + t[3])
)


def solved(name: str, shape: Topology, machine: str | None = None) -> Slice | Problem:
    """A slice; where two machines make it, of the one with more chips."""
    made = gcp_tpus.solve(name, gcp_tpus.written(shape), machine)
    if isinstance(made, Problem) and made.rule == "TPU03":
        return gcp_tpus.solve(name, gcp_tpus.written(shape), str(made.allowed[0]))
    return made


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("v6e", "1x1 2x2 2x4 4x4 4x8 8x8 8x16 16x16"),
        ("v5e", "1x1 2x2 2x4 4x4 4x8 8x8 8x16 16x16"),
    ],
)
def test_topologies_of_two_dimensions(name: str, listed: str) -> None:
    """The rule makes the list that cluster-toolkit has."""
    made = map(gcp_tpus.written, gcp_tpus.topologies(name))
    assert " ".join(made) == listed


@pytest.mark.parametrize("name", ["v4", "v5p", "tpu7x"])
def test_topologies_of_three_dimensions(name: str) -> None:
    """Those that xpk lists, by its own rule."""
    most = GENERATIONS[name].cubes
    steps = range(4, 257, 4)
    whole = {
        (a, b, c)
        for a in steps
        if a**3 <= most * 64
        for b in steps
        if a <= b and a * b * b <= most * 64
        for c in steps
        if b <= c and a * b * c <= most * 64
    }
    small = {(2, 2, 1), (2, 2, 2), (2, 2, 4), (2, 4, 4)}
    assert set(gcp_tpus.topologies(name)) == whole | small
    assert len(gcp_tpus.topologies(name)) == len(whole) + 4


@pytest.mark.parametrize("name", NAMES)
def test_the_hosts_of_a_slice_have_its_chips(name: str) -> None:
    pairs = [
        (shape, machine)
        for shape in gcp_tpus.topologies(name)
        for machine in gcp_tpus.makers(name, shape)
    ]
    for shape, machine in pairs:
        made = gcp_tpus.solve(name, gcp_tpus.written(shape), machine)
        assert isinstance(made, Slice)
        assert made.chips == made.hosts * made.chips_per_host == prod(shape)
        assert made.machine.endswith(f"-{made.chips_per_host}t")
        assert made.labels == {
            "cloud.google.com/gke-tpu-accelerator": GENERATIONS[name].accelerator,
            "cloud.google.com/gke-tpu-topology": gcp_tpus.written(shape),
        }
        # A pool of several hosts is placed, by one of the two ways.
        assert made.multi_host == (made.compact or made.workload_policy)
        assert not (made.compact and made.workload_policy)
        assert made.workload_policy == (made.multi_host and name == "tpu7x")
        assert not list(gcp_tpu_pools.doubts(made))
        found = gcp_tpu_pools.of_labels(made.labels, made.chips_per_host)
        assert found == made


@given(st.sampled_from(NAMES), st.one_of(shapes, near))
def test_what_there_is_not_has_two_neighbours_that_there_are(
    name: str, shape: Topology
) -> None:
    made = solved(name, shape)
    if isinstance(made, Slice):
        # Listed, or one source has it and a warning says so.
        doubts = list(gcp_tpu_pools.doubts(made))
        assert (shape in gcp_tpus.topologies(name)) == (not doubts)
        nearest = [str(doubt.nearest) for doubt in doubts]
        assert all(doubt.severity == "warning" for doubt in doubts)
    else:
        assert (made.rule, made.path) == ("TPU01", ("topology",))
        assert made.nearest == made.allowed[0]
        nearest = [str(text) for text in made.allowed]
        assert len(set(nearest)) == 2
    for text in nearest:
        sure = gcp_tpus.read(text)
        assert sure is not None
        assert sure in gcp_tpus.topologies(name)


@given(st.sampled_from(NAMES), st.one_of(shapes, near))
def test_the_nearest_is_by_chips(name: str, shape: Topology) -> None:
    first, second = gcp_tpus.nearest(name, shape)
    off = [abs(prod(other) - prod(shape)) for other in gcp_tpus.topologies(name)]
    least, next_ = sorted(off)[:2]
    assert abs(prod(first) - prod(shape)) == least
    assert abs(prod(second) - prod(shape)) == next_
    if shape in gcp_tpus.topologies(name):
        assert first == shape


@pytest.mark.parametrize(
    ("name", "text", "nearest"),
    [
        ("v5p", "8x4x4", "4x4x8"),
        ("v5p", "2x1x2", "2x2x1"),
        ("v6e", "4x2", "2x4"),
        ("v6e", "2x2x1", "2x2"),
        ("v6e", "32x16", "16x16"),
        ("v4", "4x4x260", "4x4x256"),
        # As xpk counts, by TensorCores; as others do, by chips.
        ("v5p", "v5p-8", "2x2x1"),
        ("v4", "v4-4096", "8x16x16"),
        ("tpu7x", "tpu7x-16", "2x2x2"),
        ("v5e", "v5litepod-16", "4x4"),
        ("v6e", "v6e-8", "2x4"),
        ("v6e", "", "1x1"),
        ("v6e", "0x4", "1x1"),
        ("v6e", "4X4", "4x4"),
        ("v6e", "2 * 4", "2x4"),
        ("v6e", "3X4", "4x4"),
        ("v6e", "8", "2x4"),
        ("v5p", "8", "2x2x2"),
        ("v6e", "4x4x", "1x1"),
    ],
)
def test_what_was_meant(name: str, text: str, nearest: str) -> None:
    made = gcp_tpus.solve(name, text)
    assert isinstance(made, Problem)
    assert (made.rule, made.nearest) == ("TPU01", nearest)


@given(st.sampled_from(NAMES), st.text(max_size=12))
def test_any_text_is_read(name: str, text: str) -> None:
    made = gcp_tpus.solve(name, text)
    if isinstance(made, Problem) and made.rule == "TPU01":
        sure = gcp_tpus.read(str(made.nearest))
        assert sure in gcp_tpus.topologies(name)


def test_names_of_sizes_count_tensor_cores_or_chips() -> None:
    made = gcp_tpus.solve("v5p", "v5p-8")
    assert isinstance(made, Problem)
    assert made.allowed == ("2x2x1", "2x2x2")
    named = gcp_tpu_pools.name_problem("v5p-8")
    assert named is not None
    assert named.nearest == "v5p"
    assert "2x2x1 or 2x2x2" in named.message
    assert gcp_tpu_pools.name_problem("v6e") is None
    assert gcp_tpu_pools.name_problem("a100-8") is None


@pytest.mark.parametrize("name", ["v5e", "v6e"])
def test_eight_chips_are_one_node_or_two(name: str) -> None:
    asked = gcp_tpus.solve(name, "2x4")
    assert isinstance(asked, Problem)
    assert asked.rule == "TPU03"
    hosts = [
        made.hosts
        for machine in map(str, asked.allowed)
        for made in [gcp_tpus.solve(name, "2x4", machine)]
        if isinstance(made, Slice)
    ]
    assert hosts == [1, 2]
    # And nowhere else.
    twice = [t for t in gcp_tpus.topologies(name) if len(gcp_tpus.makers(name, t)) > 1]
    assert twice == [(2, 4)]


@pytest.mark.parametrize("name", NAMES)
def test_a_machine_makes_a_slice_or_another_does(name: str) -> None:
    machines = {m: c for row in GENERATIONS.values() for m, c in row.machines.items()}
    small = [shape for shape in gcp_tpus.topologies(name) if prod(shape) <= 256]
    for shape, (machine, chips) in product(small, machines.items()):
        text = gcp_tpus.written(shape)
        made = gcp_tpus.solve(name, text, machine)
        if isinstance(made, Slice):
            assert machine in GENERATIONS[name].machines
            doubts = list(gcp_tpu_pools.doubts(made))
            usual = machine in gcp_tpus.makers(name, shape)
            assert usual == (not doubts)
        else:
            assert (made.rule, made.path) == ("TPU04", ("machine",))
            own = machine in GENERATIONS[name].machines
            assert not own or prod(shape) % chips
            better = gcp_tpus.solve(name, text, str(made.nearest))
            assert isinstance(better, Slice)


def test_whose_machine_it_is() -> None:
    for name, row in GENERATIONS.items():
        assert all(gcp_tpus.generation_of(machine) is row for machine in row.machines)
        assert len(row.machines) == len(row.sizes), name
    assert gcp_tpus.generation_of("a2-highgpu-4g") is None
    labels = [row.accelerator for row in GENERATIONS.values()]
    assert len(set(labels)) == len(labels)


def pool(**given: object) -> list[Problem]:
    base: dict[str, object] = {
        "tpu": "v6e",
        "topology": "4x4",
        "machine": None,
        "slices": None,
        "nodes": False,
        "zones": ["us-central1-b"],
    }
    return list(gcp_tpu_pools.pool_problems(**{**base, **given}))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("given", "rules"),
    [
        ({}, []),
        ({"slices": 3}, []),
        ({"nodes": True}, ["TPU08"]),
        ({"topology": "2x2", "nodes": True}, []),
        ({"topology": "2x2"}, ["TPU08"]),
        ({"topology": "2x2", "slices": 2, "nodes": True}, ["TPU08"]),
        ({"topology": "2x2", "slices": 2}, ["TPU08"]),
        ({"topology": None}, ["TPU07"]),
        ({"tpu": None, "topology": None, "machine": "ct6e-standard-1t"}, ["TPU07"]),
        ({"tpu": None, "topology": None, "machine": "e2-standard-8"}, []),
        ({"tpu": None, "machine": "e2-standard-8"}, ["TPU07"]),
        ({"zones": ["us-central1-b", "us-east1-d"]}, ["TPU09"]),
        ({"zones": ["us-central1-f"]}, ["TPU05"]),
        (
            {"topology": "2x2", "nodes": True, "zones": ["us-central1-b", "x-1"]},
            ["TPU05"],
        ),
    ],
)
def test_what_a_pool_says(given: dict[str, object], rules: list[str]) -> None:
    found = pool(**given)
    assert [problem.rule for problem in found] == rules
    assert all((p.severity == "warning") == (p.rule == "TPU05") for p in found)


def test_zones_that_are_not_known_have_neighbours_that_are() -> None:
    (found,) = pool(zones=["us-east5-c"])
    assert found.nearest == "us-east5-a"
    (found,) = pool(zones=["mars-north1-a"])
    assert found.nearest in GENERATIONS["v6e"].zones


def test_labels_that_are_no_slice() -> None:
    labels = {gcp_tpus.ACCELERATOR_LABEL: "tpu-v6e-slice"}
    assert gcp_tpu_pools.of_labels(labels, 4) is None
    assert gcp_tpu_pools.of_labels({gcp_tpus.TOPOLOGY_LABEL: "4x4"}, 4) is None
    assert (
        gcp_tpu_pools.of_labels(
            {gcp_tpus.ACCELERATOR_LABEL: "tpu-v9", gcp_tpus.TOPOLOGY_LABEL: "4x4"}, 4
        )
        is None
    )
    pair = {**labels, gcp_tpus.TOPOLOGY_LABEL: "2x4"}
    by_machine = gcp_tpu_pools.of_labels(pair, 0, "ct6e-standard-4t")
    assert isinstance(by_machine, Slice)
    assert by_machine.hosts == 2
    disagree = gcp_tpu_pools.of_labels(pair, 8, "ct6e-standard-4t")
    assert isinstance(disagree, Problem)
    assert (disagree.path, disagree.nearest) == (("tpus",), 4)
