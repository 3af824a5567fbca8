"""`kind: gcs`: a bucket of Cloud Storage."""

from __future__ import annotations

from typing import ClassVar, Literal

from components.gcp.fields import KeyName
from components.gcp.fuse_mount_spec import FuseMountSpec
from components.kubernetes.cloud_volume_spec import CloudVolumeSpec
from components.spec import Text


class StorageBucketSpec(CloudVolumeSpec):
    """A bucket of Cloud Storage: uniform access, never public."""

    row: ClassVar[str] = "gcs-fuse"

    kind: Literal["gcs"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    bucket: Text | None = None
    """The bucket's name, which no one else in the world has. Default: made of the
    project's, the stack's and its own name."""

    kms_key: KeyName | None = None
    """The key that encrypts it; default: Google's own."""

    mount: FuseMountSpec = FuseMountSpec()
    """How pods mount it, where they do."""
