from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pydantic import ValidationError
from pydantic.alias_generators import to_snake

from components.aws.efs import Efs, EfsArgs, csi_source
from components.aws.efs_access_point import EfsAccessPoint, EfsAccessPointArgs
from components.aws.efs_class_spec import EfsClassSpec
from components.aws.efs_spec import EfsSpec, OwnerSpec
from components.catalog.efs import REPLACED_BY
from components.testing import Deployment, Registered, deploy

ARN = (
    "arn:aws:elasticfilesystem:us-west-2:123456789012:file-system/fs-0123456789abcdef0"
)
SUBNETS = {"us-west-2b": "subnet-b", "us-west-2a": "subnet-a"}


def spec(**fields: Any) -> EfsSpec:
    return EfsSpec.model_validate({"kind": "efs", **fields})


def outputs(resource: Registered) -> Mapping[str, Any]:
    if resource.type != "aws:efs/fileSystem:FileSystem":
        return {}
    # The provider answers with what the cloud chose.
    return {"arn": ARN, "id": "fs-0123456789abcdef0"}


def run(make: Callable[[pulumi.ResourceOptions], Any], *, preview: bool) -> Deployment:
    def program() -> Any:
        provider = aws.Provider("aws", region="us-west-2")
        return make(pulumi.ResourceOptions(provider=provider))

    return deploy(program, preview=preview, outputs=outputs)


def made(preview: bool, **fields: Any) -> Deployment:
    args = EfsArgs(spec=spec(**fields), vpc_id="vpc-1", subnets=SUBNETS)
    return run(lambda opts: Efs("models", args, opts), preview=preview)


def file_system(deployed: Deployment) -> Registered:
    return deployed.one("aws:efs/fileSystem:FileSystem")


def test_a_file_system_and_the_ways_into_it(preview: bool) -> None:
    deployed = made(preview, tags={"team": "nlp"})
    component = deployed.one("ml-storage:index:Efs")
    children = {child.name: child for child in deployed.children_of(component)}
    assert set(children) == {
        "models-file-system",
        "models-policy",
        "models-backup-policy",
        "models-security-group",
        "models-mount-target-us-west-2a",
        "models-mount-target-us-west-2b",
    }
    data = file_system(deployed)
    assert data.inputs == {
        "performanceMode": "generalPurpose",
        "throughputMode": "elastic",
        "encrypted": True,
        "lifecyclePolicies": [],
        "tags": {"Name": "models", "team": "nlp"},
    }
    assert data.protect
    assert not data.retain_on_delete
    # What holds no data is not in the way of a destroy, but what guards it stays.
    assert sorted(c.name for c in children.values() if c.protect) == [
        "models-file-system",
        "models-policy",
    ]
    assert children["models-backup-policy"].inputs["backupPolicy"] == {
        "status": "ENABLED"
    }


def test_one_mount_target_in_each_zone(preview: bool) -> None:
    deployed = made(preview)
    group = deployed.one("aws:ec2/securityGroup:SecurityGroup")
    assert group.inputs["vpcId"] == "vpc-1"
    # No one gets in by the group itself, and nothing gets out of it.
    assert not {"ingress", "egress"} & group.inputs.keys()
    targets = deployed.all("aws:efs/mountTarget:MountTarget")
    assert {t.name: t.inputs["subnetId"] for t in targets} == {
        "models-mount-target-us-west-2a": "subnet-a",
        "models-mount-target-us-west-2b": "subnet-b",
    }
    for target in targets:
        assert target.delete_before_replace
        assert {file_system(deployed).urn, group.urn} <= set(target.depends_on)


def test_one_zone(preview: bool) -> None:
    deployed = made(preview, zone="us-west-2b")
    assert file_system(deployed).inputs["availabilityZoneName"] == "us-west-2b"
    target = deployed.one("aws:efs/mountTarget:MountTarget")
    assert target.name == "models-mount-target-us-west-2b"


def test_a_zone_without_a_subnet() -> None:
    with pytest.raises(
        ValueError, match="no subnet in us-west-2c: there are subnets in us-west-2a"
    ):
        made(preview=False, zone="us-west-2c")


def test_one_policy_for_each_transition(preview: bool) -> None:
    lifecycle = {"toIA": "30d", "toArchive": "90d"}
    deployed = made(preview, lifecycle=lifecycle)
    assert file_system(deployed).inputs["lifecyclePolicies"] == [
        {"transitionToIa": "AFTER_30_DAYS"},
        {"transitionToArchive": "AFTER_90_DAYS"},
        {"transitionToPrimaryStorageClass": "AFTER_1_ACCESS"},
    ]
    deployed = made(preview, lifecycle={"toIA": "1d", "backOnAccess": False})
    assert file_system(deployed).inputs["lifecyclePolicies"] == [
        {"transitionToIa": "AFTER_1_DAY"}
    ]


