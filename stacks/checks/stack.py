"""A stack as the rules look at it: names resolved, broken entries known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from components.catalog.problem import Path
from components.catalog.storage_kinds import BY_DRIVER, BY_KIND, StorageKind
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.job_spec import JobSpec, MountSpec
from components.kubernetes.volume_spec import Writers
from stacks.config import PlatformConfig, StackConfig, Volume


@dataclass(frozen=True, slots=True)
class MountOf:
    """A mount of a job, with the volume that it names.

    Attributes:
        job_name: Key of the job.
        job: The job.
        path: Directory in the container.
        mount: What the job says of it.
        volume: The volume; None when it is broken or does not exist.
    """

    job_name: str
    job: JobSpec
    path: str
    mount: MountSpec
    volume: Volume | None

    @property
    def at(self) -> Path:
        """Where the mount stands in the document."""
        return ("team", "jobs", self.job_name, "mounts", self.path)

    @property
    def writes(self) -> bool:
        """Whether the job's pods can write through it."""
        read_only = self.mount.read_only
        return not (read_only or (self.volume and self.volume.access == "read-only"))

    @property
    def writers(self) -> Writers | None:
        """How the writing pods share it: the mount's word, else the volume's."""
        return self.mount.writers or (self.volume.writers if self.volume else None)


class Stack:
    """A configuration and the lookups that several rules need."""

    def __init__(self, config: StackConfig, broken: set[Path]) -> None:
        self.config = config
        self.broken = broken

    @property
    def platform(self) -> PlatformConfig | None:
        """The environment, where this stack describes it."""
        return self.config.platform

    @property
    def volumes(self) -> Mapping[str, Volume]:
        """The team's volumes that are whole."""
        return self.config.team.volumes if self.config.team else {}

    @property
    def jobs(self) -> Mapping[str, JobSpec]:
        """The team's jobs that are whole."""
        return self.config.team.jobs if self.config.team else {}

    @property
    def claims(self) -> Iterator[tuple[str, ClaimSpec]]:
        """The claims among the volumes."""
        for name, volume in self.volumes.items():
            if isinstance(volume, ClaimSpec):
                yield name, volume

    def names(self, *path: str) -> set[str]:
        """The keys of a mapping of entries, broken ones included."""
        whole = getattr(self.config, path[0], None)
        field = {"nodePools": "node_pools", "storageClasses": "storage_classes"}
        entries: set[str] = set(getattr(whole, field.get(path[1], path[1]), {}))
        return entries | {
            str(b[2]) for b in self.broken if len(b) > 2 and b[:2] == path
        }

    @cached_property
    def mounts(self) -> list[MountOf]:
        """Every mount of every job."""
        return [
            MountOf(name, job, path, mount, self.volumes.get(mount.volume))
            for name, job in self.jobs.items()
            for path, mount in job.mounts.items()
        ]

    def storage_kind(self, volume: Volume) -> StorageKind | None:
        """The catalog's row for a volume; None when its driver is not in it."""
        if not isinstance(volume, ClaimSpec):
            return BY_KIND[volume.kind]
        classes = self.platform.storage_classes if self.platform else {}
        storage_class = classes.get(volume.storage_class or "")
        return BY_DRIVER.get(storage_class.provisioner) if storage_class else None
