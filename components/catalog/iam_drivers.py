"""What the drivers and the autoscaler of an EKS cluster may do.

AWS's own policies are used where it has one: AWS keeps them in step with the
driver, and none that is written here names `*` as its resource. That is so for
FSx as well: the list of actions in the driver's own guide needs `*` for
`s3:ListBucket` and for describing file systems.

Sources, read 2026-11-22: `docs/install.md` of kubernetes-sigs/aws-fsx-csi-driver
v1.9.0 and aws-ebs-csi-driver v1.64.0, `docs/iam-policy-create.md` of
aws-efs-csi-driver v3.4.1, `docs/CONFIGURATION.md` of
awslabs/mountpoint-s3-csi-driver v2.7.0,
https://docs.aws.amazon.com/eks/latest/userguide/ebs-csi.html (keys), and
`cluster-autoscaler/cloudprovider/aws/README.md` of kubernetes/autoscaler.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.catalog.iam import Document, document


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverRole:
    """The role of an add-on's controller.

    Attributes:
        add_on: The add-on, by its EKS name.
        service_account: The service account that its controller runs as, in
            `kube-system`.
        managed: AWS's policies, by their names with paths. Empty where the
            driver uses the identity of the pods, and needs no role at all.
    """

    add_on: str
    service_account: str
    managed: tuple[str, ...] = ()


NAMESPACE = "kube-system"

DRIVER_ROLES: dict[str, DriverRole] = {
    role.add_on: role
    for role in (
        DriverRole(
            add_on="aws-ebs-csi-driver",
            service_account="ebs-csi-controller-sa",
            managed=("service-role/AmazonEBSCSIDriverPolicy",),
        ),
        DriverRole(
            add_on="aws-efs-csi-driver",
            service_account="efs-csi-controller-sa",
            managed=("service-role/AmazonEFSCSIDriverPolicy",),
        ),
        DriverRole(
            add_on="aws-fsx-csi-driver",
            service_account="fsx-csi-controller-sa",
            managed=("AmazonFSxFullAccess",),
        ),
        DriverRole(
            add_on="aws-mountpoint-s3-csi-driver",
            service_account="s3-csi-driver-sa",
        ),
        DriverRole(
            add_on="node-autoscaler",
            service_account="cluster-autoscaler",
            # Describing cannot be kept to resources; these only read.
            managed=("AutoScalingReadOnlyAccess", "AmazonEC2ReadOnlyAccess"),
        ),
    )
}
"""The roles by add-on."""


def managed_policy(name: str, *, partition: str = "aws") -> str:
    """The ARN of a policy of AWS's own.

    Args:
        name: Its name with its path, such as `service-role/AmazonEBSCSIDriverPolicy`.
        partition: `aws`, `aws-cn` or `aws-us-gov`.
    """
    return f"arn:{partition}:iam::aws:policy/{name}"


def encrypted_disks(key_arns: Sequence[str]) -> Document:
    """What the EBS driver needs besides, to make disks with keys of one's own."""
    return document(
        {
            "Effect": "Allow",
            "Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
            "Resource": list(key_arns),
            "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}},
        },
        {
            "Effect": "Allow",
            "Action": [
                "kms:Encrypt",
                "kms:Decrypt",
                "kms:ReEncrypt*",
                "kms:GenerateDataKey*",
                "kms:DescribeKey",
            ],
            "Resource": list(key_arns),
        },
    )


def autoscaler(
    *, cluster: str, region: str, account: str, partition: str = "aws"
) -> Document:
    """What the Cluster Autoscaler does to the groups of one EKS cluster.

    EKS tags the groups of its managed node groups for it.

    Args:
        cluster: Name of the cluster.
        region: Its region.
        account: Its account.
        partition: `aws`, `aws-cn` or `aws-us-gov`.
    """
    groups = f"arn:{partition}:autoscaling:{region}:{account}:autoScalingGroup"
    tag = f"aws:ResourceTag/k8s.io/cluster-autoscaler/{cluster}"
    return document(
        {
            "Effect": "Allow",
            "Action": [
                "autoscaling:SetDesiredCapacity",
                "autoscaling:TerminateInstanceInAutoScalingGroup",
            ],
            "Resource": [f"{groups}:*:autoScalingGroupName/eks-*"],
            "Condition": {"StringEquals": {tag: "owned"}},
        },
        {
            "Effect": "Allow",
            "Action": ["eks:DescribeNodegroup"],
            "Resource": [
                f"arn:{partition}:eks:{region}:{account}:nodegroup/{cluster}/*/*"
            ],
        },
    )
