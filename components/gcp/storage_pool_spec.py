"""`storagePools`: Hyperdisk capacity and performance that disks share."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from components.gcp.fields import Zone
from components.spec import Spec


class StoragePoolSpec(Spec):
    """A Hyperdisk storage pool."""

    type: Literal["hyperdisk-balanced", "hyperdisk-throughput"] = "hyperdisk-balanced"
    """The type of its disks; default `hyperdisk-balanced`."""

    zone: Zone
    """Its zone."""

    capacity_gib: int = Field(alias="capacityGiB")
    """The capacity in GiB that its disks share."""

    iops: int | None = None
    """The IOPS that they share (hyperdisk-balanced)."""

    throughput: int
    """The MiB/s that they share."""

    on_delete: Literal["protect", "retain", "delete"] = "protect"
    """What happens to it when it leaves the stack; default `protect`."""
