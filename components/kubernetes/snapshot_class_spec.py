"""A VolumeSnapshotClass for any driver that can take snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from components.catalog.problem import Problem
from components.kubernetes.volume_spec import DriverName
from components.spec import Spec


class SnapshotClassSpec(Spec):
    """A class that the stack makes, or one that the cluster has (`existing`).

    The name of the class is its key. Kubernetes cannot change a class: a
    changed one is made anew, and snapshots that were taken stay what they are.
    """

    driver: DriverName
    """The driver that takes the snapshots: the one that provisioned the claims."""

    existing: bool = False
    """The cluster has the class: it is used, not made. Its driver still tells
    `check` which claims it can take snapshots of."""

    deletion_policy: Literal["Retain", "Delete"] = "Retain"
    """What happens to the storage of a snapshot when its object is deleted;
    default `Retain`: it stays with the driver until someone deletes it there."""

    parameters: dict[str, str] = Field(default_factory=dict[str, str])
    """The driver's own parameters, texts all."""

    def problems(self) -> Iterator[Problem]:
        """An existing class is not configured here."""
        if self.existing and self.parameters:
            yield Problem(
                rule="CLS01",
                message="the class exists already: what it does is set there",
                path=("parameters",),
                value=self.parameters,
            )
