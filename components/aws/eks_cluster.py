"""A cluster of EKS, used as it is or made."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pulumi
import pulumi_aws as aws

from components.aws.eks_cluster_spec import EksClusterSpec, NewClusterSpec
from components.aws.kubeconfig import kubeconfig
from components.catalog import aws_regions, iam_trust
from components.catalog.iam_drivers import managed_policy

Identity = Literal["pod-identity", "irsa"]


@dataclass(frozen=True, kw_only=True)
class EksClusterArgs:
    """What an EksCluster is made from.

    Attributes:
        spec: Which cluster, or what it is like.
        subnets: Private subnets, by zone. A cluster that exists has its own.
        region: Its region.
        identity: How its pods get their identity. For `irsa` a cluster that is
            made gets an OIDC provider; one that exists has it already.
        kms_key_arn: The key that encrypts Secrets in etcd.
        efa: Whether nodes have EFA: then its security group sends everything
            to itself as well. To send it everywhere is not enough for EFA.
    """

    spec: EksClusterSpec
    subnets: Mapping[str, pulumi.Input[str]] = field(
        default_factory=dict[str, pulumi.Input[str]]
    )
    region: str
    identity: Identity = "pod-identity"
    kms_key_arn: pulumi.Input[str] | None = None
    efa: bool = False


class EksCluster(pulumi.ComponentResource):
    """A cluster of EKS.

    One that is made is reached from its network, and from outside only by whom
    `publicAccess` names; who may do what is said by access entries alone.

    Attributes:
        cluster_name: Its name.
        arn: Its ARN.
        endpoint: URL of its API server.
        certificate_authority: Its certificate authority, base64.
        security_group_id: The group that EKS gives its nodes.
        oidc_issuer: URL of its OIDC issuer.
        oidc_provider_arn: ARN of the issuer in IAM; there with `irsa` only.
        kubeconfig: A kubeconfig as JSON, without credentials.
    """

    cluster_name: pulumi.Output[str]
    arn: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    certificate_authority: pulumi.Output[str]
    security_group_id: pulumi.Output[str]
    oidc_issuer: pulumi.Output[str]
    oidc_provider_arn: pulumi.Output[str]
    kubeconfig: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: EksClusterArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make or look up the cluster.

        Args:
            name: What the names of its parts begin with.
            args: Which cluster.
            opts: Must carry the provider of the region.

        Raises:
            ValueError: A cluster is to be made without subnets.
        """
        super().__init__("ml-storage:index:EksCluster", name, None, opts)
        self._base = name
        spec = args.spec
        if spec.create is not None:
            cluster = self._make(spec.create, args)
        else:
            cluster = aws.eks.Cluster.get(
                f"{name}-cluster",
                str(spec.existing),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.cluster_name = cluster.name
        self.arn = cluster.arn
        self.endpoint = cluster.endpoint
        self.certificate_authority = cluster.certificate_authority.apply(
            lambda authority: str(authority.data)
        )
        self.security_group_id = cluster.vpc_config.apply(
            lambda config: str(config.cluster_security_group_id)
        )
        self.oidc_issuer = cluster.identities.apply(_issuer)
        self.oidc_provider_arn = self._issuer_in_iam(args)
        if args.efa:
            self._efa_traffic()
        self.kubeconfig = pulumi.Output.json_dumps(
            kubeconfig(
                cluster=self.cluster_name,
                endpoint=self.endpoint,
                certificate_authority=self.certificate_authority,
                region=args.region,
            )
        )
        self.register_outputs(
            {"clusterName": self.cluster_name, "kubeconfig": self.kubeconfig}
        )

    def _make(self, spec: NewClusterSpec, args: EksClusterArgs) -> aws.eks.Cluster:
        if not args.subnets:
            raise ValueError("a cluster is made in subnets: there are none")
        name = self._base
        role, attached = self._role(args.region)
        cluster = aws.eks.Cluster(
            f"{name}-cluster",
            version=spec.version,
            role_arn=role.arn,
            vpc_config=aws.eks.ClusterVpcConfigArgs(
                subnet_ids=list(args.subnets.values()),
                endpoint_private_access=True,
                endpoint_public_access=bool(spec.public_access),
                public_access_cidrs=list(spec.public_access) or None,
            ),
            access_config={
                "authentication_mode": "API",
                "bootstrap_cluster_creator_admin_permissions": True,
            },
            encryption_config={
                "provider": {"key_arn": args.kms_key_arn},
                "resources": ["secrets"],
            }
            if args.kms_key_arn is not None
            else None,
            enabled_cluster_log_types=list(spec.logs),
            upgrade_policy={"support_type": spec.support.upper()},
            # EKS deletes what it made of the cluster with the role's rights.
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(attached)),
        )
        for arn in spec.admins:
            self._admin(cluster, arn, args.region)
        return cluster

    def _role(self, region: str) -> tuple[aws.iam.Role, Sequence[pulumi.Resource]]:
        name = self._base
        role = aws.iam.Role(
            f"{name}-role",
            assume_role_policy=json.dumps(iam_trust.service("eks.amazonaws.com")),
            opts=pulumi.ResourceOptions(parent=self),
        )
        policy = aws.iam.RolePolicyAttachment(
            f"{name}-role-cluster",
            role=role.name,
            policy_arn=managed_policy(
                "AmazonEKSClusterPolicy", partition=aws_regions.partition(region)
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return role, [policy]

    def _admin(self, cluster: aws.eks.Cluster, arn: str, region: str) -> None:
        """Let `arn` administer the cluster."""
        # `123456789012-role-platform`: the same wherever it stands in the list.
        account, _, path = arn.split(":", 4)[4].partition(":")
        key = f"{self._base}-{account}-{path.replace('/', '-')}"
        entry = aws.eks.AccessEntry(
            key,
            cluster_name=cluster.name,
            principal_arn=arn,
            opts=pulumi.ResourceOptions(parent=self),
        )
        partition = aws_regions.partition(region)
        aws.eks.AccessPolicyAssociation(
            key,
            cluster_name=cluster.name,
            principal_arn=entry.principal_arn,
            policy_arn=f"arn:{partition}:eks::aws:cluster-access-policy/"
            "AmazonEKSClusterAdminPolicy",
            access_scope={"type": "cluster"},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[entry]),
        )

    def _issuer_in_iam(self, args: EksClusterArgs) -> pulumi.Output[str]:
        if args.identity == "irsa" and args.spec.create is not None:
            provider = aws.iam.OpenIdConnectProvider(
                f"{self._base}-oidc",
                url=self.oidc_issuer,
                client_id_lists=["sts.amazonaws.com"],
                opts=pulumi.ResourceOptions(parent=self),
            )
            return provider.arn
        return pulumi.Output.all(self.arn, self.oidc_issuer).apply(_provider_arn)

    def _efa_traffic(self) -> None:
        aws.vpc.SecurityGroupEgressRule(
            f"{self._base}-efa",
            security_group_id=self.security_group_id,
            referenced_security_group_id=self.security_group_id,
            ip_protocol="-1",
            description="EFA between the nodes",
            opts=pulumi.ResourceOptions(parent=self),
        )


def _issuer(identities: Sequence[Any]) -> str:
    return str(identities[0].oidcs[0].issuer)


def _provider_arn(of: Sequence[str]) -> str:
    """The ARN in IAM of a cluster's issuer, by the cluster's own ARN."""
    cluster, issuer = of
    _, partition, _, _, account, _ = cluster.split(":", 5)
    host = issuer.removeprefix("https://")
    return f"arn:{partition}:iam::{account}:oidc-provider/{host}"
