"""A rule: an id that stays, what it prevents, and the function that finds it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from components.catalog.problem import Problem
from stacks.checks.stack import Stack


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule over a whole stack.

    Attributes:
        id: Stable id, such as `WRT01`.
        prevents: What would happen without it, in one line.
        find: Yields a problem for each violation; its `rule` is filled in.
    """

    id: str
    prevents: str
    find: Callable[[Stack], Iterator[Problem]]

    @property
    def why(self) -> str:
        """What is asked for and why: what the documentation of `find` says."""
        text = inspect.getdoc(self.find) or ""
        return " ".join(text.partition("\n\n")[0].split())

    def violations(self, stack: Stack) -> Iterator[Problem]:
        """What `find` yields, under this rule's id."""
        for problem in self.find(stack):
            yield replace(problem, rule=self.id)
