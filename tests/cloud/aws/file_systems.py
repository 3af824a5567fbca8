"""FSx for Lustre and EFS, as AWS and pulumi-aws treat them."""

from collections.abc import Mapping
from typing import Any, Final

from tests.cloud.aws.sources import schema
from tests.cloud.kind import Kind, Making, Ref
from tests.cloud.store import Things

LUSTRE: Final = "aws:fsx/lustreFileSystem:LustreFileSystem"
FINAL_BACKUP: Final = "aws:fsx/backup:Backup"
EFS: Final = "aws:efs/fileSystem:FileSystem"
MOUNT_TARGET: Final = "aws:efs/mountTarget:MountTarget"
SUBNET: Final = "aws:ec2/subnet:Subnet"
SECURITY_GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"

_THROUGHPUTS: Final = (12, 40, 50, 100, 125, 200, 250, 500, 1000)


def in_subnet(path: str) -> Ref:
    """A property that names the subnet of a network interface.

    A node group counts even while it has no nodes, whose interfaces they are.
    """
    return Ref(
        path=path,
        to=SUBNET,
        missing="InvalidSubnetID.NotFound: The subnet ID '{}' does not exist",
        holds="DependencyViolation: The subnet '{}' has dependencies and cannot be "
        "deleted.",
    )


def guarded_by(path: str) -> Ref:
    """A property that names the security groups of a network interface."""
    return Ref(
        path=path,
        to=SECURITY_GROUP,
        missing="InvalidGroup.NotFound: The security group '{}' does not exist",
        holds="DependencyViolation: resource {} has a dependent object",
    )


def _vpc(making: Making) -> Any:
    subnet = making.inputs.get("subnetIds") or making.inputs.get("subnetId")
    return making.other(SUBNET, str(subnet)).get(
        "vpcId", "vpc-" + making.hex(17, "vpc")
    )


def _mount_name(making: Making) -> str:
    scratch = making.inputs.get("deploymentType", "SCRATCH_1") == "SCRATCH_1"
    return "fsx" if scratch else making.hex(8, "mount")


def _final_backup(thing: Mapping[str, Any], id_: str) -> Things:
    kind = str(thing.get("deploymentType", "SCRATCH_1"))
    if thing.get("skipFinalBackup", True) or kind.startswith("SCRATCH"):
        return {}
    made = {"inputs": {"fileSystemId": id_}, "outputs": {}}
    return {FINAL_BACKUP: {f"backup-{id_.removeprefix('fs-')}": made}}


def _fewer_iops(old: Any, new: Any, inputs: Mapping[str, Any]) -> bool:
    mode = inputs.get("metadataConfiguration", {}).get("mode")
    return _lowered(old, new) and mode == "USER_PROVISIONED"


def _no_growth(old: Any, new: Any, inputs: Mapping[str, Any]) -> bool:
    return _lowered(old, new) or inputs["deploymentType"] == "SCRATCH_1"


def _lowered(old: Any, new: Any) -> bool:
    return old is not None and new is not None and new < old


def _older(old: Any, new: Any, _: Mapping[str, Any]) -> bool:
    """Tell whether a Lustre version is lowered: 2.9 is older than 2.10."""
    if old is None or new is None:
        return False
    one, other = ([int(part) for part in str(v).split(".")] for v in (old, new))
    return other < one


