"""TPUs of node pools: what a pool says of them, and what its nodes' labels say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from components.catalog.gcp_tpus import (
    ACCELERATOR_LABEL,
    GENERATIONS,
    LINK,
    SLICES_LINK,
    TOPOLOGY_LABEL,
    ZONES_LINK,
    Slice,
    doubtful,
    generation_of,
    makers,
    of_name,
    read,
    solve,
    topologies,
    written,
)
from components.catalog.problem import Problem

_NAMED = re.compile(r"(v4|v5e|v5litepod|v5p|v6e|tpu7x|v7x)-([1-9]\d{0,5})")
_OTHER_NAMES = {"v5litepod": "v5e", "v7x": "tpu7x"}


def name_problem(text: str) -> Problem | None:
    """What is wrong with a generation that is said with a size, as `v6e-8`."""
    named = _NAMED.fullmatch(text.lower())
    if named is None:
        return None
    row = GENERATIONS[_OTHER_NAMES.get(named[1], named[1])]
    meant = " or ".join(map(written, of_name(row, int(named[2]))))
    return Problem(
        rule="TPU06",
        message="the generation is said alone, and the size as the topology "
        f"({meant}): names count TensorCores at one place and chips at another",
        value=text,
        allowed=tuple(GENERATIONS),
        nearest=row.name,
        link=LINK,
    )


def pool_problems(
    *,
    tpu: str | None,
    topology: str | None,
    machine: str | None,
    slices: int | None,
    nodes: bool,
    zones: Iterable[str],
) -> Iterator[Problem]:
    """What is wrong with the TPUs of a node pool, at its own keys.

    Args:
        tpu: The generation; None where the pool has no TPUs.
        topology: As the pool says it, or None.
        machine: The machine type, or None.
        slices: How many slices it says that it has; None where it says nothing.
        nodes: Whether it says how many nodes it has.
        zones: Its zones.
    """
    if tpu is None:
        yield from _without(topology, machine, slices)
        return
    if topology is None:
        yield Problem(
            rule="TPU07",
            message="required with tpu: how the chips of a slice are linked",
            path=("topology",),
            nearest=f"topology: {_smallest(tpu, machine)}",
            link=LINK,
        )
        return
    made = solve(tpu, topology, machine)
    if isinstance(made, Problem):
        yield made
        return
    yield from doubts(made)
    yield from _nodes_problems(made, slices, nodes=nodes)
    yield from _zones_problems(made, list(zones))


def doubts(made: Slice) -> Iterator[Problem]:
    """What Google's own tools disagree on in a slice."""
    row, sides = GENERATIONS[made.tpu], read(made.topology)
    sure = doubtful(row, sides) if sides and sides not in topologies(row.name) else None
    if sides and sure is not None:
        order = tuple(sorted(sides)) != sides
        yield Problem(
            rule="TPU02",
            message="Google's own tools disagree on whether dimensions may be in this "
            "order"
            if order
            else "Google's own tools disagree on whether there is such a slice",
            path=("topology",),
            value=made.topology,
            nearest=written(sure),
            link=LINK,
            severity="warning",
        )
    able = makers(row.name, sides) if sides else ()
    if able and made.machine not in able:
        yield Problem(
            rule="TPU02",
            message="Google's own tools disagree on whether such machines are joined "
            "to a slice of this topology",
            path=("machine",),
            value=made.machine,
            allowed=able,
            nearest=able[0],
            link=LINK,
            severity="warning",
        )


def _smallest(tpu: str, machine: str | None) -> str:
    """The least topology, of a machine where it is one of this generation."""
    able = [t for t in topologies(tpu) if machine in (None, *makers(tpu, t))]
    return written((able or topologies(tpu))[0])


def _without(
    topology: str | None, machine: str | None, slices: int | None
) -> Iterator[Problem]:
    row = generation_of(machine) if machine else None
    if row is not None:
        yield Problem(
            rule="TPU07",
            message="a machine with TPUs needs its generation and its topology",
            path=("machine",),
            value=machine,
            nearest=f"tpu: {row.name}, topology: {_smallest(row.name, machine)}",
            link=LINK,
        )
        return
    for key, value in (("topology", topology), ("slices", slices)):
        if value is not None:
            yield Problem(
                rule="TPU07",
                message="only TPUs have it: say which generation (tpu)",
                path=(key,),
                value=value,
                allowed=tuple(GENERATIONS),
                link=LINK,
            )


