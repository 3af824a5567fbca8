"""A cluster of GKE, used as it is or made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_gcp as gcp

from components.catalog import gke
from components.catalog.gke_add_ons import GKE_ADD_ONS
from components.gcp.gke_cluster_spec import GkeClusterSpec, NewGkeClusterSpec
from components.gcp.kubeconfig import kubeconfig

# What GKE itself reports of a new cluster; the rest is the programs' own.
_LOGS = ("SYSTEM_COMPONENTS", "WORKLOADS")
_METRICS = (
    "SYSTEM_COMPONENTS",
    "STORAGE",
    "HPA",
    "POD",
    "DAEMONSET",
    "DEPLOYMENT",
    "STATEFULSET",
    "KUBELET",
    "CADVISOR",
    "DCGM",
)


@dataclass(frozen=True, kw_only=True)
class GkeClusterArgs:
    """What a GkeCluster is made from.

    Attributes:
        spec: Which cluster, or what it is like.
        project: The project that it is in.
        region: The environment's region, where no other location is said.
        network: Full name of its network. A cluster that exists has its own.
        subnet: Full name of its subnet, likewise.
        pods_range: Name of the subnet's range for pods; GKE makes one without.
        services_range: Name of the subnet's range for Services, likewise.
        add_ons: Names of the add-ons that GKE is to turn on.
        kms_key: Full name of the key that encrypts Secrets in etcd.
        node_account: The account of nodes that GKE makes itself: those of
            Autopilot, and the first one of a Standard cluster, which goes at
            once. Default: the project's Compute Engine account.
    """

    spec: GkeClusterSpec
    project: str
    region: str
    network: pulumi.Input[str] | None = None
    subnet: pulumi.Input[str] | None = None
    pods_range: pulumi.Input[str] | None = None
    services_range: pulumi.Input[str] | None = None
    add_ons: Sequence[str] = ()
    kms_key: pulumi.Input[str] | None = None
    node_account: pulumi.Input[str] | None = None


class GkeCluster(pulumi.ComponentResource):
    """A cluster of GKE.

    One that is made has private nodes, and is reached from its network, and from
    outside only by whom `publicAccess` names. `onDelete: protect` keeps it from
    being destroyed by Pulumi and by GKE: to get rid of it, deploy it with
    `onDelete: delete` first.

    Attributes:
        cluster_name: Its name.
        location: Its region, or its zone.
        endpoint: The host of its API server.
        certificate_authority: Its certificate authority, base64.
        workload_pool: The pool of the identities of its pods.
        kubeconfig: A kubeconfig as JSON, without credentials.
    """

    cluster_name: pulumi.Output[str]
    location: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    certificate_authority: pulumi.Output[str]
    workload_pool: pulumi.Output[str]
    kubeconfig: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: GkeClusterArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make or look up the cluster.

        Args:
            name: What the names of its parts begin with.
            args: Which cluster.
            opts: Must carry the provider of the project and region.

        Raises:
            ValueError: A cluster is to be made without a network and a subnet.
        """
        super().__init__("ml-storage:index:GkeCluster", name, None, opts)
        self._base = name
        spec = args.spec
        place = spec.location or args.region
        if spec.create is not None:
            cluster = self._make(spec.create, place, args)
            self.workload_pool = pulumi.Output.from_input(
                gke.workload_pool(args.project)
            )
        else:
            cluster = gcp.container.Cluster.get(
                f"{name}-cluster",
                f"projects/{args.project}/locations/{place}/clusters/{spec.existing}",
                opts=pulumi.ResourceOptions(parent=self),
            )
            self.workload_pool = cluster.workload_identity_config.apply(
                lambda config: _pool(config) or gke.workload_pool(args.project)
            )
        self.cluster_name = cluster.name
        self.location = cluster.location
        self.endpoint = cluster.endpoint
        self.certificate_authority = cluster.master_auth.apply(
            lambda auth: str(auth.cluster_ca_certificate)
        )
        self.kubeconfig = self._reached_by(cluster, spec.create)
        self.register_outputs(
            {
                "clusterName": self.cluster_name,
                "location": self.location,
                "kubeconfig": self.kubeconfig,
            }
        )

    def _reached_by(
        self, cluster: gcp.container.Cluster, spec: NewGkeClusterSpec | None
    ) -> pulumi.Output[str]:
        if spec is not None and spec.dns_endpoint:
            host = cluster.control_plane_endpoints_config.apply(_dns_name)
            server = pulumi.Output.concat("https://", host)
            return pulumi.Output.json_dumps(kubeconfig(server=server))
        return pulumi.Output.json_dumps(
            kubeconfig(
                server=pulumi.Output.concat("https://", self.endpoint),
                certificate_authority=self.certificate_authority,
            )
        )

    def _make(
        self, spec: NewGkeClusterSpec, place: str, args: GkeClusterArgs
    ) -> gcp.container.Cluster:
        if args.network is None or args.subnet is None:
            raise ValueError("a cluster is made in a subnet: there is none")
        protect = spec.on_delete == "protect"
        autopilot = spec.mode == "autopilot"
        fields = _autopilot(args) if autopilot else _standard(args)
        if args.kms_key is not None:
            fields["database_encryption"] = {
                "state": "ENCRYPTED",
                "key_name": args.kms_key,
            }
        add_ons: dict[str, Any] = {
            GKE_ADD_ONS[name].field: {"enabled": True} for name in sorted(args.add_ons)
        }
        return gcp.container.Cluster(
            f"{self._base}-cluster",
            project=args.project,
            location=place,
            network=args.network,
            subnetwork=args.subnet,
            ip_allocation_policy=gcp.container.ClusterIpAllocationPolicyArgs(
                cluster_secondary_range_name=args.pods_range,
                services_secondary_range_name=args.services_range,
            ),
            release_channel={"channel": spec.channel.upper()},
            min_master_version=spec.version,
            **_reach(spec),
            addons_config=gcp.container.ClusterAddonsConfigArgs(**add_ons)
            if add_ons
            else None,
            logging_config={"enable_components": list(_LOGS)},
            monitoring_config={
                "enable_components": list(_METRICS),
                "managed_prometheus": {"enabled": True},
            },
            master_auth={
                "client_certificate_config": {"issue_client_certificate": False}
            },
            deletion_protection=protect,
            **fields,
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=protect,
                # Pools are resources of their own: that of a cluster's first
                # moment is gone, and GKE upgrades by itself.
                ignore_changes=["initialNodeCount", "nodeConfig", "nodeVersion"],
            ),
        )


