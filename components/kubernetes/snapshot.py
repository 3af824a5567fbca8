"""A VolumeSnapshot, protected for the data it holds."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.snapshot_class import API_VERSION
from components.kubernetes.snapshot_spec import SnapshotSpec

KIND = "VolumeSnapshot"


@dataclass(frozen=True, kw_only=True)
class SnapshotArgs:
    """What a Snapshot is made from.

    Attributes:
        spec: The snapshot.
        namespace: Where it and its claim lie.
        claim_name: The claim that it is of; None for an `existing` snapshot.
    """

    spec: SnapshotSpec
    namespace: pulumi.Input[str]
    claim_name: pulumi.Input[str] | None = None


class Snapshot(pulumi.ComponentResource):
    """A VolumeSnapshot: taken, adopted, or used as it is.

    The deployment does not wait until it is ready: a claim that is restored
    from it does. What it is of, and by which class, is fixed when it is taken:
    a change is a replacement, which its protection refuses.

    Attributes:
        snapshot_name: Name of the snapshot, known when it exists.
    """

    snapshot_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: SnapshotArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Take, adopt or look up the snapshot.

        Args:
            name: Name of a snapshot that is taken.
            args: What to make.
            opts: Must carry the provider of the cluster, and depend on the claim.

        Raises:
            TypeError: A snapshot is adopted from a namespace whose name is not
                known.
            ValueError: There is no claim to take it of, or one too many.
        """
        spec = args.spec
        if (args.claim_name is None) != (spec.existing is not None):
            raise ValueError(
                f"the snapshot {name!r} is of a claim, unless it is existing"
            )
        super().__init__("ml-storage:index:Snapshot", name, None, opts)
        named = spec.existing or spec.adopt
        object_name = named.name if named else name
        namespace = pulumi.Output.from_input(args.namespace)
        if spec.existing is not None:
            snapshot = k8s.apiextensions.CustomResource.get(
                f"{name}-snapshot",
                API_VERSION,
                KIND,
                namespace.apply(lambda n: f"{n}/{object_name}"),
                opts=pulumi.ResourceOptions(parent=self),
            )
        else:
            snapshot = k8s.apiextensions.CustomResource(
                f"{name}-snapshot",
                API_VERSION,
                KIND,
                metadata={"name": object_name, "namespace": namespace},
                spec={
                    "volumeSnapshotClassName": spec.snapshot_class,
                    "source": {"persistentVolumeClaimName": args.claim_name},
                },
                opts=_options(self, args),
            )
        self.snapshot_name = snapshot.urn.apply(lambda _: object_name)
        self.register_outputs({"snapshotName": self.snapshot_name})


def _options(parent: pulumi.Resource, args: SnapshotArgs) -> pulumi.ResourceOptions:
    spec = args.spec
    adopted = None
    if spec.adopt is not None:
        if not isinstance(args.namespace, str):
            raise TypeError(
                "a snapshot is adopted from a namespace whose name is known"
            )
        adopted = f"{args.namespace}/{spec.adopt.name}"
    return pulumi.ResourceOptions(
        parent=parent,
        protect=spec.on_delete == "protect",
        retain_on_delete=spec.on_delete == "retain",
        import_=adopted,
        # Others wrote these into an adopted snapshot; they are not ours.
        ignore_changes=(
            ["metadata.annotations", "metadata.labels"] if adopted else None
        ),
        # The name is fixed, so a replacement cannot stand beside the old one.
        delete_before_replace=True,
        replace_on_changes=["spec.source", "spec.volumeSnapshotClassName"],
    )
