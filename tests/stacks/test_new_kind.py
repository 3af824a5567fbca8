"""The guide's new kind of storage is as small as it says, and works."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DIFF = re.findall(
    r"```diff\n(.*?)```", (ROOT / "docs" / "guide.md").read_text(), re.DOTALL
)[0]

STACK = """\
config:
  ml-storage:platform:
    cloud: kubernetes
    cluster: {context: here}
    teams: {vision: {}}
  ml-storage:team:
    name: vision
    volumes:
      corpus: {kind: persistent-volume, volume: corpus-2026, size: 4Ti,
               accessModes: [ReadWriteMany], writers: one}
    jobs:
      read:
        image: registry.example.com/vision/read:7
        command: [read]
        mounts: {/corpus: {volume: corpus, readOnly: true}}
"""

# Runs in the changed copy, which this process has not loaded.
PROGRAM = """\
import json
import sys
from pathlib import Path

from stacks.load import from_file
from stacks.reference import generated
from stacks.testing import deploy_stack

*wrong, good = map(Path, sys.argv[1:])
deployed = deploy_stack(good, strict=True)
claim = deployed.one("PersistentVolumeClaim")
print(json.dumps({
    "good": [f.problem.rule for f in from_file(good).found],
    "wrong": {
        file.name: [[f.problem.rule, ".".join(map(str, f.problem.path)),
                     f.problem.nearest] for f in from_file(file).found]
        for file in wrong
    },
    "claim": claim.inputs,
    "protect": claim.protect,
    "pod": deployed.manifest("Job", "read")["spec"]["template"]["spec"]["volumes"],
    "outputs": deployed.outputs["volumes"],
    "made": generated(),
}))
"""

MISTAKES = {
    "a-name-that-is-none": (
        "volume: corpus-2026",
        "volume: Corpus_2026",
        ["NAM02", "team.volumes.corpus.volume", "corpus-2026"],
    ),
    "a-slip-of-the-pen": (
        "volume: corpus-2026",
        "volme: corpus-2026",
        ["CFG01", "team.volumes.corpus.volme", "volume"],
    ),
    "a-unit-that-is-none": (
        "size: 4Ti",
        "size: 4TB",
        ["QTY01", "team.volumes.corpus.size", "4T"],
    ),
    "another-kind": (
        "kind: persistent-volume",
        "kind: persistent-volumes",
        ["CFG04", "team.volumes.corpus.kind", "persistent-volume"],
    ),
    "two-modes-that-exclude-each-other": (
        "[ReadWriteMany]",
        "[ReadWriteOncePod, ReadWriteMany]",
        ["VOL05", "team.volumes.corpus.accessModes", "[ReadWriteOncePod]"],
    ),
    "many-pods-of-one": (
        "[ReadWriteMany], writers: one}\n    jobs:\n      read:",
        "[ReadWriteOncePod], writers: one}\n    jobs:\n      read:\n        indexes: 4",
        ["ACC01", "team.jobs.read.mounts./corpus", "accessModes: [ReadWriteMany]"],
    ),
    "sharded-where-the-row-says-no": (
        "mounts: {/corpus: {volume: corpus, readOnly: true}}",
        "indexes: 4\n        mounts: {/corpus: {volume: corpus, writers: sharded}}",
        ["WRT02", "team.jobs.read.mounts./corpus", "writers: per-index"],
    ),
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the checkout with the diff says of the stack and of each mistake."""
    copy = tmp_path_factory.mktemp("checkout")
    for room in ("components", "stacks"):
        shutil.copytree(
            ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__")
        )
    subprocess.run(["git", "apply", "-"], cwd=copy, input=DIFF, text=True, check=True)
    good = copy / "Pulumi.vision.yaml"
    good.write_text(STACK)
    files: list[Path] = []
    for name, (before, after, _) in MISTAKES.items():
        assert before in STACK, name
        files.append(copy / name)
        files[-1].write_text(STACK.replace(before, after))
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, *files, good],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


def test_it_touches_the_places_that_the_guide_names() -> None:
    changed = re.findall(r"^\+\+\+ b/(\S+)$", DIFF, re.MULTILINE)
    assert changed == [
        "components/catalog/storage_kinds.py",
        "components/kubernetes/persistent_volume_spec.py",
        "stacks/config.py",
        "components/kubernetes/bound_claim.py",
        "stacks/volumes.py",
    ]
    wiring = DIFF[DIFF.index("+++ b/stacks/volumes.py") :].splitlines()
    assert len([line for line in wiring[1:] if line.startswith(("+", "-"))]) == 3


def test_the_kind_is_not_there_without_it() -> None:
    config = yaml.safe_load(STACK)["config"]["ml-storage:team"]["volumes"]["corpus"]
    assert config["kind"] not in (ROOT / "stacks" / "config.py").read_text()


def test_check_takes_it(seen: dict[str, Any]) -> None:
    assert seen["good"] == []


@pytest.mark.parametrize("name", MISTAKES)
def test_check_refuses_it(seen: dict[str, Any], name: str) -> None:
    assert seen["wrong"][name] == [MISTAKES[name][2]]


def test_its_claim_is_made(seen: dict[str, Any]) -> None:
    assert seen["claim"]["metadata"] == {"name": "corpus", "namespace": "vision"}
    assert seen["claim"]["spec"] == {
        "storageClassName": "",
        "volumeName": "corpus-2026",
        "accessModes": ["ReadWriteMany"],
        "resources": {"requests": {"storage": "4Ti"}},
    }
    assert seen["protect"]


def test_pods_mount_it_and_others_are_told(seen: dict[str, Any]) -> None:
    (volume,) = seen["pod"]
    assert volume["persistentVolumeClaim"] == {"claimName": "corpus"}
    assert seen["outputs"]["corpus"] == {
        "kind": "persistent-volume",
        "claim": "corpus",
        "persistentVolume": "corpus-2026",
    }


def test_the_reference_and_the_schema_have_it(seen: dict[str, Any]) -> None:
    made: dict[str, str] = seen["made"]
    assert "`persistent-volume`" in made["docs/reference/volumes.md"]
    assert "| persistent-volume |" in made["docs/reference/storage-kinds.md"]
    assert "PersistentVolumeSpec" in made["schema/ml-storage.schema.json"]
