from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest

from components.gcp.storage_bucket import StorageBucket, StorageBucketArgs, csi_source
from components.gcp.storage_bucket_spec import StorageBucketSpec
from components.kubernetes.csi_source import CsiSource
from components.testing import Deployment, Registered, deploy

KEY = "projects/ml-prod-123456/locations/us-central1/keyRings/r/cryptoKeys/k"
TOPIC = "projects/ml-prod-123456/topics/changes"
BUCKET = "gcp:storage/bucket:Bucket"
AGENT = (
    "serviceAccount:service-123456789012@gs-project-accounts.iam.gserviceaccount.com"
)
EVERYTHING: dict[str, Any] = {
    "softDelete": "0d",
    "lifecycle": [
        {"after": "0d", "to": "NEARLINE"},
        {"after": "90d", "to": "COLDLINE", "suffix": ".tar"},
        {"prefix": "tmp/", "largerThan": "1Mi", "expireAfter": "7d"},
    ],
    "anywhereCaches": {"us-central1-a": {"ttl": "7d", "ingestOnWrite": True}},
    "notifications": [
        {"to": TOPIC, "prefix": "raw/"},
        {"to": TOPIC, "events": ["OBJECT_DELETE"]},
    ],
    "kmsKey": "data",
    "tags": {"team": "vision"},
}


def spec(**more: Any) -> StorageBucketSpec:
    return StorageBucketSpec.model_validate({"kind": "gcs", **more})


@pytest.fixture(params=[False, True], ids=["update", "preview"])
def run(request: pytest.FixtureRequest) -> Callable[..., Deployment]:
    """Make a bucket called `datasets`, previewed and made."""

    def make(name: str = "datasets", *, key: str | None = None, **more: Any) -> Any:
        args = StorageBucketArgs(
            spec=spec(**more),
            project="ml-prod-123456",
            region="us-central1",
            kms_key=key,
        )

        def program() -> dict[str, Any]:
            provider = gcp.Provider("gcp", project="ml-prod-123456")
            opts = pulumi.ResourceOptions(provider=provider)
            return {"ids": StorageBucket(name, args, opts).ids}

        return deploy(program, preview=request.param)

    return make


def made(deployed: Deployment) -> list[Registered]:
    """What it made of Google Cloud."""
    return [r for r in deployed.resources if r.type.startswith("gcp:")]


def test_a_bucket_is_never_public_and_has_folders(run: Any) -> None:
    deployed = run()
    (bucket,) = made(deployed)
    assert bucket.inputs == {
        "project": "ml-prod-123456",
        "location": "US-CENTRAL1",
        "storageClass": "STANDARD",
        "uniformBucketLevelAccess": True,
        "publicAccessPrevention": "enforced",
        "hierarchicalNamespace": {"enabled": True},
        "versioning": {"enabled": False},
        "deletionPolicy": "PREVENT",
        "lifecycleRules": [
            {
                "action": {"type": "AbortIncompleteMultipartUpload"},
                "condition": {"age": 7},
            }
        ],
    }
    assert bucket.protect


def test_everything_is_its_child_with_a_name_that_stays(run: Any) -> None:
    deployed = run(key=KEY, **EVERYTHING)
    component = deployed.one("ml-storage:index:StorageBucket")
    provider = deployed.one("pulumi:providers:gcp")
    bucket = deployed.one(BUCKET)
    for resource in made(deployed):
        assert resource.parent == component.urn
        assert resource.provider.startswith(provider.urn)
    of_it = ("AnywhereCache", "Notification")
    for kind in of_it:
        assert all(bucket.urn in r.depends_on for r in deployed.all(kind))
    turned = {**EVERYTHING, "notifications": EVERYTHING["notifications"][::-1]}
    again = run(key=KEY, **turned)
    assert {r.name for r in made(again)} == {r.name for r in made(deployed)}


@pytest.mark.parametrize(
    ("on_delete", "kept", "force", "policy"),
    [
        ("protect", (True, False), None, "PREVENT"),
        ("retain", (False, True), None, "DELETE"),
        ("delete", (False, False), True, "DELETE"),
    ],
)
def test_data_goes_only_where_someone_says_so(
    run: Any, on_delete: str, kept: tuple[bool, bool], force: bool | None, policy: str
) -> None:
    bucket = run(onDelete=on_delete).one(BUCKET)
    assert (bucket.protect, bucket.retain_on_delete) == kept
    assert bucket.inputs.get("forceDestroy") is force
    assert bucket.inputs["deletionPolicy"] == policy


