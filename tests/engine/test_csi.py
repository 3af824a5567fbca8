"""A real CSI driver: volumes, snapshots of them, and what is made from those."""

import os
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from kubernetes import client

from sandbox import add_ons, csi, mounts
from sandbox import cluster as sandbox
from sandbox.paths import sandbox_dir
from sandbox.processes import Processes
from tests.engine.stacks import Stack, quick_job
from tests.engine.test_cluster import core_of, pod_of, pod_phase, run, until

pytestmark = pytest.mark.engine

CLASS = "test-csi"
GROUP = ("snapshot.storage.k8s.io", "v1")


@pytest.fixture
def driver(cluster: sandbox.Cluster, api: client.ApiClient) -> Iterator[str]:
    """A StorageClass of the driver, with a VolumeSnapshotClass of the same name."""
    add_ons.start("csi")
    storage: Any = client.StorageV1Api(api)
    custom: Any = client.CustomObjectsApi(api)
    remove_classes(storage, custom)
    storage.create_storage_class(
        {
            "metadata": {"name": CLASS},
            "provisioner": csi.DRIVER,
            "volumeBindingMode": "WaitForFirstConsumer",
        }
    )
    custom.create_cluster_custom_object(
        *GROUP,
        "volumesnapshotclasses",
        {
            "apiVersion": "/".join(GROUP),
            "kind": "VolumeSnapshotClass",
            "metadata": {"name": CLASS},
            "driver": csi.DRIVER,
            "deletionPolicy": "Delete",
        },
    )
    yield CLASS
    # A test may have left the sandbox stopped, and the client's connection dead.
    add_ons.start("csi")
    with sandbox.client() as connection:
        remove_classes(
            client.StorageV1Api(connection), client.CustomObjectsApi(connection)
        )


def test_start_of_a_running_driver_changes_nothing(driver: str) -> None:
    before = pids()
    assert None not in before
    add_ons.start("csi")
    assert pids() == before


def test_restored_claim_has_the_data_of_its_snapshot(
    api: client.ApiClient, namespace: str, busybox: str, driver: str
) -> None:
    core, custom = core_of(api), client.CustomObjectsApi(api)
    core.create_namespaced_persistent_volume_claim(namespace, claim("live"))
    write(api, namespace, busybox, "live", "echo old > /data/step", "first")
    assert bound(core, namespace, "live").spec.csi.driver == csi.DRIVER
    snapshot(custom, namespace, "before", "live")
    until(lambda: is_ready(custom, namespace, "before"))
    write(api, namespace, busybox, "live", "echo new > /data/step", "second")

    restored = claim("restored")
    restored["spec"]["dataSource"] = {
        "apiGroup": GROUP[0],
        "kind": "VolumeSnapshot",
        "name": "before",
    }
    core.create_namespaced_persistent_volume_claim(namespace, restored)
    assert read(api, namespace, busybox, "restored", "third") == "old\n"
    assert read(api, namespace, busybox, "live", "fourth") == "new\n"


def test_snapshots_and_volumes_are_gone_when_they_are_deleted(
    api: client.ApiClient, namespace: str, busybox: str, driver: str
) -> None:
    core, custom = core_of(api), client.CustomObjectsApi(api)
    core.create_namespaced_persistent_volume_claim(namespace, claim("short"))
    write(api, namespace, busybox, "short", "echo 1 > /data/step", "first")
    handle = bound(core, namespace, "short").spec.csi.volume_handle
    assert (kept("volumes") / handle / "data/step").read_text() == "1\n"
    before = set(kept("snapshots").iterdir())
    snapshot(custom, namespace, "shot", "short")
    until(lambda: is_ready(custom, namespace, "shot"))
    made = set(kept("snapshots").iterdir()) - before
    assert [(shot / "data/step").read_text() for shot in made] == ["1\n"]
    custom.delete_namespaced_custom_object(*GROUP, namespace, "volumesnapshots", "shot")
    until(lambda: set(kept("snapshots").iterdir()) == before)
    core.delete_namespaced_pod("first", namespace, grace_period_seconds=0)
    core.delete_namespaced_persistent_volume_claim("short", namespace)
    until(lambda: not (kept("volumes") / handle).exists())


