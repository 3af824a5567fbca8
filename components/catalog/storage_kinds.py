"""The table of storage kinds: one row says everything a check or a page needs.

Adding a kind is a row here, a Spec and a component. A row whose `status` is
`confirmed` refuses what it does not offer; `unconfirmed` only warns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from components.catalog.problem import Problem

AccessMode = Literal[
    "ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"
]
VolumeMode = Literal["Filesystem", "Block"]
Cloud = Literal["kubernetes", "aws", "gcp", "azure"]

LINK = "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes"

RWO: AccessMode = "ReadWriteOnce"
ROX: AccessMode = "ReadOnlyMany"
RWX: AccessMode = "ReadWriteMany"
RWOP: AccessMode = "ReadWriteOncePod"


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageKind:
    """What one kind of storage offers a pod.

    Attributes:
        kind: The word that YAML uses, or that names a driver's volumes.
        driver: CSI driver or in-tree provisioner; None where there is none.
        cloud: Where it exists.
        access_modes: What the driver accepts with `volumeMode: Filesystem`.
        block_access_modes: What it accepts with `volumeMode: Block`.
        dynamic: A StorageClass can provision it.
        static: A PersistentVolume can name an existing one.
        zonal: It exists in one zone (or on one node) only.
        shared_writes: Many pods may write different files of one directory
            at a time and see each other's files: what `writers: sharded`
            needs.
        rename: A file can be renamed in place, atomically.
        append: A file can be appended to.
        locks: Advisory locks hold between nodes.
        resize: A claim can grow.
        snapshots: VolumeSnapshots work.
        shared_handle: One `volumeHandle` may stand in several
            PersistentVolumes, so that namespaces share what it names; None
            where no source says so. Never in one pod: a node tells volumes
            apart by driver and handle.
        handle_suffix: What may follow a handle, with any text after it,
            without the driver reading it: such handles are made unique.
        source: Where the row was read.
        as_of: The day it was read, ISO 8601.
        status: `confirmed` refuses, `unconfirmed` warns.
    """

    kind: str
    driver: str | None
    cloud: Cloud
    access_modes: tuple[AccessMode, ...]
    block_access_modes: tuple[AccessMode, ...] = ()
    dynamic: bool
    static: bool
    zonal: bool
    shared_writes: bool
    rename: bool
    append: bool
    locks: bool
    resize: bool
    snapshots: bool
    shared_handle: bool | None = None
    handle_suffix: str | None = None
    source: str
    as_of: str = "2026-11-22"
    status: Literal["confirmed", "unconfirmed"] = "confirmed"

    def modes(self, volume_mode: VolumeMode) -> tuple[AccessMode, ...]:
        """The access modes that go with `volume_mode`."""
        if volume_mode == "Block":
            return self.block_access_modes
        return self.access_modes


def _shared(
    kind: str,
    driver: str,
    cloud: Cloud,
    source: str,
    *,
    shared_handle: bool | None = None,
) -> StorageKind:
    """A POSIX file system on the network that every node can write to."""
    return StorageKind(
        kind=kind,
        driver=driver,
        cloud=cloud,
        access_modes=(RWO, ROX, RWX, RWOP),
        dynamic=True,
        static=True,
        zonal=False,
        shared_writes=True,
        rename=True,
        append=True,
        locks=True,
        resize=True,
        snapshots=True,
        shared_handle=shared_handle,
        source=source,
    )


def _disk(
    kind: str,
    driver: str,
    cloud: Cloud,
    source: str,
    *,
    block: tuple[AccessMode, ...] = (RWO, RWOP),
    access: tuple[AccessMode, ...] = (RWO, RWOP),
) -> StorageKind:
    """A block device with a file system of one node on it."""
    return StorageKind(
        kind=kind,
        driver=driver,
        cloud=cloud,
        access_modes=access,
        block_access_modes=block,
        dynamic=True,
        static=True,
        zonal=True,
        shared_writes=False,
        rename=True,
        append=True,
        locks=False,
        resize=True,
        snapshots=True,
        source=source,
    )


_K8S = "https://kubernetes.io/docs/concepts/storage"
_AWS = "https://github.com/kubernetes-sigs"

STORAGE_KINDS: tuple[StorageKind, ...] = (
    StorageKind(
        kind="host-path",
        driver=None,
        cloud="kubernetes",
        access_modes=(RWO, ROX, RWX),
        dynamic=False,
        static=True,
        zonal=True,
        shared_writes=True,
        rename=True,
        append=True,
        locks=True,
        resize=False,
        snapshots=False,
        source=f"{_K8S}/volumes/#hostpath",
    ),
    StorageKind(
        kind="nfs",
        driver=None,
        cloud="kubernetes",
        access_modes=(RWO, ROX, RWX),
        dynamic=False,
        static=True,
        zonal=False,
        shared_writes=True,
        rename=True,
        append=True,
        locks=True,
        resize=False,
        snapshots=False,
        source=f"{_K8S}/persistent-volumes/#access-modes",
    ),
    StorageKind(
        kind="scratch",
        driver=None,
        cloud="kubernetes",
        access_modes=(RWO, RWOP),
        dynamic=False,
        static=False,
        zonal=True,
        shared_writes=False,
        rename=True,
        append=True,
        locks=True,
        resize=False,
        snapshots=False,
        source=f"{_K8S}/volumes/#emptydir",
    ),
    StorageKind(
        kind="node-directory",
        driver="kubernetes.io/host-path",
        cloud="kubernetes",
        access_modes=(RWO, ROX, RWX, RWOP),
        dynamic=True,
        static=True,
        zonal=True,
        shared_writes=True,
        rename=True,
        append=True,
        locks=True,
        resize=False,
        snapshots=False,
        source="https://kubernetes.io/docs/reference/command-line-tools-reference/"
        "kube-controller-manager/ (--enable-hostpath-provisioner)",
    ),
    StorageKind(
        kind="local-path",
        driver="rancher.io/local-path",
        cloud="kubernetes",
        access_modes=(RWO, RWOP),
        dynamic=True,
        static=True,
        zonal=True,
        shared_writes=False,
        rename=True,
        append=True,
        locks=True,
        resize=False,
        snapshots=False,
        source="https://github.com/rancher/local-path-provisioner",
        # A shared file system can be configured below it: then RWX works.
        status="unconfirmed",
    ),
    StorageKind(
        kind="csi-hostpath",
        driver="hostpath.csi.k8s.io",
        cloud="kubernetes",
        # The driver checks no mode but ReadWriteOncePod: all is on one node.
        access_modes=(RWO, ROX, RWX, RWOP),
        block_access_modes=(RWO, ROX, RWX, RWOP),
        dynamic=True,
        static=True,
        zonal=True,
        shared_writes=True,
        rename=True,
        append=True,
        locks=True,
        resize=True,
        snapshots=True,
        source="https://github.com/kubernetes-csi/csi-driver-host-path v1.18.0 "
        "pkg/hostpath/controllerserver.go",
    ),
    _shared(
        "rook-cephfs",
        "rook-ceph.cephfs.csi.ceph.com",
        "kubernetes",
        "https://rook.io/docs/rook/latest/Storage-Configuration/"
        "Shared-Filesystem-CephFS/filesystem-storage/",
    ),
    _disk(
        "rook-rbd",
        "rook-ceph.rbd.csi.ceph.com",
        "kubernetes",
        "https://rook.io/docs/rook/latest/Storage-Configuration/"
        "Block-Storage-RBD/block-storage/",
        block=(RWO, ROX, RWX, RWOP),
        access=(RWO, ROX, RWOP),
    ),
    _shared(
        "nfs-csi",
        "nfs.csi.k8s.io",
        "kubernetes",
        "https://github.com/kubernetes-csi/csi-driver-nfs",
    ),
    _shared(
        "azure-file",
        "file.csi.azure.com",
        "azure",
        "https://learn.microsoft.com/azure/aks/azure-files-csi",
    ),
    StorageKind(
        kind="azure-blob",
        driver="blob.csi.azure.com",
        cloud="azure",
        access_modes=(RWO, ROX, RWX, RWOP),
        dynamic=True,
        static=True,
        zonal=False,
        # BlobFuse uploads a file when it is closed: writers do not see each other.
        shared_writes=False,
        rename=False,
        append=False,
        locks=False,
        resize=True,
        snapshots=False,
        source="https://github.com/kubernetes-sigs/blob-csi-driver pkg/blob/blob.go",
        # Over NFS 3 it offers more than over FUSE.
        status="unconfirmed",
    ),
    _disk(
        "azure-disk",
        "disk.csi.azure.com",
        "azure",
        "https://learn.microsoft.com/azure/aks/azure-disk-csi",
        block=(RWO, ROX, RWX, RWOP),
    ),
    StorageKind(
        kind="fsx-lustre",
        driver="fsx.csi.aws.com",
        cloud="aws",
        # The driver's list: ReadOnlyMany is refused at mount time.
        access_modes=(RWO, RWX),
        dynamic=True,
        static=True,
        zonal=True,
        shared_writes=True,
        rename=True,
        append=True,
        locks=True,
        resize=True,
        snapshots=False,
        shared_handle=True,
        source=f"{_AWS}/aws-fsx-csi-driver v1.9.0 pkg/driver/controller.go",
    ),
    StorageKind(
        kind="efs",
        driver="efs.csi.aws.com",
        cloud="aws",
        access_modes=(RWO, RWX),
        dynamic=True,
        static=True,
        zonal=False,
        shared_writes=True,
        rename=True,
        append=True,
        locks=True,
        resize=False,
        snapshots=False,
        # A second volume of one file system takes an access point of its own.
        shared_handle=False,
        source=f"{_AWS}/aws-efs-csi-driver v3.4.1 pkg/driver/node.go",
    ),
    StorageKind(
        kind="s3-mountpoint",
        driver="s3.csi.aws.com",
        cloud="aws",
        access_modes=(ROX, RWX),
        dynamic=False,
        static=True,
        zonal=False,
        # New objects of many writers are fine; rename and append are not.
        shared_writes=False,
        rename=False,
        append=False,
        locks=False,
        resize=False,
        snapshots=False,
        # Free text: the bucket stands in the volume's attributes.
        shared_handle=False,
        handle_suffix="-",
        source="https://github.com/awslabs/mountpoint-s3-csi-driver v2.7.0 "
        "pkg/driver/node/node.go",
    ),
    _disk(
        "ebs",
        "ebs.csi.aws.com",
        "aws",
        f"{_AWS}/aws-ebs-csi-driver v1.64.0 docs/parameters.md",
        block=(RWO, RWX, RWOP),
    ),
    _disk(
        "persistent-disk",
        "pd.csi.storage.gke.io",
        "gcp",
        f"{_AWS}/gcp-compute-persistent-disk-csi-driver "
        "pkg/gce-pd-csi-driver/controller.go",
        block=(RWO, ROX, RWX, RWOP),
        access=(RWO, ROX, RWOP),
    ),
    _shared(
        "filestore",
        "filestore.csi.storage.gke.io",
        "gcp",
        f"{_AWS}/gcp-filestore-csi-driver pkg/csi_driver/controller.go",
        shared_handle=True,
    ),
    StorageKind(
        kind="gcs-fuse",
        driver="gcsfuse.csi.storage.gke.io",
        cloud="gcp",
        access_modes=(RWO, ROX, RWX),
        dynamic=False,
        static=True,
        zonal=False,
        # Each writes objects of its own, which all see once they are closed: two
        # writers of one object get ESTALE. Source: gcsfuse v2.8.0 release notes and
        # google/skills 1af7775 google-cloud-storage-fuse/references/
        # checkpoint-safety.md, which counts the writers of a sharded checkpoint.
        shared_writes=True,
        rename=True,
        append=False,
        locks=False,
        resize=False,
        snapshots=False,
        # The driver reads the bucket's name and drops what follows a colon.
        shared_handle=False,
        handle_suffix=":",
        source="https://github.com/GoogleCloudPlatform/gcs-fuse-csi-driver "
        "pkg/util/util.go",
    ),
    StorageKind(
        kind="managed-lustre",
        driver="lustre.csi.storage.gke.io",
        cloud="gcp",
        access_modes=(RWO, ROX, RWX),
        dynamic=True,
        static=True,
        zonal=True,
        shared_writes=True,
        rename=True,
        append=True,
        locks=True,
        resize=True,
        snapshots=False,
        source="https://github.com/GoogleCloudPlatform/lustre-csi-driver "
        "pkg/csi_driver/lustre_driver.go",
    ),
)

BY_KIND = {row.kind: row for row in STORAGE_KINDS}
BY_DRIVER = {row.driver: row for row in STORAGE_KINDS if row.driver is not None}


def check_access_modes(
    row: StorageKind, modes: list[AccessMode], volume_mode: VolumeMode = "Filesystem"
) -> Problem | None:
    """What is wrong with asking `row` for `modes`, or None.

    The nearest mode is the one that shares as widely as possible: a disk that
    cannot be ReadWriteMany offers ReadWriteOnce.
    """
    offered = row.modes(volume_mode)
    refused: list[AccessMode] = [mode for mode in modes if mode not in offered]
    if not refused:
        return None
    other = row.modes("Block" if volume_mode == "Filesystem" else "Filesystem")
    why = f"{row.kind} does not offer {', '.join(refused)}"
    if not offered:
        why = f"{row.kind} has no volumeMode {volume_mode}"
    elif all(mode in other for mode in refused):
        why += f" with volumeMode {volume_mode}"
    return Problem(
        rule="VOL02",
        message=why,
        path=("accessModes",),
        value=modes,
        allowed=tuple(offered),
        nearest=_nearest_mode(refused[0], offered),
        link=LINK,
        severity="error" if row.status == "confirmed" else "warning",
    )


def _nearest_mode(
    mode: AccessMode, offered: tuple[AccessMode, ...]
) -> AccessMode | None:
    preferences: dict[AccessMode, tuple[AccessMode, ...]] = {
        RWX: (RWO, ROX),
        ROX: (RWX, RWO),
        RWO: (RWX, RWOP),
        RWOP: (RWO, RWX),
    }
    return next((m for m in preferences[mode] if m in offered), None)
