"""Who an add-on is on AWS: the role of its service account."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
import pulumi_aws as aws

from components.catalog import iam_drivers, iam_trust
from components.catalog.eks_add_ons import EKS_ADD_ONS
from components.catalog.iam import Document, document

AUTOSCALER = "node-autoscaler"


@dataclass(frozen=True, kw_only=True)
class DriverIdentityArgs:
    """What a DriverIdentity is made from.

    Attributes:
        add_on: The add-on; one that has a role in `catalog.iam_drivers`.
        cluster_name: Name of the cluster.
        cluster_arn: Its ARN.
        identity: How its pods get their identity.
        oidc_issuer: URL of the cluster's OIDC issuer, with `irsa`.
        oidc_provider_arn: ARN of the issuer in IAM, with `irsa`.
        kms_key_arns: Keys of one's own that the EBS driver makes disks with.
        associate: Whether the service account is bound to the role here, with
            `pod-identity`: for what a chart installs. EKS binds its own add-ons.
    """

    add_on: str
    cluster_name: pulumi.Input[str]
    cluster_arn: pulumi.Input[str]
    identity: Literal["pod-identity", "irsa"] = "pod-identity"
    oidc_issuer: pulumi.Input[str] | None = None
    oidc_provider_arn: pulumi.Input[str] | None = None
    kms_key_arns: Sequence[pulumi.Input[str]] = ()
    associate: bool = False


class DriverIdentity(pulumi.ComponentResource):
    """The role of an add-on's controller, which no other pod can take on.

    Attributes:
        role_arn: Its ARN.
        service_account: The service account that it is for, in `kube-system`.
        annotations: Annotations of the service account, with `irsa`.
    """

    role_arn: pulumi.Output[str]
    service_account: str
    annotations: Mapping[str, pulumi.Output[str]]

    def __init__(
        self,
        name: str,
        args: DriverIdentityArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the role.

        Args:
            name: What the names of its parts begin with.
            args: Whose it is.
            opts: Must carry the provider of the region.

        Raises:
            KeyError: The add-on has no role.
            ValueError: `irsa` without an issuer.
        """
        super().__init__("ml-storage:index:DriverIdentity", name, None, opts)
        whose = iam_drivers.DRIVER_ROLES[args.add_on]
        self.service_account = whose.service_account
        role = aws.iam.Role(
            f"{name}-role",
            assume_role_policy=_trust(args),
            opts=pulumi.ResourceOptions(parent=self),
        )
        arn = pulumi.Output.from_input(args.cluster_arn)
        for policy in whose.managed:
            aws.iam.RolePolicyAttachment(
                f"{name}-{policy.rpartition('/')[2]}",
                role=role.name,
                policy_arn=arn.apply(
                    lambda arn, policy=policy: iam_drivers.managed_policy(
                        policy, partition=_partition(arn)
                    )
                ),
                opts=pulumi.ResourceOptions(parent=self),
            )
        for kind, text in self._policies(args, arn).items():
            aws.iam.RolePolicy(
                f"{name}-{kind}",
                role=role.name,
                policy=text,
                opts=pulumi.ResourceOptions(parent=self),
            )
        if args.associate and args.identity == "pod-identity":
            aws.eks.PodIdentityAssociation(
                f"{name}-association",
                cluster_name=args.cluster_name,
                namespace=iam_drivers.NAMESPACE,
                service_account=whose.service_account,
                role_arn=role.arn,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.role_arn = role.arn
        self.annotations = (
            {"eks.amazonaws.com/role-arn": role.arn} if args.identity == "irsa" else {}
        )
        self.register_outputs({"roleArn": self.role_arn})

    def _policies(
        self, args: DriverIdentityArgs, cluster_arn: pulumi.Output[str]
    ) -> dict[str, pulumi.Output[str]]:
        """What this project says itself, beside AWS's own policies."""
        if args.add_on == AUTOSCALER:
            text = pulumi.Output.all(cluster_arn, args.cluster_name).apply(_scaling)
            return {"scaling": text}
        if args.kms_key_arns:
            text = pulumi.Output.all(*args.kms_key_arns).apply(
                lambda keys: json.dumps(iam_drivers.encrypted_disks(keys))
            )
            return {"keys": text}
        return {}


def _trust(args: DriverIdentityArgs) -> pulumi.Output[str]:
    """Who may take on the role: the controller, and what EKS annotates beside it."""
    whose = iam_drivers.DRIVER_ROLES[args.add_on]
    account = whose.service_account
    if args.identity == "pod-identity":
        return pulumi.Output.from_input(args.cluster_arn).apply(
            lambda arn: json.dumps(
                iam_trust.pod_identity(
                    cluster_arn=arn,
                    namespace=iam_drivers.NAMESPACE,
                    service_account=account,
                )
            )
        )
    if args.oidc_issuer is None or args.oidc_provider_arn is None:
        raise ValueError("irsa needs the cluster's issuer, and its provider in IAM")
    row = EKS_ADD_ONS.get(args.add_on)
    accounts = (account, *(row.also if row else ()))
    return pulumi.Output.all(args.oidc_provider_arn, args.oidc_issuer).apply(
        lambda of: json.dumps(_irsa(of[0], of[1], accounts))
    )


def _irsa(provider_arn: str, issuer: str, accounts: Sequence[str]) -> Document:
    statements: list[Document] = []
    for account in accounts:
        statements += iam_trust.irsa(
            provider_arn=provider_arn,
            issuer=issuer,
            namespace=iam_drivers.NAMESPACE,
            service_account=account,
        )["Statement"]
    return document(*statements)


def _scaling(of: Sequence[Any]) -> str:
    cluster_arn, cluster = of
    _, partition, _, region, account, _ = str(cluster_arn).split(":", 5)
    return json.dumps(
        iam_drivers.autoscaler(
            cluster=cluster, region=region, account=account, partition=partition
        )
    )


def _partition(arn: str) -> str:
    return arn.split(":", 2)[1]
