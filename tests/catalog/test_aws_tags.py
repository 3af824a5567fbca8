"""Tags are those that every service takes, and the nearest ones are."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import botocore
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from components.catalog import aws_tags

DATA = Path(botocore.__file__).parent / "data"


@cache
def shapes(service: str) -> dict[str, Any]:
    """The shapes of a service, as AWS states them."""
    (file, *_) = sorted((DATA / service).glob("*/service-2.json.gz"), reverse=True)
    return json.loads(gzip.decompress(file.read_bytes()))["shapes"]


def taken(key: str, value: str) -> bool:
    """Whether the pattern of EFS, the strictest, takes a tag.

    Python knows no classes of Unicode: letters and digits of ASCII stand for them all.
    """
    efs = shapes("efs")
    for text, shape in ((key, efs["TagKey"]), (value, efs["TagValue"])):
        pattern = re.sub(r"\\p\{[LN]\}", "a-zA-Z0-9", shape["pattern"])
        pattern = pattern.replace(r"\p{Z}", " ")
        if len(text) > shape["max"] or not re.fullmatch(pattern, text):
            return False
    return True


ascii_texts = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=300)


@given(key=ascii_texts, value=ascii_texts)
@example(key="aws:owner", value="ml")
@example(key="AWS:owner", value="")
@example(key="k" * 129, value="v" * 257)
def test_what_efs_takes_and_nothing_else(key: str, value: str) -> None:
    assert (list(aws_tags.problems({key: value})) == []) == taken(key, value)


@given(key=st.text(max_size=200), value=st.text(max_size=300))
@example(key="aws:aws:x", value="\x1b")
def test_the_nearest_is_one(key: str, value: str) -> None:
    for problem in aws_tags.problems({key: value}):
        if problem.nearest is None:
            continue
        nearest = str(problem.nearest)
        if problem.value == value:
            assert not list(aws_tags.problems({"key": nearest}))
        elif not nearest.lower().startswith("aws:"):
            assert not list(aws_tags.problems({nearest: ""}))


def test_a_resource_has_fifty() -> None:
    tags = {f"k{number}": "" for number in range(51)}
    (problem,) = aws_tags.problems(tags)
    assert problem.path == ()
    assert not list(aws_tags.problems(dict(list(tags.items())[:50])))


@pytest.mark.parametrize("service", ["fsx", "iam"])
def test_the_limits_are_those_of_aws(service: str) -> None:
    key, value = ("tagKeyType", "tagValueType")
    if service == "fsx":
        key, value = "TagKey", "TagValue"
    assert shapes(service)[key]["max"] == aws_tags.LONGEST_KEY
    assert shapes(service)[value]["max"] == aws_tags.LONGEST_VALUE
    assert shapes("fsx")["Tags"]["max"] == aws_tags.MOST
