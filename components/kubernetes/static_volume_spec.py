"""`kind: host-path` and `kind: nfs`: storage that exists, mounted by name.

Each makes a PersistentVolume and the claim that binds to it and to nothing
else. Both are pointers: deleting them leaves the data where it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from components.catalog.problem import Problem
from components.catalog.storage_kinds import BY_KIND, AccessMode, check_access_modes
from components.kubernetes.volume_spec import VolumeSpec
from components.spec import ExportedDirectory, HostDirectory, ObjectName, Size


def _shared() -> list[AccessMode]:
    return ["ReadWriteMany"]


class StaticVolumeSpec(VolumeSpec):
    """What the static kinds share."""

    kind: Literal["host-path", "nfs"]

    size: Size = "1Pi"
    """What the volume says it holds. Nothing enforces it; default `1Pi`."""

    access_modes: list[AccessMode] = Field(default_factory=_shared, min_length=1)
    """Who may mount it at once; default `[ReadWriteMany]`."""

    def problems(self) -> Iterator[Problem]:
        """Access modes that the kind offers."""
        problem = check_access_modes(BY_KIND[self.kind], self.access_modes)
        if problem is not None:
            yield problem

    def source(self) -> dict[str, Any]:
        """The part of a PersistentVolume's spec that names the storage."""
        raise TypeError(f"{type(self).__name__} names no storage")


class HostPathSpec(StaticVolumeSpec):
    """A directory of a node."""

    kind: Literal["host-path"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    path: HostDirectory
    """The directory on the node. The system's own directories are refused."""

    create: bool = True
    """Make the directory where it does not exist; `false` fails instead, so
    that a disk which is not mounted cannot be mistaken for an empty one."""

    node: ObjectName | None = None
    """The node (`kubernetes.io/hostname`) whose directory it is. Without it
    every node has a directory of its own under the same path."""

    def source(self) -> dict[str, Any]:
        """The `hostPath`, and the node it is on."""
        kind = "DirectoryOrCreate" if self.create else "Directory"
        source: dict[str, Any] = {"hostPath": {"path": self.path, "type": kind}}
        if self.node is not None:
            term = {
                "key": "kubernetes.io/hostname",
                "operator": "In",
                "values": [self.node],
            }
            source["nodeAffinity"] = {
                "required": {"nodeSelectorTerms": [{"matchExpressions": [term]}]}
            }
        return source


class NfsSpec(StaticVolumeSpec):
    """An export of an NFS server."""

    kind: Literal["nfs"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    server: ObjectName
    """Host name or address of the server, as the nodes resolve it."""

    path: ExportedDirectory
    """The exported directory."""

    mount_options: list[str] = Field(default_factory=list[str])
    """Options of the mount, such as `nfsvers=4.1`."""

    def source(self) -> dict[str, Any]:
        """The `nfs` source and its mount options."""
        source: dict[str, Any] = {"nfs": {"server": self.server, "path": self.path}}
        if self.mount_options:
            source["mountOptions"] = self.mount_options
        return source
