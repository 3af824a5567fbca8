"""Nodes that are not there, as GKE would make them of an environment's pools.

The scheduler is the real one: it looks at labels, taints and what nodes offer, and
binds pods to them. No kubelet runs the pods: they stay where they are put.
"""

from __future__ import annotations

import contextlib
import datetime
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from kubernetes import client

from components.catalog import gcp_machines, gcp_tpus, gpus
from components.catalog.pod_devices import GPU, TPU
from components.gcp.node_pool_spec import GkeNodePoolSpec
from components.kubernetes.labels import POOL
from components.kubernetes.node_pool_spec import NodePoolSpec
from stacks.config import AnyPool

Manifest = dict[str, Any]

PREFIX = "fake-"
_LEASES = "kube-node-lease"
# The controller manager gives a node up after 50 s without a heartbeat.
_HEARTBEAT_SECONDS = 10
_WAIT_SECONDS = 60
_POD_LIMIT = "32"


def nodes_of(pools: Mapping[str, AnyPool]) -> list[Manifest]:
    """Every node that the pools can have, as GKE would make it.

    Slices of several nodes are node pools of their own. Of nodes that are there
    already, which no pool counts, there are as many as a slice has, or one.
    """
    return [node for name, pool in pools.items() for node in _nodes(name, pool)]


def _nodes(name: str, pool: AnyPool) -> Iterator[Manifest]:
    if isinstance(pool, GkeNodePoolSpec):
        multi_host = pool.hosts > 1
        count = pool.nodes.max if pool.nodes else 1
        for slice_ in range(pool.slices if multi_host else 1):
            made_pool = f"{name}-{slice_}" if multi_host else name
            for number in range(pool.hosts if multi_host else count):
                labels = {**pool.labels, **pool.selector(name), POOL: name}
                machine = pool.machine_type or ""
                zone = pool.zones[number % len(pool.zones)]
                has = {GPU: pool.gpus, TPU: pool.tpus}
                yield _node(
                    made_pool, number, labels, machine=machine, zone=zone, devices=has
                )
    elif isinstance(pool, NodePoolSpec):
        chips = pool.slice.chips_per_host if pool.slice else pool.tpus
        machine = pool.machine or pool.labels.get(gpus.MACHINE_LABEL, "")
        zone = pool.zones[0] if pool.zones else "us-central1-b"
        for number in range(pool.slice.hosts if pool.slice else 1):
            has = {GPU: pool.gpus, TPU: chips}
            labels = dict(pool.labels)
            yield _node(name, number, labels, machine=machine, zone=zone, devices=has)
    else:
        raise TypeError(f"{name} is no pool of GKE")


def _node(
    pool: str,
    number: int,
    labels: dict[str, str],
    *,
    machine: str,
    zone: str,
    devices: Mapping[str, int],
) -> Manifest:
    """A node with the labels, the taints and the resources that GKE gives it.

    Sources, read 2026-11-22: `components.catalog.gcp_tpus` and
    https://docs.cloud.google.com/kubernetes-engine/docs/how-to/gpus.
    """
    name = f"{PREFIX}{pool}-{number}"
    known = gcp_machines.machine(machine)
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "topology.kubernetes.io/zone": zone,
        "topology.kubernetes.io/region": zone.rpartition("-")[0],
        "topology.gke.io/zone": zone,
        gcp_tpus.NODE_POOL_LABEL: pool,
        **({gpus.MACHINE_LABEL: machine} if machine else {}),
        **labels,
    }
    row = gpus.MACHINES.get(machine)
    if row is not None and row.product is not None:
        labels.setdefault(gpus.LABEL, row.product)
    offered = {
        "cpu": str(known.vcpu if known else 64),
        "memory": f"{known.memory_mib if known else 262144}Mi",
        "ephemeral-storage": "6Ti",
        "pods": _POD_LIMIT,
        **{device: str(count) for device, count in devices.items() if count},
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "taints": [
                {"key": device, "value": "present", "effect": "NoSchedule"}
                for device, count in devices.items()
                if count
            ]
        },
        "status": {
            "capacity": offered,
            "allocatable": offered,
            "conditions": [_condition("Ready", "True")]
            + [
                _condition(f"{what}Pressure", "False")
                for what in ("Memory", "Disk", "PID")
            ],
        },
    }


