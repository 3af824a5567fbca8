"""Patterns and who mounts them, as the rules of patterns look at them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from components.catalog.problem import Path
from components.kubernetes.bucket_uri_spec import BucketUriSpec
from components.kubernetes.granted_spec import GrantedSpec
from components.kubernetes.part_spec import PartSpec
from components.kubernetes.pattern_spec import PatternSpec
from components.kubernetes.program_spec import MountSpec, ProgramSpec
from stacks.checks.stack import Stack, word_of_a_program
from stacks.patterns import programs

Pattern = TypeVar("Pattern", bound=PatternSpec)


@dataclass(frozen=True, slots=True)
class PatternMount(Generic[Pattern]):
    """A mount of a pattern.

    Attributes:
        owner: Where the program stands in the document.
        program: The program, as it is declared.
        path: Directory in the container.
        mount: What is said of it.
        pattern: The pattern.
    """

    owner: Path
    program: ProgramSpec
    path: str
    mount: MountSpec
    pattern: Pattern

    @property
    def at(self) -> Path:
        """Where the mount stands in the document."""
        return (*self.owner, "mounts", self.path)

    @property
    def name(self) -> str:
        """The pattern's name."""
        return self.mount.volume


def words_of(owner: Path) -> str:
    """A program in words: `job train`."""
    return f"{word_of_a_program(owner)} {owner[-1]}"


def patterns_of(
    stack: Stack, kind: type[Pattern]
) -> Iterator[tuple[Path, str, Pattern]]:
    """Every pattern of a kind: where it stands, its name, and what it says."""
    for name, pattern in (stack.declared.patterns if stack.declared else {}).items():
        if isinstance(pattern, kind):
            yield ("team", "patterns", name), name, pattern


def declared_programs(stack: Stack) -> list[tuple[Path, ProgramSpec]]:
    """Every program as it is declared, with where it stands."""
    return list(programs(stack.declared)) if stack.declared else []


def mounts_of(stack: Stack, kind: type[Pattern]) -> Iterator[PatternMount[Pattern]]:
    """Every mount of a pattern of a kind."""
    patterns = stack.declared.patterns if stack.declared else {}
    for owner, program in declared_programs(stack):
        for path, mount in program.mounts.items():
            pattern = patterns.get(mount.volume)
            if isinstance(pattern, kind):
                yield PatternMount(owner, program, path, mount, pattern)


def lies_on(stack: Stack, part: PartSpec) -> tuple[str, str]:
    """What a part of a volume lies on, and its directory there.

    Two names may be of one thing of the platform's, or of one bucket.
    """
    team = stack.declared
    volume = team.volumes.get(part.volume) if team else None
    if isinstance(volume, GrantedSpec):
        return f"from:{volume.source}", part.path or ""
    if isinstance(volume, BucketUriSpec):
        endpoint, _, _ = volume.server
        return f"{endpoint}/{volume.bucket}", f"{volume.prefix}/{part.path or ''}"
    return part.volume, part.path or ""