def test_clone_is_a_volume_of_its_own(
    api: client.ApiClient, namespace: str, busybox: str, driver: str
) -> None:
    core = core_of(api)
    core.create_namespaced_persistent_volume_claim(namespace, claim("first"))
    write(api, namespace, busybox, "first", "echo one > /data/step", "one")
    cloned = claim("second")
    cloned["spec"] |= {
        "accessModes": ["ReadWriteOncePod"],
        "dataSource": {"kind": "PersistentVolumeClaim", "name": "first"},
    }
    core.create_namespaced_persistent_volume_claim(namespace, cloned)
    append = "echo two >> /data/step; cat /data/step"
    write(api, namespace, busybox, "second", append, "two")
    assert core.read_namespaced_pod_log("two", namespace) == "one\ntwo\n"
    assert read(api, namespace, busybox, "first", "three") == "one\n"


def test_ephemeral_volume_comes_and_goes_with_its_pod(
    api: client.ApiClient, namespace: str, busybox: str, driver: str
) -> None:
    core = core_of(api)
    source = {"ephemeral": {"volumeClaimTemplate": {"spec": claim("any")["spec"]}}}
    run(api, namespace, busybox, "echo scratch > /data/file", source)
    handle = bound(core, namespace, "writer-data").spec.csi.volume_handle
    assert (kept("volumes") / handle / "data/file").read_text() == "scratch\n"
    core.delete_namespaced_pod("writer", namespace, grace_period_seconds=0)
    until(lambda: not (kept("volumes") / handle).exists())
    claims = core.list_namespaced_persistent_volume_claim(namespace).items
    assert all(c.metadata.deletion_timestamp for c in claims)


def test_read_only_mount_is_not_written(
    api: client.ApiClient, namespace: str, busybox: str, driver: str
) -> None:
    core = core_of(api)
    core.create_namespaced_persistent_volume_claim(namespace, claim("fixed"))
    source = {"persistentVolumeClaim": {"claimName": "fixed", "readOnly": True}}
    script = "! echo no > /data/file"
    run(api, namespace, busybox, script, source)


def test_volumes_outlive_a_stop_of_the_sandbox(
    api: client.ApiClient, namespace: str, busybox: str, driver: str
) -> None:
    core = core_of(api)
    core.create_namespaced_persistent_volume_claim(namespace, claim("kept"))
    source = {"persistentVolumeClaim": {"claimName": "kept"}}
    body = pod_of(busybox, "echo kept > /data/step; sleep 1000", source)
    core.create_namespaced_pod(namespace, body)
    until(lambda: pod_phase(core, namespace) == "Running")
    sandbox.stop()
    assert Processes(sandbox_dir()).leftovers() == []
    assert mounts.under(sandbox_dir()) == []
    assert not list((sandbox_dir() / "kubelet").glob("plugins*/csi.sock"))
    add_ons.start("csi")
    with sandbox.client() as connection:
        assert read(connection, namespace, busybox, "kept", "reader") == "kept\n"


@pytest.mark.parametrize("victims", [csi.SPAWNED, ["csi-driver"]], ids=["all", "one"])
def test_start_recovers_from_kills(
    api: client.ApiClient, namespace: str, busybox: str, driver: str, victims: list[str]
) -> None:
    recorded = Processes(sandbox_dir())
    doomed = [p for name in victims if (p := recorded.find(name))]
    assert len(doomed) == len(victims)
    for process in doomed:
        os.kill(process.pid, signal.SIGKILL)
    psutil.wait_procs(doomed, timeout=10)
    add_ons.start("csi")
    assert None not in pids()
    core = core_of(api)
    core.create_namespaced_persistent_volume_claim(namespace, claim("after"))
    write(api, namespace, busybox, "after", "echo on > /data/step", "writer")


