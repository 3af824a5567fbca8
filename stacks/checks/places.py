"""Where pods can run and where volumes are, as several rules need it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from components.aws.efs_class_spec import EfsClassSpec
from components.aws.efs_spec import EfsSpec
from components.aws.fsx_lustre_class_spec import FsxLustreClassSpec
from components.aws.fsx_lustre_spec import FsxLustreSpec
from components.aws.network_spec import NetworkSpec
from components.catalog import aws_machines
from components.catalog.gpus import MACHINE_LABEL
from components.catalog.problem import Path
from components.gcp.disk_class_spec import DiskClassSpec
from components.gcp.disk_spec import DiskSpec
from components.gcp.filestore_class_spec import FilestoreClassSpec
from components.gcp.filestore_spec import FilestoreSpec
from components.gcp.gke_cluster_spec import GkeClusterSpec
from components.gcp.managed_lustre_class_spec import ManagedLustreClassSpec
from components.gcp.managed_lustre_spec import ManagedLustreSpec
from components.gcp.network_spec import VpcNetworkSpec
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.cloud_class_spec import CloudClassSpec
from components.kubernetes.cloud_volume_spec import CloudVolumeSpec
from components.kubernetes.ephemeral_spec import EphemeralSpec
from components.kubernetes.program_spec import ProgramSpec
from components.kubernetes.storage_class_spec import StorageClassSpec
from stacks.checks import geography
from stacks.checks.stack import Stack
from stacks.config import (
    AnyClass,
    AnyPool,
    EnvironmentConfig,
    PlatformConfig,
    SeenVolume,
)
from stacks.zones import class_zone

_InAZone = FsxLustreSpec | EfsSpec | FilestoreSpec | ManagedLustreSpec | DiskSpec
"""Storage that is in one zone, or may be."""

FSX = FsxLustreClassSpec.provisioner
EFS = EfsClassSpec.provisioner


def on_aws(stack: Stack) -> PlatformConfig | None:
    """The environment that this stack describes, where it is on AWS."""
    platform = stack.config.platform
    return platform if platform is not None and platform.cloud == "aws" else None


def region_of(platform: EnvironmentConfig | None) -> str | None:
    """The region, where it is a known one: nothing is held against a misspelt one."""
    region = platform.region if platform is not None else None
    places = geography.of(platform)
    return region if places is not None and region in places.regions else None


def on_gcp(stack: Stack) -> PlatformConfig | None:
    """The environment that this stack describes, where it is on Google Cloud."""
    platform = stack.config.platform
    return platform if platform is not None and platform.cloud == "gcp" else None


def on_a_cloud(stack: Stack) -> PlatformConfig | None:
    """The environment that this stack describes, where it is on AWS or Google Cloud."""
    return on_aws(stack) or on_gcp(stack)


def vpc_of_aws(platform: EnvironmentConfig | None) -> NetworkSpec | None:
    """The network, where it is one of AWS."""
    network = platform.network if platform is not None else None
    return network if isinstance(network, NetworkSpec) else None


def vpc_of_gcp(platform: EnvironmentConfig | None) -> VpcNetworkSpec | None:
    """The network, where it is one of Google Cloud."""
    network = platform.network if platform is not None else None
    return network if isinstance(network, VpcNetworkSpec) else None


def has_data(platform: PlatformConfig) -> bool:
    """Whether network, keys and storage are this stack's, and not another's."""
    return platform.storage_stack is None


def pool_of(stack: Stack, program: ProgramSpec) -> AnyPool | None:
    """The pool that a program names; None where it names none that is whole."""
    pools = stack.platform.node_pools if stack.platform else {}
    return pools.get(program.nodes.pool or "")


def class_of(stack: Stack, volume: SeenVolume) -> AnyClass | None:
    """The class of a claim; None where it has none that is whole."""
    if not isinstance(volume, ClaimSpec | EphemeralSpec):
        return None
    classes = stack.platform.storage_classes if stack.platform else {}
    return classes.get(volume.storage_class or "")


def lustre_classes(
    platform: PlatformConfig,
) -> Iterator[tuple[str, FsxLustreClassSpec | StorageClassSpec]]:
    """Classes of FSx for Lustre that the stack makes, in its words or the driver's."""
    for name, spec in platform.storage_classes.items():
        if not isinstance(spec, FsxLustreClassSpec | StorageClassSpec):
            continue
        if spec.provisioner == FSX and not spec.existing:
            yield name, spec


def zone_of(stack: Stack, volume: SeenVolume) -> str | None:
    """The one zone that a volume is in, whoever mounts it; None for no such.

    A disk is made in the zone of its first pod: it is in none by itself.
    """
    if isinstance(volume, _InAZone):
        return volume.zone
    zones = zones_of_class(stack, class_of(stack, volume))
    return zones[0] if len(zones) == 1 else None


