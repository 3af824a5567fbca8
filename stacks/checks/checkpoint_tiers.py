"""Checkpoint tiers: a disk, a bucket, one program's prefix, and time to publish."""

from __future__ import annotations

from collections.abc import Iterator

from components.catalog import gke, names, paths, quantity, sidecars
from components.catalog.problem import UNSET, Path, Problem
from components.catalog.spot import RECLAIM
from components.gcp.gke_cluster_spec import GkeClusterSpec
from components.kubernetes.checkpoint_tier_spec import CheckpointTierSpec, variable
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.deployment_spec import DeploymentSpec
from components.kubernetes.ephemeral_spec import EphemeralSpec
from components.kubernetes.job_spec import JobSpec
from components.kubernetes.pattern_spec import default_resources
from components.kubernetes.scratch_spec import ScratchSpec
from components.kubernetes.uri_spec import variables_of_their_own
from stacks.checks.pattern_lookups import (
    PatternMount,
    lies_on,
    mounts_of,
    patterns_of,
    words_of,
)
from stacks.checks.places import pool_of
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import UriVolume

LEAST_GRACE = 30
"""Seconds in which a checkpoint is uploaded, and no less: what Kubernetes gives a
pod that says nothing.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
#pod-termination, read 2026-11-22.
"""

_LIFECYCLE = f"{sidecars.LINK}#sidecar-containers-and-pod-lifecycle"


def on_a_local_disk(stack: Stack) -> Iterator[Problem]:
    """A program writes its checkpoints to a disk that its pod has for itself."""
    kinds = ScratchSpec | EphemeralSpec
    scratch = sorted(
        name for name, volume in stack.volumes.items() if isinstance(volume, kinds)
    )
    for at, _, tier in patterns_of(stack, CheckpointTierSpec):
        volume = stack.volumes.get(tier.local)
        # Whether several pods write to one claim, the rules of writers say.
        if volume is None or isinstance(volume, kinds | ClaimSpec):
            continue
        by_uri = isinstance(volume, UriVolume)
        yield Problem(
            rule="",
            message=f"no pod mounts a volume of kind {volume.kind}: what a program "
            "writes to is a disk"
            if by_uri
            else "the program waits for this disk, and others would write to it: "
            "take scratch, or a claim of its own",
            path=(*at, "local"),
            value=tier.local,
            allowed=tuple(scratch),
            nearest=scratch[0] if len(scratch) == 1 else None,
        )


def room_in_memory(stack: Stack) -> Iterator[Problem]:
    """What puts a checkpoint back into a disk in memory may use that much memory.

    Source, read 2026-11-22: https://kubernetes.io/docs/concepts/storage/volumes/
    #emptydir (files in memory count against the limit of the container that wrote
    them).
    """
    for at, _, tier in patterns_of(stack, CheckpointTierSpec):
        volume, limit = stack.volumes.get(tier.local), tier.resources.limits.memory
        if not isinstance(volume, ScratchSpec) or volume.medium != "memory":
            continue
        least = default_resources().requests.memory
        if limit is None or least is None:
            continue
        wanted = quantity.parse(volume.size) + quantity.parse(least)
        if quantity.parse(limit) >= wanted:
            continue
        said = "resources" in tier.model_fields_set
        yield Problem(
            rule="",
            message=f"{tier.local} is in memory, and what is written to it counts "
            "against this limit of the container that puts a checkpoint back: a "
            "larger one would have it killed at each start",
            path=(*at, "resources", "limits", "memory"),
            value=limit if said else UNSET,
            nearest=quantity.bytes_text(wanted),
            link="https://kubernetes.io/docs/concepts/storage/volumes/#emptydir",
            severity="warning",
        )


def pods_that_are_told_apart(stack: Stack) -> Iterator[Problem]:
    """Pods that publish to one tier are told apart by their index."""
    for mount in mounts_of(stack, CheckpointTierSpec):
        program = mount.program
        if isinstance(program, DeploymentSpec) and program.pods > 1:
            why, nearest = "the replicas of a deployment are all alike", "replicas: 1"
        elif isinstance(program, JobSpec) and program.replicas > 1:
            why = "the pods of each replica are numbered from 0 again"
            nearest = "jobSet: {replicas: 1}"
        else:
            continue
        yield Problem(
            rule="",
            message=f"{why}: several would publish, each over the others",
            path=mount.at,
            value=mount.name,
            nearest=nearest,
        )


def time_to_publish(stack: Stack) -> Iterator[Problem]:
    """A program has the time to publish its last checkpoint, where there is any."""
    by_program = {m.owner: m for m in mounts_of(stack, CheckpointTierSpec)}
    for owner, mount in by_program.items():
        at = (*owner, "graceSeconds")
        problem = _time(stack, mount)
        if problem is not None and at not in stack.broken:
            yield problem.under(*at)


def _time(stack: Stack, mount: PatternMount[CheckpointTierSpec]) -> Problem | None:
    program, pool = mount.program, mount.program.nodes.pool
    spot = getattr(pool_of(stack, program), "capacity", None) == "spot"
    cloud = stack.platform.cloud if stack.platform else ""
    reclaim = RECLAIM.get(cloud) if spot else None
    least = min(LEAST_GRACE, reclaim.usable) if reclaim else LEAST_GRACE
    grace = program.grace_seconds
    said = "grace_seconds" in program.model_fields_set
    if grace < least:
        return Problem(
            rule="",
            message="the last checkpoint is written and published in this time, which "
            f"takes {least} seconds at least",
            value=grace,
            nearest=least,
            link=_LIFECYCLE,
        )
    if reclaim is None or (said and grace <= reclaim.notice):
        return None
    return Problem(
        rule="",
        message=f"a pod has {reclaim.notice} seconds when a spot machine of {pool} is "
        "taken back: "
        + (
            "a checkpoint that takes longer is lost"
            if grace > reclaim.notice
            else f"a last checkpoint has but {grace} of them if nothing is said"
        ),
        value=grace if said else UNSET,
        nearest=reclaim.usable,
        link=reclaim.link,
        severity="warning",
    )


