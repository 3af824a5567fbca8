"""The network of an environment on Google Cloud."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from components.catalog import gcp_networks, gcp_regions
from components.catalog.problem import Problem
from components.spec import Spec, Text


class ExistingVpcSpec(Spec):
    """A VPC network that there is, with a subnet of the environment's region."""

    network: Text
    """Its name, or `projects/P/global/networks/N` of another project (Shared VPC)."""

    subnet: Text | None = None
    """The subnet of the region, by name or as `projects/P/regions/R/subnetworks/S`.
    Required where a cluster or pools are made."""

    pods: Text | None = None
    """The name of the subnet's secondary range for pods; default: GKE makes one."""

    services: Text | None = None
    """The name of the subnet's secondary range for Services; default: GKE makes
    one."""

    peered_range: Text | None = None
    """The name of the allocated range by which private services (Filestore,
    Managed Lustre) are reached. Without it there is no private services access."""

    def problems(self) -> Iterator[Problem]:
        """Names are names."""
        for key, kind, value in (
            ("network", "network", self.network),
            ("subnet", "subnet", self.subnet),
            ("pods", "range", self.pods),
            ("services", "range", self.services),
            ("peeredRange", "range", self.peered_range),
        ):
            problem = gcp_networks.name_problem(kind, value) if value else None
            if problem is not None:
                yield problem.under(key)


class NewVpcSpec(Spec):
    """A VPC network that is made: one subnet of the region, a NAT, peering."""

    cidr: Text = "10.0.0.0/20"
    """The addresses of nodes, a prefix of /8 to /28; default `10.0.0.0/20`, for
    4092 nodes."""

    pods: Text = "10.4.0.0/14"
    """The addresses of pods, a prefix of /9 to /21; default `10.4.0.0/14`. Each
    node takes a /24 of them."""

    services: Text = "10.8.0.0/20"
    """The addresses of Services, a prefix of /16 to /27; default `10.8.0.0/20`."""

    peered_cidr: Text = "10.16.0.0/16"
    """The addresses of private services, Filestore and Managed Lustre, a prefix
    of /8 to /23; default `10.16.0.0/16`. A Lustre instance takes a /23 of them."""

    @property
    def ranges(self) -> dict[str, str]:
        """Its four ranges, by their keys."""
        return {
            "cidr": self.cidr,
            "pods": self.pods,
            "services": self.services,
            "peeredCidr": self.peered_cidr,
        }

    def problems(self) -> Iterator[Problem]:
        """The four ranges are large enough and have no address in common."""
        yield from gcp_networks.ranges_problems(self.ranges)


class VpcNetworkSpec(Spec):
    """A VPC network of Google Cloud, by name or new."""

    existing: ExistingVpcSpec | None = None
    """A network that there is; nothing in it is made or changed."""

    create: NewVpcSpec | None = None
    """A network that is made, with a way out through a NAT gateway."""

    @property
    def private_services(self) -> bool:
        """Whether private services are reached: always in one that is made."""
        return self.existing is None or self.existing.peered_range is not None

    def problems(self) -> Iterator[Problem]:
        """It is there already or made."""
        if (self.existing is None) == (self.create is None):
            both = " not both" if self.existing is not None else ""
            yield Problem(
                rule="GNT01",
                message="a network is there already (existing) or is made (create),"
                f"{both or ' one of both'}",
                nearest=None if both else "create: {cidr: 10.0.0.0/20}",
                link=gcp_networks.SUBNETS_LINK,
            )


def zones_problems(zones: Sequence[str]) -> Iterator[Problem]:
    """What is wrong with a list of zones, at `zones` of its owner."""
    for index, zone in enumerate(zones):
        problem = gcp_regions.zone_problem(zone)
        if problem is not None:
            yield problem.under("zones", index)
        elif zone in zones[:index]:
            yield Problem(
                rule="GNT10",
                message="this zone stands here already",
                path=("zones", index),
                value=zone,
            )
