"""Types of fields that several kinds of AWS share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from components.catalog import kms
from components.catalog.problem import Problem

Zone = Annotated[str, Field(min_length=1)]
"""An availability zone by its name, such as `us-west-2a`."""

KeyName = Annotated[str, Field(min_length=1)]
"""A KMS key: the name of one under `platform.keys`, or the ARN of another."""


def key_problems(key: str | None) -> Iterator[Problem]:
    """What is wrong with what stands under `kmsKey`."""
    problem = None if key is None else kms.reference(key)
    if problem is not None:
        yield problem.under("kmsKey")
