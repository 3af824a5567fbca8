"""Google Cloud: what an environment there says of itself, and what it runs on."""

from __future__ import annotations

from collections.abc import Iterator

from components.catalog import gcp_projects
from components.catalog.problem import Path, Problem
from components.gcp.gke_cluster_spec import GkeClusterSpec
from components.gcp.storage_bucket_spec import StorageBucketSpec
from components.kubernetes.static_volume_spec import HostPathSpec
from stacks.checks.places import on_gcp
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack

_AUTOPILOT = (
    "https://docs.cloud.google.com/kubernetes-engine/docs/concepts/autopilot-security"
)
_SHARED_VPC = (
    "https://docs.cloud.google.com/kubernetes-engine/docs/how-to/cluster-shared-vpc"
)
_CHECKPOINTS = (
    "https://docs.cloud.google.com/storage/docs/hns-overview#cloud-storage-fuse"
)


def a_project(stack: Stack) -> Iterator[Problem]:
    """An environment on Google Cloud says its project: nothing there is without one."""
    platform = on_gcp(stack)
    # That of another stack is taken from there.
    if platform is None or ("platform", "project") in stack.broken:
        return
    if not platform.project and not platform.storage_stack:
        yield Problem(
            rule="",
            message="required on Google Cloud: the id of the project that all of this "
            "is in, such as ml-prod-123456",
            path=("platform", "project"),
            link=gcp_projects.LINK,
        )


def a_project_id(stack: Stack) -> Iterator[Problem]:
    """The project is its id, and not its number or its name."""
    platform = on_gcp(stack)
    project = platform.project if platform is not None else None
    problem = gcp_projects.problem(project) if project else None
    if problem is not None:
        yield problem.under("platform", "project")


def project_of_its_storage(stack: Stack) -> Iterator[Problem]:
    """A cluster is in the project of the network and the storage of its other stack."""
    platform, data = on_gcp(stack), stack.environment
    if platform is None or data is None or platform.storage_stack is None:
        return
    if platform.project and data.project and platform.project != data.project:
        yield Problem(
            rule="",
            message=f"the network and the storage of {platform.storage_stack} are in "
            f"{data.project}: nodes of another project are in its network only where "
            "it is shared with them, and have none of its disks",
            path=("platform", "project"),
            value=platform.project,
            nearest=data.project,
            link=_SHARED_VPC,
            severity="warning",
        )


def no_directories_of_nodes(stack: Stack) -> Iterator[Problem]:
    """Pods on Autopilot mount no directory of their node."""
    platform = on_gcp(stack)
    cluster = platform.cluster if platform is not None else None
    made = cluster.create if isinstance(cluster, GkeClusterSpec) else None
    if platform is None or made is None or made.mode != "autopilot":
        return
    team = stack.config.team
    sections: tuple[tuple[Path, dict[str, object]], ...] = (
        (("platform", "storage"), dict(platform.storage)),
        (("team", "volumes"), dict(team.volumes) if team else {}),
    )
    for section, entries in sections:
        for name, spec in entries.items():
            if not isinstance(spec, HostPathSpec):
                continue
            yield Problem(
                rule="",
                message="Autopilot refuses pods that mount a directory of their node",
                path=(*section, name, "path"),
                value=spec.path,
                nearest="kind: scratch",
                link=_AUTOPILOT,
            )


def checkpoints_that_can_be_moved(stack: Stack) -> Iterator[Problem]:
    """Checkpoints that many write at once go to a bucket with directories."""
    for mount in stack.mounts:
        volume = mount.volume
        if not isinstance(volume, StorageBucketSpec) or not mount.writes:
            continue
        # What is mounted for checkpoints says so by itself.
        if mount.writers != "sharded" or volume.mount.purpose == "checkpoints":
            continue
        if volume.folders is not False:
            continue
        yield Problem(
            rule="",
            message="libraries write a checkpoint of many files into a directory and "
            "rename it when it is whole: in a bucket without a hierarchical namespace "
            "that is a copy of every file, and Cloud Storage FUSE refuses it",
            path=mount.at,
            value=mount.mount.volume,
            nearest="hierarchicalNamespace: true",
            link=_CHECKPOINTS,
            severity="warning",
        )


RULES = (
    Rule("GCP04", "a provider that does not know where to go", a_project),
    Rule("GCP05", "requests to a project that there is not", a_project_id),
    Rule("GCP63", "nodes outside of the network of their data", project_of_its_storage),
    Rule("GCP13", "pods that the cluster refuses", no_directories_of_nodes),
    Rule("GCP14", "a checkpoint that is never whole", checkpoints_that_can_be_moved),
)
