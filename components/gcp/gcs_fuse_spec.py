"""`kind: gcs-fuse` of a team: a bucket mounted as long as the pod lives."""

from __future__ import annotations

from typing import Any, Literal

from components.catalog.storage_kinds import AccessMode
from components.gcp.fuse_mount_spec import FuseMountSpec
from components.kubernetes.mountable import PodNeeds
from components.kubernetes.volume_spec import VolumeSpec
from components.spec import Text


class GcsFuseSpec(VolumeSpec):
    """A bucket of anyone's by its name, mounted by the pod itself."""

    kind: Literal["gcs-fuse"]

    bucket: Text
    """The bucket's name."""

    mount: FuseMountSpec = FuseMountSpec()
    """How it is mounted."""

    @property
    def access_modes(self) -> list[AccessMode]:
        """Many pods."""
        return ["ReadWriteMany"]

    @property
    def read_only(self) -> bool:
        """Whether every mount of it is read-only."""
        return self.access == "read-only"

    def volume_source(self) -> dict[str, Any]:
        """The inline CSI volume."""
        csi: dict[str, Any] = {
            "driver": "gcsfuse.csi.storage.gke.io",
            "volumeAttributes": {"bucketName": self.bucket},
        }
        if self.read_only:
            csi["readOnly"] = True
        return {"csi": csi}

    def pod_needs(self) -> PodNeeds:
        """The sidecar that mounts it."""
        return PodNeeds(annotations={"gke-gcsfuse/volumes": "true"})
