"""`kind: shared-artifacts`: one program writes versions, others read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from components.kubernetes.helper import Helper
from components.kubernetes.job_spec import Duration
from components.kubernetes.part_spec import Part, PartSpec
from components.kubernetes.pattern_spec import PatternSpec, default_resources, waiting
from components.kubernetes.program_spec import MountSpec, ProgramSpec, Resources
from components.spec import Name


class SharedArtifactsSpec(PatternSpec):
    """A directory in which one program publishes what others load.

    The program that writes it mounts it read-write and publishes whole versions
    (`jobs.artifacts`). All others mount it read-only, and start when there is one.
    """

    kind: Literal["shared-artifacts"]

    to: Part
    """A volume that many pods mount, and the directory of it, which is theirs
    alone."""

    writer: Name
    """The job, workspace or deployment that writes it."""

    timeout: Duration = "1h"
    """How long the others wait for a first version; then they fail. Default `1h`."""

    resources: Resources = Field(default_factory=default_resources)
    """What the container gets that waits; default: 100m of CPU, 256Mi of memory
    and at most 1Gi."""

    def volumes(self) -> Mapping[str, str]:
        """The volume."""
        return {"to": self.to.volume}

    def filled(self) -> PartSpec:
        """The directory of the versions."""
        return self.to

    def mount(self, name: str, program: ProgramSpec, mount: MountSpec) -> MountSpec:
        """The directory: read-write for the writer, whose pods write one at a time."""
        del program, mount
        writes = name == self.writer
        return MountSpec(
            volume=self.to.volume,
            sub_path=self.to.path,
            read_only=not writes,
            writers="one" if writes else None,
        )

    def helpers(
        self, pattern: str, name: str, program: ProgramSpec, path: str
    ) -> Sequence[Helper]:
        """One that waits for the first version, for all but the writer."""
        del program
        if name == self.writer:
            return []
        return [
            waiting(self, pattern, path, timeout=self.timeout, resources=self.resources)
        ]
