"""What others get wrong on AWS is refused, said, or cannot be written at all.

Every case has a fixture that reports it as its one problem, or a test that
shows that what is made cannot have it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from components.aws.fsx_lustre_spec import FsxLustreSpec
from components.spec import yaml_keys
from tests.config.cases import (
    Prevented,
    Said,
    is_a_test,
    is_the_one_problem,
    prevented,
    said,
)

AWS = Path(__file__).parent / "errors" / "aws"


FSX = "components/aws/test_fsx_lustre.py"
EFS = "components/aws/test_efs.py"
BUCKET = "components/aws/test_bucket.py"
NODES = "components/aws/test_node_group.py"
STATIC = "components/test_static_volume.py"

ISSUES: dict[str, tuple[Said | Prevented, ...]] = {
    "FSx size not offered for its type": (
        Said("fsx-size-not-offered", "FSX01"),
        Said("case-lustre-claim-of-a-size-without-efa", "AWS34", sure=False),
    ),
    "PERSISTENT_2 with an inline S3 import path": (
        Said("fsx-import-path-of-persistent-2", "FSX20"),
    ),
    "FSx in a zone its nodes are not in": (
        Said("case-lustre-in-a-zone-without-nodes", "ZON02"),
    ),
    "Lustre client too new or old for the server": (
        Said("case-lustre-server-too-old", "AWS17"),
        Said("case-lustre-nodes-without-its-client", "AWS17", sure=False),
    ),
    "EFS mount target missing in a node's zone": (
        Said("case-efs-without-a-mount-target", "ZON05"),
        Prevented(EFS, "test_one_mount_target_in_each_zone"),
    ),
    "two EFS mount targets in one zone": (
        Said("case-efs-two-mount-targets-in-a-zone", "NET05"),
        Prevented(EFS, "test_one_mount_target_in_each_zone"),
    ),
    "EFS access point uid/gid against the pod's": (
        Said("case-efs-files-of-another-user", "AWS32", sure=False),
        Said("case-efs-owner-without-rights", "EFS20", sure=False),
        Prevented(EFS, "test_an_access_point_makes_its_directory"),
    ),
    "pods scheduled before the CSI driver is ready": (
        Prevented(NODES, "test_gpus_and_what_drivers_take_away"),
    ),
    "S3 mount with the driver's identity where the pod's was meant": (
        Said("case-bucket-read-as-the-driver", "AWS25", sure=False),
    ),
    "rename or append on a bucket mount that has neither": (
        Said("case-bucket-that-is-appended-to", "AWS18", sure=False),
    ),
    "two PVs with one volumeHandle in one pod": (
        Said("case-one-handle-twice-in-a-pod", "AWS20"),
        Said("case-one-handle-twice-on-a-node", "VOL09"),
        Prevented(STATIC, "test_handles_are_unique_where_they_must_and_can_be"),
    ),
    "read-only role with a read-write mount": (
        Said("case-read-only-grant-written-to", "GRN02"),
        Prevented(STATIC, "test_a_grant_narrows_and_never_widens"),
    ),
    "ReadWriteMany with volumeMode Filesystem on block storage": (
        Said("case-read-write-many-on-a-disk", "VOL02"),
    ),
    "zonal volume and pool in different zones": (
        Said("case-disk-in-two-zones", "ZON04"),
        Said("case-lustre-in-a-zone-without-nodes", "ZON02"),
    ),
    "a volume in another region than the cluster that mounts it": (
        Said("case-volume-of-another-region", "AWS07", sure=False),
        Said("case-pool-of-another-region", "NET09"),
        Said("case-everything-in-another-region", "NET09"),
        Said("cluster-and-storage-in-two-regions", "AWS24"),
    ),
    "a volume in another cloud than the cluster that mounts it": (
        Said("case-volume-of-another-cloud", "AWS06"),
        Said("graph-one-thing-of-aws", "AWS03"),
    ),
    "PVC that a default class swallows instead of binding its PV": (
        Prevented(STATIC, "test_bound_to_each_other_and_to_nothing_else"),
    ),
    "bucket or volume destroyed with its stack": (
        Prevented(BUCKET, "test_what_guards_the_data_stays_with_it"),
        Prevented(FSX, "test_data_goes_only_when_a_person_says_so"),
        Prevented(EFS, "test_what_becomes_of_the_data"),
    ),
    "perUnitStorageThroughput on SCRATCH": (
        Said("fsx-throughput-of-scratch", "FSX02"),
    ),
    "ReadWriteOncePod with many replicas": (
        Said("case-read-write-once-pod-of-several", "ACC01"),
    ),
    "a checkpoint written by every worker to one path": (
        Said("case-lustre-with-several-writers", "WRT01"),
        Said("case-bucket-with-several-writers", "WRT02"),
    ),
    "a retained file system whose subnet goes with the stack": (
        Said("case-left-behind-without-its-subnet", "AWS09"),
    ),
    "a live training Job replaced by an edited image": (
        Prevented("components/test_job.py", "test_an_edited_image_waits_for_a_new_run"),
    ),
    "a GPU product that the machine does not have": (
        Said("case-gpu-product-of-no-cloud-like-this", "GPU01"),
    ),
}
"""What is found in the issue threads of other projects."""

FAILURES: dict[str, tuple[Said | Prevented, ...]] = {
    "FSx create: BadRequest on capacity or throughput": (
        Said("fsx-size-not-offered", "FSX01"),
        Said("fsx-throughput-of-scratch", "FSX02"),
    ),
    "FSx create: do not permit traffic on port 988": (
        Prevented(FSX, "test_a_group_for_itself"),
        Prevented(FSX, "test_clients_of_lustre_and_back"),
        Prevented(FSX, "test_its_rules_are_there_before_it"),
    ),
    "FSx EFA create: insufficient security group permissions": (
        Said("fsx-efa-without-metadata", "FSX06"),
        Prevented(FSX, "test_clients_of_others_and_all_traffic"),
    ),
    "FSx mount exit 22, invalid argument": (
        Said("case-lustre-server-too-old", "AWS17"),
        Said("case-lustre-server-of-2.12", "FSX05", sure=False),
        Said("case-lustre-version-that-the-type-has-not", "FSX04"),
    ),
    "FSx mount exit 19, modules loaded?": (
        Said("case-lustre-nodes-without-its-client", "AWS17", sure=False),
    ),
    "FSx mount: is the MGS running?": (
        Said("case-lustre-volume-without-its-mount-name", "AWS35", sure=False),
        Said("case-lustre-volume-of-a-misspelt-server", "AWS35"),
        Said("case-lustre-volume-without-its-server", "AWS35"),
        Prevented(FSX, "test_how_it_is_mounted"),
    ),
    "a disk that is not found": (Said("case-disk-by-its-name", "AWS36"),),
    "a directory bucket that S3 does not make": (
        Said("case-bucket-in-a-zone-of-another-region", "AWS37", sure=False),
    ),
    "a claim on a class of Mountpoint": (Said("case-bucket-made-by-a-class", "AWS39"),),
    "nodes of another machine than is said": (
        Said("case-nodes-of-no-such-machine", "AWS40", sure=False),
    ),
    "PVC Pending: SubnetId is required": (
        Said("case-lustre-class-without-a-zone", "ZON06"),
        Said("graph-network-of-a-class", "AWS08"),
        Said("case-lustre-class-in-the-subnet-of-another-zone", "AWS33"),
        Said("case-lustre-class-in-another-subnet", "AWS33", sure=False),
        Prevented("components/aws/test_fsx_lustre_class.py", "test_made_in_a_cluster"),
    ),
    "pod Pending across zones": (
        Said("case-lustre-in-a-zone-without-nodes", "ZON02"),
        Said("case-disk-in-two-zones", "ZON04"),
        Prevented(FSX, "test_how_it_is_mounted"),
    ),
    "backup arguments rejected": (
        Said("case-lustre-backups-of-scratch", "FSX11"),
        Said("fsx-backups-of-a-linked-file-system", "FSX11"),
    ),
    "links of / and others, of overlapping paths, or more than 8": (
        Said("case-lustre-linked-as-a-whole-and-in-part", "FSX18"),
        Said("fsx-links-that-overlap", "FSX18"),
        Said("case-lustre-links-of-nine-buckets", "FSX18"),
    ),
    "volume capability not supported": (
        Said("case-read-only-many-on-lustre", "VOL02"),
        Said("case-read-write-many-on-a-disk", "VOL02"),
    ),
    "EFS mount timeout": (
        Said("case-efs-without-a-mount-target", "ZON05"),
        Prevented(EFS, "test_a_file_system_and_the_ways_into_it"),
    ),
    "EFS MountTargetConflict": (
        Said("case-efs-two-mount-targets-in-a-zone", "NET05"),
        Prevented("catalog/test_efs.py", "test_a_mount_target_in_every_zone_once"),
    ),
    "EFS volume context property not supported": (
        Said("case-efs-attribute-that-the-driver-refuses", "EFS18"),
    ),
    "EFS access point: path error, or mounts fail": (
        Said("case-efs-directory-too-deep", "EFS15"),
        Prevented(EFS, "test_an_access_point_makes_its_directory"),
    ),
    "EFS failed to locate a free GID": (
        Said("case-efs-few-group-ids", "EFS14", sure=False),
    ),
    "EFS Archive rejected": (
        Said("case-efs-archive-of-bursting", "EFS06"),
        Said("case-efs-archive-before-infrequent-access", "EFS07"),
    ),
    "EFS modes that do not go together": (
        Said("case-efs-max-io-with-elastic", "EFS01"),
    ),
    "S3 PV stuck in ContainerCreating": (
        Prevented(BUCKET, "test_no_two_claims_have_one_handle"),
    ),
    "S3 PVC never binds": (
        Prevented(STATIC, "test_bound_to_each_other_and_to_nothing_else"),
    ),
    "Mountpoint EACCES": (
        Said("case-bucket-closed-to-its-program", "MPT14", sure=False),
        Said("case-bucket-of-another-user", "AWS26"),
        Prevented(
            "catalog/test_iam.py", "test_a_key_is_used_as_far_as_its_buckets_are"
        ),
    ),
    "EPERM on save or rename": (
        Said("case-bucket-that-is-appended-to", "AWS18", sure=False),
    ),
    "checkpoint of more than 78 GiB fails": (
        Said("case-bucket-parts-too-small", "MPT15"),
        Prevented(BUCKET, "test_a_mount_that_writes"),
    ),
    "Mountpoint evicted": (
        Said("case-bucket-cache-without-a-limit", "MPT10"),
        Prevented(BUCKET, "test_a_cache_has_a_limit"),
    ),
    "driver name not found at node start": (
        Said("case-storage-without-its-driver", "ADD01"),
        Said("case-driver-that-no-one-installs", "AWS31", sure=False),
        Prevented(NODES, "test_gpus_and_what_drivers_take_away"),
    ),
    "Pod Identity agent is not installed": (
        Said("case-bucket-without-an-identity", "ADD01"),
    ),
    "AccessDenied from IRSA": (
        Prevented("catalog/test_iam.py", "test_irsa_compares_subject_and_audience"),
        Prevented("components/aws/test_team_identity.py", "test_irsa"),
    ),
    "data on NVMe that is on EBS": (
        Said("case-nvme-of-the-root-disk", "NVM04", sure=False),
        Said("case-nvme-that-may-be-made", "NVM03"),
    ),
    "NVMe on a machine without": (
        Said("case-nvme-on-a-machine-without", "POL09"),
        Said("accelerators-scratch", "SCR01"),
    ),
    "node group: launch template conflicts": (
        Prevented(NODES, "test_the_template_is_a_number"),
        Prevented(NODES, "test_machines_are_closed_and_their_disks_encrypted"),
    ),
    "Capacity Block without its reservation": (
        Said("case-capacity-block-not-bought", "POL05"),
        Prevented(NODES, "test_a_capacity_block"),
    ),
    "nodes do not join": (
        Said("case-gpus-without-their-drivers", "POL11"),
        Prevented(NODES, "test_efa_in_every_slot_of_machines_that_stand_together"),
        Prevented(NODES, "test_machines_are_closed_and_their_disks_encrypted"),
    ),
    "GPU pods Pending": (
        Said("case-gpus-without-a-device-plugin", "ADD01"),
        Said("case-gpus-more-than-a-node-has", "POL02"),
        Said("case-gpu-product-of-no-cloud-like-this", "GPU01"),
        Prevented(
            "components/test_accelerators.py",
            "test_pods_tolerate_the_taint_of_their_devices",
        ),
    ),
    "taint of a node group rejected": (
        Said("case-taint-as-eks-spells-it", "CFG04"),
        Prevented("catalog/test_eks.py", "test_taints"),
    ),
    "destroy or update that loses data": (
        Prevented(FSX, "test_data_goes_only_when_a_person_says_so"),
        Prevented(FSX, "test_nothing_that_is_not_told_replaces_it"),
        Prevented(EFS, "test_what_replaces_a_file_system_is_an_input_of_it"),
    ),
    "bucket delete fails": (
        Prevented(BUCKET, "test_what_guards_the_data_stays_with_it"),
    ),
    "notification refused": (Said("case-bucket-that-tells-another-region", "AWS38"),),
    "notification overwritten": (
        Said("case-bucket-set-up-twice", "AWS15"),
        Prevented(BUCKET, "test_one_notification_tells_everyone"),
    ),
    "a key that does not encrypt": (
        Said("case-key-of-another-region", "AWS11"),
        Said("case-key-by-its-alias", "KEY01"),
    ),
}
"""How deployments and mounts fail on AWS, by what is seen of it."""

DISPUTED: dict[str, tuple[Said | Prevented, ...]] = {
    "automatic backups of more than 35 days": (
        Said("case-unsure-long-backups", "FSX12", sure=False),
    ),
    "copyTagsToBackups without retention": (
        Said("case-unsure-tags-of-no-backups", "FSX13", sure=False),
    ),
    "restore from a backup with type, capacity and throughput": (
        Prevented("config/test_aws_cases.py", "test_none_is_made_from_a_backup"),
    ),
    "a KMS key on SCRATCH_2": (
        Said("case-unsure-key-of-scratch", "FSX15", sure=False),
    ),
    "import chunk size without import path": (
        Said("case-unsure-import-chunks", "CLS04"),
    ),
    "gp3 beyond 16,000 IOPS": (Said("case-unsure-fast-gp3", "EBS04", sure=False),),
    "IOPS outside of a type's range": (
        Said("case-unsure-io1-that-is-lowered", "EBS04", sure=False),
    ),
    "multi-attach without a type": (
        Said("case-unsure-multi-attach", "EBS11", sure=False),
    ),
}
"""Where sources disagree: a warning, unless the thing cannot be said at all."""

ALL = ISSUES | FAILURES | DISPUTED


@pytest.mark.parametrize("case", said(ALL), ids=lambda case: case.fixture)
def test_it_is_the_one_problem_of_its_fixture(case: Said) -> None:
    is_the_one_problem(case, AWS)


@pytest.mark.parametrize("case", prevented(ALL), ids=lambda case: case.test)
def test_it_is_shown_by_a_test_that_there_is(case: Prevented, root: Path) -> None:
    is_a_test(case, root)


def test_no_case_is_without_evidence() -> None:
    assert all(ALL.values())
    assert len(ALL) == len(ISSUES) + len(FAILURES) + len(DISPUTED)


def test_every_case_of_a_fixture_is_in_a_table() -> None:
    fixtures = {file.stem for file in AWS.glob("case-*.yaml")}
    assert fixtures <= {case.fixture for case in said(ALL)}


def test_none_is_made_from_a_backup() -> None:
    """What AWS takes beside a backup is not agreed on: no key names one."""
    assert not {"backupId", "restore", "backup"} & set(yaml_keys(FsxLustreSpec))


def test_what_is_disputed_is_not_refused() -> None:
    """But for a parameter that the driver does not know."""
    refused = {
        found.rule
        for case in DISPUTED.values()
        for found in case
        if isinstance(found, Said) and found.sure
    }
    assert refused == {"CLS04"}