def zones_of_class(stack: Stack, spec: AnyClass | None) -> Sequence[str]:
    """The zones in which a class makes its volumes; empty where any will do."""
    if spec is None or stack.platform is None:
        return ()
    zone: str | None = None
    if isinstance(spec, FsxLustreClassSpec):
        zone = spec.zone
    elif isinstance(spec, EfsClassSpec):
        of = stack.platform.storage.get(spec.of or "")
        zone = of.zone if isinstance(of, EfsSpec) else None
    elif isinstance(spec, CloudClassSpec):
        return spec.allowed_zones
    elif spec.provisioner == FSX:
        zone = class_zone(stack.platform.node_pools.values(), spec)
    return () if zone is None else (zone,)


def reached_from_afar(stack: Stack, volume: SeenVolume) -> bool:
    """Whether nodes of other zones can mount what is in one zone, at a price.

    Filestore and Managed Lustre are addresses of the VPC, and their drivers tell
    the scheduler no zone. Only a class that waits for a pod wants it in its zones.

    Source: gcp-filestore-csi-driver 2edb466 `docs/kubernetes/topology.md` and
    lustre-csi-driver 0114853 `pkg/csi_driver/controller.go`, read 2026-11-22.
    """
    if isinstance(volume, FilestoreSpec | ManagedLustreSpec):
        return True
    spec = class_of(stack, volume)
    of_the_vpc = isinstance(spec, FilestoreClassSpec | ManagedLustreClassSpec)
    return of_the_vpc and spec.binding == "Immediate"


def stated_zones(platform: PlatformConfig) -> Iterator[tuple[Path, str]]:
    """Every zone that the environment's file names, and where."""
    network = vpc_of_aws(platform) if has_data(platform) else None
    at = ("platform", "network")
    if network is not None and network.existing is not None:
        for zone in network.existing.subnets:
            yield (*at, "existing", "subnets", zone), zone
    if network is not None and network.create is not None:
        for index, zone in enumerate(network.create.zones):
            yield (*at, "create", "zones", index), zone
    cluster = platform.cluster
    if isinstance(cluster, GkeClusterSpec) and cluster.location is not None:
        yield ("platform", "cluster", "location"), cluster.location
    for name, pool in platform.node_pools.items():
        for index, zone in enumerate(pool.zones):
            yield ("platform", "nodePools", name, "zones", index), zone
    yield from zones_of_storage(platform)


def of_its_cloud(platform: EnvironmentConfig, spec: CloudVolumeSpec) -> bool:
    """Whether storage is of the cloud that the environment is on."""
    return spec.storage_kind.cloud == platform.cloud


def zones_of_storage(platform: PlatformConfig) -> Iterator[tuple[Path, str]]:
    """The zones of storage and of classes that this stack makes or uses.

    What is of another cloud is said by itself.
    """
    for name, spec in platform.storage.items() if has_data(platform) else ():
        if not isinstance(spec, _InAZone) or not of_its_cloud(platform, spec):
            continue
        if spec.zone is not None:
            yield ("platform", "storage", name, "zone"), spec.zone
    if platform.cloud == "aws":
        for name, spec in lustre_classes(platform):
            if spec.zone is not None:
                yield ("platform", "storageClasses", name, "zone"), spec.zone
    if platform.cloud == "gcp":
        yield from _zones_of_gcp(platform)


def _zones_of_gcp(platform: PlatformConfig) -> Iterator[tuple[Path, str]]:
    """The zones of storage pools, TPU VMs and classes of Google Cloud."""
    own = has_data(platform)
    for key, zonal in (
        ("storagePools", platform.storage_pools if own else {}),
        ("tpuVms", platform.tpu_vms if own else {}),
    ):
        for name, spec in zonal.items():
            yield ("platform", key, name, "zone"), spec.zone
    for name, spec in platform.storage_classes.items():
        at = ("platform", "storageClasses", name)
        if isinstance(spec, FilestoreClassSpec | ManagedLustreClassSpec) and spec.zone:
            yield (*at, "zone"), spec.zone
        elif isinstance(spec, DiskClassSpec):
            key = "regional" if spec.regional else "zones"
            for index, zone in enumerate(spec.allowed_zones):
                yield (*at, key, index), zone


def machine_of(pool: AnyPool) -> aws_machines.Machine | None:
    """The machine of a pool's nodes, where it is a known one of EC2."""
    name = pool.machine or pool.labels.get(MACHINE_LABEL)
    return aws_machines.machine(name or "")