def _now() -> str:
    now = datetime.datetime.now(datetime.UTC)
    return now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _condition(kind: str, status: str) -> Manifest:
    now = f"{_now()[:19]}Z"
    return {
        "type": kind,
        "status": status,
        "reason": "Fake",
        "message": "",
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
    }


@contextlib.contextmanager
def fake_nodes(api: client.ApiClient, nodes: list[Manifest]) -> Iterator[list[str]]:
    """The nodes in a real cluster, ready for pods; their names.

    Afterwards they are gone, with every pod that was put on them.
    """
    names = [node["metadata"]["name"] for node in nodes]
    stop = threading.Event()
    beats = threading.Thread(target=_keep_alive, args=(api, names, stop), daemon=True)
    core: Any = client.CoreV1Api(api)
    leases: Any = client.CoordinationV1Api(api)
    try:
        for node in nodes:
            core.create_node(node)
            lease = {"metadata": {"name": node["metadata"]["name"]}, "spec": _spec()}
            leases.create_namespaced_lease(_LEASES, lease)
            core.patch_node_status(node["metadata"]["name"], node)
        beats.start()
        until(lambda: all(_ready(core.read_node(name)) for name in names), "nodes")
        yield names
    finally:
        stop.set()
        if beats.is_alive():
            beats.join()
        _remove(core, leases, names)


def _spec() -> Manifest:
    return {
        "holderIdentity": "fake-nodes",
        "leaseDurationSeconds": 40,
        "renewTime": _now(),
    }


def _keep_alive(api: client.ApiClient, names: list[str], stop: threading.Event) -> None:
    """Renew the nodes' leases, as their kubelets would."""
    leases: Any = client.CoordinationV1Api(api)
    while not stop.wait(_HEARTBEAT_SECONDS):
        for name in names:
            # What the API server does not answer once is said again in time.
            with contextlib.suppress(client.ApiException):
                leases.patch_namespaced_lease(name, _LEASES, {"spec": _spec()})


def _ready(node: Any) -> bool:
    """Whether the node has none but its own taints: those of a new one are gone."""
    return not [
        taint
        for taint in node.spec.taints or ()
        if taint.key.startswith("node.kubernetes.io/")
    ]


def _remove(core: Any, leases: Any, names: list[str]) -> None:
    def gone(call: Any, *args: Any, **kwargs: Any) -> None:
        try:
            call(*args, **kwargs)
        except client.ApiException as error:
            if error.status != 404:
                raise

    clear_pods(core, names)
    for name in names:
        gone(core.delete_node, name)
        gone(leases.delete_namespaced_lease, name, _LEASES)


def clear_pods(core: Any, names: list[str]) -> None:
    """Delete every pod on the nodes, of whatever namespace, and wait until they go."""

    def none_left() -> bool:
        found = core.list_pod_for_all_namespaces().items
        pods = [pod for pod in found if pod.spec.node_name in names]
        delete_pods(core, pods)
        return not pods

    until(none_left, "pods of fake nodes to go")


def delete_pods(core: Any, pods: list[Any]) -> None:
    """Delete pods at once: no kubelet says that they have ended, and no Job counts."""

    def delete(pod: Any) -> None:
        named = (pod.metadata.name, pod.metadata.namespace)
        with contextlib.suppress(client.ApiException):
            core.patch_namespaced_pod(*named, {"metadata": {"finalizers": None}})
            core.delete_namespaced_pod(*named, grace_period_seconds=0)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(delete, pods))


def until(done: Any, what: str, seconds: float = _WAIT_SECONDS) -> None:
    """Wait until `done()` is true.

    Raises:
        TimeoutError: It was not after `seconds`.
    """
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.3)
