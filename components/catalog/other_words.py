"""What clouds, Kubernetes and their tools call the keys and kinds of this project.

Whoever writes the word of another tool is told this project's own.
"""

from __future__ import annotations

from collections.abc import Collection

KEYS: dict[str, tuple[str, ...]] = {
    "accelerator": ("gpu",),
    "acceleratorCount": ("gpuCount",),
    "acceleratorType": ("gpu", "tpu"),
    "accelerators": ("gpus", "gpu"),
    "arn": ("existing",),
    "automaticBackupRetentionDays": ("backups",),
    "autoscaling": ("nodes",),
    "bucketName": ("bucket",),
    "capacityGb": ("capacityGiB", "sizeGiB"),
    "capacityGiB": ("sizeGiB",),
    "capacityType": ("capacity",),
    "cidrBlock": ("cidr",),
    "dataCompressionType": ("compression",),
    "dataDisks": ("disks",),
    "defaultKmsKeyName": ("kmsKey",),
    "deletionPolicy": ("onDelete",),
    "deletionProtection": ("onDelete",),
    "deploymentType": ("deployment",),
    "diskSizeGb": ("sizeGiB", "diskSize"),
    "diskSizeGiB": ("diskSize", "sizeGiB"),
    "diskType": ("type",),
    "driveCacheType": ("driveCache",),
    "environment": ("platform",),
    "fileShareName": ("share",),
    "fileSystemTypeVersion": ("lustreVersion",),
    "flexStart": ("capacity",),
    "forceDestroy": ("onDelete",),
    "google.com/tpu": ("tpus",),
    "gpus": ("gpuCount",),
    "hns": ("hierarchicalNamespace",),
    "initialNodeCount": ("nodes",),
    "instanceType": ("machine",),
    "instanceTypes": ("machine",),
    "iopsPerGiB": ("iopsPerGB",),
    "kmsKeyArn": ("kmsKey",),
    "kmsKeyId": ("kmsKey",),
    "labels": ("tags",),
    "lifecycleRules": ("lifecycle",),
    "location": ("zone", "region"),
    "masterAuthorizedNetworks": ("publicAccess",),
    "metadataConfiguration": ("metadataIops",),
    "minMasterVersion": ("version",),
    "nodeCount": ("nodes",),
    "numSlices": ("slices",),
    "nvidia.com/gpu": ("gpus",),
    "perUnitStorageThroughput": ("throughputPerTiB",),
    "performanceMode": ("performance",),
    "preemptible": ("capacity",),
    "projectId": ("project",),
    "queuedProvisioning": ("capacity",),
    "region": ("location",),
    "releaseChannel": ("channel",),
    "replicationType": ("regional",),
    "retentionPolicy": ("retention",),
    "runtimeVersion": ("runtime",),
    "s3ImportPath": ("linkedTo",),
    "scalingConfig": ("nodes",),
    "secondaryBootDisks": ("bootImages",),
    "size": ("capacityGiB", "sizeGiB"),
    "sizeGiB": ("capacityGiB",),
    "spot": ("capacity",),
    "storageCapacity": ("capacityGiB",),
    "subnetwork": ("subnet",),
    "throughputMode": ("throughput",),
    "tpuTopology": ("topology",),
    "volumeType": ("type",),
    "vpcId": ("vpc",),
    "weeklyMaintenanceStartTime": ("maintenance",),
    "zone": ("zones", "location"),
}
"""A key by another name of it: what it is here, the first that can stand there."""

KINDS: dict[str, tuple[str, ...]] = {
    "bucket": ("gcs", "s3"),
    "disk": ("persistent-disk", "ebs"),
    "efs-ap": ("efs",),
    "emptyDir": ("scratch",),
    "fsx": ("fsx-lustre",),
    "gce-pd": ("persistent-disk",),
    "gcs-fuse": ("gcs",),
    "gcsfuse": ("gcs-fuse", "gcs"),
    "google_storage_bucket": ("gcs",),
    "gp2": ("ebs",),
    "gp3": ("ebs",),
    "hostPath": ("host-path",),
    "hyperdisk": ("persistent-disk",),
    "hyperdisk-balanced": ("persistent-disk",),
    "hyperdisk-extreme": ("persistent-disk",),
    "hyperdisk-ml": ("persistent-disk",),
    "hyperdisk-throughput": ("persistent-disk",),
    "io1": ("ebs",),
    "io2": ("ebs",),
    "lustre": ("managed-lustre", "fsx-lustre"),
    "parallelstore": ("managed-lustre",),
    "pd": ("persistent-disk",),
    "pd-balanced": ("persistent-disk",),
    "pd-extreme": ("persistent-disk",),
    "pd-ssd": ("persistent-disk",),
    "pd-standard": ("persistent-disk",),
    "persistentVolumeClaim": ("claim",),
    "pv": ("csi",),
    "pvc": ("claim",),
}
"""The kind of a volume, of storage or of a class, by another name of it."""

VALUES: dict[str, tuple[str, ...]] = {
    "PREMIUM": ("BASIC_SSD",),
    "READ_ONLY_MANY": ("read-only",),
    "READ_WRITE_SINGLE": ("read-write",),
    "ROX": ("ReadOnlyMany",),
    "RWO": ("ReadWriteOnce",),
    "RWOP": ("ReadWriteOncePod",),
    "RWX": ("ReadWriteMany",),
    "STANDARD": ("BASIC_HDD",),
    "amazon": ("aws",),
    "dws": ("flex-start",),
    "eks": ("aws",),
    "gce-pd-csi-driver": ("persistent-disk-csi-driver",),
    "gke": ("gcp",),
    "google": ("gcp",),
    "google-cloud": ("gcp",),
    "inference": ("serving",),
    "ironwood": ("tpu7x",),
    "k8s": ("kubernetes",),
    "local-ssd": ("nvme",),
    "lustre-csi-driver": ("managed-lustre-csi-driver",),
    "preemptible": ("spot",),
    "queued-provisioning": ("queued",),
    "ram": ("memory",),
    "ro": ("read-only",),
    "rw": ("read-write",),
    "ssd": ("nvme",),
    "tmpfs": ("memory",),
    "tpu-v4-podslice": ("v4",),
    "tpu-v5-lite-podslice": ("v5e",),
    "tpu-v5p-slice": ("v5p",),
    "tpu-v6e-slice": ("v6e",),
    "trillium": ("v6e",),
    "v5litepod": ("v5e",),
    "workload-identity": ("principal",),
}
"""A value, by another name of it."""

_WORDS = (KINDS, VALUES)


def own_key(word: str, keys: Collection[str]) -> str | None:
    """The one of `keys` that others call `word`, or None."""
    return _first(KEYS.get(word, ()), keys)


def own_word(word: str, words: Collection[str]) -> str | None:
    """The one of `words`, kinds or other values, that others call `word`, or None."""
    own = (_first(table.get(word, ()), words) for table in _WORDS)
    return next((found for found in own if found is not None), None)


def _first(own: Collection[str], there: Collection[str]) -> str | None:
    return next((word for word in own if word in there), None)
