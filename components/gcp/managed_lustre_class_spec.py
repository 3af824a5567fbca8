"""`kind: managed-lustre` under storageClasses: a file system for each claim."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from components.gcp.fields import Zone
from components.kubernetes.cloud_class_spec import CloudClassSpec
from components.kubernetes.storage_class_spec import BindingMode


class ManagedLustreClassSpec(CloudClassSpec):
    """A class of Managed Lustre: every claim is an instance."""

    provisioner: ClassVar[str] = "lustre.csi.storage.gke.io"
    binding: ClassVar[BindingMode] = "WaitForFirstConsumer"
    expandable: ClassVar[bool] = True

    kind: Literal["managed-lustre"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    throughput_per_tib: Literal[125, 250, 500, 1000] = Field(
        default=1000, alias="throughputPerTiB"
    )
    """MB/s for each TiB; default 1000."""

    zone: Zone
    """The zone in which its instances are made."""