def test_provisioned_throughput_and_a_key(preview: bool) -> None:
    args = EfsArgs(
        spec=spec(throughput="provisioned", provisionedMiBps=256, backups=False),
        vpc_id="vpc-1",
        subnets=SUBNETS,
        kms_key_arn="arn:aws:kms:us-west-2:123456789012:key/a",
    )
    deployed = run(lambda opts: Efs("models", args, opts), preview=preview)
    inputs = file_system(deployed).inputs
    assert inputs["provisionedThroughputInMibps"] == 256
    assert inputs["kmsKeyId"] == "arn:aws:kms:us-west-2:123456789012:key/a"
    assert inputs["encrypted"] is True
    policy = deployed.one("aws:efs/backupPolicy:BackupPolicy")
    assert policy.inputs["backupPolicy"] == {"status": "DISABLED"}


def test_mounts_are_by_tls_and_through_mount_targets() -> None:
    inputs = made(preview=False).one("FileSystemPolicy").inputs
    policy = json.loads(inputs["policy"])
    by_effect = {s["Effect"]: s for s in policy["Statement"]}
    assert all(s["Resource"] == ARN for s in policy["Statement"])
    assert by_effect["Deny"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert by_effect["Allow"]["Condition"] == {
        "Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}
    }
    # The driver mounts without an IAM identity, and as root.
    assert by_effect["Allow"]["Action"] == by_effect["Deny"]["Action"]
    assert "elasticfilesystem:ClientRootAccess" in by_effect["Allow"]["Action"]


def test_the_policy_waits_for_the_file_system() -> None:
    deployed = made(preview=True)
    policy = deployed.one("FileSystemPolicy")
    assert "fileSystemId" in policy.unknown
    assert file_system(deployed).urn in policy.depends_on


@pytest.mark.parametrize(
    ("on_delete", "protect", "retain"),
    [("protect", True, False), ("retain", False, True), ("delete", False, False)],
)
def test_what_becomes_of_the_data(
    preview: bool, on_delete: str, protect: bool, retain: bool
) -> None:
    data = file_system(made(preview, onDelete=on_delete))
    assert (data.protect, data.retain_on_delete) == (protect, retain)


def test_an_adopted_one_is_imported_alone(preview: bool) -> None:
    deployed = made(preview, adopt="fs-0123456789abcdef0", onDelete="retain")
    data = file_system(deployed)
    assert data.import_id == "fs-0123456789abcdef0"
    assert data.protect
    assert set(REPLACED_BY) <= set(data.ignore_changes)
    assert deployed.children_of(deployed.one("ml-storage:index:Efs")) == [data]


def test_an_existing_one_is_looked_up(preview: bool) -> None:
    deployed = made(preview, existing="fs-0123456789abcdef0")
    (found,) = deployed.children_of(deployed.one("ml-storage:index:Efs"))
    assert found.read
    assert found.import_id == "fs-0123456789abcdef0"
    assert not found.protect


def test_what_replaces_a_file_system_is_an_input_of_it() -> None:
    arguments = inspect.signature(aws.efs.FileSystemArgs).parameters
    assert {to_snake(name) for name in REPLACED_BY} <= arguments.keys()


def mounted(preview: bool, spec: EfsSpec, **more: Any) -> dict[str, Any]:
    """The part of a PersistentVolume that names the storage."""

    def make(opts: pulumi.ResourceOptions) -> dict[str, Any]:
        source = csi_source(spec, {"fileSystemId": "fs-01234567"}, **more)
        return {"source": source.fields()}

    return run(make, preview=preview).outputs["source"]


def test_the_whole_file_system_is_mounted(preview: bool) -> None:
    assert mounted(preview, spec(), access="read-write") == {
        "csi": {
            "driver": "efs.csi.aws.com",
            "volumeHandle": "efs:fs-01234567",
            "volumeAttributes": {"encryptInTransit": "true"},
        }
    }


def test_an_access_point_is_mounted_read_only(preview: bool) -> None:
    source = mounted(
        preview,
        spec(zone="us-west-2a"),
        access="read-only",
        access_point_id="fsap-01234567",
    )
    assert source["csi"]["volumeHandle"] == "efs:fs-01234567::fsap-01234567"
    assert source["csi"]["readOnly"] is True
    (term,) = source["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert term["matchExpressions"] == [
        {
            "key": "topology.kubernetes.io/zone",
            "operator": "In",
            "values": ["us-west-2a"],
        }
    ]


def test_what_the_file_system_narrows_stays_narrow(preview: bool) -> None:
    source = mounted(preview, spec(access="read-only"), access="read-write")
    assert source["csi"]["readOnly"] is True


def test_an_access_point_makes_its_directory(preview: bool) -> None:
    args = EfsAccessPointArgs(
        file_system_id="fs-01234567",
        path="/vision",
        owner=OwnerSpec(uid=2000, gid=3000, permissions="0750"),
        tags={"team": "vision"},
    )
    deployed = run(
        lambda opts: EfsAccessPoint("models-vision", args, opts), preview=preview
    )
    made = deployed.one("aws:efs/accessPoint:AccessPoint")
    assert made.name == "models-vision-access-point"
    assert made.parent == deployed.one("ml-storage:index:EfsAccessPoint").urn
    assert made.inputs == {
        "fileSystemId": "fs-01234567",
        "posixUser": {"uid": 2000, "gid": 3000},
        "rootDirectory": {
            "path": "/vision",
            "creationInfo": {"ownerUid": 2000, "ownerGid": 3000, "permissions": "0750"},
        },
        "tags": {"Name": "models-vision", "team": "vision"},
    }
    assert not made.protect


def test_an_access_point_of_a_directory_that_efs_refuses() -> None:
    args = EfsAccessPointArgs(file_system_id="fs-01234567", path="/a/b/c/d/e")
    with pytest.raises(ValueError, match="'/a/b/c/d/e': the directory of an access"):
        run(lambda opts: EfsAccessPoint("deep", args, opts), preview=False)


def problems(**fields: Any) -> list[tuple[str, tuple[str | int, ...]]]:
    with pytest.raises(ValidationError) as caught:
        spec(**fields)
    return [(e["ctx"]["problem"].rule, e["loc"]) for e in caught.value.errors()]


def test_every_mistake_is_said_at_once() -> None:
    assert problems(
        performance="maxIO",
        provisionedMiBps=100,
        lifecycle={"toIA": "31d"},
        onDelete="delete",
        adopt="models",
    ) == [
        ("VOL04", ("onDelete",)),
        ("EFS09", ("adopt",)),
        ("EFS01", ("performance",)),
        ("EFS03", ("throughput",)),
        ("EFS05", ("lifecycle", "toIA")),
    ]


def test_what_is_used_as_it_is_has_what_it_has() -> None:
    existing = "fs-01234567"
    assert problems(existing=existing, provisionedMiBps=5, backups=False) == [
        ("EFS08", ("provisionedMiBps",)),
        ("EFS08", ("backups",)),
    ]
    assert problems(adopt=existing, backups=False) == [("EFS08", ("backups",))]


@pytest.mark.parametrize(
    "fields",
    [
        {"existing": "fs-01234567"},
        {"adopt": "fs-01234567", "throughput": "bursting"},
        {"throughput": "provisioned", "provisionedMiBps": 5},
        {"lifecycle": {"toIA": "30d", "toArchive": "90d"}, "owner": {"uid": 0}},
    ],
)
def test_told_to_another_stack_it_stays_valid(fields: dict[str, Any]) -> None:
    told = spec(**fields).model_dump(mode="json", by_alias=True)
    assert EfsSpec.model_validate(told) == spec(**fields)


def test_a_class_in_the_words_of_the_driver() -> None:
    parsed = EfsClassSpec.model_validate(
        {
            "kind": "efs",
            "fileSystem": "fs-01234567",
            "gidRange": [1000, 2000],
            "basePath": "/claims",
            "subPathPattern": "${.PVC.namespace}/${.PVC.name}",
            "ensureUniqueDirectory": False,
            "reuseAccessPoint": True,
        }
    )
    assert parsed.all_parameters == {
        "provisioningMode": "efs-ap",
        "fileSystemId": "fs-01234567",
        "directoryPerms": "0770",
        "gidRangeStart": "1000",
        "gidRangeEnd": "2000",
        "basePath": "/claims",
        "subPathPattern": "${.PVC.namespace}/${.PVC.name}",
        "ensureUniqueDirectory": "false",
        "reuseAccessPoint": "true",
    }


def test_a_class_on_a_file_system_of_the_stack() -> None:
    parsed = EfsClassSpec.model_validate(
        {"kind": "efs", "of": "models", "uid": 0, "gid": 0}
    )
    # The id is known to the cloud alone.
    assert parsed.all_parameters == {
        "provisioningMode": "efs-ap",
        "directoryPerms": "0770",
        "uid": "0",
        "gid": "0",
    }
