"""The namespace of a team, and what it may use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from components.catalog.problem import Problem
from components.spec import ObjectName, Size, Spec


class QuotaSpec(Spec):
    """The most that everything in the namespace may ask for together."""

    storage: dict[ObjectName, Size] = Field(default_factory=dict[str, str])
    """Bytes claimed, for each StorageClass."""

    gpus: int | None = Field(default=None, ge=0)
    """GPUs (`nvidia.com/gpu`) that pods may hold at once."""


class TeamSpaceSpec(Spec):
    """A team's namespace, named after the team, and its quota."""

    quota: QuotaSpec = QuotaSpec()
    """Limits; without them the namespace is only limited by the cluster."""

    on_delete: Literal["protect", "delete"] = "protect"
    """`protect` refuses to destroy the namespace, and every claim in it."""

    existing: bool = False
    """Use the namespace without managing it; its quota is still the stack's."""

    adopt: bool = False
    """Import the namespace into the stack, protected."""

    def problems(self) -> Iterator[Problem]:
        """A namespace is either used, or taken over with its protection."""
        if self.existing and self.adopt:
            yield Problem(
                rule="VOL03",
                message="a namespace is either used as it is (existing) or taken "
                "into the stack (adopt)",
                path=("adopt",),
                value=self.adopt,
            )
        if (self.existing or self.adopt) and self.on_delete == "delete":
            yield Problem(
                rule="VOL04",
                message="a namespace that others made is not deleted from here",
                path=("onDelete",),
                value=self.on_delete,
                nearest="protect",
            )
