from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest

from components.gcp.key_grants import KeyGrants, KeyGrantsArgs
from components.gcp.kms_key import CloudKmsKey, CloudKmsKeyArgs
from components.gcp.kms_key_spec import CloudKmsKeySpec
from components.testing import Deployment, deploy

PROJECT = "ml-prod-123456"
NUMBER = "123456789012"
RING = f"projects/{PROJECT}/locations/us-central1/keyRings/r"
KEY = f"{RING}/cryptoKeys/k"


@pytest.fixture(params=[False, True], ids=["update", "preview"])
def preview(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture
def run(preview: bool) -> Callable[..., Deployment]:
    """Make a key called `data`, previewed and made."""

    def make(**more: Any) -> Deployment:
        def program() -> dict[str, Any]:
            provider = gcp.Provider("gcp", project=PROJECT)
            spec = CloudKmsKeySpec.model_validate(more)
            args = CloudKmsKeyArgs(spec=spec, project=PROJECT, region="us-central1")
            opts = pulumi.ResourceOptions(provider=provider)
            return {"key": CloudKmsKey("data", args, opts).key}

        return deploy(program, preview=preview)

    return make


def test_a_key_is_rotated_and_protected(run: Any, preview: bool) -> None:
    deployed = run()
    ring, key = deployed.one("KeyRing"), deployed.one("CryptoKey")
    component = deployed.one("ml-storage:index:CloudKmsKey")
    assert key.parent == ring.parent == component.urn
    assert key.protect
    assert ring.protect
    # Their names stay taken for ever: Pulumi picks them.
    assert "name" not in ring.inputs
    assert "name" not in key.inputs
    assert ring.inputs["location"] == "us-central1"
    assert key.inputs["rotationPeriod"] == "7776000s"
    assert key.inputs["purpose"] == "ENCRYPT_DECRYPT"
    assert key.inputs["deletionPolicy"] == "PREVENT"
    assert ring.urn in key.depends_on
    if not preview:
        assert "/cryptoKeys/data-key" in deployed.outputs["key"]


def test_a_key_may_be_ended_where_it_is_said(run: Any) -> None:
    key = run(onDelete="delete").one("CryptoKey")
    assert not key.protect
    assert not key.retain_on_delete
    assert key.inputs["deletionPolicy"] == "DELETE"


def test_a_key_that_exists_is_named_and_known(run: Any) -> None:
    deployed = run(existing=KEY)
    assert not deployed.all("CryptoKey")
    assert deployed.outputs["key"] == KEY


def test_a_key_that_is_adopted_stays_as_it_is(run: Any) -> None:
    deployed = run(adopt=KEY)
    key = deployed.one("CryptoKey")
    assert not deployed.all("KeyRing")
    assert (key.import_id, key.protect) == (KEY, True)
    assert key.inputs == {"name": "k", "keyRing": RING}
    assert {"rotationPeriod", "labels"} <= set(key.ignore_changes)


def granted(preview: bool, *services: Any) -> Deployment:
    def program() -> dict[str, Any]:
        provider = gcp.Provider("gcp", project=PROJECT)
        args = KeyGrantsArgs(
            key=KEY, project=PROJECT, project_number=NUMBER, services=services
        )
        opts = pulumi.ResourceOptions(provider=provider)
        return {"keys": KeyGrants("data", args, opts).keys}

    return deploy(program, preview=preview)


def test_who_encrypts_may_use_the_key_and_nothing_else(preview: bool) -> None:
    deployed = granted(preview, "storage", "compute", "filestore", "compute")
    members = deployed.all("CryptoKeyIAMMember")
    component = deployed.one("ml-storage:index:KeyGrants")
    assert {m.name for m in members} == {
        "data-storage",
        "data-compute",
        "data-filestore",
    }
    domains = ("gs-project-accounts", "compute-system", "cloud-filer")
    assert {m.inputs["member"] for m in members} == {
        f"serviceAccount:service-{NUMBER}@{domain}.iam.gserviceaccount.com"
        for domain in domains
    }
    for member in members:
        assert member.parent == component.urn
        assert member.inputs["cryptoKeyId"] == KEY
        assert member.inputs["role"] == "roles/cloudkms.cryptoKeyEncrypterDecrypter"
    # One that is made on demand is asked for first.
    asked = deployed.one("ServiceIdentity")
    assert asked.inputs["service"] == "file.googleapis.com"
    assert asked.urn in deployed.one("CryptoKeyIAMMember", "data-filestore").depends_on


def test_what_is_encrypted_comes_after_the_grant(preview: bool) -> None:
    deployed = granted(preview, "storage")
    if not preview:
        assert deployed.outputs["keys"] == {"storage": KEY}

    def program() -> None:
        provider = gcp.Provider("gcp", project=PROJECT)
        opts = pulumi.ResourceOptions(provider=provider)
        args = KeyGrantsArgs(
            key=KEY, project=PROJECT, project_number=NUMBER, services=["storage"]
        )
        key = KeyGrants("data", args, opts).keys["storage"]
        gcp.storage.Bucket(
            "a", location="US", encryption={"default_kms_key_name": key}, opts=opts
        )

    made = deploy(program, preview=preview)
    member = made.one("CryptoKeyIAMMember")
    assert member.urn in made.one("gcp:storage/bucket:Bucket").depends_on
