"""A Cloud KMS key that encrypts storage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from components.catalog import cloud_kms
from components.catalog.problem import Problem
from components.kubernetes.cloud_volume_spec import made_or_taken
from components.spec import Spec, Text


class CloudKmsKeySpec(Spec):
    """A key of Cloud KMS in the environment's region, rotated every 90 days."""

    existing: Text | None = None
    """The full name of a key that is used without being managed:
    `projects/P/locations/L/keyRings/R/cryptoKeys/K`."""

    adopt: Text | None = None
    """The full name of a key that is imported into the stack, protected; nothing
    of it is changed but who may encrypt with it."""

    on_delete: Literal["protect", "delete"] = "protect"
    """`protect` refuses to destroy it: what it encrypts is lost with it. `delete`
    lets a destroy end its versions; its name stays taken for ever."""

    def problems(self) -> Iterator[Problem]:
        """It is made, used or taken over, by its full name."""
        yield from made_or_taken(self.existing, self.adopt, self.on_delete, "a key")
        for key, name in (("existing", self.existing), ("adopt", self.adopt)):
            problem = None if name is None else cloud_kms.key_name(name)
            if problem is not None:
                yield problem.under(key)
