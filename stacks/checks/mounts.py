"""Mounts: what a program mounts exists, fits, and stands in one place each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby

from components.catalog import names, paths, quantity
from components.catalog.problem import Problem
from components.kubernetes.dataset_spec import DatasetSpec
from components.kubernetes.ephemeral_spec import EphemeralSpec
from components.kubernetes.scratch_spec import ScratchSpec
from components.spec import closest
from stacks.checks.rule import Rule
from stacks.checks.stack import MountOf, Stack

_NESTED = "https://github.com/kubernetes/kubernetes/issues/121294"


def known_volume(stack: Stack) -> Iterator[Problem]:
    """A mount names one of the team's volumes."""
    known = stack.names("team", "volumes") | stack.names("team", "patterns")
    for mount in stack.mounts:
        if mount.mount.volume not in known:
            yield Problem(
                rule="",
                message="no such volume under team.volumes, nor team.patterns",
                path=mount.at,
                value=mount.mount.volume,
                allowed=tuple(sorted(known)),
                nearest=closest(mount.mount.volume, known),
            )


def one_mount_each(stack: Stack) -> Iterator[Problem]:
    """No two mounts of a program stand on one directory."""
    for owner, program in stack.programs:
        seen: dict[str, str] = {}
        for path in program.mounts:
            first = seen.setdefault(paths.normal(path), path)
            if first != path:
                yield Problem(
                    rule="",
                    message=f"the same directory as {first}: one mount would hide "
                    "the other",
                    path=(*owner, "mounts", path),
                )


def places_that_can_be_made(stack: Stack) -> Iterator[Problem]:
    """A mount inside another has a directory there, or one can be made.

    The runtime makes it in what is mounted there, and in what is mounted read-only it
    cannot.
    """
    for _, group in groupby(stack.mounts, key=lambda mount: mount.owner):
        mounts = list(group)
        for mount in mounts:
            outer = _around(mount, mounts)
            if outer is None or outer.writes:
                continue
            inside = paths.parts(mount.path)[len(paths.parts(outer.path)) :]
            beside = "-".join(["/" + "/".join(paths.parts(outer.path)), *inside])
            content = _all_that_it_holds(stack, outer)
            yield Problem(
                rule="",
                message=f"{outer.path} is mounted read-only, "
                + (
                    f"and holds {content}: no directory for this mount can be made in "
                    "it, and the pod would never start"
                    if content
                    else f"where no directory can be made: a pod starts only if there "
                    f"is one called {'/'.join(inside)} in that volume already"
                ),
                path=mount.at,
                nearest=None if beside in mount.program.mounts else beside,
                link=_NESTED,
                severity="error" if content else "warning",
            )


def _around(mount: MountOf, others: Iterable[MountOf]) -> MountOf | None:
    """The mount in whose directory another stands; the innermost of several."""
    inside = len(paths.parts(mount.path))
    outer = [
        other
        for other in others
        if len(paths.parts(other.path)) < inside
        and paths.overlap(other.path, mount.path)
    ]
    return max(outer, key=lambda other: len(paths.parts(other.path)), default=None)


def _all_that_it_holds(stack: Stack, mount: MountOf) -> str | None:
    """What is known to be all that a read-only mount has in it; None for unknown."""
    pattern = stack.pattern_at(mount.at)
    if pattern is not None:
        return f"what {pattern} brings and no more"
    if isinstance(mount.volume, DatasetSpec):
        return "the dataset and no more"
    if isinstance(mount.volume, ScratchSpec | EphemeralSpec):
        return "nothing when the pod starts"
    return None


def memory_scratch_fits(stack: Stack) -> Iterator[Problem]:
    """Memory scratch and the memory requested fit into the memory limit."""
    for owner, program in stack.programs:
        mounted = {mount.volume for mount in program.mounts.values()}
        volumes = [stack.volumes.get(name) for name in mounted]
        scratch = sum(
            (
                quantity.parse(volume.size)
                for volume in volumes
                if isinstance(volume, ScratchSpec | DatasetSpec)
                and volume.medium == "memory"
            ),
            Decimal(0),
        )
        limit = program.memory_limit(scratch)
        requested = quantity.parse(program.resources.requests.memory or "0")
        if not scratch or limit is None or scratch + requested <= limit:
            continue
        yield Problem(
            rule="",
            message="files in memory scratch count as the pod's memory: "
            f"{quantity.bytes_text(scratch)} of it"
            + (f" and {quantity.bytes_text(requested)} requested" if requested else "")
            + " do not fit into the limit, and the pod would be killed",
            path=(*owner, "resources", "limits", "memory"),
            value=program.resources.limits.memory,
            nearest=quantity.bytes_text(scratch + requested),
            link="https://kubernetes.io/docs/concepts/storage/volumes/"
            "#emptydir-memory-configuration-example",
        )


def a_device_is_no_directory(stack: Stack) -> Iterator[Problem]:
    """A raw block volume has no directory to mount."""
    for mount in stack.mounts:
        volume = mount.volume
        mode = getattr(volume, "volume_mode", "Filesystem")
        if mode == "Block":
            yield Problem(
                rule="",
                message="the volume is a raw device (volumeMode: Block): it has no "
                "files to mount",
                path=mount.at,
                value=mount.mount.volume,
                nearest="volumeMode: Filesystem",
            )


def pod_names_fit(stack: Stack) -> Iterator[Problem]:
    """The host name of the last pod, such as `<job>-<index>`, is a DNS label."""
    for name, job in stack.jobs.items():
        over = len(job.last_host(name)) - names.LABEL_LENGTH
        if over > 0:
            yield Problem(
                rule="",
                message="the name of its last pod is too long: "
                f"the name of this job has at most {len(name) - over} characters",
                path=("team", "jobs", name),
                nearest=name[: len(name) - over].rstrip("-"),
                link=names.LINK,
            )


RULES = (
    Rule("MNT01", "a job whose pods cannot be made", known_volume),
    Rule("MNT02", "a volume hidden by another", one_mount_each),
    Rule("MNT03", "a pod killed for files it keeps in memory", memory_scratch_fits),
    Rule("MNT04", "a pod that the API server refuses", a_device_is_no_directory),
    Rule("MNT06", "a pod that never starts", places_that_can_be_made),
    Rule("NAM04", "an Indexed Job that the API server refuses", pod_names_fit),
)
