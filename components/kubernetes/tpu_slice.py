"""A slice of TPUs of several nodes: all of it for one job, or none."""

from __future__ import annotations

from typing import Any

from components.catalog import gcp_tpus
from components.kubernetes.labels import SLICE

CONTROLLER = "batch.kubernetes.io/controller-uid"
"""The label that the pods of one Job share, and no others."""


def slice_affinity() -> dict[str, Any]:
    """The `affinity` of the pods of a Job that has a slice for itself.

    Its first pod goes to a slice where no such job has a pod, whatever namespace
    that is in; all others follow it there. What a JobSet does with its annotation
    is the same.

    Source: `matchLabelKeys` and `mismatchLabelKeys` of pod affinity, on by default
    from Kubernetes 1.31; https://kubernetes.io/docs/concepts/scheduling-eviction/
    assign-pod-node, read 2026-11-22.
    """
    whole: dict[str, Any] = {
        "labelSelector": {"matchExpressions": [{"key": SLICE, "operator": "Exists"}]},
        "topologyKey": gcp_tpus.NODE_POOL_LABEL,
    }
    own = {**whole, "matchLabelKeys": [CONTROLLER]}
    # Those of every namespace.
    everywhere: dict[str, Any] = {"namespaceSelector": {}}
    others = {**whole, **everywhere, "mismatchLabelKeys": [CONTROLLER]}
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    return {"podAffinity": {required: [own]}, "podAntiAffinity": {required: [others]}}
