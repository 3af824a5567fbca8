"""Access modes: what a driver gives, and what the jobs need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from components.catalog.problem import Problem
from components.catalog.storage_kinds import LINK, check_access_modes
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.ephemeral_spec import EphemeralSpec
from stacks.checks.rule import Rule
from stacks.checks.stack import MountOf, Stack
from stacks.config import PodVolume, SeenVolume


def offered_by_the_driver(stack: Stack) -> Iterator[Problem]:
    """A claim's access modes are those that its class's driver offers."""
    for name, volume in stack.volumes.items():
        if not isinstance(volume, ClaimSpec | EphemeralSpec):
            continue
        row = stack.storage_kind(volume)
        if row is None:
            continue
        problem = check_access_modes(row, volume.access_modes, volume.volume_mode)
        if problem is not None:
            yield problem.under("team", "volumes", name)


def _shared_mounts(stack: Stack, mode: str) -> Iterator[tuple[MountOf, list[MountOf]]]:
    """Mounts of volumes with `mode`, with all mounts of the same volume."""
    by_volume: dict[str, list[MountOf]] = defaultdict(list)
    for mount in stack.mounts:
        volume = mount.volume
        # Those have a volume for each pod.
        if volume is None or isinstance(volume, PodVolume):
            continue
        if volume.access_modes == [mode]:
            by_volume[mount.mount.volume].append(mount)
    for same in by_volume.values():
        for mount in same:
            yield mount, same


def for_many(stack: Stack, volume: SeenVolume | None) -> str | None:
    """How several nodes may have a volume, where its driver offers it."""
    row = stack.storage_kind(volume) if isinstance(volume, ClaimSpec) else None
    shared = row is None or not check_access_modes(row, ["ReadWriteMany"], "Filesystem")
    return "accessModes: [ReadWriteMany]" if shared else None


def one_pod_only(stack: Stack) -> Iterator[Problem]:
    """ReadWriteOncePod is for one pod at a time."""
    for mount, same in _shared_mounts(stack, "ReadWriteOncePod"):
        owners = sorted({m.of for m in same})
        if mount.program.pods > 1:
            pods = f"{mount.of} runs {mount.program.pods} pods at a time"
        elif len(owners) > 1 and mount is same[-1]:
            pods = f"it is mounted by {len(owners)} of them ({', '.join(owners)})"
        else:
            continue
        yield Problem(
            rule="",
            message="the volume is ReadWriteOncePod, for one pod at a time, but "
            f"{pods}: only one would ever start",
            path=mount.at,
            value=mount.mount.volume,
            nearest=for_many(stack, mount.volume),
            link=LINK,
        )


def one_node_only(stack: Stack) -> Iterator[Problem]:
    """ReadWriteOnce is for one node: several pods wait for room on it."""
    for mount, _ in _shared_mounts(stack, "ReadWriteOnce"):
        if isinstance(mount.volume, ClaimSpec) and mount.program.pods > 1:
            yield Problem(
                rule="",
                message="the volume is ReadWriteOnce, for one node at a time: all "
                f"{mount.program.pods} pods must fit on that node, or wait",
                path=mount.at,
                value=mount.mount.volume,
                nearest=for_many(stack, mount.volume),
                link=LINK,
                severity="warning",
            )


def written_though_read_only(stack: Stack) -> Iterator[Problem]:
    """A ReadOnlyMany volume is mounted read-only."""
    for mount, _ in _shared_mounts(stack, "ReadOnlyMany"):
        if mount.writes:
            yield Problem(
                rule="",
                message="the volume is ReadOnlyMany, but this mount writes",
                path=mount.at,
                value=mount.mount.volume,
                nearest="accessModes: [ReadWriteMany]"
                if stack.is_of_a_pattern(mount.at)
                else "readOnly: true",
                link=LINK,
            )


RULES = (
    Rule(
        "VOL02",
        "a claim that stays Pending, or a pod that never mounts it",
        offered_by_the_driver,
    ),
    Rule("ACC01", "pods that never start beside the one that has it", one_pod_only),
    Rule("ACC02", "pods that wait for one node though others are free", one_node_only),
    Rule("ACC03", "a program that fails at its first write", written_though_read_only),
)
