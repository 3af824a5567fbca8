"""A checkpoint tier for programs in Python: its mount, and what runs beside them.

It makes no resource of its own, and so is no component: the containers are those of
the program's pods, and the bucket and the disk are made by others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.kubernetes import checkpoint_tier_spec
from components.kubernetes.checkpoint_tier_spec import CheckpointTierSpec
from components.kubernetes.helper import Helper
from components.kubernetes.mountable import Mount, Mountable
from components.kubernetes.program_spec import ProgramSpec


@dataclass(frozen=True)
class CheckpointTier:
    """Checkpoints that one program writes to a local disk, kept in a bucket.

    Attributes:
        name: Its name, of which those of the containers and the variable are made.
        spec: What is kept, and where.
        local: The disk that the spec's `local` names.
    """

    name: str
    spec: CheckpointTierSpec
    local: Mountable

    @property
    def variable(self) -> str:
        """The variable of the program's `environment` that holds the bucket's URI."""
        return checkpoint_tier_spec.variable(self.name)

    def mount(self, path: str) -> Mount:
        """How the program mounts the disk, at `path`."""
        return Mount(name=self.spec.local, path=path, volume=self.local)

    def helpers(self, name: str, program: ProgramSpec, path: str) -> Sequence[Helper]:
        """The containers beside a program that mounts the tier.

        Args:
            name: The program's name.
            program: The program.
            path: Where it mounts the tier.
        """
        return self.spec.helpers(self.name, name, program, path)
