from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pydantic import ValidationError

from components.aws.network import Network, NetworkArgs
from components.aws.network_spec import NetworkSpec
from components.testing import Deployment, deploy
from tests.cloud.aws.registered import refusals

EXISTING = {
    "existing": {
        "vpc": "vpc-0123456789abcdef0",
        "subnets": {
            "us-west-2a": "subnet-0123456789abcdef0",
            "us-west-2b": "subnet-0123456789abcdef1",
        },
    }
}
NEW = {"create": {"cidr": "10.40.0.0/16", "zones": ["us-west-2a", "us-west-2b"]}}


def made(
    spec: dict[str, Any], *, preview: bool, protect: bool = False
) -> tuple[Deployment, dict[str, Any]]:
    seen: dict[str, Any] = {}

    def program() -> dict[str, Any]:
        provider = aws.Provider("aws", region="us-west-2")
        network = Network(
            "lab",
            NetworkArgs(spec=NetworkSpec.model_validate(spec), protect=protect),
            pulumi.ResourceOptions(provider=provider),
        )
        seen["zones"] = list(network.subnets)
        return {"vpc": network.vpc_id, "subnets": dict(network.subnets)}

    deployed = deploy(program, preview=preview)
    assert refusals(deployed) == []
    return deployed, seen


@pytest.fixture(params=[False, True], ids=["update", "preview"])
def preview(request: pytest.FixtureRequest) -> Iterator[bool]:
    return request.param


def test_one_that_exists_is_only_named(preview: bool) -> None:
    deployed, seen = made(EXISTING, preview=preview)
    assert [r for r in deployed.resources if r.type.startswith("aws:")] == []
    assert deployed.outputs["vpc"] == "vpc-0123456789abcdef0"
    assert deployed.outputs["subnets"] == EXISTING["existing"]["subnets"]
    assert seen["zones"] == ["us-west-2a", "us-west-2b"]


def test_one_that_is_made(preview: bool) -> None:
    deployed, seen = made(NEW, preview=preview)
    component = deployed.one("ml-storage:index:Network")
    mine = [r for r in deployed.resources if r.type.startswith("aws:")]
    assert {r.parent for r in mine} == {component.urn}
    vpc = deployed.one("Vpc")
    assert vpc.inputs["cidrBlock"] == "10.40.0.0/16"
    # EFS and FSx are mounted by names.
    assert vpc.inputs["enableDnsSupport"] is True
    assert vpc.inputs["enableDnsHostnames"] is True
    assert seen["zones"] == ["us-west-2a", "us-west-2b"]
    subnets = deployed.all("Subnet")
    assert {
        (r.name, r.inputs["availabilityZone"], r.inputs["cidrBlock"]) for r in subnets
    } == {
        ("lab-private-us-west-2a", "us-west-2a", "10.40.0.0/19"),
        ("lab-private-us-west-2b", "us-west-2b", "10.40.32.0/19"),
        ("lab-public-us-west-2a", "us-west-2a", "10.40.224.0/22"),
        ("lab-public-us-west-2b", "us-west-2b", "10.40.228.0/22"),
    }
    for subnet in subnets:
        assert IPv4Network(subnet.inputs["cidrBlock"]).subnet_of(
            IPv4Network("10.40.0.0/16")
        )
        assert subnet.inputs["mapPublicIpOnLaunch"] is False
        role = "elb" if "public" in subnet.name else "internal-elb"
        assert subnet.inputs["tags"][f"kubernetes.io/role/{role}"] == "1"


def test_private_subnets_have_one_way_out(preview: bool) -> None:
    deployed, _ = made(NEW, preview=preview)
    internet = deployed.one("InternetGateway").urn
    assert internet in deployed.one("NatGateway").depends_on
    assert internet in deployed.one("Eip").depends_on
    assert deployed.one("Eip").inputs["domain"] == "vpc"
    routes = {r.name: r.inputs["destinationCidrBlock"] for r in deployed.all("Route")}
    assert routes == {
        "lab-public-internet": "0.0.0.0/0",
        "lab-private-nat": "0.0.0.0/0",
    }
    assert {r.name for r in deployed.all("RouteTableAssociation")} == {
        f"lab-{kind}-us-west-2{letter}"
        for kind in ("private", "public")
        for letter in "ab"
    }
    endpoint = deployed.one("VpcEndpoint").inputs
    assert endpoint["serviceName"] == "com.amazonaws.us-west-2.s3"
    assert endpoint["vpcEndpointType"] == "Gateway"


def test_no_one_can_use_the_default_security_group(preview: bool) -> None:
    default = made(NEW, preview=preview)[0].one("DefaultSecurityGroup").inputs
    assert not default.get("ingress")
    assert not default.get("egress")


@pytest.mark.parametrize("protect", [False, True])
def test_what_data_needs_is_protected(preview: bool, protect: bool) -> None:
    deployed, _ = made(NEW, preview=preview, protect=protect)
    protected = {r.name for r in deployed.resources if r.protect}
    # The ways to the internet can go: no data is lost with them.
    wanted = {"lab-vpc", "lab-private-us-west-2a", "lab-private-us-west-2b"}
    assert protected == (wanted if protect else set())


def test_another_order_or_zone_moves_no_subnet() -> None:
    def cidrs(zones: list[str]) -> dict[str, str]:
        deployed, _ = made({"create": {"zones": zones}}, preview=False)
        return {r.name: r.inputs["cidrBlock"] for r in deployed.all("Subnet")}

    before = cidrs(["us-west-2a", "us-west-2b"])
    after = cidrs(["us-west-2c", "us-west-2b", "us-west-2a"])
    assert before.items() <= after.items()


@pytest.mark.parametrize(
    ("spec", "rule", "at"),
    [
        ({}, "NET01", ()),
        ({**EXISTING, **NEW}, "NET01", ()),
        ({"create": {"zones": ["us-west-2a", "us-west-2a"]}}, "NET05", "zones"),
        ({"create": {"zones": ["usw2-az1"]}}, "NET10", "zones"),
        ({"create": {"zones": ["us-west-2a"], "cidr": "10.0.0.0/8"}}, "NET03", "cidr"),
        ({"create": {"zones": ["us-west-2a"], "cidr": "10.0.0.0/25"}}, "NET03", "cidr"),
        ({"create": {"zones": ["us-west-2a"], "cidr": "10.0.0.1/16"}}, "NET02", "cidr"),
        ({"create": {"zones": ["us-west-2c"], "cidr": "10.0.0.0/24"}}, "NET06", "cidr"),
    ],
)
def test_refused(spec: dict[str, Any], rule: str, at: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        NetworkSpec.model_validate(spec)
    (error,) = caught.value.errors()
    assert error["ctx"]["problem"].rule == rule
    assert at in error["loc"] if at else error["loc"] == ()
