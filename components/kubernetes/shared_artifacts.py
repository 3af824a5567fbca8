"""Shared artifacts for programs in Python: their mounts, and who waits for whom.

They make no resource of their own, and so are no component: the volume is made by
others, and the container that waits is one of the program's pods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.kubernetes.helper import Helper
from components.kubernetes.mountable import Mount, Mountable
from components.kubernetes.program_spec import MountSpec, ProgramSpec
from components.kubernetes.shared_artifacts_spec import SharedArtifactsSpec


@dataclass(frozen=True)
class SharedArtifacts:
    """A directory in which one program publishes what others load.

    Attributes:
        name: Its name, of which that of the container is made that waits.
        spec: Who writes, and where.
        volume: The volume that the spec's `to` names.
    """

    name: str
    spec: SharedArtifactsSpec
    volume: Mountable

    def mount(self, name: str, program: ProgramSpec, path: str) -> Mount:
        """How a program mounts them: read-write for the writer, else read-only.

        Args:
            name: The program's name.
            program: The program.
            path: Where it mounts them.
        """
        mount = self.spec.mount(name, program, MountSpec(volume=self.spec.to.volume))
        return Mount(
            name=mount.volume,
            path=path,
            volume=self.volume,
            sub_path=mount.sub_path,
            read_only=mount.read_only,
            writers=mount.writers,
        )

    def helpers(self, name: str, program: ProgramSpec, path: str) -> Sequence[Helper]:
        """The containers beside a program that mounts them: none for the writer.

        Args:
            name: The program's name.
            program: The program.
            path: Where it mounts them.
        """
        return self.spec.helpers(self.name, name, program, path)
