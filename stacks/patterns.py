"""Patterns as what they are made of: mounts, URIs, jobs, containers beside programs.

The rules look at a team whose patterns are spelt out, and what is registered is made
of the same: what a pattern does is checked as if it had been written by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from components.catalog.problem import Path, Problem
from components.kubernetes.helper import Helper
from components.kubernetes.job_spec import JobSpec
from components.kubernetes.pattern_spec import BY_THEIR_URIS, PatternSpec
from components.kubernetes.program_spec import MountSpec, ProgramSpec
from components.kubernetes.uri_spec import UriSpec
from stacks.config import TeamConfig, UriVolume

_Program = TypeVar("_Program", bound=ProgramSpec)

_OF_THE_JOB = ("image", "resources", "runAs", "secrets")
"""What a pattern and its job call by the same name."""


def programs(team: TeamConfig) -> Iterator[tuple[Path, ProgramSpec]]:
    """Every program of a team that may mount patterns, and where it stands."""
    for name, job in team.jobs.items():
        yield ("team", "jobs", name), job
    for name, workspace in team.workspaces.items():
        yield ("team", "workspaces", name), workspace
    for name, deployment in team.deployments.items():
        yield ("team", "deployments", name), deployment


@dataclass(frozen=True)
class SpeltOut:
    """A team whose patterns are spelt out.

    Attributes:
        declared: The team as it is declared.
        team: With the jobs of patterns among its jobs, and with programs that
            mount volumes where they mounted patterns.
        jobs: The jobs of patterns: the pattern's name, by the job's.
        places: Where something in `team` stands that is in no file: the place of
            the pattern that brought it.
    """

    declared: TeamConfig
    team: TeamConfig
    jobs: Mapping[str, str]
    places: Mapping[Path, Path]

    def pattern_at(self, path: Path) -> str | None:
        """The pattern that is mounted where a mount stands; None for a volume."""
        match path:
            case ("team", section, name, "mounts", where):
                pass
            case _:
                return None
        program = self._programs.get(("team", section, name))
        mount = program.mounts.get(str(where)) if program is not None else None
        if mount is None or mount.volume not in self.declared.patterns:
            return None
        return mount.volume

    @cached_property
    def _programs(self) -> Mapping[Path, ProgramSpec]:
        """The programs as they are declared, by where they stand."""
        return dict(programs(self.declared))

    def place(self, path: Path) -> Path:
        """Where a part of `team` stands in the document."""
        for length in range(len(path), 0, -1):
            stands = self.places.get(path[:length])
            if stands is not None:
                # Of a job's other keys a pattern has none.
                key = path[length : length + 1]
                same = stands[:2] == ("team", "patterns") and len(stands) == 3
                kept = same and key and key[0] in _OF_THE_JOB
                return (*stands, *path[length:]) if kept else stands
        return path

    def told(self, problem: Problem) -> Problem:
        """A problem of `team` as one of what is declared: its place, its words."""
        pattern = self.pattern_at(problem.path)
        if pattern is not None:
            # The file has the pattern's name there, and not the volume's.
            return replace(problem, value=pattern)
        if problem.path[:2] == ("team", "jobs") and len(problem.path) == 3:
            title = str(problem.path[2])
            if self.jobs.get(title, title) != title:
                # Another name for the job is none for the pattern.
                problem = replace(problem, nearest=None)
        return replace(problem, path=self.place(problem.path))


def spelt_out(team: TeamConfig) -> SpeltOut:
    """A team with its patterns as what they are made of.

    A pattern that names a volume that is not there, or mounts one that no pod
    mounts, stays as it is: nothing is known of what mounts it.
    """
    whole = {
        name: pattern
        for name, pattern in team.patterns.items()
        if all(
            volume in team.volumes
            and (
                key in BY_THEIR_URIS or not isinstance(team.volumes[volume], UriVolume)
            )
            for key, volume in pattern.volumes().items()
        )
    }
    places: dict[Path, Path] = {}
    owners: dict[str, str] = {}
    jobs: dict[str, JobSpec] = {
        name: _spelt_out(name, ("team", "jobs", name), spec, whole, places)
        for name, spec in team.jobs.items()
    }
    for name, pattern in whole.items():
        job, title = pattern.job(), pattern.job_name(name)
        if job is not None and title not in jobs:
            jobs[title], owners[title] = job, name
            places.update(_places_of(title, job, ("team", "patterns", name)))
    made = {
        "jobs": jobs,
        "workspaces": {
            name: _spelt_out(name, ("team", "workspaces", name), spec, whole, places)
            for name, spec in team.workspaces.items()
        },
        "deployments": {
            name: _spelt_out(name, ("team", "deployments", name), spec, whole, places)
            for name, spec in team.deployments.items()
        },
    }
    return SpeltOut(team, team.model_copy(update=made), owners, places)


def _places_of(title: str, job: JobSpec, pattern: Path) -> Iterator[tuple[Path, Path]]:
    """Where the parts of a pattern's job stand."""
    at: Path = ("team", "jobs", title)
    yield at, pattern
    yield (*at, "nodes", "pool"), (*pattern, "pool")
    for path in job.mounts:
        yield (*at, "mounts", path), (*pattern, "to")
    for variable in job.uris:
        yield (*at, "uris", variable), (*pattern, "source")


def _spelt_out(
    name: str,
    at: Path,
    spec: _Program,
    patterns: Mapping[str, PatternSpec],
    places: dict[Path, Path],
) -> _Program:
    """A program that mounts volumes where it mounts patterns.

    Args:
        name: The program's name.
        at: Where it stands.
        spec: The program as it is declared.
        patterns: The patterns that are whole.
        places: Gets where its URIs stand that come of patterns.
    """
    mounts: dict[str, MountSpec] = dict(spec.mounts)
    uris: dict[str, UriSpec] = dict(spec.uris)
    for path, mount in spec.mounts.items():
        title = mount.volume
        pattern = patterns.get(title)
        if pattern is None:
            continue
        mounts[path] = pattern.mount(name, spec, mount)
        for variable, uri in pattern.uris(title).items():
            if variable not in uris and variable not in spec.env:
                uris[variable] = uri
                places[*at, "uris", variable] = ("team", "patterns", title, "bucket")
    return spec.model_copy(update={"mounts": mounts, "uris": uris})


def helpers(team: TeamConfig, name: str, spec: ProgramSpec) -> list[Helper]:
    """The containers beside a program that its patterns bring.

    Those of a pattern that is mounted twice come once.

    Args:
        team: The team as it is declared.
        name: The program's name.
        spec: The program as it is declared.
    """
    found: dict[str, list[Helper]] = {}
    for path, mount in spec.mounts.items():
        pattern = team.patterns.get(mount.volume)
        if pattern is not None and mount.volume not in found:
            found[mount.volume] = [*pattern.helpers(mount.volume, name, spec, path)]
    return [helper for each in found.values() for helper in each]
