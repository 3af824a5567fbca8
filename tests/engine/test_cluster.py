"""The sandbox's Kubernetes: pods and volumes are real, and nothing outlives it."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from kubernetes import client

from sandbox import cgroups, mounts, network
from sandbox import cluster as sandbox
from sandbox.paths import sandbox_dir
from sandbox.processes import Processes
from tests.engine.conftest import write_busybox

pytestmark = pytest.mark.engine


def test_start_of_a_running_sandbox_changes_nothing(cluster: sandbox.Cluster) -> None:
    before = pids()
    assert sandbox.start() == cluster
    assert pids() == before
    assert sandbox.status().summary == "ready"


def test_start_waits_for_one_that_is_only_slow(cluster: sandbox.Cluster) -> None:
    before = pids()
    server = Processes(sandbox_dir()).find("kube-apiserver")
    assert server is not None
    server.suspend()
    # Longer than anybody waits for one answer.
    goes_on = threading.Timer(8, server.resume)
    goes_on.start()
    try:
        assert sandbox.start() == cluster
    finally:
        goes_on.join()
    assert pids() == before


def test_kubeconfig_holds_no_secret(cluster: sandbox.Cluster) -> None:
    text = cluster.kubeconfig.read_text()
    token = (sandbox_dir() / "credentials/admin.token").read_text()
    assert token not in text
    assert "exec:" in text
    assert cluster.context == "ml-storage-sandbox"
    assert (sandbox_dir() / "credentials").stat().st_mode & 0o077 == 0


def test_pod_writes_a_file_on_the_host(
    api: client.ApiClient, namespace: str, busybox: str, tmp_path: Path
) -> None:
    source = {"hostPath": {"path": str(tmp_path), "type": "Directory"}}
    run(api, namespace, busybox, "echo kept > /data/out; echo said", source)
    assert (tmp_path / "out").read_text() == "kept\n"
    log = core_of(api).read_namespaced_pod_log("writer", namespace)
    assert log == "said\n"


def test_shared_class_is_the_default_and_has_many_writers(
    api: client.ApiClient, namespace: str, busybox: str
) -> None:
    core = core_of(api)
    core.create_namespaced_persistent_volume_claim(namespace, claim())
    until(lambda: claim_phase(core, namespace) == "Bound")
    bound = core.read_namespaced_persistent_volume_claim("shared", namespace)
    assert bound.spec.storage_class_name == "sandbox-shared"
    source = {"persistentVolumeClaim": {"claimName": "shared"}}
    for name in ("one", "two"):
        run(api, namespace, busybox, f"echo {name} > /data/{name}", source, name=name)
    volume = core.read_persistent_volume(bound.spec.volume_name)
    directory = Path(volume.spec.host_path.path)
    assert sorted(file.name for file in directory.iterdir()) == ["one", "two"]
    assert directory.resolve().is_relative_to(sandbox_dir() / "volumes")


def test_image_is_imported_once(
    cluster: sandbox.Cluster, busybox: str, tmp_path: Path
) -> None:
    write_busybox(tmp_path / "again.tar")
    assert sandbox.import_image(tmp_path / "again.tar") is False
    (tmp_path / "no.tar").write_text("no")
    with pytest.raises(sandbox.SandboxError, match="is no image archive"):
        sandbox.import_image(tmp_path / "no.tar")


def test_an_image_that_was_built_anew_takes_the_place_of_the_old_one(
    cluster: sandbox.Cluster, api: client.ApiClient, namespace: str, tmp_path: Path
) -> None:
    name = "localhost/ml-storage/edited:test"
    for content in ("first", "second"):
        (tmp_path / "content").write_text(content)
        archive = tmp_path / f"{content}.tar"
        write_busybox(archive, name, {"content": tmp_path / "content"})
        assert sandbox.import_image(archive)
        command = f"test $(cat /content) = {content}"
        run(api, namespace, name, command, {"emptyDir": {}}, name=content)


@pytest.mark.parametrize(
    "victims",
    [["kubelet", "containerd", "kube-apiserver"], sandbox.SPAWNED, ["shims"]],
    ids=["half", "all", "shims"],
)
def test_start_recovers_from_kills(
    api: client.ApiClient,
    namespace: str,
    busybox: str,
    victims: list[str],
) -> None:
    core = core_of(api)
    core.create_namespaced_persistent_volume_claim(namespace, claim())
    source = {"persistentVolumeClaim": {"claimName": "shared"}}
    command = "echo again >> /data/starts; sleep 1000"
    pod = pod_of(busybox, command, source, restart="Always")
    core.create_namespaced_pod(namespace, pod)
    until(lambda: pod_phase(core, namespace) == "Running")
    kill(victims)
    sandbox.start()
    with sandbox.client() as connection:
        core = core_of(connection)
        assert claim_phase(core, namespace) == "Bound"
        until(lambda: restarted(core, namespace))
        bound = core.read_namespaced_persistent_volume_claim("shared", namespace)
        volume = core.read_persistent_volume(bound.spec.volume_name)
        starts = Path(volume.spec.host_path.path, "starts")
        until(lambda: starts.read_text() == "again\nagain\n")


def test_stop_leaves_nothing_and_start_finds_everything(
    api: client.ApiClient, namespace: str, busybox: str
) -> None:
    core = core_of(api)
    body = {"metadata": {"name": "kept"}, "data": {"key": "value"}}
    core.create_namespaced_config_map(namespace, body)
    core.create_namespaced_pod(
        namespace, pod_of(busybox, "sleep 1000", {"emptyDir": {}})
    )
    until(lambda: pod_phase(core, namespace) == "Running")
    sandbox.stop()
    directory = sandbox_dir()
    assert sandbox.status().summary == "stopped"
    assert Processes(directory).leftovers() == []
    assert cgroups.members() == []
    assert mounts.under(directory) == []
    assert str(directory) not in Path("/proc/mounts").read_text()
    assert network.BRIDGE not in psutil.net_if_stats()
    assert not list(Path("/sys/fs/cgroup").glob(f"*/{cgroups.NAME}"))
    sandbox.stop()
    sandbox.start()
    with sandbox.client() as connection:
        core = core_of(connection)
        assert core.read_namespaced_config_map("kept", namespace).data == body["data"]


def pids() -> list[int | None]:
    recorded = Processes(sandbox_dir())
    found = [recorded.find(name) for name in sandbox.SPAWNED]
    return [process.pid if process else None for process in found]


def kill(victims: list[str]) -> None:
    recorded = Processes(sandbox_dir())
    if victims == ["shims"]:
        doomed = [p for p in recorded.leftovers() if "shim" in p.name()]
        assert doomed
        # With the shims alone gone, the pods' processes are nobody's children.
        doomed += [p for name in sandbox.SPAWNED if (p := recorded.find(name))]
    else:
        doomed = [p for name in victims if (p := recorded.find(name))]
        assert len(doomed) == len(victims)
    for process in doomed:
        os.kill(process.pid, signal.SIGKILL)
    psutil.wait_procs(doomed, timeout=10)


def core_of(api: client.ApiClient) -> Any:
    """The core API; its answers are read without asking whether they are there."""
    return client.CoreV1Api(api)


def claim() -> dict[str, Any]:
    return {
        "metadata": {"name": "shared"},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }


def pod_of(
    image: str,
    command: str,
    source: dict[str, Any],
    *,
    name: str = "writer",
    restart: str = "Never",
) -> dict[str, Any]:
    container = {
        "name": "main",
        "image": image,
        "imagePullPolicy": "Never",
        "command": ["sh", "-c", command],
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    spec = {
        "containers": [container],
        "volumes": [{"name": "data", **source}],
        "restartPolicy": restart,
        "terminationGracePeriodSeconds": 0,
    }
    return {"metadata": {"name": name}, "spec": spec}


def run(
    api: client.ApiClient,
    namespace: str,
    image: str,
    command: str,
    source: dict[str, Any],
    *,
    name: str = "writer",
) -> None:
    core = core_of(api)
    pod = pod_of(image, command, source, name=name)
    core.create_namespaced_pod(namespace, pod)
    until(lambda: pod_phase(core, namespace, name) in ("Succeeded", "Failed"))
    assert pod_phase(core, namespace, name) == "Succeeded"


def pod_phase(core: Any, namespace: str, name: str = "writer") -> str:
    return core.read_namespaced_pod(name, namespace).status.phase


def claim_phase(core: Any, namespace: str) -> str:
    return core.read_namespaced_persistent_volume_claim(
        "shared", namespace
    ).status.phase


def restarted(core: Any, namespace: str) -> bool:
    status = core.read_namespaced_pod("writer", namespace).status
    return any(c.restart_count > 0 and c.ready for c in status.container_statuses)


def until(condition: Callable[[], bool], *, timeout: float = 60) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.2)
