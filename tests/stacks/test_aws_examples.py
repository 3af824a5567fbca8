"""The environments of `examples/aws`, as `pulumi up` would register them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from stacks.testing import Deployment, Registered, deploy_stack
from tests.cloud.aws.registered import refusals
from tests.stacks.examples import needs

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[2] / "examples" / "aws"
FILES = sorted(EXAMPLES.glob("Pulumi.*.yaml"))


@cache
def deployed(file: Path) -> Deployment:
    """What an update of a stack registers."""
    return deploy_stack(file, strict=True)


@pytest.fixture
def prod() -> Deployment:
    return deployed(EXAMPLES / "Pulumi.prod.yaml")


def every() -> Iterator[Registered]:
    """Everything that any of the examples registers."""
    for file in FILES:
        yield from deployed(file).resources


def policies(value: Any) -> Iterator[dict[str, Any]]:
    """Every policy document in a resource's inputs, as text or as it is."""
    if isinstance(value, str) and '"Statement"' in value:
        value = json.loads(value)
    if isinstance(value, dict):
        if "Statement" in value:
            yield value
        for item in value.values():
            yield from policies(item)
    elif isinstance(value, list):
        for item in value:
            yield from policies(item)


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_comes_up_without_a_warning(file: Path) -> None:
    updated = deployed(file)
    previewed = deploy_stack(file, preview=True, strict=True)
    assert updated.resources
    # What were made of a value that only AWS knows would be missing in a preview.
    assert {made.urn for made in previewed.resources} == {
        made.urn for made in updated.resources
    }
    assert refusals(previewed) == []


def test_objects_go_before_drivers_and_nodes(prod: Deployment) -> None:
    groups = prod.all("aws:eks/nodeGroup:NodeGroup")
    add_ons = prod.all("aws:eks/addon:Addon")
    assert len(groups) == 3
    assert len(add_ons) >= 5
    objects = [r for r in prod.resources if r.type.startswith("kubernetes:core/")]
    assert objects
    for made in objects:
        before = needs(prod, made)
        for found in (*groups, *add_ons):
            assert found.urn in before, f"{made.urn} would outlive {found.urn}"


def by_the_network(statement: dict[str, Any]) -> bool:
    """Whether only who reaches a mount target of EFS is meant.

    The nodes mount without an identity of their own: the security group says who
    they are, and the policy that all is by TLS.
    """
    condition = statement.get("Condition", {}).get("Bool", {})
    return condition.get("elasticfilesystem:AccessedViaMountTarget") == "true"


def test_no_policy_of_ours_has_a_wildcard_for_a_resource() -> None:
    seen = 0
    for made in every():
        for document in policies(made.inputs):
            for statement in listed(document["Statement"]):
                seen += 1
                resources = listed(statement.get("Resource", []))
                assert "*" not in resources, f"{made.urn}: {statement}"
                if statement["Effect"] == "Allow" and not by_the_network(statement):
                    principal = statement.get("Principal")
                    assert principal not in ("*", {"AWS": "*"}), made.urn
    assert seen > 10


def test_every_bucket_is_private_encrypted_and_by_tls_only(prod: Deployment) -> None:
    buckets = prod.all("aws:s3/bucket:Bucket")
    assert len(buckets) == 3
    for bucket in buckets:
        assert bucket.protect
        assert not bucket.inputs.get("forceDestroy")
    blocks = prod.all("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    assert len(blocks) == 3
    for block in blocks:
        for key in (
            *("blockPublicAcls", "blockPublicPolicy"),
            *("ignorePublicAcls", "restrictPublicBuckets"),
        ):
            assert block.inputs[key] is True
    encrypted = prod.all(
        "aws:s3/bucketServerSideEncryptionConfiguration:"
        "BucketServerSideEncryptionConfiguration"
    )
    assert len(encrypted) == 3
    refusals = [
        statement
        for policy in prod.all("aws:s3/bucketPolicy:BucketPolicy")
        for document in policies(policy.inputs)
        for statement in listed(document["Statement"])
        if statement["Effect"] == "Deny"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    ]
    assert len(refusals) == 3


def test_what_holds_data_is_encrypted_and_protected(prod: Deployment) -> None:
    lustre = prod.one("aws:fsx/lustreFileSystem:LustreFileSystem")
    efs = prod.one("aws:efs/fileSystem:FileSystem")
    key = prod.one("aws:kms/key:Key")
    assert lustre.protect
    assert lustre.inputs["kmsKeyId"]
    assert efs.protect
    assert efs.inputs["encrypted"] is True
    assert efs.inputs["kmsKeyId"]
    assert key.protect
    assert key.inputs["enableKeyRotation"] is True
    subnets = [
        found for found in prod.all("aws:ec2/subnet:Subnet") if "private" in found.name
    ]
    network = [*prod.all("aws:ec2/vpc:Vpc"), *subnets]
    assert len(network) == 3
    assert all(made.protect for made in network)


def test_nodes_are_the_autoscalers_business(prod: Deployment) -> None:
    for group in prod.all("aws:eks/nodeGroup:NodeGroup"):
        assert "scalingConfig.desiredSize" in group.ignore_changes
