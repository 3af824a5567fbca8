"""When an object is what it should become: one small function for each kind."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sandbox.kubernetes_provider.cluster import Cluster
from sandbox.kubernetes_provider.diffing import same
from sandbox.kubernetes_provider.errors import ApiError
from sandbox.kubernetes_provider.naming import metadata, name_of


@dataclass(frozen=True)
class Progress:
    """How far an object has come.

    Attributes:
        done: It is what it should become.
        waiting_for: What is missing, for the status line.
        failed: Why it will never get there, empty while it may.
    """

    done: bool
    waiting_for: str = ""
    failed: str = ""


Condition = Callable[[dict[str, Any], Cluster], Progress]


def condition(live: dict[str, Any]) -> Condition | None:
    """Return what to wait for, `None` for a kind that is ready once it exists."""
    return _CONDITIONS.get((live.get("apiVersion", ""), live.get("kind", "")))


def read_condition(live: dict[str, Any]) -> Condition | None:
    """Return what a refresh looks at, `None` for a kind that it only reads."""
    return condition(live) if live.get("kind") in _READ else None


def pods_of(live: dict[str, Any]) -> str:
    """Return the label selector of the pods an object owns, empty for none."""
    selector = live.get("spec", {}).get("selector")
    labels = selector.get("matchLabels", {}) if isinstance(selector, dict) else {}
    return ",".join(f"{key}={value}" for key, value in labels.items())


def _status(live: dict[str, Any]) -> dict[str, Any]:
    return live.get("status") or {}


def _state(live: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the status condition of a type, empty where it is not reported."""
    found = _status(live).get("conditions") or []
    return next((c for c in found if c.get("type") == kind), {})


def _phase(*wanted: str) -> Condition:
    def check(live: dict[str, Any], _: Cluster) -> Progress:
        phase = _status(live).get("phase", "")
        name = f"{live['kind']} {name_of(live)}"
        if phase == "Failed":
            why = _status(live).get("message") or _status(live).get("reason") or phase
            return Progress(False, failed=f"{name} has failed: {why}")
        waiting = f"{name} is {phase or 'new'}, not {' or '.join(wanted)}"
        return Progress(phase in wanted, waiting)

    return check


def _claim(live: dict[str, Any], cluster: Cluster) -> Progress:
    phase = _status(live).get("phase", "")
    name = live.get("spec", {}).get("storageClassName")
    if phase == "Lost":
        return Progress(False, failed=f"claim {name_of(live)} has lost its volume")
    if phase == "Pending" and name and _binds_late(name, cluster):
        # Such a claim is bound when its first pod is scheduled, not before.
        return Progress(True)
    waiting = f"claim {name_of(live)} is {phase or 'new'}, not Bound"
    return Progress(phase == "Bound", waiting)


def _binds_late(name: str, cluster: Cluster) -> bool:
    try:
        found = cluster.get("storage.k8s.io/v1", "StorageClass", "", name)
    except ApiError as error:
        if error.status in (403, 404):
            return False
        raise
    return found.get("volumeBindingMode") == "WaitForFirstConsumer"


def _job(live: dict[str, Any], _: Cluster) -> Progress:
    failed = _state(live, "Failed")
    if failed.get("status") == "True":
        why = f"[{failed.get('reason', 'Failed')}] {failed.get('message', '')}"
        return Progress(False, failed=f"Job {name_of(live)} has failed: {why.strip()}")
    status = _status(live)
    counts = ", ".join(
        f"{status.get(key) or 0} {key}" for key in ("active", "succeeded", "failed")
    )
    done = _state(live, "Complete").get("status") == "True"
    return Progress(done, f"Job {name_of(live)} is not complete: {counts}")


def _pod(live: dict[str, Any], _: Cluster) -> Progress:
    phase = _status(live).get("phase", "")
    if phase == "Failed":
        why = _status(live).get("message") or _status(live).get("reason") or phase
        return Progress(False, failed=f"Pod {name_of(live)} has failed: {why}")
    ready = _state(live, "Ready")
    why = ready.get("message") or _state(live, "PodScheduled").get("message") or ""
    done = phase == "Succeeded" or ready.get("status") == "True"
    waiting = f"Pod {name_of(live)} is {phase or 'new'}" + (f": {why}" if why else "")
    return Progress(done, waiting)


