"""checkov finds nothing in what the examples deploy but what has a reason."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import s3_wanted
from stacks.testing import Deployment, deploy_stack
from tests.checkov.environment import checkov
from tests.checkov.exceptions import EXCEPTIONS, WITHOUT_RUN_AS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
STACKS = [
    ROOT / "Pulumi.dev.yaml",
    *sorted((ROOT / "examples").rglob("Pulumi.*.yaml")),
]
RUN_AS = "run-as"
AS_A_USER: dict[str, Any] = {
    "ml-storage:platform": {
        "cloud": "kubernetes",
        "cluster": {"context": "here"},
        "teams": {"vision": {"podSecurity": "restricted"}},
    },
    "ml-storage:team": {
        "name": "vision",
        "volumes": {
            "public": {
                "kind": "dataset",
                "source": "https://example.org/data.tar",
                "sha256": "0" * 64,
                "image": "image:1",
                "size": "1Gi",
            }
        },
        "jobs": {
            "train": {
                "image": "image:1",
                "command": ["train"],
                "runAs": {"user": 10001},
                "mounts": {"/data": "public"},
            }
        },
        "workspaces": {"notebook": {"image": "image:1", "runAs": {"user": 10001}}},
    },
}


@dataclass(frozen=True)
class Failed:
    stack: str
    check: str
    name: str
    resource: str


def objects(deployed: Deployment) -> Iterator[dict[str, Any]]:
    """Every object of a stack as Kubernetes gets it, and the Jobs of its JobSets."""
    for resource in deployed.resources:
        made = resource.inputs
        if not resource.type.startswith("kubernetes:") or "kind" not in made:
            continue
        yield made
        if made["kind"] == "JobSet":
            for job in made["spec"]["replicatedJobs"]:
                yield {
                    "apiVersion": "batch/v1",
                    "kind": "Job",
                    "metadata": {**made["metadata"], "name": job["name"]},
                    "spec": job["template"]["spec"],
                }


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> list[Failed]:
    directory = tmp_path_factory.mktemp("rendered")
    stacks = {f"{f.parent.name}-{f.stem}": f for f in STACKS}
    assert len(stacks) == len(STACKS)
    for name, stack in {**stacks, RUN_AS: AS_A_USER}.items():
        # What the sandbox sets where a stack has buckets of its server.
        keys = s3_wanted.wanted(stack).config_keys if isinstance(stack, Path) else ()
        deployed = deploy_stack(stack, secrets=dict.fromkeys(keys, "a key"))
        rendered = list(objects(deployed))
        (directory / f"{name}.yaml").write_text(yaml.safe_dump_all(rendered))
    report = json.loads(_run(directory))
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 500
    return [
        Failed(
            stack=Path(found["file_path"]).stem,
            check=found["check_id"],
            name=found["check_name"],
            resource=found["resource"],
        )
        for found in report["results"]["failed_checks"]
    ]


def _run(directory: Path) -> str:
    command = [*checkov(), "--directory", str(directory), "--framework", "kubernetes"]
    options = ["--output", "json", "--compact", "--skip-download", "--soft-fail"]
    ran = subprocess.run(
        [*command, *options],
        # Of the environment it needs nothing: no proxy, no account, no other home.
        env={"PATH": os.environ["PATH"], "LOG_LEVEL": "ERROR", "HOME": str(directory)},
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_what_it_finds_has_a_reason(failed: list[Failed]) -> None:
    assert [found for found in failed if found.check not in EXCEPTIONS] == []


def test_no_reason_is_for_what_is_not_found(failed: list[Failed]) -> None:
    assert EXCEPTIONS.keys() - {found.check for found in failed} == set()


def test_a_program_that_says_whom_it_runs_as_needs_few(failed: list[Failed]) -> None:
    checks = {found.check for found in failed if found.stack == RUN_AS}
    assert checks
    assert checks & WITHOUT_RUN_AS == set()


def test_nothing_but_pods_is_found_fault_with(failed: list[Failed]) -> None:
    """Roles, accounts, Services and claims need no exception."""
    kinds = {found.resource.split(".")[0] for found in failed}
    assert kinds <= {"Job", "Deployment", "Pod"}
