from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.aws.kms_key import KmsKey, KmsKeyArgs
from components.aws.kms_key_spec import KmsKeySpec
from components.testing import Deployment, deploy

ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = f"arn:aws:kms:us-west-2:123456789012:key/{ID}"


@pytest.fixture(params=[False, True], ids=["update", "preview"])
def run(request: pytest.FixtureRequest) -> Callable[..., Deployment]:
    """Make a key called `data`, previewed and made."""

    def make(**more: Any) -> Deployment:
        def program() -> dict[str, Any]:
            provider = aws.Provider("aws", region="us-west-2")
            args = KmsKeyArgs(spec=KmsKeySpec.model_validate(more))
            key = KmsKey("data", args, pulumi.ResourceOptions(provider=provider))
            return {"arn": key.key_arn}

        return deploy(
            program,
            preview=request.param,
            outputs=lambda r: {"arn": ARN, "keyId": ID} if r.kind == "Key" else {},
        )

    return make


def test_a_key_is_rotated_and_protected(run: Any) -> None:
    deployed = run()
    key, alias = deployed.one("Key"), deployed.one("Alias")
    component = deployed.one("ml-storage:index:KmsKey")
    assert key.parent == alias.parent == component.urn
    assert key.protect
    assert not alias.protect
    assert key.inputs["enableKeyRotation"] is True
    assert key.inputs["deletionWindowInDays"] == 30
    # AWS's own: the account administers it, IAM gives rights to it.
    assert "policy" not in key.inputs
    assert alias.inputs["name"] == "alias/ml-storage-test-data"
    assert key.urn in alias.depends_on


def test_a_key_may_be_deleted_where_it_is_said(run: Any) -> None:
    key = run(onDelete="delete", deletionDays=7).one("Key")
    assert not key.protect
    assert not key.retain_on_delete
    assert key.inputs["deletionWindowInDays"] == 7


def test_a_key_that_exists_is_named_and_known(run: Any) -> None:
    deployed = run(existing=ARN)
    assert not [r for r in deployed.resources if r.type.startswith("aws:")]
    assert deployed.outputs == {"arn": ARN}


def test_a_key_that_is_adopted_is_imported(run: Any) -> None:
    deployed = run(adopt=ID)
    key = deployed.one("Key")
    assert key.import_id == ID
    assert key.protect
    assert key.ignore_changes == ("description", "tags", "tagsAll")
    # It may have a name already.
    assert not deployed.all("Alias")
