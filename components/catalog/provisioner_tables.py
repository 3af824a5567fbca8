"""The drivers whose StorageClass parameters are known.

Adding a driver is a row here; see `provisioners.py` for what a row says.
"""

from __future__ import annotations

from components.catalog import (
    ebs_driver,
    efs_driver,
    filestore_driver,
    fsx_driver,
    gcp_disk_driver,
    gcp_lustre_driver,
)
from components.catalog.provisioners import (
    SIDECAR,
    Conflict,
    Driver,
    Parameter,
)

_OCTAL = r"0?[0-7]{1,4}"
_OCTAL_FORM = "an octal mode such as 0777, or 0 for none"
_PREFIX = r"[a-z0-9][a-z0-9-]{0,19}"
_PREFIX_FORM = "at most 20 lower-case letters, digits and '-'"
_SECRETS = (
    *("provisioner", "controller-publish", "controller-expand", "controller-modify"),
    *("node-stage", "node-publish", "node-expand"),
)
_FS_GROUP = ("OnRootMismatch", "Always", "None")
_NETWORK = ("Enabled", "Disabled", "SecuredByPerimeter")


def _text(*names: str) -> tuple[Parameter, ...]:
    return tuple(Parameter(name=name) for name in names)


def _flags(*names: str) -> tuple[Parameter, ...]:
    """Parameters that are on or off, in the spellings of Go's ParseBool."""
    return tuple(
        Parameter(
            name=name,
            pattern=r"(?i:true|false|t|f|1|0)",
            form='"true" or "false"',
        )
        for name in names
    )


def _sidecar(*required: str) -> tuple[Parameter, ...]:
    """The keys of the provisioner sidecar; `required` names secrets."""
    return (
        Parameter(name=f"{SIDECAR}fstype"),
        *(
            Parameter(name=f"{SIDECAR}{who}-secret-{part}", required=who in required)
            for who in _SECRETS
            for part in ("name", "namespace")
        ),
    )


_AZURE_ACCOUNT = (
    *_text("location", "resourceGroup", "subscriptionID", "storageAccount"),
    *_text("storageEndpointSuffix", "server", "tags", "tagValueDelimiter"),
    *_text("secretName", "secretNamespace", "clientID", "tenantID"),
    *_text("privateDNSZoneResourceGroup"),
    *_text("vnetResourceGroup", "vnetName", "vnetLinkName", "subnetName"),
    *_flags("matchTags", "storeAccountKey", "getLatestAccountKey"),
    *_flags("allowBlobPublicAccess", "allowSharedKeyAccess"),
    *_flags("requireInfraEncryption", "mountWithWorkloadIdentityToken"),
    Parameter(name="storageAccountType", meaning="skuName"),
    Parameter(name="fsGroupChangePolicy", values=_FS_GROUP),
    Parameter(name="publicNetworkAccess", values=_NETWORK),
    Parameter(name="mountPermissions", pattern=_OCTAL, form=_OCTAL_FORM),
)

_TRUE = r"true|t|1"
_TAGS_OF_ONE_ACCOUNT = Conflict(
    parameter="matchTags",
    pattern=_TRUE,
    other="storageAccount",
    other_pattern=r".+",
    why="tags choose among accounts: with storageAccount there is one",
)

_CEPH_SOURCE = (
    "https://github.com/ceph/ceph-csi 52fcb7b docs/deploy-*.md and "
    "https://github.com/rook/rook d0c3b9c deploy/examples/csi"
)
_CEPH_ENCRYPTION = (*_flags("encrypted"), *_text("encryptionKMSID"))

CEPHFS = Driver(
    name="rook-ceph.cephfs.csi.ceph.com",
    parameters=(
        Parameter(name="clusterID", required=True),
        Parameter(name="fsName", required=True),
        *_text("pool", "kernelMountOptions", "fuseMountOptions", "volumeNamePrefix"),
        Parameter(name="mounter", values=("kernel", "fuse")),
        *_flags("backingSnapshot"),
        *_CEPH_ENCRYPTION,
        *_sidecar("provisioner", "node-stage"),
    ),
    any_case=False,
    ignores_unknown=True,
    # Its list is of 2024: a newer driver may know more.
    complete=False,
    link="https://rook.io/docs/rook/latest/Storage-Configuration/"
    "Shared-Filesystem-CephFS/filesystem-storage/",
    source=_CEPH_SOURCE,
)

