"""The FSx for Lustre CSI driver: its StorageClass parameters, and what they make.

Sources, read 2026-11-22: https://github.com/kubernetes-sigs/aws-fsx-csi-driver
5b22712 (v1.9.0), pkg/driver/controller.go, pkg/cloud/cloud.go, pkg/util/util.go;
`LATER` from 046f368 of the same controller.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from components.catalog import fsx_lustre, fsx_lustre_settings
from components.catalog import fsx_lustre_tables as tables
from components.catalog.fsx_lustre_asked import Automatic, FileSystem
from components.catalog.fsx_lustre_settings import Backups
from components.catalog.problem import UNSET, Path, Problem
from components.catalog.provisioners import SIDECAR, Driver, Parameter

_REPOSITORY = "https://github.com/kubernetes-sigs/aws-fsx-csi-driver"
_LINK = f"{_REPOSITORY}/tree/master/examples/kubernetes/dynamic_provisioning"
_NUMBERS = (
    *("perUnitStorageThroughput", "automaticBackupRetentionDays", "metadataIops"),
    *("throughputCapacity", "dataReadCacheSizeGiB"),
)
_FLAGS = ("copyTagsToBackups", "efaEnabled", "skipFinalBackup")
LATER = (
    *("throughputCapacity", "dataReadCacheSizingMode", "dataReadCacheSizeGiB"),
    "skipFinalBackup",
)
"""Parameters that drivers up to v1.9.0 ignore."""

_TAG = r"[^=,]+=[^=,]*"
_BUCKET = r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?"

DRIVER = Driver(
    name="fsx.csi.aws.com",
    parameters=(
        Parameter(
            name="subnetId",
            pattern=r"subnet-[0-9a-f]{8,}",
            form="the id of a subnet, such as subnet-0123456789abcdef0",
        ),
        Parameter(
            name="securityGroupIds",
            pattern=r"sg-[0-9a-f]{8,}(,sg-[0-9a-f]{8,})*",
            form="ids of security groups with commas between them",
        ),
        Parameter(name="deploymentType", values=tables.DEPLOYMENTS),
        Parameter(name="storageType", values=tables.STORAGE_TYPES),
        Parameter(name="kmsKeyId"),
        Parameter(name="driveCacheType", values=tables.DRIVE_CACHES),
        Parameter(name="dailyAutomaticBackupStartTime"),
        Parameter(name="dataCompressionType", values=("LZ4", "NONE")),
        Parameter(name="weeklyMaintenanceStartTime"),
        Parameter(name="fileSystemTypeVersion"),
        Parameter(
            name="extraTags",
            pattern=rf"{_TAG}(,{_TAG})*",
            form="key=value,key=value",
        ),
        Parameter(
            name="metadataConfigurationMode", values=("AUTOMATIC", "USER_PROVISIONED")
        ),
        Parameter(
            name="autoImportPolicy",
            values=("NONE", "NEW", "NEW_CHANGED", "NEW_CHANGED_DELETED"),
        ),
        Parameter(
            name="dataReadCacheSizingMode",
            values=(tables.NO_CACHE, tables.OWN_CACHE, tables.CACHE_BY_THROUGHPUT),
        ),
        *(
            Parameter(
                name=name, pattern=_BUCKET, form="s3://BUCKET or s3://BUCKET/PATH"
            )
            for name in ("s3ImportPath", "s3ExportPath")
        ),
        *(
            Parameter(name=name, pattern=r"[0-9]+", form="a whole number")
            for name in _NUMBERS
        ),
        *(
            Parameter(
                name=name,
                pattern=r"(?i:true|false|t|f|1|0)",
                form='"true" or "false"',
            )
            for name in _FLAGS
        ),
        Parameter(name=f"{SIDECAR}fstype"),
    ),
    any_case=False,
    ignores_unknown=True,
    link=_LINK,
    source=f"{_REPOSITORY} 5b22712 pkg/driver/controller.go",
)

_PLACES: Mapping[str, Path] = {
    field: ("parameters", key)
    for field, key in (
        ("deployment", "deploymentType"),
        ("storage_type", "storageType"),
        ("throughput_per_tib", "perUnitStorageThroughput"),
        ("version", "fileSystemTypeVersion"),
        ("drive_cache", "driveCacheType"),
        ("efa", "efaEnabled"),
        ("throughput", "throughputCapacity"),
        ("cache_mode", "dataReadCacheSizingMode"),
        ("cache_size", "dataReadCacheSizeGiB"),
        ("kms_key", "kmsKeyId"),
        ("retention_days", "automaticBackupRetentionDays"),
        ("start_time", "dailyAutomaticBackupStartTime"),
        ("copy_tags", "copyTagsToBackups"),
    )
}


@dataclass(frozen=True, slots=True)
class Added:
    """A parameter that a class does not state, and is given.

    Attributes:
        key: The parameter.
        value: Its value.
        why: What would happen without it, one sentence.
    """

    key: str
    value: str
    why: str


def completed(parameters: Mapping[str, str]) -> list[Added]:
    """What a class is given beside its parameters, so that its volumes work.

    Subnet and security groups are not among it: only the network knows them.
    """
    if parameters.get("fileSystemTypeVersion"):
        return []
    why = "AWS would take Lustre 2.10, which new nodes cannot mount"
    if parameters.get("metadataConfigurationMode"):
        why = "a metadata configuration needs it"
    elif parameters.get("deploymentType") == tables.PERSISTENT_2:
        why = "AWS would take Lustre 2.12, and recommends this one"
    return [Added("fileSystemTypeVersion", tables.RECOMMENDED_VERSION, why)]


def described(parameters: Mapping[str, str]) -> FileSystem | None:
    """The file system that a class makes for a claim.

    None where its type cannot be read: the driver's row reports it.
    """
    wrong = _unreadable(parameters)
    if wrong & {_PLACES["deployment"], _PLACES["storage_type"]}:
        return None
    storage = parameters.get("storageType") or tables.SSD
    # With INTELLIGENT_TIERING the driver fills in what is not said.
    tiering = storage == tables.TIERING
    default = tables.PERSISTENT_2 if tiering else tables.SCRATCH_1
    return FileSystem(
        deployment=parameters.get("deploymentType") or default,
        storage_type=storage,
        throughput_per_tib=_number(parameters, "perUnitStorageThroughput"),
        throughput=_number(parameters, "throughputCapacity"),
        version=parameters.get("fileSystemTypeVersion") or None,
        drive_cache=parameters.get("driveCacheType") or None,
        metadata_iops=_metadata_iops(parameters, tiering=tiering),
        efa=_flag(parameters, "efaEnabled"),
        cache_mode=parameters.get("dataReadCacheSizingMode")
        or (tables.CACHE_BY_THROUGHPUT if tiering else None),
        cache_size=_number(parameters, "dataReadCacheSizeGiB"),
        kms_key=bool(parameters.get("kmsKeyId")),
        sized=False,
    )


def _metadata_iops(
    parameters: Mapping[str, str], *, tiering: bool
) -> int | Automatic | None:
    mode = parameters.get("metadataConfigurationMode")
    iops = _number(parameters, "metadataIops")
    if iops is None and tiering:
        iops = tables.TIERING_METADATA_IOPS[0]
    if mode == tables.AUTOMATIC or (mode and iops is None):
        # A mode without the IOPS that it needs is judged by itself.
        return "AUTOMATIC"
    return iops


def check(parameters: Mapping[str, str]) -> list[Problem]:
    """What AWS refuses of the file systems that a class makes.

    Keys and single values are the row's (`DRIVER.problems`); this is how they
    go together. Paths are those of the parameters.
    """
    asked = described(parameters)
    if asked is None:
        return []
    own_metadata = asked.deployment == tables.PERSISTENT_2
    metadata = list(_metadata(parameters)) if own_metadata else []
    key = "metadataIops"
    if key not in parameters:
        key = "metadataConfigurationMode"
    places = {**_PLACES, "metadata_iops": ("parameters", key)}
    found = [
        problem
        for problem in fsx_lustre.placed(fsx_lustre.problems(asked), places)
        # A mode and IOPS that contradict each other are judged by themselves.
        if not (metadata and problem.path == places["metadata_iops"])
    ]
    backups = Backups(
        retention_days=_number(parameters, "automaticBackupRetentionDays"),
        start_time=parameters.get("dailyAutomaticBackupStartTime") or None,
        copy_tags=_flag(parameters, "copyTagsToBackups") or None,
    )
    found += fsx_lustre.placed(
        fsx_lustre_settings.backup_problems(
            backups,
            deployment=asked.deployment,
            linked=bool(parameters.get("s3ImportPath")),
        ),
        _PLACES,
    )
    window = parameters.get("weeklyMaintenanceStartTime")
    weekly = fsx_lustre_settings.maintenance_problem(window) if window else None
    if weekly is not None:
        found.append(weekly.under("parameters", "weeklyMaintenanceStartTime"))
    found += [*metadata, *_buckets(parameters, asked), *_later(parameters)]
    refused = _unreadable(parameters)
    return [_in_texts(problem) for problem in found if problem.path not in refused]


def _unreadable(parameters: Mapping[str, str]) -> set[Path]:
    """Where a value stands that the driver's row refuses."""
    found = DRIVER.problems(parameters)
    return {problem.path for problem in found if problem.rule == "CLS06"}