KINDS: Final = (
    Kind(
        type_=LUSTRE,
        id=lambda m: "fs-" + m.hex(17),
        outputs={
            "arn": lambda m: m.arn("fsx", f"file-system/{m.id}"),
            "dnsName": lambda m: f"{m.id}.fsx.{m.region}.amazonaws.com",
            "mountName": _mount_name,
            "networkInterfaceIds": lambda m: ["eni-" + m.hex(17, "eni")],
            "ownerId": lambda m: m.account,
            "vpcId": _vpc,
        },
        models=("fsx.CreateFileSystem", "fsx.CreateFileSystem:LustreConfiguration"),
        members={
            "backupId": "fsx.CreateFileSystemFromBackup:BackupId",
            "dataReadCacheConfiguration.size": (
                "LustreConfiguration.DataReadCacheConfiguration.SizeGiB"
            ),
            "finalBackupTags": (
                "fsx.DeleteFileSystem:LustreConfiguration.FinalBackupTags"
            ),
            "skipFinalBackup": None,
        },
        checks={
            "perUnitStorageThroughput": (
                lambda v: v in _THROUGHPUTS,
                f"expected to be one of {list(_THROUGHPUTS)}",
            ),
            "storageCapacity": (
                lambda v: v >= 1200,
                "expected to be at least (1200)",
            ),
            "importPath": (lambda v: v.startswith("s3://"), "must begin with s3://"),
            "exportPath": (lambda v: v.startswith("s3://"), "must begin with s3://"),
        },
        replaces=(
            *("backupId", "copyTagsToBackups", "deploymentType", "driveCacheType"),
            *("efaEnabled", "exportPath", "importPath", "importedFileChunkSize"),
            *("kmsKeyId", "securityGroupIds", "storageType", "subnetIds"),
        ),
        replaces_when={
            "fileSystemTypeVersion": _older,
            "metadataConfiguration.iops": _fewer_iops,
            "storageCapacity": _no_growth,
        },
        defaults={
            "copyTagsToBackups": False,
            "dataCompressionType": "NONE",
            "deploymentType": "SCRATCH_1",
            "skipFinalBackup": True,
            "storageType": "SSD",
        },
        computed=(
            *("autoImportPolicy", "automaticBackupRetentionDays"),
            *("dailyAutomaticBackupStartTime", "exportPath", "fileSystemTypeVersion"),
            *("importedFileChunkSize", "kmsKeyId", "logConfiguration"),
            *("metadataConfiguration", "weeklyMaintenanceStartTime"),
        ),
        missing="FileSystemNotFound: File system '{}' does not exist.",
        refs=(in_subnet("subnetIds"), guarded_by("securityGroupIds")),
        leaves=_final_backup,
        source=schema("fsx/lustre_file_system.go", "06ee53d9")
        + "; what is newer: documentation of pulumi-aws 7.51.1",
    ),
    Kind(
        type_="aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation",
        id=lambda m: "dra-" + m.hex(17),
        outputs={
            "arn": lambda m: m.arn("fsx", f"association/{m.id}"),
            "associationId": lambda m: m.id,
        },
        models=("fsx.CreateDataRepositoryAssociation",),
        members={"deleteDataInFilesystem": None},
        replaces=("dataRepositoryPath", "fileSystemId", "fileSystemPath"),
        defaults={
            "batchImportMetaDataOnCreate": False,
            "deleteDataInFilesystem": False,
        },
        computed=("importedFileChunkSize", "s3"),
        unique=("fileSystemId", "fileSystemPath"),
        exists="BadRequest: The file system path overlaps with association {}.",
        refs=(
            Ref(
                path="fileSystemId",
                to=LUSTRE,
                missing="FileSystemNotFound: File system '{}' does not exist.",
                ends=True,
            ),
        ),
        source=schema("fsx/data_repository_association.go", "0a774656"),
    ),
    Kind(
        type_=EFS,
        id=lambda m: "fs-" + m.hex(17),
        outputs={
            "arn": lambda m: m.arn("elasticfilesystem", f"file-system/{m.id}"),
            "creationToken": lambda m: "terraform-" + m.hex(26, "token"),
            "dnsName": lambda m: f"{m.id}.efs.{m.region}.amazonaws.com",
            "encrypted": lambda m: m.inputs.get("encrypted", False),
            "ownerId": lambda m: m.account,
            "performanceMode": lambda m: "generalPurpose",
            "numberOfMountTargets": lambda m: 0,
        },
        models=("efs.CreateFileSystem", "efs.PutLifecycleConfiguration"),
        members={
            "protection": None,
        },
        replaces=(
            *("availabilityZoneName", "creationToken", "encrypted", "kmsKeyId"),
            "performanceMode",
        ),
        defaults={"throughputMode": "bursting"},
        computed=(
            *("availabilityZoneName", "creationToken", "encrypted", "kmsKeyId"),
            *("performanceMode", "protection"),
        ),
        missing="FileSystemNotFound: File system '{}' does not exist.",
        source=schema("efs/file_system.go", "0389f467"),
    ),
    Kind(
        type_=MOUNT_TARGET,
        id=lambda m: "fsmt-" + m.hex(17),
        outputs={
            "availabilityZoneName": lambda m: m.other(SUBNET, m.inputs["subnetId"]).get(
                "availabilityZone", ""
            ),
            "dnsName": lambda m: (
                f"{m.inputs['fileSystemId']}.efs.{m.region}.amazonaws.com"
            ),
            "fileSystemArn": lambda m: m.arn(
                "elasticfilesystem", f"file-system/{m.inputs['fileSystemId']}"
            ),
            "networkInterfaceId": lambda m: "eni-" + m.hex(17, "eni"),
            "ownerId": lambda m: m.account,
        },
        models=("efs.CreateMountTarget",),
        replaces=(
            *("fileSystemId", "ipAddress", "ipAddressType", "ipv6Address"),
            "subnetId",
        ),
        computed=("ipAddress", "ipAddressType", "ipv6Address", "securityGroups"),
        unique=("fileSystemId", "subnetId"),
        exists="MountTargetConflict: mount target already exists in this AZ ({})",
        refs=(
            Ref(
                path="fileSystemId",
                to=EFS,
                missing="FileSystemNotFound: File system '{}' does not exist.",
                holds="FileSystemInUse: File system '{}' has mount targets and can "
                "not be deleted.",
            ),
            in_subnet("subnetId"),
            guarded_by("securityGroups"),
        ),
        source=schema("efs/mount_target.go", "0593466d"),
    ),
    Kind(
        type_="aws:efs/accessPoint:AccessPoint",
        id=lambda m: "fsap-" + m.hex(17),
        outputs={
            "arn": lambda m: m.arn("elasticfilesystem", f"access-point/{m.id}"),
            "fileSystemArn": lambda m: m.arn(
                "elasticfilesystem", f"file-system/{m.inputs['fileSystemId']}"
            ),
            "ownerId": lambda m: m.account,
        },
        models=("efs.CreateAccessPoint",),
        replaces=("fileSystemId", "posixUser", "rootDirectory"),
        computed=("rootDirectory",),
        refs=(
            Ref(
                path="fileSystemId",
                to=EFS,
                missing="FileSystemNotFound: File system '{}' does not exist.",
                ends=True,
            ),
        ),
        source=schema("efs/access_point.go", "01606926"),
    ),
    *(
        Kind(
            type_=token,
            id=lambda m: m.inputs["fileSystemId"],
            models=(model,),
            replaces=("fileSystemId",),
            defaults=defaults,
            documents=documents,
            refs=(
                Ref(
                    path="fileSystemId",
                    to=EFS,
                    missing="FileSystemNotFound: File system '{}' does not exist.",
                    ends=True,
                ),
            ),
            source=schema(file, commit),
        )
        for token, model, defaults, documents, file, commit in (
            (
                "aws:efs/backupPolicy:BackupPolicy",
                "efs.PutBackupPolicy",
                {},
                (),
                *("efs/backup_policy.go", "0053447c"),
            ),
            (
                "aws:efs/fileSystemPolicy:FileSystemPolicy",
                "efs.PutFileSystemPolicy",
                {"bypassPolicyLockoutSafetyCheck": False},
                ("policy",),
                *("efs/file_system_policy.go", "087097a6"),
            ),
        )
    ),
)
