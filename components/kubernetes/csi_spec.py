"""`kind: csi`: a volume that a CSI driver knows, of any driver, by its handle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from components.catalog import driver_checks
from components.catalog.problem import Problem
from components.catalog.storage_kinds import BY_DRIVER, StorageKind, VolumeMode
from components.kubernetes.static_volume_spec import StaticVolumeSpec
from components.kubernetes.volume_spec import (
    Access,
    DriverName,
    pod_mode_stands_alone,
)
from components.spec import DriverMountOption, Name, ObjectName, Spec


class SecretReference(Spec):
    """A Secret that a driver reads, in any namespace."""

    name: ObjectName
    """The name of the Secret."""

    namespace: Name
    """Its namespace."""


class CsiSpec(StaticVolumeSpec):
    """A volume of any CSI driver, by its handle."""

    kind: Literal["csi"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    driver: DriverName
    """The driver, such as `rook-ceph.cephfs.csi.ceph.com`."""

    volume_handle: str = Field(min_length=1)
    """What the driver calls the volume. Where the driver reads only a part of
    it, the rest is made unique for each claim."""

    volume_attributes: dict[str, str] = Field(default_factory=dict[str, str])
    """The driver's own attributes of the volume, texts all."""

    fs_type: str | None = Field(default=None, min_length=1)
    """File system of a disk, such as `ext4`; default: the driver's."""

    volume_mode: VolumeMode = "Filesystem"
    """`Filesystem`, or `Block` for a raw device."""

    mount_options: list[DriverMountOption] = Field(default_factory=list[str])
    """Options of the mount, as the driver takes them."""

    controller_publish_secret: SecretReference | None = None
    """Credentials for attaching the volume to a node."""

    node_stage_secret: SecretReference | None = None
    """Credentials for mounting the volume on a node."""

    node_publish_secret: SecretReference | None = None
    """Credentials for mounting the volume into a pod."""

    controller_expand_secret: SecretReference | None = None
    """Credentials for growing the volume."""

    node_expand_secret: SecretReference | None = None
    """Credentials for growing the file system on a node."""

    @property
    def storage_kind(self) -> StorageKind | None:
        """The catalog's row for the driver; None when it is not in it."""
        return BY_DRIVER.get(self.driver)

    @property
    def mode(self) -> VolumeMode:
        """What `volumeMode` says."""
        return self.volume_mode

    def problems(self) -> Iterator[Problem]:
        """Access modes that the driver offers."""
        yield from super().problems()
        yield from pod_mode_stands_alone(self.access_modes)
        check = driver_checks.VOLUMES.get(self.driver)
        if check is not None:
            yield from check(
                self.volume_handle, self.volume_attributes, self.mount_options
            )

    def unique_handle(self, namespace: str, claim: str) -> str:
        """The handle of the volume that `claim` in `namespace` is bound to.

        It is the one that was given, where the driver reads all of it.
        """
        row = self.storage_kind
        if row is None or row.handle_suffix is None:
            return self.volume_handle
        return f"{self.volume_handle}{row.handle_suffix}{namespace}-{claim}"

    def source(
        self, *, access: Access = "read-write", prefix: str | None = None
    ) -> dict[str, Any]:
        """The `csi` source, its volume mode and mount options."""
        if prefix is not None:
            raise ValueError("a CSI volume is mounted whole: no prefix of it can be")
        csi: dict[str, Any] = {
            "driver": self.driver,
            "volumeHandle": self.volume_handle,
        }
        if self.fs_type is not None:
            csi["fsType"] = self.fs_type
        if self.volume_attributes:
            csi["volumeAttributes"] = self.volume_attributes
        if self.narrowed(access) == "read-only":
            csi["readOnly"] = True
        for key, secret in (
            ("controllerPublishSecretRef", self.controller_publish_secret),
            ("nodeStageSecretRef", self.node_stage_secret),
            ("nodePublishSecretRef", self.node_publish_secret),
            ("controllerExpandSecretRef", self.controller_expand_secret),
            ("nodeExpandSecretRef", self.node_expand_secret),
        ):
            if secret is not None:
                csi[key] = {"name": secret.name, "namespace": secret.namespace}
        source: dict[str, Any] = {"csi": csi}
        if self.mount_options:
            source["mountOptions"] = self.mount_options
        return source
