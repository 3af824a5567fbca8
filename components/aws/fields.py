"""Types of fields that several kinds of AWS share."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Zone = Annotated[str, Field(min_length=1)]
"""An availability zone by its name, such as `us-west-2a`."""

KeyName = Annotated[str, Field(min_length=1)]
"""A KMS key: the name of one under `platform.keys`, or the ARN of another."""
