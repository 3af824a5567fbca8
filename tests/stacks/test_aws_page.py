"""What the how-tos on AWS show is right, comes up, and is as they say."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from stacks.load import from_file
from stacks.testing import Deployment, deploy_stack
from tests.cloud.aws.cloud import Aws
from tests.cloud.aws.registered import refusals
from tests.cloud.diffing import compare
from tests.stacks.pages import (
    ENVIRONMENT,
    NEW,
    PLATFORM,
    ROOT,
    TEAM,
    Mistake,
    Pages,
    all_of,
    data_alone,
    kept,
)

PAGES = Pages("aws")
MAIN = PAGES.texts["aws"]

LUSTRE = "aws:fsx/lustreFileSystem:LustreFileSystem"
EFS = "aws:efs/fileSystem:FileSystem"
BUCKET = "aws:s3/bucket:Bucket"
ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:"
    "BucketServerSideEncryptionConfiguration"
)


@pytest.fixture
def stacks(tmp_path: Path) -> Path:
    """A directory with the files that the main page shows."""
    return PAGES.write(tmp_path)


def test_the_pages_show_what_is_looked_at() -> None:
    assert set(PAGES.files) == {ENVIRONMENT, TEAM, NEW}
    assert PAGES.shown == len(PAGES.files) + len(PAGES.all_parts)
    assert len(PAGES.team_parts) >= 4


@pytest.mark.parametrize("name", PAGES.files)
def test_nothing_is_wrong_with_a_file(stacks: Path, name: str) -> None:
    assert from_file(stacks / name).found == []


@pytest.mark.parametrize(("page", "index"), PAGES.all_parts)
def test_nothing_is_wrong_with_a_part(tmp_path: Path, page: str, index: int) -> None:
    assert PAGES.problems_of_part(tmp_path, page, index) == []


@pytest.mark.slow
@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
@pytest.mark.parametrize("page", PAGES.texts)
def test_an_environment_comes_up_with_all_of_a_page(page: str, preview: bool) -> None:
    made = PAGES.deployed(page, preview=preview)
    assert len(made.resources) > 50
    if preview:
        assert refusals(made) == []


@pytest.mark.slow
@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
@pytest.mark.parametrize(("page", "index"), PAGES.team_parts)
def test_a_team_comes_up_with_a_part(page: str, index: int, preview: bool) -> None:
    made = deploy_stack(
        PAGES.team(page, index),
        preview=preview,
        strict=True,
        contract=PAGES.deployed(page).outputs["contract"],
    )
    assert made.all("Job")


@pytest.mark.slow
@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_a_team_makes_nothing_on_aws(preview: bool) -> None:
    contract = deploy_stack(PAGES.config(ENVIRONMENT), name="prod").outputs["contract"]
    config = PAGES.config(TEAM)
    made = deploy_stack(config, preview=preview, strict=True, contract=contract)
    assert made.manifest("Job", "train")
    assert not [r for r in made.resources if r.type.startswith("aws:")]
    assert [r.name for r in made.resources if "providers:" in r.type] == ["cluster"]


@pytest.mark.slow
@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_a_network_and_a_cluster_are_made_as_it_says(preview: bool) -> None:
    made = deploy_stack(PAGES.config(NEW), preview=preview, strict=True, name="new")
    assert len(made.all("aws:ec2/natGateway:NatGateway")) == 1
    assert len(made.all("aws:ec2/subnet:Subnet")) == 4
    cluster = made.one("aws:eks/cluster:Cluster").inputs
    assert cluster["vpcConfig"]["publicAccessCidrs"] == ["203.0.113.7/32"]
    assert cluster["accessConfig"]["bootstrapClusterCreatorAdminPermissions"]
    if not preview:
        assert made.outputs["cluster"]


def test_a_cluster_that_its_maker_cannot_reach_is_warned_of(stacks: Path) -> None:
    text, public = PAGES.files[NEW], "publicAccess: [203.0.113.7/32]"
    assert public in text
    (stacks / NEW).write_text(text.replace(public, "publicAccess: []"))
    (found,) = from_file(stacks / NEW).found
    assert found.problem.severity == "warning"
    assert "API server" in found.problem.message


ASKED = sorted(
    {
        (service, command, options)
        for text in PAGES.texts.values()
        for service, command, options in re.findall(
            r"(?:^    |`)aws (\w+) ([\w-]+)([^`\n]*)", text, re.MULTILINE
        )
        # What the AWS CLI has beside the API, and says so itself.
        if command not in ("get-token", "update-kubeconfig")
    }
)
"""Commands of the AWS CLI that are operations of the API."""


@pytest.mark.parametrize(("service", "command", "options"), ASKED)
def test_a_command_of_the_aws_cli_is_one(
    service: str, command: str, options: str
) -> None:
    model = botocore.session.get_session().get_service_model(service)
    name = "".join(part.capitalize() for part in command.split("-"))
    operation = model.operation_model(name)
    asks: Any = operation.input_shape
    taken = asks.members if asks is not None else {}
    for option in re.findall(r"--([\w-]+)", options):
        if option == "query":
            continue
        head, *rest = option.split("-")
        assert head + "".join(part.capitalize() for part in rest) in taken, option
    found = re.search(r"--query (\S+)", options)
    shape: Any = operation.output_shape
    for key in found[1].split(".") if found else ():
        shape = shape.members[key]


@pytest.mark.slow
@pytest.mark.parametrize("command", PAGES.checks)
def test_a_command_of_the_pages_finds_nothing_wrong(
    tmp_path: Path, command: str
) -> None:
    assert "checked: 0 problems" in PAGES.run(command, tmp_path)


def test_the_mistakes_are_reported_as_they_are_shown(stacks: Path) -> None:
    zones = "gpus: 4, zones: [us-west-2{}]"
    for mistake in (
        Mistake(ENVIRONMENT, "capacityGiB: 4800", "capacityGiB: 3600", ENVIRONMENT),
        Mistake(ENVIRONMENT, zones.format("a"), zones.format("b"), TEAM),
        Mistake(TEAM, "/runs: runs", "/runs: runs, /ckpt: checkpoints", TEAM),
    ):
        text = PAGES.message(stacks, mistake)
        assert text in MAIN, f"the page is to show:\n{text}"


@pytest.mark.slow
def test_what_is_added_to_the_class_of_a_guide_is_what_is_shown() -> None:
    page = "aws-storage"
    said = [text for level, text in PAGES.deployed(page).messages if level == "info"]
    added = "\n".join(f"    {text}" for text in said if text.startswith("storageC"))
    assert added
    assert added in PAGES.texts[page], f"the page is to show:\n{added}"
    lustre = PAGES.deployed(page).manifest("StorageClass", "lustre")
    assert lustre["parameters"]["fileSystemTypeVersion"] == "2.15"
    assert lustre["parameters"]["securityGroupIds"]


DATA = ("cloud", "region", "network", "keys", "storage")


@cache
def stored(key: str = "", name: str = "", value: str = "") -> Deployment:
    """The environment's data alone, after an edit of its file where one is given."""
    whole = data_alone(PAGES.config(ENVIRONMENT), DATA)
    platform = whole[PLATFORM]
    platform["keys"]["other"] = {}
    platform["storage"]["datasets"]["bucket"] = "datasets-of-prod"
    if "metadataIops" in (key, name):
        platform["storage"]["training-data"]["metadataIops"] = 6000
    if value:
        platform["storage"][name][key] = json.loads(value)
    return deploy_stack(whole, name="prod")


