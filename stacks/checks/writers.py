"""Writers: no two pods write one path without anyone having said so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from components.catalog import paths
from components.catalog.problem import Problem
from components.kubernetes.deployment_spec import DeploymentSpec
from components.kubernetes.granted_spec import GrantedSpec
from stacks.checks.rule import Rule
from stacks.checks.stack import MountOf, Stack
from stacks.config import PodVolume


def _writing(stack: Stack) -> Iterator[MountOf]:
    for mount in stack.mounts:
        own = isinstance(mount.volume, PodVolume)
        if mount.volume is not None and not own and mount.writes:
            yield mount


def _storage(stack: Stack, volume: str) -> str:
    """What a volume's files lie on: a granted thing may have several names."""
    team = stack.config.team
    own = team.volumes.get(volume) if team else None
    return f"from:{own.source}" if isinstance(own, GrantedSpec) else volume


def _pods(mount: MountOf) -> int:
    """How many pods write, one after another too.

    A later index writes where an earlier one wrote: indexes count, not how many
    run at a time.
    """
    return mount.program.all_pods


def _apart(mount: MountOf) -> str:
    """How the pods of one program keep out of each other's way."""
    # Replicas of a deployment are all alike: what serves only reads.
    replicas = isinstance(mount.program, DeploymentSpec)
    return "readOnly: true" if replicas else "writers: per-index"


def declared(stack: Stack) -> Iterator[Problem]:
    """Where several pods write one directory, someone has said how."""
    by_storage: dict[str, list[tuple[str, MountOf]]] = defaultdict(list)
    for mount in _writing(stack):
        directory = paths.normal(mount.mount.sub_path or "")
        by_storage[_storage(stack, mount.mount.volume)].append((directory, mount))
    for mounts in by_storage.values():
        for place, (directory, mount) in enumerate(mounts):
            if mount.writers is not None:
                continue
            others = [
                (where, m)
                for where, m in mounts
                if m.owner != mount.owner and paths.overlap(where, directory)
            ]
            pods = _pods(mount)
            if pods > 1:
                who = f"all {pods} pods of this {mount.what} write here"
                nearest = _apart(mount)
            # Said once for each group, at the last of it that is undeclared.
            elif others and not any(
                m.writers is None and paths.overlap(where, directory)
                for where, m in mounts[place + 1 :]
            ):
                who = f"{', '.join(sorted({mount.of, *(m.of for _, m in others)}))} "
                who += "write here"
                filled = any(
                    stack.is_of_a_pattern(m.at) and paths.is_in(directory, where)
                    for where, m in others
                )
                nearest = "readOnly: true" if filled else "writers: one"
            else:
                continue
            yield Problem(
                rule="",
                message=f"{who}, over each other: say writers (one, per-index or "
                "sharded), a subPath each, or readOnly",
                path=mount.at,
                value=mount.mount.volume,
                nearest=nearest,
            )


def sharded_where_possible(stack: Stack) -> Iterator[Problem]:
    """Sharded writers need storage on which all see each other's files."""
    for mount in _writing(stack):
        row = stack.storage_kind(mount.volume) if mount.volume else None
        if mount.writers == "sharded" and row is not None and not row.shared_writes:
            yield Problem(
                rule="",
                message=f"{row.kind} cannot be written by several pods as one "
                "directory",
                path=mount.at,
                value=mount.mount.volume,
                nearest="writers: per-index"
                if mount.program.numbered
                else "writers: one",
                link=row.source.partition(" ")[0],
                severity="error" if row.status == "confirmed" else "warning",
            )


def one_is_a_promise(stack: Stack) -> Iterator[Problem]:
    """`one` in a program of several pods is its own promise."""
    for mount in _writing(stack):
        if stack.pattern_at(mount.at) is not None:
            # Who writes is the pattern's word, and what it publishes is whole.
            continue
        if mount.writers == "one" and _pods(mount) > 1:
            yield Problem(
                rule="",
                message=f"writers is `one`, and {_pods(mount)} pods mount it "
                "read-write: nothing but the program keeps them apart",
                path=mount.at,
                value=mount.mount.volume,
                nearest=_apart(mount),
                severity="warning",
            )


def indexes_for_per_index(stack: Stack) -> Iterator[Problem]:
    """`per-index` on a volume needs jobs that have indexes."""
    for mount in _writing(stack):
        inherited = mount.mount.writers is None and mount.writers == "per-index"
        if inherited and mount.program.numbered is None:
            yield Problem(
                rule="",
                message="the volume gives each index a directory, but this "
                f"{mount.what} has no indexes",
                path=mount.at,
                value=mount.mount.volume,
                nearest="writers: one",
            )


RULES = (
    Rule("WRT01", "a checkpoint or log written by every pod to one path", declared),
    Rule("WRT02", "files that the other writers cannot see", sharded_where_possible),
    Rule("WRT03", "a promise that nobody keeps", one_is_a_promise),
    Rule("WRT04", "a mount that no pod can make", indexes_for_per_index),
)
