"""A stack's configuration: an environment, a team, or both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from components.catalog.problem import Problem
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.job_spec import JobSpec
from components.kubernetes.scratch_spec import ScratchSpec
from components.kubernetes.static_volume_spec import HostPathSpec, NfsSpec
from components.kubernetes.storage_class_spec import StorageClassSpec
from components.kubernetes.team_space_spec import TeamSpaceSpec
from components.spec import Name, ObjectName, Spec

NAMESPACE = "ml-storage"
"""The namespace of this project's configuration keys."""

Volume = Annotated[
    ClaimSpec | HostPathSpec | NfsSpec | ScratchSpec, Field(discriminator="kind")
]


class ClusterSpec(Spec):
    """The cluster that everything goes to."""

    context: str = Field(min_length=1)
    """A context of the kubeconfig. It is always named: the current context of
    whoever runs Pulumi is never used."""

    kubeconfig: str | None = None
    """Path of the kubeconfig; default: `$KUBECONFIG`, else `~/.kube/config`.
    It is read when Pulumi runs, and never stored."""


class Taint(Spec):
    """A taint of a pool's nodes, which the pods of its jobs tolerate."""

    key: str = Field(min_length=1)
    value: str | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] = "NoSchedule"


class NodePoolSpec(Spec):
    """Nodes that the cluster has, as a job names them."""

    labels: dict[str, str] = Field(min_length=1)
    """Labels that these nodes have and no others."""

    taints: list[Taint] = Field(default_factory=list[Taint])
    """Taints of these nodes."""

    gpus: int = Field(default=0, ge=0)
    """GPUs (`nvidia.com/gpu`) of each node."""


class PlatformConfig(Spec):
    """An environment: the cluster, its pools and classes, and its teams."""

    cloud: Literal["kubernetes"]
    """Where it runs: `kubernetes` is any cluster that exists."""

    cluster: ClusterSpec
    node_pools: dict[Name, NodePoolSpec] = Field(
        default_factory=dict[str, NodePoolSpec]
    )
    """Nodes that jobs may ask for, by name."""

    storage_classes: dict[ObjectName, StorageClassSpec] = Field(
        default_factory=dict[str, StorageClassSpec]
    )
    """StorageClasses, made or there already, by name."""

    teams: dict[Name, TeamSpaceSpec] = Field(default_factory=dict[str, TeamSpaceSpec])
    """The teams and what they may use."""


class TeamConfig(Spec):
    """What a team runs: its volumes and the jobs that mount them."""

    name: Name
    """One of the platform's teams; its namespace has this name."""

    volumes: dict[Name, Volume] = Field(default_factory=dict[str, Volume])
    """The team's storage, by name."""

    jobs: dict[Name, JobSpec] = Field(default_factory=dict[str, JobSpec])
    """The team's jobs, by name."""


class StackConfig(Spec):
    """Everything a stack declares."""

    platform: PlatformConfig | None = None
    team: TeamConfig | None = None

    def problems(self) -> Iterator[Problem]:
        """A stack declares something."""
        if self.platform is None:
            yield Problem(
                rule="CFG02",
                message="required: the cluster is described here",
                path=("platform",),
            )


ENTRIES = (
    ("platform", "nodePools", "*"),
    ("platform", "storageClasses", "*"),
    ("platform", "teams", "*"),
    ("team", "volumes", "*"),
    ("team", "jobs", "*"),
    ("team", "jobs", "*", "mounts", "*"),
)
"""Parts that can be left out: when one is wrong in itself, the rest is still
checked without it."""

TAGGED = ("team", "volumes", "*")
"""Mappings whose key `kind` says which Spec they are."""

NEUTRAL: dict[tuple[str, ...], object] = {
    ("team", "volumes", "*", "size"): "1",
    ("platform", "cloud"): "kubernetes",
    ("platform", "cluster"): {"context": "context"},
    ("team", "jobs", "*", "image"): "image",
    ("team", "jobs", "*", "command"): ["command"],
    ("team", "jobs", "*", "env"): {},
    ("team", "jobs", "*", "run"): 1,
    ("team", "jobs", "*", "retries"): 0,
    ("team", "jobs", "*", "await"): False,
    ("team", "jobs", "*", "graceSeconds"): 0,
    ("team", "jobs", "*", "resources"): {},
    ("team", "jobs", "*", "nodes"): {},
}
"""Values with which no rule finds fault: when one is wrong in itself, its owner
is still checked against everything else with a harmless value in its place."""
