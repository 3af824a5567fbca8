"""A Job whose runs are numbered and never overlap."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import pulumi
import pulumi_kubernetes as k8s

from components.catalog import gcp_tpus
from components.kubernetes.job_set import API_VERSION, DONE, KIND, job_set_fields
from components.kubernetes.job_spec import (
    RUN_VARIABLE,
    JobSpec,
    RendezvousSpec,
    seconds,
)
from components.kubernetes.labels import DECLARED, JOB, QUEUE, RUN, RUNNING, SLICE
from components.kubernetes.program import ProgramArgs, pod_template
from components.kubernetes.tpu_slice import slice_affinity


@dataclass(frozen=True, kw_only=True)
class JobArgs(ProgramArgs):
    """What a Job is made from.

    Attributes:
        spec: The program, its image and how many pods run it.
    """

    spec: JobSpec


class Job(pulumi.ComponentResource):
    """A `batch/v1` Job, or a JobSet where the spec says so.

    While `run` stays the same, an edited pod template does not touch the Job
    that is there: the preview shows the digest of what is declared now, and a
    warning. A new `run` deletes the old Job with its pods first, then makes
    the new one, so that two runs never write the same files.

    The pods of a program of several nodes find each other by name through a
    headless Service, which is made before them and goes after them.

    Attributes:
        job_name: Name of the Job or JobSet, known when it exists.
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
            ValueError: The program, its volumes and its secrets ask for
                different service accounts, nodes or values of one variable.
        """
        super().__init__("ml-storage:index:Job", name, None, opts)
        spec = args.spec
        fields = _fields(name, args)
        labels = {JOB: name, RUN: str(spec.run)}
        if spec.queue is not None:
            labels[QUEUE] = spec.queue
        declared = declared_digest(name, args)
        metadata: Any = {
            "name": name,
            "namespace": args.namespace,
            "labels": labels,
            "annotations": _annotations(spec, declared),
        }
        service = self._meeting_point(name, args)
        live = self._make(name, spec, metadata, fields, service)
        self.job_name = live["name"]
        self.pending = live["annotations"].apply(
            lambda found: self._warn_when_pending(name, spec.run, found, declared)
        )
        self.register_outputs({"jobName": self.job_name, "pending": self.pending})

    def _make(
        self,
        name: str,
        spec: JobSpec,
        metadata: Any,
        fields: Any,
        after: pulumi.Resource | None,
    ) -> pulumi.Output[Any]:
        """Make the Job or the JobSet; its metadata as the cluster has it."""
        opts = pulumi.ResourceOptions(
            parent=self,
            depends_on=[after] if after else None,
            # Not in force for a replacement: a new run takes all of it. Kueue
            # refuses another queue for a Job that has started.
            ignore_changes=[
                "spec",
                f'metadata.annotations["{RUNNING}"]',
                f'metadata.labels["{QUEUE}"]',
            ],
            replace_on_changes=[f'metadata.labels["{RUN}"]'],
            delete_before_replace=True,
        )
        if spec.job_set is None:
            job = k8s.batch.v1.Job(
                f"{name}-job", metadata=metadata, spec=fields, opts=opts
            )
            return job.metadata
        made = k8s.apiextensions.CustomResource(
            f"{name}-job-set",
            api_version=API_VERSION,
            kind=KIND,
            metadata=metadata,
            spec=fields,
            opts=opts,
        )
        # The class of custom resources declares none of their outputs.
        return cast("Any", made).metadata

    def _meeting_point(self, name: str, args: JobArgs) -> k8s.core.v1.Service | None:
        """The headless Service; a JobSet makes its own."""
        if args.spec.together == 1 or args.spec.job_set is not None:
            return None
        return k8s.core.v1.Service(
            f"{name}-service",
            metadata={
                "name": name,
                "namespace": args.namespace,
                "labels": {JOB: name},
            },
            spec=service_fields(name, args.spec),
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )

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


_UNCOUNTED = {
    "rules": [
        {
            "action": "Ignore",
            "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
        }
    ]
}
"""A pod that lost its node or its place is no failed attempt. Source, read 2026-11-22:
https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy."""


def _annotations(spec: JobSpec, declared: str) -> dict[str, str]:
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
    elif spec.job_set is not None:
        # The provider knows when a Job is done, and nothing of JobSets.
        annotations["pulumi.com/waitFor"] = DONE
    return annotations


def service_fields(name: str, spec: JobSpec) -> Any:
    """The `spec` of the headless Service, as Kubernetes writes it."""
    port = (spec.rendezvous or RendezvousSpec()).port
    return {
        "clusterIP": "None",
        "selector": {JOB: name},
        "ports": [{"name": "rendezvous", "port": port}],
        # Pods look for each other before they are ready.
        "publishNotReadyAddresses": True,
    }


def declared_digest(name: str, args: JobArgs) -> str:
    """The digest of what is declared of the Job called `name`.

    It is known in every preview, and the same in all of them: a value of the
    environment that the cloud decides, such as the name of a bucket, is in it
    as what the spec says of it, the volume and the path. Another bucket under
    the same name of a volume is therefore no pending difference.
    """
    spec = args.spec
    environment = {
        key: value
        if isinstance(value, str)
        else spec.uris[key].declared
        if key in spec.uris
        else key
        for key, value in args.environment.items()
    }
    fields = _fields(name, replace(args, environment=environment))
    if spec.queue is not None:
        fields = {"queue": spec.queue, **fields}
    return digest(fields)


def digest(fields: Mapping[str, Any]) -> str:
    """A short digest of a Job's spec, the same for the same content."""
    text = json.dumps(fields, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _fields(name: str, args: JobArgs) -> Any:
    """The `spec` of the Job or of the JobSet."""
    fields = job_fields(name, args)
    if args.spec.job_set is None:
        return fields
    return job_set_fields(name, args.spec, fields)


def job_fields(name: str, args: JobArgs) -> Any:
    """The `spec` of the Job, or of each Job of a JobSet, as Kubernetes writes it."""
    spec = args.spec
    fields: dict[str, Any] = {
        # A failed pod is followed by another only when it is wholly gone: two
        # attempts at one index never write at the same time.
        "podReplacementPolicy": "Failed",
        "template": _template(name, args),
    }
    if spec.job_set is None:
        # A JobSet starts all pods again, those of a lost node as well: there the
        # Job has to fail.
        fields["podFailurePolicy"] = _UNCOUNTED
    if spec.deadline is not None:
        fields["activeDeadlineSeconds"] = seconds(spec.deadline)
    if spec.indexes is not None:
        return {
            **fields,
            "completionMode": "Indexed",
            "completions": spec.indexes,
            "parallelism": spec.pods,
            "backoffLimitPerIndex": spec.retries,
        }
    if spec.together == 1 and spec.job_set is None:
        return {**fields, "backoffLimit": spec.retries}
    return {
        **fields,
        "completionMode": "Indexed",
        "completions": spec.nodes.count,
        "parallelism": spec.nodes.count,
        # One lost pod takes the others with it, and each of them counts as a
        # failure. Beyond the limit Kubernetes ends whatever still waits. In a
        # JobSet the first failure ends the Job, and the JobSet starts all again.
        "backoffLimit": 0 if spec.job_set else spec.retries * spec.nodes.count,
    }


def _template(name: str, args: JobArgs) -> dict[str, Any]:
    spec = args.spec
    pod: dict[str, Any] = {"restartPolicy": "Never"}
    labels = {JOB: name, RUN: str(spec.run)}
    container: dict[str, Any] = {}
    if spec.together > 1 and spec.job_set is None:
        pod["subdomain"] = name
    if spec.on_slices:
        labels[SLICE] = "whole"
        container["ports"] = [{"name": "tpu", "containerPort": gcp_tpus.PORT}]
        if spec.job_set is None:
            pod["affinity"] = slice_affinity()
    return pod_template(
        name,
        args,
        labels=labels,
        variables={**spec.variables(name), RUN_VARIABLE: str(spec.run)},
        pod=pod,
        container=container,
    )
