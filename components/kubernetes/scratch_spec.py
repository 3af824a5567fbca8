"""`kind: scratch`: room of a pod's own, gone with the pod.

It makes no resource: the spec itself is what a pod mounts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from components.catalog import quantity
from components.catalog.problem import Problem
from components.catalog.storage_kinds import AccessMode
from components.kubernetes.mountable import PodNeeds
from components.kubernetes.volume_spec import VolumeSpec
from components.spec import Size


class ScratchSpec(VolumeSpec):
    """An `emptyDir`, on the node's disk, its NVMe disks or in the pod's memory."""

    kind: Literal["scratch"]

    medium: Literal["disk", "nvme", "memory"] = "disk"
    """`disk` and `nvme` are counted as ephemeral storage, `memory` as memory.
    `nvme` is the node's own disks, where its pool has put the kubelet's directory
    on them: nothing else will do, so a program that mounts it names its pool."""

    size: Size
    """The most it may hold: a pod that writes more is evicted (disk, nvme) or gets
    "no space left on device" (memory)."""

    def problems(self) -> Iterator[Problem]:
        """Scratch belongs to one pod: nothing to share, nothing to protect."""
        if self.writers is not None:
            yield Problem(
                rule="VOL06",
                message="each pod has its own scratch: there are no writers to name",
                path=("writers",),
                value=self.writers,
            )
        if self.access == "read-only":
            yield Problem(
                rule="VOL06",
                message="scratch begins empty: mounted read-only it stays so",
                path=("access",),
                value=self.access,
                nearest="read-write",
            )

    @property
    def access_modes(self) -> list[AccessMode]:
        """One pod."""
        return ["ReadWriteOncePod"]

    @property
    def read_only(self) -> bool:
        """Never."""
        return False

    def volume_source(self) -> dict[str, Any]:
        """The `emptyDir`."""
        empty: dict[str, Any] = {"sizeLimit": self.size}
        if self.medium == "memory":
            empty["medium"] = "Memory"
        return {"emptyDir": empty}

    def pod_needs(self) -> PodNeeds:
        """The size, as memory or as ephemeral storage."""
        size = quantity.parse(self.size)
        if self.medium == "memory":
            return PodNeeds(memory=size)
        return PodNeeds(ephemeral_storage=size)
