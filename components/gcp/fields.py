"""Types of fields that several kinds of Google Cloud share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from components.catalog import cloud_kms
from components.catalog.problem import Problem
from components.spec import Text

Zone = Annotated[str, Field(min_length=1)]
"""A zone by its name, such as `us-central1-a`."""


def _text_of_number(value: Any) -> Any:
    """A bare number as the text that it is no topology by."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number else value


TopologyText = Annotated[Text, BeforeValidator(_text_of_number)]
"""The chips along each side of a slice, such as `2x4`."""

KeyName = Annotated[str, Field(min_length=1)]
"""A Cloud KMS key: the name of one under `platform.keys`, or the full name of
another (`projects/P/locations/L/keyRings/R/cryptoKeys/K`)."""


def key_problems(key: str | None) -> Iterator[Problem]:
    """What is wrong with what stands under `kmsKey`."""
    problem = None if key is None else cloud_kms.reference(key)
    if problem is not None:
        yield problem.under("kmsKey")
