"""The pages on own trainings and on stopped ones: their stack, program and words."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.checkpoints import CheckpointStore, local
from stacks.load import from_file
from stacks.testing import deploy_stack

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "how-to"
OWN = (PAGES / "your-own-training.md").read_text()
STOPPED = (PAGES / "when-a-training-stops.md").read_text()
[STACK] = re.findall(r"```yaml\n(.*?)```", OWN, re.DOTALL)
[PROGRAM] = re.findall(r"```python file=train.py\n(.*?)```", OWN, re.DOTALL)
[WORKSPACE] = re.findall(r"```yaml\n(.*?)```", STOPPED, re.DOTALL)

TORCH = """
    import pickle
    save = pickle.dump
    def load(file, weights_only): return pickle.load(file)
"""
TRAINER = """
    import time
    class Trainer:
        def __init__(self, data): self.sum = 0
        def advance(self): self.sum += 1; time.sleep(0.01)
        def state_dict(self): return {"sum": self.sum}
        def load_state_dict(self, state): self.sum = state["sum"]
"""


def team_of(stack: dict[str, Any]) -> dict[str, Any]:
    return stack["config"]["ml-storage:team"]


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """The stack of the one page, with the workspace of the other."""
    whole = yaml.safe_load(STACK)
    team_of(whole).update(yaml.safe_load(WORKSPACE))
    file = tmp_path / "Pulumi.vision.yaml"
    file.write_text(yaml.safe_dump(whole))
    return file


def test_nothing_is_wrong_with_it(stack: Path) -> None:
    assert from_file(stack).found == []
    stack.write_text(STACK)
    assert from_file(stack).found == []


@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_it_comes_up_with_the_containers_that_are_named(
    stack: Path, preview: bool
) -> None:
    deployed = deploy_stack(stack, preview=preview, strict=True)
    job = deployed.manifest("Job", "train")
    pod = job["spec"]["template"]
    assert pod["metadata"]["labels"]["ml-storage/job"] == "train"
    inner = [each["name"] for each in pod["spec"]["initContainers"]]
    assert inner == ["restore-resume", "publish-resume"]
    assert all(f"`{name}`" in STOPPED for name in inner)
    shell = deployed.manifest("Deployment", "shell")
    [container] = shell["spec"]["template"]["spec"]["containers"]
    env = {each["name"]: each.get("value") for each in container["env"]}
    path = team_of(yaml.safe_load(STACK))["patterns"]["resume"]["bucket"]["path"]
    assert env["BUCKET_URI"] == "s3://archive/vision/"
    assert f"bucket:${{BUCKET_URI#*://}}{path}/" in STOPPED
    assert env["RCLONE_CONFIG_BUCKET_ENDPOINT"] == env["AWS_ENDPOINT_URL_S3"]


@pytest.fixture
def program(tmp_path: Path) -> list[str]:
    """The page's program, with a trainer and a stand-in for PyTorch's files."""
    for name, text in (("torch", TORCH), ("trainer", TRAINER)):
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(text))
    (tmp_path / "train.py").write_text(PROGRAM)
    places = ["--data", str(tmp_path), "--checkpoints", str(tmp_path / "kept")]
    return [sys.executable, str(tmp_path / "train.py"), *places]


def run(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> str:
    said, _ = process.communicate(timeout=60)
    return said


def test_the_program_trains_to_the_end_and_goes_on(
    program: list[str], tmp_path: Path
) -> None:
    first = run([*program, "--steps", "20", "--every", "10"])
    assert (ended(first), first.returncode) == ("", 0)
    second = run([*program, "--steps", "30", "--every", "10"])
    assert (ended(second), second.returncode) == ("resumed from step 20\n", 0)
    named = [each.step for each in local.found(tmp_path / "kept")]
    assert named == [10, 20, 30], "the tier sees them"


def test_asked_to_stop_the_program_saves_its_last_step(
    program: list[str], tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    process = run([*program, "--steps", "1000000", "--every", "5"])
    try:
        while not local.found(kept):
            assert process.poll() is None, ended(process)
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        assert ended(process) == ""
    finally:
        process.kill()
    assert process.returncode == 128 + signal.SIGTERM
    last = local.newest_whole(kept, pytest.fail)
    assert last is not None
    found = CheckpointStore(kept).newest(bytes)
    assert found is not None
    assert found[0].step == last.step
    assert f"exit code {128 + signal.SIGTERM}" in STOPPED


def test_names_are_known_as_the_page_says(tmp_path: Path) -> None:
    table = OWN.partition("| name | what it is |")[2].partition("\n\n")[0]
    known = re.findall(r"^\| `(\S+)` \|", table, re.MULTILINE)
    assert len(known) == 2
    unknown = ["checkpoint-200", "epoch=1-step=200.ckpt", ".tmp-200"]
    assert all(f"`{name}`" in OWN for name in unknown)
    for name in (*known, *unknown):
        (tmp_path / name).mkdir()
    found = {each.path.name for each in local.found(tmp_path)}
    assert found == set(known)


def words() -> list[str]:
    """What the page says that logs say."""
    table = STOPPED.partition("| in a log |")[2].partition("\n\n")[0]
    quoted = re.findall(r"^\| `(.+?)` \|", table, re.MULTILINE)
    assert len(quoted) > 5
    parts = [part.strip(" .:") for text in quoted for part in text.split("…")]
    # Values stand for others.
    return [part for part in parts if part and "=" not in part]


@pytest.mark.parametrize("said", words())
def test_programs_say_what_the_page_says_of_them(said: str) -> None:
    sources = "".join(path.read_text() for path in (ROOT / "jobs").rglob("*.py"))
    assert said in sources, said
