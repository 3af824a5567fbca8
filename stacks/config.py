"""A stack's configuration: an environment, a team, or both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, cast, get_args

from pydantic import Discriminator, Field, Tag

from components.catalog.add_ons import AddOnName
from components.catalog.problem import Problem
from components.kubernetes.add_on_spec import AddOnSpec
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.csi_spec import CsiSpec
from components.kubernetes.dataset_spec import DatasetSpec
from components.kubernetes.ephemeral_spec import EphemeralSpec
from components.kubernetes.granted_spec import GrantedSpec
from components.kubernetes.job_spec import JobSpec
from components.kubernetes.scratch_spec import ScratchSpec
from components.kubernetes.secret_spec import Secret
from components.kubernetes.snapshot_class_spec import SnapshotClassSpec
from components.kubernetes.snapshot_spec import SnapshotSpec
from components.kubernetes.static_volume_spec import HostPathSpec, NfsSpec
from components.kubernetes.storage_class_spec import StorageClassSpec
from components.kubernetes.team_space_spec import TeamSpaceSpec
from components.kubernetes.workspace_spec import WorkspaceSpec
from components.spec import LabelKey, LabelValue, Name, ObjectName, Spec

NAMESPACE = "ml-storage"
"""The namespace of this project's configuration keys."""

SECTIONS = ("platform", "team")
"""The keys that are read as sections; others hold a value of their own."""

FROM = "from"


def _kind(value: Any) -> str | None:
    """The kind of a volume; `from` where it is one of the platform's."""
    if not isinstance(value, dict):
        return getattr(value, "kind", FROM)
    keys = cast("dict[str, Any]", value)
    return keys.get("kind", FROM if FROM in keys else None)


def _word(spec: type[Spec]) -> str:
    """The kind that a Spec is of, as YAML says it."""
    return get_args(spec.model_fields["kind"].annotation)[0]


Shared = Annotated[HostPathSpec | NfsSpec | CsiSpec, Field(discriminator="kind")]
"""Storage of the platform's that teams are granted."""

PodVolume = ScratchSpec | EphemeralSpec | DatasetSpec
"""A volume of which every pod has its own. The spec itself is what is mounted."""

OwnVolume = ClaimSpec | HostPathSpec | NfsSpec | CsiSpec | PodVolume
"""A volume that says itself what it is. A new kind is added here."""

if TYPE_CHECKING:
    Volume = OwnVolume | GrantedSpec
else:
    Volume = Annotated[
        Union[
            *(Annotated[spec, Tag(_word(spec))] for spec in get_args(OwnVolume)),
            Annotated[GrantedSpec, Tag(FROM)],
        ],
        Discriminator(_kind),
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

    key: LabelKey
    """The key of the taint, such as `nvidia.com/gpu`."""

    value: LabelValue | None = None
    """Its value; default: whatever it is, it is tolerated."""

    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] = "NoSchedule"
    """What becomes of pods that do not tolerate it."""


class NodePoolSpec(Spec):
    """Nodes that the cluster has, as a job names them."""

    labels: dict[LabelKey, LabelValue] = Field(min_length=1)
    """Labels that these nodes have and no others."""

    taints: list[Taint] = Field(default_factory=list[Taint])
    """Taints of these nodes."""

    gpus: int = Field(default=0, ge=0)
    """GPUs (`nvidia.com/gpu`) of each node."""

    gpu_product: LabelValue | None = None
    """The nodes' value of the label `nvidia.com/gpu.product`. Default: what
    the machine has, where it is known."""

    machine: str | None = None
    """The cloud's name of the machine, such as `g5.12xlarge`. Default: the
    label `node.kubernetes.io/instance-type`."""

    min: int | None = Field(default=None, ge=0)
    """How many nodes there always are. At 0 an autoscaler has to make them."""


class EnvironmentConfig(Spec):
    """What an environment gives its teams; what a contract tells of it."""

    cloud: Literal["kubernetes"]
    """Where it runs: `kubernetes` is any cluster that exists."""

    add_ons: dict[AddOnName, AddOnSpec] = Field(
        default_factory=dict[AddOnName, AddOnSpec]
    )
    """What the cluster has for all of its teams, there already or installed."""

    node_pools: dict[Name, NodePoolSpec] = Field(
        default_factory=dict[str, NodePoolSpec]
    )
    """Nodes that jobs may ask for, by name."""

    storage: dict[Name, Shared] = Field(default_factory=dict[str, Shared])
    """Storage that teams are granted, by name."""

    storage_classes: dict[ObjectName, StorageClassSpec] = Field(
        default_factory=dict[str, StorageClassSpec]
    )
    """StorageClasses, made or there already, by name."""

    snapshot_classes: dict[ObjectName, SnapshotClassSpec] = Field(
        default_factory=dict[str, SnapshotClassSpec]
    )
    """VolumeSnapshotClasses, made or there already, by name."""

    teams: dict[Name, TeamSpaceSpec] = Field(default_factory=dict[str, TeamSpaceSpec])
    """The teams and what they may use."""


