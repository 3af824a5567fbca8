"""Presets: StorageClasses as the drivers' own projects recommend them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from components.catalog.provisioner_tables import (
    AZURE_BLOB,
    AZURE_FILE,
    CEPHFS,
    LOCAL_PATH,
    NFS,
)
from components.catalog.provisioners import SIDECAR, Driver

PresetName = Literal["rook-cephfs", "nfs-csi", "azure-file", "azure-blob", "local-path"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A class as the driver's own project recommends it.

    Attributes:
        name: The word of `preset:`.
        provisioner: Its driver.
        binding: When a claim gets its volume.
        expandable: Whether claims may grow.
        parameters: What is filled in where the user says nothing;
            `{clusterID}` stands for the value of that parameter.
        mount_options: Options where the user lists none.
        nfs_mount_options: Those with `protocol: nfs`, where the driver has it.
        source: Where it was read.
        as_of: The day it was read, ISO 8601.
    """

    name: str
    provisioner: str
    binding: Literal["Immediate", "WaitForFirstConsumer"] = "Immediate"
    expandable: bool = False
    parameters: tuple[tuple[str, str], ...] = ()
    mount_options: tuple[str, ...] = ()
    nfs_mount_options: tuple[str, ...] = ()
    source: str
    as_of: str = "2026-11-22"

    def filled(self, driver: Driver, given: Mapping[str, str]) -> dict[str, str]:
        """`given` and what it leaves open."""
        stated = driver.stated(given)
        named = {**dict(self.parameters), **stated}
        filled = {
            key: value.replace("{clusterID}", named.get("clusterID", ""))
            for key, value in self.parameters
            if key not in stated
        }
        return {**filled, **given}

    def options(self, driver: Driver, given: Mapping[str, str]) -> tuple[str, ...]:
        """The mount options that go with the parameters `given`."""
        protocol = driver.stated(given).get("protocol", "")
        if "nfs" in protocol:
            return self.nfs_mount_options
        return self.mount_options


_ROOK = f"{SIDECAR}{{}}-secret-name", f"{SIDECAR}{{}}-secret-namespace"

PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            name="rook-cephfs",
            provisioner=CEPHFS.name,
            expandable=True,
            parameters=(
                ("clusterID", "rook-ceph"),
                *(
                    (key.format(who), value)
                    for who, secret in (
                        ("provisioner", "rook-csi-cephfs-provisioner"),
                        ("controller-expand", "rook-csi-cephfs-provisioner"),
                        ("controller-publish", "rook-csi-cephfs-provisioner"),
                        ("node-stage", "rook-csi-cephfs-node"),
                    )
                    for key, value in zip(_ROOK, (secret, "{clusterID}"), strict=True)
                ),
            ),
            source="https://github.com/rook/rook d0c3b9c "
            "deploy/examples/csi/cephfs/storageclass.yaml",
        ),
        Preset(
            name="nfs-csi",
            provisioner=NFS.name,
            expandable=True,
            mount_options=("nfsvers=4.1",),
            source="https://github.com/kubernetes-csi/csi-driver-nfs d3b27c0 "
            "deploy/example/storageclass-nfs.yaml",
        ),
        Preset(
            name="azure-file",
            provisioner=AZURE_FILE.name,
            expandable=True,
            parameters=(("skuName", "Premium_LRS"),),
            mount_options=(
                *("dir_mode=0777", "file_mode=0777", "mfsymlinks", "cache=strict"),
                *("nosharesock", "actimeo=30", "nobrl"),
            ),
            nfs_mount_options=("nconnect=4", "noresvport", "actimeo=30"),
            source="https://github.com/kubernetes-sigs/azurefile-csi-driver 7b5ae18 "
            "deploy/example/storageclass-azurefile-csi.yaml, -nfs.yaml",
        ),
        Preset(
            name="azure-blob",
            provisioner=AZURE_BLOB.name,
            expandable=True,
            parameters=(("skuName", "Premium_LRS"), ("protocol", "fuse2")),
            mount_options=(
                *("-o allow_other", "--file-cache-timeout-in-seconds=120"),
                *("--use-attr-cache=true", "--cancel-list-on-mount-seconds=10"),
                *("-o attr_timeout=120", "-o entry_timeout=120"),
                *("-o negative_timeout=120", "--log-level=LOG_WARNING"),
                "--cache-size-mb=1000",
            ),
            nfs_mount_options=("nconnect=4",),
            source="https://github.com/kubernetes-sigs/blob-csi-driver 0744a60 "
            "deploy/example/storageclass-blobfuse2.yaml, -blob-nfs.yaml",
        ),
        Preset(
            name="local-path",
            provisioner=LOCAL_PATH.name,
            binding="WaitForFirstConsumer",
            source="https://github.com/rancher/local-path-provisioner 9fa2a62 "
            "deploy/local-path-storage.yaml",
        ),
    )
}
"""Presets by their names."""
