"""`kind: filestore` under storageClasses: an instance, or a share, for each claim."""

from __future__ import annotations

from typing import ClassVar, Literal

from components.gcp.fields import KeyName, Zone
from components.gcp.filestore_spec import Tier
from components.kubernetes.cloud_class_spec import CloudClassSpec
from components.kubernetes.storage_class_spec import BindingMode
from components.spec import Size


class FilestoreClassSpec(CloudClassSpec):
    """A class of Filestore."""

    provisioner: ClassVar[str] = "filestore.csi.storage.gke.io"
    binding: ClassVar[BindingMode] = "WaitForFirstConsumer"
    expandable: ClassVar[bool] = True

    kind: Literal["filestore"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    tier: Tier = "ZONAL"
    """The service tier; default `ZONAL`."""

    zone: Zone | None = None
    """The only zone in which its instances are made; default: that of the pod."""

    protocol: Literal["NFS_V3", "NFS_V4_1"] = "NFS_V3"
    """NFS as pods mount it; default `NFS_V3`."""

    multishare: bool = False
    """Claims are shares of instances that they have together (ENTERPRISE);
    default `false`."""

    max_share_size: Size | None = None
    """The most a share may hold, with `multishare`: 128Gi, 256Gi, 512Gi or
    1024Gi."""

    kms_key: KeyName | None = None
    """The key that encrypts it; default: Google's own."""
