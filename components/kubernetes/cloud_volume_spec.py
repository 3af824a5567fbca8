"""What every kind of a cloud's storage says about itself, whatever the cloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from components.catalog.problem import Problem
from components.catalog.storage_kinds import (
    BY_KIND,
    AccessMode,
    StorageKind,
    VolumeMode,
)
from components.kubernetes.mountable import PodNeeds
from components.kubernetes.volume_spec import Access, OnDelete, VolumeSpec
from components.spec import Text


class CloudVolumeSpec(VolumeSpec):
    """Storage that a cloud holds: made, taken over or used as it is.

    The component made from it answers `csi_source`: what a PersistentVolume
    that mounts it says.
    """

    kind: str

    row: ClassVar[str]
    """The word of its row in the catalog's table of storage kinds."""

    existing: str | None = Field(default=None, min_length=1)
    """The cloud's id of storage that is used without being managed."""

    adopt: str | None = Field(default=None, min_length=1)
    """The cloud's id of storage that is imported into the stack, protected."""

    on_delete: OnDelete = "protect"
    """`protect` refuses to destroy or replace it; `retain` forgets it and
    leaves it in the cloud; `delete` destroys it with its data."""

    tags: dict[str, Text] = Field(default_factory=dict[str, str])
    """Tags of its own, beside those of the platform."""

    @property
    def storage_kind(self) -> StorageKind:
        """The catalog's row for it."""
        return BY_KIND[self.row]

    @property
    def mode(self) -> VolumeMode:
        """It holds files."""
        return "Filesystem"

    @property
    def access_modes(self) -> list[AccessMode]:
        """Who may mount it at once: many pods."""
        return ["ReadWriteMany"]

    @property
    def size(self) -> str:
        """What its PersistentVolumes say they hold, which nothing enforces."""
        return "1Pi"

    def pod_needs(self, access: Access) -> PodNeeds:
        """What it asks of every pod that mounts it.

        Args:
            access: What the pod mounts it for.
        """
        del access
        return PodNeeds()

    def narrowed(self, access: Access) -> Access:
        """The least of `access` and the spec's own."""
        return "read-only" if "read-only" in (self.access, access) else "read-write"

    def problems(self) -> Iterator[Problem]:
        """It is made, used, or taken over, and what others made is not deleted."""
        yield from made_or_taken(
            self.existing, self.adopt, self.on_delete, "what exists"
        )


def made_or_taken(
    existing: str | None,
    adopt: str | None,
    on_delete: Literal["protect", "retain", "delete"],
    what: str,
) -> Iterator[Problem]:
    """What is wrong with how a thing is said to come into the stack, and to go."""
    if existing is not None and adopt is not None:
        yield Problem(
            rule="VOL03",
            message=f"{what} is either used as it is (existing) or taken into the "
            "stack (adopt)",
            path=("adopt",),
            value=adopt,
        )
    if (existing is not None or adopt is not None) and on_delete == "delete":
        yield Problem(
            rule="VOL04",
            message="what others made is not deleted from here",
            path=("onDelete",),
            value=on_delete,
            nearest="protect",
        )
