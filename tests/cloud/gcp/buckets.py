"""Cloud Storage, as Google Cloud and pulumi-gcp treat it."""

import re
from collections.abc import Mapping
from typing import Any, Final

from tests.cloud.gcp.disks import by_key
from tests.cloud.gcp.identities import TOPIC, project_number
from tests.cloud.gcp.rows import digits, member, names, relative, row
from tests.cloud.gcp.sources import MEMBERS, schema
from tests.cloud.kind import Making, Ref

BUCKET: Final = "gcp:storage/bucket:Bucket"
MANAGED_FOLDER: Final = "gcp:storage/managedFolder:ManagedFolder"

_API: Final = "https://www.googleapis.com/storage/v1/b/"
_CLASSES: Final = ("STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE", "RAPID")
_OLD_CLASSES: Final = ("MULTI_REGIONAL", "REGIONAL", "DURABLE_REDUCED_AVAILABILITY")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_SEND: Final = (
    *("sendAgeIfZero", "sendDaysSinceCustomTimeIfZero"),
    *("sendDaysSinceNoncurrentTimeIfZero", "sendNumNewerVersionsIfZero"),
)


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _one_of(*allowed: str) -> Any:
    return (lambda v: v in allowed, f"expected one of {list(allowed)}")


def _full(thing: Mapping[str, Any], id_: str) -> str | None:
    if thing.get("objects") and not thing.get("forceDestroy", False):
        return (
            f"Error trying to delete bucket {id_} without `force_destroy` set to true"
        )
    return None


def _folder_full(thing: Mapping[str, Any], id_: str) -> str | None:
    if thing.get("objects") and not thing.get("forceDestroy", False):
        return (
            f"googleapi: Error 409: The managed folder {id_} you tried to delete is "
            "not empty., conflict"
        )
    return None


def _in_bucket(**more: Any) -> Ref:
    """A property that names the bucket that a thing is in, and goes with."""
    missing = "googleapi: Error 404: The specified bucket does not exist: {}"
    return names("bucket", BUCKET, **{"missing": missing, "ends": True, **more})


def _locked(old: Any, new: Any, _: Mapping[str, Any]) -> bool:
    return bool(old) and not new


def _number(making: Making) -> str:
    return digits(making, 3, "notification")


