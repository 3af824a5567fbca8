"""Volumes: handles that are told apart, and ephemeral ones within the quota."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from components.catalog import quantity
from components.catalog.problem import UNSET, Path, Problem
from components.catalog.storage_kinds import BY_DRIVER
from components.kubernetes.csi_spec import CsiSpec
from components.kubernetes.ephemeral_spec import EphemeralSpec
from components.kubernetes.granted_spec import GrantedSpec
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack

_INSTEAD = {"efs.csi.aws.com": ": that of an access point (fs-...::fsap-...)"}
"""What makes a handle another one, where the driver reads all of it."""

_HANDLES = "https://github.com/kubernetes/kubernetes/issues/132921"


@dataclass(frozen=True, slots=True)
class _Volume:
    """A PersistentVolume of a CSI driver.

    Attributes:
        driver: The driver.
        handle: The handle that it gets.
        who: What it is, in words.
        at: Where it stands in the document.
    """

    driver: str
    handle: str
    who: str
    at: Path


def _handles_of_the_team(stack: Stack) -> dict[str, _Volume]:
    """The CSI volumes that the team's jobs can mount, by their names."""
    team = stack.config.team
    found: dict[str, _Volume] = {}
    for name, volume in stack.volumes.items():
        if team is None or not isinstance(volume, CsiSpec):
            continue
        own = team.volumes.get(name)
        claim = own.source if isinstance(own, GrantedSpec) else name
        handle = volume.unique_handle(team.name, claim)
        key = "from" if isinstance(own, GrantedSpec) else "volumeHandle"
        at = ("team", "volumes", name, key)
        found[name] = _Volume(volume.driver, handle, f"the volume {name}", at)
    return found


def one_handle_in_a_pod(stack: Stack) -> Iterator[Problem]:
    """The volumes of one pod have handles of their own."""
    known = _handles_of_the_team(stack)
    for at, program in stack.programs:
        handles: dict[tuple[str, str], str] = {}
        for path, mount in program.mounts.items():
            volume = known.get(mount.volume)
            if volume is None:
                continue
            key = (volume.driver, volume.handle)
            first = handles.setdefault(key, mount.volume)
            if first != mount.volume:
                yield Problem(
                    rule="",
                    message=f"it has the driver and the handle of {first}, by which "
                    "a node tells volumes apart: the pod would wait for ever for one "
                    "of them",
                    path=(*at, "mounts", path),
                    value=mount.volume,
                    nearest=first,
                    link=_HANDLES,
                )


def _made(stack: Stack) -> Iterator[_Volume]:
    """Every PersistentVolume of a CSI driver that is made for someone."""
    platform, team = stack.platform, stack.config.team
    for name, space in (platform.teams if platform else {}).items():
        for storage in space.grants:
            spec = platform.storage.get(storage) if platform else None
            if isinstance(spec, CsiSpec):
                yield _Volume(
                    spec.driver,
                    spec.unique_handle(name, storage),
                    f"{storage} of the team {name}",
                    ("platform", "teams", name, "grants", storage),
                )
    if team is not None:
        for name, volume in _handles_of_the_team(stack).items():
            # One that is granted is the platform's, and was said above.
            if isinstance(team.volumes[name], CsiSpec):
                yield volume


def one_handle_each(stack: Stack) -> Iterator[Problem]:
    """Where a driver wants a handle for each volume, no two have the same."""
    first: dict[tuple[str, str], _Volume] = {}
    for volume in _made(stack):
        other = first.setdefault((volume.driver, volume.handle), volume)
        row = BY_DRIVER.get(volume.driver)
        shared = row.shared_handle if row else None
        # What another stack made is said there.
        elsewhere = volume.at[0] == "platform" and stack.config.platform is None
        if other is volume or shared or elsewhere:
            continue
        sure = shared is False
        yield Problem(
            rule="",
            message=f"{other.who} has this handle, and {volume.driver} needs one for "
            "each volume" + _INSTEAD.get(volume.driver, "")
            if sure
            else f"{other.who} has this handle, and it is not known that "
            f"{volume.driver} keeps two volumes of one handle apart",
            path=volume.at,
            value=volume.handle,
            link=row.source.partition(" ")[0] if row and sure else _HANDLES,
            severity="error" if sure else "warning",
        )


def ephemeral_within_quota(stack: Stack) -> Iterator[Problem]:
    """Claims and the ephemeral volumes of the pods fit into the quota."""
    team, space = stack.config.team, stack.space
    if space is None or team is None:
        return
    for storage_class, limit in space.quota.storage.items():
        claimed = sum(
            (
                quantity.parse(claim.size)
                for _, claim in stack.claims
                if claim.storage_class == storage_class and claim.size is not None
            ),
            Decimal(0),
        )
        by_program = _ephemeral(stack, storage_class)
        most = quantity.parse(limit)
        # Claims that do not fit by themselves are another rule's.
        if not by_program or claimed > most:
            continue
        at = max(by_program, key=lambda owner: by_program[owner][0])
        size, mount = by_program[at]
        alone = claimed + size
        together = claimed + sum(size for size, _ in by_program.values())
        if together <= most:
            continue
        total = quantity.bytes_text(alone if alone > most else together)
        # The quota is the platform's: a team by itself can change its mounts.
        here = stack.config.platform is not None
        quota = ("platform", "teams", team.name, "quota", "storage", storage_class)
        yield Problem(
            rule="",
            message=(
                f"the team's claims of this class and the ephemeral volumes of "
                f"{at[-1]} ask for {total} together: some of its pods would never "
                "start"
                if alone > most
                else "the team's claims of this class and the ephemeral volumes of "
                f"all its programs ask for {total} together: they would wait for each "
                "other"
            )
            + ("" if here else f", since the quota is {limit}"),
            path=quota if here else (*at, "mounts", mount),
            value=limit if here else UNSET,
            nearest=quantity.bytes_text(together) if here else None,
            link="https://kubernetes.io/docs/concepts/policy/resource-quotas/"
            "#storage-resource-quota",
            severity="error" if alone > most else "warning",
        )


def _ephemeral(stack: Stack, storage_class: str) -> dict[Path, tuple[Decimal, str]]:
    """What the pods of each program ask of a class at a time: bytes, and a mount."""
    found: dict[Path, tuple[Decimal, str]] = {}
    for at, program in stack.programs:
        sizes: dict[str, Decimal] = {}
        path = ""
        for mount_path, mount in program.mounts.items():
            volume = stack.volumes.get(mount.volume)
            if not isinstance(volume, EphemeralSpec):
                continue
            if volume.storage_class == storage_class:
                sizes[mount.volume] = quantity.parse(volume.size)
                path = path or mount_path
        if sizes:
            found[at] = (sum(sizes.values(), Decimal(0)) * program.pods, path)
    return found


RULES = (
    Rule("VOL08", "a pod that waits for ever for a volume it has", one_handle_in_a_pod),
    Rule("VOL09", "two volumes that a node takes for one", one_handle_each),
    Rule("QUO04", "pods whose volumes the quota refuses", ephemeral_within_quota),
)
