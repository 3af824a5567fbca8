"""Node pools: a program asks for nodes that there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeGuard

from components.aws.node_pool_spec import EksNodePoolSpec
from components.catalog import aws_machines, gcp_machines
from components.catalog.problem import Problem
from components.gcp.node_pool_spec import GkeNodePoolSpec
from components.kubernetes.node_pool_spec import NodePoolSpec
from components.spec import closest
from stacks.checks.places import on_a_cloud
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import AnyPool


def known_pool(stack: Stack) -> Iterator[Problem]:
    """A program names one of the platform's pools."""
    if stack.platform is None:
        return
    known = stack.names("platform", "nodePools")
    for owner, program in stack.programs:
        pool = program.nodes.pool
        if pool is not None and pool not in known:
            yield Problem(
                rule="",
                message="no such pool under platform.nodePools",
                path=(*owner, "nodes", "pool"),
                value=pool,
                allowed=tuple(sorted(known)),
                nearest=closest(pool, known),
            )


def gpus_of_a_node(stack: Stack) -> Iterator[Problem]:
    """A pod asks for no more GPUs than one node of its pool has."""
    pools = stack.platform.node_pools if stack.platform else {}
    for owner, program in stack.programs:
        pool = pools.get(program.nodes.pool or "")
        if pool is not None and program.nodes.gpus > pool.gpus:
            yield Problem(
                rule="",
                message=f"a node of {program.nodes.pool} has {pool.gpus} GPUs: the pod "
                "would wait for ever",
                path=(*owner, "nodes", "gpus"),
                value=program.nodes.gpus,
                nearest=f"tpus: {pool.tpus}" if _only_tpus(pool) else pool.gpus,
            )


def _only_tpus(pool: AnyPool) -> TypeGuard[NodePoolSpec | GkeNodePoolSpec]:
    """Whether a pool's nodes have TPUs, and no GPUs."""
    return not pool.gpus and not isinstance(pool, EksNodePoolSpec) and bool(pool.tpus)


def gpus_of_the_team(stack: Stack) -> Iterator[Problem]:
    """A pod asks for no more GPUs than its team may hold."""
    space = stack.space
    if space is None or space.quota.gpus is None:
        return
    for owner, program in stack.programs:
        together = program.nodes.gpus * program.together
        if together > space.quota.gpus:
            pods = f" of {program.together} pods" if program.together > 1 else ""
            yield Problem(
                rule="",
                message=f"the team may hold {space.quota.gpus} GPUs at once, and "
                f"{together}{pods} are wanted together: they would never run",
                path=(*owner, "nodes", "gpus"),
                value=program.nodes.gpus,
                nearest=space.quota.gpus // program.together or None,
            )


def machine_of_nodes(stack: Stack) -> Iterator[Problem]:
    """The machine of nodes that are there already is one that the cloud has."""
    platform = on_a_cloud(stack)
    for name, pool in (platform.node_pools if platform else {}).items():
        if not isinstance(pool, NodePoolSpec) or pool.machine is None:
            continue
        of_aws = platform is not None and platform.cloud == "aws"
        machines = aws_machines if of_aws else gcp_machines
        problem = machines.name_problem(pool.machine)
        if problem is not None:
            at = ("platform", "nodePools", name, "machine")
            yield replace(problem, path=at, severity="warning")


RULES = (
    Rule("AWS40", "checks against a machine that is another", machine_of_nodes),
    Rule("POL01", "a pod that waits for a pool that is not there", known_pool),
    Rule("POL02", "a pod that waits for a node that is not sold", gpus_of_a_node),
    Rule("QUO03", "a pod that the quota refuses", gpus_of_the_team),
)
