"""`kind: managed-lustre`: a file system of Google Cloud Managed Lustre."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from components.gcp.fields import KeyName, Zone
from components.kubernetes.cloud_volume_spec import CloudVolumeSpec
from components.spec import Spec, Text


class ImportSpec(Spec):
    """What the file system is filled with when it is made."""

    bucket: Text | None = None
    """A bucket of `platform.storage` by its name there."""

    uri: Text | None = None
    """Another bucket, `gs://bucket/prefix/`."""

    path: Text = "/"
    """The directory of the file system that it goes to; default `/`."""


class ManagedLustreSpec(CloudVolumeSpec):
    """An instance of Managed Lustre."""

    row: ClassVar[str] = "managed-lustre"

    kind: Literal["managed-lustre"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    capacity_gib: int | None = Field(default=None, alias="capacityGiB")
    """The size in GiB. Required but for `existing`."""

    throughput_per_tib: Literal[125, 250, 500, 1000] | None = Field(
        default=1000, alias="throughputPerTiB"
    )
    """MB/s for each TiB; default 1000. Without one (`null`) the tier is dynamic."""

    zone: Zone
    """Its zone."""

    filesystem: Text = "lustre"
    """The name of the file system in Lustre's words, at most 8 letters and
    digits; two of one name cannot be mounted on one node. Default `lustre`."""

    imports: list[ImportSpec] = Field(default_factory=list[ImportSpec])
    """Buckets whose objects it is filled with by a job of the platform's."""

    kms_key: KeyName | None = None
    """The key that encrypts it; default: Google's own."""

    mount_point: Text | None = None
    """`IP@tcp:/FS` of an `existing` instance; default: asked of Google Cloud."""
