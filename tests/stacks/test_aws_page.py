"""What the how-tos on AWS show is right, comes up, and is as they say."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import textwrap
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml

from stacks import report
from stacks.load import from_file
from stacks.testing import Deployment, Registered, deploy_stack
from tests.cloud.aws.cloud import Aws
from tests.cloud.aws.registered import refusals
from tests.cloud.diffing import compare

ROOT = Path(__file__).parents[2]
PAGES = {
    file.stem: file.read_text()
    for file in sorted((ROOT / "docs" / "how-to").glob("aws*.md"))
}
MAIN = PAGES["aws"]
ENVIRONMENT, TEAM, NEW = (
    "Pulumi.prod.yaml",
    "Pulumi.vision-prod.yaml",
    "Pulumi.new.yaml",
)
FILES = dict(re.findall(r"```yaml file=(\S+)\n(.*?)```", MAIN, re.DOTALL))
PLATFORM, OWN = "ml-storage:platform", "ml-storage:team"

LUSTRE = "aws:fsx/lustreFileSystem:LustreFileSystem"
EFS = "aws:efs/fileSystem:FileSystem"
BUCKET = "aws:s3/bucket:Bucket"
ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:"
    "BucketServerSideEncryptionConfiguration"
)

Values = dict[str, Any]


def config(name: str) -> Values:
    """What stands under `config:` in one of the main page's files."""
    return yaml.safe_load(FILES[name])["config"]


def parts(page: str) -> list[Values]:
    """The blocks of a page that are a part of a file."""
    blocks = re.findall(r"```yaml\n(.*?)```", PAGES[page], re.DOTALL)
    return [yaml.safe_load(block) for block in blocks]


def is_of_a_team(part: Values) -> bool:
    return "jobs" in part


def with_part(whole: Values, part: Values) -> Values:
    """An environment with a page's part in it: entries take the place of others."""
    changed = copy.deepcopy(whole)
    platform = changed[PLATFORM]
    for section, entries in part.items():
        merged = platform.setdefault(section, {})
        for name, entry in entries.items():
            if section == "teams":
                for key, value in entry.items():
                    merged[name].setdefault(key, {}).update(value)
            else:
                merged[name] = entry
    return changed


def environment(page: str, upto: int | None = None) -> Values:
    """The environment with the parts that a page shows, up to one of them."""
    whole = config(ENVIRONMENT)
    for part in parts(page)[: None if upto is None else upto + 1]:
        if not is_of_a_team(part):
            whole = with_part(whole, part)
    return whole


def team(part: Values) -> Values:
    """The team with volumes and jobs that a page shows."""
    whole = config(TEAM)
    whole[OWN] |= part
    return whole


@cache
def deployed(page: str, *, preview: bool = False) -> Deployment:
    """The environment with all that a page shows of it."""
    return deploy_stack(environment(page), preview=preview, strict=True, name="prod")


def write(directory: Path, values: Mapping[str, Values]) -> None:
    for name, value in values.items():
        (directory / name).write_text(yaml.safe_dump({"config": value}))


