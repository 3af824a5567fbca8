"""Where pods can run and where volumes are, as several rules need it."""

from __future__ import annotations

from collections.abc import Iterator

from components.aws.efs_class_spec import EfsClassSpec
from components.aws.efs_spec import EfsSpec
from components.aws.fsx_lustre_class_spec import FsxLustreClassSpec
from components.aws.fsx_lustre_spec import FsxLustreSpec
from components.catalog import aws_machines, aws_regions
from components.catalog.gpus import MACHINE_LABEL
from components.catalog.problem import Path
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.ephemeral_spec import EphemeralSpec
from components.kubernetes.program_spec import ProgramSpec
from components.kubernetes.storage_class_spec import StorageClassSpec
from stacks.checks.stack import Stack
from stacks.config import (
    AnyClass,
    AnyPool,
    EnvironmentConfig,
    PlatformConfig,
    SeenVolume,
)
from stacks.zones import class_zone

FSX = FsxLustreClassSpec.provisioner
EFS = EfsClassSpec.provisioner


def on_aws(stack: Stack) -> PlatformConfig | None:
    """The environment that this stack describes, where it is on AWS."""
    platform = stack.config.platform
    return platform if platform is not None and platform.cloud == "aws" else None


def region_of(platform: EnvironmentConfig | None) -> str | None:
    """The region, where it is a known one: nothing is held against a misspelt one."""
    region = platform.region if platform is not None else None
    return region if region in aws_regions.REGIONS else None


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
    if isinstance(volume, FsxLustreSpec | EfsSpec):
        return volume.zone
    spec = class_of(stack, volume)
    if spec is None or stack.platform is None:
        return None
    if isinstance(spec, FsxLustreClassSpec):
        return spec.zone
    if isinstance(spec, EfsClassSpec):
        of = stack.platform.storage.get(spec.of or "")
        return of.zone if isinstance(of, EfsSpec) else None
    if isinstance(spec, StorageClassSpec) and spec.provisioner == FSX:
        return class_zone(stack.platform.node_pools.values(), spec)
    return None


def stated_zones(platform: PlatformConfig) -> Iterator[tuple[Path, str]]:
    """Every zone that the environment's file names, and where."""
    network = platform.network if has_data(platform) else None
    at = ("platform", "network")
    if network is not None and network.existing is not None:
        for zone in network.existing.subnets:
            yield (*at, "existing", "subnets", zone), zone
    if network is not None and network.create is not None:
        for index, zone in enumerate(network.create.zones):
            yield (*at, "create", "zones", index), zone
    for name, pool in platform.node_pools.items():
        for index, zone in enumerate(pool.zones):
            yield ("platform", "nodePools", name, "zones", index), zone
    yield from zones_of_storage(platform)


def zones_of_storage(platform: PlatformConfig) -> Iterator[tuple[Path, str]]:
    """The zones of storage and of classes that this stack makes or uses."""
    for name, spec in platform.storage.items() if has_data(platform) else ():
        if isinstance(spec, FsxLustreSpec | EfsSpec) and spec.zone is not None:
            yield ("platform", "storage", name, "zone"), spec.zone
    for name, spec in lustre_classes(platform):
        if spec.zone is not None:
            yield ("platform", "storageClasses", name, "zone"), spec.zone


def machine_of(pool: AnyPool) -> aws_machines.Machine | None:
    """The machine of a pool's nodes, where it is a known one of EC2."""
    name = pool.machine or pool.labels.get(MACHINE_LABEL)
    return aws_machines.machine(name or "")
