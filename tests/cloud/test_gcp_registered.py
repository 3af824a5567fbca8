"""What Google Cloud would refuse of a program that runs with mocks."""

from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest

from components.testing import deploy
from tests.cloud.gcp.registered import refusals


@pytest.mark.parametrize(
    ("more", "refused"),
    [
        ({}, []),
        ({"access_mode": "READ_ONLY"}, ["accessMode: expected one of ['READ_ONLY_M"]),
        ({"size": "100"}, ["size: expected a whole number"]),
    ],
)
def test_a_preview_says_what_google_would_refuse(
    more: dict[str, Any], refused: list[str]
) -> None:
    def program() -> None:
        provider = gcp.Provider("gcp", project="ml-prod-123456")
        opts = pulumi.ResourceOptions(provider=provider)
        ring = gcp.kms.KeyRing("ring", location="us-central1", opts=opts)
        key = pulumi.Output.concat(ring.id, "/cryptoKeys/data")
        gcp.compute.Disk(
            "weights",
            zone="us-central1-a",
            disk_encryption_key={"kms_key_self_link": key},
            opts=opts,
            **{"size": 100, **more},
        )

    found = refusals(deploy(program, preview=True))
    assert len(found) == len(refused)
    for text, wanted in zip(found, refused, strict=True):
        assert wanted in text
