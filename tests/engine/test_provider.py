"""The stand-in provider on a real API server, verb by verb."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.kubernetes_provider.cluster import Cluster
from sandbox.kubernetes_provider.errors import PartialFailureError, ProviderError
from sandbox.kubernetes_provider.naming import parse_id
from sandbox.kubernetes_provider.provider import KubernetesProvider
from sandbox.kubernetes_provider.values import Secret
from tests.engine.projects import connected, kubeconfig_of, namespace

pytestmark = pytest.mark.engine
Object = dict[str, Any]


def silent(_: str) -> None:
    """Show no status."""


@pytest.fixture(scope="module")
def kubeconfig(request: pytest.FixtureRequest) -> Path:
    return kubeconfig_of(request)


@pytest.fixture(scope="module")
def api(kubeconfig: Path) -> Cluster:
    return connected(kubeconfig)


@pytest.fixture(scope="module")
def space(api: Cluster) -> Iterator[str]:
    with namespace(api) as name:
        yield name


@pytest.fixture
def configured(kubeconfig: Path, space: str) -> Callable[..., KubernetesProvider]:
    def configure(**settings: Any) -> KubernetesProvider:
        provider = KubernetesProvider()
        provider.configure(
            {"kubeconfig": str(kubeconfig), "namespace": space, **settings}
        )
        return provider

    return configure


@pytest.fixture
def provider(configured: Callable[..., KubernetesProvider]) -> KubernetesProvider:
    return configured()


def config_map(name: str, data: Object, **meta: Any) -> Object:
    found = {"name": name, **meta}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": found, "data": data}


def token(obj: Object) -> str:
    version = obj["apiVersion"]
    return f"kubernetes:{'core/' if version == 'v1' else ''}{version}:{obj['kind']}"


def create(
    provider: KubernetesProvider, obj: Object, timeout: float = 30
) -> tuple[str, Object]:
    checked = provider.check(
        token(obj), name="res", new=obj, old={}, seed=b"", proposed=""
    )
    return provider.create(checked, timeout=timeout, preview=False, report=silent)


def update(
    provider: KubernetesProvider,
    obj: Object,
    state: Object,
    ignore: list[str] | None = None,
) -> Object:
    old = state["__inputs"]
    checked = provider.check(
        token(obj), name="res", new=obj, old=old, seed=b"", proposed=""
    )
    return provider.update(
        checked,
        state=state,
        ignore=ignore or [],
        timeout=30,
        preview=False,
        report=silent,
    )


def delete(
    provider: KubernetesProvider, id_: str, state: Object, timeout: float = 30
) -> None:
    provider.delete(token(state), id_, state=state, timeout=timeout, report=silent)


def live(api: Cluster, state: Object, id_: str) -> Object:
    return api.get(state["apiVersion"], state["kind"], *parse_id(id_))


def test_create_is_a_post(
    provider: KubernetesProvider,
    configured: Callable[..., KubernetesProvider],
    api: Cluster,
    space: str,
) -> None:
    id_, state = create(provider, config_map("post", {"a": "1"}))
    assert id_ == f"{space}/post"
    assert state["metadata"]["uid"]
    assert "managedFields" not in state["metadata"]
    with pytest.raises(ProviderError, match=r"already exists(.|\n)*upsertExisting"):
        create(provider, config_map("post", {"a": "2"}))
    assert live(api, state, id_)["data"] == {"a": "1"}
    upsert = configured(upsertExistingObjects=True, enablePatchForce=True)
    create(upsert, config_map("post", {"a": "3"}))
    assert live(api, state, id_)["data"] == {"a": "3"}


def test_a_preview_creates_nothing(
    provider: KubernetesProvider, api: Cluster, space: str
) -> None:
    obj = config_map("shadow", {}, namespace=space)
    id_, state = provider.create(obj, timeout=0, preview=True, report=silent)
    assert id_ == ""
    assert state["metadata"]["uid"]
    with pytest.raises(ProviderError, match="not found"):
        api.get("v1", "ConfigMap", space, "shadow")
    nowhere = config_map("shadow", {}, namespace="not-yet")
    _, state = provider.create(nowhere, timeout=0, preview=True, report=silent)
    assert state == nowhere
    bad = config_map("No Such Name", {}, namespace=space)
    with pytest.raises(ProviderError, match="Invalid value"):
        provider.create(bad, timeout=0, preview=True, report=silent)


def test_an_update_removes_what_left_the_inputs(
    provider: KubernetesProvider, api: Cluster
) -> None:
    obj = config_map("fields", {"a": "1", "b": "1"}, labels={"x": "1", "y": "1"})
    id_, state = create(provider, obj)
    obj = config_map("fields", {"a": "2"}, labels={"y": "1"})
    state = update(provider, obj, state)
    found = live(api, state, id_)
    assert found["data"] == {"a": "2"}
    assert found["metadata"]["labels"] == {"y": "1"}
    # The second update finds the fields owned by the first.
    state = update(provider, config_map("fields", {"c": "3"}), state)
    found = live(api, state, id_)
    assert found["data"] == {"c": "3"}
    assert "labels" not in found["metadata"]


def test_another_managers_field_is_a_conflict(
    provider: KubernetesProvider, api: Cluster, space: str
) -> None:
    id_, state = create(provider, config_map("contested", {"a": "1"}))
    theirs = config_map("contested", {"a": "theirs"}, namespace=space)
    api.apply(theirs, manager="someone", force=True, preview=False)
    with pytest.raises(ProviderError, match=r"conflict(.|\n)*patchForce"):
        update(provider, config_map("contested", {"a": "2"}), state)
    update(provider, config_map("contested", {"a": "2"}), state, ["data.a"])
    assert live(api, state, id_)["data"] == {"a": "theirs"}
    force = {"pulumi.com/patchForce": "true"}
    update(provider, config_map("contested", {"a": "2"}, annotations=force), state)
    assert live(api, state, id_)["data"] == {"a": "2"}


def test_a_refused_update_changes_nothing(provider: KubernetesProvider) -> None:
    _, state = create(provider, config_map("frozen", {"a": "1"}))
    with pytest.raises(ProviderError, match="was not updated") as caught:
        update(provider, config_map("frozen", {"not a key": "1"}), state)
    assert not isinstance(caught.value, PartialFailureError)


def test_read_sees_drift_and_absence(
    provider: KubernetesProvider, api: Cluster, space: str
) -> None:
    id_, state = create(provider, config_map("drift", {"a": "1", "b": "1"}))
    inputs = state["__inputs"]
    kind = "kubernetes:core/v1:ConfigMap"
    same = provider.read(kind, id_, inputs=inputs, state=state)
    assert same is not None
    assert same.inputs == inputs
    changed = config_map("drift", {"a": "2", "new": "1"}, namespace=space)
    api.apply(changed, manager="someone", force=True, preview=False)
    seen = provider.read(kind, id_, inputs=inputs, state=state)
    assert seen is not None
    assert seen.inputs["data"] == {"a": "2", "b": "1"}
    answer = provider.diff(seen.inputs, seen.state, inputs, [])
    assert answer.diff.changes == {"data.a": "update"}
    delete(provider, id_, state)
    assert provider.read(kind, id_, inputs=inputs, state=state) is None
    delete(provider, id_, state)


def test_an_import_reads_what_the_program_may_say(
    provider: KubernetesProvider, space: str
) -> None:
    id_, _ = create(provider, config_map("theirs", {"a": "1"}))
    found = provider.read("kubernetes:core/v1:ConfigMap", id_, inputs={}, state={})
    assert found is not None
    assert found.inputs == config_map("theirs", {"a": "1"}, namespace=space)
    found = provider.read("kubernetes:core/v1:ConfigMap", "theirs", inputs={}, state={})
    assert found is not None


def test_secrets_are_secret(provider: KubernetesProvider) -> None:
    obj = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "pw"},
        "stringData": {"pw": "hunter2"},
    }
    _, state = create(provider, obj)
    assert isinstance(state["data"], Secret)
    assert isinstance(state["__inputs"]["stringData"], Secret)


def storage_class(name: str, **fields: Any) -> Object:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": "kubernetes.io/host-path",
        **fields,
    }


def claim(name: str, class_: str, **meta: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, **meta},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": class_,
            "resources": {"requests": {"storage": "1024Mi"}},
        },
    }


def test_claims_are_awaited(provider: KubernetesProvider, space: str) -> None:
    made = [
        create(provider, storage_class(f"{space}-now")),
        create(
            provider,
            storage_class(f"{space}-late", volumeBindingMode="WaitForFirstConsumer"),
        ),
        create(provider, storage_class(f"{space}-never", provisioner="test/none")),
    ]
    _, state = bound = create(provider, claim("now", f"{space}-now"))
    assert state["status"]["phase"] == "Bound"
    _, state = late = create(provider, claim("late", f"{space}-late"))
    assert state["status"]["phase"] == "Pending"
    with pytest.raises(PartialFailureError) as caught:
        create(provider, claim("never", f"{space}-never"), timeout=5)
    error = caught.value
    assert error.id == f"{space}/never"
    assert error.state["metadata"]["uid"]
    assert "not Bound after 5 s" in str(error)
    assert "test/none" in str(error)
    skipped = {"pulumi.com/skipAwait": "true"}
    skip = create(provider, claim("skip", f"{space}-never", annotations=skipped))
    never = (error.id, error.state)
    for id_, state in (bound, late, skip, never, *made):
        delete(provider, id_, state)


def job(name: str, annotations: dict[str, str] | None = None, **spec: Any) -> Object:
    container = {"name": "main", "image": "localhost/none", "command": ["true"]}
    pod = {"containers": [container], "restartPolicy": "Never"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "annotations": annotations or {}},
        "spec": {"template": {"spec": pod}, **spec},
    }


def test_jobs_are_awaited(provider: KubernetesProvider) -> None:
    id_, state = done = create(provider, job("done", completions=0))
    conditions = {c["type"] for c in state["status"]["conditions"]}
    assert "Complete" in conditions
    with pytest.raises(PartialFailureError, match="DeadlineExceeded") as caught:
        create(provider, job("failed", activeDeadlineSeconds=1))
    failed = (caught.value.id, caught.value.state)
    asked = {"pulumi.com/waitFor": "jsonpath={.metadata.uid}"}
    id_, state = made = create(provider, job("made", asked))
    found = provider.read(token(state), id_, inputs={}, state={})
    assert found is not None
    for id_, state in (done, failed, made):
        delete(provider, id_, state)


def test_a_deletion_waits_for_finalizers(
    provider: KubernetesProvider, api: Cluster
) -> None:
    held = config_map("held", {}, finalizers=["test/holds"])
    id_, state = create(provider, held)
    with pytest.raises(ProviderError, match="test/holds"):
        delete(provider, id_, state, timeout=1)
    found = live(api, state, id_)
    release = [{"op": "remove", "path": "/metadata/finalizers"}]
    threading.Timer(1, lambda: api.patch(found, release)).start()
    began = time.monotonic()
    delete(provider, id_, state)
    assert time.monotonic() - began >= 0.9


def test_a_deletion_spares_another_object_of_the_name(
    provider: KubernetesProvider, api: Cluster
) -> None:
    id_, old = create(provider, config_map("again", {}))
    delete(provider, id_, old)
    _, new = create(provider, config_map("again", {}))
    delete(provider, id_, old)
    assert live(api, new, id_)["metadata"]["uid"] == new["metadata"]["uid"]


def test_cancelling_stops_a_wait_and_keeps_the_object(
    provider: KubernetesProvider, space: str
) -> None:
    timer = threading.Timer(1, provider.stop.set)
    timer.start()
    began = time.monotonic()
    with pytest.raises(PartialFailureError, match="stopped") as caught:
        create(provider, claim("stopped", "no-such-class"))
    assert time.monotonic() - began < 5
    provider.stop.clear()
    delete(provider, caught.value.id, caught.value.state)


def test_a_namespace_that_comes_late_is_waited_for(
    provider: KubernetesProvider, api: Cluster, space: str
) -> None:
    late = f"{space}-late"
    made: Object = {}
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": late}}
    timer = threading.Timer(1, lambda: made.update(api.create(body, preview=False)))
    timer.start()
    id_, _ = create(provider, config_map("there", {}, namespace=late))
    assert id_ == f"{late}/there"
    api.delete(made, policy="Background")


def test_custom_resources(provider: KubernetesProvider, space: str) -> None:
    group = f"{space}.example.com"
    schema = {"type": "object", "x_kubernetes_preserve_unknown_fields": True}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"things.{group}"},
        "spec": {
            "group": group,
            "scope": "Cluster",
            "names": {"plural": "things", "singular": "thing", "kind": "Thing"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": schema},
                }
            ],
        },
    }
    crd_id, crd = create(provider, definition)
    thing = {
        "apiVersion": f"{group}/v1",
        "kind": "Thing",
        "metadata": {"name": "one"},
        "spec": {"a": 1},
    }
    id_, state = create(provider, thing)
    thing["spec"] = {"b": 2}
    state = update(provider, thing, state)
    assert state["spec"] == {"b": 2}
    delete(provider, crd_id, crd)
    delete(provider, id_, state)


def test_an_unreachable_cluster_is_said_so() -> None:
    provider = KubernetesProvider()
    provider.configure({"kubeconfig": "/no/such/file"})
    obj = config_map("x", {})
    checked = provider.check(
        "kubernetes:core/v1:ConfigMap", name="x", new=obj, old={}, seed=b"", proposed=""
    )
    provider.create(checked, timeout=0, preview=True, report=silent)
    with pytest.raises(ProviderError, match="cannot be used"):
        provider.create(checked, timeout=0, preview=False, report=silent)
