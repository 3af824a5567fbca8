from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import gcp_instances

LINK = "https://docs.cloud.google.com/filestore"
FULL = "projects/p/locations/us-central1-a/instances/models"


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        (FULL, None),
        ("models", None),
        (f"https://file.googleapis.com/v1/{FULL}", FULL),
        ("My_Models", "my-models"),
        ("1models", "models"),
        ("a/b", None),
        ("-", None),
    ],
)
def test_names_of_instances(text: str, nearest: str | None) -> None:
    problem = gcp_instances.name_problem("FIL09", text, ("existing",), LINK)
    assert (problem is None) == (text in (FULL, "models"))
    assert (problem and problem.nearest) == nearest


@given(
    st.text("aZ0-_. ", max_size=70),
    st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True),
)
def test_ids_that_are_made(stack: str, name: str) -> None:
    made = gcp_instances.id_of(stack, name)
    assert gcp_instances.is_id(made)
    assert gcp_instances.id_of("prod", "data") == "prod-data"
    if len(name) < 60:
        assert made.endswith(name)
