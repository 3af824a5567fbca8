"""A bucket as the component renders it, taken by the API of S3.

What the component registered is said again in the words of the API, read from
the service's own shapes, so that a word that the API does not know is an error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import botocore.session
import pulumi
import pulumi_aws as aws
import pytest

from components.aws.bucket import Bucket, BucketArgs
from components.aws.bucket_spec import BucketSpec
from components.testing import Deployment, deploy
from tests.emulators.emulator import ACCOUNT, REGION, Emulator

pytestmark = pytest.mark.slow

API = botocore.session.get_session().get_service_model("s3")
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:changes"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:removals"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def rendered(*, key: str | None = None, **more: Any) -> Deployment:
    spec = BucketSpec.model_validate({"kind": "s3", "bucket": "datasets", **more})

    def program() -> None:
        provider = aws.Provider("aws", region=REGION)
        args = BucketArgs(spec=spec, kms_key_arn=key)
        Bucket("datasets", args, pulumi.ResourceOptions(provider=provider))

    return deploy(
        program,
        outputs=lambda r: (
            {"arn": "arn:aws:s3:::datasets", "bucketRegion": REGION}
            if r.type == "aws:s3/bucket:Bucket"
            else {}
        ),
    )


def in_the_apis_words(shape: Any, value: Any) -> Any:
    """A value of the provider's as the API has it: other capitals, no other word."""
    if shape.type_name == "structure":
        members = {name.lower(): name for name in shape.members}
        return {
            members[key.lower()]: in_the_apis_words(
                shape.members[members[key.lower()]], part
            )
            for key, part in value.items()
        }
    if shape.type_name == "list":
        return [in_the_apis_words(shape.member, part) for part in value]
    if shape.type_name in ("integer", "long"):
        return int(value)
    return value


def asked(shape: str, inputs: Mapping[str, Any], *without: str) -> Any:
    """The inputs of a resource as a structure of the API."""
    rest = {k: v for k, v in inputs.items() if k not in ("bucket", *without)}
    return in_the_apis_words(API.shape_for(shape), rest)


