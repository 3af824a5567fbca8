"""Types of fields that several kinds of Google Cloud share."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Zone = Annotated[str, Field(min_length=1)]
"""A zone by its name, such as `us-central1-a`."""

KeyName = Annotated[str, Field(min_length=1)]
"""A Cloud KMS key: the name of one under `platform.keys`, or the full name of
another (`projects/P/locations/L/keyRings/R/cryptoKeys/K`)."""
