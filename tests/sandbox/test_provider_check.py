"""Names, namespaces and what is refused, before anything is sent."""

import json
from typing import Any

import pytest

from sandbox.kubernetes_provider import naming, settings, wait_for
from sandbox.kubernetes_provider.cluster import Cluster
from sandbox.kubernetes_provider.errors import ProviderError
from sandbox.kubernetes_provider.provider import KubernetesProvider
from sandbox.kubernetes_provider.values import UNKNOWN, Secret

Object = dict[str, Any]


def check(token: str, new: Object, old: Object | None = None) -> Object:
    return KubernetesProvider().check(
        token, name="res", new=new, old=old or {}, seed=b"seed", proposed=""
    )


def config_map(**meta: Any) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}


CONFIG_MAP = "kubernetes:core/v1:ConfigMap"


def test_a_name_is_made_and_kept() -> None:
    made = check(CONFIG_MAP, config_map())
    assert made["metadata"]["name"].startswith("res-")
    assert len(made["metadata"]["name"]) == len("res-") + 8
    assert naming.is_autonamed(made)
    # A preview and its update have one seed, so one name.
    assert check(CONFIG_MAP, config_map()) == made
    labelled = check(CONFIG_MAP, config_map(labels={"a": "b"}), made)
    assert labelled["metadata"]["name"] == made["metadata"]["name"]
    assert naming.is_autonamed(labelled)


def test_a_name_of_ones_own_is_left_alone() -> None:
    made = check(CONFIG_MAP, config_map(name="mine"))
    assert made["metadata"] == {"name": "mine", "namespace": "default"}
    assert check(CONFIG_MAP, config_map(name=UNKNOWN))["metadata"]["name"] is UNKNOWN


def test_cluster_wide_kinds_have_no_namespace() -> None:
    new = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass"}
    made = check(
        "kubernetes:storage.k8s.io/v1:StorageClass",
        {**new, "metadata": {"name": "fast"}},
    )
    assert made["metadata"] == {"name": "fast"}


def test_secrets_stay_secret() -> None:
    new = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    made = check("kubernetes:core/v1:Secret", {**new, "stringData": {"a": "b"}})
    assert made["stringData"] == Secret({"a": "b"})
    made = check(CONFIG_MAP, {**config_map(name="c"), "data": {"a": Secret("b")}})
    assert made["data"] == {"a": Secret("b")}


@pytest.mark.parametrize(
    ("token", "obj", "message"),
    [
        (
            "kubernetes:core/v1:ConfigMapList",
            {"kind": "ConfigMapList"},
            "each ConfigMap",
        ),
        ("kubernetes:core/v1:ConfigMapPatch", {"kind": "ConfigMap"}, "official"),
        ("kubernetes:helm.sh/v3:Release", {}, "Helm"),
        (CONFIG_MAP, config_map(generateName="x-"), "generateName"),
    ],
)
def test_what_is_not_served_is_refused(token: str, obj: Object, message: str) -> None:
    with pytest.raises(ProviderError, match=message):
        check(token, obj)


def test_a_custom_kind_may_end_in_list() -> None:
    obj = {"apiVersion": "x.org/v1", "kind": "AllowList", "metadata": {"name": "a"}}
    assert check("kubernetes:x.org/v1:AllowList", obj)["metadata"]["name"] == "a"


@pytest.mark.parametrize(
    ("inputs", "named"),
    [
        ({"kubeconfig": "x", "context": "c", "clusterIdentifier": "i"}, []),
        ({"upsertExistingObjects": "true", "deleteUnreachable": "false"}, []),
        ({"skipUpdateUnreachable": True, "suppressHelmHookWarnings": True}, []),
        ({"version": "4.34.2", "__internal": {}}, []),
        ({"nameSpace": "x"}, ["nameSpace"]),
        ({"enableServerSideApply": "false"}, ["enableServerSideApply"]),
        ({"renderYamlToDirectory": "out"}, ["renderYamlToDirectory"]),
        ({"cluster": "c"}, ["cluster"]),
    ],
)
def test_settings(inputs: Object, named: list[str]) -> None:
    assert [key for key, _ in settings.problems(inputs)] == named


def kubeconfig(server: str) -> str:
    content = {
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    return json.dumps(content)


@pytest.mark.parametrize(
    ("old", "new", "replaces"),
    [
        ({"kubeconfig": kubeconfig("a")}, {"kubeconfig": kubeconfig("a") + " "}, []),
        (
            {"kubeconfig": kubeconfig("a")},
            {"kubeconfig": kubeconfig("b")},
            ["kubeconfig"],
        ),
        (
            {"kubeconfig": kubeconfig("a"), "clusterIdentifier": "i"},
            {"kubeconfig": kubeconfig("b"), "clusterIdentifier": "i"},
            [],
        ),
        ({"clusterIdentifier": "i"}, {"clusterIdentifier": "j"}, ["clusterIdentifier"]),
        ({}, {"clusterIdentifier": "j"}, []),
        ({"kubeconfig": kubeconfig("a")}, {"kubeconfig": UNKNOWN}, ["kubeconfig"]),
    ],
)
def test_another_cluster_replaces_the_provider(
    old: Object, new: Object, replaces: list[str]
) -> None:
    assert settings.replaced_by(old, new) == replaces


@pytest.mark.parametrize(
    ("annotation", "live", "done"),
    [
        ("jsonpath={.metadata.uid}", {"metadata": {"uid": "u"}}, True),
        ("jsonpath={.metadata.uid}", {"metadata": {}}, False),
        ("jsonpath={.status.phase}=Bound", {"status": {"phase": "Bound"}}, True),
        ("jsonpath={.status.phase}=Bound", {"status": {"phase": "Pending"}}, False),
        ("jsonpath={.a[*].b}=1", {"a": [{"b": 2}, {"b": 1}]}, True),
        (
            "condition=Ready",
            {"status": {"conditions": [{"type": "Ready", "status": "True"}]}},
            True,
        ),
        (
            "condition=Ready=False",
            {"status": {"conditions": [{"type": "Ready", "status": "True"}]}},
            False,
        ),
        ('["jsonpath={.a}", "jsonpath={.b}"]', {"a": 1}, False),
        ('["jsonpath={.a}", "jsonpath={.b}"]', {"a": 1, "b": 1}, True),
    ],
)
def test_wait_for(annotation: str, live: Object, done: bool) -> None:
    unused: Any = None
    cluster: Cluster = unused
    assert wait_for.parse(annotation)(live, cluster).done is done


@pytest.mark.parametrize("annotation", ["Ready", "jsonpath=.a", "[]", "condition="])
def test_wait_for_is_refused(annotation: str) -> None:
    with pytest.raises(ProviderError, match="waitFor"):
        wait_for.parse(annotation)