@pytest.fixture
def stacks(tmp_path: Path) -> Path:
    """A directory with the files that the main page shows."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


ALL_PARTS = [(page, i) for page in PAGES for i in range(len(parts(page)))]
TEAM_PARTS = [(page, i) for page, i in ALL_PARTS if is_of_a_team(parts(page)[i])]


def test_the_pages_show_what_is_looked_at() -> None:
    assert set(FILES) == {ENVIRONMENT, TEAM, NEW}
    shown = sum(text.count("```yaml") for text in PAGES.values())
    assert shown == len(FILES) + len(ALL_PARTS)
    assert len(TEAM_PARTS) >= 4


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_wrong_with_a_file(stacks: Path, name: str) -> None:
    assert from_file(stacks / name).found == []


@pytest.mark.parametrize(("page", "index"), ALL_PARTS)
def test_nothing_is_wrong_with_a_part(tmp_path: Path, page: str, index: int) -> None:
    part = parts(page)[index]
    files = {ENVIRONMENT: environment(page, index)}
    if is_of_a_team(part):
        files[TEAM] = team(part)
    write(tmp_path, files)
    for name in files:
        assert [report.text(f) for f in from_file(tmp_path / name).found] == []


@pytest.mark.slow
@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
@pytest.mark.parametrize("page", PAGES)
def test_an_environment_comes_up_with_all_of_a_page(page: str, preview: bool) -> None:
    made = deployed(page, preview=preview)
    assert len(made.resources) > 50
    if preview:
        assert refusals(made) == []


@pytest.mark.slow
@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
@pytest.mark.parametrize(("page", "index"), TEAM_PARTS)
def test_a_team_comes_up_with_a_part(page: str, index: int, preview: bool) -> None:
    made = deploy_stack(
        team(parts(page)[index]),
        preview=preview,
        strict=True,
        contract=deployed(page).outputs["contract"],
    )
    assert made.all("Job")


@pytest.mark.slow
@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_a_team_makes_nothing_on_aws(preview: bool) -> None:
    contract = deploy_stack(config(ENVIRONMENT), name="prod").outputs["contract"]
    made = deploy_stack(config(TEAM), preview=preview, strict=True, contract=contract)
    assert made.manifest("Job", "train")
    assert not [r for r in made.resources if r.type.startswith("aws:")]
    assert [r.name for r in made.resources if "providers:" in r.type] == ["cluster"]


@pytest.mark.slow
@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_a_network_and_a_cluster_are_made_as_it_says(preview: bool) -> None:
    made = deploy_stack(config(NEW), preview=preview, strict=True, name="new")
    assert len(made.all("aws:ec2/natGateway:NatGateway")) == 1
    assert len(made.all("aws:ec2/subnet:Subnet")) == 4
    cluster = made.one("aws:eks/cluster:Cluster").inputs
    assert cluster["vpcConfig"]["publicAccessCidrs"] == ["203.0.113.7/32"]
    assert cluster["accessConfig"]["bootstrapClusterCreatorAdminPermissions"]
    if not preview:
        assert made.outputs["cluster"]


def test_a_cluster_that_its_maker_cannot_reach_is_warned_of(stacks: Path) -> None:
    text, public = FILES[NEW], "publicAccess: [203.0.113.7/32]"
    assert public in text
    (stacks / NEW).write_text(text.replace(public, "publicAccess: []"))
    (found,) = from_file(stacks / NEW).found
    assert found.problem.severity == "warning"
    assert "API server" in found.problem.message


COMMANDS = sorted(
    {
        command
        for text in PAGES.values()
        for command in re.findall(r"^    (\./ml-storage .+)$", text, re.MULTILINE)
    }
)


ASKED = sorted(
    {
        (service, command, options)
        for text in PAGES.values()
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
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_pages_finds_nothing_wrong(stacks: Path, command: str) -> None:
    for name in ("ml-storage", "examples"):
        (stacks / name).symlink_to(ROOT / name)
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=stacks,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "checked: 0 problems" in done.stdout


def test_the_mistakes_are_reported_as_they_are_shown(stacks: Path) -> None:
    shown = 0
    for mistaken, before, after, name in (
        (ENVIRONMENT, "capacityGiB: 4800", "capacityGiB: 3600", ENVIRONMENT),
        (
            ENVIRONMENT,
            "gpus: 4, zones: [us-west-2a]",
            "gpus: 4, zones: [us-west-2b]",
            TEAM,
        ),
        (TEAM, "/runs: runs", "/runs: runs, /ckpt: checkpoints", TEAM),
    ):
        assert FILES[mistaken].count(before) == 1
        (stacks / mistaken).write_text(FILES[mistaken].replace(before, after))
        found = from_file(stacks / name, name).found
        (stacks / mistaken).write_text(FILES[mistaken])
        text = textwrap.indent(report.text(found[0]), "    ")
        assert text in MAIN, f"the page is to show:\n{text}"
        shown += 1
    assert shown == 3


@pytest.mark.slow
def test_what_is_added_to_the_class_of_a_guide_is_what_is_shown() -> None:
    page = "aws-storage"
    said = [text for level, text in deployed(page).messages if level == "info"]
    added = "\n".join(f"    {text}" for text in said if text.startswith("storageC"))
    assert added
    assert added in PAGES[page], f"the page is to show:\n{added}"
    lustre = deployed(page).manifest("StorageClass", "lustre")
    assert lustre["parameters"]["fileSystemTypeVersion"] == "2.15"
    assert lustre["parameters"]["securityGroupIds"]


DATA = ("cloud", "region", "network", "keys", "storage")


@cache
def stored(key: str = "", name: str = "", value: str = "") -> Deployment:
    """The environment's data alone, after an edit of its file where one is given."""
    whole = config(ENVIRONMENT)
    whole[PLATFORM] = {section: whole[PLATFORM][section] for section in DATA}
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


