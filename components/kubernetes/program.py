"""The pod template of a program, whoever owns its pods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from components.catalog import pod_devices
from components.kubernetes.helper import Helper
from components.kubernetes.mountable import Mount, PodSecret
from components.kubernetes.pod import with_helpers, with_mounts, with_secrets
from components.kubernetes.program_spec import ProgramSpec
from components.kubernetes.rendezvous import PodField, Variable


@dataclass(frozen=True, kw_only=True)
class ProgramArgs:
    """What a program in pods is made from.

    Attributes:
        spec: The program.
        namespace: Where it runs.
        mounts: What its container mounts.
        secrets: The secrets that its container gets.
        node_selector: Labels of the nodes it runs on.
        tolerations: Taints of these nodes, as a pod tolerates them.
        service_account: The ServiceAccount of its pods, where neither the spec
            nor a volume names one; default: Kubernetes' own.
        environment: Environment variables beside those of the spec, which are
            known only once what they are about exists: the URI for each of the
            spec's `uris`, and the region of their buckets. Where `env` has a
            variable too, that is its value.
        helpers: Containers that run before the program, or beside it.
    """

    spec: ProgramSpec
    namespace: pulumi.Input[str]
    mounts: Sequence[Mount] = ()
    secrets: Sequence[PodSecret] = ()
    node_selector: Mapping[str, str] = field(default_factory=dict[str, str])
    tolerations: Sequence[Mapping[str, Any]] = ()
    service_account: str | None = None
    environment: Mapping[str, pulumi.Input[str]] = field(
        default_factory=dict[str, pulumi.Input[str]]
    )
    helpers: Sequence[Helper] = ()


def pod_template(
    name: str,
    args: ProgramArgs,
    *,
    labels: Mapping[str, str],
    variables: Mapping[str, Variable] | None = None,
    pod: Mapping[str, Any] | None = None,
    container: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The `metadata` and `spec` of the pods of a program.

    Args:
        name: Name of the Job or Deployment.
        args: What it is made from.
        labels: Labels of the pods.
        variables: Environment variables that no other takes the place of.
        pod: More fields of the pod.
        container: More fields of the container.

    Raises:
        ValueError: The program, its volumes and its secrets ask for different
            service accounts, nodes or values of one variable; or a variable of
            its `uris` has no value in `environment`.
    """
    spec = args.spec
    missing = sorted(spec.uris.keys() - args.environment.keys())
    if missing:
        raise ValueError(f"environment has no URI for {', '.join(missing)}")
    main = {
        "name": "main",
        "image": spec.image,
        "command": spec.command,
        "env": _environment({**args.environment, **spec.env, **(variables or {})}),
        "resources": _resources(spec),
        **(container or {}),
    }
    fields: dict[str, Any] = {
        "terminationGracePeriodSeconds": spec.grace_seconds,
        # A training program has no business with the API server.
        "automountServiceAccountToken": False,
        # Variables for every Service of the namespace overwrite what programs
        # read: a Service called `jupyter` would set JUPYTER_PORT.
        "enableServiceLinks": False,
        "containers": [main],
        **(pod or {}),
    }
    if spec.run_as is not None:
        fields["securityContext"] = spec.run_as.of_the_pod
    if spec.service_account is not None:
        fields["serviceAccountName"] = spec.service_account
    if args.node_selector:
        fields["nodeSelector"] = dict(args.node_selector)
    tolerated = [dict(toleration) for toleration in args.tolerations]
    tolerated += [
        {"key": device, "operator": "Exists"}
        for device in pod_devices.TAINTED
        if device in spec.nodes.devices
    ]
    if tolerated:
        fields["tolerations"] = tolerated
    if spec.nodes.gpu_products:
        fields["affinity"] = _gpu_affinity(spec.nodes.gpu_products)
    template: dict[str, Any] = {"metadata": {"labels": dict(labels)}, "spec": fields}
    template = with_mounts(template, args.mounts, owner=name)
    # Named twice it is still one secret.
    secrets = list({secret.secret_name: secret for secret in args.secrets}.values())
    template = with_secrets(template, secrets)
    template = with_helpers(
        template,
        args.helpers,
        environment=_environment(args.environment),
        secrets=secrets,
    )
    if args.service_account is not None:
        template["spec"].setdefault("serviceAccountName", args.service_account)
    if spec.run_as is not None:
        made = template["spec"]
        for part in (*made.get("initContainers", ()), *made["containers"]):
            part["securityContext"] = spec.run_as.of_a_container
    resources = template["spec"]["containers"][0]["resources"]
    if "memory" in resources["requests"]:
        # A pod that grows beyond what it asked for is its neighbours' problem.
        resources["limits"].setdefault("memory", resources["requests"]["memory"])
    return template


def _environment(
    variables: Mapping[str, Variable | pulumi.Input[str]],
) -> list[dict[str, Any]]:
    return [
        {"name": key, "valueFrom": {"fieldRef": {"fieldPath": value.path}}}
        if isinstance(value, PodField)
        else {"name": key, "value": value}
        for key, value in sorted(variables.items())
    ]


def _resources(spec: ProgramSpec) -> dict[str, Any]:
    given = spec.resources
    requests = {"cpu": given.requests.cpu, "memory": given.requests.memory}
    limits = {"cpu": given.limits.cpu, "memory": given.limits.memory}
    devices = spec.nodes.devices
    return {
        "requests": {**{k: v for k, v in requests.items() if v}, **devices},
        "limits": {**{k: v for k, v in limits.items() if v}, **devices},
    }


def _gpu_affinity(products: Sequence[str]) -> dict[str, Any]:
    """Nodes whose GPU is one of `products`, by GPU Feature Discovery's label."""
    term = {
        "key": "nvidia.com/gpu.product",
        "operator": "In",
        "values": list(products),
    }
    return {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": [term]}]
            }
        }
    }
