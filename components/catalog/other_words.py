"""What AWS, Kubernetes and their tools call the keys and kinds of this project.

Whoever writes the word of another tool is told this project's own.
"""

from __future__ import annotations

from collections.abc import Collection

KEYS: dict[str, str] = {
    "arn": "existing",
    "accelerators": "gpus",
    "automaticBackupRetentionDays": "backups",
    "capacityType": "capacity",
    "cidrBlock": "cidr",
    "dataCompressionType": "compression",
    "deploymentType": "deployment",
    "diskSizeGiB": "diskSize",
    "driveCacheType": "driveCache",
    "fileSystemTypeVersion": "lustreVersion",
    "iopsPerGiB": "iopsPerGB",
    "instanceType": "machine",
    "instanceTypes": "machine",
    "kmsKeyArn": "kmsKey",
    "kmsKeyId": "kmsKey",
    "lifecycleRules": "lifecycle",
    "metadataConfiguration": "metadataIops",
    "performanceMode": "performance",
    "perUnitStorageThroughput": "throughputPerTiB",
    "s3ImportPath": "linkedTo",
    "scalingConfig": "nodes",
    "size": "capacityGiB",
    "storageCapacity": "capacityGiB",
    "throughputMode": "throughput",
    "volumeType": "type",
    "vpcId": "vpc",
    "weeklyMaintenanceStartTime": "maintenance",
}
"""A key, by another name of it."""

KINDS: dict[str, str] = {
    "bucket": "s3",
    "efs-ap": "efs",
    "emptyDir": "scratch",
    "fsx": "fsx-lustre",
    "gp2": "ebs",
    "gp3": "ebs",
    "hostPath": "host-path",
    "io1": "ebs",
    "io2": "ebs",
    "lustre": "fsx-lustre",
    "persistentVolumeClaim": "claim",
    "pv": "csi",
    "pvc": "claim",
}
"""The kind of a volume, of storage or of a class, by another name of it."""

VALUES: dict[str, str] = {
    "ROX": "ReadOnlyMany",
    "RWO": "ReadWriteOnce",
    "RWOP": "ReadWriteOncePod",
    "RWX": "ReadWriteMany",
    "ro": "read-only",
    "rw": "read-write",
}
"""A value, by another name of it."""


def own_key(word: str, keys: Collection[str]) -> str | None:
    """The one of `keys` that others call `word`, or None."""
    key = KEYS.get(word)
    return key if key in keys else None
