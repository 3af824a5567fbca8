"""What AWS would refuse of a program that runs with mocks."""

from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.testing import deploy
from tests.cloud.aws.registered import refusals


@pytest.mark.parametrize(
    ("more", "refused"),
    [
        ({}, []),
        (
            {"deployment_type": "PERSISTENT_3"},
            ["deploymentType: expected one of ['SCRATCH_1', 'SCRATCH_2', "],
        ),
        ({"storage_capacity": "1200"}, ["storageCapacity: expected a whole number"]),
    ],
)
def test_a_preview_says_what_aws_would_refuse(
    more: dict[str, Any], refused: list[str]
) -> None:
    def program() -> None:
        opts = pulumi.ResourceOptions(provider=aws.Provider("aws", region="us-west-2"))
        vpc = aws.ec2.Vpc("net", cidr_block="10.40.0.0/16", opts=opts)
        subnet = aws.ec2.Subnet("a", vpc_id=vpc.id, opts=opts)
        aws.fsx.LustreFileSystem(
            "data",
            **{"subnet_ids": subnet.id, "storage_capacity": 1200, **more},
            opts=opts,
        )

    found = refusals(deploy(program, preview=True))
    assert len(found) == len(refused)
    for text, wanted in zip(found, refused, strict=True):
        assert wanted in text
