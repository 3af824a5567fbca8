"""`kind: gcs-fuse` of a team: a bucket mounted as long as the pod lives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from components.catalog import gcs_fuse, gcs_names
from components.catalog.problem import Problem
from components.catalog.storage_kinds import AccessMode
from components.gcp.fuse_mount_spec import FuseMountSpec
from components.kubernetes.mountable import PodNeeds
from components.kubernetes.volume_spec import VolumeSpec
from components.spec import SubPath, Text


class GcsFuseSpec(VolumeSpec):
    """A bucket of anyone's by its name, mounted by the pod itself.

    The pod's own identity opens it, to which its owner has to grant it; nothing is
    granted here. A bucket of the platform's is mounted by `from:`.
    """

    kind: Literal["gcs-fuse"]

    bucket: Text
    """The bucket's name."""

    prefix: SubPath | None = None
    """The directory of it that is the whole volume; default: all of it."""

    anonymous: bool = False
    """Open a public bucket without any identity, for reading only; default
    `false`."""

    mount: FuseMountSpec = FuseMountSpec()
    """How it is mounted."""

    def problems(self) -> Iterator[Problem]:
        """A bucket's name, and what its mount may do."""
        problem = gcs_names.bucket_name(self.bucket)
        if problem is not None and problem.severity == "error":
            yield problem.under("bucket")
        if self.anonymous and not self.read_only:
            yield Problem(
                rule="FUS15",
                message="whoever has no identity may only read",
                path=("access",),
                value=self.access,
                nearest="read-only",
                link="https://cloud.google.com/storage/docs/access-public-data",
            )
        for wrong in self.mount.option_problems(writes=not self.read_only):
            yield wrong.under("mount")

    @property
    def access_modes(self) -> list[AccessMode]:
        """Many pods."""
        return ["ReadWriteMany"]

    @property
    def read_only(self) -> bool:
        """Whether every mount of it is read-only."""
        return self.access == "read-only"

    def mount_options(self) -> list[str]:
        """The options of the mount."""
        options = self.mount.mount_options()
        if self.prefix is not None:
            options.append(f"only-dir={self.prefix.strip('/')}")
        if self.anonymous:
            options.append("anonymous-access")
        if self.read_only:
            options.append("ro")
        return options

    def volume_source(self) -> dict[str, Any]:
        """The inline CSI volume."""
        csi: dict[str, Any] = {
            "driver": gcs_fuse.DRIVER,
            "volumeAttributes": {
                "bucketName": self.bucket,
                "mountOptions": ",".join(self.mount_options()),
                **self.mount.attributes(),
            },
        }
        if self.read_only:
            csi["readOnly"] = True
        return {"csi": csi}

    def pod_needs(self) -> PodNeeds:
        """The container that mounts it, and the room for its cache."""
        return self.mount.pod_needs()
