"""Add-ons: what pools and programs need of the cluster is declared to be there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from components.catalog.add_ons import ADD_ONS, AddOnName
from components.catalog.problem import UNSET, Path, Problem
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import NodePoolSpec, TeamConfig


@dataclass(frozen=True, slots=True)
class Need:
    """Something in the document that works only with an add-on.

    Attributes:
        add_on: Which.
        at: Where the need stands.
        value: What stands there.
        without: What happens where the cluster does not have it.
    """

    add_on: AddOnName
    at: Path
    value: object
    without: str


def _needs(stack: Stack) -> Iterator[Need]:
    # What the environment's own stack needs is said there.
    platform, team = stack.config.platform, stack.config.team
    if platform is not None:
        for name, pool in platform.node_pools.items():
            if pool.min == 0:
                at = ("platform", "nodePools", name, "min")
                yield Need("node-autoscaler", at, 0, _never_a_node(pool))
        for name in platform.snapshot_classes:
            at = ("platform", "snapshotClasses", name)
            without = "the cluster knows no VolumeSnapshotClass"
            yield Need("snapshot-controller", at, UNSET, without)
    if team is not None:
        yield from _needs_of_programs(team)
        for name in team.snapshots:
            at = ("team", "snapshots", name)
            without = "the cluster knows no VolumeSnapshot"
            yield Need("snapshot-controller", at, UNSET, without)


def _never_a_node(pool: NodePoolSpec) -> str:
    taints = ", ".join(taint.key for taint in pool.taints)
    known = f"labels and taints ({taints})" if taints else "labels"
    return (
        "the pool has no node until an autoscaler makes one, and only where the "
        f"autoscaler is told the pool's {known}"
    )


def _needs_of_programs(team: TeamConfig) -> Iterator[Need]:
    for section, programs in (("jobs", team.jobs), ("workspaces", team.workspaces)):
        for name, program in programs.items():
            at = ("team", section, name, "nodes")
            nodes = program.nodes
            if nodes.gpus:
                without = "no node offers nvidia.com/gpu, and the pod waits for ever"
                yield Need("nvidia-device-plugin", (*at, "gpus"), nodes.gpus, without)
            if nodes.gpu_products:
                yield Need(
                    "gpu-feature-discovery",
                    (*at, "gpuProducts"),
                    nodes.gpu_products,
                    "no node has the label nvidia.com/gpu.product, and the pod waits "
                    "for ever",
                )
    for name, job in team.jobs.items():
        if job.job_set is not None:
            at = ("team", "jobs", name, "jobSet")
            yield Need("jobset", at, UNSET, "the cluster knows no JobSet")
        if job.queue is not None:
            at = ("team", "jobs", name, "queue")
            yield Need("kueue", at, job.queue, "nothing ever lets the job out of it")


def declared(stack: Stack) -> Iterator[Problem]:
    """What is needed is declared, once for each add-on."""
    if stack.platform is None:
        return
    known = stack.names("platform", "addOns")
    for need in _needs(stack):
        if need.add_on in known:
            continue
        known.add(need.add_on)
        yield Problem(
            rule="",
            message=f"this needs {need.add_on} under platform.addOns "
            f"({ADD_ONS[need.add_on].provides}): without it {need.without}",
            path=need.at,
            value=need.value,
            nearest=f"{need.add_on}: {{existing: true}}",
            link=ADD_ONS[need.add_on].source.partition(" ")[0],
        )


def has_a_chart(stack: Stack) -> Iterator[Problem]:
    """What is to be installed can be."""
    for name, add_on in (
        stack.config.platform.add_ons if stack.config.platform else {}
    ).items():
        if add_on.install and ADD_ONS[name].chart is None:
            yield Problem(
                rule="",
                message=f"{name} is not installed from here: it belongs to the cloud "
                "or to whoever made the cluster",
                path=("platform", "addOns", name, "install"),
                value=True,
                nearest="existing: true",
                link=ADD_ONS[name].source.partition(" ")[0],
            )


RULES = (
    Rule("ADD01", "pods and objects that wait for what is not there", declared),
    Rule("ADD03", "an add-on that nothing can install", has_a_chart),
)