@pytest.fixture
def s3(emulator: Emulator) -> Any:
    """Who owns an empty bucket."""
    client = emulator.client("s3")
    client.create_bucket(
        Bucket="datasets", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    return client


LIFECYCLE = [
    {"after": "30d", "to": "STANDARD_IA"},
    {"after": "90d", "to": "GLACIER_IR", "oldVersionsAfter": "30d"},
    {"after": "180d", "to": "DEEP_ARCHIVE", "expireAfter": "400d"},
    {"prefix": "tmp/", "largerThan": "1Mi", "expireAfter": "7d"},
    {"prefix": "raw/", "after": "0d", "to": "INTELLIGENT_TIERING"},
    {"largerThan": "1Gi", "after": "30d", "to": "ONEZONE_IA"},
    {"prefix": "uploads/", "abortUploadsAfter": "2d"},
]


@pytest.mark.parametrize("lifecycle", [[], LIFECYCLE])
def test_the_lifecycle_is_accepted(s3: Any, lifecycle: list[Any]) -> None:
    resource = rendered(versioning=True, lifecycle=lifecycle).one(
        "BucketLifecycleConfiguration"
    )
    wanted = asked("BucketLifecycleConfiguration", resource.inputs)
    s3.put_bucket_lifecycle_configuration(
        Bucket="datasets", LifecycleConfiguration=wanted
    )
    found = s3.get_bucket_lifecycle_configuration(Bucket="datasets")["Rules"]
    assert [_seen(rule) for rule in found] == [_seen(r) for r in wanted["Rules"]]


def _seen(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as far as the emulator keeps it: it forgets sizes of objects."""
    given = rule.get("Filter", {})
    prefix = given.get("Prefix") or given.get("And", {}).get("Prefix", "")
    return {**rule, "Filter": prefix}


def test_versioning_keeps_what_was_overwritten(s3: Any) -> None:
    inputs = rendered(versioning=True).one("BucketVersioning").inputs
    wanted = asked("VersioningConfiguration", inputs["versioningConfiguration"])
    s3.put_bucket_versioning(Bucket="datasets", VersioningConfiguration=wanted)
    for body in (b"first", b"second"):
        s3.put_object(Bucket="datasets", Key="a", Body=body)
    assert len(s3.list_object_versions(Bucket="datasets")["Versions"]) == 2


def test_the_block_on_public_access_is_whole(s3: Any) -> None:
    inputs = rendered().one("BucketPublicAccessBlock").inputs
    wanted = asked("PublicAccessBlockConfiguration", inputs)
    s3.put_public_access_block(Bucket="datasets", PublicAccessBlockConfiguration=wanted)
    found = s3.get_public_access_block(Bucket="datasets")
    flags = found["PublicAccessBlockConfiguration"]
    assert len(flags) == 4
    assert all(flags.values())


def test_ownership_is_the_owners(s3: Any) -> None:
    inputs = rendered().one("BucketOwnershipControls").inputs
    wanted = asked("OwnershipControls", {"rules": [inputs["rule"]]})
    s3.put_bucket_ownership_controls(Bucket="datasets", OwnershipControls=wanted)
    found = s3.get_bucket_ownership_controls(Bucket="datasets")
    assert found["OwnershipControls"] == wanted


@pytest.mark.parametrize("key", [None, KEY])
def test_encryption_is_the_buckets_default(s3: Any, key: str | None) -> None:
    inputs = rendered(key=key).one("BucketServerSideEncryptionConfiguration").inputs
    wanted = asked("ServerSideEncryptionConfiguration", inputs)
    s3.put_bucket_encryption(
        Bucket="datasets", ServerSideEncryptionConfiguration=wanted
    )
    s3.put_object(Bucket="datasets", Key="a", Body=b"")
    found = s3.head_object(Bucket="datasets", Key="a")
    assert found["ServerSideEncryption"] == ("aws:kms" if key else "AES256")
    assert found.get("SSEKMSKeyId") == key


def test_the_policy_is_accepted(s3: Any) -> None:
    policy = rendered().one("BucketPolicy").inputs["policy"]
    s3.put_bucket_policy(Bucket="datasets", Policy=policy)
    found = s3.get_bucket_policy(Bucket="datasets")["Policy"]
    assert json.loads(found) == json.loads(policy)


def test_archive_tiers_are_of_the_api() -> None:
    """The emulator has none: the shapes of the API judge alone."""
    tiers = {"ARCHIVE_ACCESS": "90d", "DEEP_ARCHIVE_ACCESS": "180d"}
    resource = rendered(archiveAfter=tiers).one("BucketIntelligentTieringConfiguration")
    wanted = asked("IntelligentTieringConfiguration", resource.inputs, "name")
    assert wanted == {
        "Tierings": [
            {"AccessTier": "ARCHIVE_ACCESS", "Days": 90},
            {"AccessTier": "DEEP_ARCHIVE_ACCESS", "Days": 180},
        ]
    }


_LISTS = {
    "queues": ("QueueConfigurations", "QueueArn", "queueArn"),
    "topics": ("TopicConfigurations", "TopicArn", "topicArn"),
}


def notification(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """A notification as the API has it: its filters are lists of rules."""
    wanted: dict[str, Any] = {}
    if inputs.get("eventbridge"):
        wanted["EventBridgeConfiguration"] = {}
    for key, (name, arn, given) in _LISTS.items():
        for entry in inputs.get(key, []):
            rules = [
                {"Name": word, "Value": entry[f"filter{word.capitalize()}"]}
                for word in ("prefix", "suffix")
                if f"filter{word.capitalize()}" in entry
            ]
            made: dict[str, Any] = {arn: entry[given], "Events": entry["events"]}
            if rules:
                made["Filter"] = {"Key": {"FilterRules": rules}}
            wanted.setdefault(name, []).append(made)
    return wanted


def test_a_queue_is_told_of_what_it_asked_for(emulator: Emulator, s3: Any) -> None:
    sqs, sns = emulator.client("sqs"), emulator.client("sns")
    url = sqs.create_queue(QueueName="changes")["QueueUrl"]
    sns.create_topic(Name="removals")
    given = rendered(
        eventBridge=True,
        notifications=[
            {"to": QUEUE, "prefix": "raw/", "suffix": ".tar"},
            {"to": TOPIC, "events": ["s3:ObjectRemoved:*"]},
        ],
    )
    wanted = notification(given.one("BucketNotification").inputs)
    assert wanted["EventBridgeConfiguration"] == {}
    s3.put_bucket_notification_configuration(
        Bucket="datasets", NotificationConfiguration=wanted
    )
    found = s3.get_bucket_notification_configuration(Bucket="datasets")
    assert [q["QueueArn"] for q in found["QueueConfigurations"]] == [QUEUE]
    assert [t["TopicArn"] for t in found["TopicConfigurations"]] == [TOPIC]
    for key in ("raw/a.tar", "raw/a.json", "other/a.tar"):
        s3.put_object(Bucket="datasets", Key=key, Body=b"")
    keys: list[str] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
        "Messages", []
    ):
        for message in messages:
            records = json.loads(message["Body"]).get("Records", [])
            keys += [record["s3"]["object"]["key"] for record in records]
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert [key.replace("%2F", "/") for key in keys] == ["raw/a.tar"]