def test_a_key_encrypts_it(run: Any) -> None:
    inputs = run(key=KEY, kmsKey="data").one(BUCKET).inputs
    assert inputs["encryption"] == {"defaultKmsKeyName": KEY}
    with pytest.raises(ValueError, match="key"):
        run(kmsKey="data")


def test_what_becomes_of_objects_with_time(run: Any) -> None:
    deployed = run(key=KEY, **EVERYTHING)
    inputs = deployed.one(BUCKET).inputs
    at_once, later, gone, abort = inputs["lifecycleRules"]
    # A zero would be left out.
    assert at_once == {
        "action": {"type": "SetStorageClass", "storageClass": "NEARLINE"},
        "condition": {"age": 0, "sendAgeIfZero": True},
    }
    assert later["condition"] == {"age": 90, "matchesSuffixes": [".tar"]}
    assert gone == {
        "action": {"type": "Delete"},
        "condition": {
            "age": 7,
            "matchesPrefixes": ["tmp/"],
            "sizeAboveBytes": 1048576,
        },
    }
    assert abort["action"] == {"type": "AbortIncompleteMultipartUpload"}
    assert inputs["softDeletePolicy"] == {"retentionDurationSeconds": 0}
    assert inputs["labels"] == {"team": "vision"}


def test_old_versions_outlive_what_deletes_the_newest(run: Any) -> None:
    rules = [
        {"expireAfter": "30d"},
        {"oldVersionsAfter": "0d", "newerVersions": 0},
        {"abortUploadsAfter": "2d"},
    ]
    inputs = run(versioning=True, lifecycle=rules).one(BUCKET).inputs
    newest, old, abort = (rule["condition"] for rule in inputs["lifecycleRules"])
    assert newest == {"age": 30, "withState": "LIVE"}
    assert old == {
        "daysSinceNoncurrentTime": 0,
        "sendDaysSinceNoncurrentTimeIfZero": True,
        "numNewerVersions": 0,
        "sendNumNewerVersionsIfZero": True,
        "withState": "ARCHIVED",
    }
    assert abort == {"age": 2}
    assert inputs["versioning"] == {"enabled": True}


def test_what_it_keeps(run: Any) -> None:
    kept = run(
        retention={"period": "30d", "locked": True},
        autoclass={"to": "ARCHIVE"},
        hierarchicalNamespace=False,
    )
    inputs = kept.one(BUCKET).inputs
    # The provider takes a text here.
    assert inputs["retentionPolicy"] == {"retentionPeriod": "2592000", "isLocked": True}
    assert inputs["autoclass"] == {"enabled": True, "terminalStorageClass": "ARCHIVE"}
    assert inputs["hierarchicalNamespace"] == {"enabled": False}


@pytest.mark.parametrize(
    ("more", "location", "placement"),
    [
        ({"location": "US"}, "US", None),
        ({"location": "europe-west4"}, "EUROPE-WEST4", None),
        (
            {"locations": ["us-central1", "us-east1"]},
            "US",
            {"dataLocations": ["US-CENTRAL1", "US-EAST1"]},
        ),
        (
            {"storageClass": "RAPID", "zone": "us-central1-b"},
            "US-CENTRAL1",
            {"dataLocations": ["US-CENTRAL1-B"]},
        ),
    ],
)
def test_where_it_is(
    run: Any, more: dict[str, Any], location: str, placement: dict[str, Any] | None
) -> None:
    inputs = run(**more).one(BUCKET).inputs
    assert inputs["location"] == location
    assert inputs.get("customPlacementConfig") == placement


def test_a_cache_near_the_nodes(run: Any) -> None:
    cache = run(key=KEY, **EVERYTHING).one("AnywhereCache")
    assert cache.name == "datasets-cache-us-central1-a"
    assert not cache.protect
    assert cache.inputs["zone"] == "us-central1-a"
    assert cache.inputs["ttl"] == "604800s"
    assert cache.inputs["ingestOnWrite"] is True


def test_who_is_told_may_be_told_first(run: Any) -> None:
    deployed = run(key=KEY, **EVERYTHING)
    publisher = deployed.one("TopicIAMMember")
    assert publisher.inputs["topic"] == TOPIC
    assert publisher.inputs["role"] == "roles/pubsub.publisher"
    assert publisher.inputs["member"] == AGENT
    told = deployed.all("Notification")
    assert len(told) == 2
    for notification in told:
        assert publisher.urn in notification.depends_on
        assert notification.inputs["payloadFormat"] == "JSON_API_V1"
        assert notification.inputs["topic"] == TOPIC
    assert {tuple(n.inputs["eventTypes"]) for n in told} == {
        ("OBJECT_FINALIZE",),
        ("OBJECT_DELETE",),
    }


