"""A StorageClass that survives its own changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.cloud_class_spec import CloudClassSpec
from components.kubernetes.storage_class_spec import StorageClassSpec


@dataclass(frozen=True, kw_only=True)
class StorageClassArgs:
    """What a StorageClass is made from.

    Attributes:
        spec: The class.
        parameters: Parameters beside those of the spec, which only the cloud
            knows: the id of a subnet, a key, a file system.
        annotations: Annotations of the class.
    """

    spec: StorageClassSpec | CloudClassSpec
    parameters: Mapping[str, pulumi.Input[str]] = field(
        default_factory=dict[str, pulumi.Input[str]]
    )
    annotations: Mapping[str, str] = field(default_factory=dict[str, str])


class StorageClass(pulumi.ComponentResource):
    """A class under a fixed name, since claims refer to it.

    Kubernetes refuses every change of a class but its expansion flag, so a
    changed one is deleted and made again under its name. Claims that are bound
    keep their volumes: a class is only read when a volume is provisioned.

    Attributes:
        class_name: Name of the class, known when it exists.
    """

    class_name: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: StorageClassArgs,
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
        super().__init__("ml-storage:index:StorageClass", name, None, opts)
        made = k8s.storage.v1.StorageClass(
            f"{name}-class",
            metadata=_metadata(name, args.annotations),
            **storage_class_fields(args.spec, args.parameters),
            opts=pulumi.ResourceOptions(
                parent=self,
                delete_before_replace=True,
                # The provider replaces for provisioner and parameters by itself.
                replace_on_changes=[
                    "mountOptions",
                    "reclaimPolicy",
                    "volumeBindingMode",
                    "allowedTopologies",
                ],
            ),
        )
        self.class_name = made.metadata["name"]
        self.register_outputs({"className": self.class_name})


def _metadata(name: str, annotations: Mapping[str, str]) -> Any:
    if annotations:
        return {"name": name, "annotations": dict(annotations)}
    return {"name": name}


def storage_class_fields(
    spec: StorageClassSpec | CloudClassSpec,
    more: Mapping[str, pulumi.Input[str]] | None = None,
) -> dict[str, Any]:
    """The arguments of the class, without those that are left at nothing."""
    fields: dict[str, Any] = {
        "provisioner": spec.provisioner,
        "reclaim_policy": spec.reclaim_policy,
        "volume_binding_mode": spec.binding,
        "allow_volume_expansion": spec.expandable,
        "parameters": {**spec.all_parameters, **(more or {})},
        "mount_options": spec.all_mount_options,
        "allowed_topologies": _topologies(spec),
    }
    return {key: value for key, value in fields.items() if value not in ({}, [])}


def _topologies(spec: StorageClassSpec | CloudClassSpec) -> list[dict[str, Any]]:
    """The zones that the class is kept to, as Kubernetes writes them."""
    if isinstance(spec, StorageClassSpec) or not spec.allowed_zones:
        return []
    term = {"key": spec.zone_key, "values": list(spec.allowed_zones)}
    return [{"matchLabelExpressions": [term]}]
