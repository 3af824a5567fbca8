"""Instance store and local SSD: scratch on NVMe disks is where there are some."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from components.aws.node_pool_spec import EksNodePoolSpec
from components.catalog import gcp_machines, quantity
from components.catalog.aws_machines import smallest_with_nvme
from components.catalog.eks_nodes import STORE_LINK
from components.catalog.problem import UNSET, Path, Problem
from components.gcp.node_pool_spec import GkeNodePoolSpec
from components.kubernetes.dataset_spec import DatasetSpec
from components.kubernetes.pod import CONTAINER_DISK
from components.kubernetes.program_spec import ProgramSpec
from components.kubernetes.scratch_spec import ScratchSpec
from components.kubernetes.static_volume_spec import HostPathSpec
from stacks.checks.places import machine_of, pool_of
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import AnyPool, CloudPool, SeenVolume

DISKS = "/mnt/k8s-disks"
"""Where AL2023 mounts the disks.

Source: awslabs/amazon-eks-ami v20260724
templates/al2023/runtime/bin/setup-local-disks, read 2026-11-22.
"""

_GB = 10**9
_GIB = 2**30

# What other clouds and older guides call the directory of local disks.
_ELSEWHERE = re.compile(
    r"(^|/)(local[-_]?ssds?|nvme\w*|instance[-_]?store|ephemeral)(/|$)|^/mnt/disks(/|$)",
    re.IGNORECASE,
)


def _below(path: str, directory: str) -> bool:
    return path == directory or path.startswith(f"{directory}/")


def _why_none(pool: AnyPool) -> tuple[str, str | None] | None:
    """Why a pool's scratch is not on NVMe disks, and what would be right.

    None where it is, or where that is not known: of nodes that there are.
    """
    if isinstance(pool, GkeNodePoolSpec):
        return _why_none_on_gke(pool)
    machine = machine_of(pool)
    if machine is not None and not machine.nvme_gb:
        other = smallest_with_nvme(machine.family)
        return (
            f"{machine.name} has no NVMe disks",
            f"machine: {other}" if other else None,
        )
    if not isinstance(pool, EksNodePoolSpec) or pool.store == "raid0":
        return None
    if pool.local_storage == "none":
        return "the pool leaves its NVMe disks alone", "localStorage: raid0"
    return f"nodes of {pool.ami_type} are not told of their NVMe disks", None


def _why_none_on_gke(pool: GkeNodePoolSpec) -> tuple[str, str | None] | None:
    """Why scratch of a pool of GKE is not on local SSDs, and what would be right."""
    machine = pool.known_machine
    if pool.scratch_gb or machine is None:
        return None
    if pool.ssds:
        return "the pool's local SSDs are not for scratch", "localStorage: ephemeral"
    if machine.ssd_counts:
        return "the pool has no local SSDs", f"localSsds: {min(machine.ssd_counts)}"
    other = gcp_machines.smallest_with_ssds(machine.name)
    return f"{machine.name} has no local SSDs", f"machine: {other}" if other else None


def _link(pool: AnyPool | None) -> str:
    """The cloud's page on the disks of its nodes."""
    on_gke = isinstance(pool, GkeNodePoolSpec)
    return gcp_machines.LOCAL_SSD_LINK if on_gke else STORE_LINK


def _on_nvme(volume: SeenVolume | None) -> bool:
    return isinstance(volume, ScratchSpec) and volume.medium == "nvme"


def where_there_are_disks(stack: Stack) -> Iterator[Problem]:
    """What is to be on NVMe disks is mounted on nodes that have them."""
    for mount in stack.mounts:
        volume = mount.volume
        nvme = _on_nvme(volume)
        pool = pool_of(stack, mount.program)
        of_eks = isinstance(volume, HostPathSpec) and _below(volume.path, DISKS)
        path = of_eks and not isinstance(pool, GkeNodePoolSpec)
        why = _why_none(pool) if pool is not None and (nvme or path) else None
        if why is not None:
            yield Problem(
                rule="",
                message=f"{why[0]}: what is written here would be on the root disk of "
                f"{mount.program.nodes.pool}"
                if nvme
                else f"{why[0]}: nodes of {mount.program.nodes.pool} have no such "
                "directory",
                path=mount.at,
                value=mount.mount.volume,
                nearest=why[1],
                link=_link(pool),
            )


def _room(pool: AnyPool) -> tuple[Decimal, str] | None:
    """Bytes of the disk that scratch is on, and what disk it is."""
    if not isinstance(pool, CloudPool):
        return None
    if isinstance(pool, GkeNodePoolSpec) and pool.known_machine is None:
        return None
    if pool.scratch_gb:
        return Decimal(pool.scratch_gb * _GB), f"the NVMe disks of {pool.machine}"
    disk = "boot" if isinstance(pool, GkeNodePoolSpec) else "root"
    return quantity.parse(pool.disk_size), f"the {disk} disk (diskSize)"