def test_a_bucket_that_exists_is_named_and_nothing_else(run: Any) -> None:
    deployed = run(existing="corpus")
    assert made(deployed) == []
    assert deployed.outputs["ids"] == {"bucket": "corpus"}


def test_a_bucket_that_is_adopted_keeps_what_is_not_stated(run: Any) -> None:
    deployed = run(adopt="corpus", tags={"team": "vision"})
    (bucket,) = made(deployed)
    assert bucket.import_id == "corpus"
    assert bucket.protect
    assert bucket.inputs["name"] == "corpus"
    assert "labels" not in bucket.ignore_changes
    kept = {"location", "storageClass", "lifecycleRules", "softDeletePolicy"}
    kept |= {"uniformBucketLevelAccess", "hierarchicalNamespace", "versioning"}
    assert kept <= set(bucket.ignore_changes)
    stated = run(adopt="corpus", key=KEY, location="EU", **EVERYTHING).one(BUCKET)
    for key in ("location", "lifecycleRules", "softDeletePolicy", "encryption"):
        assert key not in stated.ignore_changes
        assert key in stated.inputs
    assert stated.inputs["location"] == "EU"


def test_a_name_that_leaves_no_room(run: Any) -> None:
    run("a" * 39)
    with pytest.raises(ValueError, match="too long"):
        run("a" * 60)
    with pytest.raises(ValueError, match="goog"):
        run("google")


@pytest.mark.parametrize("more", [{}, EVERYTHING, {"adopt": "corpus"}])
def test_no_one_is_everyone(run: Any, more: dict[str, Any]) -> None:
    deployed = run(key=KEY, **more)
    for resource in made(deployed):
        assert resource.inputs.get("member") not in (
            "allUsers",
            "allAuthenticatedUsers",
        )
    bucket = deployed.one(BUCKET).inputs
    assert bucket["uniformBucketLevelAccess"] is True
    assert bucket["publicAccessPrevention"] == "enforced"


def mounted(given: StorageBucketSpec, **more: Any) -> dict[str, Any]:
    """What a PersistentVolume says of a bucket."""
    words: dict[str, Any] = {
        "access": "read-write",
        "prefix": None,
        "namespace": "vision",
        "claim": "datasets",
        **more,
    }

    def program() -> dict[str, Any]:
        source: CsiSource = csi_source(given, {"bucket": "corpus"}, **words)
        return {"source": source.fields()}

    return deploy(program).outputs["source"]


def test_a_mount_that_only_reads() -> None:
    source = mounted(spec(), access="read-only", prefix="vision/")
    assert source == {
        "csi": {
            "driver": "gcsfuse.csi.storage.gke.io",
            "volumeHandle": "corpus:vision-datasets",
            # A team that has a part only may not look at the whole.
            "volumeAttributes": {"skipCSIBucketAccessCheck": "true"},
            "readOnly": True,
        },
        "mountOptions": ["only-dir=vision", "ro"],
    }
    assert mounted(spec(access="read-only"), prefix="vision") == source


def test_a_mount_that_writes() -> None:
    source = mounted(spec(mount={"options": ["max-conns-per-host=100"]}))
    assert "readOnly" not in source["csi"]
    assert source["mountOptions"] == ["max-conns-per-host=100"]


def test_a_bucket_of_others_may_have_folders_by_names_alone() -> None:
    given = spec(existing="corpus")
    assert mounted(given)["mountOptions"] == ["implicit-dirs"]


def test_a_mount_for_training() -> None:
    given = spec(
        mount={
            "purpose": "training",
            "cache": {"size": "100Gi"},
            "prefetchMetadata": True,
            "options": ["metadata-cache:ttl-secs:3600"],
        }
    )
    source = mounted(given)
    assert source["mountOptions"] == [
        "metadata-cache:negative-ttl-secs:0",
        "metadata-cache:stat-cache-max-size-mb:-1",
        "read_ahead_kb=1024",
        "file-cache:cache-file-for-range-read:true",
        "file-cache:max-size-mb:102400",
        # In the place of the purpose's own.
        "metadata-cache:ttl-secs:3600",
    ]
    assert source["csi"]["volumeAttributes"] == {
        "skipCSIBucketAccessCheck": "true",
        "gcsfuseMetadataPrefetchOnMount": "true",
    }


def test_no_two_claims_have_one_handle() -> None:
    handles = {
        mounted(spec(), namespace=namespace, claim=claim)["csi"]["volumeHandle"]
        for namespace in ("vision", "speech")
        for claim in ("datasets", "models")
    }
    assert len(handles) == 4
    assert {handle.partition(":")[0] for handle in handles} == {"corpus"}
