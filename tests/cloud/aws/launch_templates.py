"""EC2's launch templates and placement groups, as AWS treats them."""

from typing import Final

from tests.cloud.aws.networks import TAGS
from tests.cloud.aws.sources import schema
from tests.cloud.kind import Kind

TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"

KINDS: Final = (
    Kind(
        type_=TEMPLATE,
        id=lambda m: "lt-" + m.hex(17),
        outputs={
            "arn": lambda m: m.arn("ec2", f"launch-template/{m.id}"),
            "defaultVersion": lambda m: 1,
            "latestVersion": lambda m: 1,
        },
        models=(
            "ec2.CreateLaunchTemplate",
            "ec2.CreateLaunchTemplate:LaunchTemplateData",
        ),
        members={
            "defaultVersion": None,
            "description": "VersionDescription",
            "name": "LaunchTemplateName",
            "namePrefix": None,
            "networkInterfaces.ipv4AddressCount": None,
            "networkInterfaces.ipv4Addresses": None,
            "networkInterfaces.securityGroups": None,
            "securityGroupNames": "LaunchTemplateData.SecurityGroups",
            "tags": TAGS,
            "updateDefaultVersion": None,
            "vpcSecurityGroupIds": "LaunchTemplateData.SecurityGroupIds",
        },
        replaces=("name", "namePrefix"),
        computed=("defaultVersion", "metadataOptions"),
        named="name",
        unique=("name",),
        exists="InvalidLaunchTemplateName.AlreadyExistsException: Launch template "
        "name already in use ({})",
        grows=("latestVersion",),
        source=schema("ec2/ec2_launch_template.go", "025e4f81"),
    ),
    Kind(
        type_="aws:ec2/placementGroup:PlacementGroup",
        id=lambda m: m.inputs["name"],
        outputs={
            "arn": lambda m: m.arn("ec2", f"placement-group/{m.id}"),
            "placementGroupId": lambda m: "pg-" + m.hex(17),
        },
        models=("ec2.CreatePlacementGroup",),
        members={"name": "GroupName", "tags": TAGS},
        replaces=("name", "partitionCount", "spreadLevel", "strategy"),
        computed=("partitionCount", "spreadLevel"),
        named="name",
        exists="InvalidPlacementGroup.Duplicate: The placement group '{}' exists",
        source=schema("ec2/ec2_placement_group.go", "05e34de7"),
    ),
)
