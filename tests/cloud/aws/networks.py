"""EC2's networks and security groups, as AWS treats them."""

import ipaddress
import re
from collections.abc import Mapping
from typing import Any, Final

from tests.cloud.aws.file_systems import SECURITY_GROUP, SUBNET, in_subnet
from tests.cloud.aws.sources import schema
from tests.cloud.kind import Kind, Making, Ref
from tests.cloud.store import Things

VPC: Final = "aws:ec2/vpc:Vpc"
ROUTE_TABLE: Final = "aws:ec2/routeTable:RouteTable"
EIP: Final = "aws:ec2/eip:Eip"

TAGS: Final = "ec2.CreateTags:Tags"
"""Where the model describes the tags of anything that EC2 has."""

_TRAFFIC: Final = (
    *("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"),
)
_TEXT: Final = re.compile(r"[0-9A-Za-z_ .:/()#,@\[\]+=&;{}!$*-]{0,255}")
_NETWORK: Final = "must be a valid CIDR block, whose host part is zero"


def _cidr(value: Any) -> bool:
    try:
        ipaddress.ip_network(value)
    except ValueError:
        return False
    return True


def _in_vpc() -> Ref:
    return Ref(
        path="vpcId",
        to=VPC,
        missing="InvalidVpcID.NotFound: The vpc ID '{}' does not exist",
        holds="DependencyViolation: The vpc '{}' has dependencies and cannot be "
        "deleted.",
    )


def _in_table() -> Ref:
    """A part of a route table: the provider takes it away with the table."""
    return Ref(
        path="routeTableId",
        to=ROUTE_TABLE,
        missing="InvalidRouteTableID.NotFound: The routeTable ID '{}' does not exist",
        ends=True,
    )


def _own(making: Making) -> Things:
    """A network comes with a security group and a route table of its own."""
    group, table = "sg-" + making.hex(17, "sg"), "rtb-" + making.hex(17, "rtb")
    inputs = {"vpcId": making.id}
    return {
        SECURITY_GROUP: {
            group: {
                "inputs": {"name": "default", **inputs},
                "outputs": {"arn": making.arn("ec2", f"security-group/{group}")},
                "of": making.id,
            }
        },
        ROUTE_TABLE: {table: {"inputs": inputs, "outputs": {}, "of": making.id}},
    }


def _other_tenancy(old: Any, new: Any, _: Mapping[str, Any]) -> bool:
    return (old, new) != ("dedicated", "default")


def _other_source(old: Any, new: Any, _: Mapping[str, Any]) -> bool:
    """Tell whether a rule names traffic in another way than before."""
    return (old is None) != (new is None)


def _not_an_interface(_old: Any, _new: Any, inputs: Mapping[str, Any]) -> bool:
    return inputs["vpcEndpointType"] != "Interface"


def _rule(direction: str) -> Kind:
    operation = f"ec2.AuthorizeSecurityGroup{direction}"
    permission = f"{operation}:IpPermissions"
    return Kind(
        type_=f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule",
        id=lambda m: "sgr-" + m.hex(17),
        outputs={
            "arn": lambda m: m.arn("ec2", f"security-group-rule/{m.id}"),
            "securityGroupRuleId": lambda m: m.id,
        },
        models=(operation, permission),
        members={
            "cidrIpv4": f"{permission}.IpRanges.CidrIp",
            "cidrIpv6": f"{permission}.Ipv6Ranges.CidrIpv6",
            "description": f"{permission}.IpRanges.Description",
            "prefixListId": f"{permission}.PrefixListIds.PrefixListId",
            "referencedSecurityGroupId": f"{permission}.UserIdGroupPairs.GroupId",
            "securityGroupId": f"{operation}:GroupId",
            "tags": TAGS,
        },
        checks={
            "cidrIpv4": (_cidr, _NETWORK),
            "cidrIpv6": (_cidr, _NETWORK),
            "description": (lambda v: bool(_TEXT.fullmatch(v)), "invalid characters"),
            "fromPort": (lambda v: -1 <= v <= 65535, "expected -1 to 65535"),
            "toPort": (lambda v: -1 <= v <= 65535, "expected -1 to 65535"),
        },
        replaces=("securityGroupId",),
        replaces_when=dict.fromkeys(_TRAFFIC, _other_source),
        unique=(
            *("cidrIpv4", "cidrIpv6", "fromPort", "ipProtocol", "prefixListId"),
            *("referencedSecurityGroupId", "securityGroupId", "toPort"),
        ),
        exists="InvalidPermission.Duplicate: the specified rule already exists ({})",
        refs=(
            Ref(
                path="securityGroupId",
                to=SECURITY_GROUP,
                missing="InvalidGroup.NotFound: The security group '{}' does not exist",
                ends=True,
            ),
            Ref(
                path="referencedSecurityGroupId",
                to=SECURITY_GROUP,
                missing="InvalidGroup.NotFound: The security group '{}' does not exist",
                holds="DependencyViolation: resource {} has a dependent object",
            ),
        ),
        source=schema("ec2/vpc_security_group_ingress_rule.go", "00a32209")
        + "; ec2/vpc_security_group_egress_rule.go @050ac111 embeds the same",
    )


