"""Needs: what in an environment or a team's stack works only with an add-on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from components.aws.bucket_spec import BucketSpec
from components.aws.node_pool_spec import EksNodePoolSpec
from components.catalog import eks_add_ons, gke_add_ons
from components.catalog.add_ons import ADD_ONS, AddOnName
from components.catalog.problem import UNSET, Path
from components.catalog.storage_kinds import BY_KIND
from components.gcp.gcs_fuse_spec import GcsFuseSpec
from components.gcp.gke_cluster_spec import GkeClusterSpec
from components.kubernetes.cloud_volume_spec import CloudVolumeSpec
from components.kubernetes.csi_spec import CsiSpec
from components.kubernetes.program_spec import ProgramSpec
from components.spec import Spec
from stacks.checks.stack import Stack
from stacks.config import (
    AnyPool,
    CloudPool,
    EnvironmentConfig,
    PlatformConfig,
    TeamConfig,
)

_DRIVERS: dict[str, dict[str, AddOnName]] = {
    "aws": {
        row.driver: ADD_ONS[name].name
        for name, row in eks_add_ons.EKS_ADD_ONS.items()
        if row.driver is not None
    },
    "gcp": {driver: ADD_ONS[name].name for driver, name in gke_add_ons.DRIVERS.items()},
}
"""The add-on that brings each CSI driver of a cloud, by cloud."""


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


def needs(stack: Stack) -> Iterator[Need]:
    """Everything that needs an add-on which the cluster does not have by itself."""
    for need in _needs(stack):
        if not given(stack.platform, need.add_on):
            yield need


def given(environment: EnvironmentConfig | None, add_on: AddOnName) -> bool:
    """Whether the cluster of an environment has an add-on without its being asked."""
    cluster = environment.cluster if isinstance(environment, PlatformConfig) else None
    on_gcp = environment is not None and environment.cloud == "gcp"
    if not on_gcp and not isinstance(cluster, GkeClusterSpec):
        return False
    made = cluster.create if isinstance(cluster, GkeClusterSpec) else None
    return gke_add_ons.gives(add_on, mode=made.mode if made else "standard")


def _needs(stack: Stack) -> Iterator[Need]:
    # What the environment's own stack needs is said there.
    platform, team = stack.config.platform, stack.config.team
    if platform is not None:
        for name, pool in platform.node_pools.items():
            at = ("platform", "nodePools", name)
            if pool.min == 0:
                made = isinstance(pool, CloudPool)
                where = (*at, "nodes", "min") if made else (*at, "min")
                yield Need("node-autoscaler", where, 0, _never_a_node(pool))
            if isinstance(pool, EksNodePoolSpec):
                yield from _needs_of_a_machine(at, pool)
        for name in platform.snapshot_classes:
            at = ("platform", "snapshotClasses", name)
            without = "the cluster knows no VolumeSnapshotClass"
            yield Need("snapshot-controller", at, UNSET, without)
    if platform is not None:
        yield from _needs_of_storage(platform, _drivers(platform))
    if team is not None:
        for owner, program in stack.programs:
            yield from _needs_of_a_program(owner, program)
        yield from _needs_of_jobs(team)
        drivers = _drivers(stack.platform)
        for name, volume in team.volumes.items():
            yield from _need_of_a_driver(("team", "volumes", name), volume, drivers)
        for name in team.snapshots:
            at = ("team", "snapshots", name)
            without = "the cluster knows no VolumeSnapshot"
            yield Need("snapshot-controller", at, UNSET, without)


def _never_a_node(pool: AnyPool) -> str:
    taints = ", ".join(taint.key for taint in pool.taints)
    known = f"labels and taints ({taints})" if taints else "labels"
    return (
        "the pool has no node until an autoscaler makes one, and only where the "
        f"autoscaler is told the pool's {known}"
    )


def _needs_of_a_machine(at: Path, pool: EksNodePoolSpec) -> Iterator[Need]:
    """What brings the devices of a pool that is made to its pods."""
    if pool.efa:
        without = "no node offers vpc.amazonaws.com/efa, which its pods ask for"
        yield Need("efa-device-plugin", (*at, "efa"), pool.efa, without)
    if pool.gpus:
        without = "no node offers nvidia.com/gpu, and its pods wait for ever"
        yield Need("nvidia-device-plugin", (*at, "machine"), pool.machine, without)
    if pool.neurons:
        without = "no node offers aws.amazon.com/neuron, and its pods wait for ever"
        yield Need("neuron-device-plugin", (*at, "machine"), pool.machine, without)


def _drivers(environment: EnvironmentConfig | None) -> Mapping[str, AddOnName]:
    """The drivers of the environment's cloud, with the add-ons that bring them."""
    return _DRIVERS.get(environment.cloud, {}) if environment is not None else {}


