"""The cluster of an environment on Google Cloud: its pools and its drivers."""

from __future__ import annotations

from dataclasses import dataclass, field

import pulumi
import pulumi_kubernetes as k8s

from components.catalog.gke_add_ons import GKE_ADD_ONS
from components.gcp.gke_cluster import GkeCluster, GkeClusterArgs
from components.gcp.gke_cluster_spec import GkeClusterSpec
from components.gcp.node_account import NodeAccount, NodeAccountArgs
from components.gcp.node_pool import NodePool, NodePoolArgs
from components.gcp.node_pool_spec import GkeNodePoolSpec
from stacks.gcp.data import GcpCloud

NAME = "cluster"
"""The name of the cluster, of its provider and of what belongs to it alone."""


@dataclass(kw_only=True)
class GcpCluster:
    """A cluster of GKE with what objects in it need.

    Attributes:
        cluster: The cluster.
        provider: The one provider of its objects.
        ready: What is there before any object, and goes after all of them.
    """

    cluster: GkeCluster
    provider: k8s.Provider
    ready: list[pulumi.Resource] = field(default_factory=list[pulumi.Resource])


def build_cluster(cloud: GcpCloud, spec: GkeClusterSpec) -> GcpCluster:
    """Register the cluster, its drivers and its nodes."""
    config = cloud.config
    pools = made_pools(cloud)
    # Nodes that GKE makes itself run as this account as well.
    account = (
        NodeAccount(NAME, NodeAccountArgs(project=cloud.project), cloud.options)
        if pools or spec.create is not None
        else None
    )
    cluster = GkeCluster(
        NAME,
        GkeClusterArgs(
            spec=spec,
            project=cloud.project,
            region=cloud.region,
            network=cloud.network,
            subnet=cloud.subnet,
            pods_range=cloud.pods_range,
            services_range=cloud.services_range,
            add_ons=[
                name
                for name, add_on in config.add_ons.items()
                if add_on.install and name in GKE_ADD_ONS
            ],
            kms_key=cloud.key(spec.create.kms_key if spec.create else None, "gke"),
        ),
        # Nodes reach what is outside through the network's gateways.
        pulumi.ResourceOptions.merge(
            cloud.options, pulumi.ResourceOptions(depends_on=cloud.gateways)
        ),
    )
    built = GcpCluster(
        cluster=cluster,
        provider=k8s.Provider(
            NAME,
            kubeconfig=cluster.kubeconfig,
            # Without it a kubeconfig that changed could replace the provider,
            # and with it every claim.
            cluster_identifier=pulumi.Output.concat(
                cloud.project, "/", cluster.location, "/", cluster.cluster_name
            ),
            opts=pulumi.ResourceOptions(depends_on=[cluster]),
        ),
        ready=[cluster],
    )
    if account is not None:
        built.ready += _pools(cloud, cluster, account, pools)
    return built


def made_pools(cloud: GcpCloud) -> dict[str, GkeNodePoolSpec]:
    """The pools that the stack makes, by name."""
    return {
        name: pool
        for name, pool in cloud.config.node_pools.items()
        if isinstance(pool, GkeNodePoolSpec)
    }


def _pools(
    cloud: GcpCloud,
    cluster: GkeCluster,
    account: NodeAccount,
    made: dict[str, GkeNodePoolSpec],
) -> list[pulumi.Resource]:
    """The nodes of the pools."""
    opts = pulumi.ResourceOptions.merge(
        cloud.options, pulumi.ResourceOptions(depends_on=[cluster])
    )
    return [
        NodePool(
            name,
            NodePoolArgs(
                spec=pool,
                cluster_name=cluster.cluster_name,
                location=cluster.location,
                project=cloud.project,
                service_account=account.email,
                boot_images={
                    image: cloud.images.get(image, image) for image in pool.boot_images
                },
                labels=cloud.config.tags,
            ),
            pulumi.ResourceOptions.merge(
                opts, pulumi.ResourceOptions(depends_on=[account])
            ),
        )
        for name, pool in made.items()
    ]
