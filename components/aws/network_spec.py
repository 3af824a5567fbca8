"""The network of an environment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pydantic import Field

from components.aws.fields import Zone
from components.catalog import aws_networks, aws_regions
from components.catalog.problem import UNSET, Problem
from components.spec import Spec, Text


class ExistingNetworkSpec(Spec):
    """A VPC that there is."""

    vpc: Text
    """Its id, such as `vpc-0123456789abcdef0`. Names of hosts have to resolve in
    it (`enableDnsSupport` and `enableDnsHostnames`): EFS and FSx are mounted by
    name."""

    subnets: dict[Zone, Text] = Field(min_length=1)
    """A private subnet's id for each zone that is used."""

    def problems(self) -> Iterator[Problem]:
        """Ids are ids, zones are zones, and no subnet is in two of them."""
        problem = aws_networks.id_problem("vpc", self.vpc)
        if problem is not None:
            yield problem.under("vpc")
        seen: dict[str, str] = {}
        for zone, subnet in self.subnets.items():
            problem = aws_regions.zone_problem(zone)
            if problem is not None:
                # The key itself is what is wrong: it stands in the path already.
                yield replace(problem, value=UNSET).under("subnets", zone)
            problem = aws_networks.id_problem("subnet", subnet)
            if problem is not None:
                yield problem.under("subnets", zone)
            elif subnet in seen:
                yield Problem(
                    rule="NET08",
                    message=f"this is the subnet of {seen[subnet]}: a subnet is in one "
                    "zone",
                    path=("subnets", zone),
                    value=subnet,
                )
            seen.setdefault(subnet, zone)


class NewNetworkSpec(Spec):
    """A VPC that is made: a private and a public subnet in each zone."""

    cidr: Text = "10.40.0.0/16"
    """Its addresses, a prefix of /16 to /24; default `10.40.0.0/16`. The private
    subnet of a zone has an eighth of them, at a place by the zone's letter."""

    zones: list[Zone] = Field(min_length=1)
    """The zones that it has subnets in; EKS wants two at least."""

    def problems(self) -> Iterator[Problem]:
        """The addresses have room for the zones, each of which stands once."""
        yield from zones_problems(self.zones)
        for problem in aws_networks.cidr_problems(self.cidr, self.zones):
            yield problem.under("cidr")


class NetworkSpec(Spec):
    """The network: one that there is, or one that is made."""

    existing: ExistingNetworkSpec | None = None
    """A VPC that there is; nothing in it is made or changed."""

    create: NewNetworkSpec | None = None
    """A VPC that is made, with a way out through one NAT gateway."""

    @property
    def zones(self) -> list[str]:
        """The zones that there are subnets in."""
        if self.existing is not None:
            return list(self.existing.subnets)
        return list(self.create.zones) if self.create else []

    def problems(self) -> Iterator[Problem]:
        """It is there already or made."""
        if (self.existing is None) == (self.create is None):
            both = " not both" if self.existing is not None else ""
            yield Problem(
                rule="NET01",
                message="a network is there already (existing) or is made (create),"
                f"{both or ' one of both'}",
                nearest=None if both else "create: {zones: [us-west-2a, us-west-2b]}",
                link="https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html",
            )


def zones_problems(zones: Sequence[str]) -> Iterator[Problem]:
    """What is wrong with a list of zones, at `zones` of its owner."""
    for index, zone in enumerate(zones):
        problem = aws_regions.zone_problem(zone)
        if problem is not None:
            yield problem.under("zones", index)
        elif zone in zones[:index]:
            yield Problem(
                rule="NET05",
                message="this zone stands here already",
                path=("zones", index),
                value=zone,
            )