KINDS: Final = (
    row(
        BUCKET,
        "{name}",
        outputs={
            "projectNumber": lambda m: int(project_number(m.account, m.things)),
            "publicAccessPrevention": lambda m: "inherited",
            "rpo": lambda m: "DEFAULT",
            "selfLink": lambda m: _API + m.id,
            "softDeletePolicy": lambda m: {"retentionDurationSeconds": 604800},
            "timeCreated": lambda m: "2026-01-01T00:00:00.000Z",
            "uniformBucketLevelAccess": lambda m: False,
            "updated": lambda m: "2026-01-01T00:00:00.000Z",
            "url": lambda m: f"gs://{m.id}",
        },
        models=("storage.v1:Bucket",),
        members={
            "enableObjectRetention": None,
            "forceDestroy": None,
            "lifecycleRules": "lifecycle.rule",
            **{f"lifecycleRules.condition.{key}": None for key in _SEND},
            "lifecycleRules.condition.withState": None,
            "publicAccessPrevention": "iamConfiguration.publicAccessPrevention",
            "requesterPays": "billing.requesterPays",
            "uniformBucketLevelAccess": (
                "iamConfiguration.uniformBucketLevelAccess.enabled"
            ),
        },
        checks={
            "lifecycleRules.action.storageClass": _one_of(*_CLASSES, *_OLD_CLASSES),
            "lifecycleRules.action.type": _one_of(
                "AbortIncompleteMultipartUpload", "Delete", "SetStorageClass"
            ),
            "lifecycleRules.condition.matchesStorageClasses": _one_of(
                *_CLASSES, *_OLD_CLASSES
            ),
            "lifecycleRules.condition.withState": _one_of("ANY", "ARCHIVED", "LIVE"),
            "name": (
                lambda v: _NAME.fullmatch(v) is not None and "google" not in v,
                "3 to 222 lowercase letters, digits, dots, dashes and underscores",
            ),
            "publicAccessPrevention": _one_of("enforced", "inherited"),
            "rpo": _one_of("ASYNC_TURBO", "DEFAULT"),
            "storageClass": _one_of(*_CLASSES, *_OLD_CLASSES),
        },
        replaces=(
            *("customPlacementConfig.dataLocations", "enableObjectRetention"),
            *("hierarchicalNamespace", "location", "name"),
        ),
        replaces_when={"retentionPolicy.isLocked": _locked},
        defaults={"forceDestroy": False, "storageClass": "STANDARD"},
        computed=(
            *("publicAccessPrevention", "rpo", "softDeletePolicy"),
            *("uniformBucketLevelAccess", "versioning", "website"),
        ),
        forms={
            "location": _upper,
            "customPlacementConfig.dataLocations": _upper,
            "encryption.defaultKmsKeyName": relative,
        },
        longest=222,
        exists="googleapi: Error 409: The requested bucket name is not available: {}",
        missing="googleapi: Error 404: The specified bucket does not exist: {}",
        refs=(by_key("encryption.defaultKmsKeyName"),),
        keeps=_full,
        source=schema("storage/resource_storage_bucket.go", "3dcf2ec7"),
    ),
    member(
        "gcp:storage/bucketIAMMember:BucketIAMMember",
        "b/{bucket}",
        "storage.v1:Policy.bindings",
        refs=(_in_bucket(),),
        source=MEMBERS
        + "; "
        + schema("storage/iam_storage_bucket.go", "2143d91b").partition(" ")[2],
    ),
    row(
        MANAGED_FOLDER,
        "{bucket}/{name}",
        outputs={
            "createTime": lambda m: "2026-01-01T00:00:00.000Z",
            "metageneration": lambda m: "1",
            "selfLink": lambda m: (
                f"{_API}{m.inputs['bucket']}/managedFolders/{m.inputs['name']}"
            ),
        },
        models=("storage.v1:ManagedFolder",),
        members={"forceDestroy": None},
        checks={"name": (lambda v: v.endswith("/"), "a folder's name ends with /")},
        replaces=("bucket", "name"),
        refs=(_in_bucket(),),
        keeps=_folder_full,
        source=schema("storage/resource_storage_managed_folder.go", "273fc429"),
    ),
    member(
        "gcp:storage/managedFolderIamMember:ManagedFolderIamMember",
        "b/{bucket}/managedFolders/{managedFolder}",
        "storage.v1:Policy.bindings",
        checks={
            "managedFolder": (lambda v: v.endswith("/"), "a folder's name ends with /")
        },
        refs=(_in_bucket(), names("managedFolder", MANAGED_FOLDER, ends=True)),
        source=MEMBERS
        + "; "
        + schema("storage/iam_storage_managed_folder.go", "2143d91b").partition(" ")[2],
    ),
    row(
        "gcp:storage/notification:Notification",
        "{bucket}",
        id=lambda m: f"{m.inputs['bucket']}/notificationConfigs/{_number(m)}",
        named=None,
        outputs={
            "notificationId": _number,
            "selfLink": lambda m: f"{_API}{m.id}",
        },
        models=("storage.v1:Notification",),
        members={
            "bucket": None,
            "customAttributes": "custom_attributes",
            "eventTypes": "event_types",
            "objectNamePrefix": "object_name_prefix",
            "payloadFormat": "payload_format",
        },
        checks={
            "eventTypes": _one_of(
                *("OBJECT_ARCHIVE", "OBJECT_DELETE", "OBJECT_FINALIZE"),
                "OBJECT_METADATA_UPDATE",
            ),
            "payloadFormat": _one_of("JSON_API_V1", "NONE"),
        },
        replaces=(
            *("bucket", "customAttributes", "eventTypes", "objectNamePrefix"),
            *("payloadFormat", "topic"),
        ),
        forms={"topic": relative},
        refs=(_in_bucket(), names("topic", TOPIC)),
        source=schema("storage/fw_resource_storage_notification.go", "c86fb78d"),
    ),
    row(
        "gcp:storage/anywhereCache:AnywhereCache",
        "{bucket}/{zone}",
        named=None,
        outputs={
            "anywhereCacheId": lambda m: m.inputs["zone"],
            "pendingUpdate": lambda m: False,
            "state": lambda m: "running",
        },
        models=("storage.v1:AnywhereCache",),
        checks={
            "admissionPolicy": _one_of("admit-on-first-miss", "admit-on-second-miss")
        },
        replaces=("bucket", "zone"),
        defaults={"ttl": "86400s"},
        refs=(
            _in_bucket(
                ends=False,
                holds="Error trying to delete bucket {} without `force_destroy` set "
                "to true",
            ),
        ),
        source=schema("storage/resource_storage_anywhere_cache.go", "36b35a8d"),
    ),
)
