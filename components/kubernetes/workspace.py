"""A workspace: a Deployment of one pod, and its Service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi

from components.kubernetes.labels import WORKSPACE
from components.kubernetes.lasting import (
    annotations_of_a_deployment,
    container_ports,
    deployment_with_service,
)
from components.kubernetes.program import ProgramArgs, pod_template
from components.kubernetes.workspace_spec import WorkspaceSpec


@dataclass(frozen=True, kw_only=True)
class WorkspaceArgs(ProgramArgs):
    """What a Workspace is made from.

    Attributes:
        spec: The program and its image.
    """

    spec: WorkspaceSpec


class Workspace(pulumi.ComponentResource):
    """A Deployment of one pod that mounts what jobs mount.

    Attributes:
        deployment_name: Name of the Deployment, known when it exists.
        service_name: Name of the Service; None without a port.
    """

    deployment_name: pulumi.Output[str]
    service_name: pulumi.Output[str] | None

    def __init__(
        self, name: str, args: WorkspaceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the workspace.

        Args:
            name: The name of the Deployment, and of the Service.
            args: What to make.
            opts: Must carry the provider of the cluster.

        Raises:
            ValueError: The program, its volumes and its secrets ask for
                different service accounts, nodes or values of one variable.
        """
        super().__init__("ml-storage:index:Workspace", name, None, opts)
        spec = args.spec
        self.deployment_name, self.service_name = deployment_with_service(
            self,
            {
                "name": name,
                "namespace": args.namespace,
                "labels": {WORKSPACE: name},
            },
            spec=workspace_fields(name, args),
            port=spec.port,
            annotations=annotations_of_a_deployment(wait=spec.wait),
        )
        self.register_outputs(
            {"deploymentName": self.deployment_name, "serviceName": self.service_name}
        )


def workspace_fields(name: str, args: WorkspaceArgs) -> Any:
    """The `spec` of the Deployment, as Kubernetes writes it."""
    spec = args.spec
    return {
        "replicas": 1 if spec.running else 0,
        # A ReadWriteOnce volume must be free before the next pod can have it.
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": {WORKSPACE: name}},
        "template": pod_template(
            name,
            args,
            labels={WORKSPACE: name},
            # The first process of a process namespace gets no signal that it
            # does not listen for: `sleep` would outlast SIGTERM until it is
            # killed. The pod's own first process also reaps what shells leave.
            pod={"shareProcessNamespace": True},
            container=container_ports(spec.port),
        ),
    }
