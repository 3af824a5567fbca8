"""Words of other tools lead to keys, kinds and values that there are."""

from __future__ import annotations

from typing import Any, cast

import pytest

from components.catalog import other_words
from stacks import schema


def _words(node: Any) -> set[str]:
    """Every key and every listed value of the schema."""
    found: set[str] = set()
    if isinstance(node, dict):
        keys = cast("dict[str, Any]", node)
        found |= set(cast("dict[str, Any]", keys.get("properties") or {}))
        found |= {str(word) for word in keys.get("enum") or ()}
        found |= {str(keys["const"])} if "const" in keys else set()
    children = node.values() if isinstance(node, dict) else node
    if isinstance(node, dict | list):
        for child in cast("list[Any]", children):
            found |= _words(child)
    return found


WORDS = _words(schema.file_schema())
TABLES = (other_words.KEYS, other_words.KINDS, other_words.VALUES)
OTHERS = sorted({(word, own) for table in TABLES for word, own in table.items()})


@pytest.mark.parametrize(("word", "own"), OTHERS)
def test_a_word_of_others_leads_to_ours(word: str, own: tuple[str, ...]) -> None:
    assert own
    assert set(own) <= WORDS
    assert word not in own


def test_tables_are_sorted() -> None:
    assert all(list(table) == sorted(table) for table in TABLES)


def test_only_keys_that_stand_there_are_named() -> None:
    assert other_words.own_key("deploymentType", ["deployment", "kind"]) == "deployment"
    assert other_words.own_key("deploymentType", ["kind"]) is None
    assert other_words.own_key("kind", ["kind"]) is None
    assert other_words.own_key("size", ["sizeGiB", "type"]) == "sizeGiB"


def test_a_kind_is_one_of_the_cloud() -> None:
    assert other_words.own_word("bucket", ["efs", "s3"]) == "s3"
    assert other_words.own_word("bucket", ["filestore", "gcs"]) == "gcs"
    assert other_words.own_word("lustre", ["fsx-lustre", "efs"]) == "fsx-lustre"
    assert other_words.own_word("lustre", ["host-path"]) is None
    assert other_words.own_word("rw", ["read-write", "read-only"]) == "read-write"
