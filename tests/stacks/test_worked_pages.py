"""What the worked pages show is right, without a cluster.

Their commands are typed on the sandbox, by `tests/engine/test_patterns_pages.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.catalog.spot import RECLAIM
from jobs.rclone import Failure
from stacks.load import from_file
from stacks.testing import deploy_stack
from tests.engine.page_commands import (
    EXAMPLES,
    PAGES,
    Block,
    blocks,
    merged,
    missing,
    shown,
    worked_pages,
)

ROOT = Path(__file__).parents[2]
NAMES = sorted(worked_pages())
OF_THE_SANDBOX = ("s3-access-key", "s3-secret-key", "rclone-conf")
"""Keys of the configuration that the sandbox, or a page's command, sets."""


def files() -> Iterator[tuple[str, str]]:
    """Each whole file of a page for a cloud: the page and the file's name."""
    for page in NAMES:
        for block in blocks(page):
            for word in block.words:
                if word.startswith("file="):
                    yield page, word.removeprefix("file=")


FILES = list(files())
LINKING = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]


@cache
def text_of(page: str, name: str) -> str:
    [found] = [block for block in blocks(page) if f"file={name}" in block.words]
    return found.text


@pytest.fixture
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    page, name = request.param
    file = tmp_path / name
    file.write_text(text_of(page, name))
    return file


def test_there_are_five_with_aws_and_google_cloud() -> None:
    assert len(NAMES) == 5
    of_clouds = {page for page, _ in FILES}
    assert of_clouds == set(NAMES) - {"move-data"}
    for page in of_clouds:
        clouds = [
            yaml.safe_load(text_of(*each))["config"]["ml-storage:platform"]["cloud"]
            for each in FILES
            if each[0] == page
        ]
        assert clouds == ["aws", "gcp"]


@pytest.mark.parametrize("page", NAMES)
def test_every_block_is_of_a_kind_that_is_looked_at(page: str) -> None:
    found = blocks(page)
    assert (PAGES / f"{page}.md").read_text().count("```") == 2 * len(found)
    for block in found:
        assert block.language in {"sh", "text", "yaml"}
        assert set(block.words) <= {"fails", "terminal=2"} or block.language == "yaml"
        if block.language == "sh":
            assert block.in_the_checkout in (True, False)
        if block.language != "yaml":
            assert max(map(len, block.text.splitlines())) <= 80, block.text
    # What is shown is shown of something.
    assert sum(seen is not None for _, seen in shown(page)) == sum(
        block.language == "text" for block in found
    )


@pytest.mark.parametrize("stack", FILES, ids="-".join, indirect=True)
def test_nothing_is_wrong_with_a_whole_file(stack: Path) -> None:
    assert from_file(stack).found == []


@pytest.mark.slow
@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
@pytest.mark.parametrize("stack", FILES, ids="-".join, indirect=True)
def test_a_whole_file_comes_up(stack: Path, preview: bool) -> None:
    made = deploy_stack(stack, preview=preview, strict=True)
    programs = made.all("kubernetes:batch/v1:Job") + made.all("apps/v1:Deployment")
    assert programs
    assert made.all("Secret") == [], "on a cloud there are no keys"


def title_of(block: Block) -> str:
    """The example that a part is written into."""
    return str(block.into).removeprefix("Pulumi.").removesuffix(".yaml")


def problems(directory: Path, whole: dict[str, Any]) -> list[str]:
    file = directory / "Pulumi.written.yaml"
    file.write_text(yaml.safe_dump(whole, sort_keys=False))
    return [
        found.problem.rule for found in from_file(file, supplied=OF_THE_SANDBOX).found
    ]


@pytest.mark.parametrize("page", NAMES)
def test_what_is_written_into_an_example_is_right_but_for_what_fails(
    page: str, tmp_path: Path
) -> None:
    whole: dict[str, Any] = {}
    written = 0
    found = [block for block, _ in shown(page)]
    for number, block in enumerate(found):
        if block.into is None:
            continue
        written += 1
        if not whole:
            file = ROOT / EXAMPLES / f"Pulumi.{title_of(block)}.yaml"
            whole = yaml.safe_load(file.read_text())
            assert problems(tmp_path, whole) == []
        part = yaml.safe_load(block.text)
        assert set(part) == {"ml-storage:team"}
        whole["config"] = merged(whole["config"], part)
        after = next((b for b in found[number:] if b.language == "sh"), None)
        if after is None or "fails" not in after.words:
            assert problems(tmp_path, whole) == [], f"{page}.md:{block.line}"
    assert written


@pytest.mark.parametrize(
    ("page", "rule"), [("share-a-dataset", "DAT04"), ("run-a-sweep", "WRT01")]
)
def test_a_mistake_is_found_by_the_rule_that_is_shown(
    page: str, rule: str, tmp_path: Path
) -> None:
    whole: dict[str, Any] = {}
    reported: list[list[str]] = []
    for block, _ in shown(page):
        if block.into is not None:
            if not whole:
                file = ROOT / EXAMPLES / f"Pulumi.{title_of(block)}.yaml"
                whole = yaml.safe_load(file.read_text())
            part = yaml.safe_load(block.text)
            whole["config"] = merged(whole["config"], part)
            reported.append(problems(tmp_path, whole))
    assert [rule] in reported
    assert f"[{rule}]" in (PAGES / f"{page}.md").read_text()


