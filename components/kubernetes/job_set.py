"""A job as a JobSet: its Jobs start, fail and restart as one.

Source: https://jobset.sigs.k8s.io/docs/reference/jobset.v1alpha2/ and
pkg/webhooks/{jobset_webhook,pod_mutating_webhook}.go of kubernetes-sigs/jobset
0.11.0, as of 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.catalog import gcp_tpus, names
from components.kubernetes.job_spec import GROUP, JobSpec

API_VERSION = "jobset.x-k8s.io/v1alpha2"
KIND = "JobSet"
EXCLUSIVE = "alpha.jobset.sigs.k8s.io/exclusive-topology"
"""Annotation by which each of its Jobs has all nodes of one value of a label alone."""
DONE = "condition=Completed"
"""What a deployment waits for when it waits for the end of a JobSet."""


def job_set_fields(name: str, spec: JobSpec, job: Mapping[str, Any]) -> dict[str, Any]:
    """The `spec` of the JobSet called `name`, as Kubernetes writes it.

    Args:
        name: Name of the JobSet, of its headless Service and of the subdomain
            of its pods.
        spec: The program.
        job: The `spec` of each of its Jobs.
    """
    template: dict[str, Any] = {"spec": dict(job)}
    if spec.on_slices:
        # Each replica has one slice: its nodes are one node pool of GKE's.
        exclusive = {EXCLUSIVE: gcp_tpus.NODE_POOL_LABEL}
        template["metadata"] = {"annotations": exclusive}
    fields: dict[str, Any] = {
        "replicatedJobs": [
            {"name": GROUP, "replicas": spec.replicas, "template": template}
        ],
        "network": {
            "enableDNSHostnames": True,
            "subdomain": name,
            # Pods look for each other before they are ready.
            "publishNotReadyAddresses": True,
        },
        "successPolicy": {"operator": "All"},
        "failurePolicy": {
            "maxRestarts": spec.retries,
            # The next attempt begins when every pod of this one is gone: two
            # never write the same files.
            "restartStrategy": "BlockingRecreate",
        },
    }
    if spec.deadline is not None:
        # A restart would only run into the same deadline.
        fields["failurePolicy"]["rules"] = [
            {
                "name": "deadline",
                "action": "FailJobSet",
                "onJobFailureReasons": ["DeadlineExceeded"],
            }
        ]
    # It becomes the value of a label: a longer one is refused, and nothing but
    # the convenience of tools is lost without it.
    if len(spec.coordinator(name)) <= names.LABEL_LENGTH:
        fields["coordinator"] = {"replicatedJob": GROUP, "jobIndex": 0, "podIndex": 0}
    return fields
