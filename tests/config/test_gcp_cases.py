"""What others get wrong on Google Cloud is refused, said, or cannot be written.

Every case has a fixture that reports it as its one problem, or a test that
shows that what is made cannot have it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from components.gcp.fuse_mount_spec import FuseMountSpec
from components.kubernetes.job_spec import JobSpec
from components.spec import yaml_keys
from tests.config.cases import (
    Prevented,
    Said,
    is_a_test,
    is_the_one_problem,
    prevented,
    said,
)

GCP = Path(__file__).parent / "errors" / "gcp"

BUCKET = "components/gcp/test_storage_bucket.py"
CLUSTER = "components/gcp/test_gke_cluster.py"
DISK = "components/gcp/test_disk.py"
EXAMPLES = "stacks/test_gcp_examples.py"
FILESTORE = "components/gcp/test_filestore.py"
FUSE = "components/gcp/test_gcs_fuse.py"
HERE = "config/test_gcp_cases.py"
IDENTITY = "components/gcp/test_workload_identity.py"
LUSTRE = "components/gcp/test_managed_lustre.py"
NETWORK = "components/gcp/test_network.py"
NODES = "components/gcp/test_node_pool.py"
STATIC = "components/test_static_volume.py"

ISSUES: dict[str, tuple[Said | Prevented, ...]] = {
    "pods scheduled before the CSI driver is ready": (
        Said("case-storage-without-its-driver", "ADD01"),
        Prevented(
            "stacks/test_gcp_checks.py", "test_a_driver_is_declared_unless_gke_has_it"
        ),
    ),
    "rename on a bucket mount that has none": (
        Said("fuse-case-directory-that-cannot-be-renamed", "FUS14", sure=False),
        Said("case-checkpoints-of-many-in-a-flat-bucket", "GCP14", sure=False),
        Prevented(BUCKET, "test_a_bucket_is_never_public_and_has_folders"),
    ),
    "two PVs with one volumeHandle in one pod": (
        Said("case-one-handle-twice-in-a-pod", "VOL08"),
        Said("case-bucket-twice-in-a-pod-of-an-older-cluster", "FUS23"),
        Prevented(BUCKET, "test_no_two_claims_have_one_handle"),
        Prevented(STATIC, "test_handles_are_unique_where_they_must_and_can_be"),
    ),
    "GCS FUSE sidecar out of memory": (
        Said("fuse-case-container-out-of-memory", "FUS13", sure=False),
        Prevented(FUSE, "test_a_cache_in_memory_is_in_the_containers_limit"),
    ),
    "read-only role with a read-write mount": (
        Said("identity-case-read-only-role-written-to", "WID02"),
        Said("identity-case-role-that-cannot-overwrite", "WID04"),
        Said("case-read-only-grant-written-to", "GRN02"),
        Prevented(STATIC, "test_a_grant_narrows_and_never_widens"),
    ),
    "disk type that the machine cannot attach": (
        Said("disks-case-that-the-machine-cannot-attach", "PDK20"),
        Said("case-nodes-that-cannot-boot-from-their-disk", "PDK07"),
    ),
    "ReadWriteMany with volumeMode Filesystem on block storage": (
        Said("disks-case-read-write-many-of-files", "VOL02"),
    ),
    "zonal volume and pool in different zones": (
        Said("case-disk-in-another-zone-than-its-nodes", "ZON02"),
        Said("case-lustre-in-another-zone-than-its-nodes", "ZON02", sure=False),
        Said("case-disk-in-two-zones", "ZON04"),
    ),
    "a volume in another region than the cluster that mounts it": (
        Said("case-volume-of-another-region", "AWS07", sure=False),
        Said("gcs-case-another-region", "FUS21", sure=False),
        Said("case-pool-of-another-region", "NET09"),
        Said("cluster-in-another-region", "NET09"),
        Said("cluster-and-storage-in-two-regions", "AWS24"),
    ),
    "a volume in another cloud than the cluster that mounts it": (
        Said("case-volume-of-another-cloud", "AWS06"),
        Said("clouds-one-thing-of-aws", "AWS03"),
        Said("clouds-aws-on-gcp", "AWS03"),
        Said("clouds-gcp-on-aws", "GCP01"),
    ),
    "TPU topology that the machine does not offer": (
        Said("case-tpu-machine-of-another-topology", "TPU04"),
        Said("case-tpu-topology-that-there-is-not", "TPU01"),
    ),
    "Managed Lustre size against throughput tier": (
        Said("lustre-size-against-throughput", "MLU01"),
    ),
    "Filestore 1 TiB on a 2.5 TiB tier": (
        Said("filestore-one-tib-on-a-tier-of-more", "FIL01"),
    ),
    "PVC that a default class swallows instead of binding its PV": (
        Prevented(STATIC, "test_bound_to_each_other_and_to_nothing_else"),
    ),
    "bucket or volume destroyed with its stack": (
        Prevented(BUCKET, "test_data_goes_only_where_someone_says_so"),
        Prevented(DISK, "test_what_becomes_of_the_data"),
        Prevented(FILESTORE, "test_what_becomes_of_the_data"),
        Prevented(LUSTRE, "test_what_becomes_of_the_data"),
    ),
    "ReadWriteOncePod with many replicas": (
        Said("case-read-write-once-pod-of-several", "ACC01"),
    ),
    "a checkpoint written by every worker to one path": (
        Said("case-lustre-with-several-writers", "WRT01"),
        Said("case-bucket-with-several-writers", "WRT01"),
    ),
    "a retained file system whose subnet goes with the stack": (
        Said("case-left-behind-without-its-network", "AWS09"),
        Prevented(NETWORK, "test_what_data_needs_is_protected"),
    ),
    "a live training Job replaced by an edited image": (
        Prevented("components/test_job.py", "test_an_edited_image_waits_for_a_new_run"),
    ),
    "a GPU product that the machine does not have": (
        Said("case-gpu-product-of-another-machine", "GPU01"),
    ),
}
"""What is found in the issue threads of other projects."""

FAILURES: dict[str, tuple[Said | Prevented, ...]] = {
    "failed to find the sidecar container in Pod spec": (
        Prevented(FUSE, "test_every_pod_gets_the_container_that_mounts"),
    ),
    "403 storage.objects.list, or Unauthenticated": (
        Said("identity-case-of-another-account", "FUS17"),
        Prevented(IDENTITY, "test_pods_have_the_roles_themselves"),
        Prevented(
            "catalog/test_gcp_iam.py", "test_a_principal_has_the_number_and_then_the_id"
        ),
    ),
    "412 on a write": (
        Prevented(BUCKET, "test_a_bucket_is_never_public_and_has_folders"),
        Prevented(EXAMPLES, "test_every_bucket_is_uniform_and_never_public"),
    ),
    "Workload Identity Federation is not enabled on node": (
        Prevented(NODES, "test_a_pool_of_processors"),
        Prevented(CLUSTER, "test_one_that_is_made"),
    ),
    "driver name not found in registered CSI drivers": (
        Said("case-storage-without-its-driver", "ADD01"),
    ),
    "SchedulingGated: bucket-scan-pending": (
        Said("fuse-case-profile-by-hand", "FUS12"),
    ),
    "Transport endpoint is not connected": (
        Said("fuse-case-container-out-of-memory", "FUS13", sure=False),
        Prevented(FUSE, "test_what_the_container_gets_is_added_up"),
    ),
    "no space left in the cache": (
        Said("fuse-case-no-space-for-the-cache", "FUS19"),
        Prevented(FUSE, "test_a_cache_on_disk_has_room"),
    ),
    "cache mkdir: permission denied": (Said("case-cache-on-a-claim", "CFG04"),),
    "a mount that writes though it was to read, and options in vain": (
        Said("fuse-case-read-write-in-silence", "FUS02"),
        Prevented(
            "catalog/test_gcs_fuse.py", "test_what_the_driver_leaves_out_is_refused"
        ),
        Prevented(BUCKET, "test_a_mount_that_only_reads"),
    ),
    "a checkpoint's directory is renamed in part, or not": (
        Said("fuse-case-directory-that-cannot-be-renamed", "FUS14", sure=False),
        Said("case-checkpoints-of-many-in-a-flat-bucket", "GCP14", sure=False),
    ),
    "STS 429 with many pods": (
        Prevented(BUCKET, "test_a_mount_that_only_reads"),
        Prevented(BUCKET, "test_a_mount_for_training"),
    ),
    "a disk that is not attached": (
        Said("disks-case-that-the-machine-cannot-attach", "PDK20"),
        Said("case-nodes-that-cannot-boot-from-their-disk", "PDK07"),
    ),
    "a disk in one zone, its pod in another": (
        Said("case-disk-made-before-its-pod", "PDK28", sure=False),
        Said("case-disk-in-another-zone-than-its-nodes", "ZON02"),
        Prevented(DISK, "test_a_disk_is_mounted_in_its_zone"),
        Prevented("components/gcp/test_disk_class.py", "test_a_class_of_disks"),
    ),
    "ReadOnlyMany with nothing in it, ReadWriteMany of files": (
        Said("disks-case-read-only-claim-of-nothing", "PDK23"),
        Said("disks-case-read-write-many-of-files", "VOL02"),
    ),
    "Filestore that is not made": (
        Said("filestore-one-tib-on-a-tier-of-more", "FIL01"),
        Said("case-filestore-in-no-zone", "FIL02"),
        Said("case-filestore-nfs-4-of-a-basic-tier", "FIL03"),
        Said("case-filestore-share-with-a-dash", "FIL04"),
    ),
    "Filestore that is not mounted": (
        Said("case-filestore-handle-of-the-api", "FIL15"),
        Said("case-filestore-volume-without-its-share", "FIL16"),
        Said("graph-no-network", "AWS08"),
        Prevented(FILESTORE, "test_a_share_is_mounted"),
        Prevented(NETWORK, "test_private_services_block_no_destroy"),
    ),
    "private services access by addresses": (
        Said("filestore-cidr-for-private-services", "FIL07"),
        Said("case-private-services-that-the-network-has-not", "GCP06"),
    ),
    "Managed Lustre: names, sizes, nodes and networks": (
        Said("case-lustre-twice-of-one-name", "GCP11"),
        Said("lustre-size-against-throughput", "MLU01"),
        Said("case-lustre-class-in-another-network", "GCP10", sure=False),
        Prevented(NODES, "test_a_pool_of_processors"),
    ),
    "a TPU pool that is not made": (
        Said("case-tpu-topology-that-there-is-not", "TPU01"),
        Said("case-tpu-topology-out-of-order", "TPU01"),
        Said("case-tpu-machine-of-another-topology", "TPU04"),
        Said("case-tpu-in-a-zone-without", "TPU05", sure=False),
        Said("case-tpu-slice-in-two-zones", "TPU09"),
        Prevented(NODES, "test_slices_are_whole"),
        Prevented(NODES, "test_slices_of_one_node_state_no_topology"),
        Prevented(NODES, "test_machines_that_are_linked_by_a_workload_policy"),
    ),
    "TPU pods Pending": (
        Said("case-tpu-pods-of-no-pool", "ACC12"),
        Said("case-tpu-pods-of-half-a-node", "ACC13"),
        Said("case-tpu-pods-of-half-a-slice", "ACC14"),
        Prevented(
            "components/test_tpus.py",
            "test_a_pod_requests_all_chips_and_tolerates_their_taint",
        ),
        Prevented("components/test_tpus.py", "test_a_slice_is_for_one_job"),
    ),
    "flex-start, queued, spot and reservations that do not go together": (
        Said("case-spot-of-a-reservation", "GPL10"),
        Said("case-queued-nodes-that-are-always-there", "GPL11"),
        Said("case-flex-start-close-together", "GPL13"),
        Prevented(NODES, "test_how_machines_are_had"),
    ),
    "another number of GPUs than the machine has": (
        Said("case-gpus-that-the-machine-has-not", "GPL04"),
        Said("case-gpus-more-than-a-node-has", "POL02"),
        Prevented(NODES, "test_every_machine_makes_a_pool"),
    ),
    "destroy that is blocked": (
        Said("case-bucket-that-no-one-can-delete", "GCS24"),
        Prevented(CLUSTER, "test_whether_it_can_be_destroyed"),
        Prevented(FILESTORE, "test_what_becomes_of_the_data"),
        Prevented(BUCKET, "test_data_goes_only_where_someone_says_so"),
        Prevented(NETWORK, "test_private_services_block_no_destroy"),
    ),
    "a bill for what is deleted": (
        Said("gcs-case-bill-for-what-is-deleted", "GCS21", sure=False),
    ),
    "a rule of a lifecycle that is ignored": (
        Said("case-lifecycle-of-no-days", "GCS07"),
        Prevented(BUCKET, "test_what_becomes_of_objects_with_time"),
    ),
    "bucket and cluster in different regions": (
        Said("gcs-case-another-region", "FUS21", sure=False),
    ),
    "a bucket mounted in a pod of the node's network": (
        Said("case-host-network", "CFG01"),
        Prevented(HERE, "test_no_pod_is_in_the_network_of_its_node"),
    ),
    "a disk of a TPU VM of the wrong type or zone, or written by several": (
        Said("tpu-vm-case-disk-of-another-kind", "TVM06"),
        Said("tpu-vm-case-disk-in-another-zone", "TVM09"),
        Said("tpu-vm-case-disk-written-by-a-slice", "TVM07"),
    ),
    "a disk that two write": (Said("disks-case-written-by-two-teams", "PDK25"),),
    "an option that the cluster's version does not know": (
        Said("fuse-case-older-cluster", "FUS16"),
    ),
}
"""How deployments and mounts fail on Google Cloud, by what is seen of it."""

DISPUTED: dict[str, tuple[Said | Prevented, ...]] = {
    "Filestore minimum": (
        Said("case-unsure-regional-filestore-of-100-gib", "FIL01", sure=False),
    ),
    "Filestore tier names": (
        Said("case-unsure-names-of-tiers", "CFG04"),
        Prevented("catalog/test_filestore_driver.py", "test_parameters"),
    ),
    "Filestore network": (
        Said("case-unsure-range-of-zonal-filestore", "FIL07", sure=False),
    ),
    "Filestore provisioned IOPS step": (
        Said("case-unsure-iops-in-hundreds", "FIL05", sure=False),
    ),
    "Managed Lustre perUnitStorageThroughput": (
        Said("case-unsure-lustre-class-without-a-throughput", "MLU10", sure=False),
    ),
    "Managed Lustre maximum": (Said("case-unsure-large-lustre", "MLU01", sure=False),),
    "TPU topology order": (Said("case-unsure-order-of-v4", "TPU02", sure=False),),
    "TPU names": (
        Said("case-unsure-name-of-a-slice", "TPU06"),
        Prevented(
            "catalog/test_gcp_tpus.py",
            "test_names_of_sizes_count_tensor_cores_or_chips",
        ),
    ),
    "v5e hosts": (Said("case-unsure-hosts-of-v5e", "TPU02", sure=False),),
    "v5e label": (Prevented(NODES, "test_every_slice_makes_a_pool"),),
    "disk and machine": (Said("case-unsure-boot-disk", "PDK07", sure=False),),
    "Anywhere Cache TTL": (Said("case-unsure-short-cache", "GCS14", sure=False),),
}
"""Where sources disagree: a warning, unless it is said in a way that all take."""

ALL = ISSUES | FAILURES | DISPUTED


@pytest.mark.parametrize("case", said(ALL), ids=lambda case: case.fixture)
def test_it_is_the_one_problem_of_its_fixture(case: Said) -> None:
    is_the_one_problem(case, GCP)


@pytest.mark.parametrize(
    "case", prevented(ALL), ids=lambda case: f"{Path(case.file).stem}-{case.test}"
)
def test_it_is_shown_by_a_test_that_there_is(case: Prevented, root: Path) -> None:
    is_a_test(case, root)


def test_no_case_is_without_evidence() -> None:
    assert all(ALL.values())
    assert len(ALL) == len(ISSUES) + len(FAILURES) + len(DISPUTED)


def test_every_case_of_a_fixture_is_in_a_table() -> None:
    """A case is a fixture with one problem: it stands in a table, too."""
    fixtures = {file.stem for file in GCP.glob("*case-*.yaml")}
    assert fixtures <= {case.fixture for case in said(ALL)}


def test_no_pod_is_in_the_network_of_its_node() -> None:
    """A mount of a bucket finds no identity there, but on newer clusters."""
    assert not {"hostNetwork", "hostPID"} & set(yaml_keys(JobSpec))


def test_caches_are_on_a_disk_or_in_memory() -> None:
    """On a claim, the container that mounts would need the group of the pod."""
    cache = FuseMountSpec.model_json_schema()["$defs"]["FuseCacheSpec"]
    assert cache["properties"]["medium"]["enum"] == ["disk", "memory"]


def test_what_is_disputed_is_not_refused() -> None:
    """But for two names, for which there is one that everyone takes."""
    refused = {case.rule for case in said(DISPUTED) if case.sure}
    assert refused == {"CFG04", "TPU06"}
