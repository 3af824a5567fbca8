"""`diskImages`: a disk as it was, for boot disks of nodes and for other disks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from components.catalog import gcp_disks
from components.catalog.problem import Problem
from components.spec import Spec, Text

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


class DiskImageSpec(Spec):
    """An image of a disk of the platform's.

    It is what the disk holds when the image is made, while no one writes to it;
    what is written later is not in it. An image of other content is another
    image, under another name.
    """

    of: Text
    """The disk under `platform.storage`, or `projects/P/zones/Z/disks/D`."""

    on_delete: Literal["protect", "retain", "delete"] = "protect"
    """What happens to it when it leaves the stack; default `protect`."""

    def problems(self) -> Iterator[Problem]:
        """The name of a disk."""
        full = gcp_disks.disk_zone(self.of) is not None
        if not full and not _NAME.fullmatch(self.of):
            yield Problem(
                rule="PDK09",
                message="it is a name under platform.storage, or "
                "projects/P/zones/Z/disks/D",
                path=("of",),
                value=self.of,
                nearest=gcp_disks.disk_in(self.of),
                link="https://docs.cloud.google.com/compute/docs/images/create-custom",
            )
