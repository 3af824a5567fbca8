"""The benchmark compares like with like. What it measures decides no test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench import bare, by_hand
from bench.__main__ import main
from bench.stack_file import configuration, stack_yaml
from components.testing import Registered, deploy
from stacks.load import from_file
from stacks.source import parse
from stacks.testing import deploy_stack


def tree(resources: list[Registered]) -> dict[str, tuple[object, ...]]:
    """What is compared: each resource with its parent, inputs and what it awaits."""
    return {
        r.urn: (r.parent, r.inputs, r.protect, r.custom, sorted(r.depends_on))
        for r in resources
    }


def test_both_programs_register_the_same_tree() -> None:
    ours = deploy_stack(configuration(3))
    by_a_person = deploy(lambda: by_hand.program(3))
    assert tree(ours.resources) == tree(by_a_person.resources)
    for key, value in by_a_person.outputs.items():
        assert ours.outputs[key] == value


def test_both_readers_read_the_same_file(tmp_path: Path) -> None:
    text = stack_yaml(3)
    assert parse(text, "a").data == {"config": configuration(3)}
    file = tmp_path / "Pulumi.bench.yaml"
    file.write_text(text)
    assert from_file(file).found == []
    assert len(bare.load(file).team.volumes) == 3


@pytest.mark.slow
def test_it_runs_and_prints_ratios(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--rounds", "1", "--volumes", "1", "2", "4"])
    out = capsys.readouterr().out
    assert re.search(
        r"^ +4 +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+$", out, re.MULTILINE
    )
    assert re.search(r"At 4: time [\d.]+ \(at most 1\.10\), memory [\d.]+ ", out)
    assert re.search(r"^ +1 +[\d.]+ +[\d.]+ +[\d.]+ +-?\d+ ms$", out, re.MULTILINE)
