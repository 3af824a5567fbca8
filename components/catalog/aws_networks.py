"""How the addresses of a VPC are divided between its zones.

Each zone has its place by its letter, so that a zone that is added, or named in
another order, moves no other: seven eighths of the addresses are private
subnets for the zones a to g, the last eighth is their public subnets.
Sizes of VPCs and subnets, /16 to /28:
https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
(read 2026-11-22).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network

from components.catalog import aws_regions
from components.catalog.problem import Problem

LINK = "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html"

LARGEST, SMALLEST = 16, 24
"""The prefix lengths of a VPC that can be divided."""

_SMALLEST_SUBNET = 28
_PRIVATE = 7

_VPC = re.compile(r"vpc-([0-9a-f]{8}|[0-9a-f]{17})")
_SUBNET = re.compile(r"subnet-([0-9a-f]{8}|[0-9a-f]{17})")

# RFC 1918, and the addresses of carriers that AWS allows beside them.
_INTERNAL = tuple(
    IPv4Network(cidr)
    for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
)


@dataclass(frozen=True, slots=True)
class Subnets:
    """The subnets of a zone.

    Attributes:
        private: CIDR of the one for nodes and storage.
        public: CIDR of the one for what is reached from outside.
    """

    private: str
    public: str


def places(network: IPv4Network) -> int:
    """How many zones, from `a` on, have room in a network."""
    public = min(network.prefixlen + 6, _SMALLEST_SUBNET)
    return min(_PRIVATE, 2 ** (public - (network.prefixlen + 3)))


def divided(cidr: str, zones: Sequence[str]) -> dict[str, Subnets]:
    """The subnets of each zone, by the zone.

    Raises:
        ValueError: `cidr_problems` finds fault with the CIDR, or a zone has no
            letter.
    """
    network = IPv4Network(cidr)
    parts = list(network.subnets(prefixlen_diff=3))
    size = min(network.prefixlen + 6, _SMALLEST_SUBNET)
    public = list(parts[_PRIVATE].subnets(new_prefix=size))
    found: dict[str, Subnets] = {}
    for zone in zones:
        place = _place(zone)
        if place is None or place >= places(network):
            raise ValueError(f"{cidr} has no room for {zone}")
        found[zone] = Subnets(str(parts[place]), str(public[place]))
    return found


def _place(zone: str) -> int | None:
    letter = aws_regions.letter(zone)
    return ord(letter) - ord("a") if letter else None


def cidr_problems(cidr: str, zones: Sequence[str]) -> Iterator[Problem]:
    """What is wrong with the addresses of a VPC with subnets in `zones`."""
    network = as_network(cidr)
    if network is None:
        yield Problem(
            rule="NET02",
            message="the addresses of a network are an IPv4 network in CIDR notation "
            "with no bits of a host, such as 10.40.0.0/16",
            value=cidr,
            nearest=nearest_network(cidr),
            link=LINK,
        )
        return
    if not LARGEST <= network.prefixlen <= SMALLEST:
        bits = min(max(network.prefixlen, LARGEST), SMALLEST)
        yield Problem(
            rule="NET03",
            message=f"a network has a prefix of /{LARGEST} to /{SMALLEST}: AWS takes "
            "none larger, and a smaller one has no room for subnets",
            value=cidr,
            nearest=_resized(network, bits),
            link=LINK,
        )
        return
    room = places(network)
    placed = [place for zone in zones if (place := _place(zone)) is not None]
    if any(place >= room for place in placed):
        # Seven places are all that there are, whatever the prefix.
        larger = [
            bits
            for bits in range(network.prefixlen - 1, LARGEST - 1, -1)
            if places(IPv4Network((0, bits))) > max(placed)
        ]
        yield Problem(
            rule="NET06",
            message="every zone has its place in the network by its letter, and a "
            f"/{network.prefixlen} has room for a to {chr(ord('a') + room - 1)}",
            value=cidr,
            nearest=_resized(network, larger[0]) if larger else None,
            link=LINK,
        )
    if not any(network.subnet_of(internal) for internal in _INTERNAL):
        yield Problem(
            rule="NET12",
            message="these addresses are of the internet: whoever has them there is "
            "not reached from this network",
            value=cidr,
            nearest=f"10.40.0.0/{network.prefixlen}",
            link=LINK,
            severity="warning",
        )


def as_network(cidr: str) -> IPv4Network | None:
    """An IPv4 network in CIDR notation; None where the text is none."""
    try:
        return IPv4Network(cidr) if "/" in cidr else None
    except ValueError:
        return None


def nearest_network(cidr: str) -> str | None:
    """The network that `cidr` lies in, where it has bits of a host or no prefix."""
    try:
        network = ip_network(cidr, strict=False)
    except ValueError:
        return None
    if not isinstance(network, IPv4Network):
        return None
    return str(network) if "/" in cidr else _resized(network, LARGEST)


def _resized(network: IPv4Network, bits: int) -> str:
    return str(IPv4Network((network.network_address, bits), strict=False))


def id_problem(kind: str, value: str) -> Problem | None:
    """What is wrong with the id of a `vpc` or a `subnet`."""
    rule, form = ("NET07", _VPC) if kind == "vpc" else ("NET08", _SUBNET)
    if form.fullmatch(value):
        return None
    lower = value.strip().lower()
    return Problem(
        rule=rule,
        message=f"the id of a {kind} is {kind}- and 8 or 17 digits of a hexadecimal "
        f"number, such as {kind}-0123456789abcdef0",
        value=value,
        nearest=lower if form.fullmatch(lower) else None,
        link=LINK,
    )
