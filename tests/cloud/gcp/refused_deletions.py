"""The deletions that Google Cloud refuses, and where that is written."""

from collections.abc import Mapping
from typing import Final

from tests.cloud.gcp.buckets import BUCKET, MANAGED_FOLDER
from tests.cloud.gcp.clusters import CLUSTER
from tests.cloud.gcp.disks import DISK, RESOURCE_POLICY, STORAGE_POOL
from tests.cloud.gcp.file_systems import FILESTORE
from tests.cloud.gcp.networks import CONNECTION, GLOBAL_ADDRESS, NETWORK, SUBNETWORK
from tests.cloud.gcp.sources import page, schema

IN_USE: Final = "resourceInUseByAnotherResource"
"""What Compute Engine answers to the deletion of what something else needs."""

_IN_USE: Final = page("https://github.com/genevieve/leftovers/issues/6")
_FORCE: Final = "without `force_destroy` set to true"

REFUSALS: Final[Mapping[tuple[str, str], str]] = {
    (BUCKET, _FORCE): schema("storage/resource_storage_bucket.go", "3dcf2ec7"),
    (CLUSTER, "deletion_protection"): schema(
        "container/resource_container_cluster.go", "c48a71b0"
    ),
    (CONNECTION, "still using this connection"): page(
        "https://github.com/hashicorp/terraform-provider-google/issues/16275"
    ),
    (DISK, IN_USE): _IN_USE,
    (FILESTORE, "deletion protection"): "file.v1 deletionProtectionEnabled, "
    "google-api-python-client 2.202.0, read 2026-11-22",
    (GLOBAL_ADDRESS, IN_USE): _IN_USE,
    (MANAGED_FOLDER, "not empty"): "GoogleCloudPlatform/magic-modules "
    "mmv1/products/storage/ManagedFolder.yaml @bac11faa, read 2026-11-22",
    (NETWORK, IN_USE): _IN_USE,
    (RESOURCE_POLICY, IN_USE): _IN_USE,
    (STORAGE_POOL, "deletion_protection"): schema(
        "compute/resource_compute_storage_pool.go", "f3bc55d0"
    ),
    (STORAGE_POOL, IN_USE): _IN_USE,
    (SUBNETWORK, IN_USE): _IN_USE,
}
"""By the type of the thing and words of the answer. What `deletionPolicy` refuses
is not among them: every type that has the property refuses it."""
