"""`team.patterns`: ways to move data that programs mount like a volume."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from components.catalog import images
from components.catalog.problem import Problem
from components.kubernetes.helper import Helper
from components.kubernetes.job_spec import JobSpec, seconds
from components.kubernetes.part_spec import PartSpec
from components.kubernetes.program_spec import (
    Limits,
    MountSpec,
    ProgramSpec,
    Requests,
    Resources,
)
from components.kubernetes.uri_spec import UriSpec
from components.spec import Image, Spec

BY_THEIR_URIS = ("source", "bucket")
"""The keys of patterns that name buckets, which are reached by their URIs; volumes
that the others name are mounted."""


def default_resources() -> Resources:
    """What rclone and Python need to move data."""
    return Resources(
        requests=Requests(cpu="100m", memory="256Mi"), limits=Limits(memory="1Gi")
    )


class PatternSpec(Spec, ABC):
    """The part that all patterns share."""

    image: Image
    """The image of the containers that move the data or wait for it: the image
    `transfer` of this project, or your own with Python, rclone and `jobs/`."""

    def problems(self) -> Iterator[Problem]:
        """An image that is the same tomorrow."""
        problem = images.unpinned(self.image)
        if problem is not None:
            yield problem.under("image")

    @abstractmethod
    def volumes(self) -> Mapping[str, str]:
        """The volumes that it is made of, by the keys that name them."""

    def filled(self) -> PartSpec | None:
        """The directory that is filled for many to read; None for none."""
        return None

    @abstractmethod
    def mount(self, name: str, program: ProgramSpec, mount: MountSpec) -> MountSpec:
        """What a program mounts that mounts the pattern.

        Args:
            name: The program's name.
            program: The program.
            mount: What it says of the mount.
        """

    def uris(self, pattern: str) -> Mapping[str, UriSpec]:
        """The URIs that a program gets that mounts the pattern of this name."""
        del pattern
        return {}

    @abstractmethod
    def helpers(
        self, pattern: str, name: str, program: ProgramSpec, path: str
    ) -> Sequence[Helper]:
        """The containers beside a program that mounts the pattern.

        Args:
            pattern: The pattern's name.
            name: The program's name.
            program: The program.
            path: Where the program mounts it.
        """

    def job(self) -> JobSpec | None:
        """The job that belongs to it; None for none."""
        return None

    def job_name(self, pattern: str) -> str:
        """What that job is called."""
        return pattern


def waiting(
    spec: PatternSpec, pattern: str, path: str, *, timeout: str, resources: Resources
) -> Helper:
    """The container that waits until a directory is whole.

    Args:
        spec: The pattern that fills it.
        pattern: The pattern's name.
        path: Where the program mounts the directory.
        timeout: How long it waits, such as `1h`; then the pod fails.
        resources: What it gets.
    """
    return Helper(
        role="wait",
        of=pattern,
        image=spec.image,
        command=["python3", "-m", "jobs.wait", path, "--timeout", timeout],
        paths=[path],
        read_only=True,
        longest=seconds(timeout),
        resources=as_kubernetes(resources),
    )


def as_kubernetes(resources: Resources) -> dict[str, Any]:
    """Resources as a container has them."""
    return resources.model_dump(exclude_none=True)
