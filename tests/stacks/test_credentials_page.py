"""What the how-to on credentials shows is right, and comes up as it says."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path

import pytest
import yaml

from stacks import report, rule_list
from stacks.load import from_file
from stacks.testing import deploy_stack

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "how-to" / "credentials.md").read_text()
CLOUD, BUCKET = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
KEY = "hunter2-hunter2"


@pytest.fixture(params=[CLOUD, BUCKET], ids=["cloud", "bucket"])
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    file = tmp_path / "Pulumi.vision.yaml"
    file.write_text(request.param)
    return file


def test_nothing_is_wrong_with_it(stack: Path) -> None:
    assert from_file(stack).found == []


@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_it_comes_up(stack: Path, preview: bool) -> None:
    deployed = deploy_stack(stack, preview=preview, strict=True)
    assert deployed.all("kubernetes:batch/v1:Job")
    assert all(secret.secrets == ("data",) for secret in deployed.all("Secret"))


def test_on_a_cloud_there_is_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.vision.yaml"
    file.write_text(CLOUD)
    deployed = deploy_stack(file, strict=True)
    assert deployed.all("Secret") == []
    pod = deployed.manifest("Job", "train")["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == "workload"
    assert "KEY" not in json.dumps(pod["containers"][0]["env"])


def test_the_commands_set_the_keys_that_the_stack_has() -> None:
    told = re.findall(r"^ +pulumi config set --secret (\S+)$", TEXT, re.MULTILINE)
    config = yaml.safe_load(BUCKET)["config"]
    assert sorted(told) == sorted(k for k, v in config.items() if "secure" in v)


def test_the_container_has_what_the_table_says(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.vision.yaml"
    file.write_text(BUCKET)
    deployed = deploy_stack(file)
    pod = deployed.manifest("Job", "train")["spec"]["template"]["spec"]
    env = pod["containers"][0]["env"]
    table = TEXT.partition("| variable | value |")[2].partition("\n\n")[0]
    found: dict[str, str] = {}
    for names, value in re.findall(r"^\| (`.*?) \| (.*?) \|$", table, re.MULTILINE):
        found |= dict.fromkeys(re.findall(r"`(\w+)`", names), value)
    assert found.keys() == {e["name"] for e in env} - {"ML_STORAGE_RUN"}
    for entry in env:
        if entry["name"] == "ML_STORAGE_RUN":
            continue
        secret = entry.get("valueFrom", {}).get("secretKeyRef", {}).get("name")
        assert f"`{entry.get('value', secret)}`" in found[entry["name"]]


def test_a_value_is_in_its_secret_alone(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.vision.yaml"
    file.write_text(BUCKET)
    values: dict[str, str] = {"s3-key-id": KEY, "s3-secret-key": KEY}
    deployed = deploy_stack(file, secrets=values)
    others = [r.inputs for r in deployed.resources if r.kind != "Secret"]
    assert KEY not in json.dumps([others, deployed.outputs, deployed.messages])
    assert len(deployed.all("Secret")) == 1


def test_the_message_is_the_one_that_check_prints(tmp_path: Path) -> None:
    shown = re.search(r"(    Pulumi\.vision\.yaml:.*?\[SEC02\]\n)", TEXT, re.DOTALL)
    file = tmp_path / "Pulumi.vision.yaml"
    plain = re.sub(r"(s3-key-id): \{secure: .*?\}", r"\1: hunter2", BUCKET)
    file.write_text(plain)
    (found,) = from_file(file, file.name).found
    said = textwrap.indent(report.text(found), "    ")
    assert shown is not None
    assert said.startswith(shown[1].rstrip("\n"))
    assert "hunter2" not in said


def test_every_rule_and_page_that_it_names_is_there() -> None:
    known = {rule["id"] for rule in rule_list.rules()}
    named = set(re.findall(r"`([A-Z]{3}\d\d)`", TEXT))
    assert len(named) > 10
    assert named <= known
    for page in re.findall(r"\]\(([\w-]+\.md)[)#]", TEXT):
        assert (DOCS / "how-to" / page).exists(), page
