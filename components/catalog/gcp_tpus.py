"""TPUs of GKE: which topologies there are, and which machines make a slice.

A slice has as many chips as the product of its topology. A machine that has them
all makes it alone (single-host); of smaller machines it is as many nodes as it
takes, which come and go together (multi-host).

Sources, read 2026-11-22: cluster-toolkit 1047080 `pkg/config/hardware.go` (chips
of machines, the topologies of two dimensions, cubes) and
`modules/internal/tpu-definition/main.tf` (labels, the taint); xpk 367c838
`src/xpk/core/system_characteristics.py` (topologies of three dimensions, labels,
TensorCores, what stands in for placement on tpu7x); kubernetes-engine-samples
2b50365 `ai-ml` (single-host 2x4 of eight chips, two hosts of four); zones:
https://docs.cloud.google.com/tpu/docs/regions-zones, whose list beyond the United
States was read in part. Where the first two disagree, a pool is warned about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import prod

from components.catalog.problem import Problem

RESOURCE = "google.com/tpu"
"""The chips of a node, and the key of the taint of nodes that have them."""

ACCELERATOR_LABEL = "cloud.google.com/gke-tpu-accelerator"
TOPOLOGY_LABEL = "cloud.google.com/gke-tpu-topology"
NODE_POOL_LABEL = "cloud.google.com/gke-nodepool"
"""The label that nodes of one GKE node pool share, and so those of one slice."""

PORT = 8471
"""The port on which the TPU runtimes of a slice's hosts find each other."""

VARIABLES = (
    "TPU_WORKER_ID",
    "TPU_WORKER_HOSTNAMES",
    "MEGASCALE_COORDINATOR_ADDRESS",
    "MEGASCALE_NUM_SLICES",
    "MEGASCALE_SLICE_ID",
)
"""What GKE sets in the pods of a slice, and JAX reads.

Source: jax/_src/clusters/cloud_tpu_cluster.py of JAX 0.10.2.
"""

LINK = "https://docs.cloud.google.com/kubernetes-engine/docs/concepts/plan-tpus"
ZONES_LINK = "https://docs.cloud.google.com/tpu/docs/regions-zones"
SLICES_LINK = "https://docs.cloud.google.com/kubernetes-engine/docs/concepts/tpus"

AS_OF = "2026-11-22"

Topology = tuple[int, ...]

_WRITTEN = re.compile(r"[1-9]\d{0,3}(x[1-9]\d{0,3}){1,2}")
_TIMES = re.compile("\\s*[x*\u00d7]\\s*")
_NAMED = re.compile(r"(v4|v5e|v5litepod|v5p|v6e|tpu7x|v7x)-([1-9]\d{0,5})")

_FLAT_MOST = 16
_SMALL: tuple[Topology, ...] = ((2, 2, 1), (2, 2, 2), (2, 2, 4), (2, 4, 4))
_CUBE = 4
_LONGEST = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """A generation of TPUs.

    Attributes:
        name: As pools say it, such as `v6e`.
        family: What its machines' names begin with, such as `ct6e-standard`.
        sizes: Chips of its machines, which their names end with: `-4t`.
        accelerator: The label `cloud.google.com/gke-tpu-accelerator` of its nodes.
        dimensions: Of its topologies: 2 or 3.
        cubes: Cubes of 4x4x4 chips of a slice at most; 0 for two dimensions.
        cores: TensorCores of a chip, by which v4, v5p and tpu7x are often called.
        any_order: Whether one of the sources takes dimensions in any order.
        lone_chip: Whether one of the sources has a topology of one chip.
        workload_policy: Whether a workload policy places the nodes of a slice,
            and not compact placement with the topology.
        zones: The zones that are known to have it; others may.
    """

    name: str
    family: str
    sizes: tuple[int, ...]
    accelerator: str
    dimensions: int
    cubes: int = 0
    cores: int
    any_order: bool = False
    lone_chip: bool = False
    workload_policy: bool = False
    zones: tuple[str, ...]

    def machine(self, chips: int) -> str:
        """The name of its machine with so many chips."""
        return f"{self.family}-{chips}t"

    @property
    def machines(self) -> dict[str, int]:
        """Chips of its machines, by their names."""
        return {self.machine(size): size for size in self.sizes}


