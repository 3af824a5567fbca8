from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import mount_options
from components.catalog.problem import Problem

Check = Callable[[str], Problem | None]
BOTH: list[Check] = [mount_options.option, mount_options.argument]


@pytest.mark.parametrize("check", BOTH)
@pytest.mark.parametrize(
    "text",
    ["nfsvers=4.1", "ro", "--cache-size-mb=1000", 'context="u:o:t:s0:c0,c1"', '"a b"'],
)
def test_one_option(check: Check, text: str) -> None:
    assert check(text) is None


@pytest.mark.parametrize("check", BOTH)
@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("nfsvers=4.1,hard", "[nfsvers=4.1, hard]"),
        ("nfsvers=4.1, hard", "[nfsvers=4.1, hard]"),
        ("hard,", "hard"),
        (" hard", "hard"),
        ("", None),
        (" , ", None),
    ],
)
def test_not_one_option(check: Check, text: str, nearest: str | None) -> None:
    problem = check(text)
    assert problem is not None
    assert (problem.rule, problem.nearest) == ("MNT05", nearest)


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("nfsvers=4.1 hard", "[nfsvers=4.1, hard]"),
        ("-o hard", "hard"),
        ("region us-west-2", "[region, us-west-2]"),
    ],
)
def test_only_drivers_take_words_apart(text: str, nearest: str) -> None:
    problem = mount_options.option(text)
    assert problem is not None
    assert problem.nearest == nearest
    assert mount_options.argument(text) is None


@pytest.mark.parametrize("check", BOTH)
@given(text=st.text(alphabet='a=", \n-o', max_size=12))
def test_each_nearest_option_is_right(check: Check, text: str) -> None:
    problem = check(text)
    if problem is not None and problem.nearest is not None and '"' not in text:
        for part in str(problem.nearest).strip("[]").split(", "):
            assert check(part) is None


def test_a_new_volume_mounted_read_only_warns() -> None:
    problem = mount_options.never_written("ro")
    assert problem is not None
    assert problem.severity == "warning"
    assert mount_options.never_written("rootcontext=a") is None