def kept(whole: Deployment) -> set[str]:
    """URNs of what is protected, and of all that this needs."""
    by_urn = {made.urn: made for made in whole.resources}
    queue = [made for made in whole.resources if made.protect]
    seen: set[str] = set()
    while queue:
        found = queue.pop()
        if found.urn in seen:
            continue
        seen.add(found.urn)
        before = [*found.depends_on, found.parent, found.provider.rpartition("::")[0]]
        queue += [by_urn[urn] for urn in before if urn in by_urn]
    return seen


@pytest.fixture(scope="module")
def prod() -> Deployment:
    return deploy_stack(ROOT / "examples" / "aws" / "Pulumi.prod.yaml")


@pytest.mark.slow
def test_what_exclude_protected_keeps(prod: Deployment) -> None:
    stays = kept(prod)

    def all_of(*kinds: str) -> list[Registered]:
        return [made for kind in kinds for made in prod.all(kind)]

    for made in all_of(
        *(LUSTRE, EFS, BUCKET, ENCRYPTION, "BucketPolicy", "BucketPublicAccessBlock"),
        *("BucketVersioning", "FileSystemPolicy", "aws:kms/key:Key", "Vpc"),
        *("Namespace", "aws:ec2/natGateway:NatGateway"),
        *("aws:eks/cluster:Cluster", "aws:eks/nodeGroup:NodeGroup", "Addon"),
    ):
        assert made.urn in stays, made
    for made in prod.all("aws:ec2/subnet:Subnet"):
        assert made.urn in stays or "private" not in made.name
    for made in all_of(
        *("PersistentVolume", "PersistentVolumeClaim", "StorageClass"),
        *("ResourceQuota", "RoleBinding", "TeamIdentity"),
    ):
        assert made.urn not in stays, made


@pytest.mark.slow
def test_nodes_begin_with_the_taints_that_are_named() -> None:
    made = deployed("aws-nodes").all("aws:eks/nodeGroup:NodeGroup")
    assert len(made) == 5
    for group in made:
        keys = {taint["key"] for taint in group.inputs["taints"]}
        assert "fsx.csi.aws.com/agent-not-ready" in keys
        assert "scalingConfig.desiredSize" in group.ignore_changes


@pytest.mark.slow
def test_a_role_has_what_was_granted() -> None:
    made = deployed("aws").one("aws:iam/rolePolicy:RolePolicy", "vision-policy")
    policy: str = made.inputs["policy"]
    assert "imagenet/*" in policy
    assert "vision/*" in policy
    assert "s3:PutObject" in policy


def test_every_rule_and_anchor_that_the_pages_name_is_there() -> None:
    listed = (ROOT / "docs" / "reference" / "rules.md").read_text()
    named = set(re.findall(r"\[([A-Z]{3}\d\d)\]", MAIN))
    assert len(named) == 3
    assert all(f"| {rule} |" in listed for rule in named)
    for text in PAGES.values():
        for page, anchor in re.findall(r"\]\(([\w./-]*)#([\w-]+)\)", text):
            target = (ROOT / "docs" / "how-to" / page).read_text() if page else text
            headings = re.findall(r"^#+ (.+)$", target, re.MULTILINE)
            assert anchor in {h.lower().replace(" ", "-") for h in headings}
