from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pydantic import ValidationError

from components.aws.bucket import Bucket, BucketArgs, csi_source
from components.aws.bucket_spec import BucketSpec
from components.kubernetes.csi_source import CsiSource
from components.testing import Deployment, Registered, deploy

KEY = "arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
QUEUE = "arn:aws:sqs:us-west-2:123456789012:changes"
GUARDS = (
    "BucketPublicAccessBlock",
    "BucketOwnershipControls",
    "BucketPolicy",
    "BucketServerSideEncryptionConfiguration",
)
HABITS = (
    "BucketLifecycleConfiguration",
    "BucketNotification",
    "BucketIntelligentTieringConfiguration",
)
EVERYTHING: dict[str, Any] = {
    "versioning": True,
    "lifecycle": [
        {"after": "30d", "to": "STANDARD_IA"},
        {"after": "90d", "to": "GLACIER_IR", "oldVersionsAfter": "30d"},
        {"prefix": "tmp/", "largerThan": "1Mi", "expireAfter": "7d"},
    ],
    "archiveAfter": {"ARCHIVE_ACCESS": "90d"},
    "eventBridge": True,
    "notifications": [
        {"to": QUEUE, "prefix": "raw/", "suffix": ".tar"},
        {"to": QUEUE.replace("sqs", "sns"), "events": ["s3:ObjectRemoved:*"]},
        {
            "to": "arn:aws:lambda:us-west-2:123456789012:function:index",
            "prefix": "done/",
        },
    ],
    "kmsKey": "data",
    "tags": {"team": "vision"},
}


def spec(**more: Any) -> BucketSpec:
    return BucketSpec.model_validate({"kind": "s3", **more})


def cloud(resource: Registered) -> dict[str, Any]:
    """What AWS adds to a bucket."""
    if resource.kind not in ("Bucket", "DirectoryBucket") or not resource.custom:
        return {}
    name = resource.inputs.get("bucket") or resource.import_id or "datasets-0a1b2c3"
    arn = f"arn:aws:s3:::{name}"
    if resource.kind == "DirectoryBucket":
        arn = f"arn:aws:s3express:us-west-2:123456789012:bucket/{name}"
    found = {"bucket": name, "arn": arn, "region": "us-west-2"}
    return {**found, "bucketRegion": "us-west-2"}


@pytest.fixture(params=[False, True], ids=["update", "preview"])
def run(request: pytest.FixtureRequest) -> Callable[..., Deployment]:
    """Make a bucket called `datasets`, previewed and made."""

    def make(name: str = "datasets", *, key: str | None = None, **more: Any) -> Any:
        args = BucketArgs(spec=spec(**more), kms_key_arn=key)

        def program() -> None:
            provider = aws.Provider("aws", region="us-west-2")
            Bucket(name, args, pulumi.ResourceOptions(provider=provider))

        return deploy(program, preview=request.param, outputs=cloud)

    return make


def made(deployed: Deployment) -> list[Registered]:
    """What it made of AWS."""
    return [r for r in deployed.resources if r.type.startswith("aws:")]


def kinds(deployed: Deployment) -> set[str]:
    return {r.kind for r in made(deployed)}