def test_kinds_of_other_projects_are_validated(
    cluster: sandbox.Cluster, api: client.ApiClient, namespace: str
) -> None:
    add_ons.start("jobset", "kueue")
    custom: Any = client.CustomObjectsApi(api)
    pod = {"containers": [{"name": "main", "image": "none"}], "restartPolicy": "Never"}
    job = {"spec": {"template": {"spec": pod}}}
    body: dict[str, Any] = {
        "apiVersion": "jobset.x-k8s.io/v1alpha2",
        "kind": "JobSet",
        "metadata": {"name": "slices"},
        "spec": {"replicatedJobs": [{"name": "workers", "template": job}]},
    }
    where = ("jobset.x-k8s.io", "v1alpha2", namespace, "jobsets")
    custom.create_namespaced_custom_object(*where, body, dry_run="All")
    body["spec"]["replicatedJobs"][0]["replicas"] = "two"
    with pytest.raises(client.ApiException, match=r"replicas.*must be of type integer"):
        custom.create_namespaced_custom_object(*where, body, dry_run="All")
    queue: dict[str, Any] = {
        "apiVersion": "kueue.x-k8s.io/v1beta1",
        "kind": "LocalQueue",
        "metadata": {"name": "gold"},
        "spec": {"clusterQueue": "gold"},
    }
    custom.create_namespaced_custom_object(
        "kueue.x-k8s.io", "v1beta1", namespace, "localqueues", queue, dry_run="All"
    )


def test_an_up_of_a_stack_that_names_the_driver_starts_it(
    driver: str, api: client.ApiClient, busybox: str, tmp_path: Path
) -> None:
    for name in csi.SPAWNED:
        Processes(sandbox_dir()).stop(name)
    name = f"t{secrets.token_hex(3)}"
    stack = Stack(name, tmp_path, Path("/var/lib/ml-storage/test") / name)
    stack.config["platform"]["storageClasses"] = {
        f"{name}-csi": {"provisioner": csi.DRIVER}
    }
    stack.volumes["disk"] = {
        "kind": "claim",
        "storageClass": f"{name}-csi",
        "size": "1Gi",
    }
    stack.jobs["write"] = quick_job("echo up > /disk/file", mounts={"/disk": "disk"})
    try:
        assert "Complete" in stack.up()
        assert None not in pids()
        handle = bound(core_of(api), name, "disk").spec.csi.volume_handle
        assert (kept("volumes") / handle / "data/file").read_text() == "up\n"
    finally:
        stack.remove(api)


def pids() -> list[int | None]:
    recorded = Processes(sandbox_dir())
    found = [recorded.find(name) for name in csi.SPAWNED]
    return [process.pid if process else None for process in found]


def kept(kind: str) -> Path:
    return sandbox_dir() / "csi" / kind


def claim(name: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name},
        "spec": {
            "storageClassName": CLASS,
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "10Mi"}},
        },
    }


def write(  # noqa: PLR0917 - who, where, what
    api: client.ApiClient,
    namespace: str,
    image: str,
    name: str,
    script: str,
    pod: str,
) -> None:
    source = {"persistentVolumeClaim": {"claimName": name}}
    run(api, namespace, image, script, source, name=pod)


def read(api: client.ApiClient, namespace: str, image: str, name: str, pod: str) -> str:
    write(api, namespace, image, name, "cat /data/step", pod)
    return core_of(api).read_namespaced_pod_log(pod, namespace)


def bound(core: Any, namespace: str, name: str) -> Any:
    """The volume that a claim is bound to."""
    found = core.read_namespaced_persistent_volume_claim(name, namespace)
    assert found.status.phase == "Bound"
    return core.read_persistent_volume(found.spec.volume_name)


def snapshot(custom: Any, namespace: str, name: str, of: str) -> None:
    body = {
        "apiVersion": "/".join(GROUP),
        "kind": "VolumeSnapshot",
        "metadata": {"name": name},
        "spec": {
            "volumeSnapshotClassName": CLASS,
            "source": {"persistentVolumeClaimName": of},
        },
    }
    custom.create_namespaced_custom_object(*GROUP, namespace, "volumesnapshots", body)


def is_ready(custom: Any, namespace: str, name: str) -> bool:
    found = custom.get_namespaced_custom_object(
        *GROUP, namespace, "volumesnapshots", name
    )
    return found.get("status", {}).get("readyToUse") is True


def remove_classes(storage: Any, custom: Any) -> None:
    """Remove the classes, also those that a killed run left."""
    for each in storage.list_storage_class().items:
        if each.metadata.name == CLASS:
            storage.delete_storage_class(CLASS)
    found = custom.list_cluster_custom_object(*GROUP, "volumesnapshotclasses")
    if CLASS in (each["metadata"]["name"] for each in found["items"]):
        custom.delete_cluster_custom_object(*GROUP, "volumesnapshotclasses", CLASS)
