"""Mounts put into a pod's spec: a Job's, a Deployment's, anyone's."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from decimal import Decimal
from typing import Any

from components.catalog import quantity
from components.kubernetes.job_spec import INDEX_VARIABLE
from components.kubernetes.mountable import Mount, PodNeeds

# What a container writes outside its scratch, logs included, is counted as
# ephemeral storage too: a limit without room for it evicts a pod whose scratch
# is full as promised.
CONTAINER_DISK = quantity.parse("1Gi")


def with_mounts(
    pod: dict[str, Any], mounts: Sequence[Mount], *, owner: str, container: int = 0
) -> dict[str, Any]:
    """A pod template's `metadata` and `spec` with `mounts` put in.

    Args:
        pod: A pod template, as Kubernetes writes it. It is not changed.
        mounts: What the container mounts. Mounts of one name are one volume.
        owner: Name of the Job or Deployment; the directory of a `per-index`
            mount that names none.
        container: Position of the container that mounts them.

    Raises:
        ValueError: Two volumes ask for different service accounts or nodes.
    """
    pod = deepcopy(pod)
    spec = pod.setdefault("spec", {})
    volumes = {mount.name: mount.volume for mount in mounts}
    spec["volumes"] = spec.get("volumes", []) + [
        {"name": name, **volume.volume_source()} for name, volume in volumes.items()
    ]
    target = spec["containers"][container]
    target["volumeMounts"] = target.get("volumeMounts", []) + [
        _volume_mount(mount, owner) for mount in mounts
    ]
    needs = [volume.pod_needs() for volume in volumes.values()]
    for need in needs:
        _add_needs(pod, need)
    _add_resources(
        target,
        memory=sum((need.memory for need in needs), Decimal(0)),
        disk=sum((need.ephemeral_storage for need in needs), Decimal(0)),
    )
    return pod


def _volume_mount(mount: Mount, owner: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": mount.name, "mountPath": mount.path}
    read_only = mount.read_only or mount.volume.read_only
    if read_only:
        entry["readOnly"] = True
    part = directory(mount, owner)
    if part is not None:
        entry["subPathExpr" if INDEX_VARIABLE in part else "subPath"] = part
    return entry


def directory(mount: Mount, owner: str) -> str | None:
    """The directory of the volume that is mounted; None for all of it.

    With `per-index` writers it holds `$(JOB_COMPLETION_INDEX)`.
    """
    read_only = mount.read_only or mount.volume.read_only
    if mount.writers == "per-index" and not read_only:
        return f"{mount.sub_path or owner}/index-$({INDEX_VARIABLE})"
    return mount.sub_path


def _add_needs(pod: dict[str, Any], need: PodNeeds) -> None:
    spec = pod["spec"]
    if need.annotations:
        annotations = pod.setdefault("metadata", {}).setdefault("annotations", {})
        _merge(annotations, need.annotations, "annotation")
    if need.node_selector:
        _merge(spec.setdefault("nodeSelector", {}), need.node_selector, "node label")
    if need.service_account is not None:
        _merge(spec, {"serviceAccountName": need.service_account}, "service account")
    for toleration in need.tolerations:
        if toleration not in spec.setdefault("tolerations", []):
            spec["tolerations"].append(dict(toleration))


def _merge(into: dict[str, Any], more: Any, what: str) -> None:
    for key, value in more.items():
        if into.setdefault(key, value) != value:
            raise ValueError(
                f"the volumes of one pod ask for different values of the {what} "
                f"{key}: {into[key]!r} and {value!r}"
            )


def _add_resources(target: dict[str, Any], *, memory: Decimal, disk: Decimal) -> None:
    """Count scratch into what the container may use."""
    resources = target.setdefault("resources", {})
    requests = resources.setdefault("requests", {})
    limits = resources.setdefault("limits", {})
    if memory and "memory" in requests:
        requested = quantity.parse(requests["memory"]) + memory
        requests["memory"] = quantity.bytes_text(requested)
        # A limit that was stated is the user's word and stays: scratch is
        # counted in. Without one, the pod gets what it asked for.
        limits.setdefault("memory", requests["memory"])
    if disk:
        text = quantity.bytes_text(disk + CONTAINER_DISK)
        requests["ephemeral-storage"] = text
        limits["ephemeral-storage"] = text
