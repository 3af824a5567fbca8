"""What the CSI driver of EBS takes: classes of disks and of snapshots.

Source: https://github.com/kubernetes-sigs/aws-ebs-csi-driver v1.64.0 (429e202)
docs/parameters.md, docs/snapshot.md, docs/tagging.md, pkg/driver/controller.go and
constants.go, read 2026-11-22.
"""

from __future__ import annotations

from components.catalog.ebs import TYPES
from components.catalog.provisioners import SIDECAR, Conflict, Driver, Parameter

LINK = (
    "https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/"
    "parameters.md"
)
SOURCE = (
    "https://github.com/kubernetes-sigs/aws-ebs-csi-driver v1.64.0 (429e202) "
    "pkg/driver/controller.go"
)

FS_TYPE = f"{SIDECAR}fstype"
"""The key of the file system on a disk."""

_FS_TYPES = ("ext4", "ext3", "xfs", "ntfs")
_MOST_TAGS = 50
_TEXT = r"[A-Za-z0-9]+"


def _numbers(*names: str) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(name=name, pattern=r"[0-9]+", form="a whole number") for name in names
    )


def _flags(*names: str) -> tuple[Parameter, ...]:
    """Parameters that are on for `true` alone: any other text is off, silently."""
    return tuple(Parameter(name=name, values=("true", "false")) for name in names)


_TAGS = tuple(
    Parameter(
        name=f"tagSpecification_{number}",
        pattern=r"[^=]+=.*",
        form="a tag such as key=value",
    )
    for number in range(1, _MOST_TAGS + 1)
)
EXACT = frozenset((FS_TYPE, *(parameter.name for parameter in _TAGS)))
"""Keys that are refused in other upper and lower case; all others are taken."""

_EXT4 = ("ext4BigAlloc", "ext4ClusterSize", "ext4EncryptionSupport")
_EXT = ("bytesPerInode", "numberOfInodes")
_BLOCKS = ("blockSize", "inodeSize")
_NOT_WITH = (
    ("ext3", _EXT4),
    ("xfs", (*_EXT, *_EXT4)),
    ("ntfs", (*_BLOCKS, *_EXT, *_EXT4)),
)
_WITHOUT_IOPS = "|".join(row.name for row in TYPES if row.iops is None)
_WITHOUT_THROUGHPUT = "|".join(row.name for row in TYPES if row.throughput is None)

DRIVER = Driver(
    name="ebs.csi.aws.com",
    parameters=(
        Parameter(name=FS_TYPE, values=_FS_TYPES),
        Parameter(name="fstype", meaning=FS_TYPE, values=_FS_TYPES),
        Parameter(name="type", values=tuple(row.name for row in TYPES)),
        *_numbers("iops", "iopsPerGB", "throughput"),
        *_flags("encrypted", "allowAutoIOPSPerGBIncrease"),
        *_flags("allowAutoIOPSIncreaseOnModify", "blockExpress"),
        *_flags("blockAttachUntilInitialized"),
        Parameter(name="kmsKeyId"),
        *(
            Parameter(name=name, pattern=_TEXT, form="letters and digits")
            for name in (*_BLOCKS, *_EXT, "ext4ClusterSize")
        ),
        *_flags("ext4BigAlloc", "ext4EncryptionSupport"),
        Parameter(
            name="volumeInitializationRate",
            pattern=r"[12][0-9]{2}|300",
            form="100 to 300 MiB/s",
        ),
        *_TAGS,
    ),
    conflicts=(
        Conflict(
            parameter="iopsPerGB",
            pattern=r".+",
            other="iops",
            other_pattern=r".+",
            why="the driver refuses a class with both iops and iopsPerGB",
        ),
        *(
            Conflict(
                parameter=parameter,
                pattern=r".+",
                other="type",
                other_pattern=without,
                why=f"disks of this type have no {parameter} to choose",
            )
            for parameter, without in (
                ("iops", _WITHOUT_IOPS),
                ("iopsPerGB", _WITHOUT_IOPS),
                ("throughput", _WITHOUT_THROUGHPUT),
            )
        ),
        Conflict(
            parameter="ext4ClusterSize",
            pattern=r".+",
            other="ext4BigAlloc",
            other_pattern=r"(?!true$).*",
            why="only ext4 with ext4BigAlloc has clusters",
        ),
        *(
            Conflict(
                parameter=parameter,
                pattern=r"(?!false$).+",
                other=FS_TYPE,
                other_pattern=fs_type,
                why=f"{fs_type} is made without {parameter}",
            )
            for fs_type, parameters in _NOT_WITH
            for parameter in parameters
        ),
    ),
    any_case=True,
    ignores_unknown=False,
    link=LINK,
    source=SOURCE,
)

SNAPSHOTS = Driver(
    name=DRIVER.name,
    parameters=(
        Parameter(
            name="fastSnapshotRestoreAvailabilityZones",
            pattern=r"[a-z0-9-]+( *, *[a-z0-9-]+)*",
            form="zones such as us-west-2a, us-west-2b",
        ),
        Parameter(name="outpostArn", pattern=r"arn:.+", form="the ARN of an Outpost"),
        Parameter(name="lockMode", values=("governance", "compliance")),
        *_numbers("lockDuration", "lockCoolOffPeriod"),
        Parameter(name="lockExpirationDate"),
        *_TAGS,
    ),
    any_case=True,
    ignores_unknown=False,
    link="https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/"
    "snapshot.md",
    source=SOURCE,
)
"""The parameters of its VolumeSnapshotClasses."""
