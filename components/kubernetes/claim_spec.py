"""`kind: claim`: a PersistentVolumeClaim on a StorageClass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from components.catalog.problem import Problem
from components.catalog.storage_kinds import AccessMode, VolumeMode
from components.kubernetes.volume_spec import (
    OnDelete,
    Reference,
    VolumeSpec,
    pod_mode_stands_alone,
)
from components.spec import Name, ObjectName, Size


class ClaimSpec(VolumeSpec):
    """A claim on any StorageClass, made by the stack or there already."""

    kind: Literal["claim"]

    storage_class: ObjectName | None = None
    """The StorageClass that provisions it. Required unless `existing`."""

    size: Size | None = None
    """The size asked for, such as `1200Gi`. Required unless `existing`."""

    access_modes: list[AccessMode] = Field(
        default_factory=lambda: list[AccessMode](["ReadWriteOnce"]), min_length=1
    )
    """Who may mount it at once; default `[ReadWriteOnce]`."""

    volume_mode: VolumeMode = "Filesystem"
    """`Filesystem`, or `Block` for a raw device."""

    on_delete: OnDelete = "protect"
    """What happens to the data with the claim; default `protect`."""

    existing: Reference | None = None
    """Use this claim without managing it."""

    adopt: Reference | None = None
    """Import this claim into the stack, protected."""

    restore: Name | None = None
    """Fill the new claim with what this snapshot of the team holds. Once the
    claim exists the line has no effect and may go; another snapshot would be
    another claim."""

    def problems(self) -> Iterator[Problem]:
        """One source, a class and a size, and no impossible pair of modes."""
        if self.existing is not None and self.adopt is not None:
            yield Problem(
                rule="VOL03",
                message="a claim is either used as it is (existing) or taken into "
                "the stack (adopt)",
                path=("adopt",),
                value=self.adopt.name,
            )
        for key, value in (("storageClass", self.storage_class), ("size", self.size)):
            if self.existing is None and value is None:
                yield Problem(rule="CFG02", message="required", path=(key,))
            if self.existing is not None and value is not None:
                yield Problem(
                    rule="VOL03",
                    message="an existing claim has its own: leave it out, or adopt "
                    "the claim",
                    path=(key,),
                    value=value,
                )
        if self.adopt is not None and self.on_delete != "protect":
            yield Problem(
                rule="VOL04",
                message="an adopted claim is protected until it is the stack's own: "
                "leave onDelete out, deploy, drop adopt, then change it",
                path=("onDelete",),
                value=self.on_delete,
                nearest="protect",
            )
        yield from pod_mode_stands_alone(self.access_modes)
        yield from self._restore_problems()

    def _restore_problems(self) -> Iterator[Problem]:
        """Only a claim that is made is filled from a snapshot."""
        if self.restore is None or (self.existing is None and self.adopt is None):
            return
        yield Problem(
            rule="VOL10",
            message="a snapshot is restored into a new claim, and this one exists "
            "already",
            path=("restore",),
            value=self.restore,
            link="https://kubernetes.io/docs/concepts/storage/persistent-volumes/"
            "#volume-snapshot-and-restore-volume-from-snapshot-support",
        )
