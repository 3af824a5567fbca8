"""A KMS key that encrypts storage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from components.catalog import kms
from components.catalog.problem import Problem
from components.kubernetes.cloud_volume_spec import made_or_taken
from components.spec import Spec, Text


class KmsKeySpec(Spec):
    """A key of the environment's, rotated every year."""

    existing: Text | None = None
    """The ARN of a key that is used without being managed."""

    adopt: Text | None = None
    """The id of a key that is imported into the stack, protected."""

    on_delete: Literal["protect", "delete"] = "protect"
    """`protect` refuses to destroy it: what it encrypts is lost with it. `delete`
    lets a destroy delete it, which ends it after `deletionDays`."""

    deletion_days: int = Field(default=30, ge=7, le=30)
    """Days from its deletion to its end, 7 to 30; default 30."""

    def problems(self) -> Iterator[Problem]:
        """It is made, used or taken over, by the name that each takes."""
        yield from made_or_taken(self.existing, self.adopt, self.on_delete, "a key")
        if self.existing is not None:
            problem = kms.key_arn(self.existing)
            if problem is not None:
                yield problem.under("existing")
            if "deletion_days" in self.model_fields_set:
                yield Problem(
                    rule="KEY03",
                    message="a key that is used without being managed is not deleted "
                    "from here",
                    path=("deletionDays",),
                    value=self.deletion_days,
                )
        if self.adopt is not None:
            problem = kms.key_id(self.adopt)
            if problem is not None:
                yield problem.under("adopt")
