"""The network of an environment: a VPC with a private subnet in each zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.network_spec import NetworkSpec, NewNetworkSpec
from components.catalog import aws_networks, aws_regions


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """What a Network is made from.

    Attributes:
        spec: Which network, or what it is like.
        protect: Whether data in it is to outlive the stack: the VPC and its
            private subnets are then neither destroyed nor replaced.
    """

    spec: NetworkSpec
    protect: bool = False


class Network(pulumi.ComponentResource):
    """A VPC that is used as it is, or a small one that is made.

    One that is made has a private and a public subnet in each zone. What is in a
    private subnet reaches the internet through one NAT gateway, in the first
    zone: where that zone fails, the others have no way out. S3 is reached through
    a gateway endpoint, past the NAT gateway and without its price per byte.

    Attributes:
        vpc_id: Id of the VPC.
        subnets: Ids of the private subnets, by zone.
    """

    vpc_id: pulumi.Output[str]
    subnets: Mapping[str, pulumi.Output[str]]

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make or use the network.

        Args:
            name: What the names of its parts begin with.
            args: Which network.
            opts: Must carry the provider of the region.
        """
        super().__init__("ml-storage:index:Network", name, None, opts)
        self._base = name
        if args.spec.create is not None:
            self._make(args.spec.create, protect=args.protect)
        elif args.spec.existing is not None:
            existing = args.spec.existing
            self.vpc_id = pulumi.Output.from_input(existing.vpc)
            self.subnets = {
                zone: pulumi.Output.from_input(subnet)
                for zone, subnet in existing.subnets.items()
            }
        self.register_outputs({"vpcId": self.vpc_id, "subnets": dict(self.subnets)})

    def _options(self, *, protect: bool = False) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, protect=protect)

    def _tags(self, role: str, **more: str) -> dict[str, str]:
        return {"Name": f"{self._base}-{role}", **more}

    def _make(self, spec: NewNetworkSpec, *, protect: bool) -> None:
        name = self._base
        vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=spec.cidr,
            # File systems are mounted by the names that AWS gives them.
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=self._tags("vpc"),
            opts=self._options(protect=protect),
        )
        # Whatever forgets to name a security group gets this one, and reaches
        # nothing.
        aws.ec2.DefaultSecurityGroup(
            f"{name}-default",
            vpc_id=vpc.id,
            tags=self._tags("default"),
            opts=self._options(),
        )
        self.vpc_id = vpc.id
        internet = aws.ec2.InternetGateway(
            f"{name}-internet",
            vpc_id=vpc.id,
            tags=self._tags("internet"),
            opts=self._options(),
        )
        public = self._public_routes(vpc, internet)
        parts = aws_networks.divided(spec.cidr, spec.zones)
        gateway: aws.ec2.NatGateway | None = None
        private: dict[str, aws.ec2.Subnet] = {}
        for zone, part in parts.items():
            outside = self._subnet(vpc, zone, part.public, public=True)
            aws.ec2.RouteTableAssociation(
                f"{name}-public-{zone}",
                subnet_id=outside.id,
                route_table_id=public.id,
                opts=self._options(),
            )
            gateway = gateway or self._nat(outside, internet)
            private[zone] = self._subnet(vpc, zone, part.private, protect=protect)
        if gateway is not None:
            self._private_routes(vpc, gateway, private)
        self.subnets = {zone: subnet.id for zone, subnet in private.items()}

    def _subnet(
        self,
        vpc: aws.ec2.Vpc,
        zone: str,
        cidr: str,
        *,
        public: bool = False,
        protect: bool = False,
    ) -> aws.ec2.Subnet:
        role = f"{'public' if public else 'private'}-{zone}"
        # By these tags load balancers find where to be.
        balancer = "kubernetes.io/role/elb" if public else _INTERNAL_BALANCER
        return aws.ec2.Subnet(
            f"{self._base}-{role}",
            vpc_id=vpc.id,
            availability_zone=zone,
            cidr_block=cidr,
            map_public_ip_on_launch=False,
            tags={**self._tags(role), balancer: "1"},
            opts=self._options(protect=protect),
        )

    def _public_routes(
        self, vpc: aws.ec2.Vpc, internet: aws.ec2.InternetGateway
    ) -> aws.ec2.RouteTable:
        name = self._base
        table = aws.ec2.RouteTable(
            f"{name}-public",
            vpc_id=vpc.id,
            tags=self._tags("public"),
            opts=self._options(),
        )
        aws.ec2.Route(
            f"{name}-public-internet",
            route_table_id=table.id,
            destination_cidr_block=_EVERYWHERE,
            gateway_id=internet.id,
            opts=self._options(),
        )
        return table

    def _nat(
        self, subnet: aws.ec2.Subnet, internet: aws.ec2.InternetGateway
    ) -> aws.ec2.NatGateway:
        name = self._base
        # It is not made before its VPC has a way out, nor outlives that.
        after = pulumi.ResourceOptions(parent=self, depends_on=[internet])
        address = aws.ec2.Eip(
            f"{name}-nat",
            domain="vpc",
            tags=self._tags("nat"),
            opts=after,
        )
        return aws.ec2.NatGateway(
            f"{name}-nat",
            allocation_id=address.allocation_id,
            subnet_id=subnet.id,
            tags=self._tags("nat"),
            opts=after,
        )

    def _private_routes(
        self,
        vpc: aws.ec2.Vpc,
        gateway: aws.ec2.NatGateway,
        subnets: Mapping[str, aws.ec2.Subnet],
    ) -> None:
        name = self._base
        table = aws.ec2.RouteTable(
            f"{name}-private",
            vpc_id=vpc.id,
            tags=self._tags("private"),
            opts=self._options(),
        )
        aws.ec2.Route(
            f"{name}-private-nat",
            route_table_id=table.id,
            destination_cidr_block=_EVERYWHERE,
            nat_gateway_id=gateway.id,
            opts=self._options(),
        )
        for zone, subnet in subnets.items():
            aws.ec2.RouteTableAssociation(
                f"{name}-private-{zone}",
                subnet_id=subnet.id,
                route_table_id=table.id,
                opts=self._options(),
            )
        region = aws_regions.region_of(next(iter(subnets)))
        aws.ec2.VpcEndpoint(
            f"{name}-s3",
            vpc_id=vpc.id,
            service_name=f"com.amazonaws.{region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id],
            tags=self._tags("s3"),
            opts=self._options(),
        )


_EVERYWHERE = "0.0.0.0/0"
_INTERNAL_BALANCER = "kubernetes.io/role/internal-elb"
