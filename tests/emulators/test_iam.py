"""Who may do what with a bucket, decided by a server that enforces IAM.

Signatures, actions and resources are judged by the emulator; the conditions of a
policy as `conditions.py` says. The policies are those that the component renders.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from botocore.exceptions import ClientError

from components.aws.team_identity import GrantedBucket, TeamIdentity, TeamIdentityArgs
from components.catalog.iam import Access
from components.testing import deploy
from tests.emulators.conditions import holds
from tests.emulators.emulator import ACCOUNT, REGION, Emulator

pytestmark = pytest.mark.slow

Talk = Callable[..., Any]
PART = 5 * 1024**2
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def rendered(*grants: GrantedBucket) -> dict[str, str]:
    """The trust and the policy of a team, as they would be deployed."""

    def program() -> None:
        provider = aws.Provider("aws", region=REGION)
        args = TeamIdentityArgs(
            namespace="vision",
            grants={str(i): grant for i, grant in enumerate(grants)},
            cluster_name="prod",
            cluster_arn=f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/prod",
        )
        TeamIdentity("vision", args, pulumi.ResourceOptions(provider=provider))

    deployed = deploy(program)
    return {
        "trust": deployed.one("Role").inputs["assumeRolePolicy"],
        "policy": deployed.one("RolePolicy").inputs["policy"],
    }


def grant(access: Access, prefix: str | None = None) -> GrantedBucket:
    return GrantedBucket(
        bucket_arn="arn:aws:s3:::datasets", access=access, prefix=prefix
    )


@pytest.fixture
def owner(emulator: Emulator) -> Any:
    """Who made two buckets and put something into them."""
    s3 = emulator.client("s3")
    for bucket in ("datasets", "others"):
        s3.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        for key in ("vision/a", "vision/b", "vision2/a", "speech/a"):
            s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    return s3


@pytest.fixture
def as_team(emulator: Emulator, owner: Any) -> Talk:
    """What pods of a team with these grants talk to S3 with."""

    def log_in(*grants: GrantedBucket) -> Any:
        documents = rendered(*grants)
        iam = emulator.client("iam")
        role = iam.create_role(
            RoleName="vision", AssumeRolePolicyDocument=documents["trust"]
        )["Role"]
        iam.put_role_policy(
            RoleName="vision", PolicyName="grants", PolicyDocument=documents["policy"]
        )
        session = emulator.client("sts").assume_role(
            RoleArn=role["Arn"], RoleSessionName="pod"
        )
        emulator.enforce(True)
        return emulator.client("s3", session["Credentials"])

    return log_in


def refused(call: Callable[..., Any], **words: Any) -> None:
    """The call is refused for want of a right."""
    with pytest.raises(ClientError) as caught:
        call(**words)
    assert caught.value.response["Error"]["Code"] in ("AccessDenied", "403")


def keys(s3: Any, **words: Any) -> list[str]:
    found = s3.list_objects_v2(**words).get("Contents", [])
    return [entry["Key"] for entry in found]


def test_reading_a_prefix_and_nothing_else(as_team: Talk) -> None:
    s3 = as_team(grant("read-only", "vision/"))
    at = {"Bucket": "datasets"}
    assert keys(s3, **at, Prefix="vision/") == ["vision/a", "vision/b"]
    assert keys(s3, **at, Prefix="vision/a") == ["vision/a"]
    assert s3.get_object(**at, Key="vision/a")["Body"].read() == b"vision/a"
    assert s3.head_object(**at, Key="vision/b")["ContentLength"] == 8
    for prefix in ("", "v", "vision", "vision2/", "speech/"):
        refused(s3.list_objects_v2, **at, Prefix=prefix)
    refused(s3.list_objects_v2, **at)
    for key in ("vision2/a", "speech/a"):
        refused(s3.get_object, **at, Key=key)
    refused(s3.put_object, **at, Key="vision/c", Body=b"")
    refused(s3.delete_object, **at, Key="vision/a")
    refused(s3.create_multipart_upload, **at, Key="vision/c")
    refused(s3.list_multipart_uploads, **at)
    refused(s3.get_object, Bucket="others", Key="vision/a")
    refused(s3.list_objects_v2, Bucket="others", Prefix="vision/")


def test_writing_a_prefix_and_not_leaving_it(as_team: Talk) -> None:
    s3 = as_team(grant("read-write", "vision/"))
    at = {"Bucket": "datasets"}
    s3.put_object(**at, Key="vision/c", Body=b"first")
    s3.put_object(**at, Key="vision/c", Body=b"second")
    assert s3.get_object(**at, Key="vision/c")["Body"].read() == b"second"
    s3.delete_object(**at, Key="vision/c")
    assert keys(s3, **at, Prefix="vision/") == ["vision/a", "vision/b"]
    for key in ("vision2/c", "speech/a", "c"):
        refused(s3.put_object, **at, Key=key, Body=b"")
        refused(s3.delete_object, **at, Key=key)
        refused(s3.create_multipart_upload, **at, Key=key)
    refused(s3.put_object, Bucket="others", Key="vision/c", Body=b"")
    refused(s3.list_objects_v2, **at, Prefix="speech/")
    # No right of theirs reaches the bucket itself.
    refused(s3.list_multipart_uploads, **at, Prefix="vision/")
    refused(s3.put_bucket_versioning, **at, VersioningConfiguration={})
    refused(s3.delete_bucket_policy, **at)
    refused(s3.delete_bucket, **at)


def test_uploads_in_parts_are_finished_or_aborted(as_team: Talk) -> None:
    s3 = as_team(grant("read-write", "vision/"))
    at = {"Bucket": "datasets", "Key": "vision/large"}
    upload = {**at, "UploadId": s3.create_multipart_upload(**at)["UploadId"]}
    parts = [
        {
            "PartNumber": n,
            "ETag": s3.upload_part(**upload, PartNumber=n, Body=body)["ETag"],
        }
        for n, body in ((1, b"a" * PART), (2, b"b"))
    ]
    assert len(s3.list_parts(**upload)["Parts"]) == 2
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert s3.head_object(**at)["ContentLength"] == PART + 1
    other = {**at, "UploadId": s3.create_multipart_upload(**at)["UploadId"]}
    s3.upload_part(**other, PartNumber=1, Body=b"c" * PART)
    s3.abort_multipart_upload(**other)
    assert s3.head_object(**at)["ContentLength"] == PART + 1


def test_an_upload_of_others_is_not_aborted(owner: Any, as_team: Talk) -> None:
    at = {"Bucket": "datasets", "Key": "speech/large"}
    upload = {**at, "UploadId": owner.create_multipart_upload(**at)["UploadId"]}
    s3 = as_team(grant("read-write", "vision/"))
    refused(s3.upload_part, **upload, PartNumber=1, Body=b"")
    refused(s3.abort_multipart_upload, **upload)


def test_all_of_a_bucket(as_team: Talk) -> None:
    s3 = as_team(grant("read-write"))
    assert len(keys(s3, Bucket="datasets")) == 4
    s3.put_object(Bucket="datasets", Key="anywhere", Body=b"")
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="datasets")
    refused(s3.get_object, Bucket="others", Key="vision/a")


def test_each_grant_is_as_wide_as_it_was_given(as_team: Talk) -> None:
    s3 = as_team(
        grant("read-only", "vision/"),
        GrantedBucket(
            bucket_arn="arn:aws:s3:::others",
            access="read-write",
            prefix="speech",
            kms_key_arn=KEY,
        ),
    )
    assert keys(s3, Bucket="datasets", Prefix="vision/") == ["vision/a", "vision/b"]
    assert keys(s3, Bucket="others", Prefix="speech/") == ["speech/a"]
    s3.put_object(Bucket="others", Key="speech/b", Body=b"")
    refused(s3.put_object, Bucket="datasets", Key="speech/b", Body=b"")
    refused(s3.put_object, Bucket="others", Key="vision/c", Body=b"")
    refused(s3.list_objects_v2, Bucket="others", Prefix="vision/")


def test_a_role_without_a_policy_may_do_nothing(emulator: Emulator, owner: Any) -> None:
    trust = rendered(grant("read-only"))["trust"]
    iam = emulator.client("iam")
    role = iam.create_role(RoleName="idle", AssumeRolePolicyDocument=trust)["Role"]
    session = emulator.client("sts").assume_role(
        RoleArn=role["Arn"], RoleSessionName="pod"
    )
    emulator.enforce(True)
    s3 = emulator.client("s3", session["Credentials"])
    refused(s3.list_objects_v2, Bucket="datasets")
    refused(s3.get_object, Bucket="datasets", Key="vision/a")


TAGS = {
    "aws:RequestTag/eks-cluster-arn": f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/prod",
    "aws:RequestTag/kubernetes-namespace": "vision",
    "aws:RequestTag/kubernetes-service-account": "workload",
}


@pytest.mark.parametrize("key", [None, *TAGS])
def test_other_pods_do_not_get_the_role(key: str | None) -> None:
    """EKS itself is not emulated: the tags that it asks with are, one other."""
    (statement,) = json.loads(rendered(grant("read-only"))["trust"])["Statement"]
    given = TAGS if key is None else {**TAGS, key: "other"}
    assert holds(statement["Condition"], given) == (key is None)
    missing = {k: v for k, v in TAGS.items() if k != key}
    assert holds(statement["Condition"], missing) == (key is None)
