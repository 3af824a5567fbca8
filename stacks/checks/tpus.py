"""TPUs: a pod has all chips of its node, and a program all nodes of a slice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from components.catalog.gcp_tpus import LINK, SLICES_LINK
from components.catalog.problem import Path, Problem
from components.gcp.node_pool_spec import GkeNodePoolSpec
from components.kubernetes.job_spec import JobSpec
from components.kubernetes.node_pool_spec import NodePoolSpec
from components.kubernetes.nodes_spec import Nodes
from components.kubernetes.program_spec import ProgramSpec
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack, word_of_a_program
from stacks.config import AnyPool


@dataclass(frozen=True, slots=True)
class _Asked:
    """A program on a pool.

    Attributes:
        at: Where it stands in the document.
        program: What runs.
        pool: The pool that it names.
    """

    at: Path
    program: ProgramSpec
    pool: AnyPool

    @property
    def nodes(self) -> Nodes:
        """What it asks for."""
        return self.program.nodes


def _chips(pool: AnyPool) -> int:
    """Chips of each node of a pool; 0 where none are known."""
    if isinstance(pool, NodePoolSpec):
        return pool.slice.chips_per_host if pool.slice else pool.tpus
    return pool.tpus if isinstance(pool, GkeNodePoolSpec) else 0


def _hosts(pool: AnyPool) -> int | None:
    """Nodes of a slice of a pool's TPUs; None where that is not known."""
    if isinstance(pool, NodePoolSpec):
        return pool.slice.hosts if pool.slice else None
    return pool.hosts if isinstance(pool, GkeNodePoolSpec) and pool.tpus else None


def _asked(stack: Stack) -> Iterator[_Asked]:
    pools = stack.platform.node_pools if stack.platform else {}
    for owner, program in stack.programs:
        pool = pools.get(program.nodes.pool or "")
        if pool is not None:
            yield _Asked(owner, program, pool)


def _pool_for(stack: Stack, chips: int, hosts: int | None) -> str | None:
    """The pool whose nodes come nearest to what is asked for."""
    pools = stack.platform.node_pools if stack.platform else {}
    able = {name: pool for name, pool in pools.items() if _chips(pool)}

    def distance(name: str) -> tuple[bool, int]:
        other = hosts is not None and _hosts(able[name]) != hosts
        return other, abs(_chips(able[name]) - chips)

    return min(able, key=distance, default=None)


def tpus_of_a_pool(stack: Stack) -> Iterator[Problem]:
    """A program that asks for TPUs names a pool that has them.

    Pods find TPUs by the generation and the topology of their pool.
    """
    if stack.platform is None:
        return
    pools = stack.platform.node_pools
    for owner, program in stack.programs:
        nodes = program.nodes
        if not nodes.tpus or (nodes.pool is not None and nodes.pool not in pools):
            continue
        near = _pool_for(stack, nodes.tpus, nodes.count)
        if nodes.pool is None:
            yield Problem(
                rule="",
                message="pods find TPUs by the generation and the topology of their "
                "pool: name it",
                path=(*owner, "nodes", "tpus"),
                value=nodes.tpus,
                nearest=f"pool: {near}" if near else None,
                link=LINK,
            )
        elif not _chips(pools[nodes.pool]):
            yield Problem(
                rule="",
                message="the nodes of this pool have no TPUs: the pod would wait for "
                "ever",
                path=(*owner, "nodes", "pool"),
                value=nodes.pool,
                nearest=near,
                link=LINK,
            )


def all_chips_of_a_node(stack: Stack) -> Iterator[Problem]:
    """A pod asks for all chips that a node of its pool has: they are not divided."""
    for asked in _asked(stack):
        has, wanted = _chips(asked.pool), asked.nodes.tpus
        if has and wanted and wanted != has:
            yield Problem(
                rule="",
                message=f"a node of {asked.nodes.pool} has {has} chips, and a pod has "
                "all of them",
                path=(*asked.at, "nodes", "tpus"),
                value=wanted,
                nearest=has,
                link=LINK,
            )


