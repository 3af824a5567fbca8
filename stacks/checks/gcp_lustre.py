"""Managed Lustre: nodes that can mount it, and a name of its own on each."""

from __future__ import annotations

from collections.abc import Iterator

from components.catalog import gcp_lustre, gcp_machines, gke
from components.catalog.gpus import MACHINE_LABEL
from components.catalog.problem import Problem
from components.catalog.storage_kinds import BY_KIND
from components.gcp.gke_cluster_spec import GkeClusterSpec
from components.gcp.managed_lustre_spec import ManagedLustreSpec
from components.kubernetes.csi_spec import CsiSpec
from components.kubernetes.granted_spec import GrantedSpec
from stacks.checks.places import class_of, pool_of
from stacks.checks.rule import Rule
from stacks.checks.stack import MountOf, Stack
from stacks.config import PlatformConfig

DRIVER = BY_KIND["managed-lustre"].driver

ARM_SINCE = "1.34.1-gke.2541000"
"""The version of GKE whose driver mounts Lustre on nodes of Arm.

Source: https://docs.cloud.google.com/kubernetes-engine/docs/concepts/
lustre-csi-driver-overview, read 2026-11-22.
"""

_LINK = (
    "https://docs.cloud.google.com/kubernetes-engine/docs/concepts/"
    "lustre-csi-driver-overview"
)
_NODE = (
    "https://github.com/GoogleCloudPlatform/lustre-csi-driver/blob/main/pkg/"
    "csi_driver/node.go"
)


def _name(mount: MountOf) -> str | None:
    """What Lustre itself calls the file system of a mount, where that is known."""
    volume = mount.volume
    if isinstance(volume, ManagedLustreSpec):
        return volume.file_system_name
    if isinstance(volume, CsiSpec) and volume.driver == DRIVER:
        attributes = {
            key.lower().replace("-", "").replace("_", ""): value
            for key, value in volume.volume_attributes.items()
        }
        mounted = gcp_lustre.parse_mount_point(attributes.get("mountpoint", ""))
        return mounted[1] if mounted else attributes.get("filesystem")
    return None


def one_of_a_name(stack: Stack) -> Iterator[Problem]:
    """The file systems of Managed Lustre in one pod have different names."""
    team = stack.config.team
    own = team.volumes if team else {}
    for owner, _ in stack.programs:
        mounts: dict[str, MountOf] = {}
        names: dict[str, str] = {}
        for mount in (m for m in stack.mounts if m.owner == owner):
            name = _name(mount)
            named = own.get(mount.mount.volume)
            # What was granted twice is one file system.
            granted = isinstance(named, GrantedSpec)
            volume = named.source if granted else mount.mount.volume
            if name is not None:
                names[volume] = name
                mounts[volume] = mount
        for name, volumes in gcp_lustre.mounted_twice(names).items():
            first, *others = volumes
            for volume in others:
                yield Problem(
                    rule="",
                    message=f"its file system is called {name} as that of {first} is: "
                    "a node mounts one of a name, and the pod would wait for ever",
                    path=mounts[volume].at,
                    value=mounts[volume].mount.volume,
                    link=_NODE,
                )


def nodes_with_a_client(stack: Stack) -> Iterator[Problem]:
    """Nodes of Arm mount Managed Lustre from a version of GKE on."""
    environment = stack.platform
    if environment is None or environment.cloud != "gcp":
        return
    cluster = environment.cluster if isinstance(environment, PlatformConfig) else None
    version = None
    if isinstance(cluster, GkeClusterSpec):
        version = cluster.create.version if cluster.create else cluster.version
    if version is not None and gke.at_least(version, ARM_SINCE):
        return
    for mount in stack.mounts:
        volume = mount.volume
        if volume is None:
            continue
        spec = class_of(stack, volume)
        driver = spec.provisioner if spec is not None else None
        if isinstance(volume, CsiSpec):
            driver = volume.driver
        if not isinstance(volume, ManagedLustreSpec) and driver != DRIVER:
            continue
        pool = pool_of(stack, mount.program)
        machine = (pool.machine or pool.labels.get(MACHINE_LABEL)) if pool else None
        if machine is None or not gcp_machines.is_arm(machine):
            continue
        older = version is not None and gke.at_least(version, ARM_SINCE) is False
        yield Problem(
            rule="",
            message=f"{machine} has processors of Arm, on which Managed Lustre is "
            f"mounted from GKE {ARM_SINCE} on",
            path=mount.at,
            value=mount.mount.volume,
            nearest=f"version: {ARM_SINCE}",
            link=_LINK,
            severity="error" if older else "warning",
        )


RULES = (
    Rule("GCP11", "a pod that waits for a second mount", one_of_a_name),
    Rule("GCP12", "a mount that no node of a pool can make", nodes_with_a_client),
)
