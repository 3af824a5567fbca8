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
    """

    spec: ClaimSpec
    namespace: pulumi.Input[str]


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
        """
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
                spec=claim_fields(spec),
                opts=_options(self, spec, args.namespace),
            )
        self.volume_name = claim.spec.volume_name
        self.register_outputs(
            {"claimName": self.claim_name, "volumeName": self.volume_name}
        )


def claim_fields(spec: ClaimSpec) -> Any:
    """The `spec` of the PersistentVolumeClaim."""
    return {
        "storageClassName": spec.storage_class,
        "accessModes": spec.access_modes,
        "volumeMode": spec.volume_mode,
        "resources": {"requests": {"storage": spec.size}},
    }


def _options(
    parent: pulumi.Resource, spec: ClaimSpec, namespace: pulumi.Input[str]
) -> pulumi.ResourceOptions:
    adopted = None
    if spec.adopt is not None:
        if not isinstance(namespace, str):
            raise TypeError("a claim is adopted from a namespace whose name is known")
        adopted = f"{namespace}/{spec.adopt.name}"
    return pulumi.ResourceOptions(
        parent=parent,
        protect=spec.on_delete == "protect",
        retain_on_delete=spec.on_delete == "retain",
        import_=adopted,
        # The provisioner wrote these into an adopted claim; they are not ours.
        ignore_changes=(
            ["spec.volumeName", "metadata.annotations", "metadata.labels"]
            if adopted
            else None
        ),
        # The name is fixed, so a replacement cannot stand beside the old claim.
        delete_before_replace=True,
    )
