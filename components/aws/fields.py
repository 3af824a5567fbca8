"""Types of fields that several kinds of AWS share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from components.catalog import kms
from components.catalog.problem import Problem
from components.spec import as_error

Zone = Annotated[str, Field(min_length=1)]
"""An availability zone by its name, such as `us-west-2a`."""

KeyName = Annotated[str, Field(min_length=1)]
"""A KMS key: the name of one under `platform.keys`, or the ARN of another."""


def key_problems(key: str | None) -> Iterator[Problem]:
    """What is wrong with what stands under `kmsKey`."""
    problem = None if key is None else kms.reference(key)
    if problem is not None:
        yield problem.under("kmsKey")


def _age(value: Any) -> Any:
    """Texts; a bare number is told its unit."""
    if isinstance(value, int) and not isinstance(value, bool):
        raise as_error(
            Problem(
                rule="CFG03",
                message="an age says its unit, in days",
                value=value,
                nearest=f"{value}d",
            )
        )
    return value


Age = Annotated[str, BeforeValidator(_age)]
"""Whole days, such as `30d`."""
