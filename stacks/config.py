"""A stack's configuration: an environment, a team, or both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, cast, get_args

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic.alias_generators import to_camel

from components.aws.bucket_spec import BucketSpec
from components.aws.ebs_class_spec import EbsClassSpec
from components.aws.efs_class_spec import EfsClassSpec
from components.aws.efs_spec import EfsSpec
from components.aws.eks_cluster_spec import EksClusterSpec
from components.aws.fsx_lustre_class_spec import FsxLustreClassSpec
from components.aws.fsx_lustre_spec import FsxLustreSpec
from components.aws.kms_key_spec import KmsKeySpec
from components.aws.network_spec import NetworkSpec
from components.aws.node_pool_spec import EksNodePoolSpec
from components.catalog.add_ons import AddOnName
from components.catalog.problem import Problem
from components.gcp.disk_class_spec import DiskClassSpec
from components.gcp.disk_image_spec import DiskImageSpec
from components.gcp.disk_spec import DiskSpec
from components.gcp.filestore_class_spec import FilestoreClassSpec
from components.gcp.filestore_spec import FilestoreSpec
from components.gcp.gcs_fuse_spec import GcsFuseSpec
from components.gcp.gke_cluster_spec import GkeClusterSpec
from components.gcp.kms_key_spec import CloudKmsKeySpec
from components.gcp.managed_lustre_class_spec import ManagedLustreClassSpec
from components.gcp.managed_lustre_spec import ManagedLustreSpec
from components.gcp.network_spec import VpcNetworkSpec
from components.gcp.node_pool_spec import GkeNodePoolSpec
from components.gcp.storage_bucket_spec import StorageBucketSpec
from components.gcp.storage_pool_spec import StoragePoolSpec
from components.gcp.tpu_vm_spec import TpuVmSpec
from components.kubernetes.add_on_spec import AddOnSpec
from components.kubernetes.bucket_uri_spec import BucketUriSpec
from components.kubernetes.checkpoint_tier_spec import CheckpointTierSpec
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.csi_spec import CsiSpec
from components.kubernetes.dataset_spec import DatasetSpec
from components.kubernetes.deployment_spec import DeploymentSpec
from components.kubernetes.ephemeral_spec import EphemeralSpec
from components.kubernetes.granted_spec import GrantedSpec
from components.kubernetes.job_spec import JobSpec
from components.kubernetes.node_pool_spec import NodePoolSpec
from components.kubernetes.scratch_spec import ScratchSpec
from components.kubernetes.secret_spec import Secret
from components.kubernetes.shared_artifacts_spec import SharedArtifactsSpec
from components.kubernetes.snapshot_class_spec import SnapshotClassSpec
from components.kubernetes.snapshot_spec import SnapshotSpec
from components.kubernetes.staging_spec import DatasetStagingSpec, ModelRepositorySpec
from components.kubernetes.static_volume_spec import HostPathSpec, NfsSpec
from components.kubernetes.storage_class_spec import StorageClassSpec
from components.kubernetes.team_space_spec import TeamSpaceSpec
from components.kubernetes.workspace_spec import WorkspaceSpec
from components.spec import Name, ObjectName, Spec, Text

NAMESPACE = "ml-storage"
"""The namespace of this project's configuration keys."""

SECTIONS = ("platform", "team")
"""The keys that are read as sections; others hold a value of their own."""

FROM = "from"

PROVISIONER = "provisioner"


def _kind(value: Any) -> str | None:
    """The kind of a volume; `from` where it is one of the platform's."""
    if not isinstance(value, dict):
        return getattr(value, "kind", FROM)
    keys = cast("dict[str, Any]", value)
    return keys.get("kind", FROM if FROM in keys else None)


def word_of(spec: type[Spec]) -> str:
    """The kind that a Spec is of, as YAML says it."""
    return get_args(spec.model_fields["kind"].annotation)[0]


CloudStorage = (
    FsxLustreSpec
    | EfsSpec
    | BucketSpec
    | FilestoreSpec
    | ManagedLustreSpec
    | StorageBucketSpec
    | DiskSpec
)
"""Storage that a cloud holds. A new kind is added here."""

Shared = Annotated[
    HostPathSpec | NfsSpec | CsiSpec | CloudStorage, Field(discriminator="kind")
]
"""Storage of the platform's that teams are granted."""

PodVolume = ScratchSpec | EphemeralSpec | DatasetSpec | GcsFuseSpec
"""A volume of which every pod has its own. The spec itself is what is mounted."""

OwnVolume = ClaimSpec | HostPathSpec | NfsSpec | CsiSpec | PodVolume
"""A volume that says itself what it is. A new kind is added here."""

UriVolume = BucketUriSpec
"""A volume that programs reach by its URI, and that no pod mounts."""

