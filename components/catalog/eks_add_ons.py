"""Add-ons of EKS: what installs them, whom they are, and what they keep waiting.

Names: https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html
and, for metrics-server, eksctl 99984ad `pkg/apis/eksctl.io/v1alpha5/addon.go`.
Startup taints: `docs/install.md` of kubernetes-sigs/aws-fsx-csi-driver v1.9.0,
aws-efs-csi-driver v3.4.1 and aws-ebs-csi-driver v1.64.0, `docs/CONFIGURATION.md` of
awslabs/mountpoint-s3-csi-driver v2.7.0. Read 2026-11-22.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.catalog.problem import Problem

LINK = (
    "https://docs.aws.amazon.com/eks/latest/userguide/"
    "workloads-add-ons-available-eks.html"
)

POD_IDENTITY_AGENT = "eks-pod-identity-agent"
"""The add-on without which no pod has an identity by EKS Pod Identity."""

LOCAL_STORE = "aws-ec2-local-instance-store-csi-driver"
"""The add-on that takes the NVMe disks of nodes for itself, and erases them."""

STARTUP_EFFECT = "NoExecute"
"""The effect of every startup taint: what runs before the driver would go."""

# What EKS calls the builds of an add-on: `v1.9.0-eksbuild.1`.
_VERSION = re.compile(r"v\d+\.\d+\.\d+-eksbuild\.\d+")

# Families whose disks it does not take: EKS user guide, `storage/lis-csi.adoc`.
_NOT_FOR_LOCAL_STORE = ("g4dn", "p3dn", "p4d", "p4de")


@dataclass(frozen=True, slots=True, kw_only=True)
class EksAddOnKind:
    """An add-on that EKS installs.

    Attributes:
        name: EKS's name of it, and the key under `platform.addOns`.
        driver: The CSI driver that it is; None where it is none.
        startup_taint: Key of the taint that nodes may begin with, and that the
            driver takes away once it can mount; None where there is none.
        also: Service accounts that one role is for besides the controller's,
            where the role comes by IRSA: EKS annotates them all.
    """

    name: str
    driver: str | None = None
    startup_taint: str | None = None
    also: tuple[str, ...] = ()


_ROWS = (
    EksAddOnKind(name=POD_IDENTITY_AGENT),
    EksAddOnKind(
        name="aws-fsx-csi-driver",
        driver="fsx.csi.aws.com",
        startup_taint="fsx.csi.aws.com/agent-not-ready",
    ),
    EksAddOnKind(
        name="aws-efs-csi-driver",
        driver="efs.csi.aws.com",
        startup_taint="efs.csi.aws.com/agent-not-ready",
        also=("efs-csi-node-sa",),
    ),
    EksAddOnKind(
        name="aws-ebs-csi-driver",
        driver="ebs.csi.aws.com",
        startup_taint="ebs.csi.aws.com/agent-not-ready",
    ),
    EksAddOnKind(
        name="aws-mountpoint-s3-csi-driver",
        driver="s3.csi.aws.com",
        startup_taint="s3.csi.aws.com/agent-not-ready",
    ),
    EksAddOnKind(name=LOCAL_STORE, driver="lis.csi.aws.com"),
    EksAddOnKind(name="snapshot-controller"),
    EksAddOnKind(name="vpc-cni"),
    EksAddOnKind(name="coredns"),
    EksAddOnKind(name="kube-proxy"),
    EksAddOnKind(name="eks-node-monitoring-agent"),
    EksAddOnKind(name="metrics-server"),
)

EKS_ADD_ONS: dict[str, EksAddOnKind] = {row.name: row for row in _ROWS}
"""The add-ons that EKS installs, by name."""


def version_problem(name: str, version: str | None) -> Problem | None:
    """What is wrong with the version of an add-on that EKS installs."""
    if version is None or name not in EKS_ADD_ONS or _VERSION.fullmatch(version):
        return None
    number = re.search(r"\d+\.\d+\.\d+", version)
    return Problem(
        rule="ADD07",
        message="EKS has its own builds of an add-on: their versions end in "
        "-eksbuild and a number",
        path=("version",),
        value=version,
        nearest=f"v{number.group()}-eksbuild.1" if number else None,
        link=LINK,
    )


def local_store_problem(
    family: str, store: str | None, *, nvme: bool
) -> Problem | None:
    """What is wrong with a pool where the Instance Store CSI driver is installed.

    Args:
        family: The family of the pool's machine.
        store: What the pool does with its NVMe disks.
        nvme: Whether the machine has such disks.
    """
    if not nvme:
        return None
    if store == "raid0":
        return Problem(
            rule="ADD08",
            message=f"{LOCAL_STORE} erases the disks that the kubelet's directory "
            "is on: a disk is for one of both",
            path=("localStorage",),
            value=store,
            nearest="none",
            link="https://docs.aws.amazon.com/eks/latest/userguide/lis-csi.html",
        )
    if family in _NOT_FOR_LOCAL_STORE:
        return Problem(
            rule="ADD08",
            message=f"{LOCAL_STORE} does not know the disks of this machine",
            path=("machine",),
            value=family,
            link="https://docs.aws.amazon.com/eks/latest/userguide/lis-csi.html",
        )
    return None


def autoscaler_values(
    cluster_name: Any, region: str, startup_taints: Sequence[str]
) -> Mapping[str, Any]:
    """Values of the Cluster Autoscaler's chart, for the groups of one cluster.

    EKS tags the groups of its managed node groups so that it finds them. Nodes
    with a startup taint are counted as soon to be ready, not as unfit: without
    that a pool would grow from 0 to no end, or not at all.

    Args:
        cluster_name: Name of the cluster; may be an Output of Pulumi's.
        region: Its region.
        startup_taints: Keys of the taints that drivers take away.
    """
    return {
        "cloudProvider": "aws",
        "awsRegion": region,
        "autoDiscovery": {"clusterName": cluster_name},
        "fullnameOverride": "cluster-autoscaler",
        "rbac": {"serviceAccount": {"create": True, "name": "cluster-autoscaler"}},
        "extraArgs": {
            "balance-similar-node-groups": True,
            # Scratch is a reason to have a node, not to keep it for ever.
            "skip-nodes-with-local-storage": False,
            # The chart takes the flag from what stands before the first `_`.
            **{
                f"startup-taint_{index}": taint
                for index, taint in enumerate(sorted(startup_taints))
            },
        },
    }
