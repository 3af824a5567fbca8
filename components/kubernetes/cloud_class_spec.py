"""What every class of a cloud's storage says about itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from components.kubernetes.storage_class_spec import BindingMode
from components.spec import DriverMountOption, Spec


class CloudClassSpec(Spec):
    """A StorageClass in the words of a cloud's storage, which the stack makes."""

    provisioner: ClassVar[str]
    """The CSI driver."""

    binding: ClassVar[BindingMode]
    """When a claim gets its volume."""

    expandable: ClassVar[bool]
    """Whether claims may grow."""

    existing: ClassVar[bool] = False
    """A class that the cluster has is named by its provisioner."""

    zone_key: ClassVar[str] = "topology.kubernetes.io/zone"
    """The key by which the driver tells zones apart, in `allowedTopologies`."""

    kind: str

    mount_options: list[DriverMountOption] = Field(default_factory=list[str])
    """Options of every mount; default: none."""

    reclaim_policy: Literal["Delete", "Retain"] = "Delete"
    """What happens to a volume when its claim is deleted; default `Delete`:
    the claims themselves are protected."""

    @property
    def allowed_zones(self) -> Sequence[str]:
        """The only zones that volumes are made in; empty where any will do.

        They become the `allowedTopologies` of the class.
        """
        return ()

    @property
    def all_parameters(self) -> dict[str, str]:
        """The driver's parameters, without those that only the cloud knows."""
        raise TypeError(f"{type(self).__name__} has no parameters")

    @property
    def all_mount_options(self) -> list[str]:
        """The mount options."""
        return self.mount_options
