"""Writers: no two pods write one path without anyone having said so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from components.catalog import paths
from components.catalog.problem import Problem
from components.kubernetes.scratch_spec import ScratchSpec
from stacks.checks.rule import Rule
from stacks.checks.stack import MountOf, Stack


def _writing(stack: Stack) -> Iterator[MountOf]:
    for mount in stack.mounts:
        shared = mount.volume is not None and not isinstance(mount.volume, ScratchSpec)
        if shared and mount.writes:
            yield mount


def declared(stack: Stack) -> Iterator[Problem]:
    """Where several pods write one directory, someone has said how."""
    # A later index writes where an earlier one wrote, also when they run one
    # after the other: indexes count, not parallelism.
    by_directory: dict[tuple[str, str], list[MountOf]] = defaultdict(list)
    for mount in _writing(stack):
        key = (mount.mount.volume, paths.normal(mount.mount.sub_path or ""))
        by_directory[key].append(mount)
    for mounts in by_directory.values():
        undeclared = [m for m in mounts if m.writers is None]
        for mount in undeclared:
            pods = mount.job.indexes or 1
            jobs = sorted({m.job_name for m in mounts})
            if pods > 1:
                who = f"all {pods} pods of this job write here"
                nearest = "writers: per-index"
            elif len(jobs) > 1 and mount is undeclared[-1]:
                who = f"the jobs {', '.join(jobs)} write here"
                nearest = "writers: one"
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
                nearest="writers: per-index" if mount.job.indexes else "writers: one",
                link=row.source.partition(" ")[0],
                severity="error" if row.status == "confirmed" else "warning",
            )


def one_is_a_promise(stack: Stack) -> Iterator[Problem]:
    """`one` in a job of several pods is the program's own promise."""
    for mount in _writing(stack):
        if mount.writers == "one" and (mount.job.indexes or 1) > 1:
            yield Problem(
                rule="",
                message=f"writers is `one`, and {mount.job.indexes} pods mount it "
                "read-write: nothing but the program keeps them apart",
                path=mount.at,
                value=mount.mount.volume,
                nearest="writers: per-index",
                severity="warning",
            )


def indexes_for_per_index(stack: Stack) -> Iterator[Problem]:
    """`per-index` on a volume needs jobs that have indexes."""
    for mount in _writing(stack):
        inherited = mount.mount.writers is None and mount.writers == "per-index"
        if inherited and mount.job.indexes is None:
            yield Problem(
                rule="",
                message="the volume gives each index a directory, but this job has "
                "no indexes",
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
