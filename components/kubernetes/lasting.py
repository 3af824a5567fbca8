"""What programs that stay have in common: a Deployment, and the Service before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

PORT = "main"
"""The name that the container's port has, in its pods and in their Service."""


def deployment_with_service(
    parent: pulumi.Resource,
    metadata: Any,
    *,
    spec: Any,
    port: int | None,
    annotations: Mapping[str, str],
) -> tuple[pulumi.Output[str], pulumi.Output[str] | None]:
    """Make a Deployment, and with a port the Service before its pods.

    Args:
        parent: The component that they belong to.
        metadata: The name, the namespace and the labels of both. The labels are
            those of the pods as well.
        spec: The `spec` of the Deployment, as Kubernetes writes it.
        port: The port of the program; None for none.
        annotations: The annotations of the Deployment.

    Returns:
        Their names, known when they exist; None for no Service.
    """
    name = metadata["name"]
    opts = pulumi.ResourceOptions(parent=parent, delete_before_replace=True)
    deployment = k8s.apps.v1.Deployment(
        f"{name}-deployment",
        metadata=metadata | {"annotations": annotations},
        spec=spec,
        opts=opts,
    )
    if port is None:
        return deployment.metadata["name"], None
    service = k8s.core.v1.Service(
        f"{name}-service",
        # It is awaited until it has a pod: one that does not run has none, and one
        # that cannot is the Deployment's news.
        metadata=metadata | {"annotations": {"pulumi.com/skipAwait": "true"}},
        spec=_service_fields(port, metadata["labels"]),
        opts=opts,
    )
    return deployment.metadata["name"], service.metadata["name"]


def _service_fields(port: int, labels: Mapping[str, str]) -> Any:
    """The `spec` of the Service before the pods with `labels`."""
    return {
        "selector": dict(labels),
        "ports": [{"name": PORT, "port": port, "targetPort": PORT}],
    }


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
