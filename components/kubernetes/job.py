"""A Job whose runs are numbered and never overlap."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.job_spec import RUN_VARIABLE, JobSpec
from components.kubernetes.labels import DECLARED, JOB, RUN, RUNNING
from components.kubernetes.mountable import Mount
from components.kubernetes.pod import with_mounts


@dataclass(frozen=True, kw_only=True)
class JobArgs:
    """What a Job is made from.

    Attributes:
        spec: The program, its image and how many pods run it.
        namespace: Where it runs.
        mounts: What its container mounts.
        node_selector: Labels of the nodes it runs on.
        tolerations: Taints of these nodes, as a pod tolerates them.
    """

    spec: JobSpec
    namespace: pulumi.Input[str]
    mounts: Sequence[Mount] = ()
    node_selector: Mapping[str, str] = field(default_factory=dict[str, str])
    tolerations: Sequence[Mapping[str, Any]] = ()


class Job(pulumi.ComponentResource):
    """A `batch/v1` Job.

    While `run` stays the same, an edited pod template does not touch the Job
    that is there: the preview shows the digest of what is declared now, and a
    warning. A new `run` deletes the old Job with its pods first, then makes
    the new one, so that two runs never write the same files.

    Attributes:
        job_name: Name of the Job, known when it exists.
        pending: Whether the program declares something else than what runs.
    """

    job_name: pulumi.Output[str]
    pending: pulumi.Output[bool]

    def __init__(
        self, name: str, args: JobArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the Job.

        Args:
            name: The name of the Job.
            args: What to make.
            opts: Must carry the provider of the cluster.

        Raises:
            ValueError: Two volumes ask for different service accounts or nodes.
        """
        super().__init__("ml-storage:index:Job", name, None, opts)
        spec = args.spec
        fields = job_fields(name, args)
        declared = digest(fields)
        annotations = {
            RUNNING: declared,
            DECLARED: declared,
            # A Job object goes only after its pods: what follows it is alone.
            "pulumi.com/deletionPropagationPolicy": "foreground",
        }
        if not spec.wait:
            # Not `skipAwait`: the provider would not wait for the deletion
            # either, and the next run would start beside this one's pods.
            annotations["pulumi.com/waitFor"] = "jsonpath={.metadata.uid}"
        job = k8s.batch.v1.Job(
            f"{name}-job",
            metadata={
                "name": name,
                "namespace": args.namespace,
                "labels": {JOB: name, RUN: str(spec.run)},
                "annotations": annotations,
            },
            spec=fields,
            opts=pulumi.ResourceOptions(
                parent=self,
                # Not in force for a replacement: a new run takes all of it.
                ignore_changes=["spec", f'metadata.annotations["{RUNNING}"]'],
                replace_on_changes=[f'metadata.labels["{RUN}"]'],
                delete_before_replace=True,
            ),
        )
        self.job_name = job.metadata["name"]
        self.pending = job.metadata["annotations"].apply(
            lambda live: self._warn_when_pending(name, spec.run, live, declared)
        )
        self.register_outputs({"jobName": self.job_name, "pending": self.pending})

    def _warn_when_pending(
        self, name: str, run: int, live: Mapping[str, str] | None, declared: str
    ) -> bool:
        running = (live or {}).get(RUNNING, declared)
        if running == declared:
            return False
        pulumi.log.warn(
            f"job {name}: run {run} goes on as it was started (template {running}); "
            f"what is declared now ({declared}) starts with run: {run + 1}",
            resource=self,
        )
        return True


def digest(fields: Mapping[str, Any]) -> str:
    """A short digest of a Job's spec, the same for the same content."""
    text = json.dumps(fields, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def job_fields(name: str, args: JobArgs) -> Any:
    """The `spec` of the Job, as Kubernetes writes it."""
    spec = args.spec
    fields: dict[str, Any] = {
        # A failed pod is followed by another only when it is wholly gone: two
        # attempts at one index never write at the same time.
        "podReplacementPolicy": "Failed",
        "template": _template(name, args),
    }
    if spec.indexes is None:
        return {**fields, "backoffLimit": spec.retries}
    return {
        **fields,
        "completionMode": "Indexed",
        "completions": spec.indexes,
        "parallelism": spec.pods,
        "backoffLimitPerIndex": spec.retries,
    }


def _template(name: str, args: JobArgs) -> dict[str, Any]:
    spec = args.spec
    variables = {**spec.env, RUN_VARIABLE: str(spec.run)}
    container = {
        "name": "main",
        "image": spec.image,
        "command": spec.command,
        "env": [{"name": key, "value": variables[key]} for key in sorted(variables)],
        "resources": _resources(spec),
    }
    pod: dict[str, Any] = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": spec.grace_seconds,
        # A training program has no business with the API server.
        "automountServiceAccountToken": False,
        "containers": [container],
    }
    if args.node_selector:
        pod["nodeSelector"] = dict(args.node_selector)
    tolerations = [dict(toleration) for toleration in args.tolerations]
    if spec.nodes.gpus:
        tolerations.append({"key": "nvidia.com/gpu", "operator": "Exists"})
    if tolerations:
        pod["tolerations"] = tolerations
    if spec.nodes.gpu_products:
        pod["affinity"] = _gpu_affinity(spec.nodes.gpu_products)
    template = {
        "metadata": {"labels": {JOB: name, RUN: str(spec.run)}},
        "spec": pod,
    }
    template = with_mounts(template, args.mounts, owner=name)
    resources = template["spec"]["containers"][0]["resources"]
    if "memory" in resources["requests"]:
        # A pod that grows beyond what it asked for is its neighbours' problem.
        resources["limits"].setdefault("memory", resources["requests"]["memory"])
    return template


def _resources(spec: JobSpec) -> dict[str, Any]:
    given = spec.resources
    requests = {"cpu": given.requests.cpu, "memory": given.requests.memory}
    limits = {"cpu": given.limits.cpu, "memory": given.limits.memory}
    if spec.nodes.gpus:
        requests["nvidia.com/gpu"] = limits["nvidia.com/gpu"] = str(spec.nodes.gpus)
    return {
        "requests": {key: value for key, value in requests.items() if value},
        "limits": {key: value for key, value in limits.items() if value},
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
