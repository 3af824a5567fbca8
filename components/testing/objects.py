"""What the API server refuses in one object, beyond the schema of its kind.

The schema says which keys there are and of which type. Which words a key takes
and what the keys say of each other is code of the API server:
https://github.com/kubernetes/kubernetes/tree/v1.35.0/pkg/apis/core/validation
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, cast

from components.catalog import quantity
from components.testing.pods import pod_problems, pods_of
from components.testing.schema import known

Manifest = Mapping[str, Any]

_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
# The parts of a subdomain have no length of their own.
_PART = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"(?=.{{1,253}}$){_PART}(\.{_PART})*"
_WORD = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_SERVICE = r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?"
_SEGMENT = r"(?!\.{1,2}$)[^/%]+"

# Which names a kind takes, where it is not a DNS subdomain.
_NAMES = {
    "Namespace": (_LABEL, "a DNS label"),
    "Service": (_SERVICE, "a DNS label that begins with a letter"),
    **dict.fromkeys(
        ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"),
        (_SEGMENT, "a segment of a path"),
    ),
}

_ACCESS_MODES = {"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"}
_EXPRESSIONS = {"In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"}
_RECLAIM = {"Retain", "Delete", "Recycle"}

# The words that a key takes, by the key and the one it stands under; a key that
# means one thing everywhere stands under `*`.
_WORDS: dict[tuple[str, str], set[str]] = {
    ("*", "accessModes"): _ACCESS_MODES,
    ("*", "volumeMode"): {"Filesystem", "Block"},
    ("*", "persistentVolumeReclaimPolicy"): _RECLAIM,
    ("*", "reclaimPolicy"): {"Retain", "Delete"},
    ("*", "volumeBindingMode"): {"Immediate", "WaitForFirstConsumer"},
    ("*", "restartPolicy"): {"Always", "OnFailure", "Never"},
    ("*", "imagePullPolicy"): {"Always", "IfNotPresent", "Never"},
    ("*", "completionMode"): {"Indexed", "NonIndexed"},
    ("*", "podReplacementPolicy"): {"Failed", "TerminatingOrFailed"},
    ("*", "concurrencyPolicy"): {"Allow", "Forbid", "Replace"},
    ("*", "terminationMessagePolicy"): {"File", "FallbackToLogsOnError"},
    ("*", "dnsPolicy"): {"ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"},
    ("*", "protocol"): {"TCP", "UDP", "SCTP"},
    ("*", "mountPropagation"): {"None", "HostToContainer", "Bidirectional"},
    ("*", "fsGroupChangePolicy"): {"OnRootMismatch", "Always"},
    ("emptyDir", "medium"): {"", "Memory"},
    ("*", "deletionPolicy"): {"Delete", "Retain"},
    ("tolerations", "operator"): {"", "Exists", "Equal"},
    ("tolerations", "effect"): {"", "NoSchedule", "PreferNoSchedule", "NoExecute"},
    ("matchExpressions", "operator"): _EXPRESSIONS,
    ("matchFields", "operator"): {"In", "NotIn"},
    ("hostPath", "type"): {
        *("", "DirectoryOrCreate", "Directory", "FileOrCreate", "File"),
        *("Socket", "CharDevice", "BlockDevice"),
    },
    ("strategy", "type"): {"Recreate", "RollingUpdate"},
}


# Mappings whose keys are anyone's words, and mean nothing to the API server.
_FREE = {
    *("annotations", "data", "labels", "matchLabels", "nodeSelector", "parameters"),
    *("stringData", "volumeAttributes"),
}

# Groups of CRDs whose objects say the same words in the same sense.
_ALIKE = ("snapshot.storage.k8s.io/", "jobset.x-k8s.io/")


def object_problems(manifest: Manifest) -> Iterator[str]:
    """Everything that the API server refuses in an object by itself.

    Of a kind that a CRD brings only the name is looked at: its keys may mean
    anything.
    """
    yield from _metadata(manifest)
    version = manifest["apiVersion"]
    if known(manifest["kind"], version) or version.startswith(_ALIKE):
        for check in _CHECKS:
            yield from check(manifest)


def _metadata(manifest: Manifest) -> Iterator[str]:
    metadata = manifest.get("metadata", {})
    pattern, what = _NAMES.get(manifest["kind"], (_SUBDOMAIN, "a DNS subdomain"))
    name = metadata.get("name")
    if isinstance(name, str) and not re.fullmatch(pattern, name):
        yield f"metadata.name: {name!r} is not {what}"
    namespace = metadata.get("namespace")
    if isinstance(namespace, str) and not re.fullmatch(_LABEL, namespace):
        yield f"metadata.namespace: {namespace!r} is not a DNS label"


def _labels(manifest: Manifest) -> Iterator[str]:
    for path, key, value in _walk(manifest):
        if key in ("labels", "annotations", "matchLabels", "nodeSelector"):
            yield from _pairs(f"{path}.{key}", value, values=key != "annotations")


def _pairs(path: str, pairs: Any, *, values: bool) -> Iterator[str]:
    if not isinstance(pairs, dict):
        return
    for key, value in cast("dict[str, Any]", pairs).items():
        prefix, slash, word = key.rpartition("/")
        whole = re.fullmatch(_WORD, word)
        if not whole or (slash and not re.fullmatch(_SUBDOMAIN, prefix)):
            yield f"{path}: {key!r} is not a qualified name"
        right = isinstance(value, str) and re.fullmatch(f"({_WORD})?", value)
        if values and not right:
            yield f"{path}.{key}: {value!r} is not a label value"


def _words(manifest: Manifest) -> Iterator[str]:
    for path, key, value in _walk(manifest):
        under = re.sub(r"\[\d+\]$", "", path).rpartition(".")[2]
        allowed = _WORDS.get((under, key)) or _WORDS.get(("*", key))
        for word in cast("list[Any]", value if isinstance(value, list) else [value]):
            if allowed and isinstance(word, str) and word not in allowed:
                yield f"{path}.{key}: {word!r} is not one of {sorted(allowed)}"


def _walk(node: Any, path: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every key of an object with the path it stands under, and its value."""
    if isinstance(node, dict):
        for key, value in cast("dict[str, Any]", node).items():
            yield path, key, value
            if key not in _FREE:
                yield from _walk(value, f"{path}.{key}" if path else key)
    elif isinstance(node, list):
        for index, item in enumerate(cast("list[Any]", node)):
            yield from _walk(item, f"{path}[{index}]")


