"""Claims: their class, the team's quota, and what becomes of their data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from components.catalog import quantity
from components.catalog.problem import Problem
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.ephemeral_spec import EphemeralSpec
from components.kubernetes.static_volume_spec import StaticVolumeSpec
from components.spec import closest
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack


def known_class(stack: Stack) -> Iterator[Problem]:
    """A claim names a class that the platform describes."""
    if stack.platform is None:
        return
    known = stack.names("platform", "storageClasses")
    for name, claim in stack.volumes.items():
        if not isinstance(claim, ClaimSpec | EphemeralSpec):
            continue
        if claim.storage_class is None or claim.storage_class in known:
            continue
        yield Problem(
            rule="",
            message="no such class under platform.storageClasses (one that the "
            "cluster has already is described there with existing: true)",
            path=("team", "volumes", name, "storageClass"),
            value=claim.storage_class,
            allowed=tuple(sorted(known)),
            nearest=closest(claim.storage_class, known),
        )


def within_quota(stack: Stack) -> Iterator[Problem]:
    """The claims of each class fit into the team's quota for it."""
    team, space = stack.config.team, stack.space
    if space is None or team is None:
        return
    for storage_class, limit in space.quota.storage.items():
        sizes = {
            name: quantity.parse(claim.size)
            for name, claim in stack.claims
            if claim.storage_class == storage_class and claim.size is not None
        }
        total = sum(sizes.values(), Decimal(0))
        over = total - quantity.parse(limit)
        if over <= 0:
            continue
        problem = Problem(
            rule="",
            message=f"the team's claims of this class ask for "
            f"{quantity.bytes_text(total)} together: the last ones would be "
            "refused",
            path=(*("platform", "teams", team.name), "quota", "storage", storage_class),
            value=limit,
            nearest=quantity.bytes_text(total),
            link="https://kubernetes.io/docs/concepts/policy/resource-quotas/"
            "#storage-resource-quota",
        )
        if stack.config.platform is None:
            # The quota is the platform's: what the team can change is its claims.
            name, size = list(sizes.items())[-1]
            problem = replace(
                problem,
                message=f"{problem.message}, since the quota is {limit}",
                path=("team", "volumes", name, "size"),
                value=quantity.bytes_text(size),
                nearest=quantity.bytes_text(size - over) if size > over else None,
            )
        yield problem


def quota_of_known_class(stack: Stack) -> Iterator[Problem]:
    """A quota names a class that the platform describes."""
    known = stack.names("platform", "storageClasses")
    teams = stack.config.platform.teams if stack.config.platform else {}
    for team, space in teams.items():
        for storage_class in space.quota.storage:
            if storage_class not in known:
                yield Problem(
                    rule="",
                    message="a quota for a class that is not under "
                    "platform.storageClasses limits nothing",
                    path=(
                        *("platform", "teams", team),
                        *("quota", "storage", storage_class),
                    ),
                    allowed=tuple(sorted(known)),
                    nearest=closest(storage_class, known),
                )


def retained_in_a_deleted_namespace(stack: Stack) -> Iterator[Problem]:
    """What is to stay must not lie in a namespace that goes."""
    space = stack.space
    if space is None or space.on_delete != "delete":
        return
    for name, claim in stack.claims:
        if claim.on_delete == "retain":
            yield Problem(
                rule="",
                message="the namespace has onDelete: delete, and every claim in it "
                "goes with it: nothing would be retained",
                path=("team", "volumes", name, "onDelete"),
                value=claim.on_delete,
                nearest="protect",
            )


def one_volume_each(stack: Stack) -> Iterator[Problem]:
    """A claim that is taken into the stack is one volume of it, and no other's."""
    team = stack.config.team
    taken = dict.fromkeys(
        stack.space.grants if stack.space else (), "the claim of a grant"
    )
    adopted: dict[str, str] = {}
    for name, volume in (team.volumes if team else {}).items():
        if isinstance(volume, ClaimSpec) and volume.adopt is not None:
            adopted[name] = volume.adopt.name
        elif isinstance(volume, StaticVolumeSpec) or (
            isinstance(volume, ClaimSpec) and volume.existing is None
        ):
            taken[name] = f"the claim of the volume {name}"
    for name, claim in adopted.items():
        if claim in taken:
            yield Problem(
                rule="",
                message=f"this is {taken[claim]} already: no two resources of a stack "
                "are one object",
                path=("team", "volumes", name, "adopt", "name"),
                value=claim,
            )
        taken.setdefault(claim, f"the claim of the volume {name}")


RULES = (
    Rule("CLS02", "a claim that stays Pending for want of a class", known_class),
    Rule("VOL11", "a claim that two volumes manage", one_volume_each),
    Rule("QUO01", "a claim that the API server refuses halfway", within_quota),
    Rule("QUO02", "a quota that limits nothing", quota_of_known_class),
    Rule(
        "DEL01",
        "data that was to stay and goes with its namespace",
        retained_in_a_deleted_namespace,
    ),
)
