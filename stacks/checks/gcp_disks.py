"""Disks of Google Cloud: machines that attach them, and what claims ask of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from components.catalog import gcp_disk_driver as driver
from components.catalog import gcp_disks, gke, quantity
from components.catalog.gcp_disk_tables import BY_NAME, HIGHLY_AVAILABLE, ML
from components.catalog.gpus import MACHINE_LABEL
from components.catalog.problem import Path, Problem
from components.gcp.disk_class_spec import DiskClassSpec
from components.gcp.disk_spec import DiskSpec
from components.gcp.gke_cluster_spec import GkeClusterSpec
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.ephemeral_spec import EphemeralSpec
from components.kubernetes.storage_class_spec import StorageClassSpec
from stacks.checks.places import class_of, on_gcp, pool_of
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import NEUTRAL, AnyClass, AnyPool, SeenVolume

_GIB = 2**30
_NO_SIZE = NEUTRAL["team", "volumes", "*", "size"]
_READ_ONLY_LINK = (
    "https://docs.cloud.google.com/kubernetes-engine/docs/how-to/persistent-volumes/"
    "readonlymany-disks"
)
_HYPERDISK_LINK = (
    "https://docs.cloud.google.com/kubernetes-engine/docs/concepts/hyperdisk"
)
_POOLS_LINK = (
    "https://docs.cloud.google.com/kubernetes-engine/docs/how-to/persistent-volumes/"
    "hyperdisk-storage-pools"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Disks:
    """What the disks of a class are asked to be.

    Attributes:
        type: Their type, the driver's own where the class names none.
        iops: IOPS of each.
        throughput: MiB/s of each.
    """

    type: str
    iops: int | None
    throughput: int | None


def _disks(spec: AnyClass | None) -> _Disks | None:
    """The disks of a class; None where there are none, or nothing is known of them."""
    if isinstance(spec, DiskClassSpec):
        return _Disks(type=spec.type, iops=spec.iops, throughput=spec.throughput)
    if not isinstance(spec, StorageClassSpec) or spec.existing:
        return None
    type_ = driver.type_of(spec.all_parameters)
    if spec.provisioner != driver.DRIVER.name or type_ is None:
        return None
    stated = driver.DRIVER.stated(spec.all_parameters)
    return _Disks(
        type=type_,
        iops=driver.number(stated.get(driver.IOPS)),
        throughput=driver.number(stated.get(driver.THROUGHPUT)),
    )


def _type_of(stack: Stack, volume: SeenVolume | None) -> str | None:
    """The type of the disk behind a volume; None where it is not known."""
    if isinstance(volume, DiskSpec):
        made = volume.existing is None and volume.adopt is None
        return volume.type if made or "type" in volume.model_fields_set else None
    disks = None if volume is None else _disks(class_of(stack, volume))
    return None if disks is None else disks.type


def _machine(pool: AnyPool | None) -> str | None:
    """The machine type of a pool's nodes, where it is known."""
    if pool is None:
        return None
    solved: str | None = getattr(pool, "machine_type", None)
    return solved or pool.machine or pool.labels.get(MACHINE_LABEL)


def attached_by_the_machine(stack: Stack) -> Iterator[Problem]:
    """A disk is of a type that the machines of its program's pool attach."""
    for mount in stack.mounts:
        machine = _machine(pool_of(stack, mount.program))
        type_ = _type_of(stack, mount.volume)
        if machine is None or type_ is None:
            continue
        problem = gcp_disks.machine_problem(machine, type_, mount.at)
        if problem is not None:
            pool = mount.program.nodes.pool
            yield replace(
                problem,
                message=f"{problem.message} ({mount.mount.volume} is one, and {pool} "
                "has such nodes)",
                value=mount.mount.volume,
                nearest=f"type: {problem.nearest}" if problem.nearest else None,
            )


def _claims(
    stack: Stack,
) -> Iterator[tuple[Path, ClaimSpec | EphemeralSpec, _Disks]]:
    """The claims on classes of disks, with where they stand."""
    for name, volume in stack.volumes.items():
        if not isinstance(volume, ClaimSpec | EphemeralSpec):
            continue
        disks = _disks(class_of(stack, volume))
        if disks is not None:
            yield ("team", "volumes", name), volume, disks


