"""`kind: host-path` and `kind: nfs`: storage that exists, mounted by name.

Each static kind makes a PersistentVolume and the claim that binds to it and to nothing
else. Both are pointers: deleting them leaves the data where it is.
"""

from __future__ import annotations

import ipaddress
import posixpath
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from components.catalog import names
from components.catalog.problem import Problem
from components.catalog.storage_kinds import (
    BY_KIND,
    AccessMode,
    StorageKind,
    VolumeMode,
    check_access_modes,
)
from components.kubernetes.volume_spec import Access, VolumeSpec
from components.spec import (
    ExportedDirectory,
    HostDirectory,
    MountOption,
    Size,
    as_error,
)


def _node_name(value: str) -> str:
    problem = names.subdomain(value)
    if problem is None and len(value) > names.LABEL_LENGTH:
        # The label is what the API server looks at, not the node.
        problem = Problem(
            rule="NAM02",
            message="a node is found by its label kubernetes.io/hostname, which has "
            f"at most {names.LABEL_LENGTH} characters",
            value=value,
            link=names.LINK,
        )
    if problem is not None:
        raise as_error(problem)
    return value


NodeName = Annotated[str, AfterValidator(_node_name)]
"""A node's label `kubernetes.io/hostname`."""


def _shared() -> list[AccessMode]:
    return ["ReadWriteMany"]


class StaticVolumeSpec(VolumeSpec):
    """What the static kinds share."""

    kind: Literal["host-path", "nfs", "csi"]

    size: Size = "1Pi"
    """What the volume says it holds. Nothing enforces it; default `1Pi`."""

    access_modes: list[AccessMode] = Field(default_factory=_shared, min_length=1)
    """Who may mount it at once; default `[ReadWriteMany]`."""

    @property
    def storage_kind(self) -> StorageKind | None:
        """The catalog's row for it; None when its driver is not in it."""
        return BY_KIND[self.kind]

    @property
    def mode(self) -> VolumeMode:
        """Whether it holds files or is a raw device."""
        return "Filesystem"

    def problems(self) -> Iterator[Problem]:
        """Access modes that the kind offers."""
        row = self.storage_kind
        if row is not None:
            problem = check_access_modes(row, self.access_modes, self.mode)
            if problem is not None:
                yield problem

    def source(
        self, *, access: Access = "read-write", prefix: str | None = None
    ) -> dict[str, Any]:
        """The part of a PersistentVolume's spec that names the storage.

        Args:
            access: What the volume is for; the spec's own `access` narrows it.
            prefix: The directory of it that is the whole; default: all of it.

        Raises:
            ValueError: No directory of it can be mounted by itself.
        """
        raise TypeError(f"{type(self).__name__} names no storage")

    def narrowed(self, access: Access) -> Access:
        """The least of `access` and the spec's own."""
        return "read-only" if "read-only" in (self.access, access) else "read-write"


def _below(path: str, prefix: str | None) -> str:
    return path if prefix is None else posixpath.join(path, prefix)


class HostPathSpec(StaticVolumeSpec):
    """A directory of a node."""

    kind: Literal["host-path"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    path: HostDirectory
    """The directory on the node. The system's own directories are refused."""

    create: bool = True
    """Make the directory where it does not exist; `false` fails instead, so
    that a disk which is not mounted cannot be mistaken for an empty one."""

    node: NodeName | None = None
    """The node (`kubernetes.io/hostname`) whose directory it is. Without it
    every node has a directory of its own under the same path."""

    def source(
        self, *, access: Access = "read-write", prefix: str | None = None
    ) -> dict[str, Any]:
        """The `hostPath`, and the node it is on."""
        del access  # Kubernetes knows no read-only hostPath: its mounts are.
        kind = "DirectoryOrCreate" if self.create else "Directory"
        path = _below(self.path, prefix)
        source: dict[str, Any] = {"hostPath": {"path": path, "type": kind}}
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

    server: str = Field(min_length=1)
    """Host name or address of the server, as the nodes resolve it. An IPv6
    address stands without brackets: the node adds them."""

    path: ExportedDirectory
    """The exported directory."""

    mount_options: list[MountOption] = Field(default_factory=list[str])
    """Options of the mount, such as `nfsvers=4.1`."""

    def problems(self) -> Iterator[Problem]:
        """A server that a node can ask for."""
        yield from super().problems()
        problem = _server(self.server)
        if problem is not None:
            yield replace(problem, path=("server",), value=self.server)

    def source(
        self, *, access: Access = "read-write", prefix: str | None = None
    ) -> dict[str, Any]:
        """The `nfs` source and its mount options."""
        path = _below(self.path, prefix)
        nfs: dict[str, Any] = {"server": self.server, "path": path}
        if self.narrowed(access) == "read-only":
            nfs["readOnly"] = True
        source: dict[str, Any] = {"nfs": nfs}
        if self.mount_options:
            source["mountOptions"] = self.mount_options
        return source


def _server(text: str) -> Problem | None:
    """What is wrong with `text` as the host name or address of a server."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        pass
    else:
        return None
    bare = text.strip("[]")
    if bare != text and ":" in bare:
        return Problem(
            rule="NAM02",
            message="the address stands without brackets: the node puts them around "
            "it when it mounts",
            nearest=bare,
            link="https://kubernetes.io/docs/concepts/storage/volumes/#nfs",
        )
    # Host names know no difference between small letters and capitals.
    return names.subdomain(text.lower())
