"""Deployments: replicas that all run at once, under a name of their own."""

from __future__ import annotations

from collections.abc import Iterator

from components.catalog.problem import Problem
from components.kubernetes.deployment_spec import DeploymentSpec
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack

_QUOTA = (
    "https://kubernetes.io/docs/concepts/policy/resource-quotas/"
    "#resource-quota-for-extended-resources"
)


def one_deployment_each(stack: Stack) -> Iterator[Problem]:
    """A workspace and a deployment, which Kubernetes calls alike, have two names."""
    workspaces = stack.names("team", "workspaces")
    for owner, program in stack.programs:
        name = str(owner[-1])
        if isinstance(program, DeploymentSpec) and name in workspaces:
            yield Problem(
                rule="",
                message=f"the workspace {name} is a Deployment of this name already: "
                "no two resources of a stack are one object",
                path=owner,
                nearest=f"{name}-deployment",
            )


def gpus_of_all_replicas(stack: Stack) -> Iterator[Problem]:
    """All replicas of the team's deployments have their GPUs at the same time."""
    space = stack.space
    if space is None or space.quota.gpus is None:
        return
    most, before = space.quota.gpus, 0
    for owner, program in stack.programs:
        each = program.nodes.gpus
        # One pod that is refused by itself is another rule's.
        if not isinstance(program, DeploymentSpec) or not 0 < each <= most:
            continue
        wanted = before + program.replicas * each
        others = f", {before} of them by other deployments" if before else ""
        if wanted > most:
            yield Problem(
                rule="",
                message=f"the team may hold {most} GPUs at once, and {wanted} are "
                f"wanted{others}: the last replicas would never run",
                path=(*owner, "replicas"),
                value=program.replicas,
                nearest=(most - before) // each,
                link=_QUOTA,
            )
            continue
        if program.replicas and wanted + program.surge * each > most:
            yield Problem(
                rule="",
                message=f"the team may hold {most} GPUs at once, and {wanted} are held"
                f"{others}: an update would wait for ever for those of its surge",
                path=(*owner, "surge"),
                value=program.surge,
                nearest=(most - wanted) // each,
                link=_QUOTA,
            )
        before = wanted


RULES = (
    Rule("DEP06", "two programs that are one object", one_deployment_each),
    Rule("DEP07", "replicas that the quota refuses", gpus_of_all_replicas),
)
