"""What a stack promises, on the real engine and the real Kubernetes."""

import re
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, watch

from sandbox.cluster import Cluster
from tests.engine.stacks import Stack, quick_job
from tests.engine.test_cluster import until

pytestmark = pytest.mark.engine


@pytest.fixture
def stack(
    cluster: Cluster, busybox: str, api: client.ApiClient, tmp_path: Path
) -> Iterator[Stack]:
    name = f"t{secrets.token_hex(3)}"
    made = Stack(name, tmp_path, Path("/var/lib/ml-storage/test") / name)
    yield made
    made.remove(api)


def job_of(api: client.ApiClient, stack: Stack, name: str) -> Any:
    return client.BatchV1Api(api).read_namespaced_job(name, stack.name)


def test_a_claim_and_a_static_pair_come_up_and_an_up_without_change_does_nothing(
    stack: Stack, api: client.ApiClient
) -> None:
    stack.volumes["shared"] = {
        "kind": "claim",
        "storageClass": f"{stack.name}-shared",
        "size": "1Gi",
        "accessModes": ["ReadWriteMany"],
    }
    stack.volumes["ckpt"] = {"kind": "host-path", "path": str(stack.data / "ckpt")}
    stack.jobs["write"] = quick_job(
        "echo whole > /ckpt/state; echo seen > /shared/seen",
        mounts={"/ckpt": "ckpt", "/shared": "shared"},
    )
    said = stack.up()
    core = client.CoreV1Api(api)
    claims = {
        c.metadata.name: c
        for c in core.list_namespaced_persistent_volume_claim(stack.name).items
    }
    assert {c.status.phase for c in claims.values()} == {"Bound"}
    # The sandbox has a default class, which would have taken this claim.
    defaults = [
        c
        for c in client.StorageV1Api(api).list_storage_class().items
        if (c.metadata.annotations or {}).get(
            "storageclass.kubernetes.io/is-default-class"
        )
        == "true"
    ]
    assert defaults
    static = claims["ckpt"]
    assert static.spec.storage_class_name == ""
    volume: Any = core.read_persistent_volume(static.spec.volume_name)
    assert volume.spec.host_path.path == str(stack.data / "ckpt")
    assert volume.spec.claim_ref.name == "ckpt"
    assert volume.spec.claim_ref.namespace == stack.name
    assert volume.spec.persistent_volume_reclaim_policy == "Retain"
    assert (stack.data / "ckpt/state").read_text() == "whole\n"
    assert "Complete" in said
    assert str(stack.data / "ckpt") in said

    again = stack.up()
    assert re.search(r"\d+ unchanged", again)
    assert not re.search(r"\d+ (created|updated|replaced|deleted)", again), again


def test_an_edited_image_waits_for_the_next_run(
    stack: Stack, api: client.ApiClient
) -> None:
    stack.jobs["train"] = quick_job("while true; do sleep 0.2; done", graceSeconds=2)
    with watching_pods(api, stack.name) as pods:
        # The job never ends, so the engine alone is what comes up.
        stack.pulumi("up", "--yes", "--skip-preview")
        first = job_of(api, stack, "train")
        wait_until_running(api, stack, first.metadata.uid)

        stack.jobs["train"]["env"] = {"EDITED": "yes"}
        preview = stack.preview()
        assert "ml-storage/declared" in preview
        assert "run: 2" in preview, "the warning names the run that applies it"
        stack.pulumi("up", "--yes", "--skip-preview")
        same = job_of(api, stack, "train")
        assert same.metadata.uid == first.metadata.uid
        environment = {e.name for e in same.spec.template.spec.containers[0].env}
        assert "EDITED" not in environment
        assert same.status.active == 1
        assert "run: 2" in stack.preview(), "it is said until it is applied"

        stack.jobs["train"]["run"] = 2
        assert "replace" in stack.preview()
        stack.pulumi("up", "--yes", "--skip-preview")
        second = job_of(api, stack, "train")
        assert second.metadata.uid != first.metadata.uid
        environment = {e.name for e in second.spec.template.spec.containers[0].env}
        assert "EDITED" in environment
        wait_until_running(api, stack, second.metadata.uid)
    order = [(kind, owner) for kind, owner in pods if kind in ("ADDED", "DELETED")]
    gone = order.index(("DELETED", first.metadata.uid))
    started = order.index(("ADDED", second.metadata.uid))
    assert gone < started, f"the old pod was there when the new one came: {order}"


