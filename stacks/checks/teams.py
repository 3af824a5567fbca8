"""Teams: a team's stack is one that its platform knows."""

from __future__ import annotations

from collections.abc import Iterator

from components.catalog.problem import Problem
from components.spec import closest
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack


def known_team(stack: Stack) -> Iterator[Problem]:
    """The team stands under the platform's teams, with its guardrails."""
    team = stack.config.team
    if team is None or stack.platform is None:
        return
    known = stack.names("platform", "teams")
    if team.name not in known:
        yield Problem(
            rule="",
            message="no such team under platform.teams",
            path=("team", "name"),
            value=team.name,
            allowed=tuple(sorted(known)),
            nearest=closest(team.name, known),
        )


RULES = (Rule("TEA01", "a team without namespace and guardrails", known_team),)
