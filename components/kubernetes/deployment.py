"""A deployment: a Deployment of replicas, their Service and how many may be missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.deployment_spec import DeploymentSpec
from components.kubernetes.job_spec import seconds
from components.kubernetes.labels import DEPLOYMENT
from components.kubernetes.lasting import (
    PORT,
    annotations_of_a_deployment,
    container_ports,
    deployment_with_service,
)
from components.kubernetes.program import ProgramArgs, pod_template

_STARTUP_PERIOD = 5
"""Seconds between two looks at a replica that is not ready yet."""

_ANSWER = 10
"""Seconds in which a replica that works on something else still has to answer."""


@dataclass(frozen=True, kw_only=True)
class DeploymentArgs(ProgramArgs):
    """What a Deployment is made from.

    Attributes:
        spec: The program, its image and how many replicas run it.
    """

    spec: DeploymentSpec


class Deployment(pulumi.ComponentResource):
    """A Deployment whose replicas mount what jobs mount.

    Attributes:
        deployment_name: Name of the Deployment, known when it exists.
        service_name: Name of the Service; None without a port.
    """

    deployment_name: pulumi.Output[str]
    service_name: pulumi.Output[str] | None

    def __init__(
        self,
        name: str,
        args: DeploymentArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the deployment.

        Args:
            name: The name of the Deployment, and of what belongs to it.
            args: What to make.
            opts: Must carry the provider of the cluster.

        Raises:
            ValueError: The program, its volumes and its secrets ask for
                different service accounts, nodes or values of one variable.
        """
        super().__init__("ml-storage:index:Deployment", name, None, opts)
        spec = args.spec
        metadata: Any = {
            "name": name,
            "namespace": args.namespace,
            "labels": {DEPLOYMENT: name},
        }
        self.deployment_name, self.service_name = deployment_with_service(
            self,
            metadata,
            spec=deployment_fields(name, args),
            port=spec.port,
            annotations={
                **annotations_of_a_deployment(wait=spec.wait),
                # The provider's own, ten minutes, is shorter than many a start.
                "pulumi.com/timeoutSeconds": str(spec.longest_update(_waits(args))),
            },
        )
        if spec.replicas > 1:
            k8s.policy.v1.PodDisruptionBudget(
                f"{name}-disruption-budget",
                metadata=metadata,
                spec=budget_fields(name),
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
            )
        self.register_outputs(
            {"deploymentName": self.deployment_name, "serviceName": self.service_name}
        )


def _waits(args: DeploymentArgs) -> int:
    """Seconds that a pod may wait for its helpers, one after the other."""
    return sum(helper.longest for helper in args.helpers)


def deployment_fields(name: str, args: DeploymentArgs) -> Any:
    """The `spec` of the Deployment, as Kubernetes writes it."""
    spec = args.spec
    pod: dict[str, Any] = {}
    if spec.spread:
        pod["topologySpreadConstraints"] = [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": {DEPLOYMENT: name}},
            }
        ]
    return {
        "replicas": spec.replicas,
        "strategy": _strategy(spec),
        "progressDeadlineSeconds": spec.longest_start(_waits(args)),
        "selector": {"matchLabels": {DEPLOYMENT: name}},
        "template": pod_template(
            name,
            args,
            labels={DEPLOYMENT: name},
            pod=pod,
            container={**container_ports(spec.port), **_probes(spec)},
        ),
    }


def _strategy(spec: DeploymentSpec) -> dict[str, Any]:
    if spec.replicas <= 1 and not spec.surge:
        # What it mounts must be free before the next pod can have it, and has one
        # writer at any time.
        return {"type": "Recreate"}
    # Without room for one more pod, one of those that run has to go first.
    unavailable = 0 if spec.surge else 1
    return {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": spec.surge, "maxUnavailable": unavailable},
    }


def _probes(spec: DeploymentSpec) -> dict[str, Any]:
    """How the kubelet learns that a replica is ready, and whether it is well."""
    if spec.port is None:
        return {}
    asked: dict[str, Any] = {"tcpSocket": {"port": PORT}}
    if spec.health is not None:
        asked = {"httpGet": {"path": spec.health, "port": PORT}}
    ready = {**asked, "timeoutSeconds": _ANSWER}
    probes = {
        "startupProbe": {
            **asked,
            # No longer than the period, so that all of them take `startup`.
            "timeoutSeconds": _STARTUP_PERIOD,
            "periodSeconds": _STARTUP_PERIOD,
            "failureThreshold": -(-seconds(spec.startup) // _STARTUP_PERIOD),
        },
        "readinessProbe": {**ready, "periodSeconds": 5, "failureThreshold": 2},
    }
    if spec.health is not None:
        # Slower than readiness: who is only busy loses requests, not its model.
        probes["livenessProbe"] = {**ready, "periodSeconds": 10, "failureThreshold": 6}
    return probes


def budget_fields(name: str) -> Any:
    """The `spec` of the budget, as Kubernetes writes it.

    Nodes that are emptied, for an upgrade or by an autoscaler, give up one replica
    at a time; one that is not ready keeps no node from it.
    """
    return {
        "maxUnavailable": 1,
        "selector": {"matchLabels": {DEPLOYMENT: name}},
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }
