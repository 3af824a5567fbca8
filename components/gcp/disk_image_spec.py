"""`diskImages`: a disk as it was, for boot disks of nodes and for other disks."""

from __future__ import annotations

from typing import Literal

from components.spec import Spec, Text


class DiskImageSpec(Spec):
    """An image of a disk of the platform's."""

    of: Text
    """The disk under `platform.storage`, or `projects/P/zones/Z/disks/D`."""

    on_delete: Literal["protect", "retain", "delete"] = "protect"
    """What happens to it when it leaves the stack; default `protect`."""