def _needs_of_storage(
    platform: PlatformConfig, drivers: Mapping[str, AddOnName]
) -> Iterator[Need]:
    """The drivers of classes and of what teams are granted, and their identity."""
    for name, spec in platform.storage_classes.items():
        driver = drivers.get(spec.provisioner)
        if driver is not None:
            at = ("platform", "storageClasses", name)
            yield Need(driver, at, UNSET, "its claims stay Pending")
    by_pods = platform.cloud == "aws" and platform.aws_identity == "pod-identity"
    for team, space in platform.teams.items():
        for name in space.grants:
            spec = platform.storage.get(name)
            at = ("platform", "teams", team, "grants", name)
            yield from _need_of_a_driver(at, spec, drivers)
            if isinstance(spec, BucketSpec) and by_pods:
                without = "the team's pods have no identity, and may not read it"
                yield Need(eks_add_ons.POD_IDENTITY_AGENT, at, UNSET, without)
    for name, add_on in platform.add_ons.items():
        # The driver of the instance store asks nothing of AWS.
        is_driver = name in drivers.values() and name != eks_add_ons.LOCAL_STORE
        if add_on.install and is_driver and by_pods:
            at = ("platform", "addOns", name, "install")
            without = "the driver has no identity, and may do nothing"
            yield Need(eks_add_ons.POD_IDENTITY_AGENT, at, True, without)


def _need_of_a_driver(
    at: Path, spec: Spec | None, drivers: Mapping[str, AddOnName]
) -> Iterator[Need]:
    """The driver that mounts a volume, where it is one of the cloud's."""
    mounted_by: str | None = None
    if isinstance(spec, CloudVolumeSpec):
        mounted_by = spec.storage_kind.driver
    elif isinstance(spec, CsiSpec):
        mounted_by = spec.driver
    elif isinstance(spec, GcsFuseSpec):
        mounted_by = BY_KIND[spec.kind].driver
    driver = drivers.get(mounted_by or "")
    if driver is not None:
        yield Need(driver, at, UNSET, "no node can mount it")


def _needs_of_a_program(owner: Path, program: ProgramSpec) -> Iterator[Need]:
    at, nodes = (*owner, "nodes"), program.nodes
    if nodes.gpus:
        without = "no node offers nvidia.com/gpu, and the pod waits for ever"
        yield Need("nvidia-device-plugin", (*at, "gpus"), nodes.gpus, without)
    if nodes.gpu_products:
        yield Need(
            "gpu-feature-discovery",
            (*at, "gpuProducts"),
            nodes.gpu_products,
            "no node has the label nvidia.com/gpu.product, and the pod waits for ever",
        )


def _needs_of_jobs(team: TeamConfig) -> Iterator[Need]:
    for name, job in team.jobs.items():
        if job.job_set is not None:
            at = ("team", "jobs", name, "jobSet")
            yield Need("jobset", at, UNSET, "the cluster knows no JobSet")
        if job.queue is not None:
            at = ("team", "jobs", name, "queue")
            yield Need("kueue", at, job.queue, "nothing ever lets the job out of it")
