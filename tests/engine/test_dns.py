"""Pods find each other by name, as in any cluster."""

from typing import Any

import pytest
from kubernetes import client

from sandbox import network
from tests.engine.test_cluster import core_of, pod_phase, until

pytestmark = pytest.mark.engine

SERVICE = "ring"


@pytest.fixture
def server(api: client.ApiClient, namespace: str, busybox: str) -> str:
    """The address of a pod that answers at the name `peer.ring`."""
    core = core_of(api)
    service = {
        "metadata": {"name": SERVICE},
        "spec": {
            "clusterIP": "None",
            "selector": {"job": SERVICE},
            "ports": [{"port": 8080}],
        },
    }
    core.create_namespaced_service(namespace, service)
    script = "echo met > /tmp/met; while nc -l -p 8080 < /tmp/met; do :; done"
    body = pod("peer", busybox, f"mkdir -p /tmp; {script}")
    body["metadata"]["labels"] = {"job": SERVICE}
    body["spec"] |= {"hostname": "peer", "subdomain": SERVICE}
    core.create_namespaced_pod(namespace, body)
    until(lambda: pod_phase(core, namespace, "peer") == "Running")
    return core.read_namespaced_pod("peer", namespace).status.pod_ip


@pytest.mark.parametrize(
    "name",
    [
        f"peer.{SERVICE}",
        SERVICE,
        f"peer.{SERVICE}.{{namespace}}",
        f"{SERVICE}.{{namespace}}.svc.cluster.local",
        f"peer.{SERVICE}.{{namespace}}.svc.cluster.local.",
    ],
)
def test_pod_reaches_a_pod_by_the_name(
    api: client.ApiClient, namespace: str, busybox: str, server: str, name: str
) -> None:
    asked = name.format(namespace=namespace)
    # The first ask may come before the Service has its pod.
    script = f"until nc {asked} 8080 < /dev/null; do sleep 0.2; done"
    assert said(api, namespace, busybox, script) == "met\n"


def test_name_is_the_address_of_the_pod(
    api: client.ApiClient, namespace: str, busybox: str, server: str
) -> None:
    full = f"peer.{SERVICE}.{namespace}.svc.cluster.local"
    script = f"until nslookup {full}; do sleep 0.2; done; cat /etc/resolv.conf"
    log = said(api, namespace, busybox, script)
    assert f"Address: {server}\n" in log
    assert f"nameserver {network.DNS}\n" in log
    assert f"search {namespace}.svc.cluster.local svc.cluster.local" in log
    assert "ndots:5" in log


def test_a_pod_knows_itself_and_misses_what_is_not_there(
    api: client.ApiClient, namespace: str, busybox: str
) -> None:
    script = "hostname; nslookup nobody.nowhere.svc.cluster.local || echo none"
    log = said(api, namespace, busybox, script)
    assert log.startswith("asks\n")
    assert "NXDOMAIN" in log
    assert log.endswith("none\n")


def test_a_name_is_gone_with_its_pod(
    api: client.ApiClient, namespace: str, busybox: str, server: str
) -> None:
    """No answer is kept: the next pod of the name has another address."""
    core = core_of(api)
    full = f"peer.{SERVICE}.{namespace}.svc.cluster.local"
    body = pod(
        "asks",
        busybox,
        f"until nslookup {full}; do sleep 0.1; done; "
        f"echo seen; while nslookup {full}; do sleep 0.1; done; echo gone",
    )
    core.create_namespaced_pod(namespace, body)
    until(lambda: "seen" in log_of(core, namespace))
    core.delete_namespaced_pod("peer", namespace, grace_period_seconds=0)
    until(lambda: pod_phase(core, namespace, "asks") == "Succeeded", timeout=20)


def said(api: client.ApiClient, namespace: str, image: str, script: str) -> str:
    """What a script prints in a pod."""
    core = core_of(api)
    core.create_namespaced_pod(namespace, pod("asks", image, script))
    until(lambda: pod_phase(core, namespace, "asks") in ("Succeeded", "Failed"))
    log = log_of(core, namespace)
    assert pod_phase(core, namespace, "asks") == "Succeeded", log
    return log


def log_of(core: Any, namespace: str) -> str:
    if pod_phase(core, namespace, "asks") == "Pending":
        return ""
    return core.read_namespaced_pod_log("asks", namespace)


def pod(name: str, image: str, script: str) -> dict[str, Any]:
    container = {
        "name": "main",
        "image": image,
        "imagePullPolicy": "Never",
        "command": ["sh", "-c", script],
    }
    spec = {
        "containers": [container],
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 0,
    }
    return {"metadata": {"name": name}, "spec": spec}
