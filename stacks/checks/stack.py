"""A stack as the rules look at it: names resolved, broken entries known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from pydantic.alias_generators import to_snake

from components.catalog.problem import Path, Problem
from components.catalog.provisioner_tables import driver_of
from components.catalog.storage_kinds import BY_DRIVER, BY_KIND, StorageKind
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.cloud_volume_spec import CloudVolumeSpec
from components.kubernetes.csi_spec import CsiSpec
from components.kubernetes.ephemeral_spec import EphemeralSpec
from components.kubernetes.granted_spec import GrantedSpec, narrower
from components.kubernetes.job_spec import JobSpec
from components.kubernetes.program_spec import MountSpec, ProgramSpec
from components.kubernetes.team_space_spec import TeamSpaceSpec
from components.kubernetes.volume_spec import Writers
from stacks.config import (
    EnvironmentConfig,
    MountedVolume,
    SeenVolume,
    StackConfig,
    TeamConfig,
    UriVolume,
)
from stacks.patterns import spelt_out


def word_of_a_program(at: Path) -> str:
    """What stands at a place of the team's section: `job`, of `team.jobs.train`."""
    return str(at[1]).removesuffix("s")


@dataclass(frozen=True, slots=True)
class MountOf:
    """A mount of a job, workspace or deployment, with the volume that it names.

    Attributes:
        owner: Where the program stands in the document.
        program: The job, workspace or deployment.
        path: Directory in the container.
        mount: What is said of it.
        volume: The volume; None when it is broken, does not exist or is no such
            thing as can be mounted.
        brought: The pattern whose job this is; None for programs of the team's.
    """

    owner: Path
    program: ProgramSpec
    path: str
    mount: MountSpec
    volume: MountedVolume | None
    brought: str | None = None

    @property
    def at(self) -> Path:
        """Where the mount stands in the document."""
        return (*self.owner, "mounts", self.path)

    @property
    def what(self) -> str:
        """What its program is, in a word: `job`."""
        return word_of_a_program(self.owner)

    @property
    def of(self) -> str:
        """Whose mount it is, in words: `job train`."""
        if self.brought is not None:
            return f"pattern {self.brought}"
        return f"{self.what} {self.owner[-1]}"

    @property
    def writes(self) -> bool:
        """Whether the program's pods can write through it."""
        read_only = self.mount.read_only
        return not (read_only or (self.volume and self.volume.access == "read-only"))

    @property
    def writers(self) -> Writers | None:
        """How the writing pods share it: the mount's word, else the volume's."""
        return self.mount.writers or (self.volume.writers if self.volume else None)