RBD = Driver(
    name="rook-ceph.rbd.csi.ceph.com",
    parameters=(
        Parameter(name="clusterID", required=True),
        Parameter(name="pool", required=True, unless="topologyConstrainedPools"),
        *_text("topologyConstrainedPools", "dataPool", "imageFeatures"),
        *_text("mkfsOptions", "mapOptions", "unmapOptions", "volumeNamePrefix"),
        *_text("cephLogDir", "imageFormat", "mounter"),
        *_text("stripeUnit", "stripeCount", "objectSize"),
        Parameter(name="cephLogStrategy", values=("remove", "compress", "preserve")),
        Parameter(name="encryptionType", values=("block", "file")),
        *_flags("tryOtherMounters"),
        *_CEPH_ENCRYPTION,
        *_sidecar("provisioner", "node-stage"),
    ),
    any_case=False,
    ignores_unknown=True,
    complete=False,
    link="https://rook.io/docs/rook/latest/Storage-Configuration/"
    "Block-Storage-RBD/block-storage/",
    source=_CEPH_SOURCE,
)

NFS = Driver(
    name="nfs.csi.k8s.io",
    parameters=(
        Parameter(name="server", required=True),
        Parameter(name="share", required=True),
        Parameter(name="subDir"),
        Parameter(
            name="onDelete", values=("delete", "retain", "archive"), any_case=True
        ),
        Parameter(name="mountPermissions", pattern=r"[0-7]+", form=_OCTAL_FORM),
        *_sidecar(),
    ),
    any_case=True,
    ignores_unknown=False,
    link="https://github.com/kubernetes-csi/csi-driver-nfs/blob/master/docs/"
    "driver-parameters.md",
    source="https://github.com/kubernetes-csi/csi-driver-nfs d3b27c0 "
    "pkg/nfs/controllerserver.go",
)

AZURE_FILE = Driver(
    name="file.csi.azure.com",
    parameters=(
        *_AZURE_ACCOUNT,
        Parameter(
            name="skuName",
            values=(
                *("Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_GZRS"),
                *("Standard_RAGRS", "Standard_RAGZRS", "Premium_LRS", "Premium_ZRS"),
                *("StandardV2_LRS", "StandardV2_ZRS", "StandardV2_GRS"),
                *("StandardV2_GZRS", "PremiumV2_LRS", "PremiumV2_ZRS"),
            ),
            any_case=True,
        ),
        Parameter(name="protocol", values=("smb", "nfs")),
        Parameter(
            name="networkEndpointType",
            values=("privateEndpoint", "serviceEndpoint"),
            any_case=True,
        ),
        *_text("shareName", "diskName", "fsType", "folderName", "accountAccessTier"),
        *_text("confidentialContainerLabel", "runtimeClassHandler"),
        Parameter(name="shareNamePrefix", pattern=_PREFIX, form=_PREFIX_FORM),
        *(
            Parameter(
                name=name, values=("TransactionOptimized", "Hot", "Cool", "Premium")
            )
            for name in ("shareAccessTier", "accessTier")
        ),
        Parameter(
            name="rootSquashType", values=("AllSquash", "NoRootSquash", "RootSquash")
        ),
        Parameter(
            name="useDataPlaneAPI", values=("true", "false", "oauth"), any_case=True
        ),
        *(
            Parameter(name=name, pattern=r"[0-9]+", form="a whole number")
            for name in ("accountQuota", "provisionedIOPS", "provisionedBandwidth")
        ),
        *_flags("enableLargeFileShares", "createFolderIfNotExist", "createAccount"),
        *_flags("disableDeleteRetentionPolicy", "selectRandomMatchingAccount"),
        *_flags("allowCrossTenantReplication", "useSecretCache", "enableMultichannel"),
        *_flags("encryptInTransit", "mountWithManagedIdentity", "mountWithOAuthToken"),
        *_sidecar(),
    ),
    conflicts=(
        _TAGS_OF_ONE_ACCOUNT,
        Conflict(
            parameter="skuName",
            pattern=r"standard.*",
            other="protocol",
            other_pattern=r"nfs",
            why="NFS shares are on Premium accounts only",
        ),
        Conflict(
            parameter="enableMultichannel",
            pattern=_TRUE,
            other="protocol",
            other_pattern=r"nfs",
            why="multichannel is of the protocol smb only",
        ),
    ),
    any_case=True,
    ignores_unknown=False,
    link="https://github.com/kubernetes-sigs/azurefile-csi-driver/blob/master/"
    "docs/driver-parameters.md",
    source="https://github.com/kubernetes-sigs/azurefile-csi-driver 7b5ae18 "
    "pkg/azurefile/controllerserver.go",
)