def _nodes_problems(
    made: Slice, slices: int | None, *, nodes: bool
) -> Iterator[Problem]:
    """Whole slices are counted where they are several nodes, else nodes are."""
    if made.multi_host and nodes:
        yield Problem(
            rule="TPU08",
            message=f"a slice of {made.topology} has all of its {made.hosts} nodes or "
            "none: say how many slices",
            path=("nodes",),
            nearest=f"slices: {slices or 1}",
            link=SLICES_LINK,
        )
    if not made.multi_host and slices is not None:
        yield Problem(
            rule="TPU08",
            message="each node is a slice by itself: say how many nodes",
            path=("slices",),
            value=slices,
            nearest=f"nodes: {{max: {slices}}}",
            link=SLICES_LINK,
        )
    elif not made.multi_host and not nodes:
        yield Problem(
            rule="TPU08",
            message="required: each node is a slice by itself",
            path=("nodes",),
            nearest="nodes: {max: 1}",
            link=SLICES_LINK,
        )


def _zones_problems(made: Slice, zones: list[str]) -> Iterator[Problem]:
    row = GENERATIONS[made.tpu]
    if made.multi_host and len(zones) > 1:
        yield Problem(
            rule="TPU09",
            message="the chips of a slice are linked to each other, in one zone",
            path=("zones",),
            value=zones,
            nearest=f"[{zones[0]}]",
            link=SLICES_LINK,
        )
    for index, zone in enumerate(zones):
        problem = zone_problem(row.name, zone)
        if problem is not None:
            yield problem.under("zones", index)


def zone_problem(tpu: str, zone: str) -> Problem | None:
    """That a zone is not known to have a generation of TPUs."""
    row = GENERATIONS[tpu]
    if zone in row.zones:
        return None
    region = zone.rpartition("-")[0]
    near = [known for known in row.zones if known.startswith(f"{region}-")]
    return Problem(
        rule="TPU05",
        message=f"not known to have {row.name}",
        value=zone,
        allowed=row.zones,
        nearest=(near or row.zones)[0],
        link=ZONES_LINK,
        severity="warning",
    )


def of_labels(
    labels: Mapping[str, str], chips: int, machine: str | None = None
) -> Slice | Problem | None:
    """The slice whose nodes have these labels.

    Args:
        labels: Labels of nodes that there are.
        chips: Chips of each node; 0 where they are not said.
        machine: The machine type, where it is said.

    Returns:
        None where the labels do not say both generation and topology. A problem
        stands at the label of the topology, at `tpus` or at `machine`.
    """
    accelerator, topology = labels.get(ACCELERATOR_LABEL), labels.get(TOPOLOGY_LABEL)
    found = [row for row in GENERATIONS.values() if row.accelerator == accelerator]
    if not found or topology is None:
        return None
    row, sides = found[0], read(topology)
    able = makers(row.name, sides) if sides else ()
    # Of two machines that make it, the nodes' chips say which.
    fits = [name for name in able if row.machines[name] == chips]
    made = solve(row.name, topology, machine or (fits[0] if fits else None))
    if isinstance(made, Problem) and made.rule == "TPU03" and not chips:
        return Problem(
            rule="TPU10",
            message="the labels leave open how many chips each node has",
            path=("tpus",),
            allowed=tuple(row.machines[name] for name in able),
            nearest=f"tpus: {max(row.machines[name] for name in able)}",
            link=LINK,
        )
    if isinstance(made, Problem) and made.rule != "TPU03":
        at = ("machine",) if made.path == ("machine",) else ("labels", TOPOLOGY_LABEL)
        return replace(made, path=at)
    if isinstance(made, Problem) or (chips and chips != made.chips_per_host):
        sizes = [row.machines[name] for name in able]
        if isinstance(made, Slice):
            sizes = [made.chips_per_host]
        return Problem(
            rule="TPU10",
            message="a node of such a slice has another number of chips",
            path=("tpus",),
            value=chips,
            allowed=tuple(sizes),
            nearest=min(sizes, key=lambda size: (abs(size - chips), size)),
            link=LINK,
        )
    return made


def label_doubts(made: Slice, *, machine: bool) -> Iterator[Problem]:
    """What sources disagree on in a slice that labels say.

    Args:
        made: The slice.
        machine: Whether the machine is said beside them.
    """
    for doubt in doubts(made):
        own = machine and doubt.path == ("machine",)
        yield doubt if own else replace(doubt, path=("labels", TOPOLOGY_LABEL))
