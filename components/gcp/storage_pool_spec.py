"""`storagePools`: Hyperdisk capacity and performance that disks share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from components.catalog.gcp_disk_tables import POOL_GIB, THROUGHPUT
from components.catalog.problem import Problem
from components.gcp.fields import Zone
from components.spec import Spec, Text

_LINK = "https://docs.cloud.google.com/compute/docs/disks/storage-pools"


class StoragePoolSpec(Spec):
    """A Hyperdisk storage pool.

    Capacity and performance are changed in place; another type or zone is
    another pool.
    """

    type: Literal["hyperdisk-balanced", "hyperdisk-throughput"] = "hyperdisk-balanced"
    """The type of its disks; default `hyperdisk-balanced`."""

    zone: Zone
    """Its zone."""

    capacity_gib: int = Field(alias="capacityGiB", ge=1)
    """The capacity in GiB that its disks share; 10240 and more."""

    iops: int | None = Field(default=None, ge=1)
    """The IOPS that they share; of hyperdisk-balanced only."""

    throughput: int = Field(ge=1)
    """The MiB/s that they share."""

    tags: dict[str, Text] = Field(default_factory=dict[str, str])
    """Labels of its own, beside those of the platform."""

    on_delete: Literal["protect", "retain", "delete"] = "protect"
    """What happens to it when it leaves the stack; default `protect`. A pool goes
    after all of its disks."""

    def problems(self) -> Iterator[Problem]:
        """IOPS where there are any, and a capacity that is known to be offered."""
        if self.iops is not None and self.type == THROUGHPUT:
            yield Problem(
                rule="PDK16",
                message="disks of hyperdisk-throughput share no IOPS: leave it out",
                path=("iops",),
                value=self.iops,
                link=_LINK,
            )
        right = POOL_GIB.sure(self.capacity_gib)
        if right != self.capacity_gib:
            yield Problem(
                rule="PDK17",
                message=f"a storage pool is known to have {POOL_GIB.agreed[0]:,} to "
                f"{POOL_GIB.agreed[1]:,} GiB",
                path=("capacityGiB",),
                value=self.capacity_gib,
                nearest=right,
                link=_LINK,
                severity="warning",
            )
