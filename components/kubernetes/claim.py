"""A claim on a StorageClass, protected for the data it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.mountable import MountedByClaim


@dataclass(frozen=True, kw_only=True)
class ClaimArgs:
    """What a Claim is made from.

    Attributes:
        spec: The claim.
        namespace: Where it lies.
        snapshot_name: The VolumeSnapshot that a new claim is filled from, in
            the same namespace; default: the claim begins empty.
    """

    spec: ClaimSpec
    namespace: pulumi.Input[str]
    snapshot_name: pulumi.Input[str] | None = None


class Claim(MountedByClaim, pulumi.ComponentResource):
    """A PersistentVolumeClaim: made, adopted, or used as it is. Mountable.

    Attributes:
        claim_name: Name of the claim.
        volume_name: Name of the PersistentVolume bound to it.
    """

    volume_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: ClaimArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make, adopt or look up the claim.

        Args:
            name: Name of the volume, and of a claim that is made.
            args: What to make.
            opts: Must carry the provider of the cluster.

        Raises:
            TypeError: A claim is adopted from a namespace whose name is not known.
            ValueError: A claim that exists is to be filled from a snapshot, or one
                that is to be restored gets none.
        """
        if args.snapshot_name is not None and (args.spec.existing or args.spec.adopt):
            raise ValueError(f"the claim {name!r} exists: a snapshot fills a new one")
        if args.snapshot_name is None and args.spec.restore is not None:
            raise ValueError(
                f"the claim {name!r} is restored, and no snapshot is given"
            )
        super().__init__("ml-storage:index:Claim", name, None, opts)
        self.spec = spec = args.spec
        named = spec.existing or spec.adopt
        self.claim_name = named.name if named else name
        namespace = pulumi.Output.from_input(args.namespace)
        if spec.existing is not None:
            claim = k8s.core.v1.PersistentVolumeClaim.get(
                f"{name}-claim",
                namespace.apply(lambda n: f"{n}/{self.claim_name}"),
                opts=pulumi.ResourceOptions(parent=self),
            )
        else:
            claim = k8s.core.v1.PersistentVolumeClaim(
                f"{name}-claim",
                metadata={"name": self.claim_name, "namespace": namespace},
                spec=claim_fields(spec, args.snapshot_name),
                opts=_options(self, args),
            )
        self.volume_name = claim.spec.volume_name
        self.register_outputs(
            {"claimName": self.claim_name, "volumeName": self.volume_name}
        )


def claim_fields(
    spec: ClaimSpec, snapshot_name: pulumi.Input[str] | None = None
) -> Any:
    """The `spec` of the PersistentVolumeClaim."""
    fields: dict[str, Any] = {
        "storageClassName": spec.storage_class,
        "accessModes": spec.access_modes,
        "volumeMode": spec.volume_mode,
        "resources": {"requests": {"storage": spec.size}},
    }
    if snapshot_name is not None:
        fields["dataSource"] = {
            "apiGroup": "snapshot.storage.k8s.io",
            "kind": "VolumeSnapshot",
            "name": snapshot_name,
        }
    return fields


def _options(parent: pulumi.Resource, args: ClaimArgs) -> pulumi.ResourceOptions:
    spec, namespace = args.spec, args.namespace
    adopted = None
    ignored: list[str] = []
    if spec.adopt is not None:
        if not isinstance(namespace, str):
            raise TypeError("a claim is adopted from a namespace whose name is known")
        adopted = f"{namespace}/{spec.adopt.name}"
        # The provisioner wrote these into an adopted claim; they are not ours.
        ignored += ["spec.volumeName", "metadata.annotations", "metadata.labels"]
    if args.snapshot_name is None:
        # What a claim was filled from is history: a claim that no longer says
        # so stays as it is. One that says so anew would have to be made anew.
        ignored += ["spec.dataSource", "spec.dataSourceRef"]
    return pulumi.ResourceOptions(
        parent=parent,
        protect=spec.on_delete == "protect",
        retain_on_delete=spec.on_delete == "retain",
        import_=adopted,
        ignore_changes=ignored or None,
        # The API server refuses a change of these; the provider knows the rest.
        replace_on_changes=["spec.dataSource", "spec.volumeMode"],
        # The name is fixed, so a replacement cannot stand beside the old claim.
        delete_before_replace=True,
    )