def _stale(live: dict[str, Any]) -> bool:
    seen = _status(live).get("observedGeneration", 0)
    return seen < metadata(live).get("generation", 0)


def _deployment(live: dict[str, Any], _: Cluster) -> Progress:
    progressing = _state(live, "Progressing")
    if not _stale(live) and progressing.get("reason") == "ProgressDeadlineExceeded":
        return Progress(
            False, failed=progressing.get("message", "it makes no progress")
        )
    wanted = live.get("spec", {}).get("replicas", 1)
    status = _status(live)
    updated, ready, total = (
        status.get(key) or 0
        for key in ("updatedReplicas", "availableReplicas", "replicas")
    )
    done = not _stale(live) and updated == total == wanted and ready >= wanted
    return Progress(done, f"{min(updated, ready)} of {wanted} replicas are available")


def _stateful_set(live: dict[str, Any], _: Cluster) -> Progress:
    spec, status = live.get("spec", {}), _status(live)
    wanted = spec.get("replicas", 1)
    ready = status.get("readyReplicas") or 0
    current = status.get("currentRevision") == status.get("updateRevision")
    by_hand = (spec.get("updateStrategy") or {}).get("type") == "OnDelete"
    done = not _stale(live) and ready >= wanted and (current or by_hand)
    return Progress(done, f"{ready} of {wanted} replicas are ready")


def _daemon_set(live: dict[str, Any], _: Cluster) -> Progress:
    status = _status(live)
    wanted = status.get("desiredNumberScheduled") or 0
    updated = status.get("updatedNumberScheduled") or 0
    ready = status.get("numberAvailable") or 0
    done = not _stale(live) and updated >= wanted and ready >= wanted
    return Progress(done, f"{min(updated, ready)} of {wanted} pods are available")


def _service(live: dict[str, Any], cluster: Cluster) -> Progress:
    spec = live.get("spec", {})
    kind = spec.get("type", "ClusterIP")
    ingress = (_status(live).get("loadBalancer") or {}).get("ingress")
    if kind == "LoadBalancer" and not ingress:
        return Progress(False, f"Service {name_of(live)} has no address yet")
    headless = spec.get("clusterIP") == "None"
    if kind == "ExternalName" or headless or not spec.get("selector"):
        return Progress(True)
    slices = cluster.select(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        metadata(live)["namespace"],
        label_selector=f"kubernetes.io/service-name={name_of(live)}",
    )
    done = any(
        endpoint.get("conditions", {}).get("ready") is not False
        for found in slices
        for endpoint in found.get("endpoints") or []
    )
    return Progress(done, f"Service {name_of(live)} targets no pod that is ready")


def _quota(live: dict[str, Any], _: Cluster) -> Progress:
    wanted, seen = live.get("spec", {}).get("hard") or {}, _status(live).get("hard")
    done = seen is not None and all(
        key in seen and same(seen[key], value, ("hard", key))
        for key, value in wanted.items()
    )
    return Progress(done, f"ResourceQuota {name_of(live)} is not in force yet")


_CONDITIONS: Final[dict[tuple[str, str], Condition]] = {
    ("apps/v1", "DaemonSet"): _daemon_set,
    ("apps/v1", "Deployment"): _deployment,
    ("apps/v1", "StatefulSet"): _stateful_set,
    ("batch/v1", "Job"): _job,
    ("v1", "Namespace"): _phase("Active"),
    ("v1", "PersistentVolume"): _phase("Available", "Bound"),
    ("v1", "PersistentVolumeClaim"): _claim,
    ("v1", "Pod"): _pod,
    ("v1", "ResourceQuota"): _quota,
    ("v1", "Service"): _service,
}
_READ: Final = frozenset(
    {"DaemonSet", "Deployment", "Job", "Pod", "Service", "StatefulSet"}
)