def one_program_each(stack: Stack) -> Iterator[Problem]:
    """The checkpoints below one prefix are those of one program, mounted once."""
    seen: list[tuple[str, str, PatternMount[CheckpointTierSpec]]] = []
    for mount in mounts_of(stack, CheckpointTierSpec):
        on, directory = lies_on(stack, mount.pattern.bucket)
        taken = {d: m for o, d, m in seen if o == on}
        other = next((m for d, m in taken.items() if paths.overlap(d, directory)), None)
        beside = next((m for _, _, m in seen if _one_directory(m, mount)), None)
        seen.append((on, directory, mount))
        if other is None and beside is not None:
            yield Problem(
                rule="",
                message=f"{beside.name} publishes what is in this directory of "
                f"{mount.pattern.local} already: give each a subPath of its own",
                path=mount.at,
                value=mount.name,
                nearest=f"{{volume: {mount.name}, subPath: {mount.name}}}",
            )
        if other is None:
            continue
        nearest = None
        if other.owner == mount.owner:
            message = f"{other.path} publishes to this prefix of the bucket already"
        else:
            message = f"the {words_of(other.owner)} publishes to this prefix of the "
            message += "bucket too, and each would take the other's checkpoints for "
            message += "its own: give each a tier"
            name, part = str(mount.owner[-1]), mount.pattern.bucket
            beside = _beside(directory, name)
            if part.path and not any(paths.overlap(d, beside) for d in taken):
                own = _beside(part.path, name)
                nearest = f"bucket: {{volume: {part.volume}, path: {own}}}"
        yield Problem(
            rule="", message=message, path=mount.at, value=mount.name, nearest=nearest
        )


def _one_directory(
    one: PatternMount[CheckpointTierSpec], two: PatternMount[CheckpointTierSpec]
) -> bool:
    """Whether two tiers of one program have it write to one directory of a disk."""
    ours = one.owner == two.owner and one.pattern.local == two.pattern.local
    first, second = one.mount.sub_path or "", two.mount.sub_path or ""
    return ours and paths.overlap(first, second)


def _beside(directory: str, name: str) -> str:
    """The directory of that name beside another."""
    parent, _, _ = paths.normal(directory).rpartition("/")
    return f"{parent}/{name}" if parent else name


def a_variable_of_its_own(stack: Stack) -> Iterator[Problem]:
    """The variable that a tier sets is a good one, and holds nothing else."""
    for at, name, tier in patterns_of(stack, CheckpointTierSpec):
        title = variable(name)
        message = f"programs get the URI of its bucket as {title}: "
        wrong = [
            problem.message for problem in variables_of_their_own(tier.uris(name), {})
        ]
        if names.environment_variable(title) is not None:
            wrong.append("variables begin with a letter")
        for why in wrong:
            path: Path = at
            yield Problem(
                rule="", message=message + why, path=path, nearest=f"tier-{name}"
            )
    for mount in mounts_of(stack, CheckpointTierSpec):
        title = variable(mount.name)
        for key, given in (("env", mount.program.env), ("uris", mount.program.uris)):
            if title in given:
                yield Problem(
                    rule="",
                    message=f"{mount.name} sets it, to the URI of its bucket",
                    path=(*mount.owner, key, title),
                )


def on_a_version_with_sidecars(stack: Stack) -> Iterator[Problem]:
    """A cluster has native sidecars, which is what publishes checkpoints.

    EKS makes no cluster of a version without.
    """
    platform = stack.config.platform
    cluster = platform.cluster if platform else None
    if not isinstance(cluster, GkeClusterSpec) or cluster.least_version is None:
        return
    version = cluster.least_version
    tiers = sorted({mount.name for mount in mounts_of(stack, CheckpointTierSpec)})
    if tiers and gke.at_least(version, sidecars.SINCE) is False:
        at = ("create", "version") if cluster.create else ("version",)
        yield Problem(
            rule="",
            message=f"{', '.join(tiers)} publish{'es' * (len(tiers) == 1)} by a "
            f"sidecar, which Kubernetes has from {sidecars.SINCE} on: before, the "
            "program would never start",
            path=("platform", "cluster", *at),
            value=version,
            nearest=gke.as_yaml(sidecars.SINCE),
            link=sidecars.LINK,
        )


RULES = (
    Rule("PAT07", "a training that waits for others", on_a_local_disk),
    Rule("PAT08", "checkpoints lost to another pod", pods_that_are_told_apart),
    Rule("PAT09", "a last checkpoint lost with its pod", time_to_publish),
    Rule("PAT10", "checkpoints lost to another program", one_program_each),
    Rule("PAT21", "a training that never starts", on_a_version_with_sidecars),
    Rule("PAT24", "a training that never gets back its checkpoint", room_in_memory),
    Rule("PAT14", "checkpoints that never reach their bucket", a_variable_of_its_own),
)
