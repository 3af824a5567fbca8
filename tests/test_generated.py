"""What is generated is what is committed, and does what it is for."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from components.catalog import quantity
from stacks import reference, schema
from stacks.config import SECTIONS
from stacks.source import read

ROOT = Path(__file__).resolve().parents[1]
GOOD = [
    ROOT / "Pulumi.dev.yaml",
    *sorted((ROOT / "tests" / "config" / "good").rglob("*.yaml")),
    *sorted((ROOT / "examples").rglob("Pulumi.*.yaml")),
]
Value = dict[str, Any]


@pytest.fixture(scope="module")
def validator() -> Draft7Validator:
    whole = json.loads((ROOT / schema.FILE).read_text())
    Draft7Validator.check_schema(whole)
    return Draft7Validator(whole)


def test_it_is_what_the_models_make() -> None:
    made = reference.generated()
    others = [name for name in made if (ROOT / name).read_text() != made[name]]
    assert others == [], "not what `make generate` writes"


def test_no_page_is_left_over() -> None:
    there = {f.name for f in (ROOT / reference.DIRECTORY).iterdir()}
    assert there == set(reference.pages())


def test_stale_pages_are_removed(tmp_path: Path) -> None:
    stale = tmp_path / reference.DIRECTORY / "old.md"
    stale.parent.mkdir(parents=True)
    stale.write_text("old")
    reference.write(tmp_path)
    assert not stale.exists()
    assert (tmp_path / schema.FILE).exists()


@pytest.mark.parametrize("file", GOOD, ids=lambda f: str(f.relative_to(ROOT)))
def test_what_is_right_is_right_for_an_editor(
    file: Path, validator: Draft7Validator
) -> None:
    assert [e.message for e in validator.iter_errors(read(file).data)] == []


def errors(validator: Draft7Validator, values: Value) -> list[str]:
    return [e.message for e in validator.iter_errors(values)]


def put(values: Value, path: list[str], value: Any) -> Value:
    changed = copy.deepcopy(values)
    node = changed
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = value
    return changed


SECTION = ["config", "ml-storage:team"]
MISTAKES: list[tuple[list[str], Any]] = [
    (["confg"], {}),
    (["config", "no namespace"], 1),
    ([*SECTION, "volume"], {}),
    ([*SECTION, "volumes", "results", "sise"], "1Gi"),
    ([*SECTION, "volumes", "results", "size"], "5GB"),
    ([*SECTION, "volumes", "results", "size"], 5),
    ([*SECTION, "volumes", "results", "kind"], "clam"),
    ([*SECTION, "volumes", "results", "accessModes"], ["ReadWriteSome"]),
    ([*SECTION, "volumes", "Results"], {"kind": "scratch", "size": "1Gi"}),
    ([*SECTION, "volumes", "scratch", "medium"], "tape"),
    ([*SECTION, "jobs", "train", "mounts", "/a"], {"volume": "a", "readonly": True}),
    ([*SECTION, "jobs", "train", "mounts", "/a"], 1),
    ([*SECTION, "jobs", "train", "comand"], []),
    ([*SECTION, "jobs", "train", "run"], "1"),
    ([*SECTION, "jobs", "train", "run"], 0),
    (["config", "ml-storage:platform", "cloud"], "cubernetes"),
]


@pytest.mark.parametrize(
    ("path", "value"), MISTAKES, ids=[f"{p[-1]}={v}" for p, v in MISTAKES]
)
def test_a_mistake_is_seen_in_the_editor(
    path: list[str], value: Any, validator: Draft7Validator
) -> None:
    values = read(ROOT / "Pulumi.dev.yaml").data
    assert errors(validator, values) == []
    assert errors(validator, put(values, path, value))


def test_a_mount_is_a_name_or_a_mapping(validator: Draft7Validator) -> None:
    values = read(ROOT / "Pulumi.dev.yaml").data
    path = [*SECTION, "jobs", "train", "mounts", "/a"]
    for mount in ("scratch", {"volume": "scratch", "readOnly": True}):
        assert errors(validator, put(values, path, mount)) == []


PATTERN = schema.definitions()["ScratchSpec"]["properties"]["size"]["pattern"]


@given(st.from_regex(r"[+-]?[0-9.]{0,4}[numkMGTPEei]{0,2}[-+0-9]{0,3}", fullmatch=True))
def test_the_pattern_of_a_quantity_is_that_of_the_catalog(text: str) -> None:
    matches = re.search(PATTERN, text) is not None
    try:
        # A negative size is none: the catalog parses it, and the Spec refuses.
        parses = quantity.parse(text) is not None and not text.startswith("-")
    except ValueError:
        parses = False
    assert matches == parses


def test_every_key_is_described() -> None:
    undescribed = [
        f"{name}.{key}"
        for name, model in schema.definitions().items()
        for key, field in model.get("properties", {}).items()
        # What `kind` means is what the model says of itself.
        if "description" not in field and key != "kind"
    ]
    assert undescribed == []


def test_the_sections_have_pages_and_every_link_leads_somewhere() -> None:
    pages = reference.pages()
    assert {f"{section}.md" for section in SECTIONS} <= set(pages)
    for page, text in pages.items():
        for file, anchor in re.findall(r"\]\(([\w-]*(?:\.md)?)#([\w-]+)\)", text):
            headings = re.findall(r"^## (.+)$", pages[file or page], re.MULTILINE)
            slugs = [h.lower().replace(" ", "-") for h in headings]
            assert slugs.count(anchor) == 1, (page, file, anchor)


def test_rules_and_kinds_are_all_there() -> None:
    pages = reference.pages()
    assert "| WRT01 |" in pages["rules.md"]
    assert "| QTY01 |" in pages["rules.md"]
    assert (
        "| rook-cephfs | `rook-ceph.cephfs.csi.ceph.com` |" in pages["storage-kinds.md"]
    )
