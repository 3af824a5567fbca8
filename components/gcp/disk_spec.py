"""`kind: persistent-disk`: a disk that the platform makes, such as a model's."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from components.catalog.storage_kinds import AccessMode
from components.gcp.fields import KeyName, Zone
from components.kubernetes.cloud_volume_spec import CloudVolumeSpec
from components.spec import Text


class DiskSpec(CloudVolumeSpec):
    """A Persistent Disk or Hyperdisk that pods mount as it is."""

    row: ClassVar[str] = "persistent-disk"

    kind: Literal["persistent-disk"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    type: Text = "pd-balanced"
    """The disk type, such as `hyperdisk-ml`; default `pd-balanced`."""

    size_gib: int | None = Field(default=None, alias="sizeGiB")
    """The size in GiB. Required but for `existing` and what is made from an image
    or a snapshot."""

    zone: Zone
    """Its zone."""

    iops: int | None = None
    """Provisioned IOPS, of the types that take it."""

    throughput: int | None = None
    """Provisioned MiB/s, of the types that take it."""

    image: Text | None = None
    """The image that it is made from: a name under `platform.diskImages`, or
    `projects/P/global/images/I`."""

    snapshot: Text | None = None
    """The snapshot that it is made from: `projects/P/global/snapshots/S`."""

    fs_type: Literal["ext4", "xfs"] = "ext4"
    """The file system on it; default `ext4`."""

    kms_key: KeyName | None = None
    """The key that encrypts it; default: Google's own."""

    @property
    def access_modes(self) -> list[AccessMode]:
        """Many nodes read it, or one writes."""
        return ["ReadOnlyMany"] if self.access == "read-only" else ["ReadWriteOnce"]
