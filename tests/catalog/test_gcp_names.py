"""Names that are made from those of the YAML are names of Google Cloud's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import gcp_names
from components.catalog.gcp_names import Made

MADE: tuple[Made, ...] = get_args(Made)
LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True)
UNIQUE = "-0a1b2c3"
ENDS: dict[Made, str] = {"vm": "account"}
FILES: dict[Made, str] = {
    "instance": "filestore",
    "disk": "disk",
    "image": "disk_image",
    "pool": "storage_pool",
    "vm": "tpu_vm",
    "ring": "kms_key",
}


def whole(made: Made, name: str) -> str:
    """What Google Cloud would call it."""
    return f"{name}-{ENDS.get(made, made)}{UNIQUE}"


@pytest.mark.parametrize("made", MADE)
@given(name=LABELS)
def test_a_name_is_taken_or_one_is_offered(made: Made, name: str) -> None:
    most = 30 if made == "vm" else 63
    first = "[a-z0-9]" if made == "ring" else "[a-z]"
    taken = re.compile(rf"{first}[a-z0-9-]*[a-z0-9]")
    problem = gcp_names.problem(made, name)
    fits = len(whole(made, name)) <= most and taken.fullmatch(whole(made, name))
    assert (problem is None) == bool(fits)
    if problem is not None and problem.nearest is not None:
        assert gcp_names.problem(made, str(problem.nearest)) is None


@pytest.mark.parametrize("made", MADE)
def test_the_longest_name(made: Made) -> None:
    most = gcp_names.longest(made)
    assert gcp_names.problem(made, "a" * most) is None
    assert gcp_names.problem(made, "a" * (most + 1)) is not None


@pytest.mark.parametrize("made", MADE)
def test_things_are_called_so(made: Made, root: Path) -> None:
    text = (root / "components" / "gcp" / f"{FILES[made]}.py").read_text()
    assert f'f"{{name}}-{ENDS.get(made, made)}"' in text
