"""What no single Spec can see: rules over volumes, classes, pools and jobs.

One small function for each rule, in the module of its subject. A rule yields a
problem for each violation and touches nothing but the `Stack` it is given.
"""

from __future__ import annotations

from collections.abc import Iterator

from components.catalog.problem import Path, Problem
from stacks.checks import access, claims, mounts, pools, teams, writers
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import StackConfig

RULES: tuple[Rule, ...] = (
    *access.RULES,
    *claims.RULES,
    *mounts.RULES,
    *pools.RULES,
    *teams.RULES,
    *writers.RULES,
)


def run(config: StackConfig, broken: set[Path]) -> Iterator[Problem]:
    """Every violation of every rule.

    Args:
        config: The configuration without its broken entries.
        broken: Paths of entries that were taken out because they are wrong
            in themselves: they exist, but nothing is known about them.
    """
    stack = Stack(config, broken)
    for rule in RULES:
        yield from rule.violations(stack)
