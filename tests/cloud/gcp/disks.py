"""Disks and what is made of them, as Google Cloud and pulumi-gcp treat them."""

from collections.abc import Mapping
from typing import Any, Final

from tests.cloud.gcp.networks import in_network, in_subnetwork
from tests.cloud.gcp.rows import compute, digits, in_use, last, names, relative, row
from tests.cloud.gcp.sources import schema
from tests.cloud.kind import Making, Ref

DISK: Final = "gcp:compute/disk:Disk"
IMAGE: Final = "gcp:compute/image:Image"
SNAPSHOT: Final = "gcp:compute/snapshot:Snapshot"
STORAGE_POOL: Final = "gcp:compute/storagePool:StoragePool"
RESOURCE_POLICY: Final = "gcp:compute/resourcePolicy:ResourcePolicy"
TPU_VM: Final = "gcp:tpu/v2Vm:V2Vm"
CRYPTO_KEY: Final = "gcp:kms/cryptoKey:CryptoKey"

_KEY: Final = "compute.v1:CustomerEncryptionKey"


def by_key(path: str) -> Ref:
    """A property that names the key that something is encrypted with."""
    return names(
        path,
        CRYPTO_KEY,
        missing="googleapi: Error 400: Cloud KMS key '{}' does not exist or the "
        "service agent may not use it",
    )


def _keys(*paths: str) -> dict[str, str | None]:
    """Where the keys of disks are described; what is write-only is not there."""
    return {
        f"{path}.{name}": place
        for path in paths
        for name, place in (
            ("kmsKeySelfLink", f"{_KEY}.kmsKeyName"),
            ("rawKeyWo", None),
            ("rawKeyWoVersion", None),
            ("rsaEncryptedKeyWo", None),
            ("rsaEncryptedKeyWoVersion", None),
        )
    }


def _lowered(old: Any, new: Any, _: Mapping[str, Any]) -> bool:
    return old is not None and new is not None and int(new) < int(old)


def _fixed_iops(old: Any, new: Any, inputs: Mapping[str, Any]) -> bool:
    return old != new and "hyperdisk" not in str(inputs.get("type", ""))


def _named_disk(making: Making, key: str = "sourceDisk") -> Mapping[str, Any]:
    wanted = relative(making.inputs.get(key, ""))
    for id_ in making.things.get(DISK, {}):
        if wanted in (id_, last(id_)):
            return making.other(DISK, id_)
    return {}


def _size(making: Making) -> int:
    return int(_named_disk(making).get("size", 10))


def _zone(making: Making) -> str:
    return str(_named_disk(making).get("zone", making.places.get("zone", "")))


def _protected(thing: Mapping[str, Any], _: str) -> str | None:
    if thing.get("deletionProtection"):
        return (
            "cannot destroy storage pool without setting deletion_protection=false "
            "and running `terraform apply`"
        )
    return None


