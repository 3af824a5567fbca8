"""Identities: pods that read a bucket run as whom the bucket was granted to."""

from __future__ import annotations

from collections.abc import Iterator

from components.aws.bucket_spec import BucketSpec
from components.catalog import mountpoint
from components.catalog.problem import Problem
from components.kubernetes.access import WORKLOAD
from components.kubernetes.csi_spec import CsiSpec
from stacks.checks.places import on_a_cloud
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import ClusterSpec

_POD = (
    "https://github.com/awslabs/mountpoint-s3-csi-driver/blob/main/docs/"
    "CONFIGURATION.md"
)
_SOURCE = "authenticationSource"
_GKE = "https://docs.cloud.google.com/kubernetes-engine/docs/how-to/workload-identity"
_EKS = "https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html"


def as_whom_it_was_granted(stack: Stack) -> Iterator[Problem]:
    """A pod that mounts a bucket runs as the account that has the team's role."""
    said: set[object] = set()
    for mount in stack.mounts:
        account = mount.program.service_account
        if not isinstance(mount.volume, BucketSpec) or account in (None, WORKLOAD):
            continue
        if mount.owner in said:
            continue
        said.add(mount.owner)
        yield Problem(
            rule="",
            message="the team's role is that of the account "
            f"{WORKLOAD}: a pod of another account may not read the bucket that it "
            f"mounts ({mount.mount.volume})",
            path=(*mount.owner, "serviceAccount"),
            value=account,
            nearest=WORKLOAD,
            link=_POD,
        )


def on_a_cluster_of_the_cloud(stack: Stack) -> Iterator[Problem]:
    """Pods get an identity of a cloud in a cluster that is known by its name."""
    platform = on_a_cloud(stack)
    if platform is None or platform.cluster is None:
        return
    if not isinstance(platform.cluster, ClusterSpec):
        return
    if ("platform", "cluster") in stack.broken:
        return
    eks = platform.cloud == "aws"
    yield Problem(
        rule="",
        message="on AWS the cluster is named to EKS: its nodes are let into file "
        "systems, and its pods get their roles, by that"
        if eks
        else "on Google Cloud the cluster is named to GKE: its pools are made, and its "
        "pods get what they may do, by that",
        path=("platform", "cluster", "context"),
        value=platform.cluster.context,
        nearest="cluster: {existing: NAME}",
        link=_EKS if eks else _GKE,
    )


def as_whom_it_is_mounted(stack: Stack) -> Iterator[Problem]:
    """A bucket in the driver's words says whether pods or the driver read it."""
    platform, team = stack.platform, stack.config.team
    if platform is None or platform.cloud != "aws":
        return
    own = stack.config.platform
    for at, entries in (
        (("platform", "storage"), own.storage if own else {}),
        (("team", "volumes"), team.volumes if team else {}),
    ):
        for name, spec in entries.items():
            if not isinstance(spec, CsiSpec) or spec.driver != mountpoint.DRIVER:
                continue
            public = any(
                mountpoint.split(option)[0] == "no-sign-request"
                for option in spec.mount_options
            )
            if public or _SOURCE in spec.volume_attributes:
                continue
            yield Problem(
                rule="",
                message="nothing else being said, the driver reads it as itself: "
                "whoever mounts it sees what the driver may, and the pod's own "
                "identity is not asked",
                path=(*at, name),
                nearest=f"volumeAttributes: {{{_SOURCE}: pod}}",
                link=_POD,
                severity="warning",
            )


RULES = (
    Rule("AWS21", "a pod without the rights of its team", as_whom_it_was_granted),
    Rule("AWS22", "storage that no pod can reach", on_a_cluster_of_the_cloud),
    Rule("AWS25", "a bucket seen by all who mount it", as_whom_it_is_mounted),
)
