"""What the API server refuses in a pod."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from components.catalog import quantity

_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_VARIABLE = r"[-._a-zA-Z][-._a-zA-Z0-9]*"


def pods_of(manifest: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The specs of all pods that an object is or makes, and where they stand."""
    if manifest.get("kind") == "Pod":
        yield "spec", manifest.get("spec", {})
    else:
        yield from _templates(manifest, "")


def _templates(node: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, list):
        for index, item in enumerate(cast("list[Any]", node)):
            yield from _templates(item, f"{path}[{index}]")
    elif isinstance(node, dict):
        for key, value in cast("dict[str, Any]", node).items():
            below = f"{path}.{key}" if path else key
            if key == "spec" and isinstance(value, dict) and "containers" in value:
                yield below, cast("dict[str, Any]", value)
            else:
                yield from _templates(value, below)


def pod_problems(pod: Mapping[str, Any], where: str) -> Iterator[str]:
    """Everything wrong with the spec of a pod that stands at `where`."""
    volumes = pod.get("volumes", [])
    yield from _volumes(volumes, f"{where}.volumes")
    names: set[Any] = {volume.get("name") for volume in volumes}
    containers: list[tuple[str, Any]] = [
        (f"{where}.{key}[{index}]", container)
        for key in ("initContainers", "containers")
        for index, container in enumerate(pod.get(key, []))
    ]
    for name in _twice([c.get("name") for _, c in containers]):
        yield f"{where}.containers: two containers are called {name!r}"
    for path, container in containers:
        yield from _container(container, path)
        yield from _mounts(container, names, path)
        yield from _resources(container.get("resources", {}), f"{path}.resources")
    if pod.get("terminationGracePeriodSeconds", 0) < 0:
        yield f"{where}.terminationGracePeriodSeconds: must not be negative"
    for index, toleration in enumerate(pod.get("tolerations", [])):
        yield from _toleration(toleration, f"{where}.tolerations[{index}]")


def _twice(names: Iterable[Any]) -> list[Any]:
    return [name for name, times in Counter(names).items() if times > 1]


def _volumes(volumes: list[Any], where: str) -> Iterator[str]:
    for name in _twice(volume.get("name") for volume in volumes):
        yield f"{where}: two volumes are called {name!r}"
    for index, volume in enumerate(volumes):
        name = volume.get("name", "")
        if not re.fullmatch(_LABEL, name):
            yield f"{where}[{index}].name: {name!r} is not a DNS label"
        sources = sorted(set(volume) - {"name"})
        if len(sources) != 1:
            yield f"{where}[{index}]: a volume has exactly one source, not {sources}"
        path = volume.get("hostPath", {}).get("path", "/")
        if ".." in path.split("/"):
            yield f"{where}[{index}].hostPath.path: {path!r} must not contain '..'"


def _container(container: Mapping[str, Any], where: str) -> Iterator[str]:
    name = container.get("name", "")
    if not re.fullmatch(_LABEL, name):
        yield f"{where}.name: {name!r} is not a DNS label"
    image = container.get("image", "")
    if not image or image != image.strip():
        yield f"{where}.image: {image!r} is empty or has spaces around it"
    for variable in container.get("env", []):
        if not re.fullmatch(_VARIABLE, variable.get("name", "")):
            yield f"{where}.env: {variable.get('name')!r} is not a variable's name"
        if "value" in variable and "valueFrom" in variable:
            yield f"{where}.env: {variable['name']} has a value and a valueFrom"
    for port in container.get("ports", []):
        if not 0 < port.get("containerPort", 0) < 65536:
            yield f"{where}.ports: {port.get('containerPort')} is not 1 to 65535"


def _mounts(
    container: Mapping[str, Any], volumes: set[Any], where: str
) -> Iterator[str]:
    mounts = container.get("volumeMounts", [])
    for path in _twice(mount.get("mountPath") for mount in mounts):
        yield f"{where}.volumeMounts: two mounts on {path!r}"
    for index, mount in enumerate(mounts):
        at = f"{where}.volumeMounts[{index}]"
        if mount.get("name") not in volumes:
            yield f"{at}.name: no volume is called {mount.get('name')!r}"
        if not mount.get("mountPath") or ":" in mount["mountPath"]:
            yield f"{at}.mountPath: {mount.get('mountPath')!r} is empty or has a ':'"
        if "subPath" in mount and "subPathExpr" in mount:
            yield f"{at}: subPath and subPathExpr exclude each other"
        for key in ("subPath", "subPathExpr"):
            part = mount.get(key, "")
            if part.startswith("/") or ".." in part.split("/"):
                yield f"{at}.{key}: {part!r} is not a relative path without '..'"


def _resources(resources: Mapping[str, Any], where: str) -> Iterator[str]:
    requests, limits = resources.get("requests", {}), resources.get("limits", {})
    for name in sorted({*requests, *limits}):
        extended = "/" in name
        if extended and name not in limits:
            yield f"{where}.limits: {name} has no limit, and must have one"
        if name not in requests or name not in limits:
            continue
        try:
            request = quantity.parse(str(requests[name]))
            limit = quantity.parse(str(limits[name]))
        except ValueError:
            # Said where the quantities of every object are read.
            continue
        if request > limit or (extended and request != limit):
            yield (
                f"{where}.requests: {name} {requests[name]} does not go with the "
                f"limit {limits[name]}"
            )


def _toleration(toleration: Mapping[str, Any], where: str) -> Iterator[str]:
    operator = toleration.get("operator") or "Equal"
    if not toleration.get("key") and operator != "Exists":
        yield f"{where}: without a key the operator is Exists"
    if operator == "Exists" and toleration.get("value"):
        yield f"{where}: with Exists there is no value"
