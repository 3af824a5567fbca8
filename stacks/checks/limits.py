"""Limits of a team: claims and containers that its LimitRange refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from components.catalog import quantity
from components.catalog.problem import UNSET, Path, Problem
from components.kubernetes.checkpoint_tier_spec import CheckpointTierSpec
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.dataset_spec import DatasetSpec
from components.kubernetes.ephemeral_spec import EphemeralSpec
from components.kubernetes.limits_spec import LINK, ClaimLimits, LimitsSpec
from components.kubernetes.pod import CONTAINER_DISK
from components.kubernetes.program_spec import ProgramSpec, Resources
from components.kubernetes.scratch_spec import ScratchSpec
from components.kubernetes.shared_artifacts_spec import SharedArtifactsSpec
from components.kubernetes.static_volume_spec import StaticVolumeSpec
from stacks.checks.pattern_lookups import patterns_of
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import NEUTRAL


def size_of_a_claim(stack: Stack) -> Iterator[Problem]:
    """Every claim in a team's namespace is as large as the team's limits allow."""
    team, space = stack.config.team, stack.space
    if team is not None and space is not None and space.limits is not None:
        for name, volume in team.volumes.items():
            if isinstance(volume, ClaimSpec | EphemeralSpec | StaticVolumeSpec):
                at = ("team", "volumes", name, "size")
                yield from _within(space.limits.claim, volume.size, at, "size")
    platform = stack.config.platform
    for name, granted in (platform.teams if platform else {}).items():
        if platform is None or granted.limits is None:
            continue
        for storage in granted.grants:
            spec = platform.storage.get(storage)
            at = ("platform", "teams", name, "grants", storage)
            size = spec.size if spec is not None else None
            yield from _within(granted.limits.claim, size, at, "grant")


def _within(
    limits: ClaimLimits, size: str | None, at: Path, what: str
) -> Iterator[Problem]:
    # A size that is wrong in itself is said once.
    if size is None or size == NEUTRAL["team", "volumes", "*", "size"]:
        return
    for bound, sign, word in (
        (limits.max, 1, "larger than the largest"),
        (limits.min, -1, "smaller than the smallest"),
    ):
        if bound is None:
            continue
        if (quantity.parse(size) - quantity.parse(bound)) * sign > 0:
            granted = what == "grant"
            said = f"it would be a claim of {size}, " if granted else ""
            yield Problem(
                rule="",
                message=f"{said}{word} claim that the team may have, {bound}",
                path=at,
                value=size,
                nearest=f"size: {bound}" if granted else bound,
                link=LINK,
            )


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a container asks for of one resource.

    Attributes:
        key: The resource, as the YAML calls it.
        stated: What stands under `requests` and `limits`.
        scratch: Memory scratch, which is added to what is requested.
    """

    key: str
    stated: dict[str, str | None]
    scratch: Decimal = Decimal(0)

    @property
    def request(self) -> Decimal | None:
        """What it requests; None when it says nothing of it."""
        stated = self.stated["requests"]
        return quantity.parse(stated) + self.scratch if stated else None

    @property
    def limit(self) -> Decimal | None:
        """Its limit; None when it states none."""
        stated = self.stated["limits"]
        if stated:
            return quantity.parse(stated)
        # A pod may use no more memory than it asked for.
        return self.request if self.key == "memory" else None

    def problem(self, message: str, where: str, bound: Decimal) -> Problem:
        """What is wrong with it, and the value under `where` that meets `bound`."""
        left = bound - (self.scratch if where == "requests" else 0)
        value = self.stated[where]
        return Problem(
            rule="",
            message=message + (", memory scratch counted in" if self.scratch else ""),
            path=("resources", where, self.key),
            value=UNSET if value is None else value,
            nearest=_text(self.key, left) if left > 0 else None,
            link=LINK,
        )


def resources_of_a_container(stack: Stack) -> Iterator[Problem]:
    """Each container asks for what the team's limits allow."""
    space = stack.space
    if space is None or space.limits is None:
        return
    for at, program in stack.programs:
        scratch = sum(_scratch(stack, program, "memory").values(), Decimal(0))
        for asked in _asked(program.resources, scratch):
            problem = _refused(asked, space.limits)
            if problem is not None:
                yield problem.under(*at)
        yield from _disk(stack, program, at, space.limits)
    # The others' containers are as large as their jobs', which are programs.
    for kind in (CheckpointTierSpec, SharedArtifactsSpec):
        for at, _, pattern in patterns_of(stack, kind):
            for asked in _asked(pattern.resources):
                problem = _refused(asked, space.limits)
                if problem is not None:
                    yield problem.under(*at)


def _asked(given: Resources, scratch: Decimal = Decimal(0)) -> Iterator[_Asked]:
    cpu = {"requests": given.requests.cpu, "limits": given.limits.cpu}
    memory = {"requests": given.requests.memory, "limits": given.limits.memory}
    yield _Asked("cpu", cpu)
    yield _Asked("memory", memory, scratch)