def test_a_pod_that_is_evicted_is_no_failed_one(
    stack: Stack, api: client.ApiClient
) -> None:
    stack.volumes["ckpt"] = {"kind": "host-path", "path": str(stack.data / "ckpt")}
    # The first attempt waits to be evicted; the second finds its file.
    script = "test -e /ckpt/began && exit 0; echo 1 > /ckpt/began; sleep 600"
    stack.jobs["train"] = quick_job(
        script, retries=0, graceSeconds=1, mounts={"/ckpt": "ckpt"}
    )
    core = client.CoreV1Api(api)
    evicted: list[str] = []

    def evict() -> None:
        began = stack.data / "ckpt" / "began"
        until(began.exists, timeout=300)
        (pod,) = core.list_namespaced_pod(stack.name).items
        name = pod.metadata.name
        core.create_namespaced_pod_eviction(
            name, stack.name, {"metadata": {"name": name}}
        )
        evicted.append(name)

    reclaimed = threading.Thread(target=evict)
    reclaimed.start()
    said = stack.up()
    reclaimed.join()
    assert "Complete" in said
    assert evicted
    status = job_of(api, stack, "train").status
    assert (status.succeeded, status.failed) == (1, None)


def test_a_changed_class_is_replaced_and_bound_claims_stay(
    stack: Stack, api: client.ApiClient
) -> None:
    name = f"{stack.name}-shared"
    stack.volumes["kept"] = {"kind": "claim", "storageClass": name, "size": "1Gi"}
    stack.up()
    core, storage = client.CoreV1Api(api), client.StorageV1Api(api)
    claim: Any = core.read_namespaced_persistent_volume_claim("kept", stack.name)
    before: Any = storage.read_storage_class(name)
    classes = stack.config["platform"]["storageClasses"]
    classes[name]["parameters"] = {"tier": "fast"}
    classes[name]["reclaimPolicy"] = "Retain"
    stack.up()
    after: Any = storage.read_storage_class(name)
    assert after.metadata.uid != before.metadata.uid
    assert after.parameters == {"tier": "fast"}
    assert after.reclaim_policy == "Retain"
    same: Any = core.read_namespaced_persistent_volume_claim("kept", stack.name)
    assert same.metadata.uid == claim.metadata.uid
    assert same.spec.volume_name == claim.spec.volume_name
    assert same.status.phase == "Bound"


def test_replacing_what_holds_data_is_refused_with_a_way_on(
    stack: Stack, api: client.ApiClient
) -> None:
    name = f"{stack.name}-shared"
    stack.volumes["kept"] = {"kind": "claim", "storageClass": name, "size": "1Gi"}
    stack.up()
    core = client.CoreV1Api(api)
    before: Any = core.read_namespaced_persistent_volume_claim("kept", stack.name)
    stack.volumes["kept"]["accessModes"] = ["ReadWriteMany"]
    said = stack.up(fails=True)
    assert "kept-claim holds data, and is protected" in said
    assert "onDelete: delete" in said
    after: Any = core.read_namespaced_persistent_volume_claim("kept", stack.name)
    assert after.metadata.uid == before.metadata.uid

    # Taking it out of the program is refused as well.
    del stack.volumes["kept"]
    said = stack.up(fails=True)
    assert "holds data, and is protected" in said
    same: Any = core.read_namespaced_persistent_volume_claim("kept", stack.name)
    assert same.metadata.uid == before.metadata.uid


def test_a_claim_goes_when_its_owner_says_so(
    stack: Stack, api: client.ApiClient
) -> None:
    stack.volumes["gone"] = {
        "kind": "claim",
        "storageClass": f"{stack.name}-shared",
        "size": "1Gi",
    }
    stack.up()
    stack.volumes["gone"]["onDelete"] = "delete"
    stack.up()
    del stack.volumes["gone"]
    stack.up()
    claims = client.CoreV1Api(api).list_namespaced_persistent_volume_claim(stack.name)
    assert claims.items == []


