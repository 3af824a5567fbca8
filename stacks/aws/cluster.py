"""The cluster of an environment on AWS: its pools, its drivers, its ways to data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.aws.client_rules import ClientRules, ClientRulesArgs
from components.aws.driver_identity import (
    AUTOSCALER,
    DriverIdentity,
    DriverIdentityArgs,
)
from components.aws.ebs_class_spec import EbsClassSpec
from components.aws.eks_add_on import EksAddOn, EksAddOnArgs
from components.aws.eks_cluster import EksCluster, EksClusterArgs
from components.aws.eks_cluster_spec import EksClusterSpec
from components.aws.fsx_lustre_spec import FsxLustreSpec
from components.aws.node_group import NodeGroup, NodeGroupArgs
from components.aws.node_pool_spec import EksNodePoolSpec
from components.aws.node_role import NodeRole, NodeRoleArgs
from components.catalog import efs, fsx_lustre_tables
from components.catalog.add_ons import AddOnName
from components.catalog.eks_add_ons import (
    EKS_ADD_ONS,
    POD_IDENTITY_AGENT,
    autoscaler_values,
)
from stacks.aws.data import AwsCloud

NAME = "cluster"
"""The name of the cluster, of its provider and of what belongs to it alone."""


@dataclass(kw_only=True)
class AwsCluster:
    """A cluster of EKS with what objects in it need.

    Attributes:
        cluster: The cluster.
        provider: The one provider of its objects.
        ready: What is there before any object, and goes after all of them: the
            nodes, the drivers, the ways to the data.
    """

    cluster: EksCluster
    provider: k8s.Provider
    ready: list[pulumi.Resource] = field(default_factory=list[pulumi.Resource])


def build_cluster(cloud: AwsCloud, spec: EksClusterSpec) -> AwsCluster:
    """Register the cluster, its nodes and its drivers."""
    opts = cloud.options
    cluster = EksCluster(
        NAME,
        EksClusterArgs(
            spec=spec,
            subnets=cloud.subnets,
            region=cloud.region,
            identity=cloud.config.aws_identity,
            efa=any(pool.efa for pool in made_pools(cloud).values()),
            kms_key_arn=cloud.key(spec.create.kms_key) if spec.create else None,
        ),
        # Nodes reach their registries and EKS through the network's gateways.
        pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(depends_on=cloud.gateways)
        ),
    )
    built = AwsCluster(
        cluster=cluster,
        provider=k8s.Provider(
            NAME,
            kubeconfig=cluster.kubeconfig,
            # Without it a kubeconfig that changed could replace the provider,
            # and with it every claim.
            cluster_identifier=cluster.arn,
            opts=pulumi.ResourceOptions(depends_on=[cluster]),
        ),
        ready=[cluster],
    )
    after = pulumi.ResourceOptions.merge(
        opts, pulumi.ResourceOptions(depends_on=[cluster])
    )
    nodes = _pools(cloud, built, after)
    _ways(cloud, cluster, built, after)
    _drivers(cloud, built, nodes, opts)
    return built


def _pools(
    cloud: AwsCloud, built: AwsCluster, opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """The pools that are made."""
    made = made_pools(cloud)
    if not made:
        return []
    role = NodeRole(NAME, NodeRoleArgs(region=cloud.region), opts)
    groups: list[pulumi.Resource] = [
        NodeGroup(
            name,
            NodeGroupArgs(
                spec=pool,
                cluster_name=built.cluster.cluster_name,
                subnets={zone: cloud.subnet(zone) for zone in pool.zones},
                cluster_security_group_id=built.cluster.security_group_id,
                node_role_arn=role.role_arn,
                startup_taints=startup_taints(cloud),
                tags=cloud.config.tags,
            ),
            pulumi.ResourceOptions.merge(
                opts, pulumi.ResourceOptions(depends_on=[role])
            ),
        )
        for name, pool in made.items()
    ]
    built.ready += groups
    return groups


def made_pools(cloud: AwsCloud) -> dict[str, EksNodePoolSpec]:
    """The pools that the stack makes, by name."""
    return {
        name: pool
        for name, pool in cloud.config.node_pools.items()
        if isinstance(pool, EksNodePoolSpec)
    }


def startup_taints(cloud: AwsCloud) -> list[str]:
    """Keys of the taints that nodes begin with, until a driver takes them away."""
    return [
        row.startup_taint
        for name, row in EKS_ADD_ONS.items()
        if row.startup_taint and name in cloud.config.add_ons
    ]


def _ways(
    cloud: AwsCloud,
    cluster: EksCluster,
    built: AwsCluster,
    opts: pulumi.ResourceOptions,
) -> None:
    """Let the nodes reach the file systems.

    The rules belong to the stack of the cluster: its nodes' security group is
    known here alone.
    """
    for name, ids in cloud.storage.items():
        group = ids.get("securityGroupId")
        if group is None:
            continue
        spec = cloud.config.storage[name]
        lustre = isinstance(spec, FsxLustreSpec)
        rules = ClientRules(
            f"{name}-clients",
            ClientRulesArgs(
                security_group_id=group,
                clients={NAME: cluster.security_group_id},
                ports=fsx_lustre_tables.PORTS if lustre else efs.PORTS,
                all_traffic=lustre and spec.efa,
                both_ways=lustre,
            ),
            opts,
        )
        built.ready.append(rules)


def _drivers(
    cloud: AwsCloud,
    built: AwsCluster,
    nodes: list[pulumi.Resource],
    opts: pulumi.ResourceOptions,
) -> None:
    """The add-ons of EKS: first the agent that gives the others their identity."""
    config, cluster = cloud.config, built.cluster
    installed: list[AddOnName] = [
        name
        for name, spec in config.add_ons.items()
        if spec.install and name in EKS_ADD_ONS
    ]
    after: list[pulumi.Resource] = [cluster, *nodes]
    for name in sorted(installed, key=lambda add_on: add_on != POD_IDENTITY_AGENT):
        add_on = EksAddOn(
            name,
            EksAddOnArgs(
                add_on=name,
                spec=config.add_ons[name],
                cluster_name=cluster.cluster_name,
                cluster_arn=cluster.arn,
                identity=config.aws_identity,
                oidc_provider_arn=cluster.oidc_provider_arn,
                oidc_issuer=cluster.oidc_issuer,
                kms_key_arns=_disk_keys(cloud),
            ),
            pulumi.ResourceOptions.merge(
                opts, pulumi.ResourceOptions(depends_on=list(after))
            ),
        )
        if name == POD_IDENTITY_AGENT:
            after.append(add_on)
        built.ready.append(add_on)


def _disk_keys(cloud: AwsCloud) -> list[pulumi.Input[str]]:
    """The keys that disks of any class are encrypted with."""
    names = {
        spec.kms_key
        for spec in cloud.config.storage_classes.values()
        if isinstance(spec, EbsClassSpec) and spec.kms_key is not None
    }
    return [arn for name in sorted(names) if (arn := cloud.key(name)) is not None]


def autoscaler(cloud: AwsCloud, built: AwsCluster) -> Mapping[str, Any]:
    """Register the identity of the autoscaler; what its chart is told."""
    cluster, config = built.cluster, cloud.config
    identity = DriverIdentity(
        AUTOSCALER,
        DriverIdentityArgs(
            add_on=AUTOSCALER,
            cluster_name=cluster.cluster_name,
            cluster_arn=cluster.arn,
            identity=config.aws_identity,
            oidc_issuer=cluster.oidc_issuer,
            oidc_provider_arn=cluster.oidc_provider_arn,
            associate=True,
        ),
        pulumi.ResourceOptions.merge(
            cloud.options, pulumi.ResourceOptions(depends_on=[cluster])
        ),
    )
    built.ready.append(identity)
    values = autoscaler_values(
        cluster.cluster_name, cloud.region, startup_taints(cloud)
    )
    account: dict[str, Any] = values["rbac"]["serviceAccount"]
    annotated = {**account, "annotations": dict(identity.annotations)}
    return {**values, "rbac": {"serviceAccount": annotated}}
