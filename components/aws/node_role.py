"""The role of a cluster's nodes."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.catalog import aws_regions, iam_trust
from components.catalog.iam_drivers import managed_policy

# What a node needs to join, to pull images of ECR, and to give pods addresses.
# Source: https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html
# (read 2026-11-22).
_POLICIES = (
    "AmazonEKSWorkerNodePolicy",
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonEKS_CNI_Policy",
)


@dataclass(frozen=True, kw_only=True)
class NodeRoleArgs:
    """What a NodeRole is made from.

    Attributes:
        region: The region; AWS's policies have other ARNs in China and GovCloud.
    """

    region: str = ""


class NodeRole(pulumi.ComponentResource):
    """The role of nodes: to join the cluster, and nothing that pods would want.

    Pods have identities of their own. Where a driver or a job had to borrow this
    one, every other pod of the node could as well.

    Attributes:
        role_arn: Its ARN.
    """

    role_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: NodeRoleArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the role.

        Args:
            name: What the names of its parts begin with.
            args: Where it is.
            opts: Must carry the provider of the region.
        """
        super().__init__("ml-storage:index:NodeRole", name, None, opts)
        role = aws.iam.Role(
            f"{name}-nodes",
            assume_role_policy=json.dumps(iam_trust.service("ec2.amazonaws.com")),
            opts=pulumi.ResourceOptions(parent=self),
        )
        partition = aws_regions.partition(args.region)
        for policy in _POLICIES:
            aws.iam.RolePolicyAttachment(
                f"{name}-nodes-{policy}",
                role=role.name,
                policy_arn=managed_policy(policy, partition=partition),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.role_arn = role.arn
        self.register_outputs({"roleArn": self.role_arn})