def _scratch(stack: Stack, program: ProgramSpec, medium: str) -> dict[str, Decimal]:
    """Bytes of each scratch volume that a program's pods have on `medium`."""
    found: dict[str, Decimal] = {}
    for mount in program.mounts.values():
        volume = stack.volumes.get(mount.volume)
        if isinstance(volume, ScratchSpec | DatasetSpec) and volume.medium == medium:
            found[mount.volume] = quantity.parse(volume.size)
    return found


def _refused(asked: _Asked, limits: LimitsSpec) -> Problem | None:
    """What the API server refuses, after it filled in what is not stated."""
    top: str | None = getattr(limits.max, asked.key)
    bottom: str | None = getattr(limits.min, asked.key)
    default: str | None = getattr(limits.default, asked.key) or top
    request, limit = asked.request, asked.limit
    # Where a limit is stated, the default is not in force.
    most = limit if limit is not None else request or asked.scratch
    if top is not None and most > quantity.parse(top):
        where = "limits" if asked.stated["limits"] else "requests"
        message = f"more than {top}, the most that a container of the team gets"
        return asked.problem(message, where, quantity.parse(top))
    # A container that states a limit alone requests as much.
    least = limit if request is None else request
    if bottom is not None and least is not None and least < quantity.parse(bottom):
        where = "limits" if request is None else "requests"
        message = f"less than {bottom}, the least that a container of the team gets"
        return asked.problem(message, where, quantity.parse(bottom))
    if limit is None and default is not None and most > quantity.parse(default):
        message = f"no limit is stated, and the team's default, {default}, is less"
        return asked.problem(message, "limits", most)
    return None


def _text(key: str, value: Decimal) -> str:
    if key == "memory":
        return quantity.bytes_text(value)
    thousandths = int(value * 1000)
    return f"{thousandths}m" if thousandths % 1000 else str(thousandths // 1000)


def _disk(
    stack: Stack, program: ProgramSpec, at: Path, limits: LimitsSpec
) -> Iterator[Problem]:
    """Disk scratch, and what the container writes beside it."""
    scratch = _scratch(stack, program, "disk") | _scratch(stack, program, "nvme")
    if not scratch:
        return
    asked = sum(scratch.values(), CONTAINER_DISK)
    for bound, sign, word in (
        (limits.max.ephemeral_storage, 1, "more than the most"),
        (limits.min.ephemeral_storage, -1, "less than the least"),
    ):
        if bound is None or (asked - quantity.parse(bound)) * sign <= 0:
            continue
        largest = max(scratch, key=lambda name: scratch[name])
        left = quantity.parse(bound) - (asked - scratch[largest])
        path = next(p for p, m in program.mounts.items() if m.volume == largest)
        yield Problem(
            rule="",
            message=f"with its disk scratch a container asks for "
            f"{quantity.bytes_text(asked)} of the node's disk, {word} that one of the "
            f"team gets, {bound}",
            path=(*at, "mounts", path),
            value=largest,
            nearest=f"size: {quantity.bytes_text(left)}" if left > 0 else None,
            link=LINK,
        )


_KEYS = {
    "cpu": "cpu",
    "memory": "memory",
    "ephemeral_storage": "ephemeral-storage",
}


def container_that_fetches(stack: Stack) -> Iterator[Problem]:
    """The container that fetches a dataset asks for what the team's limits allow."""
    space = stack.space
    if space is None or space.limits is None:
        return
    mounted = {m.volume for _, p in stack.programs for m in p.mounts.values()}
    for name, volume in stack.volumes.items():
        if not isinstance(volume, DatasetSpec) or name not in mounted:
            continue
        for container in volume.pod_needs().init_containers:
            why = _fixed(container.resources, space.limits)
            if why is not None:
                yield Problem(
                    rule="",
                    message=f"the container that fetches it {why}",
                    path=("team", "volumes", name),
                    link=LINK,
                )


def _fixed(resources: Mapping[str, Any], limits: LimitsSpec) -> str | None:
    """Why a container is refused whose resources no one can state otherwise."""
    for field, key in _KEYS.items():
        request: str = resources["requests"][key]
        stated: str | None = resources["limits"].get(key)
        top: str | None = getattr(limits.max, field)
        bottom: str | None = getattr(limits.min, field)
        limit = stated or getattr(limits.default, field) or top
        asked = quantity.parse(request)
        if bottom is not None and asked < quantity.parse(bottom):
            return f"requests {key} {request}, less than {bottom}, the team's least"
        if top is not None and limit and quantity.parse(limit) > quantity.parse(top):
            return f"has {key} {limit} as its limit, more than {top}, the team's most"
        if limit is not None and asked > quantity.parse(limit):
            return f"requests {key} {request}, more than the team's default, {limit}"
    return None


RULES = (
    Rule("LIM02", "a claim that the API server refuses halfway", size_of_a_claim),
    Rule("LIM03", "a pod that the API server refuses", resources_of_a_container),
    Rule("LIM04", "a dataset that no pod can fetch", container_that_fetches),
)
