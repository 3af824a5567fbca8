"""`kind: filestore`: a file system of Filestore."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from components.gcp.fields import KeyName, Zone
from components.kubernetes.cloud_volume_spec import CloudVolumeSpec
from components.spec import Text

Tier = Literal[
    "BASIC_HDD", "BASIC_SSD", "ZONAL", "REGIONAL", "ENTERPRISE", "HIGH_SCALE_SSD"
]


class FilestoreSpec(CloudVolumeSpec):
    """An instance of Filestore with one share."""

    row: ClassVar[str] = "filestore"

    kind: Literal["filestore"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    tier: Tier = "ZONAL"
    """The service tier; default `ZONAL`."""

    capacity_gib: int | None = Field(default=None, alias="capacityGiB")
    """The size in GiB. Required but for `existing`."""

    zone: Zone | None = None
    """Its zone; required for all tiers but `REGIONAL` and `ENTERPRISE`, which are
    in the environment's region."""

    share: Text = "vol1"
    """The name of its share; default `vol1`."""

    protocol: Literal["NFS_V3", "NFS_V4_1"] = "NFS_V3"
    """NFS as pods mount it; default `NFS_V3`."""

    iops: int | None = None
    """Provisioned IOPS, multiples of 1000 (ZONAL, REGIONAL); default: what the
    capacity gives."""

    kms_key: KeyName | None = None
    """The key that encrypts it; default: Google's own."""

    ip: Text | None = None
    """The address of an `existing` instance; default: asked of Google Cloud."""