MountedVolume = OwnVolume | CloudStorage
"""A volume of a team's that pods mount: its own, or what it was granted."""

SeenVolume = MountedVolume | UriVolume
"""A volume of a team's, as its programs see it: mounted, or reached by its URI."""

if TYPE_CHECKING:
    Volume = OwnVolume | UriVolume | GrantedSpec
else:
    Volume = Annotated[
        Union[
            *(
                Annotated[spec, Tag(word_of(spec))]
                for spec in (*get_args(OwnVolume), UriVolume)
            ),
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


CloudClass = (
    FsxLustreClassSpec
    | EfsClassSpec
    | EbsClassSpec
    | FilestoreClassSpec
    | ManagedLustreClassSpec
    | DiskClassSpec
)
"""Classes in the words of a cloud's storage. A new kind is added here."""

CloudPool = EksNodePoolSpec | GkeNodePoolSpec
"""Pools that the stack makes."""

CloudCluster = EksClusterSpec | GkeClusterSpec
"""Clusters that a cloud knows by name, or that the stack makes."""


class InCloud(dict[str, Any]):
    """A mapping of the document whose keys depend on the environment's cloud.

    Attributes:
        cloud: The environment's.
    """

    def __init__(self, value: dict[str, Any], cloud: str) -> None:
        """Carry `cloud` to where it is decided which Spec `value` is."""
        super().__init__(value)
        self.cloud = cloud


def _cloud(value: Any) -> str:
    """The cloud of a mapping; AWS where the environment's is wrong or not said."""
    return "gcp" if getattr(value, "cloud", None) == "gcp" else "aws"


def _class_kind(value: Any) -> str:
    """The kind of a class; `provisioner` where it is in the driver's words."""
    if isinstance(value, dict):
        return cast("dict[str, Any]", value).get("kind", PROVISIONER)
    return getattr(value, "kind", PROVISIONER)


def _pool_kind(value: Any) -> str:
    """Whether a pool is made, and so says how many nodes, or is there."""
    if isinstance(value, dict):
        keys = cast("dict[str, Any]", value)
        made = {"nodes", "tpu"} & keys.keys() or (
            "machine" in keys and "labels" not in keys
        )
        return _cloud(keys) if made else "there"
    if isinstance(value, NodePoolSpec):
        return "there"
    return "gcp" if isinstance(value, GkeNodePoolSpec) else "aws"


def _cluster_kind(value: Any) -> str:
    """Whether a cluster is named by a context, or by its cloud."""
    if isinstance(value, dict):
        made = "existing" in value or "create" in value
        return _cloud(cast("Any", value)) if made else "context"
    if isinstance(value, ClusterSpec):
        return "context"
    return "gcp" if isinstance(value, GkeClusterSpec) else "aws"


def _key_kind(value: Any) -> str:
    """Whose key it is."""
    if isinstance(value, CloudKmsKeySpec):
        return "gcp"
    return _cloud(value)


def _network_kind(value: Any) -> str:
    """Whose network it is."""
    if isinstance(value, VpcNetworkSpec):
        return "gcp"
    return _cloud(value)


if TYPE_CHECKING:
    AnyClass = StorageClassSpec | CloudClass
    AnyPool = NodePoolSpec | CloudPool
    AnyCluster = ClusterSpec | CloudCluster
    AnyKey = KmsKeySpec | CloudKmsKeySpec
    AnyNetwork = NetworkSpec | VpcNetworkSpec
else:
    AnyClass = Annotated[
        Union[
            *(Annotated[spec, Tag(word_of(spec))] for spec in get_args(CloudClass)),
            Annotated[StorageClassSpec, Tag(PROVISIONER)],
        ],
        Discriminator(_class_kind),
    ]
    AnyPool = Annotated[
        Annotated[NodePoolSpec, Tag("there")]
        | Annotated[EksNodePoolSpec, Tag("aws")]
        | Annotated[GkeNodePoolSpec, Tag("gcp")],
        Discriminator(_pool_kind),
    ]
    AnyCluster = Annotated[
        Annotated[ClusterSpec, Tag("context")]
        | Annotated[EksClusterSpec, Tag("aws")]
        | Annotated[GkeClusterSpec, Tag("gcp")],
        Discriminator(_cluster_kind),
    ]
    AnyKey = Annotated[
        Annotated[KmsKeySpec, Tag("aws")] | Annotated[CloudKmsKeySpec, Tag("gcp")],
        Discriminator(_key_kind),
    ]
    AnyNetwork = Annotated[
        Annotated[NetworkSpec, Tag("aws")] | Annotated[VpcNetworkSpec, Tag("gcp")],
        Discriminator(_network_kind),
    ]


class EnvironmentConfig(Spec):
    """What an environment gives its teams; what a contract tells of it."""

    cloud: Literal["kubernetes", "aws", "gcp"]
    """Where it runs: `aws`, `gcp`, or `kubernetes` for any cluster that exists."""

    region: Text | None = None
    """The cloud's region, such as `us-west-2`. Required on a cloud."""

    project: Text | None = None
    """The id of the project of Google Cloud. Required there, and only there."""

    network: AnyNetwork | None = None
    """The network of a cloud's storage and nodes."""

    keys: dict[Name, AnyKey] = Field(default_factory=dict[str, AnyKey])
    """KMS keys, by name."""

    add_ons: dict[AddOnName, AddOnSpec] = Field(
        default_factory=dict[AddOnName, AddOnSpec]
    )
    """What the cluster has for all of its teams, there already or installed."""

    node_pools: dict[Name, AnyPool] = Field(default_factory=dict[str, AnyPool])
    """Nodes that jobs may ask for, by name: there already (`labels`), or made
    (`nodes`)."""

    storage: dict[Name, Shared] = Field(default_factory=dict[str, Shared])
    """Storage that teams are granted, by name."""

    disk_images: dict[Name, DiskImageSpec] = Field(
        default_factory=dict[str, DiskImageSpec]
    )
    """Images of disks on Google Cloud, by name."""

    storage_pools: dict[Name, StoragePoolSpec] = Field(
        default_factory=dict[str, StoragePoolSpec]
    )
    """Hyperdisk storage pools on Google Cloud, by name."""

    storage_classes: dict[ObjectName, AnyClass] = Field(
        default_factory=dict[str, AnyClass]
    )
    """StorageClasses, made or there already, by name."""

    snapshot_classes: dict[ObjectName, SnapshotClassSpec] = Field(
        default_factory=dict[str, SnapshotClassSpec]
    )
    """VolumeSnapshotClasses, made or there already, by name."""

    teams: dict[Name, TeamSpaceSpec] = Field(default_factory=dict[str, TeamSpaceSpec])
    """The teams and what they may use."""

    @model_validator(mode="before")
    @classmethod
    def _in_its_cloud(cls, values: Any) -> Any:
        """Tell what depends on the cloud which one it is."""
        if not isinstance(values, dict):
            return values
        given = dict(cast("dict[str, Any]", values))
        cloud = given.get("cloud")
        if cloud not in ("aws", "gcp"):
            # Wrong in itself, which is said: what stands beside it is not wrong too.
            cloud = "gcp" if "project" in given else "aws"

        def told(value: Any) -> Any:
            mapping = isinstance(value, dict)
            return InCloud(cast("dict[str, Any]", value), cloud) if mapping else value

        for key in ("network", "cluster"):
            if key in given:
                given[key] = told(given[key])
        for key in ("keys", "nodePools", "node_pools"):
            entries = given.get(key)
            if isinstance(entries, dict):
                named = cast("dict[str, Any]", entries)
                given[key] = {name: told(value) for name, value in named.items()}
        return given


class PlatformConfig(EnvironmentConfig):
    """An environment: the cluster, its pools, storage and classes, its teams."""

    cluster: AnyCluster | None = None
    """The cluster, with the rights to make namespaces and roles in it. Left out
    where the stack has only network, keys and storage."""

    account: Text | None = None
    """The account of AWS: nothing is done in another. Default: whichever the
    credentials are of."""

    tags: dict[str, Text] = Field(default_factory=dict[str, str])
    """Tags of everything that can have them; labels on Google Cloud."""

    identity: Literal["pod-identity", "irsa", "principal", "service-account"] | None = (
        None
    )
    """How pods and drivers get their identity. On AWS `pod-identity` (EKS Pod
    Identity, the default) or `irsa` for the cluster's OIDC provider; on Google
    Cloud `principal` (the pods themselves are granted what they need, the default)
    or `service-account` for a service account that they impersonate."""

    tpu_vms: dict[Name, TpuVmSpec] = Field(default_factory=dict[str, TpuVmSpec])
    """TPU VMs of Google Cloud outside the cluster, by name."""

    storage_stack: Name | None = None
    """The stack that has the network, the keys and the storage, where they are
    not in this one."""

    @property
    def aws_identity(self) -> Literal["pod-identity", "irsa"]:
        """How pods get their identity on AWS."""
        return "irsa" if self.identity == "irsa" else "pod-identity"

    @property
    def gcp_identity(self) -> Literal["principal", "service-account"]:
        """How pods get their identity on Google Cloud."""
        impersonate = self.identity == "service-account"
        return "service-account" if impersonate else "principal"

    def problems(self) -> Iterator[Problem]:
        """Any Kubernetes is a cluster that there is, and data is in one stack."""
        if self.cloud == "kubernetes" and self.cluster is None:
            yield Problem(rule="CFG02", message="required", path=("cluster",))
        data = {"storage", "network", "keys", "disk_images", "storage_pools", "tpu_vms"}
        own = sorted(to_camel(name) for name in data & self.model_fields_set)
        if self.storage_stack is not None and own:
            yield Problem(
                rule="AWS27",
                message="that stack has the network, the keys and the storage: what "
                f"stands here as well ({', '.join(own)}) would not be made",
                path=("storageStack",),
                value=self.storage_stack,
            )


Pattern = Annotated[
    DatasetStagingSpec | ModelRepositorySpec | CheckpointTierSpec | SharedArtifactsSpec,
    Field(discriminator="kind"),
]
"""A way to move data that programs mount like a volume. A new kind is added here."""


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

    patterns: dict[Name, Pattern] = Field(default_factory=dict[str, Pattern])
    """Ways to move data, by name: staged datasets and models, tiered checkpoints,
    shared artifacts. Programs mount them by their names, as they mount volumes."""

    jobs: dict[Name, JobSpec] = Field(default_factory=dict[str, JobSpec])
    """The team's jobs, by name."""

    workspaces: dict[Name, WorkspaceSpec] = Field(
        default_factory=dict[str, WorkspaceSpec]
    )
    """Pods that stay, with the team's volumes in them, by name."""

    deployments: dict[Name, DeploymentSpec] = Field(
        default_factory=dict[str, DeploymentSpec]
    )
    """Programs with replicas that stay, such as those that serve a model, by name."""


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
    ("platform", "keys", "*"),
    ("platform", "diskImages", "*"),
    ("platform", "storagePools", "*"),
    ("platform", "tpuVms", "*"),
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
    ("team", "patterns", "*"),
    ("team", "jobs", "*"),
    ("team", "jobs", "*", "mounts", "*"),
    ("team", "workspaces", "*"),
    ("team", "workspaces", "*", "mounts", "*"),
    ("team", "deployments", "*"),
    ("team", "deployments", "*", "mounts", "*"),
)
"""Parts that can be left out: when one is wrong in itself, the rest is still
checked without it."""

TAGGED = (
    ("team", "volumes", "*"),
    ("team", "secrets", "*"),
    ("team", "patterns", "*"),
    ("platform", "storage", "*"),
    ("platform", "storageClasses", "*"),
    ("platform", "nodePools", "*"),
    ("platform", "keys", "*"),
    ("platform", "cluster"),
    ("platform", "network"),
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
    "uris": {},
    "runAs": {"user": 1000},
}

_PROGRAMS = ("jobs", "workspaces", "deployments")
"""The team's sections of programs."""

_NODES: dict[str, object] = {
    "pool": None,
    "gpus": 0,
    "gpuProducts": [],
    "neurons": 0,
    "tpus": 0,
    "efa": 0,
    "hugePages": None,
}

NEUTRAL: dict[tuple[str, ...], object] = {
    # Spelled as no one spells it: it is told from a size that someone stated.
    ("team", "volumes", "*", "size"): "+1.0e0",
    ("platform", "cloud"): "kubernetes",
    ("platform", "storageStack"): None,
    ("platform", "region"): None,
    ("platform", "account"): None,
    ("platform", "project"): None,
    ("platform", "tags"): {},
    ("platform", "network"): None,
    # By the cluster's own provider, which needs no add-on.
    ("platform", "identity"): "irsa",
    ("platform", "cluster"): {"context": "context"},
    ("platform", "teams", "*", "deployers"): {},
    ("team", "cluster"): {"context": "context"},
    ("platform", "teams", "*", "limits"): None,
    **{
        ("team", section, "*", key): value
        for section in _PROGRAMS
        for key, value in _PROGRAM.items()
    },
    **{
        ("team", section, "*", "nodes", key): value
        for section in _PROGRAMS
        for key, value in _NODES.items()
    },
    ("team", "jobs", "*", "rendezvous"): None,
    ("team", "jobs", "*", "queue"): None,
    ("team", "jobs", "*", "deadline"): None,
    ("team", "jobs", "*", "run"): 1,
    ("team", "jobs", "*", "retries"): 0,
    ("team", "workspaces", "*", "port"): None,
    ("team", "workspaces", "*", "running"): True,
    ("team", "deployments", "*", "replicas"): 1,
    ("team", "deployments", "*", "port"): 8000,
    ("team", "deployments", "*", "health"): None,
    ("team", "deployments", "*", "startup"): "10m",
    ("team", "deployments", "*", "surge"): 0,
    ("team", "deployments", "*", "spread"): True,
}
"""Values with which no rule finds fault: when one is wrong in itself, its owner
is still checked against everything else with a harmless value in its place."""
