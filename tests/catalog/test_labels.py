from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import labels
from components.catalog.problem import Problem

texts = st.text(alphabet="aZ09-._/ é\n", max_size=12) | st.text(max_size=300)


@pytest.mark.parametrize(
    "key",
    [
        "gpu",
        "nvidia.com/gpu.product",
        "node.kubernetes.io/instance-type",
        "A_b-c.D",
        "a" * 63,
        f"{'a' * 63}.{'b' * 63}/{'c' * 63}",
    ],
)
def test_keys(key: str) -> None:
    assert labels.key(key) is None


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("gpu product", "gpu-product"),
        ("-gpu-", "gpu"),
        ("NVIDIA.com/gpu", "nvidia.com/gpu"),
        ("nvidia.com/gpu/product", "nvidia.com-gpu/product"),
        ("/gpu", "gpu"),
        ("a" * 64, "a" * 63),
        ("example.com/", None),
        ("", None),
    ],
)
def test_not_keys(key: str, nearest: str | None) -> None:
    problem = labels.key(key)
    assert problem is not None
    assert (problem.rule, problem.value, problem.nearest) == ("LBL01", key, nearest)


@pytest.mark.parametrize("value", ["", "a10g", "NVIDIA-A10G", "1.2_3", "a" * 63])
def test_values(value: str) -> None:
    assert labels.value(value) is None


@pytest.mark.parametrize(
    ("value", "nearest"),
    [
        ("NVIDIA A10G", "NVIDIA-A10G"),
        ("team/vision", "team-vision"),
        ("_x_", "x"),
        ("a" * 64, "a" * 63),
        ("é", None),
        ("a\n", "a"),
    ],
)
def test_not_values(value: str, nearest: str | None) -> None:
    problem = labels.value(value)
    assert problem is not None
    assert (problem.rule, problem.nearest) == ("LBL02", nearest)


@pytest.mark.parametrize("check", [labels.key, labels.value])
@given(text=texts)
def test_the_nearest_is_right(
    check: Callable[[str], Problem | None], text: str
) -> None:
    problem = check(text)
    if problem is not None and problem.nearest is not None:
        assert check(str(problem.nearest)) is None