KINDS: Final = (
    compute(
        DISK,
        "projects/{project}/zones/{zone}/disks/{name}",
        "Disk",
        outputs={
            "diskId": lambda m: digits(m, 18, "disk"),
            "labelFingerprint": lambda m: m.hex(12, "labels"),
            "size": lambda m: 10,
            "users": lambda m: [],
        },
        members={
            "createSnapshotBeforeDestroy": None,
            "createSnapshotBeforeDestroyPrefix": None,
            "eraseWindowsVssSignature": None,
            "image": "sourceImage",
            "interface": None,
            "multiWriter": None,
            "size": "sizeGb",
            "snapshot": "sourceSnapshot",
            **_keys(
                *("diskEncryptionKey", "sourceImageEncryptionKey"),
                "sourceSnapshotEncryptionKey",
            ),
        },
        replaces=(
            *("architecture", "asyncPrimaryDisk", "description", "diskEncryptionKey"),
            *("enableConfidentialCompute", "eraseWindowsVssSignature"),
            *("guestOsFeatures", "image", "licenses", "multiWriter", "name", "params"),
            *("physicalBlockSizeBytes", "resourcePolicies", "snapshot", "sourceDisk"),
            *("sourceImageEncryptionKey", "sourceInstantSnapshot"),
            *("sourceSnapshotEncryptionKey", "sourceStorageObject", "storagePool"),
            "type",
        ),
        replaces_when={"size": _lowered, "provisionedIops": _fixed_iops},
        defaults={"eraseWindowsVssSignature": False, "type": "pd-standard"},
        computed=(
            *("accessMode", "enableConfidentialCompute", "guestOsFeatures", "licenses"),
            *("physicalBlockSizeBytes", "provisionedIops", "provisionedThroughput"),
            *("resourcePolicies", "size"),
        ),
        forms={"type": last, "snapshot": last, "storagePool": last, "image": relative},
        refs=(
            by_key("diskEncryptionKey.kmsKeySelfLink"),
            names("storagePool", STORAGE_POOL, holds=in_use("storage_pool")),
            names("sourceDisk", DISK),
            names("snapshot", SNAPSHOT),
        ),
        source=schema("compute/resource_compute_disk.go", "48175eb1"),
    ),
    compute(
        IMAGE,
        "projects/{project}/global/images/{name}",
        "Image",
        outputs={
            "archiveSizeBytes": lambda m: 0,
            "diskSizeGb": _size,
            "labelFingerprint": lambda m: m.hex(12, "labels"),
        },
        members={
            "rawDisk.sha1": "rawDisk.sha1Checksum",
            **_keys(
                *("imageEncryptionKey", "sourceDiskEncryptionKey"),
                *("sourceImageEncryptionKey", "sourceSnapshotEncryptionKey"),
            ),
        },
        replaces=(
            *("description", "diskSizeGb", "family", "guestOsFeatures", "licenses"),
            *("imageEncryptionKey", "name", "params", "rawDisk", "sourceDisk"),
            *("shieldedInstanceInitialState", "sourceDiskEncryptionKey"),
            *("sourceImage", "sourceImageEncryptionKey", "sourceSnapshot"),
            *("sourceSnapshotEncryptionKey", "storageLocations"),
        ),
        computed=("diskSizeGb", "guestOsFeatures", "licenses", "storageLocations"),
        forms={"sourceDisk": last, "sourceImage": last, "sourceSnapshot": last},
        refs=(
            by_key("imageEncryptionKey.kmsKeySelfLink"),
            names("sourceDisk", DISK),
        ),
        source=schema("compute/resource_compute_image.go", "48175eb1"),
    ),
    compute(
        SNAPSHOT,
        "projects/{project}/global/snapshots/{name}",
        "Snapshot",
        outputs={
            "diskSizeGb": _size,
            "snapshotId": lambda m: int(digits(m, 15, "snapshot")),
            "storageBytes": lambda m: 0,
            "zone": _zone,
        },
        members={
            "zone": None,
            **_keys("snapshotEncryptionKey", "sourceDiskEncryptionKey"),
        },
        replaces=(
            *("chainName", "description", "guestFlush", "name", "params"),
            *("snapshotEncryptionKey", "snapshotType", "sourceDisk", "zone"),
            *("sourceDiskEncryptionKey", "sourceInstantSnapshot", "storageLocations"),
        ),
        computed=("sourceDisk", "storageLocations", "zone"),
        forms={"sourceDisk": last, "zone": last},
        refs=(
            by_key("snapshotEncryptionKey.kmsKeySelfLink"),
            names("sourceDisk", DISK),
        ),
        source=schema("compute/resource_compute_snapshot.go", "273fc429"),
    ),
    compute(
        STORAGE_POOL,
        "projects/{project}/zones/{zone}/storagePools/{name}",
        "StoragePool",
        outputs={"labelFingerprint": lambda m: m.hex(12, "labels")},
        members={"deletionProtection": None},
        replaces=(
            *("capacityProvisioningType", "description", "name", "params"),
            *("performanceProvisioningType", "storagePoolType"),
        ),
        computed=("capacityProvisioningType", "performanceProvisioningType"),
        forms={"storagePoolType": last},
        keeps=_protected,
        source=schema("compute/resource_compute_storage_pool.go", "f3bc55d0"),
    ),
    compute(
        RESOURCE_POLICY,
        "projects/{project}/regions/{region}/resourcePolicies/{name}",
        "ResourcePolicy",
        members={
            "diskConsistencyGroupPolicy.enabled": None,
            "groupPlacementPolicy.maxDistance": None,
            "groupPlacementPolicy.tpuTopology": None,
        },
        replaces=(
            *("diskConsistencyGroupPolicy.enabled", "name"),
            *("groupPlacementPolicy.gpuTopology", "groupPlacementPolicy.tpuTopology"),
            "workloadPolicy",
        ),
        source=schema("compute/resource_compute_resource_policy.go", "48175eb1"),
    ),
    row(
        TPU_VM,
        "projects/{project}/locations/{zone}/nodes/{name}",
        outputs={
            "acceleratorType": lambda m: "v2-8",
            "apiVersion": lambda m: "V2",
            "health": lambda m: "HEALTHY",
            "multisliceNode": lambda m: False,
            "networkEndpoints": lambda m: [
                {"accessConfigs": [], "ipAddress": "10.128.0.2", "port": 8470}
            ],
            "state": lambda m: "READY",
        },
        models=("tpu.v2:Node",),
        members={"zone": None},
        replaces=(
            *("acceleratorConfig", "acceleratorType", "cidrBlock", "name"),
            *("networkConfig", "networkConfigs", "runtimeVersion", "schedulingConfig"),
            *("serviceAccount", "shieldedInstanceConfig"),
        ),
        computed=(
            *("acceleratorConfig", "acceleratorType", "cidrBlock", "networkConfig"),
            "serviceAccount",
        ),
        forms={"networkConfig.network": last, "networkConfig.subnetwork": last},
        refs=(
            in_network("networkConfig.network"),
            in_subnetwork("networkConfig.subnetwork"),
            names("dataDisks.sourceDisk", DISK, holds=in_use("disk")),
        ),
        source=schema("tpuv2/resource_tpu_v2_vm.go", "48175eb1"),
    ),
)
