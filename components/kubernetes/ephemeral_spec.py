"""`kind: ephemeral`: a claim of each pod's own, gone with the pod.

It makes no resource: the spec itself is what a pod mounts, and Kubernetes makes
a claim for every pod that does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from components.catalog.problem import Problem
from components.catalog.storage_kinds import AccessMode, VolumeMode
from components.kubernetes.mountable import PodNeeds
from components.kubernetes.volume_spec import VolumeSpec, pod_mode_stands_alone
from components.spec import ObjectName, Size


class EphemeralSpec(VolumeSpec):
    """Scratch on a StorageClass: larger or faster than the disk of a node."""

    kind: Literal["ephemeral"]

    storage_class: ObjectName
    """The StorageClass that provisions a volume for each pod."""

    size: Size
    """The size of each pod's volume, such as `100Gi`."""

    access_modes: list[AccessMode] = Field(
        default_factory=lambda: list[AccessMode](["ReadWriteOnce"]), min_length=1
    )
    """What the class is asked for; default `[ReadWriteOnce]`. Only the one pod
    mounts it."""

    volume_mode: VolumeMode = "Filesystem"
    """`Filesystem`, or `Block` for a raw device."""

    def problems(self) -> Iterator[Problem]:
        """It belongs to one pod: nothing to share, nothing to find in it."""
        if self.writers is not None:
            yield Problem(
                rule="VOL06",
                message="each pod has an ephemeral volume of its own: there are no "
                "writers to name",
                path=("writers",),
                value=self.writers,
            )
        if self.access == "read-only":
            yield Problem(
                rule="VOL06",
                message="an ephemeral volume begins empty: mounted read-only it "
                "stays so",
                path=("access",),
                value=self.access,
                nearest="read-write",
            )
        yield from pod_mode_stands_alone(self.access_modes)

    @property
    def read_only(self) -> bool:
        """Never."""
        return False

    def volume_source(self) -> dict[str, Any]:
        """The `ephemeral` source, with the claim that each pod gets."""
        claim = {
            "storageClassName": self.storage_class,
            "accessModes": self.access_modes,
            "volumeMode": self.volume_mode,
            "resources": {"requests": {"storage": self.size}},
        }
        return {"ephemeral": {"volumeClaimTemplate": {"spec": claim}}}

    def pod_needs(self) -> PodNeeds:
        """Nothing: the volume is not on the node's disk."""
        return PodNeeds()
