"""Storage that exists, as a PersistentVolume and the one claim that binds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.cloud_volume_spec import CloudVolumeSpec
from components.kubernetes.csi_source import CsiSource
from components.kubernetes.csi_spec import CsiSpec
from components.kubernetes.mountable import MountedByClaim
from components.kubernetes.static_volume_spec import StaticVolumeSpec
from components.kubernetes.volume_spec import Access


@dataclass(frozen=True, kw_only=True)
class StaticVolumeArgs:
    """What a StaticVolume is made from.

    Attributes:
        spec: The storage.
        namespace: Where the claim lies.
        claim_name: Name of the claim; default: the component's.
        access: What the claim is for. It narrows what the spec says and never
            widens it; default: what the spec says.
        prefix: The directory of the storage that is the whole volume; default:
            all of it.
        csi: How a cloud's storage is mounted, for exactly this access and
            prefix: what its component answers. Required with a cloud's spec.
    """

    spec: StaticVolumeSpec | CloudVolumeSpec
    namespace: pulumi.Input[str]
    claim_name: str | None = None
    access: Access | None = None
    prefix: str | None = None
    csi: CsiSource | None = None


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
            name: Name of the volume, and of a claim that has no other.
            args: What to make.
            opts: Must carry the provider of the cluster.

        Raises:
            ValueError: A prefix of storage that can only be mounted whole, or
                a cloud's storage without its `csi`.
        """
        super().__init__("ml-storage:index:StaticVolume", name, None, opts)
        self.spec = spec = args.spec
        self.access = spec.narrowed(args.access or "read-write")
        self.claim_name = args.claim_name or name
        # The name is Pulumi's, so that a changed source makes a new volume
        # beside the old one, and the claim can move over.
        volume = k8s.core.v1.PersistentVolume(
            f"{name}-volume",
            spec=_volume_fields(self.claim_name, args, self.access),
            opts=pulumi.ResourceOptions(
                parent=self,
                # The API server refuses a change of these; the provider knows
                # of the source alone.
                replace_on_changes=["spec.nodeAffinity", "spec.volumeMode"],
            ),
        )
        self.volume_name = volume.metadata["name"]
        k8s.core.v1.PersistentVolumeClaim(
            f"{name}-claim",
            metadata={"name": self.claim_name, "namespace": args.namespace},
            spec=_claim_fields(spec, self.volume_name),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[volume],
                delete_before_replace=True,
                replace_on_changes=["spec.volumeMode"],
            ),
        )
        self.register_outputs(
            {"claimName": self.claim_name, "volumeName": self.volume_name}
        )

    @property
    def read_only(self) -> bool:
        """Whether every mount of it is read-only."""
        return self.access == "read-only"


def _volume_fields(claim: str, args: StaticVolumeArgs, access: Access) -> Any:
    """The `spec` of the PersistentVolume."""
    spec = args.spec
    return {
        **_source(claim, args, access),
        **_mode(spec),
        "storageClassName": "",
        "capacity": {"storage": spec.size},
        "accessModes": spec.access_modes,
        "persistentVolumeReclaimPolicy": "Retain",
        "claimRef": {"namespace": args.namespace, "name": claim},
    }


def _source(claim: str, args: StaticVolumeArgs, access: Access) -> dict[str, Any]:
    """What names the storage, with a handle that no other volume has."""
    if args.csi is not None:
        return args.csi.fields()
    spec = args.spec
    if isinstance(spec, CloudVolumeSpec):
        raise ValueError(f"a volume of {spec.kind} says how it is mounted: csi")
    source = spec.source(access=access, prefix=args.prefix)
    if isinstance(spec, CsiSpec):
        source["csi"]["volumeHandle"] = (
            spec.unique_handle(args.namespace, claim)
            if isinstance(args.namespace, str)
            else pulumi.Output.from_input(args.namespace).apply(
                lambda namespace: spec.unique_handle(namespace, claim)
            )
        )
    return source


def _mode(spec: StaticVolumeSpec | CloudVolumeSpec) -> dict[str, Any]:
    """The volume mode, where it is not what Kubernetes takes for granted."""
    return {"volumeMode": spec.mode} if spec.mode == "Block" else {}


def _claim_fields(
    spec: StaticVolumeSpec | CloudVolumeSpec, volume_name: pulumi.Input[str]
) -> Any:
    """The `spec` of the PersistentVolumeClaim."""
    return {
        **_mode(spec),
        "storageClassName": "",
        "volumeName": volume_name,
        "accessModes": spec.access_modes,
        "resources": {"requests": {"storage": spec.size}},
    }
