"""A rule that one value, one Spec or the reading of a file can see by itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpecRule:
    """A rule that no function over a whole stack is needed for.

    Attributes:
        id: Stable id, such as `QTY01`.
        prevents: What would happen without it, in one line.
        why: What is asked for and why, one sentence.
    """

    id: str
    prevents: str
    why: str
