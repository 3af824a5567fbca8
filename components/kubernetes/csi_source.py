"""What a PersistentVolume says to a CSI driver, where the cloud knows the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

ZONE = "topology.kubernetes.io/zone"
"""The label of a node's zone, and the key that volumes of one zone name."""


@dataclass(frozen=True, kw_only=True)
class CsiSource:
    """The `csi` part of a PersistentVolume, and what goes with it.

    Attributes:
        driver: The CSI driver.
        handle: What the driver calls the volume. Unique where the driver wants
            that of it.
        attributes: The driver's attributes of the volume.
        mount_options: Options of the mount.
        read_only: The driver mounts it read-only.
        fs_type: The file system of a disk; None for a driver's own.
        zones: Zones whose nodes can mount it; empty for all.
    """

    driver: str
    handle: pulumi.Input[str]
    attributes: Mapping[str, pulumi.Input[str]] = field(
        default_factory=dict[str, pulumi.Input[str]]
    )
    mount_options: Sequence[pulumi.Input[str]] = ()
    read_only: bool = False
    fs_type: str | None = None
    zones: Sequence[str] = ()

    def fields(self) -> dict[str, Any]:
        """The part of a PersistentVolume's `spec` that names the storage."""
        csi: dict[str, Any] = {"driver": self.driver, "volumeHandle": self.handle}
        if self.fs_type is not None:
            csi["fsType"] = self.fs_type
        if self.attributes:
            csi["volumeAttributes"] = dict(self.attributes)
        if self.read_only:
            csi["readOnly"] = True
        source: dict[str, Any] = {"csi": csi}
        if self.mount_options:
            source["mountOptions"] = list(self.mount_options)
        if self.zones:
            term = {"key": ZONE, "operator": "In", "values": list(self.zones)}
            source["nodeAffinity"] = {
                "required": {"nodeSelectorTerms": [{"matchExpressions": [term]}]}
            }
        return source
