"""One mistake in a configuration, and what would be right instead."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

Severity = Literal["error", "warning"]
Path = tuple[str | int, ...]


class _Unset:
    """The type of `UNSET`: a problem about something that has no value."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET = _Unset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A mistake, said once.

    Attributes:
        rule: Stable id of the rule that found it, such as `JOB03`.
        message: What is wrong and why, one sentence without the value.
        path: Where, relative to whatever was checked: keys and list positions.
        value: The value that stands there; `UNSET` when there is none.
        allowed: The values that would be right, where they can be listed.
        nearest: The right value nearest to the one given.
        link: The page of Kubernetes or the cloud that states the rule.
        severity: An `error` stops the deployment, a `warning` is printed.
    """

    rule: str
    message: str
    path: Path = ()
    value: object = field(default=UNSET)
    allowed: tuple[object, ...] = ()
    nearest: object = None
    link: str | None = None
    severity: Severity = "error"

    def under(self, *prefix: str | int) -> Problem:
        """The same problem, seen from further up the document."""
        return replace(self, path=(*prefix, *self.path))
