"""`kind: managed-lustre` under storageClasses: a file system for each claim."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from pydantic import Field

from components.catalog import (
    gcp_instances,
    gcp_lustre,
    gcp_lustre_driver,
    gcp_regions,
)
from components.catalog.problem import Problem
from components.gcp.fields import Zone
from components.kubernetes.cloud_class_spec import CloudClassSpec
from components.kubernetes.storage_class_spec import BindingMode


class ManagedLustreClassSpec(CloudClassSpec):
    """A class of Managed Lustre: every claim is an instance.

    A claim asks for exactly a size that there is: nothing rounds it up. The
    driver gives each file system a name that no other of the region has.
    """

    provisioner: ClassVar[str] = gcp_lustre_driver.DRIVER.name
    # An instance takes many minutes, and its zone is known: it does not wait.
    binding: ClassVar[BindingMode] = "Immediate"
    expandable: ClassVar[bool] = True
    zone_key: ClassVar[str] = gcp_lustre_driver.ZONE_KEY

    kind: Literal["managed-lustre"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    throughput_per_tib: int = Field(default=1000, alias="throughputPerTiB")
    """MB/s for each TiB: 125, 250, 500 or 1000; default 1000. The driver makes
    none of the dynamic tier."""

    zone: Zone
    """The zone in which its instances are made. Nodes of other zones mount them
    too, more slowly."""

    @property
    def allowed_zones(self) -> Sequence[str]:
        """The zone."""
        return (self.zone,)

    @property
    def all_parameters(self) -> dict[str, str]:
        """The driver's parameters, without the network."""
        return {"perUnitStorageThroughput": str(self.throughput_per_tib)}

    def problems(self) -> Iterator[Problem]:
        """A zone, and a throughput that there is."""
        yield from super().problems()
        wrong = gcp_lustre.throughput_problem(
            self.throughput_per_tib, ("throughputPerTiB",)
        )
        if wrong is not None:
            yield wrong
        if not gcp_instances.is_zone(self.zone):
            yield Problem(
                rule="MLU04",
                message="an instance is in one zone, which is a region's name and a "
                "letter",
                path=("zone",),
                value=self.zone,
                nearest=gcp_regions.near_zone(self.zone),
                link=gcp_lustre.CREATE,
            )
