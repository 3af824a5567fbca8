"""Networks and what is in them, as Google Cloud and pulumi-gcp treat them."""

import ipaddress
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote_plus

from tests.cloud.gcp.rows import address, compute, digits, in_use, last, names, row
from tests.cloud.gcp.sources import schema
from tests.cloud.kind import Making, Ref

NETWORK: Final = "gcp:compute/network:Network"
SUBNETWORK: Final = "gcp:compute/subnetwork:Subnetwork"
ROUTER: Final = "gcp:compute/router:Router"
GLOBAL_ADDRESS: Final = "gcp:compute/globalAddress:GlobalAddress"
CONNECTION: Final = "gcp:servicenetworking/connection:Connection"


def in_network(path: str = "network", **more: Any) -> Ref:
    """A property that names the network of something that holds it."""
    return names(path, NETWORK, **{"holds": in_use("network"), **more})


def in_subnetwork(path: str, **more: Any) -> Ref:
    """A property that names the subnetwork that something has addresses of."""
    return names(path, SUBNETWORK, **{"holds": in_use("subnetwork"), **more})


def by_connection(path: str, **more: Any) -> Ref:
    """A property that names a network whose services are reached by a peering."""
    return names(
        path,
        CONNECTION,
        **{
            "by": ("network",),
            "missing": "googleapi: Error 400: Network '{}' has no private connection "
            "to services: create a private services access connection first",
            "holds": "Unable to remove Service Networking Connection, err: Error "
            "code 9, message: Failed to delete connection; Producer services (e.g. "
            "CloudSQL, Cloud Memstore, etc.) are still using this connection: {}",
            **more,
        },
    )


def _connection(making: Making) -> str:
    network, service = making.inputs["network"], making.inputs["service"]
    full = network if "/" in network else f"projects/{making.account}/global/networks/"
    if full.endswith("/"):
        full += network
    return f"{quote_plus(full)}:{quote_plus(service)}"


def _first(making: Making) -> str:
    cidr = making.inputs.get("ipCidrRange", "10.0.0.0/16")
    return str(next(ipaddress.ip_network(cidr).hosts()))


def _smaller(old: Any, new: Any, _: Mapping[str, Any]) -> bool:
    """Tell whether a range does not hold all of what it held."""
    if old is None or new is None:
        return False
    one, other = ipaddress.ip_network(old), ipaddress.ip_network(new)
    return not (one.version == other.version and one.subnet_of(other))  # type: ignore[arg-type]


def _reserved(making: Making) -> str:
    size = making.inputs.get("prefixLength", 32)
    base = f"10.{int(making.hex(2, 'range'), 16)}.0.0"
    return base if size < 32 else address(making, "address")


