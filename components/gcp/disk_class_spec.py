"""`kind: persistent-disk` under storageClasses: a disk for each claim."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from components.gcp.fields import KeyName, Zone
from components.kubernetes.cloud_class_spec import CloudClassSpec
from components.kubernetes.storage_class_spec import BindingMode
from components.spec import Text


class DiskClassSpec(CloudClassSpec):
    """A class of Persistent Disk or Hyperdisk."""

    provisioner: ClassVar[str] = "pd.csi.storage.gke.io"
    binding: ClassVar[BindingMode] = "WaitForFirstConsumer"
    expandable: ClassVar[bool] = True

    kind: Literal["persistent-disk"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    type: Text = "pd-balanced"
    """The disk type, such as `hyperdisk-balanced`; default `pd-balanced`."""

    iops: int | None = None
    """Provisioned IOPS, of the types that take it."""

    throughput: int | None = None
    """Provisioned MiB/s, of the types that take it."""

    regional: list[Zone] = Field(default_factory=list[str])
    """The two zones of a regional disk; default: it is in one zone."""

    storage_pools: list[Text] = Field(default_factory=list[str])
    """Hyperdisk storage pools that the disks come from, one for each zone: names
    under `platform.storagePools`, or `projects/P/zones/Z/storagePools/S`."""

    fs_type: Literal["ext4", "xfs"] = "ext4"
    """The file system on it; default `ext4`."""

    kms_key: KeyName | None = None
    """The key that encrypts the disks; default: Google's own."""
