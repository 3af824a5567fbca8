"""The network of an environment on Google Cloud."""

from __future__ import annotations

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


class NewVpcSpec(Spec):
    """A VPC network that is made: one subnet of the region, a NAT, peering."""

    cidr: Text = "10.0.0.0/20"
    """The addresses of nodes."""

    pods: Text = "10.4.0.0/14"
    """The addresses of pods."""

    services: Text = "10.8.0.0/20"
    """The addresses of Services."""

    peered_cidr: Text = "10.16.0.0/16"
    """The addresses of private services: Filestore and Managed Lustre."""


class VpcNetworkSpec(Spec):
    """A VPC network of Google Cloud, by name or new."""

    existing: ExistingVpcSpec | None = None
    """A network that there is."""

    create: NewVpcSpec | None = None
    """A network that is made."""

    @property
    def private_services(self) -> bool:
        """Whether private services are reached: always in one that is made."""
        return self.existing is None or self.existing.peered_range is not None