GENERATIONS = {
    row.name: row
    for row in (
        Generation(
            name="v4",
            family="ct4p-hightpu",
            sizes=(4,),
            accelerator="tpu-v4-podslice",
            dimensions=3,
            cubes=64,
            cores=2,
            any_order=True,
            zones=("us-central2-b",),
        ),
        Generation(
            name="v5e",
            family="ct5lp-hightpu",
            sizes=(1, 4, 8),
            accelerator="tpu-v5-lite-podslice",
            dimensions=2,
            cores=1,
            zones=("us-central1-a", "us-south1-a", "us-west1-c", "us-west4-a"),
        ),
        Generation(
            name="v5p",
            family="ct5p-hightpu",
            sizes=(1, 2, 4),
            accelerator="tpu-v5p-slice",
            dimensions=3,
            cubes=140,
            cores=2,
            zones=("us-central1-a", "us-east5-a"),
        ),
        Generation(
            name="v6e",
            family="ct6e-standard",
            sizes=(1, 4, 8),
            accelerator="tpu-v6e-slice",
            dimensions=2,
            cores=1,
            zones=(
                "us-central1-b",
                "us-east1-d",
                "us-east5-a",
                "us-east5-b",
                "us-south1-ai1b",
                "europe-west4-a",
            ),
        ),
        Generation(
            name="tpu7x",
            family="tpu7x-standard",
            sizes=(1, 4),
            accelerator="tpu7x",
            dimensions=3,
            cubes=144,
            cores=2,
            lone_chip=True,
            workload_policy=True,
            zones=("us-central1-ai1a", "us-central1-c"),
        ),
    )
}
"""The generations that GKE has, by their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Chips that are linked to each other, and the nodes that have them.

    Attributes:
        tpu: The generation.
        topology: As GKE writes it, such as `4x4`.
        machine: The machine type of its nodes.
        chips_per_host: Chips (`google.com/tpu`) of each node.
        hosts: How many nodes it is.
    """

    tpu: str
    topology: str
    machine: str
    chips_per_host: int
    hosts: int

    @property
    def chips(self) -> int:
        """Chips of the whole slice."""
        return self.chips_per_host * self.hosts

    @property
    def multi_host(self) -> bool:
        """Whether it is several nodes, which come and go together."""
        return self.hosts > 1

    @property
    def compact(self) -> bool:
        """Whether the pool states the topology for its compact placement."""
        return self.multi_host and not self.workload_policy

    @property
    def workload_policy(self) -> bool:
        """Whether the pool needs a workload policy with the topology."""
        return self.multi_host and GENERATIONS[self.tpu].workload_policy

    @property
    def labels(self) -> dict[str, str]:
        """The labels that GKE gives its nodes, and by which pods find them."""
        return {
            ACCELERATOR_LABEL: GENERATIONS[self.tpu].accelerator,
            TOPOLOGY_LABEL: self.topology,
        }


def written(topology: Topology) -> str:
    """A topology as GKE writes it: `2x4`."""
    return "x".join(map(str, topology))


def read(text: str) -> Topology | None:
    """The dimensions of `text`; None where it is no topology at all."""
    found = _WRITTEN.fullmatch(text)
    return tuple(int(part) for part in text.split("x")) if found else None


@cache
def topologies(tpu: str) -> tuple[Topology, ...]:
    """Every topology of a generation that no source doubts, by chips."""
    row = GENERATIONS[tpu]
    return tuple(sorted(_flat() if row.dimensions == 2 else _solid(row), key=_size))


def _flat() -> Iterator[Topology]:
    """1x1, then squares of powers of two, and two of them side by side."""
    yield (1, 1)
    side = 2
    while side <= _FLAT_MOST:
        yield (side, side)
        if 2 * side <= _FLAT_MOST:
            yield (side, 2 * side)
        side *= 2