def tpus_lie_idle(stack: Stack) -> Iterator[Problem]:
    """A program on nodes with TPUs asks for them."""
    for asked in _asked(stack):
        has, at = _chips(asked.pool), (*asked.at, "nodes")
        # Who asks for what is no TPU, or wrote it wrong, is told that.
        if has and not (asked.nodes.tpus or asked.nodes.gpus or stack.unsure(at)):
            yield Problem(
                rule="",
                message="its nodes have TPUs, and no pod asks for them: it takes their "
                "place and sees none",
                path=(*asked.at, "nodes", "pool"),
                value=asked.nodes.pool,
                nearest=f"tpus: {has}",
                link=LINK,
                severity="warning",
            )


def all_nodes_of_a_slice(stack: Stack) -> Iterator[Problem]:
    """A program has one pod on every node of a slice, and none beyond it.

    Chips are linked to each other within a slice, and work only all together. What
    runs on several slices is the replicas of a JobSet, or indexes.
    """
    for asked in _asked(stack):
        hosts, nodes = _hosts(asked.pool), asked.nodes
        if hosts is None or not nodes.tpus or nodes.count == hosts:
            continue
        if hosts > 1 and not isinstance(asked.program, JobSpec):
            yield Problem(
                rule="",
                message=f"a slice of {nodes.pool} is {hosts} nodes, which work only "
                f"together, and each pod of a {word_of_a_program(asked.at)} is a "
                "program by itself",
                path=(*asked.at, "nodes", "pool"),
                value=nodes.pool,
                nearest=_of_one_host(stack, nodes.tpus),
                link=SLICES_LINK,
            )
            continue
        indexes = isinstance(asked.program, JobSpec) and asked.program.indexes
        yield Problem(
            rule="",
            message=f"each node of {nodes.pool} is a slice by itself: pods on several "
            "of them are the replicas of a JobSet, or indexes"
            if hosts == 1
            else f"a slice of {nodes.pool} is {hosts} nodes, which work only together"
            + (", and each index is a pod by itself" if indexes else ""),
            path=(*asked.at, "indexes") if indexes else (*asked.at, "nodes", "count"),
            value=indexes or nodes.count,
            nearest=f"nodes: {{count: {hosts}}}" if indexes else hosts,
            link=SLICES_LINK,
        )


def _of_one_host(stack: Stack, chips: int) -> str | None:
    name = _pool_for(stack, chips, 1)
    pools = stack.platform.node_pools if stack.platform else {}
    return name if name is not None and _hosts(pools[name]) == 1 else None


def no_more_replicas_than_slices(stack: Stack) -> Iterator[Problem]:
    """Each replica of a JobSet on slices of several nodes has one for itself."""
    for asked in _asked(stack):
        pool, program = asked.pool, asked.program
        if not isinstance(pool, GkeNodePoolSpec) or not isinstance(program, JobSpec):
            continue
        if pool.hosts > 1 and program.nodes.tpus and program.replicas > pool.slices:
            yield Problem(
                rule="",
                message=f"{asked.nodes.pool} has {pool.slices} slices, and each "
                "replica has one for itself: they would wait for ever",
                path=(*asked.at, "jobSet", "replicas"),
                value=program.replicas,
                nearest=pool.slices,
                link=SLICES_LINK,
            )


RULES = (
    Rule("ACC12", "a pod that waits for TPUs its pool has not", tpus_of_a_pool),
    Rule("ACC13", "a pod that no node with TPUs takes", all_chips_of_a_node),
    Rule("ACC14", "a slice that never starts", all_nodes_of_a_slice),
    Rule("ACC15", "machines with TPUs that nothing uses", tpus_lie_idle),
    Rule("ACC16", "replicas that wait for slices", no_more_replicas_than_slices),
)