CHANGES = [
    (LUSTRE, "training-data", "capacityGiB", 7200, "in place"),
    (LUSTRE, "training-data", "throughputPerTiB", 500, "in place"),
    (LUSTRE, "training-data", "capacityGiB", 2400, "refused"),
    (LUSTRE, "training-data", "zone", "us-west-2b", "refused"),
    (LUSTRE, "training-data", "kmsKey", "other", "refused"),
    (LUSTRE, "training-data", "lustreVersion", "2.12", "refused"),
    (LUSTRE, "training-data", "metadataIops", 1500, "refused"),
    (LUSTRE, "training-data", "metadataIops", 12000, "in place"),
    (EFS, "models", "throughput", "bursting", "in place"),
    (EFS, "models", "lifecycle", {"toIA": "30d"}, "in place"),
    (EFS, "models", "zone", "us-west-2a", "refused"),
    (EFS, "models", "kmsKey", "other", "refused"),
    (BUCKET, "datasets", "bucket", "datasets-of-us", "refused"),
    (ENCRYPTION, "datasets", "kmsKey", "other", "in place"),
]
ROWS = re.findall(
    r"^\| (.+?) \| `(.+?)` \| (in place|refused)(.*?) \|$", MAIN, re.MULTILINE
)


@pytest.mark.slow
@pytest.mark.parametrize(("token", "name", "key", "value", "said"), CHANGES)
def test_what_the_table_says_of_changes(
    token: str, name: str, key: str, value: Any, said: str
) -> None:
    unchanged = stored("", key) if key == "metadataIops" else stored()
    before, after = (
        next(r for r in made.all(token) if r.name.startswith(name)).inputs
        for made in (unchanged, stored(key, name, json.dumps(value)))
    )
    assert before != after
    replaces = compare(Aws().kinds[token], before, {}, after, []).replaces
    assert bool(replaces) is (said == "refused")


