"""What programs that stay may not say: their pods have no index, nor start together."""

from __future__ import annotations

from collections.abc import Iterator

from components.catalog.problem import Problem
from components.kubernetes.program_spec import ProgramSpec


def numbered_mounts(
    spec: ProgramSpec, *, rule: str, what: str, nearest: str
) -> Iterator[Problem]:
    """Mounts that give each index a directory, in pods that have no index.

    Args:
        spec: The program.
        rule: The rule that they break.
        what: What the program is, in words.
        nearest: How its pods could share the volume instead.
    """
    for path, mount in spec.mounts.items():
        if mount.writers == "per-index":
            yield Problem(
                rule=rule,
                message=f"per-index gives each index a directory, but {what}",
                path=("mounts", path, "writers"),
                value=mount.writers,
                nearest=nearest,
            )


def several_nodes(spec: ProgramSpec, *, rule: str, what: str) -> Iterator[Problem]:
    """Several nodes, of pods that no one starts together.

    Args:
        spec: The program.
        rule: The rule that they break.
        what: What the program is, in words.
    """
    if spec.nodes.count > 1:
        yield Problem(
            rule=rule,
            message=f"{what}: a program of several nodes is a job",
            path=("nodes", "count"),
            value=spec.nodes.count,
            nearest=1,
        )
