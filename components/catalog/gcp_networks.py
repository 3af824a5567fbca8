"""How the addresses of a VPC network are divided: nodes, pods, Services, peering.

Sources, read 2026-11-22: for the sizes of ranges
https://docs.cloud.google.com/kubernetes-engine/docs/concepts/alias-ips (each node
takes a /24 of the pods' range, with 110 pods); for what Managed Lustre takes of a
peered range https://docs.cloud.google.com/managed-lustre/docs/vpc (a /23 or a /24
for each instance). What GKE itself sets as the limits of ranges was not read in
numbers: only what arithmetic forbids is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import combinations

from components.catalog.aws_networks import as_network
from components.catalog.problem import Problem

LINK = "https://docs.cloud.google.com/kubernetes-engine/docs/concepts/alias-ips"
SUBNETS_LINK = "https://docs.cloud.google.com/vpc/docs/subnets"
PEERING_LINK = (
    "https://docs.cloud.google.com/vpc/docs/configure-private-services-access"
)

# RFC 1918, and the addresses of carriers that Google takes beside them.
_INTERNAL = tuple(
    IPv4Network(cidr)
    for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
)
_PODS_OF_A_NODE = 24
# The network, its gateway, and the last two of a subnet.
_NOT_FOR_NODES = 4

MTU = 8896
"""Bytes of a packet: Managed Lustre is a tenth faster with it."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large one of a network's ranges may be, as prefix lengths.

    Attributes:
        largest: What is larger warns.
        smallest: What is smaller warns.
        least: What is smaller is refused: nothing fits into it.
        why: What the range is for.
    """

    largest: int
    smallest: int
    least: int
    why: str


SIZES: Mapping[str, Size] = {
    "cidr": Size(8, 28, 29, "nodes, of which there are four in a /29"),
    "pods": Size(9, 21, 24, "pods, of which each node takes a /24"),
    "services": Size(16, 27, 29, "Services"),
    "peeredCidr": Size(8, 23, 29, "private services: a Lustre instance takes a /23"),
}
"""The ranges of a network that is made, by their keys."""


def ranges_problems(ranges: Mapping[str, str]) -> Iterator[Problem]:
    """What is wrong with the ranges of a network that is made, each at its key.

    Args:
        ranges: CIDRs by the keys of `SIZES`.
    """
    networks: dict[str, IPv4Network] = {}
    for key, cidr in ranges.items():
        network = as_network(cidr)
        if network is None:
            yield Problem(
                rule="GNT02",
                message="a range is an IPv4 network in CIDR notation with no bits of "
                "a host, such as 10.60.0.0/20",
                path=(key,),
                value=cidr,
                nearest=_nearest_network(cidr, SIZES[key].smallest),
                link=SUBNETS_LINK,
            )
            continue
        networks[key] = network
        yield from _one(key, cidr, network)
    yield from _overlaps(networks)


def _nearest_network(cidr: str, bits: int) -> str | None:
    """The network that `cidr` lies in, where it has bits of a host or no prefix."""
    address, slash, _ = cidr.partition("/")
    text = cidr if slash else f"{address}/{bits}"
    try:
        return str(IPv4Network(text, strict=False))
    except ValueError:
        return None


def _one(key: str, cidr: str, network: IPv4Network) -> Iterator[Problem]:
    size = SIZES[key]
    bits = network.prefixlen
    if not size.largest <= bits <= size.smallest:
        nearest = min(max(bits, size.largest), size.smallest)
        refused = bits > size.least
        yield Problem(
            rule="GNT03",
            message=f"this range is for {size.why}: it has a prefix of "
            f"/{size.largest} to /{size.smallest}",
            path=(key,),
            value=cidr,
            nearest=_resized(network, nearest),
            link=PEERING_LINK if key == "peeredCidr" else LINK,
            severity="error" if refused else "warning",
        )
    elif not any(network.subnet_of(internal) for internal in _INTERNAL):
        yield Problem(
            rule="GNT05",
            message="these addresses are of the internet: whoever has them there is "
            "not reached from this network",
            path=(key,),
            value=cidr,
            nearest=f"10.0.0.0/{bits}",
            link=SUBNETS_LINK,
            severity="warning",
        )


def _overlaps(networks: Mapping[str, IPv4Network]) -> Iterator[Problem]:
    """Every range that shares addresses with one before it, once."""
    said: set[str] = set()
    for (first, one), (second, other) in combinations(networks.items(), 2):
        if second in said or not one.overlaps(other):
            continue
        said.add(second)
        free = next_free(
            [net for key, net in networks.items() if key != second], other.prefixlen
        )
        yield Problem(
            rule="GNT04",
            message=f"these addresses are in {first} ({one}) as well: a network has "
            "every address once",
            path=(second,),
            value=str(other),
            nearest=str(free) if free else None,
            link=SUBNETS_LINK,
        )


def next_free(taken: list[IPv4Network], bits: int) -> IPv4Network | None:
    """The first internal network of a prefix that overlaps none of `taken`.

    Args:
        taken: Networks whose addresses are in use.
        bits: Prefix length of the one that is looked for.
    """
    for internal in _INTERNAL:
        if bits < internal.prefixlen:
            continue
        candidate = IPv4Network((internal.network_address, bits))
        while candidate.subnet_of(internal):
            hit = [net for net in taken if net.overlaps(candidate)]
            if not hit:
                return candidate
            after = max(int(net.broadcast_address) for net in hit) + 1
            size = candidate.num_addresses
            start = -(-after // size) * size
            if start > int(internal.broadcast_address):
                break
            candidate = IPv4Network((start, bits))
    return None


def _resized(network: IPv4Network, bits: int) -> str:
    return str(IPv4Network((network.network_address, bits), strict=False))


def most_nodes(cidr: str, pods: str) -> int:
    """How many nodes have addresses in a network that is made.

    Args:
        cidr: The range of nodes.
        pods: The range of pods.

    Raises:
        ValueError: One of them is no network.
    """
    nodes = IPv4Network(cidr).num_addresses - _NOT_FOR_NODES
    bits = IPv4Network(pods).prefixlen
    return min(nodes, 2 ** max(_PODS_OF_A_NODE - bits, 0))


_NAME = r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?"
_PROJECT = r"projects/[a-z0-9.:-]+"
_FORMS = {
    "network": (
        re.compile(rf"({_PROJECT}/global/networks/)?{_NAME}"),
        "projects/P/global/networks/N",
    ),
    "subnet": (
        re.compile(rf"({_PROJECT}/regions/[a-z0-9-]+/subnetworks/)?{_NAME}"),
        "projects/P/regions/R/subnetworks/S",
    ),
    "range": (re.compile(_NAME), None),
}


def name_problem(kind: str, value: str) -> Problem | None:
    """What is wrong with the name of a `network`, a `subnet` or a `range`."""
    form, full = _FORMS[kind]
    if form.fullmatch(value):
        return None
    # Such as the URL of the API has it.
    _, _, inside = value.partition("/projects/")
    better = f"projects/{inside}" if inside else value.strip().lower()
    return Problem(
        rule="GNT06",
        message="a name has at most 63 lower-case letters, digits and '-' and begins "
        "with a letter" + (f"; in full it is {full}" if full else ""),
        value=value,
        nearest=better if form.fullmatch(better) else None,
        link=SUBNETS_LINK,
    )


def full_name(kind: str, value: str, project: str, region: str = "") -> str:
    """A `network` or a `subnet` as `projects/P/…`, whichever way it is named.

    Args:
        kind: What it is.
        value: Its name, or its full name.
        project: The project of one that is named alone.
        region: The region of such a subnet.
    """
    if value.startswith("projects/"):
        return value
    if kind == "network":
        return f"projects/{project}/global/networks/{value}"
    return f"projects/{project}/regions/{region}/subnetworks/{value}"


def room_problem(ranges: Mapping[str, str], least: int, most: int) -> Problem | None:
    """What is wrong with ranges in which so many nodes are to be, at `cidr` or `pods`.

    Args:
        ranges: CIDRs by the keys of `SIZES`, with which nothing else is wrong.
        least: Nodes that there always are.
        most: Nodes that there may be.
    """
    room = most_nodes(ranges["cidr"], ranges["pods"])
    if most <= room:
        return None
    networks = {key: IPv4Network(cidr) for key, cidr in ranges.items()}
    pods = 2 ** (_PODS_OF_A_NODE - networks["pods"].prefixlen)
    key = "pods" if pods < most else "cidr"
    bits = (
        _PODS_OF_A_NODE - (most - 1).bit_length()
        if key == "pods"
        else 32 - (most + _NOT_FOR_NODES - 1).bit_length()
    )
    others = [network for name, network in networks.items() if name != key]
    wider = IPv4Network((networks[key].network_address, bits), strict=False)
    free = wider if not any(map(wider.overlaps, others)) else next_free(others, bits)
    return Problem(
        rule="GKE13",
        message=f"the pools may have {most} nodes, and {room} have addresses here: "
        + ("each takes a /24 for its pods" if key == "pods" else "each takes one"),
        path=(key,),
        value=ranges[key],
        nearest=str(free) if free else None,
        link=LINK,
        severity="error" if least > room else "warning",
    )