KINDS: Final = (
    Kind(
        type_=VPC,
        id=lambda m: "vpc-" + m.hex(17),
        outputs={
            "arn": lambda m: m.arn("ec2", f"vpc/{m.id}"),
            "defaultSecurityGroupId": lambda m: "sg-" + m.hex(17, "sg"),
            "defaultRouteTableId": lambda m: "rtb-" + m.hex(17, "rtb"),
            "mainRouteTableId": lambda m: "rtb-" + m.hex(17, "rtb"),
            "ownerId": lambda m: m.account,
        },
        models=("ec2.CreateVpc",),
        members={
            "assignGeneratedIpv6CidrBlock": "AmazonProvidedIpv6CidrBlock",
            "enableDnsHostnames": "ec2.ModifyVpcAttribute:EnableDnsHostnames",
            "enableDnsSupport": "ec2.ModifyVpcAttribute:EnableDnsSupport",
            "enableNetworkAddressUsageMetrics": (
                "ec2.ModifyVpcAttribute:EnableNetworkAddressUsageMetrics"
            ),
            "tags": TAGS,
        },
        checks={"cidrBlock": (_cidr, _NETWORK)},
        replaces=("cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength"),
        replaces_when={"instanceTenancy": _other_tenancy},
        defaults={"enableDnsSupport": True, "instanceTenancy": "default"},
        computed=(
            *("cidrBlock", "enableDnsHostnames", "enableNetworkAddressUsageMetrics"),
            *("ipv6CidrBlock", "ipv6CidrBlockNetworkBorderGroup"),
        ),
        beside=_own,
        source=schema("ec2/vpc_.go", "00081ce4"),
    ),
    Kind(
        type_=SUBNET,
        id=lambda m: "subnet-" + m.hex(17),
        outputs={
            "arn": lambda m: m.arn("ec2", f"subnet/{m.id}"),
            "availabilityZone": lambda m: f"{m.region}a",
            "ownerId": lambda m: m.account,
        },
        models=("ec2.CreateSubnet",),
        members={
            "assignIpv6AddressOnCreation": (
                "ec2.ModifySubnetAttribute:AssignIpv6AddressOnCreation"
            ),
            "customerOwnedIpv4Pool": "ec2.ModifySubnetAttribute:CustomerOwnedIpv4Pool",
            "enableDns64": "ec2.ModifySubnetAttribute:EnableDns64",
            "enableLniAtDeviceIndex": (
                "ec2.ModifySubnetAttribute:EnableLniAtDeviceIndex"
            ),
            "enableResourceNameDnsARecordOnLaunch": (
                "ec2.ModifySubnetAttribute:EnableResourceNameDnsARecordOnLaunch"
            ),
            "enableResourceNameDnsAaaaRecordOnLaunch": (
                "ec2.ModifySubnetAttribute:EnableResourceNameDnsAAAARecordOnLaunch"
            ),
            "mapCustomerOwnedIpOnLaunch": (
                "ec2.ModifySubnetAttribute:MapCustomerOwnedIpOnLaunch"
            ),
            "mapPublicIpOnLaunch": "ec2.ModifySubnetAttribute:MapPublicIpOnLaunch",
            "privateDnsHostnameTypeOnLaunch": (
                "ec2.ModifySubnetAttribute:PrivateDnsHostnameTypeOnLaunch"
            ),
            "tags": TAGS,
        },
        checks={"cidrBlock": (_cidr, _NETWORK)},
        replaces=(
            *("availabilityZone", "availabilityZoneId", "cidrBlock", "ipv6Native"),
            *("ipv4IpamPoolId", "ipv4NetmaskLength", "ipv6IpamPoolId"),
            *("ipv6NetmaskLength", "outpostArn", "vpcId"),
        ),
        defaults={
            "assignIpv6AddressOnCreation": False,
            "enableDns64": False,
            "enableResourceNameDnsARecordOnLaunch": False,
            "enableResourceNameDnsAaaaRecordOnLaunch": False,
            "ipv6Native": False,
            "mapPublicIpOnLaunch": False,
        },
        computed=(
            *("availabilityZone", "availabilityZoneId", "cidrBlock"),
            *("ipv6CidrBlock", "privateDnsHostnameTypeOnLaunch"),
        ),
        unique=("cidrBlock", "vpcId"),
        exists="InvalidSubnet.Conflict: The CIDR conflicts with another subnet ({})",
        refs=(_in_vpc(),),
        source=schema("ec2/vpc_subnet.go", "00cda125")
        + "; ipv6CidrBlock, which replaces a subnet that gives out IPv6 addresses, is "
        "changed in place here",
    ),
    Kind(
        type_="aws:ec2/internetGateway:InternetGateway",
        id=lambda m: "igw-" + m.hex(17),
        outputs={
            "arn": lambda m: m.arn("ec2", f"internet-gateway/{m.id}"),
            "ownerId": lambda m: m.account,
        },
        models=("ec2.CreateInternetGateway", "ec2.AttachInternetGateway"),
        members={"tags": TAGS},
        computed=("vpcId",),
        refs=(_in_vpc(),),
        source=schema("ec2/vpc_internet_gateway.go", "08923b68"),
    ),
    Kind(
        type_=EIP,
        id=lambda m: "eipalloc-" + m.hex(17),
        outputs={
            "allocationId": lambda m: m.id,
            "arn": lambda m: m.arn("ec2", f"elastic-ip/{m.id}"),
            "publicIp": lambda m: f"192.0.2.{int(m.hex(2), 16)}",
        },
        models=("ec2.AllocateAddress",),
        members={
            "associateWithPrivateIp": "ec2.AssociateAddress:PrivateIpAddress",
            "instance": "ec2.AssociateAddress:InstanceId",
            "networkInterface": "ec2.AssociateAddress:NetworkInterfaceId",
            "tags": TAGS,
        },
        replaces=(
            *("address", "domain", "ipamPoolId", "networkBorderGroup"),
            "publicIpv4Pool",
        ),
        computed=(
            *("domain", "instance", "ipamPoolId", "networkBorderGroup"),
            *("networkInterface", "publicIpv4Pool"),
        ),
        source=schema("ec2/ec2_eip.go", "01606926"),
    ),
    Kind(
        type_="aws:ec2/natGateway:NatGateway",
        id=lambda m: "nat-" + m.hex(17),
        outputs={
            "networkInterfaceId": lambda m: "eni-" + m.hex(17, "eni"),
            "publicIp": lambda m: m.other(EIP, m.inputs.get("allocationId", "")).get(
                "publicIp", ""
            ),
        },
        models=("ec2.CreateNatGateway",),
        members={"privateIp": "PrivateIpAddress", "tags": TAGS},
        replaces=(
            *("allocationId", "availabilityMode", "connectivityType", "privateIp"),
            *("subnetId", "vpcId"),
        ),
        defaults={"connectivityType": "public"},
        computed=(
            *("availabilityMode", "privateIp", "secondaryAllocationIds"),
            *("secondaryPrivateIpAddressCount", "secondaryPrivateIpAddresses"),
            "vpcId",
        ),
        refs=(
            in_subnet("subnetId"),
            _in_vpc(),
            Ref(
                path="allocationId",
                to=EIP,
                missing="InvalidAllocationID.NotFound: The allocation ID '{}' does "
                "not exist",
                holds="InvalidIPAddress.InUse: The address {} is in use",
            ),
        ),
        source=schema("ec2/vpc_nat_gateway.go", "04088eaa")
        + "; availabilityMode and vpcId: a later version of that file, in which "
        "secondaryPrivateIpAddressCount no longer replaces",
    ),
    Kind(
        type_=ROUTE_TABLE,
        id=lambda m: "rtb-" + m.hex(17),
        outputs={
            "arn": lambda m: m.arn("ec2", f"route-table/{m.id}"),
            "ownerId": lambda m: m.account,
        },
        models=("ec2.CreateRouteTable",),
        members={"propagatingVgws": None, "routes": None, "tags": TAGS},
        replaces=("vpcId",),
        computed=("propagatingVgws", "routes"),
        refs=(_in_vpc(),),
        source=schema("ec2/vpc_route_table.go", "02209241"),
    ),
    Kind(
        type_="aws:ec2/route:Route",
        id=lambda m: (
            f"r-{m.inputs['routeTableId']}"
            f"{m.inputs.get('destinationCidrBlock', m.hex(8))}"
        ),
        outputs={"state": lambda m: "active"},
        models=("ec2.CreateRoute",),
        members={"egressOnlyGatewayId": "EgressOnlyInternetGatewayId"},
        checks={"destinationCidrBlock": (_cidr, _NETWORK)},
        replaces=(
            *("destinationCidrBlock", "destinationIpv6CidrBlock"),
            "destinationPrefixListId",
            "routeTableId",
        ),
        exists="RouteAlreadyExists: The route identified by {} already exists.",
        refs=(
            _in_table(),
            Ref(
                path="natGatewayId",
                to="aws:ec2/natGateway:NatGateway",
                missing="InvalidNatGatewayID.NotFound: The natGateway ID '{}' does "
                "not exist",
            ),
            Ref(
                path="gatewayId",
                to="aws:ec2/internetGateway:InternetGateway",
                missing="InvalidGatewayID.NotFound: The gateway ID '{}' does not exist",
            ),
        ),
        source=schema("ec2/vpc_route.go", "0128541e"),
    ),
    Kind(
        type_="aws:ec2/routeTableAssociation:RouteTableAssociation",
        id=lambda m: "rtbassoc-" + m.hex(17),
        models=("ec2.AssociateRouteTable",),
        replaces=("gatewayId", "subnetId"),
        unique=("gatewayId", "subnetId"),
        exists="Resource.AlreadyAssociated: the subnet has an association ({})",
        refs=(
            _in_table(),
            Ref(
                path="subnetId",
                to=SUBNET,
                missing="InvalidSubnetID.NotFound: The subnet ID '{}' does not exist",
                ends=True,
            ),
        ),
        source=schema("ec2/vpc_route_table_association.go", "0be71beb"),
    ),
    Kind(
        type_="aws:ec2/vpcEndpoint:VpcEndpoint",
        id=lambda m: "vpce-" + m.hex(17),
        outputs={
            "arn": lambda m: m.arn("ec2", f"vpc-endpoint/{m.id}"),
            "ownerId": lambda m: m.account,
            "state": lambda m: "available",
        },
        models=("ec2.CreateVpcEndpoint",),
        members={
            "autoAccept": None,
            "policy": "PolicyDocument",
            "tags": TAGS,
        },
        replaces=(
            *("dnsOptions.privateDnsPreference", "resourceConfigurationArn"),
            *("dnsOptions.privateDnsSpecifiedDomains", "serviceName"),
            *("serviceNetworkArn", "serviceRegion", "vpcEndpointType", "vpcId"),
        ),
        replaces_when={"privateDnsEnabled": _not_an_interface},
        defaults={"vpcEndpointType": "Gateway"},
        computed=(
            *("dnsOptions", "ipAddressType", "policy", "privateDnsEnabled"),
            *("routeTableIds", "securityGroupIds", "serviceRegion"),
            *("subnetConfigurations", "subnetIds"),
        ),
        documents=("policy",),
        refs=(_in_vpc(), in_subnet("subnetIds")),
        source=schema("ec2/vpc_endpoint.go", "008db85a"),
    ),
    Kind(
        type_=SECURITY_GROUP,
        id=lambda m: "sg-" + m.hex(17),
        outputs={
            "arn": lambda m: m.arn("ec2", f"security-group/{m.id}"),
            "ownerId": lambda m: m.account,
        },
        models=("ec2.CreateSecurityGroup",),
        members={
            "egress": None,
            "ingress": None,
            "name": "GroupName",
            "namePrefix": None,
            "revokeRulesOnDelete": None,
            "tags": TAGS,
        },
        checks={
            "description": (lambda v: bool(_TEXT.fullmatch(v)), "invalid characters"),
            "name": (
                lambda v: len(v) <= 255 and not v.startswith("sg-"),
                "must be at most 255 characters and cannot begin with sg-",
            ),
        },
        replaces=("description", "name", "namePrefix", "vpcId"),
        defaults={"description": "Managed by Pulumi", "revokeRulesOnDelete": False},
        computed=("egress", "ingress", "vpcId"),
        named="name",
        unique=("name", "vpcId"),
        exists="InvalidGroup.Duplicate: The security group already exists ({})",
        refs=(_in_vpc(),),
        source=schema("ec2/vpc_security_group.go", "01606926"),
    ),
    Kind(
        type_="aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        id=lambda m: m.other(VPC, m.inputs.get("vpcId", ""))["defaultSecurityGroupId"],
        outputs={
            "arn": lambda m: m.arn("ec2", f"security-group/{m.id}"),
            "description": lambda m: "default VPC security group",
            "name": lambda m: "default",
            "ownerId": lambda m: m.account,
        },
        models=("ec2.CreateSecurityGroup",),
        members={
            "egress": None,
            "ingress": None,
            "revokeRulesOnDelete": None,
            "tags": TAGS,
        },
        replaces=("vpcId",),
        defaults={"revokeRulesOnDelete": False},
        computed=("egress", "ingress"),
        refs=(
            Ref(
                path="vpcId",
                to=VPC,
                missing="InvalidVpcID.NotFound: The vpc ID '{}' does not exist",
                ends=True,
            ),
        ),
        source=schema("ec2/vpc_default_security_group.go", "01f43111"),
    ),
    _rule("Ingress"),
    _rule("Egress"),
)
