"""The container that mounts buckets, beside what containers of a team may have."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from components.catalog import gcs_fuse, quantity
from components.catalog.problem import Path, Problem
from components.gcp.fuse_mount_spec import FuseMountSpec
from components.gcp.gcs_fuse_spec import GcsFuseSpec
from components.gcp.storage_bucket_spec import StorageBucketSpec
from components.kubernetes.limits_spec import LINK, ContainerLimits
from components.kubernetes.program_spec import ProgramSpec
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack

_LIMITS = {
    gcs_fuse.CPU: ("cpu", "CPU", "cpu"),
    gcs_fuse.MEMORY: ("memory", "memory", "memory"),
    gcs_fuse.DISK: ("ephemeral_storage", "the node's disk", "disk"),
}
"""The limit of a team, the sentence's word, and the medium of a cache, by what it is
of."""


def what_mounts_buckets(stack: Stack) -> Iterator[Problem]:
    """The container that mounts buckets asks for what the team's limits allow.

    GKE adds it to the pod, with what all of the pod's buckets need together.
    """
    space = stack.space
    if space is None or space.limits is None:
        return
    for owner, program in stack.programs:
        mounted = _mounted(stack, owner, program)
        yield from _refused(mounted, space.limits.max)


def _mounted(
    stack: Stack, owner: Path, program: ProgramSpec
) -> dict[str, tuple[Path, FuseMountSpec]]:
    """The buckets of a program, each once: where it is mounted, and how."""
    found: dict[str, tuple[Path, FuseMountSpec]] = {}
    for path, mount in program.mounts.items():
        volume = stack.volumes.get(mount.volume)
        if isinstance(volume, StorageBucketSpec | GcsFuseSpec):
            found.setdefault(mount.volume, ((*owner, "mounts", path), volume.mount))
    return found


def _refused(
    mounted: dict[str, tuple[Path, FuseMountSpec]], top: ContainerLimits
) -> Iterator[Problem]:
    for annotation, (field, word, medium) in _LIMITS.items():
        bound: str | None = getattr(top, field)
        needs = {name: spec.pod_needs() for name, (_, spec) in mounted.items()}
        # What no volume states, GKE and the team's defaults say.
        if bound is None or not any(annotation in n.quantities for n in needs.values()):
            continue
        parts = {
            name: need.quantities.get(annotation)
            or need.quantities_besides.get(annotation, Decimal(0))
            for name, need in needs.items()
        }
        asked, most = sum(parts.values(), Decimal(0)), quantity.parse(bound)
        if asked <= most:
            continue
        largest = max(parts, key=lambda name: parts[name])
        at, spec = mounted[largest]
        yield Problem(
            rule="",
            message=f"the container that mounts the pod's buckets is given "
            f"{_text(annotation, asked)} of {word}, more than the most that one of the "
            f"team gets, {bound}",
            path=at,
            value=largest,
            nearest=_smaller_cache(spec, medium, most - asked),
            link=LINK,
        )


def _text(annotation: str, value: Decimal) -> str:
    if annotation == gcs_fuse.CPU:
        return f"{value.normalize():f}"
    return quantity.bytes_text(value)


def _smaller_cache(spec: FuseMountSpec, medium: str, less: Decimal) -> str | None:
    """The cache that would be as much smaller as is asked for too much."""
    if spec.cache is None or spec.cache.medium != medium:
        return None
    left = gcs_fuse.cache_room(quantity.parse(spec.cache.size)) + less
    gib = int(left * 10 / 11 // 2**30)
    return f"cache: {{size: {gib}Gi, medium: {medium}}}" if gib > 0 else None


RULES = (Rule("GCP61", "a pod that the API server refuses", what_mounts_buckets),)
