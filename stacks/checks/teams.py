"""Teams: a team's stack is one that its platform knows, and keeps to its place."""

from __future__ import annotations

from collections.abc import Iterator

from components.catalog.problem import UNSET, Problem
from components.kubernetes.static_volume_spec import StaticVolumeSpec
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


def made_by_the_platform(stack: Stack) -> Iterator[Problem]:
    """A team's credentials make nothing outside its namespace."""
    team = stack.config.team
    if team is None or stack.config.platform is not None:
        return
    for name, volume in team.volumes.items():
        if isinstance(volume, StaticVolumeSpec):
            yield Problem(
                rule="",
                message="a PersistentVolume belongs to the whole cluster, and the "
                "team's credentials cannot make one: the platform puts it under "
                "storage and grants it",
                path=("team", "volumes", name, "kind"),
                value=volume.kind,
                nearest=f"from: {name}",
            )


def one_environment(stack: Stack) -> Iterator[Problem]:
    """A stack with an environment of its own names no other."""
    team = stack.config.team
    if team is None or stack.config.platform is None:
        return
    for key, value in (("platform", team.platform), ("cluster", team.cluster)):
        if value is not None:
            yield Problem(
                rule="",
                message="the environment is in this stack: there is no other to name",
                path=("team", key),
                value=value if isinstance(value, str) else UNSET,
            )


RULES = (
    Rule("TEA01", "a team without namespace and guardrails", known_team),
    Rule("TEA02", "a team whose environment is not the one it thinks", one_environment),
    Rule("TEA03", "a stack that stops halfway, forbidden", made_by_the_platform),
)