def _solid(row: Generation) -> Iterator[Topology]:
    """Parts of a cube of 4x4x4, and what whole cubes make, in rising order."""
    yield from _SMALL
    most = row.cubes
    for x in range(1, most + 1):
        for y in range(x, most // x + 1):
            for z in range(y, min(most // (x * y), _LONGEST // _CUBE) + 1):
                yield (_CUBE * x, _CUBE * y, _CUBE * z)


def _size(topology: Topology) -> tuple[int, Topology]:
    return prod(topology), topology


def doubtful(row: Generation, topology: Topology) -> Topology | None:
    """The topology that no source doubts, where one source takes this one."""
    if row.lone_chip and topology == (1, 1, 1):
        return _SMALL[0]
    whole = all(part % _CUBE == 0 for part in topology)
    if row.dimensions != 3 or len(topology) != 3 or not whole:
        return None
    if prod(part // _CUBE for part in topology) > row.cubes:
        return None
    rising = tuple(sorted(topology))
    if rising != topology and not row.any_order:
        return None
    return nearest(row.name, rising)[0]


def nearest(tpu: str, topology: Topology) -> tuple[Topology, Topology]:
    """The two topologies nearest to one: by chips, then by shape."""
    chips, rising = prod(topology), sorted(topology, reverse=True)

    def distance(other: Topology) -> tuple[int, int, Topology]:
        sides = sorted(other, reverse=True)
        count = max(len(sides), len(rising))
        padded = zip(
            [*sides, *[1] * (count - len(sides))],
            [*rising, *[1] * (count - len(rising))],
            strict=True,
        )
        return (
            abs(prod(other) - chips),
            sum(abs(a - b) for a, b in padded),
            # Of two that are equally near, the larger has room for the work.
            tuple(-part for part in other),
        )

    first, second, *_ = sorted(topologies(tpu), key=distance)
    return first, second


def makers(tpu: str, topology: Topology) -> tuple[str, ...]:
    """The machines that make such a slice, the one with the most chips first.

    A slice of one chip is a machine of one. Eight chips of two dimensions are one
    machine or two; all other slices are machines of four. Where one source has
    other machines for it, `gcp_tpu_pools` warns.
    """
    row, chips = GENERATIONS[tpu], prod(topology)
    if chips == 1:
        return (row.machine(1),)
    both = row.dimensions == 2 and chips == 8
    return tuple(row.machine(size) for size in ((8, 4) if both else (4,)))


def generation_of(machine: str) -> Generation | None:
    """The generation that a machine type is of, by how its name begins."""
    return next(
        (row for row in GENERATIONS.values() if machine.startswith(f"{row.family}-")),
        None,
    )


def solve(tpu: str, topology: str, machine: str | None = None) -> Slice | Problem:
    """The slice of a topology, or what is wrong, at `topology` or `machine`.

    Args:
        tpu: The generation, a key of `GENERATIONS`.
        topology: As the pool says it.
        machine: The machine type, where the pool says it.
    """
    row, sides = GENERATIONS[tpu], read(topology)
    if sides is None:
        return _not_written(row, topology)
    if sides not in topologies(tpu) and doubtful(row, sides) is None:
        return _no_such(row, topology, sides)
    return _of_machines(row, topology, sides, machine)


def _of_machines(
    row: Generation, topology: str, sides: Topology, machine: str | None
) -> Slice | Problem:
    """The slice of a topology that there is."""
    able, chips = makers(row.name, sides), prod(sides)
    best, *others = able
    if machine is None and others:
        return Problem(
            rule="TPU03",
            message="two machines make a slice of this topology, as one node of eight "
            "chips or two nodes of four: say which",
            path=("topology",),
            value=topology,
            allowed=able,
            nearest=f"machine: {best}",
            link=LINK,
        )
    chosen = machine or best
    size = row.machines.get(chosen)
    if size is None or chips % size:
        return Problem(
            rule="TPU04",
            message=f"{row.name} of {topology} is made of other machines"
            if size is None
            else f"a slice of {topology} has {chips} chips, which are no whole "
            "number of such machines",
            path=("machine",),
            value=chosen,
            allowed=able,
            nearest=best,
            link=LINK,
        )
    return Slice(
        tpu=row.name,
        topology=topology,
        machine=chosen,
        chips_per_host=size,
        hosts=chips // size,
    )


def _not_written(row: Generation, text: str) -> Problem:
    """A topology that is none; often a name such as `v5p-8`."""
    options = meant(row, text)
    return Problem(
        rule="TPU01",
        message="a topology is the chips along each side, such as "
        f"{written(topologies(row.name)[2])}, and no name of a size",
        path=("topology",),
        value=text,
        allowed=tuple(map(written, options)),
        nearest=written(options[0]),
        link=LINK,
    )


def meant(row: Generation, text: str) -> tuple[Topology, ...]:
    """The topologies that a text which is none was probably meant to be.

    It is written otherwise (`2X4`), a number of chips, or the name of a size.
    """
    sides = read(_TIMES.sub("x", text.strip().lower()))
    if sides is not None:
        there = sides in topologies(row.name)
        return (sides,) if there else nearest(row.name, sides)
    if re.fullmatch(r"[1-9][0-9]{0,5}", text):
        return _of_chips(row, int(text))[:1]
    named = _NAMED.fullmatch(text.lower())
    return of_name(row, int(named[2])) if named else topologies(row.name)[:2]


def of_name(row: Generation, number: int) -> tuple[Topology, ...]:
    """The topologies that a name such as `v5p-8` may mean.

    It counts TensorCores for xpk and the Cloud TPU API, and chips for others.
    """
    by_cores, by_chips = _of_chips(row, number // row.cores), _of_chips(row, number)
    meant = [by_cores[0], by_chips[0], by_cores[1]]
    return tuple(dict.fromkeys(meant))[:2]


def _of_chips(row: Generation, chips: int) -> tuple[Topology, ...]:
    """The topologies of a generation, those that come nearest to a number first."""

    def distance(topology: Topology) -> tuple[int, int]:
        return abs(prod(topology) - chips), sum(topology)

    return tuple(sorted(topologies(row.name), key=distance))


def _no_such(row: Generation, text: str, sides: Topology) -> Problem:
    first, second = nearest(row.name, sides)
    rising = tuple(sorted(sides))
    if len(sides) != row.dimensions:
        why = f"a topology of {row.name} has {row.dimensions} dimensions"
    elif rising in topologies(row.name) or set(sides) == {1, 2}:
        why = f"the dimensions of {row.name} are said in the order that GKE has"
    elif row.dimensions == 2:
        why = (
            f"a slice of {row.name} is 1x1 or has sides that are powers of two, the "
            f"second as long as the first or twice, up to {_FLAT_MOST}x{_FLAT_MOST}"
        )
    else:
        why = (
            f"a slice of {row.name} is part of a cube of 4x4x4 chips or is made of "
            f"whole ones, {row.cubes} at most"
        )
    if first != rising and rising in topologies(row.name):
        first, second = rising, first
    return Problem(
        rule="TPU01",
        message=why,
        path=("topology",),
        value=text,
        allowed=(written(first), written(second)),
        nearest=written(first),
        link=LINK,
    )