KINDS: Final = (
    compute(
        NETWORK,
        "projects/{project}/global/networks/{name}",
        "Network",
        lower=True,
        longest=63,
        outputs={
            "gatewayIpv4": lambda m: "",
            "networkId": lambda m: digits(m, 18, "network"),
            "numericId": lambda m: digits(m, 18, "network"),
        },
        members={
            **{
                key: f"compute.v1:NetworkRoutingConfig.{key}"
                for key in (
                    *("bgpAlwaysCompareMed", "bgpBestPathSelectionMode"),
                    *("bgpInterRegionCost", "routingMode"),
                )
            },
            "deleteBgpAlwaysCompareMed": None,
            "deleteDefaultRoutesOnCreate": None,
        },
        replaces=(
            *("autoCreateSubnetworks", "description", "internalIpv6Range", "name"),
            *("networkProfile", "params"),
        ),
        defaults={
            "autoCreateSubnetworks": True,
            "networkFirewallPolicyEnforcementOrder": "AFTER_CLASSIC_FIREWALL",
        },
        computed=(
            *("bgpAlwaysCompareMed", "bgpBestPathSelectionMode"),
            *("bgpInterRegionCost", "internalIpv6Range", "mtu", "routingMode"),
        ),
        source=schema("compute/resource_compute_network.go", "273fc429"),
    ),
    compute(
        SUBNETWORK,
        "projects/{project}/regions/{region}/subnetworks/{name}",
        "Subnetwork",
        lower=True,
        longest=63,
        outputs={
            "gatewayAddress": _first,
            "fingerprint": lambda m: m.hex(12, "fingerprint"),
            "subnetworkId": lambda m: int(digits(m, 15, "subnetwork")),
        },
        members={"sendSecondaryIpRangeIfEmpty": None},
        replaces=(
            *("description", "externalIpv6Prefix", "internalIpv6Prefix", "name"),
            *("network", "params", "reservedInternalRange", "resolveSubnetMask"),
        ),
        replaces_when={"ipCidrRange": _smaller},
        forms={"network": last},
        computed=(
            *("allowSubnetCidrRoutesOverlap", "externalIpv6Prefix", "ipCidrRange"),
            *("internalIpv6Prefix", "privateIpGoogleAccess", "purpose", "stackType"),
            *("privateIpv6GoogleAccess", "secondaryIpRanges"),
        ),
        refs=(in_network(),),
        source=schema("compute/resource_compute_subnetwork.go", "48175eb1"),
    ),
    compute(
        ROUTER,
        "projects/{project}/regions/{region}/routers/{name}",
        "Router",
        lower=True,
        longest=63,
        replaces=("encryptedInterconnectRouter", "name", "nccGateway", "network"),
        forms={"network": last},
        refs=(in_network(),),
        source=schema("compute/resource_compute_router.go", "48175eb1"),
    ),
    row(
        "gcp:compute/routerNat:RouterNat",
        "{project}/{region}/{router}/{name}",
        models=("compute.v1:RouterNat",),
        members={"initialNatIps": None, "region": None, "router": None},
        replaces=("endpointTypes", "initialNatIps", "name", "router", "type"),
        defaults={"icmpIdleTimeoutSec": 30, "udpIdleTimeoutSec": 30},
        computed=(
            *("autoNetworkTier", "drainNatIps", "enableDynamicPortAllocation"),
            *("enableEndpointIndependentMapping", "endpointTypes", "minPortsPerVm"),
            "natIps",
        ),
        forms={"router": last},
        refs=(
            names("router", ROUTER, holds=None, ends=True),
            names("subnetworks.name", SUBNETWORK, holds=in_use("subnetwork")),
        ),
        source=schema("compute/resource_compute_router_nat.go", "d08cd6b6"),
    ),
    compute(
        GLOBAL_ADDRESS,
        "projects/{project}/global/addresses/{name}",
        "Address",
        outputs={
            "address": _reserved,
            "labelFingerprint": lambda m: m.hex(12, "labels"),
        },
        replaces=(
            *("address", "addressType", "description", "ipVersion", "name"),
            *("network", "prefixLength", "purpose"),
        ),
        defaults={"addressType": "EXTERNAL", "ipVersion": "IPV4"},
        computed=("address", "prefixLength"),
        forms={"network": last},
        refs=(in_network(),),
        source=schema("compute/resource_compute_global_address.go", "273fc429"),
    ),
    compute(
        "gcp:compute/firewall:Firewall",
        "projects/{project}/global/firewalls/{name}",
        "Firewall",
        members={
            "allows": "allowed",
            "allows.protocol": "allowed.IPProtocol",
            "denies": "denied",
            "denies.protocol": "denied.IPProtocol",
            "enableLogging": None,
        },
        replaces=("direction", "name", "params"),
        computed=("destinationRanges", "direction", "enableLogging"),
        defaults={"priority": 1000},
        forms={"network": last},
        refs=(in_network(),),
        source=schema("compute/resource_compute_firewall.go", "48175eb1"),
    ),
    row(
        CONNECTION,
        "{network}:{service}",
        id=_connection,
        named=None,
        outputs={"peering": lambda m: m.inputs["service"].replace(".", "-")},
        models=("servicenetworking.v1:Connection",),
        members={"updateOnCreationFail": None},
        replaces=("network", "service"),
        forms={"network": last},
        refs=(
            in_network(),
            names(
                "reservedPeeringRanges",
                GLOBAL_ADDRESS,
                holds=in_use("global_address"),
            ),
        ),
        source=schema(
            "servicenetworking/resource_service_networking_connection.go", "18238c2d"
        ),
    ),
)
