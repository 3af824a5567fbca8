"""Mounts: what a program mounts exists, fits, and stands in one place each."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from components.catalog import names, paths, quantity
from components.catalog.problem import Problem
from components.kubernetes.dataset_spec import DatasetSpec
from components.kubernetes.scratch_spec import ScratchSpec
from components.spec import closest
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack


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
    Rule("NAM04", "an Indexed Job that the API server refuses", pod_names_fit),
)
