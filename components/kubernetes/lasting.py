"""What programs that stay have in common: a Deployment, and the Service before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from components.catalog.problem import Problem
from components.kubernetes.program_spec import ProgramSpec

PORT = "main"
"""The name that the container's port has, in its pods and in their Service."""

SERVICE_ANNOTATIONS = {"pulumi.com/skipAwait": "true"}
"""A Service is awaited until it has a pod: one that does not run has none, and one
that cannot is the Deployment's news."""


def annotations_of_a_deployment(*, wait: bool) -> dict[str, str]:
    """The annotations of a Deployment, of which `wait` says whether it is awaited."""
    # Its claims are deleted after it: by then its pods are gone.
    annotations = {"pulumi.com/deletionPropagationPolicy": "foreground"}
    if not wait:
        # Not `skipAwait`, which would not wait for the deletion either.
        annotations["pulumi.com/waitFor"] = "jsonpath={.metadata.uid}"
    return annotations


def container_ports(port: int | None) -> dict[str, Any]:
    """The fields of the container that say on which port it listens."""
    if port is None:
        return {}
    return {"ports": [{"name": PORT, "containerPort": port}]}


def service_fields(port: int, labels: Mapping[str, str]) -> Any:
    """The `spec` of the Service before the pods with `labels`."""
    return {
        "selector": dict(labels),
        "ports": [{"name": PORT, "port": port, "targetPort": PORT}],
    }


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
