"""The LimitRange of a team's namespace."""

from __future__ import annotations

from typing import Any

from components.kubernetes.limits_spec import ContainerLimits, LimitsSpec


def limit_range_fields(spec: LimitsSpec) -> dict[str, Any]:
    """The `spec` of the LimitRange; empty where nothing is limited."""
    limits: list[dict[str, Any]] = []
    container = {
        "default": _resources(spec.default),
        "defaultRequest": _resources(spec.default_request),
        "max": _resources(spec.max),
        "min": _resources(spec.min),
    }
    bounds = {key: resources for key, resources in container.items() if resources}
    if bounds:
        limits.append({"type": "Container", **bounds})
    claim = {
        key: {"storage": size}
        for key, size in (("max", spec.claim.max), ("min", spec.claim.min))
        if size is not None
    }
    if claim:
        limits.append({"type": "PersistentVolumeClaim", **claim})
    return {"limits": limits} if limits else {}


def _resources(bound: ContainerLimits) -> dict[str, str]:
    resources = {
        "cpu": bound.cpu,
        "memory": bound.memory,
        "ephemeral-storage": bound.ephemeral_storage,
    }
    return {key: value for key, value in resources.items() if value is not None}
