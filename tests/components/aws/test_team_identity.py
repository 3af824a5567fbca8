from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.aws.team_identity import GrantedBucket, TeamIdentity, TeamIdentityArgs
from components.testing import Deployment, deploy

BUCKET = "arn:aws:s3:::datasets"
KEY = "arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ISSUER = "oidc.eks.us-west-2.amazonaws.com/id/ABC"
ROLE = "arn:aws:iam::123456789012:role/vision"
CLUSTER: dict[str, Any] = {
    "cluster_name": "prod",
    "cluster_arn": "arn:aws:eks:us-west-2:123456789012:cluster/prod",
}
OIDC: dict[str, Any] = {
    "identity": "irsa",
    "oidc_provider_arn": f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}",
    "oidc_issuer": f"https://{ISSUER}",
}
GRANTS = {
    "datasets": GrantedBucket(bucket_arn=BUCKET, access="read-only", prefix="vision/"),
    "models": GrantedBucket(
        bucket_arn="arn:aws:s3:::models", access="read-write", kms_key_arn=KEY
    ),
}


@pytest.fixture(params=[False, True], ids=["update", "preview"])
def preview(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture
def run(preview: bool) -> Callable[..., Deployment]:
    """Make the identity of a team called `vision`, previewed and made."""

    def make(**more: Any) -> Deployment:
        def program() -> dict[str, Any]:
            provider = aws.Provider("aws", region="us-west-2")
            identity = TeamIdentity(
                "vision",
                TeamIdentityArgs(**{"namespace": "vision", "grants": GRANTS, **more}),
                pulumi.ResourceOptions(provider=provider),
            )
            return {"annotations": dict(identity.annotations)}

        return deploy(
            program,
            preview=preview,
            outputs=lambda r: {"arn": ROLE, "name": "v"} if r.kind == "Role" else {},
        )

    return make


def test_pod_identity(run: Any) -> None:
    deployed = run(**CLUSTER)
    component = deployed.one("TeamIdentity")
    role, policy = deployed.one("Role"), deployed.one("RolePolicy")
    association = deployed.one("PodIdentityAssociation")
    assert {r.parent for r in (role, policy, association)} == {component.urn}
    (statement,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    tags = statement["Condition"]["StringEquals"]
    assert tags["aws:RequestTag/kubernetes-namespace"] == "vision"
    assert tags["aws:RequestTag/kubernetes-service-account"] == "workload"
    assert association.inputs["clusterName"] == "prod"
    assert association.inputs["namespace"] == "vision"
    assert association.inputs["serviceAccount"] == "workload"
    assert policy.urn in association.depends_on
    assert not any(r.protect for r in (role, policy, association))
    assert deployed.outputs["annotations"] == {}


def test_irsa(run: Any, preview: bool) -> None:
    deployed = run(**OIDC)
    assert not deployed.all("PodIdentityAssociation")
    trust = json.loads(deployed.one("Role").inputs["assumeRolePolicy"])
    (statement,) = trust["Statement"]
    assert statement["Condition"]["StringEquals"] == {
        f"{ISSUER}:sub": "system:serviceaccount:vision:workload",
        f"{ISSUER}:aud": "sts.amazonaws.com",
    }
    if not preview:
        annotations = deployed.outputs["annotations"]
        assert annotations == {"eks.amazonaws.com/role-arn": ROLE}


def test_exactly_what_was_granted(run: Any) -> None:
    policy = json.loads(run(**CLUSTER).one("RolePolicy").inputs["policy"])
    resources = {r for s in policy["Statement"] for r in s["Resource"]}
    assert resources == {
        *(BUCKET, f"{BUCKET}/vision/*"),
        *("arn:aws:s3:::models", "arn:aws:s3:::models/*"),
        KEY,
    }
    written = [s for s in policy["Statement"] if "s3:PutObject" in s["Action"]]
    assert [s["Resource"] for s in written] == [["arn:aws:s3:::models/*"]]


def test_no_resource_is_everything_and_no_principal_is_everyone(run: Any) -> None:
    for more in (CLUSTER, OIDC):
        deployed = run(**more)
        documents = [
            json.loads(resource.inputs[key])
            for resource in deployed.resources
            for key in ("policy", "assumeRolePolicy")
            if key in resource.inputs
        ]
        assert len(documents) == 2
        for statement in (s for d in documents for s in d["Statement"]):
            assert "*" not in statement.get("Resource", [])
            assert statement.get("Principal") not in ("*", {"AWS": "*"})


def test_a_policy_waits_for_a_key_that_is_not_there_yet(
    preview: bool,
) -> None:
    def program() -> None:
        provider = aws.Provider("aws", region="us-west-2")
        opts = pulumi.ResourceOptions(provider=provider)
        key = aws.kms.Key("made", opts=opts)
        grant = GrantedBucket(bucket_arn=BUCKET, access="read-only", kms_key_arn=key.id)
        TeamIdentity(
            "vision",
            TeamIdentityArgs(namespace="vision", grants={"a": grant}, **CLUSTER),
            opts,
        )

    deployed = deploy(program, preview=preview)
    policy = deployed.one("RolePolicy")
    assert ("policy" in policy.unknown) == preview


def test_a_team_without_buckets_may_do_nothing(run: Any) -> None:
    deployed = run(grants={}, **CLUSTER)
    assert not deployed.all("RolePolicy")
    assert deployed.all("Role")


def test_tags_of_the_team(run: Any) -> None:
    role = run(tags={"team": "vision"}, **CLUSTER).one("Role")
    assert role.inputs["tags"] == {"team": "vision"}


def test_a_prefix_that_is_a_pattern(run: Any) -> None:
    grant = GrantedBucket(bucket_arn=BUCKET, access="read-only", prefix="*")
    with pytest.raises(ValueError, match="stand for other texts"):
        run(grants={"datasets": grant}, **CLUSTER)


@pytest.mark.parametrize(
    "more",
    [
        {"cluster_name": "prod"},
        {"cluster_arn": CLUSTER["cluster_arn"]},
        {"identity": "irsa", "oidc_issuer": ISSUER},
        {"identity": "irsa", "oidc_provider_arn": OIDC["oidc_provider_arn"]},
    ],
)
def test_what_an_identity_needs_of_the_cluster(run: Any, more: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="needs"):
        run(**more)