def test_down_keeps_what_holds_data(stack: Stack, api: client.ApiClient) -> None:
    stack.volumes["kept"] = {
        "kind": "claim",
        "storageClass": f"{stack.name}-shared",
        "size": "1Gi",
    }
    stack.volumes["ckpt"] = {"kind": "host-path", "path": str(stack.data / "ckpt")}
    script = "echo $ML_STORAGE_RUN >> /ckpt/runs; echo x >> /kept/x"
    mounts = {"/ckpt": "ckpt", "/kept": "kept"}
    stack.jobs["write"] = quick_job(script, mounts=mounts)
    stack.up()
    core = client.CoreV1Api(api)
    before: Any = core.read_namespaced_persistent_volume_claim("kept", stack.name)
    stack.down()
    after: Any = core.read_namespaced_persistent_volume_claim("kept", stack.name)
    assert after.metadata.uid == before.metadata.uid
    assert client.BatchV1Api(api).list_namespaced_job(stack.name).items == []
    assert (stack.data / "ckpt/runs").read_text() == "1\n"
    stack.up()
    assert (stack.data / "ckpt/runs").read_text() == "1\n1\n"


def test_an_existing_claim_is_used_and_one_is_adopted(
    stack: Stack, api: client.ApiClient
) -> None:
    stack.up()
    core = client.CoreV1Api(api)
    for name in ("theirs", "ours"):
        core.create_namespaced_persistent_volume_claim(
            stack.name,
            {
                "metadata": {"name": name, "labels": {"by": "hand"}},
                "spec": {
                    "storageClassName": f"{stack.name}-shared",
                    "accessModes": ["ReadWriteMany"],
                    "resources": {"requests": {"storage": "1Gi"}},
                },
            },
        )
    stack.volumes["a"] = {"kind": "claim", "existing": {"name": "theirs"}}
    stack.volumes["b"] = {
        "kind": "claim",
        "adopt": {"name": "ours"},
        "storageClass": f"{stack.name}-shared",
        "accessModes": ["ReadWriteMany"],
        "size": "1Gi",
    }
    stack.jobs["use"] = quick_job(
        "echo a > /a/file; echo b > /b/file", mounts={"/a": "a", "/b": "b"}
    )
    uids = {
        c.metadata.name: c.metadata.uid
        for c in core.list_namespaced_persistent_volume_claim(stack.name).items
    }
    said = stack.up()
    assert "Complete" in said
    adopted: Any = core.read_namespaced_persistent_volume_claim("ours", stack.name)
    assert adopted.metadata.uid == uids["ours"]
    assert adopted.metadata.labels == {"by": "hand"}
    state = {r["urn"].rpartition("::")[2]: r for r in stack.resources()}
    assert state["b-claim"]["protect"] is True
    assert state["a-claim"].get("external") is True
    again = stack.up()
    assert not re.search(r"\d+ (created|updated|replaced|deleted)", again), again
    stack.down()
    left = core.list_namespaced_persistent_volume_claim(stack.name).items
    assert {c.metadata.uid for c in left} == set(uids.values())


def test_scratch_and_mounts_are_as_declared(
    stack: Stack, api: client.ApiClient
) -> None:
    stack.volumes["fast"] = {"kind": "scratch", "medium": "memory", "size": "64Mi"}
    stack.volumes["room"] = {"kind": "scratch", "size": "64Mi"}
    stack.volumes["data"] = {
        "kind": "host-path",
        "path": str(stack.data / "data"),
        "access": "read-only",
    }
    stack.jobs["look"] = quick_job(
        "cat /proc/mounts; echo x > /room/x && echo room-written;"
        "echo x > /dev/shm/x && echo memory-written;"
        "echo x > /data/x || echo data-refused",
        mounts={"/dev/shm": "fast", "/room": "room", "/data": "data"},
        resources={"requests": {"memory": "64Mi"}},
    )
    stack.up()
    core = client.CoreV1Api(api)
    pod: Any = core.list_namespaced_pod(stack.name).items[0]
    log = core.read_namespaced_pod_log(pod.metadata.name, stack.name)
    assert re.search(r"^tmpfs /dev/shm tmpfs .*size=65536k", log, re.MULTILINE), log
    assert "room-written" in log
    assert "memory-written" in log
    assert "data-refused" in log
    limits = pod.spec.containers[0].resources.limits
    assert limits["memory"] == "128Mi"
    assert limits["ephemeral-storage"] == "1088Mi"