AZURE_BLOB = Driver(
    name="blob.csi.azure.com",
    parameters=(
        *_AZURE_ACCOUNT,
        Parameter(
            name="skuName",
            values=(
                *("Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_GZRS"),
                *("Standard_RAGRS", "Standard_RAGZRS", "Premium_LRS", "Premium_ZRS"),
            ),
            any_case=True,
        ),
        Parameter(name="protocol", values=("fuse", "fuse2", "nfs", "nfsv3", "aznfs")),
        Parameter(
            name="networkEndpointType", values=("privateEndpoint",), any_case=True
        ),
        Parameter(name="containerName"),
        Parameter(name="containerNamePrefix", pattern=_PREFIX, form=_PREFIX_FORM),
        Parameter(name="accessTier", values=("Hot", "Cool", "Cold", "Premium")),
        *(
            Parameter(
                name=name,
                pattern=r"[1-9]|[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|36[0-5]",
                form="a number of days from 1 to 365",
            )
            for name in ("softDeleteBlobs", "softDeleteContainers")
        ),
        *_text("AzureStorageAuthType", "AzureStorageIdentityClientID"),
        *_text("AzureStorageIdentityObjectID", "AzureStorageIdentityResourceID"),
        *_text("MSIEndpoint", "AzureStorageAADEndpoint", "blobStorageAccountType"),
        *_flags("isHnsEnabled", "enableBlobVersioning", "useDataPlaneAPI"),
        *_sidecar(),
    ),
    conflicts=(
        _TAGS_OF_ONE_ACCOUNT,
        Conflict(
            parameter="containerNamePrefix",
            pattern=r".+",
            other="containerName",
            other_pattern=r".+",
            why="a container has a name or a prefix, not both",
        ),
        *(
            Conflict(
                parameter="enableBlobVersioning",
                pattern=_TRUE,
                other=other,
                other_pattern=pattern,
                why="neither NFS nor a hierarchical namespace has blob versions",
            )
            for other, pattern in (("protocol", r".*nfs.*"), ("isHnsEnabled", _TRUE))
        ),
    ),
    any_case=True,
    ignores_unknown=False,
    words_in_options=True,
    link="https://github.com/kubernetes-sigs/blob-csi-driver/blob/master/docs/"
    "driver-parameters.md",
    source="https://github.com/kubernetes-sigs/blob-csi-driver 0744a60 "
    "pkg/blob/controllerserver.go",
)

LOCAL_PATH = Driver(
    name="rancher.io/local-path",
    parameters=(
        Parameter(name="nodePath", pattern=r"/.+", form="an absolute directory"),
        *_text("pathPattern", "userPattern", "groupPattern", "permPattern"),
        *_text("nodeAffinityKey"),
        *_flags("allowUnsafePathPattern"),
    ),
    any_case=False,
    ignores_unknown=True,
    link="https://github.com/rancher/local-path-provisioner#storage-classes",
    source="https://github.com/rancher/local-path-provisioner 9fa2a62 provisioner.go",
)

DRIVERS = (
    *(CEPHFS, RBD, NFS, AZURE_FILE, AZURE_BLOB, LOCAL_PATH),
    *(ebs_driver.DRIVER, efs_driver.DRIVER, fsx_driver.DRIVER),
    *(filestore_driver.DRIVER, gcp_lustre_driver.DRIVER),
    gcp_disk_driver.DRIVER,
)
_BY_NAME = {driver.name: driver for driver in DRIVERS}


def driver_of(provisioner: str) -> Driver | None:
    """The row of a provisioner; None where its parameters are not known.

    Rook puts the namespace of its operator before the name of a Ceph driver.
    """
    for ceph in (CEPHFS, RBD):
        plain = ceph.name.removeprefix("rook-ceph.")
        if provisioner == plain or provisioner.endswith(f".{plain}"):
            return ceph
    return _BY_NAME.get(provisioner)
