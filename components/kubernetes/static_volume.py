"""Storage that exists, as a PersistentVolume and the one claim that binds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.mountable import MountedByClaim
from components.kubernetes.static_volume_spec import StaticVolumeSpec


@dataclass(frozen=True, kw_only=True)
class StaticVolumeArgs:
    """What a StaticVolume is made from.

    Attributes:
        spec: The storage.
        namespace: Where the claim lies.
    """

    spec: StaticVolumeSpec
    namespace: pulumi.Input[str]


class StaticVolume(MountedByClaim, pulumi.ComponentResource):
    """A PersistentVolume and its claim, bound to each other. Mountable.

    `storageClassName: ""` keeps a default class from taking the claim,
    `volumeName` keeps the claim from any other volume, `claimRef` keeps the
    volume from any other claim. Both are pointers: deleting them leaves the
    data, and neither is protected.

    Attributes:
        claim_name: Name of the claim.
        volume_name: Name of the PersistentVolume, chosen by Pulumi.
    """

    volume_name: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: StaticVolumeArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the pair.

        Args:
            name: Name of the volume, and of its claim.
            args: What to make.
            opts: Must carry the provider of the cluster.
        """
        super().__init__("ml-storage:index:StaticVolume", name, None, opts)
        self.spec = spec = args.spec
        self.claim_name = name
        # The name is Pulumi's, so that a changed source makes a new volume
        # beside the old one, and the claim can move over.
        volume = k8s.core.v1.PersistentVolume(
            f"{name}-volume",
            spec=_volume_fields(name, args),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.volume_name = volume.metadata["name"]
        k8s.core.v1.PersistentVolumeClaim(
            f"{name}-claim",
            metadata={"name": name, "namespace": args.namespace},
            spec=_claim_fields(spec, self.volume_name),
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[volume], delete_before_replace=True
            ),
        )
        self.register_outputs(
            {"claimName": self.claim_name, "volumeName": self.volume_name}
        )


def _volume_fields(name: str, args: StaticVolumeArgs) -> Any:
    """The `spec` of the PersistentVolume."""
    return {
        **args.spec.source(),
        "storageClassName": "",
        "capacity": {"storage": args.spec.size},
        "accessModes": args.spec.access_modes,
        "persistentVolumeReclaimPolicy": "Retain",
        "claimRef": {"namespace": args.namespace, "name": name},
    }


def _claim_fields(spec: StaticVolumeSpec, volume_name: pulumi.Input[str]) -> Any:
    """The `spec` of the PersistentVolumeClaim."""
    return {
        "storageClassName": "",
        "volumeName": volume_name,
        "accessModes": spec.access_modes,
        "resources": {"requests": {"storage": spec.size}},
    }
