from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import names
from components.catalog.problem import Problem

Check = Callable[[str], Problem | None]
CHECKS: list[Check] = [names.label, names.subdomain, names.environment_variable]
texts = st.text(alphabet="aZ09-._ /é\n", max_size=12) | st.text(max_size=300)


@pytest.mark.parametrize("name", ["a", "0", "a-b", "resnet50", "a" * 63, "a--b"])
def test_labels(name: str) -> None:
    assert names.label(name) is None


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("My_Volume", "my-volume"),
        ("-a-", "a"),
        ("a.b", "a-b"),
        ("a b", "a-b"),
        ("a\n", "a"),
        ("é", None),
        ("", None),
        ("a" * 64, "a" * 63),
        ("a" * 62 + "-b", "a" * 62),
    ],
)
def test_not_labels(name: str, nearest: str | None) -> None:
    problem = names.label(name)
    assert problem is not None
    assert (problem.rule, problem.value, problem.nearest) == ("NAM01", name, nearest)


def test_a_shorter_label_can_be_asked_for() -> None:
    assert names.label("a" * 40, length=40) is None
    problem = names.label("a" * 41, length=40)
    assert problem is not None
    assert problem.nearest == "a" * 40


@pytest.mark.parametrize("name", ["a.b", "rook-cephfs", "x.y-z.0", "a" * 253])
def test_subdomains(name: str) -> None:
    assert names.subdomain(name) is None


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("A..B", "a.b"), ("a.-b", "a.b"), (".a", "a"), ("a_b.c", "a-b.c"), ("..", None)],
)
def test_not_subdomains(name: str, nearest: str | None) -> None:
    problem = names.subdomain(name)
    assert problem is not None
    assert (problem.rule, problem.nearest) == ("NAM02", nearest)


@pytest.mark.parametrize(
    ("name", "nearest"), [("1A", "_1A"), ("A=B", "A_B"), ("A B", "A_B"), ("", None)]
)
def test_not_environment_variables(name: str, nearest: str | None) -> None:
    problem = names.environment_variable(name)
    assert problem is not None
    assert (problem.rule, problem.nearest) == ("NAM03", nearest)
    assert names.environment_variable("CUDA_VISIBLE_DEVICES") is None


@pytest.mark.parametrize("check", CHECKS)
@given(text=texts)
def test_the_nearest_name_is_right(check: Check, text: str) -> None:
    problem = check(text)
    if problem is not None and problem.nearest is not None:
        assert check(str(problem.nearest)) is None
