"""S3, as AWS and pulumi-aws treat it."""

import re
from collections.abc import Mapping
from typing import Any, Final

from tests.cloud.aws.sources import schema
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


def _of_bucket(token: str, *models: str, read: str, **more: Any) -> Kind:
    """A part of a bucket's configuration, whose id is the bucket's name.

    Args:
        token: Its type.
        models: Where the service model describes its inputs.
        read: The commit at which the provider's file was read, which is named
            like the type.
        more: What else is known of it.
    """
    name = token.partition("/")[2].partition(":")[0]
    file = re.sub(r"([A-Z])", lambda m: f"_{m[1].lower()}", name)
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
            "source": schema(f"s3/{file}.go", read),
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
        replaces=(
            *("bucket", "bucketNamespace", "bucketPrefix", "objectLockEnabled"),
            "objectLockConfiguration.objectLockEnabled",
        ),
        defaults={"forceDestroy": False},
        computed=(
            *("accelerationStatus", "acl", "corsRules", "grants", "lifecycleRules"),
            *("logging", "objectLockConfiguration", "objectLockEnabled", "policy"),
            *("replicationConfiguration", "requestPayer", "versioning", "website"),
        ),
        named="bucket",
        longest=63,
        lower=True,
        exists="BucketAlreadyExists: The requested bucket name is not available: {}",
        missing="NoSuchBucket: The specified bucket does not exist: {}",
        documents=("policy",),
        keeps=_full,
        source=schema("s3/bucket.go", "4c72bcc7")
        + "; bucketNamespace: documentation of aws_s3_bucket in pull request 46917",
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
        defaults={"forceDestroy": False, "type": "Directory"},
        computed=("dataRedundancy",),
        exists="BucketAlreadyExists: The requested bucket name is not available: {}",
        keeps=_full,
        source=schema("s3/directory_bucket.go", "01e65823")
        + "; dataRedundancy: a later version of that file",
    ),
    _of_bucket(
        "aws:s3/bucketVersioning:BucketVersioning",
        "s3.PutBucketVersioning",
        read="01c08000",
        replaces=("bucket", "expectedBucketOwner"),
    ),
    _of_bucket(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "s3.PutBucketLifecycleConfiguration",
        "s3.PutBucketLifecycleConfiguration:LifecycleConfiguration",
        read="01606926",
        members={"timeouts": None},
        replaces=("bucket", "expectedBucketOwner"),
    ),
    _of_bucket(
        "aws:s3/bucketServerSideEncryptionConfiguration:"
        "BucketServerSideEncryptionConfiguration",
        "s3.PutBucketEncryption",
        "s3.PutBucketEncryption:ServerSideEncryptionConfiguration",
        read="01606926",
        replaces=("bucket", "expectedBucketOwner"),
    ),
    _of_bucket(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "s3.PutPublicAccessBlock",
        "s3.PutPublicAccessBlock:PublicAccessBlockConfiguration",
        read="01606926",
        members={"skipDestroy": None},
        defaults={
            "blockPublicAcls": False,
            "blockPublicPolicy": False,
            "ignorePublicAcls": False,
            "restrictPublicBuckets": False,
        },
    ),
    _of_bucket(
        "aws:s3/bucketPolicy:BucketPolicy",
        "s3.PutBucketPolicy",
        read="0073593e",
        documents=("policy",),
    ),
    _of_bucket(
        "aws:s3/bucketNotification:BucketNotification",
        "s3.PutBucketNotificationConfiguration",
        "s3.PutBucketNotificationConfiguration:NotificationConfiguration",
        read="033c721b",
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
        read="01c08000",
    ),
    _of_bucket(
        "aws:s3/bucketIntelligentTieringConfiguration:"
        "BucketIntelligentTieringConfiguration",
        "s3.PutBucketIntelligentTieringConfiguration",
        "s3.PutBucketIntelligentTieringConfiguration:IntelligentTieringConfiguration",
        read="088e0878",
        id=lambda m: f"{m.inputs['bucket']}:{m.inputs['name']}",
        members={"name": "Id"},
        named="name",
        replaces=("bucket", "name"),
        defaults={"status": "Enabled"},
    ),
)
