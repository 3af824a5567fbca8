"""The fields whose change replaces an object, as provider 4.34 has them."""

import re
from typing import Any, Final

from sandbox.kubernetes_provider.paths import Path
from sandbox.kubernetes_provider.values import Secret, Unknown

_ALWAYS: Final = ("metadata.name", "metadata.namespace")
_CONTAINER: Final = (
    "args",
    "command",
    "env",
    "image",
    "imagePullPolicy",
    "lifecycle",
    "livenessProbe",
    "ports",
    "readinessProbe",
    "resources",
    "securityContext",
    "stdin",
    "stdinOnce",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "tty",
    "volumeDevices",
    "volumeMounts",
    "workingDir",
)
_POD: Final = (
    "affinity",
    "automountServiceAccountToken",
    "dnsConfig",
    "dnsPolicy",
    "enableServiceLinks",
    "hostAliases",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostname",
    "imagePullSecrets",
    "nodeName",
    "nodeSelector",
    "overhead",
    "preemptionPolicy",
    "priority",
    "priorityClassName",
    "readinessGates",
    "restartPolicy",
    "runtimeClassName",
    "schedulerName",
    "securityContext",
    "serviceAccount",
    "serviceAccountName",
    "shareProcessNamespace",
    "subdomain",
    "terminationGracePeriodSeconds",
    "volumes",
    *(f"containers[*].{field}" for field in _CONTAINER),
    *(f"initContainers[*].{field}" for field in _CONTAINER),
)
_VOLUME_SOURCES: Final = (
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "csi",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "glusterfs",
    "hostPath",
    "iscsi",
    "local",
    "nfs",
    "photonPersistentDisk",
    "portworxVolume",
    "quobyte",
    "rbd",
    "scaleIO",
    "storageos",
    "vsphereVolume",
)


def _spec(*fields: str) -> tuple[str, ...]:
    return tuple(f"spec.{field}" for field in fields)


_SELECTOR: Final = _spec("selector")
_STATEFUL_SET: Final = _spec(
    "podManagementPolicy",
    "revisionHistoryLimit",
    "selector",
    "serviceName",
    "volumeClaimTemplates",
)
_JOB: Final = _spec("completions", "parallelism", "selector", "template")
_RBAC: Final = "rbac.authorization.k8s.io"

FORCE_NEW: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("apps/v1", "DaemonSet"): _SELECTOR,
    ("apps/v1", "Deployment"): _SELECTOR,
    ("apps/v1", "StatefulSet"): _STATEFUL_SET,
    ("apps/v1beta1", "StatefulSet"): _STATEFUL_SET,
    ("apps/v1beta2", "DaemonSet"): _SELECTOR,
    ("apps/v1beta2", "Deployment"): _SELECTOR,
    ("apps/v1beta2", "StatefulSet"): _STATEFUL_SET,
    ("batch/v1", "Job"): _JOB,
    ("batch/v1beta1", "Job"): _JOB,
    ("batch/v2alpha1", "Job"): _JOB,
    ("policy/v1beta1", "PodDisruptionBudget"): ("spec",),
    ("storage.k8s.io/v1", "StorageClass"): ("parameters", "provisioner"),
    ("v1", "PersistentVolume"): _spec(*_VOLUME_SOURCES),
    ("v1", "PersistentVolumeClaim"): _spec(
        "accessModes", "selector", "storageClassName", "volumeName"
    ),
    ("v1", "Pod"): _spec(*_POD),
    ("v1", "ResourceQuota"): _spec("scopes"),
    ("v1", "Secret"): ("type",),
    ("v1", "Service"): _spec("clusterIP"),
    **{
        (f"{_RBAC}/{version}", kind): ("roleRef",)
        for version in ("v1", "v1alpha1", "v1beta1")
        for kind in ("RoleBinding", "ClusterRoleBinding")
    },
}
"""`apiVersion` and kind to the paths that cannot change in place."""


def force_new(
    obj: dict[str, Any], *, mutable_secrets: bool, mutable_config_maps: bool
) -> tuple[str, ...]:
    """Return the paths of this object whose change replaces it.

    Args:
        obj: The new inputs.
        mutable_secrets: The provider's `enableSecretMutable`.
        mutable_config_maps: The provider's `enableConfigMapMutable`.
    """
    version, kind = obj.get("apiVersion", ""), obj.get("kind", "")
    immutable = obj.get("immutable") is True
    if (version, kind) == ("v1", "Secret") and (not mutable_secrets or immutable):
        return (*_ALWAYS, "type", "stringData", "data")
    if (version, kind) == ("v1", "ConfigMap") and (
        not mutable_config_maps or immutable
    ):
        return (*_ALWAYS, "binaryData", "data")
    return (*_ALWAYS, *FORCE_NEW.get((version, kind), ()))


def touches(pattern: str, path: Path, value: Any) -> bool:
    """Tell whether a change at `path` to `value` changes what `pattern` names.

    It does when the path lies at or below the pattern, or when the path lies
    above it and the new value has something there.
    """
    wanted = _parts(pattern)
    for part, want in zip(path, wanted, strict=False):
        if want != part and not (want == "*" and isinstance(part, int)):
            return False
    return len(path) >= len(wanted) or _holds(value, wanted[len(path) :])


def _parts(pattern: str) -> list[str]:
    return re.findall(r"[^.\[\]]+", pattern)


def _holds(value: Any, wanted: list[str]) -> bool:
    if isinstance(value, Secret):
        return _holds(value.value, wanted)
    if not wanted or isinstance(value, Unknown):
        return True
    if wanted[0] == "*":
        return isinstance(value, list) and any(_holds(i, wanted[1:]) for i in value)
    return isinstance(value, dict) and (
        wanted[0] in value and _holds(value[wanted[0]], wanted[1:])
    )
