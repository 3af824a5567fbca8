"""Mounts: what a job mounts exists, fits, and stands in one place each."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from components.catalog import names, paths, quantity
from components.catalog.problem import Problem
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.scratch_spec import ScratchSpec
from components.spec import closest
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack


def known_volume(stack: Stack) -> Iterator[Problem]:
    """A mount names one of the team's volumes."""
    known = stack.names("team", "volumes")
    for mount in stack.mounts:
        if mount.mount.volume not in known:
            yield Problem(
                rule="",
                message="no such volume under team.volumes",
                path=mount.at,
                value=mount.mount.volume,
                allowed=tuple(sorted(known)),
                nearest=closest(mount.mount.volume, known),
            )


def one_mount_each(stack: Stack) -> Iterator[Problem]:
    """No two mounts of a job stand on one directory."""
    for name, job in stack.jobs.items():
        seen: dict[str, str] = {}
        for path in job.mounts:
            first = seen.setdefault(paths.normal(path), path)
            if first != path:
                yield Problem(
                    rule="",
                    message=f"the same directory as {first}: one mount would hide "
                    "the other",
                    path=("team", "jobs", name, "mounts", path),
                )


def memory_scratch_fits(stack: Stack) -> Iterator[Problem]:
    """Memory scratch and the memory requested fit into the memory limit."""
    for name, job in stack.jobs.items():
        volumes = {m.mount.volume: m.volume for m in stack.mounts if m.job_name == name}
        scratch = sum(
            (
                quantity.parse(volume.size)
                for volume in volumes.values()
                if isinstance(volume, ScratchSpec) and volume.medium == "memory"
            ),
            Decimal(0),
        )
        limit = job.memory_limit(scratch)
        requested = quantity.parse(job.resources.requests.memory or "0")
        if not scratch or limit is None or scratch + requested <= limit:
            continue
        yield Problem(
            rule="",
            message="files in memory scratch count as the pod's memory: "
            f"{quantity.bytes_text(scratch)} of it"
            + (f" and {quantity.bytes_text(requested)} requested" if requested else "")
            + " do not fit into the limit, and the pod would be killed",
            path=("team", "jobs", name, "resources", "limits", "memory"),
            value=job.resources.limits.memory,
            nearest=quantity.bytes_text(scratch + requested),
            link="https://kubernetes.io/docs/concepts/storage/volumes/"
            "#emptydir-memory-configuration-example",
        )


def a_device_is_no_directory(stack: Stack) -> Iterator[Problem]:
    """A raw block volume has no directory to mount."""
    for mount in stack.mounts:
        volume = mount.volume
        if isinstance(volume, ClaimSpec) and volume.volume_mode == "Block":
            yield Problem(
                rule="",
                message="the volume is a raw device (volumeMode: Block): it has no "
                "files to mount",
                path=mount.at,
                value=mount.mount.volume,
                nearest="volumeMode: Filesystem",
            )


def pod_names_fit(stack: Stack) -> Iterator[Problem]:
    """The host name of the last index, `<job>-<index>`, is a DNS label."""
    for name, job in stack.jobs.items():
        last = f"-{(job.indexes or 1) - 1}" if job.indexes else ""
        if len(name) + len(last) > names.LABEL_LENGTH:
            yield Problem(
                rule="",
                message=f"with {job.indexes} indexes the name of a job has at most "
                f"{names.LABEL_LENGTH - len(last)} characters",
                path=("team", "jobs", name),
                nearest=name[: names.LABEL_LENGTH - len(last)].rstrip("-"),
                link=names.LINK,
            )


RULES = (
    Rule("MNT01", "a job whose pods cannot be made", known_volume),
    Rule("MNT02", "a volume hidden by another", one_mount_each),
    Rule("MNT03", "a pod killed for files it keeps in memory", memory_scratch_fits),
    Rule("MNT04", "a pod that the API server refuses", a_device_is_no_directory),
    Rule("NAM04", "an Indexed Job that the API server refuses", pod_names_fit),
)