def test_a_bucket_is_private_encrypted_and_by_tls_only(run: Any) -> None:
    deployed = run()
    assert kinds(deployed) == {"Bucket", *GUARDS, "BucketLifecycleConfiguration"}
    block = deployed.one("BucketPublicAccessBlock").inputs
    flags = ("blockPublicAcls", "blockPublicPolicy")
    for flag in (*flags, "ignorePublicAcls", "restrictPublicBuckets"):
        assert block[flag] is True
    ownership = deployed.one("BucketOwnershipControls").inputs
    assert ownership["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    (rule,) = deployed.one("BucketServerSideEncryptionConfiguration").inputs["rules"]
    default = rule["applyServerSideEncryptionByDefault"]
    assert default == {"sseAlgorithm": "AES256"}


def test_everything_is_its_child_with_a_name_that_stays(run: Any) -> None:
    deployed = run(key=KEY, **EVERYTHING)
    component = deployed.one("ml-storage:index:Bucket")
    provider = deployed.one("pulumi:providers:aws")
    bucket = deployed.one("aws:s3/bucket:Bucket")
    for resource in made(deployed):
        assert resource.parent == component.urn
        assert resource.provider.startswith(provider.urn)
        if resource is not bucket:
            assert bucket.urn in resource.depends_on
    assert {r.name for r in made(deployed)} == {
        f"datasets-{role}"
        for role in (
            *("bucket", "public-access", "ownership", "policy", "encryption"),
            *("versioning", "lifecycle", "archive", "notification"),
        )
    }
    block = deployed.one("BucketPublicAccessBlock").urn
    assert block in deployed.one("BucketPolicy").depends_on


@pytest.mark.parametrize(
    ("on_delete", "protect", "retain", "force"),
    [
        ("protect", True, False, None),
        ("retain", False, True, None),
        ("delete", False, False, True),
    ],
)
def test_what_guards_the_data_stays_with_it(
    run: Any, on_delete: str, protect: bool, retain: bool, force: bool | None
) -> None:
    deployed = run(key=KEY, onDelete=on_delete, **EVERYTHING)
    for kind in ("aws:s3/bucket:Bucket", *GUARDS, "BucketVersioning"):
        resource = deployed.one(kind)
        assert (resource.protect, resource.retain_on_delete) == (protect, retain)
    for kind in HABITS:
        assert not deployed.one(kind).protect
    assert deployed.one("aws:s3/bucket:Bucket").inputs.get("forceDestroy") is force


def test_a_key_encrypts_it(run: Any) -> None:
    deployed = run(key=KEY, kmsKey="data")
    (rule,) = deployed.one("BucketServerSideEncryptionConfiguration").inputs["rules"]
    assert rule["bucketKeyEnabled"] is True
    assert rule["applyServerSideEncryptionByDefault"] == {
        "sseAlgorithm": "aws:kms",
        "kmsMasterKeyId": KEY,
    }
    with pytest.raises(ValueError, match="key"):
        run(kmsKey="data")


def test_what_becomes_of_objects_with_time(run: Any) -> None:
    deployed = run(key=KEY, **EVERYTHING)
    whole, part = deployed.one("BucketLifecycleConfiguration").inputs["rules"]
    assert whole == {
        "id": "all",
        "status": "Enabled",
        "filter": {},
        "transitions": [
            {"days": 30, "storageClass": "STANDARD_IA"},
            {"days": 90, "storageClass": "GLACIER_IR"},
        ],
        "noncurrentVersionExpiration": {"noncurrentDays": 30},
        "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
    }
    assert part == {
        "id": "tmp/ larger than 1Mi",
        "status": "Enabled",
        "filter": {"and": {"prefix": "tmp/", "objectSizeGreaterThan": 1048576}},
        "expiration": {"days": 7},
    }


@pytest.mark.parametrize(
    ("lifecycle", "days"),
    [
        ([], {"all": 7}),
        ([{"prefix": "a/", "expireAfter": "9d"}], {"a/": None, "all": 7}),
        ([{"abortUploadsAfter": "2d"}], {"all": 2}),
        ([{"prefix": "a/", "abortUploadsAfter": "2d"}], {"a/": 2, "all": 7}),
    ],
)
def test_unfinished_uploads_go_in_any_case(
    run: Any, lifecycle: list[Any], days: dict[str, int | None]
) -> None:
    deployed = run(lifecycle=lifecycle)
    rules = deployed.one("BucketLifecycleConfiguration").inputs["rules"]
    found = {r["id"]: r.get("abortIncompleteMultipartUpload") for r in rules}
    assert {k: v and v["daysAfterInitiation"] for k, v in found.items()} == days


def test_one_notification_tells_everyone(run: Any) -> None:
    inputs = run(key=KEY, **EVERYTHING).one("BucketNotification").inputs
    assert inputs["eventbridge"] is True
    (queue,) = inputs["queues"]
    assert queue == {
        "queueArn": QUEUE,
        "events": ["s3:ObjectCreated:*"],
        "filterPrefix": "raw/",
        "filterSuffix": ".tar",
    }
    assert [t["events"] for t in inputs["topics"]] == [["s3:ObjectRemoved:*"]]
    assert [f["filterPrefix"] for f in inputs["lambdaFunctions"]] == ["done/"]


def test_a_bucket_that_exists_is_looked_up_and_nothing_else(run: Any) -> None:
    deployed = run(existing="corpus")
    (bucket,) = made(deployed)
    assert bucket.read
    assert bucket.import_id == "corpus"
    assert not bucket.protect


def test_a_bucket_that_is_adopted_keeps_what_is_not_stated(run: Any) -> None:
    deployed = run(adopt="corpus", tags={"team": "vision"})
    (bucket,) = made(deployed)
    assert bucket.import_id == "corpus"
    assert bucket.protect
    assert bucket.inputs == {"bucket": "corpus", "tags": {"team": "vision"}}
    stated = run(adopt="corpus", key=KEY, **EVERYTHING)
    assert kinds(stated) == {
        *("Bucket", "BucketVersioning", "BucketServerSideEncryptionConfiguration"),
        *HABITS,
    }
    assert stated.one("BucketVersioning").import_id == ""


def test_a_directory_bucket(run: Any) -> None:
    deployed = run("fast", directory=True, zoneId="usw2-az1")
    assert kinds(deployed) == {*("DirectoryBucket", "BucketLifecycleConfiguration")}
    bucket = deployed.one("DirectoryBucket")
    assert bucket.protect
    assert bucket.inputs["bucket"] == "test-fast--usw2-az1--x-s3"
    location = {"name": "usw2-az1", "type": "AvailabilityZone"}
    assert bucket.inputs["location"] == location
    with_key = run("fast", directory=True, zoneId="usw2-az1", kmsKey="data", key=KEY)
    assert with_key.one("BucketServerSideEncryptionConfiguration").protect


@pytest.mark.parametrize("key", ["existing", "adopt", "bucket"])
def test_a_directory_bucket_is_known_by_its_name(run: Any, key: str) -> None:
    deployed = run("fast", **{key: "corpus--usw2-az1--x-s3"})
    bucket = deployed.one("DirectoryBucket")
    name = "corpus--usw2-az1--x-s3"
    assert bucket.import_id == ("" if key == "bucket" else name)


@pytest.mark.parametrize("more", [{}, {"directory": True, "zoneId": "usw2-az1"}])
def test_a_name_that_leaves_no_room(run: Any, more: dict[str, Any]) -> None:
    run("a" * 39, **more)
    with pytest.raises(ValueError, match=r"too long|at most 63"):
        run("a" * 60, **more)


@pytest.mark.parametrize(
    "more", [{}, EVERYTHING, {"directory": True, "zoneId": "usw2-az1"}]
)
def test_no_one_is_let_in_by_a_policy(run: Any, more: dict[str, Any]) -> None:
    deployed = run(key=KEY, **{"kmsKey": "data", **more})
    for resource in deployed.all("BucketPolicy"):
        if "policy" in resource.unknown:
            continue
        for statement in json.loads(resource.inputs["policy"])["Statement"]:
            assert statement["Resource"] != "*"
            assert "*" not in statement["Resource"]
            # Everyone is named only to be refused.
            assert statement["Effect"] == "Deny"
            assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def mounted(given: BucketSpec, **more: Any) -> dict[str, Any]:
    """What a PersistentVolume says of a bucket."""
    words: dict[str, Any] = {
        "access": "read-write",
        "prefix": None,
        "namespace": "vision",
        "claim": "datasets",
        "region": "us-west-2",
        "identity": "pod-identity",
        **more,
    }

    def program() -> dict[str, Any]:
        source: CsiSource = csi_source(given, {"bucket": "corpus"}, **words)
        return {"source": source.fields()}

    return deploy(program).outputs["source"]


def test_a_mount_that_only_reads() -> None:
    source = mounted(spec(), access="read-only", prefix="vision/")
    assert source["csi"] == {
        "driver": "s3.csi.aws.com",
        "volumeHandle": "corpus-vision-datasets",
        "volumeAttributes": {"bucketName": "corpus", "authenticationSource": "pod"},
        "readOnly": True,
    }
    assert source["mountOptions"] == [
        *("region=us-west-2", "allow-other", "read-only", "prefix=vision/")
    ]
    assert mounted(spec(access="read-only"), prefix="vision") == source


def test_a_mount_that_writes() -> None:
    mount = {
        "uid": 1000,
        "gid": 1000,
        "writePartSize": "64Mi",
        "metadataTtl": "5m",
        "options": ["requester-pays"],
    }
    source = mounted(spec(mount=mount))
    assert "readOnly" not in source["csi"]
    assert source["mountOptions"] == [
        *("region=us-west-2", "allow-other", "allow-delete", "allow-overwrite"),
        *("uid=1000", "gid=1000", "write-part-size=67108864", "metadata-ttl=300"),
        "requester-pays",
    ]


def test_what_a_mount_may_not_do_is_left_out() -> None:
    mount = {"allowDelete": False, "allowOverwrite": False}
    assert mounted(spec(mount=mount))["mountOptions"] == [
        *("region=us-west-2", "allow-other")
    ]


@pytest.mark.parametrize(
    ("mount", "more"),
    [
        ({"cache": "10Gi"}, {}),
        (
            {"cache": "10Gi", "cacheMedium": "memory"},
            {"cacheEmptyDirMedium": "Memory"},
        ),
    ],
)
def test_a_cache_has_a_limit(mount: dict[str, Any], more: dict[str, Any]) -> None:
    attributes = mounted(spec(mount=mount))["csi"]["volumeAttributes"]
    assert attributes == {
        "bucketName": "corpus",
        "authenticationSource": "pod",
        "cache": "emptyDir",
        "cacheEmptyDirSizeLimit": "10Gi",
        **more,
    }


def test_irsa_says_where_its_tokens_are_exchanged() -> None:
    attributes = mounted(spec(), identity="irsa")["csi"]["volumeAttributes"]
    assert attributes["stsRegion"] == "us-west-2"


def test_no_two_claims_have_one_handle() -> None:
    handles = {
        mounted(spec(), namespace=namespace, claim=claim)["csi"]["volumeHandle"]
        for namespace in ("vision", "speech")
        for claim in ("datasets", "models")
    }
    assert len(handles) == 4


@pytest.mark.parametrize("uid", [0, 2**32])
def test_mountpoint_shows_no_file_as_roots(uid: int) -> None:
    with pytest.raises(ValidationError):
        spec(mount={"uid": uid})


def test_a_lifecycle_has_a_thousand_rules() -> None:
    rules = [{"prefix": f"{i}/", "expireAfter": "9d"} for i in range(1000)]
    spec(lifecycle=rules[:999])
    with pytest.raises(ValidationError, match="1000"):
        spec(lifecycle=rules)
