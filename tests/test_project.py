"""The project's own files agree with each other."""

import re
import textwrap
from pathlib import Path

import pytest
import yaml

from stacks import report
from stacks.load import from_file

ROOT = Path(__file__).parent.parent


def pins(file: str) -> dict[str, str]:
    text = (ROOT / file).read_text()
    return dict(re.findall(r"^([\w-]+)(?:\[\w+\])?==(\S+)", text, re.MULTILINE))


def test_every_direct_requirement_is_locked_as_it_is_pinned() -> None:
    direct, locked = pins("requirements.in"), pins("requirements.txt")
    assert direct
    assert {name: locked.get(name) for name in direct} == direct


def test_every_dependency_of_the_project_is_pinned() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    listed = re.search(r"^dependencies = \[(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert listed is not None
    assert (
        set(re.findall(r'"([\w-]+)"', listed.group(1)))
        <= pins("requirements.in").keys()
    )


MODULES = sorted(file.parent.name for file in (ROOT / "sandbox").glob("*/go.mod"))
PAGES = [
    "README.md",
    *map(str, (p.relative_to(ROOT) for p in ROOT.glob("docs/**/*.md"))),
]


@pytest.mark.parametrize("module", MODULES)
def test_every_module_that_go_builds_is_summed(module: str) -> None:
    directory = ROOT / "sandbox" / module
    required = re.findall(
        r"^\t(\S+/\S+) (v\S+)", (directory / "go.mod").read_text(), re.MULTILINE
    )
    assert required
    sums = (directory / "go.sum").read_text()
    replaced = re.findall(r"(\S+) => ", (directory / "go.mod").read_text())
    for name, version in required:
        assert name in replaced or f"{name} {version}" in sums, name


def test_ci_runs_what_the_readme_says() -> None:
    assert "make check test" in (ROOT / "README.md").read_text()
    assert "make check test" in (ROOT / ".ci/run").read_text()


def test_the_readme_is_read_in_a_few_minutes() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < 150


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_links_to_is_there(page: str) -> None:
    file = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", file.read_text()):
        if "://" not in target:
            assert (file.parent / target).exists(), target


def test_the_readme_lists_every_example() -> None:
    text = (ROOT / "README.md").read_text()
    for file in (ROOT / "examples" / "kubernetes").glob("Pulumi.*.yaml"):
        name = file.stem.removeprefix("Pulumi.")
        assert re.search(rf"^\|[^|]*`{name}`", text, re.MULTILINE), name


@pytest.mark.parametrize("page", PAGES)
def test_a_stack_that_a_page_deploys_is_there(page: str) -> None:
    text = (ROOT / page).read_text()
    deployed = re.findall(r"make \w+ STACK=(\S+) DIRECTORY=([\w./-]*\w)", text)
    for stack, directory in deployed:
        assert (ROOT / directory / f"Pulumi.{stack}.yaml").exists()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_only_targets_that_there_are(page: str) -> None:
    named = set(
        re.findall(
            r"(?:^ {4}|`)make ([a-z][a-z-]+)", (ROOT / page).read_text(), re.MULTILINE
        )
    )
    targets = set(
        re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    )
    assert named <= targets, named - targets


def test_the_stack_that_the_readme_shows_is_right(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    block = re.search(r"```yaml\n(.*?)```", readme, re.DOTALL)
    assert block is not None
    file = tmp_path / "Pulumi.vision.yaml"
    file.write_text(block.group(1))
    assert from_file(file).found == []


def test_the_mistake_that_the_readme_shows_is_reported_so(tmp_path: Path) -> None:
    text = (ROOT / "Pulumi.dev.yaml").read_text()
    wrong = text.replace("size: 5Gi", "size: 5GB")
    assert wrong != text
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(wrong)
    (found,) = from_file(file, file.name).found
    shown = textwrap.indent(report.text(found), "    ")
    assert shown in (ROOT / "README.md").read_text()


def test_the_main_program_is_short() -> None:
    assert len((ROOT / "__main__.py").read_text().splitlines()) <= 25


def test_every_stack_key_is_declared_and_described() -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    used = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())["config"]
    for key in used:
        assert declared[key]["description"]
    assert declared["pulumi:disable-default-providers"]["value"] == ["*"]
