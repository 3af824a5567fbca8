from __future__ import annotations

from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest
from pydantic import ValidationError

from components.gcp.network import VpcNetwork, VpcNetworkArgs
from components.gcp.network_spec import VpcNetworkSpec
from components.testing import Deployment, deploy
from tests.cloud.gcp.registered import refusals

PROJECT = "ml-prod-123456"
EXISTING = {
    "existing": {
        "network": "prod",
        "subnet": "prod-us",
        "pods": "pods",
        "services": "services",
        "peeredRange": "google-services",
    }
}
NEW = {
    "create": {
        "cidr": "10.60.0.0/20",
        "pods": "10.64.0.0/14",
        "services": "10.68.0.0/20",
        "peeredCidr": "10.72.0.0/16",
    }
}


@pytest.fixture(params=[False, True], ids=["update", "preview"])
def preview(request: pytest.FixtureRequest) -> bool:
    return request.param


def made(
    spec: dict[str, Any], *, preview: bool, protect: bool = False
) -> tuple[Deployment, list[pulumi.Resource]]:
    ready: list[pulumi.Resource] = []

    def program() -> dict[str, Any]:
        provider = gcp.Provider("gcp", project=PROJECT, region="us-central1")
        network = VpcNetwork(
            "lab",
            VpcNetworkArgs(
                spec=VpcNetworkSpec.model_validate(spec),
                region="us-central1",
                project=PROJECT,
                protect=protect,
            ),
            pulumi.ResourceOptions(provider=provider),
        )
        ready.extend(network.ready)
        return {
            "network": network.network,
            "subnet": network.subnet,
            "pods": network.pods_range,
            "services": network.services_range,
            "peered": network.peered_range,
        }

    deployed = deploy(program, preview=preview)
    # What Google itself would refuse, by its own documents.
    assert refusals(deployed) == []
    return deployed, ready


def test_one_that_exists_is_only_named(preview: bool) -> None:
    deployed, ready = made(EXISTING, preview=preview)
    assert [r for r in deployed.resources if r.type.startswith("gcp:")] == []
    assert ready == []
    assert deployed.outputs == {
        "network": f"projects/{PROJECT}/global/networks/prod",
        "subnet": f"projects/{PROJECT}/regions/us-central1/subnetworks/prod-us",
        "pods": "pods",
        "services": "services",
        "peered": "google-services",
    }


def test_one_of_another_project(preview: bool) -> None:
    shared = "projects/host-123456/global/networks/shared"
    spec = {"existing": {"network": shared, "subnet": "us"}}
    deployed, _ = made(spec, preview=preview)
    assert deployed.outputs["network"] == shared
    assert deployed.outputs["subnet"] == (
        "projects/host-123456/regions/us-central1/subnetworks/us"
    )
    assert deployed.outputs.get("peered") is None


def test_one_that_is_made(preview: bool) -> None:
    deployed, _ = made(NEW, preview=preview)
    component = deployed.one("ml-storage:index:VpcNetwork")
    mine = [r for r in deployed.resources if r.type.startswith("gcp:")]
    assert {r.parent for r in mine} == {component.urn}
    network = deployed.one("gcp:compute/network:Network").inputs
    assert network["autoCreateSubnetworks"] is False
    assert network["mtu"] == 8896
    subnet = deployed.one("Subnetwork").inputs
    assert subnet["ipCidrRange"] == "10.60.0.0/20"
    assert subnet["region"] == "us-central1"
    # Without an address of the internet Google itself is reached by this alone.
    assert subnet["privateIpGoogleAccess"] is True
    assert subnet["secondaryIpRanges"] == [
        {"rangeName": "pods", "ipCidrRange": "10.64.0.0/14"},
        {"rangeName": "services", "ipCidrRange": "10.68.0.0/20"},
    ]
    nat = deployed.one("RouterNat").inputs
    assert nat["natIpAllocateOption"] == "AUTO_ONLY"
    assert nat["sourceSubnetworkIpRangesToNat"] == "LIST_OF_SUBNETWORKS"
    if not preview:
        full = f"projects/{PROJECT}/regions/us-central1/subnetworks/"
        assert deployed.outputs["subnet"].startswith(full)
        (one,) = nat["subnetworks"]
        assert one["name"] == deployed.outputs["subnet"]
        assert one["sourceIpRangesToNats"] == ["ALL_IP_RANGES"]


def test_private_services_block_no_destroy(preview: bool) -> None:
    deployed, ready = made(NEW, preview=preview)
    address = deployed.one("GlobalAddress").inputs
    assert (address["address"], address["prefixLength"]) == ("10.72.0.0", 16)
    assert address["purpose"] == "VPC_PEERING"
    assert address["addressType"] == "INTERNAL"
    connection = deployed.one("gcp:servicenetworking/connection:Connection")
    assert connection.inputs["service"] == "servicenetworking.googleapis.com"
    # Google keeps the peering for days after the last that it was for.
    assert connection.inputs["deletionPolicy"] == "ABANDON"
    assert connection.inputs["updateOnCreationFail"] is True
    firewall = deployed.one("Firewall").inputs
    assert firewall["sourceRanges"] == ["10.72.0.0/16"]
    assert firewall["allows"] == [{"protocol": "tcp", "ports": ["988", "6988"]}]
    assert firewall["direction"] == "INGRESS"
    if not preview:
        assert connection.inputs["reservedPeeringRanges"] == [
            deployed.outputs["peered"]
        ]
    kinds = {type(resource).__name__ for resource in ready}
    assert kinds == {"RouterNat", "Connection"}


@pytest.mark.parametrize("protect", [False, True])
def test_what_data_needs_is_protected(preview: bool, protect: bool) -> None:
    deployed, _ = made(NEW, preview=preview, protect=protect)
    protected = {r.name for r in deployed.resources if r.protect}
    # The ways to the internet can go: no data is lost with them.
    wanted = {"lab-network", "lab-subnet", "lab-services"}
    assert protected == (wanted if protect else set())
    allocated = deployed.one("GlobalAddress")
    assert allocated.protect == protect
    assert not deployed.one("gcp:servicenetworking/connection:Connection").protect


@pytest.mark.parametrize(
    ("spec", "rule", "nearest"),
    [
        ({}, "GNT01", "create: {cidr: 10.0.0.0/20}"),
        ({**EXISTING, **NEW}, "GNT01", None),
        ({"create": {"cidr": "10.0.0.1/20"}}, "GNT02", "10.0.0.0/20"),
        ({"create": {"pods": "10.4.0.0/26"}}, "GNT03", "10.4.0.0/21"),
        ({"create": {"services": "10.4.0.0/20"}}, "GNT04", "10.0.16.0/20"),
        ({"existing": {"network": "Prod"}}, "GNT06", "prod"),
    ],
)
def test_refused(spec: dict[str, Any], rule: str, nearest: object) -> None:
    with pytest.raises(ValidationError) as caught:
        VpcNetworkSpec.model_validate(spec)
    (error,) = caught.value.errors()
    problem = error["ctx"]["problem"]
    assert (problem.rule, problem.nearest) == (rule, nearest)