def _claim(manifest: Manifest) -> Iterator[str]:
    if manifest["kind"] != "PersistentVolumeClaim":
        return
    spec = manifest.get("spec", {})
    yield from _access_modes("spec", spec)
    requests = spec.get("resources", {}).get("requests", {})
    yield from _storage("spec.resources.requests.storage", requests.get("storage"))
    source = spec.get("dataSource") or {"kind": "PersistentVolumeClaim"}
    if source["kind"] != "PersistentVolumeClaim" and not source.get("apiGroup"):
        yield "spec.dataSource: only a claim has no apiGroup"


# Keys of a PersistentVolume's spec that are not its source.
_NOT_A_SOURCE = {
    *("accessModes", "capacity", "claimRef", "mountOptions", "nodeAffinity"),
    *("persistentVolumeReclaimPolicy", "storageClassName", "volumeMode"),
    "volumeAttributesClassName",
}


def _volume(manifest: Manifest) -> Iterator[str]:
    if manifest["kind"] != "PersistentVolume":
        return
    spec = manifest.get("spec", {})
    yield from _access_modes("spec", spec)
    yield from _storage(
        "spec.capacity.storage", spec.get("capacity", {}).get("storage")
    )
    sources = sorted(set(spec) - _NOT_A_SOURCE)
    if len(sources) != 1:
        yield f"spec: a volume has exactly one source, not {sources}"
    path = spec.get("hostPath", {}).get("path", "/")
    if ".." in str(path).split("/"):
        yield f"spec.hostPath.path: {path!r} must not contain '..'"


def _access_modes(path: str, spec: Mapping[str, Any]) -> Iterator[str]:
    modes = spec.get("accessModes", [])
    if not modes:
        yield f"{path}.accessModes: at least one is required"
    if "ReadWriteOncePod" in modes and len(modes) > 1:
        yield f"{path}.accessModes: ReadWriteOncePod stands alone"


