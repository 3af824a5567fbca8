"""The network of an environment: a VPC network with a subnet of the region."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_gcp as gcp

from components.catalog import gcp_networks
from components.gcp.network_spec import ExistingVpcSpec, NewVpcSpec, VpcNetworkSpec

_PODS, _SERVICES = "pods", "services"
_PRODUCER = "servicenetworking.googleapis.com"

# Servers of Managed Lustre call clients back. Sources: the firewall rule in
# https://docs.cloud.google.com/managed-lustre/docs/vpc and the ports of
# GoogleCloudPlatform/lustre-csi-driver 89f1eb7 pkg/kmod_installer, read 2026-11-22.
_LUSTRE_PORTS = ("988", "6988")


@dataclass(frozen=True, kw_only=True)
class VpcNetworkArgs:
    """What a VpcNetwork is made from.

    Attributes:
        spec: Which network, or what it is like.
        region: The region of its subnet.
        project: The project that it is made in.
        protect: Whether data in it is to outlive the stack: network, subnet and
            the range of private services are then neither destroyed nor replaced.
    """

    spec: VpcNetworkSpec
    region: str
    project: str
    protect: bool = False


class VpcNetwork(pulumi.ComponentResource):
    """A VPC network that is used as it is, or one that is made.

    One that is made has one subnet, with addresses for nodes, pods and Services.
    Nodes have no addresses of the internet: Google is reached by Private Google
    Access, all else through a NAT gateway. Filestore and Managed Lustre are
    reached by private services access, a peering with Google's own network. The
    peering is left behind when the stack goes, since Google ends it only days
    after the last of them is gone. Where a network cannot be deleted for it, it is
    removed by hand, and the network after it.

    Attributes:
        network: Its full name, `projects/P/global/networks/N`.
        subnet: The full name of its subnet; None where none is named.
        pods_range: Name of the subnet's range for pods; None where none is named.
        services_range: Name of the subnet's range for Services, likewise.
        peered_range: Name of the range of private services; None where there is
            no private services access.
        ready: What nodes and private services wait for.
    """

    network: pulumi.Output[str]
    subnet: pulumi.Output[str] | None
    pods_range: pulumi.Output[str] | None
    services_range: pulumi.Output[str] | None
    peered_range: pulumi.Output[str] | None
    ready: list[pulumi.Resource]

    def __init__(
        self,
        name: str,
        args: VpcNetworkArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make or use the network.

        Args:
            name: What the names of its parts begin with.
            args: Which network.
            opts: Must carry the provider of the project and region.
        """
        super().__init__("ml-storage:index:VpcNetwork", name, None, opts)
        self._base = name
        self.ready = []
        if args.spec.create is not None:
            self._make(args.spec.create, args)
        elif args.spec.existing is not None:
            self._use(args.spec.existing, args)
        self.register_outputs(
            {
                "network": self.network,
                "subnet": self.subnet,
                "podsRange": self.pods_range,
                "servicesRange": self.services_range,
                "peeredRange": self.peered_range,
            }
        )

    def _options(self, *, protect: bool = False) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, protect=protect)

    def _use(self, spec: ExistingVpcSpec, args: VpcNetworkArgs) -> None:
        project = args.project
        network = gcp_networks.full_name("network", spec.network, project)
        # The subnet of a Shared VPC is in the project of its network.
        owner = network.split("/")[1]
        self.network = pulumi.Output.from_input(network)
        self.subnet = _named(
            gcp_networks.full_name("subnet", spec.subnet, owner, args.region)
            if spec.subnet
            else None
        )
        self.pods_range = _named(spec.pods)
        self.services_range = _named(spec.services)
        self.peered_range = _named(spec.peered_range)

    def _make(self, spec: NewVpcSpec, args: VpcNetworkArgs) -> None:
        network = gcp.compute.Network(
            f"{self._base}-network",
            project=args.project,
            auto_create_subnetworks=False,
            routing_mode="REGIONAL",
            mtu=gcp_networks.MTU,
            opts=self._options(protect=args.protect),
        )
        subnet = gcp.compute.Subnetwork(
            f"{self._base}-subnet",
            project=args.project,
            region=args.region,
            network=network.id,
            ip_cidr_range=spec.cidr,
            private_ip_google_access=True,
            secondary_ip_ranges=[
                gcp.compute.SubnetworkSecondaryIpRangeArgs(
                    range_name=_PODS, ip_cidr_range=spec.pods
                ),
                gcp.compute.SubnetworkSecondaryIpRangeArgs(
                    range_name=_SERVICES, ip_cidr_range=spec.services
                ),
            ],
            opts=self._options(protect=args.protect),
        )
        self.network, self.subnet = network.id, subnet.id
        self.pods_range = _named(_PODS)
        self.services_range = _named(_SERVICES)
        self._way_out(args, network, subnet)
        self._private_services(spec, args, network)

    def _way_out(
        self,
        args: VpcNetworkArgs,
        network: gcp.compute.Network,
        subnet: gcp.compute.Subnetwork,
    ) -> None:
        router = gcp.compute.Router(
            f"{self._base}-router",
            project=args.project,
            region=args.region,
            network=network.id,
            opts=self._options(),
        )
        nat = gcp.compute.RouterNat(
            f"{self._base}-nat",
            project=args.project,
            region=args.region,
            router=router.name,
            nat_ip_allocate_option="AUTO_ONLY",
            source_subnetwork_ip_ranges_to_nat="LIST_OF_SUBNETWORKS",
            subnetworks=[
                gcp.compute.RouterNatSubnetworkArgs(
                    name=subnet.id, source_ip_ranges_to_nats=["ALL_IP_RANGES"]
                )
            ],
            log_config=gcp.compute.RouterNatLogConfigArgs(
                enable=True, filter="ERRORS_ONLY"
            ),
            opts=self._options(),
        )
        self.ready.append(nat)

    def _private_services(
        self, spec: NewVpcSpec, args: VpcNetworkArgs, network: gcp.compute.Network
    ) -> None:
        peered = IPv4Network(spec.peered_cidr)
        allocated = gcp.compute.GlobalAddress(
            f"{self._base}-services",
            project=args.project,
            network=network.id,
            purpose="VPC_PEERING",
            address_type="INTERNAL",
            address=str(peered.network_address),
            prefix_length=peered.prefixlen,
            opts=self._options(protect=args.protect),
        )
        connection = gcp.servicenetworking.Connection(
            f"{self._base}-services",
            network=network.id,
            service=_PRODUCER,
            reserved_peering_ranges=[allocated.name],
            # Google does not end the peering while it has traces of what was
            # reached by it, which it keeps for days.
            deletion_policy="ABANDON",
            # One that was left behind is taken up again.
            update_on_creation_fail=True,
            opts=self._options(),
        )
        gcp.compute.Firewall(
            f"{self._base}-lustre",
            project=args.project,
            network=network.id,
            description="Servers of Managed Lustre to their clients",
            direction="INGRESS",
            source_ranges=[spec.peered_cidr],
            allows=[
                gcp.compute.FirewallAllowArgs(protocol="tcp", ports=list(_LUSTRE_PORTS))
            ],
            opts=self._options(),
        )
        self.peered_range = allocated.name
        self.ready.append(connection)


def _named(name: str | None) -> pulumi.Output[str] | None:
    return pulumi.Output.from_input(name) if name is not None else None
