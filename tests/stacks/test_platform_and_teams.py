"""What the how-to on an environment and its teams shows is right."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path

import pytest

from components.kubernetes.access import RULES
from stacks import report
from stacks.load import from_file
from stacks.testing import contract_of, deploy_stack

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "how-to" / "platform-and-teams.md").read_text()
FILES = dict(re.findall(r"```yaml file=(\S+)\n(.*?)```", TEXT, re.DOTALL))
TEAM = "Pulumi.vision-lab.yaml"


@pytest.fixture
def stacks(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def rules(stacks: Path, before: str, after: str) -> list[str]:
    """What is found in the team's file with one edit."""
    file = stacks / TEAM
    assert before in FILES[TEAM]
    file.write_text(FILES[TEAM].replace(before, after))
    return [found.problem.rule for found in from_file(file).found]


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_wrong_with_it(stacks: Path, name: str) -> None:
    assert from_file(stacks / name).found == []


@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_the_platform_makes_what_the_table_says(stacks: Path, preview: bool) -> None:
    deployed = deploy_stack(stacks / "Pulumi.lab.yaml", preview=preview, strict=True)
    for kind, name in (
        ("Namespace", "lab-vision"),
        ("ResourceQuota", "team"),
        ("LimitRange", "team"),
        ("ServiceAccount", "workload"),
        ("ServiceAccount", "deployer"),
        ("Role", "deployer"),
        ("RoleBinding", "deployer"),
        ("PersistentVolumeClaim", "datasets"),
        ("PersistentVolumeClaim", "models"),
    ):
        assert deployed.manifest(kind, name)
    namespace = deployed.manifest("Namespace", "lab-vision")["metadata"]
    assert "baseline" in namespace["labels"].values()
    volumes = {
        volume.inputs["spec"]["claimRef"]["name"]: volume.inputs["spec"]
        for volume in deployed.all("PersistentVolume")
    }
    assert volumes["datasets"]["csi"]["readOnly"]
    assert volumes["models"]["nfs"]["path"] == "/export/models/vision"


@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_the_team_makes_nothing_of_the_platforms(stacks: Path, preview: bool) -> None:
    deployed = deploy_stack(stacks / TEAM, preview=preview, strict=True)
    kinds = {resource.kind for resource in deployed.resources}
    assert {"Job", "PersistentVolumeClaim"} <= kinds
    assert not kinds & {"Namespace", "PersistentVolume", "Role", "ResourceQuota"}
    pod = deployed.manifest("Job", "train")["spec"]["template"]["spec"]
    mounts = {m["mountPath"]: m for m in pod["containers"][0]["volumeMounts"]}
    assert mounts["/data"]["readOnly"]
    assert "readOnly" not in mounts["/models"]


def test_the_mistake_is_reported_as_it_is_shown(stacks: Path) -> None:
    file = stacks / TEAM
    file.write_text(FILES[TEAM].replace("lab-shared", "lab-shred"))
    (found,) = from_file(file, TEAM).found
    assert textwrap.indent(report.text(found), "    ") in TEXT


def test_a_team_is_held_against_its_guardrails(stacks: Path) -> None:
    assert rules(stacks, "size: 5Gi", "size: 15Gi") == ["LIM02"]
    assert rules(stacks, "memory: 1Gi", "memory: 32Gi") == ["LIM03"]
    assert rules(stacks, "from: models", "from: secrets") == ["GRN01"]
    static = "{kind: nfs, server: nas, path: /export}"
    assert "TEA03" in rules(stacks, "{from: models}", static)


def test_the_contract_goes_to_another_repository(stacks: Path) -> None:
    contract = stacks / "contract.json"
    contract.write_text(json.dumps(contract_of(stacks / "Pulumi.lab.yaml")))
    (stacks / "Pulumi.lab.yaml").unlink()
    assert from_file(stacks / TEAM, contract=contract).found == []


def test_what_the_team_may_not_do_is_not_in_its_role() -> None:
    writable = {
        resource
        for _, resources, verbs in RULES
        for resource in resources
        if "create" in verbs or "update" in verbs
    }
    assert not writable & {
        *("resourcequotas", "limitranges", "roles", "rolebindings", "namespaces"),
        *("serviceaccounts", "serviceaccounts/token", "persistentvolumes"),
    }


def test_every_rule_that_it_names_is_one() -> None:
    listed = (ROOT / "docs" / "reference" / "rules.md").read_text()
    named = set(re.findall(r"\b[A-Z]{3}\d\d\b", TEXT))
    assert named
    assert all(f"| {rule} |" in listed for rule in named)