def _claim_problems(stack: Stack, rule: str) -> Iterator[Problem]:
    for path, claim, disks in _claims(stack):
        if claim.size is None or claim.size == _NO_SIZE:
            continue
        gib = max(-(-int(quantity.parse(claim.size)) // _GIB), 1)
        problem = gcp_disks.claim_problem(
            disks.type, gib, iops=disks.iops, throughput=disks.throughput
        )
        if problem is not None and problem.rule == rule:
            yield replace(problem.under(*path), value=claim.size)


def size_of_its_type(stack: Stack) -> Iterator[Problem]:
    """A claim on a class of disks has a size that disks of the class's type have."""
    yield from _claim_problems(stack, "PDK21")


def performance_of_its_size(stack: Stack) -> Iterator[Problem]:
    """A claim has a size that goes with the IOPS and throughput of its class."""
    yield from _claim_problems(stack, "PDK22")


def read_only_with_content(stack: Stack) -> Iterator[Problem]:
    """A ReadOnlyMany claim on a class of disks is restored from a snapshot.

    No one can write what is read-only from the beginning: the driver makes such
    a disk from a snapshot only, and an empty one of Hyperdisk ML alone.
    """
    snapshots = sorted(stack.names("team", "snapshots"))
    for path, claim, disks in _claims(stack):
        made = isinstance(claim, ClaimSpec) and not (claim.existing or claim.adopt)
        if "ReadOnlyMany" not in claim.access_modes or not made:
            continue
        if isinstance(claim, ClaimSpec) and claim.restore is not None:
            continue
        if "readers" not in BY_NAME[disks.type].shared:
            continue
        empty = disks.type == ML
        yield Problem(
            rule="",
            message="no one can write to it: it is empty, and stays so"
            if empty
            else "the driver makes no empty disk that is ReadOnlyMany: it is made from "
            "a snapshot, which says restore",
            path=(*path, "accessModes"),
            value=claim.access_modes,
            nearest=f"restore: {snapshots[0]}" if snapshots else "[ReadWriteOnce]",
            link=_READ_ONLY_LINK,
            severity="warning" if empty else "error",
        )


def shared_by_its_type(stack: Stack) -> Iterator[Problem]:
    """A claim that several nodes have at once is of a type that they can share."""
    for path, claim, disks in _claims(stack):
        modes, at = claim.access_modes, (*path, "accessModes")
        problem = None
        if "ReadOnlyMany" in modes:
            problem = gcp_disks.sharing_problem(disks.type, "readers", at, modes)
        elif "ReadWriteMany" in modes and claim.volume_mode == "Block":
            problem = gcp_disks.sharing_problem(disks.type, "writers", at, modes)
        if problem is not None:
            yield problem


def class_in_its_own_words(stack: Stack) -> Iterator[Problem]:
    """A class in the driver's words makes disks that there are, where pods are."""
    platform = stack.config.platform
    for name, spec in (platform.storage_classes if platform else {}).items():
        disks = _disks(spec)
        if platform is None or disks is None or not isinstance(spec, StorageClassSpec):
            continue
        at = ("platform", "storageClasses", name)
        written = {key.lower(): key for key in spec.parameters}
        keys = {"iops": driver.IOPS, "throughput": driver.THROUGHPUT}
        for problem in gcp_disks.performance_problems(
            disks.type, iops=disks.iops, throughput=disks.throughput
        ):
            # That a type has none of it is said of the parameter.
            if problem.rule == "PDK02":
                continue
            key = keys[str(problem.path[0])]
            unit = "Mi" if key == driver.THROUGHPUT else ""
            yield replace(
                problem,
                path=(*at, "parameters", written.get(key, key)),
                value=f"{problem.value}{unit}",
                nearest=f'"{problem.nearest}{unit}"',
            )
        if platform.cloud == "gcp" and spec.binding != "WaitForFirstConsumer":
            yield Problem(
                rule="",
                message="a disk is in one zone: made before its pod is, it may be in "
                "another",
                path=(*at, "volumeBindingMode"),
                value=spec.binding,
                nearest="WaitForFirstConsumer",
                link="https://kubernetes.io/docs/concepts/storage/storage-classes/"
                "#volume-binding-mode",
                severity="warning",
            )


def snapshot_parameters(stack: Stack) -> Iterator[Problem]:
    """A class of snapshots of disks has parameters that its driver knows."""
    platform = stack.config.platform
    for name, spec in (platform.snapshot_classes if platform else {}).items():
        if spec.driver == driver.SNAPSHOTS.name and not spec.existing:
            for problem in driver.SNAPSHOTS.problems(spec.parameters):
                yield problem.under("platform", "snapshotClasses", name)


def brought_by_the_version(stack: Stack) -> Iterator[Problem]:
    """The cluster has a version of GKE that brings the disks of its classes."""
    platform = on_gcp(stack)
    cluster = platform.cluster if platform else None
    if platform is None or not isinstance(cluster, GkeClusterSpec):
        return
    version = cluster.create.version if cluster.create else cluster.version
    if version is None:
        return
    for name, spec in platform.storage_classes.items():
        disks = _disks(spec)
        if disks is None:
            continue
        at = ("platform", "storageClasses", name)
        since, what, key = _since(spec, disks)
        if since is not None and gke.at_least(version, since) is False:
            yield Problem(
                rule="",
                message=f"{what} come with GKE {since}, and the cluster has {version}",
                path=(*at, key),
                value=disks.type,
                nearest=f"version: {gke.as_yaml(since)}",
                link=_POOLS_LINK if key == "storagePools" else _HYPERDISK_LINK,
            )


def _since(spec: AnyClass, disks: _Disks) -> tuple[str | None, str, str]:
    """The version that brings what a class asks for, what that is, and where."""
    key = "type" if isinstance(spec, DiskClassSpec) else "parameters"
    if disks.type == HIGHLY_AVAILABLE:
        return driver.HIGHLY_AVAILABLE_SINCE, f"disks of type {disks.type}", key
    if isinstance(spec, DiskClassSpec) and spec.storage_pools:
        return driver.POOLS_SINCE, "storage pools", "storagePools"
    if BY_NAME[disks.type].hyperdisk:
        return driver.HYPERDISK_SINCE, f"disks of type {disks.type}", key
    return None, "", key


RULES = (
    Rule("PDK20", "a pod that waits for a disk", attached_by_the_machine),
    Rule("PDK21", "a claim that stays Pending for its size", size_of_its_type),
    Rule("PDK22", "a disk that is refused for its speed", performance_of_its_size),
    Rule("PDK23", "a claim that stays Pending, or empty", read_only_with_content),
    Rule("PDK24", "a disk that no second node attaches", shared_by_its_type),
    Rule(
        "PDK28",
        "disks refused, or in another zone than their pods",
        class_in_its_own_words,
    ),
    Rule("PDK29", "a snapshot that the driver refuses to take", snapshot_parameters),
    Rule("PDK30", "a class that the cluster's driver refuses", brought_by_the_version),
)
