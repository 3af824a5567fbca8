"""What the how-to on images shows is right, and comes up as it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from jobs.finetune_tpu.__main__ import _parser
from stacks.load import from_file
from stacks.testing import deploy_stack

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "images.md"
[STACK] = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    file = tmp_path / "Pulumi.language.yaml"
    file.write_text(STACK)
    return file


@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_it_comes_up(stack: Path, preview: bool) -> None:
    assert from_file(stack).found == []
    deployed = deploy_stack(stack, preview=preview, strict=True)
    [job] = deployed.all("kubernetes:batch/v1:Job")
    pod: Any = job.inputs["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsUser"] == 1000
    [container] = pod["containers"]
    program, *options = container["command"][2:]
    assert program == "jobs.finetune_tpu"
    chosen = _parser().parse_args(options)
    mounted = {m["mountPath"]: m.get("readOnly") for m in container["volumeMounts"]}
    for place, read_only in {
        chosen.base: True,
        chosen.data: True,
        chosen.checkpoints: None,
        chosen.export: None,
    }.items():
        assert mounted[f"/{place.parts[1]}"] is read_only, place


def test_the_files_that_it_names_are_there() -> None:
    text = PAGE.read_text()
    named = set(re.findall(r"`((?:images|examples)/[\w./*-]+)`", text))
    assert len(named) > 5
    for name in named:
        assert list(ROOT.glob(name)), name
    for program in re.findall(r"`(jobs\.[\w.]+)", text):
        path = ROOT.joinpath(*program.split("."))
        assert path.is_dir() or path.with_suffix(".py").is_file(), program
    [build] = re.findall(r"^    (podman build .*) \.$", text, re.MULTILINE)
    words = shlex.split(build)
    assert (ROOT / words[words.index("--file") + 1]).is_file()
    # The user that the page speaks of is the one of the files.
    for path in (ROOT / "images").glob("Containerfile.*"):
        assert "\nUSER 1000:1000\n" in path.read_text()