class PlatformConfig(EnvironmentConfig):
    """An environment: the cluster, its pools, storage and classes, its teams."""

    cluster: ClusterSpec
    """The cluster, with the rights to make namespaces and roles in it."""


class TeamConfig(Spec):
    """What a team runs: its volumes and the jobs that mount them."""

    name: Name
    """One of the platform's teams; its namespace has this name."""

    platform: Name | None = None
    """The stack of the environment, such as `prod`. Left out where this stack
    has a `platform` section itself."""

    cluster: ClusterSpec | None = None
    """The cluster, by the team's own credentials. Required with `platform`."""

    volumes: dict[Name, Volume] = Field(default_factory=dict[str, Volume])
    """The team's storage, by name."""

    snapshots: dict[Name, SnapshotSpec] = Field(default_factory=dict[str, SnapshotSpec])
    """Snapshots of the team's claims, by name."""

    secrets: dict[Name, Secret] = Field(default_factory=dict[str, Secret])
    """Secrets for programs that move data, by name."""

    jobs: dict[Name, JobSpec] = Field(default_factory=dict[str, JobSpec])
    """The team's jobs, by name."""

    workspaces: dict[Name, WorkspaceSpec] = Field(
        default_factory=dict[str, WorkspaceSpec]
    )
    """Pods that stay, with the team's volumes in them, by name."""


class StackConfig(Spec):
    """Everything a stack declares."""

    platform: PlatformConfig | None = None
    team: TeamConfig | None = None

    def problems(self) -> Iterator[Problem]:
        """The environment is described here, or named."""
        team = self.team
        if self.platform is None and team is None:
            yield Problem(
                rule="CFG02",
                message="required: an environment (platform), a team, or both",
                path=("platform",),
            )
        elif team is not None and self.platform is None:
            for key, value in (("platform", team.platform), ("cluster", team.cluster)):
                if value is None:
                    yield Problem(
                        rule="CFG02",
                        message="required where the environment is another stack",
                        path=("team", key),
                    )


ENTRIES = (
    ("platform", "addOns", "*"),
    ("platform", "nodePools", "*"),
    ("platform", "storage", "*"),
    ("platform", "storageClasses", "*"),
    ("platform", "snapshotClasses", "*"),
    ("platform", "teams", "*"),
    ("platform", "teams", "*", "grants", "*"),
    ("team", "volumes", "*"),
    ("team", "snapshots", "*"),
    ("team", "secrets", "*"),
    ("team", "jobs", "*"),
    ("team", "jobs", "*", "mounts", "*"),
    ("team", "workspaces", "*"),
    ("team", "workspaces", "*", "mounts", "*"),
)
"""Parts that can be left out: when one is wrong in itself, the rest is still
checked without it."""

TAGGED = (
    ("team", "volumes", "*"),
    ("team", "secrets", "*"),
    ("platform", "storage", "*"),
)
"""Mappings whose key `kind` says which Spec they are."""

_PROGRAM: dict[str, object] = {
    "image": "image:1",
    "command": ["command"],
    "env": {},
    "await": False,
    "graceSeconds": 0,
    "resources": {},
    "secrets": [],
}

_NODES: dict[str, object] = {"pool": None, "gpus": 0, "gpuProducts": []}

NEUTRAL: dict[tuple[str, ...], object] = {
    # Spelled as no one spells it: it is told from a size that someone stated.
    ("team", "volumes", "*", "size"): "+1.0e0",
    ("platform", "cloud"): "kubernetes",
    ("platform", "cluster"): {"context": "context"},
    ("platform", "teams", "*", "deployers"): {},
    ("team", "cluster"): {"context": "context"},
    ("platform", "teams", "*", "limits"): None,
    **{
        ("team", section, "*", key): value
        for section in ("jobs", "workspaces")
        for key, value in _PROGRAM.items()
    },
    **{
        ("team", section, "*", "nodes", key): value
        for section in ("jobs", "workspaces")
        for key, value in _NODES.items()
    },
    ("team", "jobs", "*", "rendezvous"): None,
    ("team", "jobs", "*", "queue"): None,
    ("team", "jobs", "*", "deadline"): None,
    ("team", "jobs", "*", "run"): 1,
    ("team", "jobs", "*", "retries"): 0,
    ("team", "workspaces", "*", "port"): None,
    ("team", "workspaces", "*", "running"): True,
}
"""Values with which no rule finds fault: when one is wrong in itself, its owner
is still checked against everything else with a harmless value in its place."""
