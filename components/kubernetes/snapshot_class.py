"""A VolumeSnapshotClass that survives its own changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi

from components.kubernetes.snapshot_class_spec import SnapshotClassSpec

API_VERSION = "snapshot.storage.k8s.io/v1"
"""Group and version of everything about snapshots. It is a CRD: the cluster
needs the snapshot controller, which brings it."""


@dataclass(frozen=True, kw_only=True)
class SnapshotClassArgs:
    """What a SnapshotClass is made from."""

    spec: SnapshotClassSpec


class SnapshotClass(pulumi.ComponentResource):
    """A class under a fixed name, since snapshots refer to it.

    A changed class is deleted and made again under its name: a class is only
    read when a snapshot is taken.

    Attributes:
        class_name: Name of the class, known when it exists.
    """

    class_name: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: SnapshotClassArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the class called `name`.

        Args:
            name: The name of the class.
            args: What to make; an `existing` class is not made but named.
            opts: Must carry the provider of the cluster.

        Raises:
            ValueError: The class exists already and is not to be made.
        """
        if args.spec.existing:
            raise ValueError(f"the class {name!r} is existing: there is none to make")
        super().__init__("ml-storage:index:SnapshotClass", name, None, opts)
        # The fields of a class stand beside its metadata, where the provider's
        # own type for custom resources has no room.
        made = pulumi.CustomResource(
            f"kubernetes:{API_VERSION}:VolumeSnapshotClass",
            f"{name}-class",
            {
                "apiVersion": API_VERSION,
                "kind": "VolumeSnapshotClass",
                "metadata": {"name": name},
                **snapshot_class_fields(args.spec),
            },
            pulumi.ResourceOptions(
                parent=self,
                delete_before_replace=True,
                replace_on_changes=["driver", "deletionPolicy", "parameters"],
            ),
        )
        self.class_name = made.urn.apply(lambda _: name)
        self.register_outputs({"className": self.class_name})


def snapshot_class_fields(spec: SnapshotClassSpec) -> dict[str, Any]:
    """What the class says, without what is left at nothing."""
    fields: dict[str, Any] = {
        "driver": spec.driver,
        "deletionPolicy": spec.deletion_policy,
    }
    if spec.parameters:
        fields["parameters"] = spec.parameters
    return fields
