"""Node pools: a job asks for nodes that there are."""

from __future__ import annotations

from collections.abc import Iterator

from components.catalog.problem import Problem
from components.spec import closest
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack


def known_pool(stack: Stack) -> Iterator[Problem]:
    """A job names one of the platform's pools."""
    known = stack.names("platform", "nodePools")
    for name, job in stack.jobs.items():
        pool = job.nodes.pool
        if pool is not None and pool not in known:
            yield Problem(
                rule="",
                message="no such pool under platform.nodePools",
                path=("team", "jobs", name, "nodes", "pool"),
                value=pool,
                allowed=tuple(sorted(known)),
                nearest=closest(pool, known),
            )


def gpus_of_a_node(stack: Stack) -> Iterator[Problem]:
    """A pod asks for no more GPUs than one node of its pool has."""
    pools = stack.platform.node_pools if stack.platform else {}
    for name, job in stack.jobs.items():
        pool = pools.get(job.nodes.pool or "")
        if pool is not None and job.nodes.gpus > pool.gpus:
            yield Problem(
                rule="",
                message=f"a node of {job.nodes.pool} has {pool.gpus} GPUs: the pod "
                "would wait for ever",
                path=("team", "jobs", name, "nodes", "gpus"),
                value=job.nodes.gpus,
                nearest=pool.gpus,
            )


def gpus_of_the_team(stack: Stack) -> Iterator[Problem]:
    """A pod asks for no more GPUs than its team may hold."""
    team, platform = stack.config.team, stack.platform
    space = platform.teams.get(team.name) if platform and team else None
    if space is None or space.quota.gpus is None:
        return
    for name, job in stack.jobs.items():
        if job.nodes.gpus > space.quota.gpus:
            yield Problem(
                rule="",
                message=f"the team may hold {space.quota.gpus} GPUs at once: the "
                "pod would never be made",
                path=("team", "jobs", name, "nodes", "gpus"),
                value=job.nodes.gpus,
                nearest=space.quota.gpus,
            )


RULES = (
    Rule("POL01", "a pod that waits for a pool that is not there", known_pool),
    Rule("POL02", "a pod that waits for a node that is not sold", gpus_of_a_node),
    Rule("QUO03", "a pod that the quota refuses", gpus_of_the_team),
)