def test_a_quota_holds(stack: Stack, api: client.ApiClient) -> None:
    name = f"{stack.name}-shared"
    stack.config["platform"]["teams"][stack.name] = {
        "quota": {"storage": {name: "1Gi"}, "gpus": 0}
    }
    stack.volumes["fits"] = {"kind": "claim", "storageClass": name, "size": "1Gi"}
    stack.up()
    with pytest.raises(client.ApiException) as refused:
        client.CoreV1Api(api).create_namespaced_persistent_volume_claim(
            stack.name,
            {
                "metadata": {"name": "more"},
                "spec": {
                    "storageClassName": name,
                    "accessModes": ["ReadWriteOnce"],
                    "resources": {"requests": {"storage": "1Mi"}},
                },
            },
        )
    assert refused.value.status == 403
    assert "exceeded quota" in str(refused.value.body)


def test_a_bad_file_registers_nothing(stack: Stack, api: client.ApiClient) -> None:
    stack.up()
    before = stack.resources()
    stack.volumes["one"] = {"kind": "claim", "storageClass": "shard", "size": "1GB"}
    stack.jobs["two"] = quick_job("true", mounts={"/a": "on", "/etc": "one"})
    # By way of the engine itself, which `sandbox up` would not even start.
    stack.write()
    session_up = stack.pulumi("up", "--yes", "--skip-preview", fails=True)
    for rule in ("QTY01", "CLS02", "MNT01", "PTH04"):
        assert f"[{rule}]" in session_up, session_up
    assert "nothing was registered" in session_up
    assert "Traceback" not in session_up
    assert stack.up(fails=True).count("[QTY01]") == 1
    previewed = stack.pulumi("preview", fails=True)
    assert previewed.count("[QTY01]") == 1
    assert "nothing was registered" in previewed
    stack.volumes.clear()
    stack.jobs.clear()
    stack.write()
    assert stack.resources() == before


class watching_pods:  # noqa: N801, it is used as a function is
    """Record when pods of a namespace come and go, with their Job's uid."""

    def __init__(self, api: client.ApiClient, namespace: str) -> None:
        self.api = api
        self.namespace = namespace
        self.seen: list[tuple[str, str]] = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._follow)

    def _follow(self) -> None:
        core = client.CoreV1Api(self.api)
        # All namespaces: the stack's own is not there yet.
        for event in watch.Watch().stream(
            core.list_pod_for_all_namespaces, timeout_seconds=120
        ):
            pod = event["object"]
            if self.over.is_set():
                break
            if pod.metadata.namespace == self.namespace:
                owner = (pod.metadata.owner_references or [None])[0]
                self.seen.append((event["type"], owner.uid if owner else ""))

    def __enter__(self) -> list[tuple[str, str]]:
        self.thread.start()
        return self.seen

    def __exit__(self, *_: object) -> None:
        self.over.set()
        # The watch ends with the next event that it sees.
        core = client.CoreV1Api(self.api)
        for pod in core.list_namespaced_pod(self.namespace).items:
            seen = {"metadata": {"annotations": {"seen": "yes"}}}
            core.patch_namespaced_pod(pod.metadata.name, self.namespace, seen)
        self.thread.join()


def wait_until_running(api: client.ApiClient, stack: Stack, uid: str) -> None:
    """Wait for the pod of a Job, by the Job's uid."""
    core = client.CoreV1Api(api)
    for event in watch.Watch().stream(
        core.list_namespaced_pod, stack.name, timeout_seconds=60
    ):
        pod = event["object"]
        owner = (pod.metadata.owner_references or [None])[0]
        if owner is not None and owner.uid == uid and pod.status.phase == "Running":
            return
    raise AssertionError(f"no pod of {uid} runs")