def _storage(path: str, size: Any) -> Iterator[str]:
    try:
        whole = quantity.parse(str(size))
    except ValueError:
        yield f"{path}: {size!r} is not a quantity"
        return
    if whole <= 0:
        yield f"{path}: {size!r} must be greater than zero"


def _quantities(manifest: Manifest) -> Iterator[str]:
    for path, key, value in _walk(manifest):
        if key in ("requests", "limits", "hard") and isinstance(value, dict):
            for name, size in cast("dict[str, Any]", value).items():
                yield from _quantity(f"{path}.{key}.{name}", size)
        elif key == "sizeLimit":
            yield from _quantity(f"{path}.{key}", value)


def _quantity(path: str, size: Any) -> Iterator[str]:
    try:
        if quantity.parse(str(size)) < 0:
            yield f"{path}: {size!r} must not be negative"
    except ValueError:
        yield f"{path}: {size!r} is not a quantity"


def _limit_range(manifest: Manifest) -> Iterator[str]:
    """Each of min, defaultRequest, default and max is at most the next."""
    if manifest["kind"] != "LimitRange":
        return
    order = ("min", "defaultRequest", "default", "max")
    for index, item in enumerate(manifest.get("spec", {}).get("limits", [])):
        for resource in sorted({r for key in order for r in item.get(key, {})}):
            given = [
                (key, item[key][resource])
                for key in order
                if resource in item.get(key, {})
            ]
            for (low, less), (high, more) in pairwise(given):
                if quantity.parse(str(less)) > quantity.parse(str(more)):
                    yield (
                        f"spec.limits[{index}]: {low} of {resource} {less} is more "
                        f"than its {high} {more}"
                    )


def _job(manifest: Manifest) -> Iterator[str]:
    if manifest["kind"] != "Job":
        return
    spec = manifest.get("spec", {})
    indexed = spec.get("completionMode") == "Indexed"
    if indexed and "completions" not in spec:
        yield "spec.completions: required when completionMode is Indexed"
    if "backoffLimitPerIndex" in spec and not indexed:
        yield "spec.backoffLimitPerIndex: requires completionMode Indexed"
    for key in ("parallelism", "completions", "backoffLimit", "backoffLimitPerIndex"):
        if spec.get(key, 0) < 0:
            yield f"spec.{key}: must not be negative"
    name = manifest.get("metadata", {}).get("name")
    if indexed and isinstance(name, str):
        last = f"{name}-{max(spec.get('completions', 1) - 1, 0)}"
        if not re.fullmatch(_LABEL, last):
            yield f"metadata.name: the pod's host name {last!r} is not a DNS label"


def _templates(manifest: Manifest) -> Iterator[str]:
    """The pods of whatever makes pods."""
    for where, pod in pods_of(manifest):
        yield from pod_problems(pod, where)
        if manifest["kind"] != "Pod":
            yield from _restarts(manifest["kind"], pod, where)


def _restarts(kind: str, pod: Mapping[str, Any], where: str) -> Iterator[str]:
    policy = pod.get("restartPolicy", "Always")
    if kind in ("Job", "CronJob", "JobSet"):
        if policy == "Always":
            yield f"{where}.restartPolicy: a {kind}'s pods are Never or OnFailure"
    elif policy != "Always":
        yield f"{where}.restartPolicy: a {kind}'s pods are Always"


def _selector(manifest: Manifest) -> Iterator[str]:
    """A Deployment finds the pods that it makes."""
    spec = manifest.get("spec", {})
    if manifest["kind"] not in ("Deployment", "StatefulSet", "DaemonSet"):
        return
    wanted = spec.get("selector", {}).get("matchLabels", {})
    labels = spec.get("template", {}).get("metadata", {}).get("labels", {})
    if any(labels.get(key) != value for key, value in wanted.items()):
        yield "spec.selector: does not match the labels of the template"


_CHECKS: tuple[Callable[[Manifest], Iterator[str]], ...] = (
    *(_labels, _words, _claim, _volume, _quantities),
    *(_limit_range, _job, _templates, _selector),
)