def test_the_table_of_changes_names_what_is_tried() -> None:
    tried = {key for _, _, key, _, _ in CHANGES} | {"deployment", "storageType"}
    named = {word for what, *_ in ROWS for word in re.findall(r"`(\w+)`", what)}
    assert named - {"performance"} == tried


@pytest.fixture(scope="module")
def prod() -> Deployment:
    return deploy_stack(ROOT / "examples" / "aws" / "Pulumi.prod.yaml")


@pytest.mark.slow
def test_what_exclude_protected_keeps(prod: Deployment) -> None:
    stays = kept(prod)

    keeps = (
        *(LUSTRE, EFS, BUCKET, ENCRYPTION, "BucketPolicy", "BucketPublicAccessBlock"),
        *("BucketVersioning", "FileSystemPolicy", "aws:kms/key:Key", "Vpc"),
        *("Namespace", "aws:ec2/natGateway:NatGateway"),
        *("aws:eks/cluster:Cluster", "aws:eks/nodeGroup:NodeGroup", "Addon"),
    )
    for made in all_of(prod, keeps):
        assert made.urn in stays, made
    for made in prod.all("aws:ec2/subnet:Subnet"):
        assert made.urn in stays or "private" not in made.name
    goes = (
        *("PersistentVolume", "PersistentVolumeClaim", "StorageClass"),
        *("ResourceQuota", "RoleBinding", "TeamIdentity"),
    )
    for made in all_of(prod, goes):
        assert made.urn not in stays, made


@pytest.mark.slow
def test_nodes_begin_with_the_taints_that_are_named() -> None:
    made = PAGES.deployed("aws-nodes").all("aws:eks/nodeGroup:NodeGroup")
    assert len(made) == 5
    for group in made:
        keys = {taint["key"] for taint in group.inputs["taints"]}
        assert "fsx.csi.aws.com/agent-not-ready" in keys
        assert "scalingConfig.desiredSize" in group.ignore_changes


@pytest.mark.slow
def test_a_role_has_what_was_granted() -> None:
    made = PAGES.deployed("aws").one("aws:iam/rolePolicy:RolePolicy", "vision-policy")
    policy: str = made.inputs["policy"]
    assert "imagenet/*" in policy
    assert "vision/*" in policy
    assert "s3:PutObject" in policy


def test_every_rule_and_anchor_that_the_pages_name_is_there() -> None:
    PAGES.assert_rules_and_anchors(3)
