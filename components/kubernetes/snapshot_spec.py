"""A snapshot of one of a team's claims."""

from __future__ import annotations

from collections.abc import Iterator

from components.catalog.problem import Problem
from components.kubernetes.volume_spec import OnDelete, Reference
from components.spec import Name, ObjectName, Spec


class SnapshotSpec(Spec):
    """What a claim held when the snapshot was taken, kept beside it.

    It is taken once, when the stack first makes it; its key is its name. What
    it is of cannot be changed: another snapshot has another name.
    """

    of: Name | None = None
    """The claim among the team's `volumes`. Required unless `existing`."""

    snapshot_class: ObjectName | None = None
    """One of the platform's `snapshotClasses`. Required unless `existing`."""

    on_delete: OnDelete = "protect"
    """What happens to it when it leaves the stack; default `protect`. After
    `delete` the class's `deletionPolicy` decides about the storage."""

    existing: Reference | None = None
    """Use this snapshot without managing it."""

    adopt: Reference | None = None
    """Import this snapshot into the stack, protected."""

    def problems(self) -> Iterator[Problem]:
        """One source and one class, or one that is there already."""
        if self.existing is not None and self.adopt is not None:
            yield Problem(
                rule="VOL03",
                message="a snapshot is either used as it is (existing) or taken into "
                "the stack (adopt)",
                path=("adopt",),
                value=self.adopt.name,
            )
        for key, value in (("of", self.of), ("snapshotClass", self.snapshot_class)):
            if self.existing is None and value is None:
                yield Problem(rule="CFG02", message="required", path=(key,))
            if self.existing is not None and value is not None:
                yield Problem(
                    rule="VOL03",
                    message="an existing snapshot has its own: leave it out, or adopt "
                    "the snapshot",
                    path=(key,),
                    value=value,
                )
        if self.adopt is not None and self.on_delete != "protect":
            yield Problem(
                rule="VOL04",
                message="an adopted snapshot is protected until it is the stack's "
                "own: leave onDelete out, deploy, drop adopt, then change it",
                path=("onDelete",),
                value=self.on_delete,
                nearest="protect",
            )
