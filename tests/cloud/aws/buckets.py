"""S3, as AWS and pulumi-aws treat it."""

import re
from collections.abc import Mapping
from typing import Any, Final

from tests.cloud.aws.sources import API
from tests.cloud.kind import Kind, Ref

BUCKET: Final = "aws:s3/bucket:Bucket"
DIRECTORY_BUCKET: Final = "aws:s3/directoryBucket:DirectoryBucket"

_NAME: Final = re.compile(r"(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_DIRECTORY: Final = re.compile(r"[a-z0-9][a-z0-9-]*--[a-z0-9-]+-az\d+--x-s3")


def _full(thing: Mapping[str, Any], id_: str) -> str | None:
    if thing.get("objects") and not thing.get("forceDestroy", False):
        return (
            f"deleting S3 Bucket ({id_}): BucketNotEmpty: The bucket you tried to "
            "delete is not empty"
        )
    return None


def _of_bucket(token: str, *models: str, **more: Any) -> Kind:
    """A part of a bucket's configuration, whose id is the bucket's name."""
    return Kind(
        **{
            "type_": token,
            "id": lambda m: m.inputs["bucket"],
            "models": models,
            "replaces": ("bucket",),
            "refs": (
                Ref(
                    path="bucket",
                    to=BUCKET,
                    missing="NoSuchBucket: The specified bucket does not exist: {}",
                    ends=True,
                ),
            ),
            "source": API,
            **more,
        }
    )


KINDS: Final = (
    Kind(
        type_=BUCKET,
        id=lambda m: m.inputs.get("bucket") or m.inputs["bucketPrefix"] + m.hex(26),
        outputs={
            "bucket": lambda m: m.id,
            "arn": lambda m: f"arn:aws:s3:::{m.id}",
            "bucketDomainName": lambda m: f"{m.id}.s3.amazonaws.com",
            "bucketRegion": lambda m: m.region,
            "bucketRegionalDomainName": lambda m: f"{m.id}.s3.{m.region}.amazonaws.com",
        },
        models=("s3.CreateBucket",),
        members={
            "accelerationStatus": None,
            "bucketPrefix": None,
            "corsRules": "s3.PutBucketCors:CORSConfiguration.CORSRules",
            "forceDestroy": None,
            "grants": None,
            "lifecycleRules": None,
            "logging": None,
            "objectLockConfiguration": None,
            "objectLockEnabled": "ObjectLockEnabledForBucket",
            "policy": "s3.PutBucketPolicy:Policy",
            "replicationConfiguration": None,
            "requestPayer": None,
            "serverSideEncryptionConfiguration": None,
            "tags": "s3.PutBucketTagging:Tagging.TagSet",
            "versioning": None,
            "website": None,
        },
        checks={
            "bucket": (
                lambda v: _NAME.fullmatch(v) is not None and ".." not in v,
                (
                    "only lowercase alphanumeric characters, dots and hyphens allowed, "
                    "3 to 63 of them"
                ),
            )
        },
        replaces=("bucket", "bucketPrefix", "bucketNamespace", "objectLockEnabled"),
        defaults={"forceDestroy": False, "objectLockEnabled": False},
        named="bucket",
        longest=63,
        lower=True,
        exists="BucketAlreadyExists: The requested bucket name is not available: {}",
        missing="NoSuchBucket: The specified bucket does not exist: {}",
        documents=("policy",),
        keeps=_full,
        source=API,
    ),
    Kind(
        type_=DIRECTORY_BUCKET,
        id=lambda m: m.inputs["bucket"],
        outputs={"arn": lambda m: m.arn("s3express", f"bucket/{m.id}")},
        models=(
            "s3.CreateBucket",
            "s3.CreateBucket:CreateBucketConfiguration",
            "s3.CreateBucket:CreateBucketConfiguration.Bucket",
        ),
        members={"forceDestroy": None},
        checks={
            "bucket": (
                lambda v: _DIRECTORY.fullmatch(v) is not None,
                "must be in the format [bucket_name]--[azid]--x-s3",
            )
        },
        replaces=("bucket", "dataRedundancy", "location", "type"),
        defaults={"forceDestroy": False},
        exists="BucketAlreadyExists: The requested bucket name is not available: {}",
        keeps=_full,
        source=API,
    ),
    _of_bucket(
        "aws:s3/bucketVersioning:BucketVersioning",
        "s3.PutBucketVersioning",
        replaces=("bucket", "expectedBucketOwner"),
    ),
    _of_bucket(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "s3.PutBucketLifecycleConfiguration",
        "s3.PutBucketLifecycleConfiguration:LifecycleConfiguration",
        members={"timeouts": None},
        replaces=("bucket", "expectedBucketOwner"),
    ),
    _of_bucket(
        "aws:s3/bucketServerSideEncryptionConfiguration:"
        "BucketServerSideEncryptionConfiguration",
        "s3.PutBucketEncryption",
        "s3.PutBucketEncryption:ServerSideEncryptionConfiguration",
        replaces=("bucket", "expectedBucketOwner"),
    ),
    _of_bucket(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "s3.PutPublicAccessBlock",
        "s3.PutPublicAccessBlock:PublicAccessBlockConfiguration",
        members={"skipDestroy": None},
        defaults={
            "blockPublicAcls": False,
            "blockPublicPolicy": False,
            "ignorePublicAcls": False,
            "restrictPublicBuckets": False,
        },
    ),
    _of_bucket(
        "aws:s3/bucketPolicy:BucketPolicy", "s3.PutBucketPolicy", documents=("policy",)
    ),
    _of_bucket(
        "aws:s3/bucketNotification:BucketNotification",
        "s3.PutBucketNotificationConfiguration",
        "s3.PutBucketNotificationConfiguration:NotificationConfiguration",
        members={
            "eventbridge": None,
            "lambdaFunctions": (
                "NotificationConfiguration.LambdaFunctionConfigurations"
            ),
            "lambdaFunctions.filterPrefix": None,
            "lambdaFunctions.filterSuffix": None,
            "queues": "NotificationConfiguration.QueueConfigurations",
            "queues.filterPrefix": None,
            "queues.filterSuffix": None,
            "topics": "NotificationConfiguration.TopicConfigurations",
            "topics.filterPrefix": None,
            "topics.filterSuffix": None,
        },
    ),
    _of_bucket(
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "s3.PutBucketOwnershipControls",
        "s3.PutBucketOwnershipControls:OwnershipControls",
    ),
    _of_bucket(
        "aws:s3/bucketIntelligentTieringConfiguration:"
        "BucketIntelligentTieringConfiguration",
        "s3.PutBucketIntelligentTieringConfiguration",
        "s3.PutBucketIntelligentTieringConfiguration:IntelligentTieringConfiguration",
        id=lambda m: f"{m.inputs['bucket']}:{m.inputs['name']}",
        members={"name": "Id"},
        named="name",
        replaces=("bucket", "name"),
        defaults={"status": "Enabled"},
    ),
)
