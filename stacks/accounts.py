"""As whom programs run: with no more rights to buckets than they use."""

from __future__ import annotations

from collections.abc import Iterator

from components.gcp.storage_bucket_spec import StorageBucketSpec
from components.kubernetes.access import READER, WORKLOAD
from components.kubernetes.granted_spec import GrantedSpec
from components.kubernetes.program_spec import ProgramSpec
from stacks.config import EnvironmentConfig, TeamConfig


def has_reader(environment: EnvironmentConfig, team: str) -> bool:
    """Whether a team has an account of those that only read.

    It has one where it may write to a bucket of Cloud Storage: the account of the
    others has that right.
    """
    space = environment.teams.get(team)
    buckets = (
        spec.narrowed(grant.access)
        for name, grant in (space.grants if space else {}).items()
        if isinstance(spec := environment.storage.get(name), StorageBucketSpec)
    )
    return "read-write" in buckets


def account_of(
    program: ProgramSpec, team: TeamConfig, environment: EnvironmentConfig
) -> str:
    """The ServiceAccount that the pods of a program run as, unless it names one."""
    if not has_reader(environment, team.name):
        return WORKLOAD
    used = list(_uses(program, team, environment))
    return READER if used and not any(used) else WORKLOAD


def _uses(
    program: ProgramSpec, team: TeamConfig, environment: EnvironmentConfig
) -> Iterator[bool]:
    """For each bucket that a program reads: does it write to it as well?"""
    seen = [
        *((mount.volume, mount.read_only) for mount in program.mounts.values()),
        *((uri.volume, uri.read_only) for uri in program.uris.values()),
    ]
    for name, read_only in seen:
        volume = team.volumes.get(name)
        if getattr(volume, "kind", None) == "gcs-fuse":
            # Someone else's, and granted to whom we do not know.
            yield True
        if not isinstance(volume, GrantedSpec):
            continue
        spec = environment.storage.get(volume.source)
        if isinstance(spec, StorageBucketSpec):
            grant = environment.teams[team.name].grants[volume.source]
            narrowed = "read-only" in (volume.access, spec.narrowed(grant.access))
            yield not (read_only or narrowed)