def provisioned_gib(
    gib: int, deployment: str, storage_type: str, throughput_per_tib: int | None
) -> int:
    """GiB of the file system that the driver makes for a claim of `gib`.

    It rounds up, and knows nothing of the multiples of EFA. No deployment type
    is SCRATCH_1, as AWS takes it.
    """
    first, step = 1200, 2400
    if storage_type == tables.HDD:
        first = step = 6000 if throughput_per_tib == 12 else 1800
    elif deployment in ("", tables.SCRATCH_1):
        step = 3600
    unit = first if gib < step else step
    return max(-(-gib // unit), 1) * unit


def _metadata(parameters: Mapping[str, str]) -> Iterator[Problem]:
    mode, iops = (
        parameters.get(key) for key in ("metadataConfigurationMode", "metadataIops")
    )
    tiering = parameters.get("storageType") == tables.TIERING
    why, key, nearest = None, "metadataConfigurationMode", None
    if iops and not mode:
        why, nearest = "metadata IOPS need the mode that takes them", "USER_PROVISIONED"
    elif iops and mode == tables.AUTOMATIC:
        why, nearest = "AUTOMATIC chooses the IOPS itself", "USER_PROVISIONED"
    elif mode == "USER_PROVISIONED" and not (iops or tiering):
        why, key = "USER_PROVISIONED needs to say how many IOPS", "metadataIops"
        nearest = str(tables.METADATA_IOPS[0])
    if why is not None:
        yield Problem(
            rule="FSX07",
            message=why,
            path=("parameters", key),
            value=parameters.get(key, UNSET),
            nearest=nearest,
            link=tables.METADATA,
        )


def _buckets(parameters: Mapping[str, str], asked: FileSystem) -> Iterator[Problem]:
    """How the driver's own link to a bucket goes with the rest."""
    given = {
        key: parameters[key]
        for key in ("s3ImportPath", "s3ExportPath", "autoImportPolicy")
        if parameters.get(key)
    }
    source, target = given.get("s3ImportPath"), given.get("s3ExportPath")
    for key, value in given.items():
        why = None
        if asked.deployment == tables.PERSISTENT_2:
            why = f"{tables.PERSISTENT_2} takes no import path: a file system that "
            why += "is not made by a class can be linked to a bucket (linkedTo)"
        elif source is None:
            why = "it needs s3ImportPath, the bucket that is linked"
        elif key == "s3ExportPath" and _bucket(source) != _bucket(target or ""):
            why = "the bucket that is exported to is the one that is imported from"
        if why is not None:
            yield Problem(
                rule="FSX20",
                message=why,
                path=("parameters", key),
                value=value,
                nearest=source if "bucket that" in why and source else None,
                link=tables.CONFIGURATION,
            )
            # The others have the same cause.
            return


def _later(parameters: Mapping[str, str]) -> Iterator[Problem]:
    """What the driver may be too old for; its version is not known here."""
    tiering = parameters.get("storageType") == tables.TIERING
    for key in ("storageType",) if tiering else LATER:
        if key in parameters:
            yield Problem(
                rule="FSX23",
                message="drivers up to v1.9.0 make no INTELLIGENT_TIERING file systems"
                if tiering
                else "drivers up to v1.9.0 ignore it",
                path=("parameters", key),
                value=parameters[key],
                link=_LINK,
                severity="warning",
            )


def _bucket(uri: str) -> str:
    return uri.removeprefix("s3://").partition("/")[0]


def _number(parameters: Mapping[str, str], key: str) -> int | None:
    text = parameters.get(key) or ""
    return int(text) if re.fullmatch(r"[0-9]+", text) else None


def _flag(parameters: Mapping[str, str], key: str) -> bool:
    return (parameters.get(key) or "").lower() in ("true", "t", "1")


def _in_texts(problem: Problem) -> Problem:
    """The same, with what is right as the texts that parameters are."""
    nearest = problem.nearest
    if isinstance(nearest, bool):
        nearest = str(nearest).lower()
    elif nearest is not None:
        nearest = str(nearest)
    return replace(
        problem, nearest=nearest, allowed=tuple(str(one) for one in problem.allowed)
    )
