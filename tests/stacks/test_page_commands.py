"""The commands of `jobs/` that pages and examples show are ones that there are."""

from __future__ import annotations

import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILES = [
    ROOT / "Pulumi.dev.yaml",
    ROOT / "README.md",
    *sorted(ROOT.glob("docs/**/*.md")),
    *sorted(ROOT.glob("examples/*/*.yaml")),
]
_IN_A_SHELL = re.compile(r"python3 -m (jobs\.[^&|;\n]+)")


def of_yaml(value: Any) -> Iterator[list[str]]:
    """The commands in what a YAML says, each with its arguments."""
    match value:
        case dict():
            for each in value.values():
                yield from of_yaml(each)
        case ["python3", "-m", str() as program, *more] if program.startswith("jobs."):
            yield [program, *map(str, more)]
        case ["sh", "-c", str() as script]:
            yield from map(shlex.split, _IN_A_SHELL.findall(script))
        case list():
            for each in value:
                yield from of_yaml(each)
        case _:
            pass


def commands(file: Path) -> Iterator[list[str]]:
    """The commands of a file: a program of `jobs`, and its arguments."""
    text = file.read_text()
    if file.suffix == ".yaml":
        yield from of_yaml(yaml.safe_load(text))
        return
    for block in re.findall(r"^```yaml.*?\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        yield from of_yaml(yaml.safe_load(block))
    for line in re.findall(r"^ +python3 -m (jobs\..+)$", text, re.MULTILINE):
        yield shlex.split(line)


SHOWN = [(file.stem, command) for file in FILES for command in commands(file)]


def test_there_are_many() -> None:
    shown = {command[0] for _, command in SHOWN}
    assert {"jobs.sync", "jobs.stage", "jobs.wait", "jobs.serve"} <= shown
    assert {"jobs.train", "jobs.train_cifar10", "jobs.finetune_tpu"} <= shown


@pytest.mark.parametrize(
    ("page", "command"), SHOWN, ids=[f"{page}-{command[0]}" for page, command in SHOWN]
)
def test_its_program_takes_it(page: str, command: list[str]) -> None:
    program, *arguments = command
    module = importlib.import_module(program)
    if hasattr(module, "__path__"):
        module = importlib.import_module(f"{program}.__main__")
    assert vars(module)["_parser"]().parse_args(arguments), page