def _on_disk(stack: Stack, program: ProgramSpec) -> dict[str, tuple[str, Decimal]]:
    """The scratch of a pod that is on the node's disk: by volume, where and bytes."""
    found: dict[str, tuple[str, Decimal]] = {}
    for path, mount in program.mounts.items():
        volume = stack.volumes.get(mount.volume)
        if isinstance(volume, ScratchSpec | DatasetSpec) and volume.medium != "memory":
            size = volume.pod_needs().ephemeral_storage
            found.setdefault(mount.volume, (path, size))
    return found


def as_large_as_the_disk(stack: Stack) -> Iterator[Problem]:
    """The scratch of one pod fits on the disk of a node."""
    for owner, program in stack.programs:
        pool = pool_of(stack, program)
        room = _room(pool) if pool is not None else None
        sizes = _on_disk(stack, program)
        if pool is None or room is None or not sizes:
            continue
        # Scratch that is not on its disks at all is said to be so.
        if _why_none(pool) and any(map(_on_nvme, map(stack.volumes.get, sizes))):
            continue
        most, disk = room
        total = sum((size for _, size in sizes.values()), Decimal(0)) + CONTAINER_DISK
        if total <= most:
            continue
        name = max(sizes, key=lambda name: sizes[name][1])
        path, size = sizes[name]
        left = int(most - (total - size)) // _GIB
        yield Problem(
            rule="",
            message=f"scratch of {quantity.bytes_text(total - CONTAINER_DISK)} and "
            f"{quantity.bytes_text(CONTAINER_DISK)} for the container itself are more "
            f"than {disk} of {program.nodes.pool}: no node ever has room for the pod",
            path=(*owner, "mounts", path),
            value=name,
            nearest=f"size: {left}Gi" if left > 0 else None,
            link=_link(pool),
        )


def _directories(stack: Stack) -> Iterator[tuple[Path, HostPathSpec]]:
    """The directories of nodes that are named in this file."""
    platform, team = stack.config.platform, stack.config.team
    for section, entries in (
        (("platform", "storage"), platform.storage if platform else {}),
        (("team", "volumes"), team.volumes if team else {}),
    ):
        for name, spec in entries.items():
            if isinstance(spec, HostPathSpec):
                yield (*section, name), spec


def never_made(stack: Stack) -> Iterator[Problem]:
    """A directory of the NVMe disks is used where it is there, and never made."""
    for at, spec in _directories(stack):
        on_gcp = stack.platform is not None and stack.platform.cloud == "gcp"
        if spec.create and _below(spec.path, DISKS) and not on_gcp:
            stated = "create" in spec.model_fields_set
            yield Problem(
                rule="",
                message="on a node whose disks are not mounted the directory would be "
                "made on the root disk, without a word",
                path=(*at, "create") if stated else at,
                value=True if stated else UNSET,
                nearest="create: false",
                link=STORE_LINK,
            )


def of_another_cloud(stack: Stack) -> Iterator[Problem]:
    """A directory that only other clouds have is not made on nodes of a cloud."""
    cloud = stack.platform.cloud if stack.platform is not None else "kubernetes"
    if cloud == "kubernetes":
        return
    for at, spec in _directories(stack):
        of_eks = _below(spec.path, DISKS)
        elsewhere = of_eks if cloud == "gcp" else _ELSEWHERE.search(spec.path)
        if not spec.create or not elsewhere or (cloud == "aws" and of_eks):
            continue
        where = (
            "nodes of GKE have their local SSDs in no directory like this: it"
            if cloud == "gcp"
            else f"nodes of EKS have their NVMe disks below {DISKS}: this directory"
        )
        yield Problem(
            rule="",
            message=f"{where} would be made on the root disk, without a word",
            path=(*at, "path"),
            value=spec.path,
            nearest="kind: scratch, medium: nvme",
            link=gcp_machines.LOCAL_SSD_LINK if cloud == "gcp" else STORE_LINK,
            severity="warning",
        )


RULES = (
    Rule("NVM01", "scratch that is on the root disk after all", where_there_are_disks),
    Rule("NVM02", "a pod that waits for a larger disk", as_large_as_the_disk),
    Rule("NVM03", "files on the root disk that were meant for NVMe", never_made),
    Rule(
        "NVM04",
        "files on the root disk that were meant for a fast one",
        of_another_cloud,
    ),
)
