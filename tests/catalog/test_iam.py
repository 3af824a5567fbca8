from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.iam.aws_managed_policies import aws_managed_policies_data

from components.catalog import iam, iam_drivers, iam_trust, kms
from components.catalog.iam import BucketGrant

BUCKET = "arn:aws:s3:::datasets"
EXPRESS = "arn:aws:s3express:us-west-2:123456789012:bucket/fast--usw2-az1--x-s3"
KEY = "arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def statements(*grants: BucketGrant) -> list[dict[str, Any]]:
    return iam.bucket_access(grants)["Statement"]


def actions(found: list[dict[str, Any]]) -> set[str]:
    return {action for statement in found for action in statement["Action"]}


def test_reading_a_prefix() -> None:
    found = statements(
        BucketGrant(bucket_arn=BUCKET, access="read-only", prefix="vision")
    )
    assert found == [
        {
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": [BUCKET],
            "Condition": {"StringLike": {"s3:prefix": ["vision/*"]}},
        },
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": [f"{BUCKET}/vision/*"],
        },
    ]


def test_writing_a_prefix_cannot_list_the_uploads_of_others() -> None:
    part = BucketGrant(bucket_arn=BUCKET, access="read-write", prefix="vision/")
    whole = BucketGrant(bucket_arn=BUCKET, access="read-write")
    assert actions(statements(part)) == {
        "s3:ListBucket",
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
    }
    more = actions(statements(whole)) - actions(statements(part))
    assert more == {"s3:ListBucketMultipartUploads"}


def test_a_key_is_used_as_far_as_its_buckets_are() -> None:
    def key_actions(*access: iam.Access) -> set[str]:
        grants = [
            BucketGrant(bucket_arn=f"{BUCKET}{i}", access=a, kms_key_arn=KEY)
            for i, a in enumerate(access)
        ]
        (found,) = [s for s in statements(*grants) if s["Resource"] == [KEY]]
        return set(found["Action"])

    assert key_actions("read-only") == {"kms:Decrypt"}
    both = {"kms:Decrypt", "kms:GenerateDataKey"}
    assert key_actions("read-write") == both
    assert key_actions("read-only", "read-write", "read-only") == both


def test_a_directory_bucket_is_opened_by_a_session() -> None:
    (read,) = statements(BucketGrant(bucket_arn=EXPRESS, access="read-only"))
    (write,) = statements(BucketGrant(bucket_arn=EXPRESS, access="read-write"))
    assert read["Action"] == write["Action"] == ["s3express:CreateSession"]
    assert read["Condition"] == {"StringEquals": {"s3express:SessionMode": "ReadOnly"}}
    assert "Condition" not in write
    with pytest.raises(ValueError, match="directory"):
        statements(BucketGrant(bucket_arn=EXPRESS, access="read-only", prefix="a"))
    assert iam.in_part("fast--usw2-az1--x-s3", "a/") is not None
    assert iam.in_part("datasets", "a/") is None


@pytest.mark.parametrize("prefix", ["*", "a*", "a?", "${aws:username}", "a/*/b"])
def test_a_prefix_is_no_pattern(prefix: str) -> None:
    problem = iam.prefix_problem(prefix)
    assert problem is not None
    assert problem.rule == "IAM01"
    assert problem.nearest is None or not iam.prefix_problem(str(problem.nearest))
    with pytest.raises(ValueError, match="prefix"):
        statements(BucketGrant(bucket_arn=BUCKET, access="read-only", prefix=prefix))


def test_seventy_grants_fit_into_the_policies_of_a_role() -> None:
    grants = [
        BucketGrant(
            bucket_arn=f"arn:aws:s3:::{'b' * 40}{i}",
            access="read-only" if i % 2 else "read-write",
            prefix="a/team",
        )
        for i in range(70)
    ]
    text = json.dumps(iam.bucket_access(grants), separators=(",", ":"))
    assert len(text) <= 10_240


def test_no_policy_of_nothing() -> None:
    with pytest.raises(ValueError, match="nothing"):
        iam.bucket_access([])


GRANTS = st.builds(
    BucketGrant,
    bucket_arn=st.sampled_from([BUCKET, f"{BUCKET}2", EXPRESS]),
    access=st.sampled_from(["read-only", "read-write"]),
    kms_key_arn=st.sampled_from([None, KEY]),
)


@given(st.lists(GRANTS, min_size=1, max_size=8))
def test_no_statement_is_of_everything(grants: list[BucketGrant]) -> None:
    granted = {grant.bucket_arn for grant in grants} | {KEY}
    for statement in statements(*grants):
        assert all(resource != "*" for resource in statement["Resource"])
        assert all("*" not in action for action in statement["Action"])
        for resource in statement["Resource"]:
            assert resource.removesuffix("/*") in granted


@given(st.text("abc/", max_size=12))
def test_a_prefix_is_written_one_way(text: str) -> None:
    prefix = iam.as_prefix(text)
    assert prefix == iam.as_prefix(prefix)
    assert prefix == "" or (prefix.endswith("/") and not prefix.startswith("/"))


def test_tls_only_denies_and_allows_nothing() -> None:
    (statement,) = iam.tls_only(BUCKET)["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [BUCKET, f"{BUCKET}/*"]


def test_pods_of_one_service_account_of_one_cluster() -> None:
    cluster = "arn:aws:eks:us-west-2:123456789012:cluster/prod"
    (statement,) = iam_trust.pod_identity(
        cluster_arn=cluster, namespace="vision", service_account="workload"
    )["Statement"]
    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert statement["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    assert statement["Condition"]["StringEquals"] == {
        "aws:RequestTag/eks-cluster-arn": cluster,
        "aws:RequestTag/kubernetes-namespace": "vision",
        "aws:RequestTag/kubernetes-service-account": "workload",
    }


@pytest.mark.parametrize("scheme", ["https://", ""])
def test_irsa_compares_subject_and_audience(scheme: str) -> None:
    host = "oidc.eks.us-west-2.amazonaws.com/id/ABC"
    provider = f"arn:aws:iam::123456789012:oidc-provider/{host}"
    (statement,) = iam_trust.irsa(
        provider_arn=provider,
        issuer=f"{scheme}{host}",
        namespace="vision",
        service_account="workload",
    )["Statement"]
    assert statement["Principal"] == {"Federated": provider}
    assert statement["Condition"]["StringEquals"] == {
        f"{host}:sub": "system:serviceaccount:vision:workload",
        f"{host}:aud": "sts.amazonaws.com",
    }


def test_a_service() -> None:
    (statement,) = iam_trust.service("ec2.amazonaws.com")["Statement"]
    assert statement["Principal"] == {"Service": ["ec2.amazonaws.com"]}


def test_the_policies_of_aws_are_there() -> None:
    """Among those that AWS had when the emulator's list was made."""
    data = json.loads(aws_managed_policies_data)
    paths = {name: policy.get("Path", "/") for name, policy in data.items()}
    known = {f"arn:aws:iam::aws:policy{path}{name}" for name, path in paths.items()}
    for role in iam_drivers.DRIVER_ROLES.values():
        for name in role.managed:
            assert iam_drivers.managed_policy(name) in known


def test_what_we_write_for_drivers_is_of_named_things() -> None:
    for policy in (
        iam_drivers.encrypted_disks([KEY]),
        iam_drivers.autoscaler(
            cluster="prod", region="us-west-2", account="123456789012"
        ),
    ):
        for statement in policy["Statement"]:
            assert "*" not in statement["Resource"]
            assert all("123456789012" in resource for resource in statement["Resource"])


@pytest.mark.parametrize(
    "text", ["", "data", "alias/data", KEY.replace(":key/", ":alias/"), f"{KEY}0"]
)
def test_what_is_no_arn_of_a_key(text: str) -> None:
    problem = kms.key_arn(text)
    assert problem is not None
    assert problem.rule == "KEY01"


def test_how_keys_are_named() -> None:
    assert kms.key_arn(KEY) is None
    assert kms.reference(KEY) is None
    assert kms.reference("data") is None
    assert kms.reference("alias/data") is not None
    assert kms.key_id("1234abcd-12ab-34cd-56ef-1234567890ab") is None
    assert kms.key_id(f"mrk-{'0' * 32}") is None
    problem = kms.key_id(KEY)
    assert problem is not None
    assert problem.nearest == "1234abcd-12ab-34cd-56ef-1234567890ab"