def _reach(spec: NewGkeClusterSpec) -> dict[str, Any]:
    """Who reaches the API server, and from where."""
    public = bool(spec.public_access)
    fields: dict[str, Any] = {
        "private_cluster_config": {
            "enable_private_nodes": True,
            "enable_private_endpoint": not public,
        },
        # Stated without any addresses it lets in the network alone.
        "master_authorized_networks_config": {
            "cidr_blocks": [{"cidr_block": cidr} for cidr in spec.public_access],
            "gcp_public_cidrs_access_enabled": False,
        },
    }
    if spec.dns_endpoint:
        fields["control_plane_endpoints_config"] = {
            "dns_endpoint_config": {"allow_external_traffic": True}
        }
    return fields


def _standard(args: GkeClusterArgs) -> dict[str, Any]:
    """A cluster whose nodes are pools of this stack."""
    fields: dict[str, Any] = {
        "workload_identity_config": {"workload_pool": gke.workload_pool(args.project)},
        "datapath_provider": "ADVANCED_DATAPATH",
        "enable_shielded_nodes": True,
        "remove_default_node_pool": True,
        "initial_node_count": 1,
    }
    if args.node_account is not None:
        fields["node_config"] = {"service_account": args.node_account}
    return fields


def _autopilot(args: GkeClusterArgs) -> dict[str, Any]:
    """A cluster whose nodes GKE makes: what it has in any case is not stated."""
    fields: dict[str, Any] = {"enable_autopilot": True}
    if args.node_account is not None:
        fields["cluster_autoscaling"] = {
            "auto_provisioning_defaults": {"service_account": args.node_account}
        }
    return fields


def _pool(config: Any) -> str | None:
    return config.workload_pool if config is not None else None


def _dns_name(config: Any) -> str:
    return str(config.dns_endpoint_config.endpoint)