class Stack:
    """A configuration and the lookups that several rules need."""

    def __init__(
        self,
        config: StackConfig,
        broken: set[Path],
        environment: EnvironmentConfig | None = None,
        config_keys: Mapping[str, bool] | None = None,
    ) -> None:
        """Look at a configuration, its patterns spelt out.

        Args:
            config: The configuration without its broken entries.
            broken: Paths of the entries that were taken out.
            environment: What the environment gives, where another stack has it.
            config_keys: The other keys of this project's configuration, and
                whether each is a secret; None when they are not known.
        """
        team = config.team
        self._patterns = spelt_out(team) if team is not None else None
        if self._patterns is not None:
            config = config.model_copy(update={"team": self._patterns.team})
        self.config = config
        self.broken = broken
        self.platform = config.platform or environment
        self.environment = environment
        self.config_keys = config_keys

    def told(self, problem: Problem) -> Problem:
        """A problem of what patterns bring, as one of what is declared."""
        return self._patterns.told(problem) if self._patterns else problem

    def pattern_at(self, path: Path) -> str | None:
        """The pattern that is mounted where a mount stands; None for a volume."""
        return self._patterns.pattern_at(path) if self._patterns else None

    def is_of_a_pattern(self, at: Path) -> bool:
        """Whether a mount stands in no file: a pattern brings it, or its job does."""
        return self.pattern_at(at) is not None or (
            at[:2] == ("team", "jobs") and at[2] in self.jobs_of_patterns
        )

    @property
    def declared(self) -> TeamConfig | None:
        """The team as it is declared: with patterns, and not what they are made of."""
        return self._patterns.declared if self._patterns else None

    @property
    def jobs_of_patterns(self) -> Mapping[str, str]:
        """The jobs that patterns bring: the pattern's name, by the job's."""
        return self._patterns.jobs if self._patterns else {}

    @property
    def space(self) -> TeamSpaceSpec | None:
        """The guardrails of the team, where they are known."""
        team = self.config.team
        return self.platform.teams.get(team.name) if self.platform and team else None

    @cached_property
    def volumes(self) -> Mapping[str, SeenVolume]:
        """The team's volumes that are whole.

        One that is granted is the platform's storage, as the team may use it;
        it is left out where there is no such grant.
        """
        team = self.config.team
        volumes: dict[str, SeenVolume] = {}
        for name, volume in (team.volumes if team else {}).items():
            seen = self._granted(volume) if isinstance(volume, GrantedSpec) else volume
            if seen is not None:
                volumes[name] = seen
        return volumes

    def _granted(self, volume: GrantedSpec) -> SeenVolume | None:
        storage = self.platform.storage.get(volume.source) if self.platform else None
        grant = self.space.grants.get(volume.source) if self.space else None
        if storage is None or grant is None:
            return None
        return storage.model_copy(
            update={
                "access": volume.access or narrower(storage.access, grant.access),
                "writers": volume.writers or storage.writers,
            }
        )

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
        node: Any = self.platform if path[0] == "platform" else self.config.team
        for part in path[1:]:
            if isinstance(node, dict):
                node = cast("dict[str, Any]", node).get(part)
            else:
                node = getattr(node, to_snake(part), None)
        entries = set(cast("dict[str, Any]", node or {}))
        depth = len(path)
        return entries | {
            str(b[depth]) for b in self.broken if len(b) > depth and b[:depth] == path
        }

    @cached_property
    def programs(self) -> list[tuple[Path, ProgramSpec]]:
        """Every program that is whole, with where it stands."""
        team = self.config.team
        if team is None:
            return []
        return [
            *((("team", "jobs", name), job) for name, job in team.jobs.items()),
            *((("team", "workspaces", n), spec) for n, spec in team.workspaces.items()),
            *(
                (("team", "deployments", n), spec)
                for n, spec in team.deployments.items()
            ),
        ]

    @cached_property
    def mounts(self) -> list[MountOf]:
        """Every mount of every program."""
        return [
            MountOf(
                owner,
                program,
                path,
                mount,
                self._mounted(mount.volume),
                self._brings(owner),
            )
            for owner, program in self.programs
            for path, mount in program.mounts.items()
        ]

    def _brings(self, owner: Path) -> str | None:
        is_job = owner[:2] == ("team", "jobs")
        return self.jobs_of_patterns.get(str(owner[2])) if is_job else None

    def _mounted(self, name: str) -> MountedVolume | None:
        volume = self.volumes.get(name)
        return None if isinstance(volume, UriVolume) else volume

    def unsure(self, at: Path) -> bool:
        """Whether something at a place, or below it, is wrong in itself."""
        return any(place[: len(at)] == at for place in self.broken)

    def storage_kind(self, volume: SeenVolume) -> StorageKind | None:
        """The catalog's row for a volume; None when its driver is not in it."""
        if isinstance(volume, CsiSpec | CloudVolumeSpec):
            return volume.storage_kind
        if not isinstance(volume, ClaimSpec | EphemeralSpec):
            return BY_KIND.get(volume.kind)
        classes = self.platform.storage_classes if self.platform else {}
        storage_class = classes.get(volume.storage_class or "")
        if storage_class is None:
            return None
        # Rook's drivers carry the namespace of their operator in their names.
        driver = driver_of(storage_class.provisioner)
        return BY_DRIVER.get(driver.name if driver else storage_class.provisioner)