def quoted(page: str) -> Iterator[dict[str, Any]]:
    """What a page quotes of its example: indented blocks that are YAML."""
    text = re.sub(
        r"^```.*?^```$",
        "",
        (PAGES / f"{page}.md").read_text(),
        flags=re.MULTILINE | re.DOTALL,
    )
    for found in re.findall(r"(?<=\n\n)((?:    .*\n|\n)+)", text):
        if re.match(r"    [a-z]+:\n", found):
            yield yaml.safe_load(found)


def is_part(part: Any, whole: Any) -> bool:
    """Whether all that a part says stands in the whole."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and is_part(part[key], whole[key]) for key in part)
    return part == whole


@pytest.mark.parametrize("page", sorted(set(NAMES) - {"move-data"}))
def test_what_is_quoted_of_an_example_stands_there(page: str) -> None:
    [title] = {title_of(block) for block in blocks(page) if block.into}
    whole = yaml.safe_load((ROOT / EXAMPLES / f"Pulumi.{title}.yaml").read_text())
    parts = list(quoted(page))
    assert parts
    for part in parts:
        assert is_part(part, whole["config"]["ml-storage:team"]), part


@pytest.mark.parametrize("cloud", RECLAIM)
def test_the_grace_of_a_spot_machine_is_its_clouds(cloud: str, tmp_path: Path) -> None:
    name, seconds = f"Pulumi.spot-{cloud}.yaml", RECLAIM[cloud].usable
    text = text_of("train-on-spot", name)
    assert text.count(f"graceSeconds: {seconds}\n") == 1
    file = tmp_path / name
    file.write_text(text.replace(f"graceSeconds: {seconds}", "graceSeconds: 600"))
    (found,) = from_file(file).found
    assert found.problem.severity == "warning"
    assert found.problem.value == 600


@pytest.mark.parametrize("cloud", ["aws", "gcp"])
def test_fifty_replicas_read_one_copy(cloud: str, tmp_path: Path) -> None:
    file = tmp_path / f"Pulumi.serve-{cloud}.yaml"
    file.write_text(text_of("serve-a-model", file.name))
    made = deploy_stack(file, strict=True)
    spec = made.manifest("Deployment", "classify")["spec"]
    assert spec["replicas"] == 50
    assert spec["strategy"]["rollingUpdate"]["maxSurge"] == 5
    pod = spec["template"]["spec"]
    mounts = {m["mountPath"]: m for m in pod["containers"][0]["volumeMounts"]}
    assert mounts["/model"]["readOnly"]
    assert mounts["/model"]["subPath"] == "classifier/v7"
    # One job reads the bucket, and no replica knows where it is.
    assert made.manifest("Job", "classifier-v7")
    assert "URI" not in str(pod["containers"])


def test_the_exit_codes_are_those_of_the_programs() -> None:
    text = (PAGES / "share-a-dataset.md").read_text()
    named = dict(re.findall(r"^\| (.*?) \| .*?exit code (\d)", text, re.MULTILINE))
    assert named == {
        "the source is not there": str(int(Failure.MISSING)),
        "no permission": str(int(Failure.DENIED)),
        "the volume is full": str(int(Failure.FULL)),
    }
    assert f"exit code {int(Failure.DIFFERS)}" in text


def test_the_readme_lists_every_page() -> None:
    text = (ROOT / "README.md").read_text()
    for file in [*PAGES.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        assert f"({file.relative_to(ROOT)})" in text, file.name


@pytest.mark.parametrize("file", LINKING, ids=lambda file: file.stem)
def test_every_link_leads_somewhere(file: Path) -> None:
    links = re.findall(r"\]\(([\w./-]*)(?:#([\w-]+))?\)", file.read_text())
    assert links or file.stem not in NAMES
    for name, anchor in links:
        there = file.parent / name if name else file
        assert there.exists(), name
        if anchor:
            headings = re.findall(r"^#+ (.+)$", there.read_text(), re.MULTILINE)
            assert anchor in {
                re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings
            }, anchor


def test_lines_are_wanted_in_their_order_with_anything_for_dots() -> None:
    said = "one\n  two   2   /tmp/x\nthree (3)\n"
    assert missing("one\ntwo 2 …\nthree (3)", said) == []
    assert missing("…ne\nth…", said) == []
    assert missing("two 2 …\none", said) == ["one"]
    assert missing("three (4)\nthree .3.", said) == ["three (4)", "three .3."]


def test_a_block_is_typed_in_one_place() -> None:
    def block(text: str) -> Block:
        return Block("sh", (), text, 7)

    assert block("make up\n./ml-storage check x\n").in_the_checkout
    assert not block("kubectl get \\\nmake \n").in_the_checkout
    with pytest.raises(AssertionError, match="line 7"):
        _ = block("make up\nkubectl get pods\n").in_the_checkout


def test_what_is_written_takes_the_place_of_what_was_there() -> None:
    whole = {"a": {"b": 1, "c": [1]}, "d": 2}
    assert merged(whole, {"a": {"c": [2], "e": None}}) == {
        "a": {"b": 1, "c": [2], "e": None},
        "d": 2,
    }
    assert whole == {"a": {"b": 1, "c": [1]}, "d": 2}
