from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import images

DIGEST = "sha256:" + "0123456789abcdef" * 4
parts = ["a", "Z", "9", "/", ":", "@", ".", "-", "_", " ", "é", "ghcr.io", "https://"]
texts = st.lists(st.sampled_from([*parts, DIGEST]), max_size=10).map("".join)


@pytest.mark.parametrize(
    "text",
    [
        "python:3.11",
        "library/python:3.11-slim",
        "localhost/ml-storage/train:dev",
        "localhost:5000/train:dev",
        "registry.example.com:5000/Team",
        "ghcr.io/vision/sweep:7",
        "[2001:db8::1]:5000/sweep:7",
        "nvcr.io/nvidia/pytorch:24.05-py3",
        "a__b/c--d/e.f:_x",
        f"ghcr.io/vision/sweep@{DIGEST}",
        f"ghcr.io/vision/sweep:7@{DIGEST}",
        "a@sha512:" + "0" * 128,
        "a:" + "b" * 128,
        "f" * 63,
    ],
)
def test_references(text: str) -> None:
    # A repository is lower-case, whatever its registry is.
    assert images.reference(text.replace("/Team", "/team")) is None


@pytest.mark.parametrize(
    ("text", "why", "nearest"),
    [
        ("", "words of lower-case", None),
        (" python:3.11\n", "no spaces", "python:3.11"),
        ("python 3.11", "no spaces", None),
        ("https://ghcr.io/a/b:1", "without https://", "ghcr.io/a/b:1"),
        ("docker://python:3.11", "without docker://", "python:3.11"),
        ("ghcr.io/Vision/Sweep:7", "lower-case", "ghcr.io/vision/sweep:7"),
        ("PyTorch", "lower-case", "pytorch"),
        ("ghcr.io//sweep:7", "words", "ghcr.io/sweep:7"),
        ("ghcr.io/sweep/:7", "words", "ghcr.io/sweep:7"),
        ("ghcr.io/a_-b:7", "words", "ghcr.io/a.b:7"),
        ("-registry.io/a:1", "registry", None),
        ("train:", "tag", "train"),
        ("train:2.1+cu121", "tag", "train:2.1-cu121"),
        ("train:-1", "tag", "train:1"),
        ("train:" + "b" * 129, "tag", "train:" + "b" * 128),
        ("train@", "digest", None),
        ("train@sha256:abc", "digest", None),
        (f"train@{DIGEST.upper()}", "digest", f"train@{DIGEST}"),
        ("train@md5:" + "0" * 32, "digest", None),
        ("f" * 64, "64 hexadecimal", None),
        ("a" * 256, "255", None),
    ],
)
def test_not_references(text: str, why: str, nearest: str | None) -> None:
    problem = images.reference(text)
    assert problem is not None
    assert (problem.rule, problem.value, problem.nearest) == ("IMG01", text, nearest)
    assert why in problem.message


def test_a_suggestion_can_have_several_mistakes_mended() -> None:
    problem = images.reference(" https://ghcr.io/Vision//sweep:1+2 ")
    assert problem is not None
    assert problem.nearest == "ghcr.io/vision/sweep:1-2"


@given(text=texts)
def test_the_nearest_is_right(text: str) -> None:
    problem = images.reference(text)
    if problem is not None and problem.nearest is not None:
        assert images.reference(str(problem.nearest)) is None


@pytest.mark.parametrize("text", ["python", "ghcr.io/a/b", "localhost:5000/a:latest"])
def test_a_tag_that_moves_warns(text: str) -> None:
    problem = images.unpinned(text)
    assert problem is not None
    assert (problem.rule, problem.severity) == ("IMG02", "warning")


@pytest.mark.parametrize(
    "text", ["python:3.11", f"python@{DIGEST}", f"python:latest@{DIGEST}", "A b"]
)
def test_what_is_pinned_or_refused_does_not(text: str) -> None:
    assert images.unpinned(text) is None
