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


_KUBERNETES_OWN = ("default", "kube-node-lease", "kube-public", "kube-system")


def namespace_of_its_own(stack: Stack) -> Iterator[Problem]:
    """A team's namespace, which has its name, is not one that Kubernetes made."""
    platform = stack.config.platform
    for name, space in (platform.teams if platform else {}).items():
        if name in _KUBERNETES_OWN and not (space.existing or space.adopt):
            yield Problem(
                rule="",
                message="every cluster has a namespace of this name: another one "
                "cannot be made",
                path=("platform", "teams", name),
                nearest=f"team-{name.removeprefix('kube-')}",
                link="https://kubernetes.io/docs/concepts/overview/"
                "working-with-objects/namespaces/#initial-namespaces",
            )


def pods_as_the_standard_wants(stack: Stack) -> Iterator[Problem]:
    """Under `podSecurity: restricted` a program says whom it runs as (`runAs`)."""
    team, space = stack.config.team, stack.space
    if team is None or space is None:
        return
    # The level of a namespace that others made is theirs.
    if space.existing or space.adopt or space.pod_security != "restricted":
        return
    silent = [owner for owner, program in stack.programs if program.run_as is None]
    if not silent:
        return
    here = stack.config.platform is not None
    which = ", ".join(str(owner[-1]) for owner in silent)
    yield Problem(
        rule="",
        message="restricted refuses pods that do not say to run as another user than "
        f"root: say runAs of {which}",
        path=("platform", "teams", team.name, "podSecurity") if here else silent[0],
        value=space.pod_security if here else UNSET,
        nearest="baseline" if here else "runAs: {user: 1000}",
        link="https://kubernetes.io/docs/concepts/security/"
        "pod-security-standards/#restricted",
    )


RULES = (
    Rule("TEA01", "a team without namespace and guardrails", known_team),
    Rule("TEA02", "a team whose environment is not the one it thinks", one_environment),
    Rule("TEA03", "a stack that stops halfway, forbidden", made_by_the_platform),
    Rule("TEA06", "a namespace that exists already", namespace_of_its_own),
    Rule("TEA07", "pods that the API server refuses", pods_as_the_standard_wants),
)
