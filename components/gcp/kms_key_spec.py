"""A Cloud KMS key that encrypts storage."""

from __future__ import annotations

from typing import Literal

from components.spec import Spec, Text


class CloudKmsKeySpec(Spec):
    """A key of Cloud KMS in the environment's region, rotated every 90 days."""

    existing: Text | None = None
    """The full name of a key that is used without being managed:
    `projects/P/locations/L/keyRings/R/cryptoKeys/K`."""

    adopt: Text | None = None
    """The full name of a key that is imported into the stack, protected."""

    on_delete: Literal["protect", "delete"] = "protect"
    """`protect` refuses to destroy it: what it encrypts is lost with it. `delete`
    lets a destroy end its versions; its name stays taken for ever."""
