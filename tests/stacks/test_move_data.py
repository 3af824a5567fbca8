"""What the how-to on moving data shows is right, and comes up as it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from stacks.load import from_file
from stacks.testing import deploy_stack

TEXT = (Path(__file__).parents[2] / "docs" / "how-to" / "move-data.md").read_text()
STACKS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(params=STACKS, ids=["dataset", "claim", "bucket", "secrets"])
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
    for secret in deployed.all("kubernetes:core/v1:Secret"):
        assert secret.secrets == ("data",)


def test_a_value_is_in_its_secret_alone(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.vision.yaml"
    file.write_text(STACKS[-1])
    value = "hunter2-hunter2"
    keys = ("rclone-conf", "ssh-key", "globus-secret", "wandb-key")
    deployed = deploy_stack(file, secrets=dict.fromkeys(keys, value))
    jobs = deployed.all("kubernetes:batch/v1:Job")
    text = json.dumps([job.inputs for job in jobs])
    assert value not in text + json.dumps(deployed.outputs) + str(deployed.messages)
    named = {secret.inputs["metadata"]["name"] for secret in deployed.all("Secret")}
    assert named == {"bucket", "lab", "globus", "tracking"}
    assert all(secret.parent for secret in deployed.all("Secret"))
