"""Grants: a team uses what it was granted, and no more."""

from __future__ import annotations

from collections.abc import Iterator

from components.catalog.problem import Problem
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.granted_spec import GrantedSpec, narrower
from components.kubernetes.static_volume_spec import (
    HostPathSpec,
    NfsSpec,
    StaticVolumeSpec,
)
from components.spec import closest
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack


def _granted(stack: Stack) -> Iterator[tuple[str, GrantedSpec]]:
    team = stack.config.team
    for name, volume in (team.volumes if team else {}).items():
        if isinstance(volume, GrantedSpec):
            yield name, volume


def was_given(stack: Stack) -> Iterator[Problem]:
    """`from:` names storage of the platform's that the team was granted."""
    if stack.platform is None or stack.space is None or stack.config.team is None:
        return
    team = stack.config.team.name
    grants = stack.space.grants
    for name, volume in _granted(stack):
        if volume.source in stack.names("platform", "teams", team, "grants"):
            continue
        known = volume.source in stack.names("platform", "storage")
        yield Problem(
            rule="",
            message=f"the platform has it, but the team {team} was not granted it"
            if known
            else "the platform has no such storage",
            path=("team", "volumes", name, "from"),
            value=volume.source,
            allowed=tuple(sorted(grants)),
            nearest=closest(volume.source, grants),
        )


def as_it_was_given(stack: Stack) -> Iterator[Problem]:
    """A volume asks for no more access than the grant allows."""
    if stack.platform is None or stack.space is None:
        return
    for name, volume in _granted(stack):
        grant = stack.space.grants.get(volume.source)
        storage = stack.platform.storage.get(volume.source)
        if grant is None or storage is None or volume.access != "read-write":
            continue
        if narrower(grant.access, storage.access) == "read-only":
            yield Problem(
                rule="",
                message="the team was granted reading only",
                path=("team", "volumes", name, "access"),
                value=volume.access,
                nearest="read-only",
            )


def of_known_storage(stack: Stack) -> Iterator[Problem]:
    """A grant is of something that stands under the platform's storage."""
    known = stack.names("platform", "storage")
    teams = stack.config.platform.teams if stack.config.platform else {}
    for team, space in teams.items():
        for name in space.grants:
            if name not in known:
                yield Problem(
                    rule="",
                    message="no such storage under platform.storage",
                    path=("platform", "teams", team, "grants", name),
                    allowed=tuple(sorted(known)),
                    nearest=closest(name, known),
                )


def no_more_than_there_is(stack: Stack) -> Iterator[Problem]:
    """A grant does not allow writing to what is read-only for everyone."""
    platform = stack.config.platform
    for team, space in (platform.teams if platform else {}).items():
        for name, grant in space.grants.items():
            storage = platform.storage.get(name) if platform else None
            if storage is None or grant.access != "read-write":
                continue
            if storage.access == "read-only":
                yield Problem(
                    rule="",
                    message="the storage is read-only for everyone",
                    path=("platform", "teams", team, "grants", name),
                    value=grant.access,
                    nearest="read-only",
                )


def a_directory_of_it(stack: Stack) -> Iterator[Problem]:
    """A prefix needs storage whose directories can be mounted by themselves."""
    platform = stack.config.platform
    for team, space in (platform.teams if platform else {}).items():
        for name, grant in space.grants.items():
            storage = platform.storage.get(name) if platform else None
            if grant.prefix is None or storage is None or storage.kind != "csi":
                continue
            yield Problem(
                rule="",
                message="a CSI volume is mounted whole: no prefix of it can be granted",
                path=("platform", "teams", team, "grants", name, "prefix"),
                value=grant.prefix,
            )


_OPEN = (
    (
        HostPathSpec,
        "a claim of a node's directory cannot be kept from writing by other pods",
    ),
    (
        NfsSpec,
        "other pods can mount the export without the claim: the server has to say so",
    ),
)
"""Storage that a read-only claim does not keep a team from writing to."""


def kept_from_writing(stack: Stack) -> Iterator[Problem]:
    """Reading only is enforced where the storage can enforce it."""
    platform = stack.config.platform
    for team, space in (platform.teams if platform else {}).items():
        for name, grant in space.grants.items():
            storage = platform.storage.get(name) if platform else None
            why = next((w for kind, w in _OPEN if isinstance(storage, kind)), None)
            if why is not None and grant.access == "read-only":
                yield Problem(
                    rule="",
                    message=f"the jobs declared here only read, but {why}",
                    path=("platform", "teams", team, "grants", name),
                    value=grant.access,
                    severity="warning",
                )


def a_claim_of_its_name(stack: Stack) -> Iterator[Problem]:
    """A granted thing's claim lies in the team's namespace, under its name."""
    team = stack.config.team
    if team is None or stack.space is None:
        return
    for name, volume in team.volumes.items():
        made = isinstance(volume, StaticVolumeSpec) or (
            isinstance(volume, ClaimSpec)
            and volume.existing is None
            and volume.adopt is None
        )
        if made and name in stack.space.grants:
            yield Problem(
                rule="",
                message="the claim of the granted storage has this name already: "
                "give the volume another",
                path=("team", "volumes", name),
                nearest=f"team-{name}",
            )


RULES = (
    Rule("GRN01", "a pod that waits for a claim no one made", was_given),
    Rule("GRN02", "a program that fails at its first write", as_it_was_given),
    Rule("GRN03", "a grant of nothing", of_known_storage),
    Rule("GRN04", "a promise that the storage breaks", no_more_than_there_is),
    Rule("GRN05", "a team that sees all where it was given a part", a_directory_of_it),
    Rule("GRN06", "shared data changed by a pod made by hand", kept_from_writing),
    Rule("GRN07", "two claims of one name", a_claim_of_its_name),
)
