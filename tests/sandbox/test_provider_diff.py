"""What changes, and what a change replaces."""

from typing import Any

import pytest

from sandbox.kubernetes_provider import diffing, paths, replacement
from sandbox.kubernetes_provider.provider import KubernetesProvider
from sandbox.kubernetes_provider.values import UNKNOWN

Object = dict[str, Any]


def compare(old: Object, new: Object, ignore: list[str] | None = None) -> diffing.Diff:
    forced = replacement.force_new(
        new, mutable_secrets=False, mutable_config_maps=False
    )
    return diffing.compare(old, new, force_new=forced, ignore=ignore or [])


def obj(version: str, kind: str, **fields: Any) -> Object:
    meta = {"name": "it", "namespace": "team"}
    return {"apiVersion": version, "kind": kind, "metadata": meta, **fields}


@pytest.mark.parametrize(
    ("version", "kind", "old", "new", "path"),
    [
        (
            "storage.k8s.io/v1",
            "StorageClass",
            {"parameters": {"tier": "a"}},
            {"parameters": {"tier": "b"}},
            "parameters.tier",
        ),
        (
            "storage.k8s.io/v1",
            "StorageClass",
            {"provisioner": "a"},
            {"provisioner": "b"},
            "provisioner",
        ),
        (
            "v1",
            "PersistentVolumeClaim",
            {"spec": {"accessModes": ["ReadWriteOnce"]}},
            {"spec": {"accessModes": ["ReadWriteMany"]}},
            "spec.accessModes[0]",
        ),
        (
            "v1",
            "PersistentVolumeClaim",
            {"spec": {}},
            {"spec": {"volumeName": "pv"}},
            "spec.volumeName",
        ),
        (
            "v1",
            "PersistentVolume",
            {"spec": {"nfs": {"server": "a", "path": "/"}}},
            {"spec": {"nfs": {"server": "b", "path": "/"}}},
            "spec.nfs.server",
        ),
        (
            "batch/v1",
            "Job",
            {"spec": {"template": {"spec": {"containers": [{"image": "a"}]}}}},
            {"spec": {"template": {"spec": {"containers": [{"image": "b"}]}}}},
            "spec.template.spec.containers[0].image",
        ),
        (
            "v1",
            "Pod",
            {"spec": {"containers": [{"name": "a", "env": []}]}},
            {"spec": {"containers": [{"name": "a", "env": [{"name": "X"}]}]}},
            "spec.containers[0].env[0]",
        ),
        ("v1", "ConfigMap", {"data": {"a": "1"}}, {"data": {"a": "2"}}, "data.a"),
        (
            "v1",
            "Secret",
            {"stringData": {}},
            {"stringData": {"a": "2"}},
            "stringData.a",
        ),
        (
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            {"roleRef": {"name": "a"}},
            {"roleRef": {"name": "b"}},
            "roleRef.name",
        ),
        (
            "v1",
            "Service",
            {"spec": {}},
            {"spec": {"clusterIP": "None"}},
            "spec.clusterIP",
        ),
    ],
)
def test_replaces(version: str, kind: str, old: Object, new: Object, path: str) -> None:
    found = compare(obj(version, kind, **old), obj(version, kind, **new))
    assert found.replaces == {path}


@pytest.mark.parametrize(
    ("version", "kind", "old", "new", "path"),
    [
        (
            "v1",
            "PersistentVolumeClaim",
            {"spec": {"resources": {"requests": {"storage": "1Gi"}}}},
            {"spec": {"resources": {"requests": {"storage": "2Gi"}}}},
            "spec.resources.requests.storage",
        ),
        (
            "storage.k8s.io/v1",
            "StorageClass",
            {},
            {"allowVolumeExpansion": True},
            "allowVolumeExpansion",
        ),
        (
            "v1",
            "PersistentVolume",
            {"spec": {"persistentVolumeReclaimPolicy": "Delete"}},
            {"spec": {"persistentVolumeReclaimPolicy": "Retain"}},
            "spec.persistentVolumeReclaimPolicy",
        ),
        ("batch/v1", "Job", {"spec": {}}, {"spec": {"suspend": True}}, "spec.suspend"),
        (
            "v1",
            "Pod",
            {"spec": {"containers": [{"name": "a"}]}},
            {"spec": {"containers": [{"name": "b"}]}},
            "spec.containers[0].name",
        ),
        (
            "v1",
            "ResourceQuota",
            {"spec": {"hard": {"pods": "1"}}},
            {"spec": {"hard": {"pods": "2"}}},
            "spec.hard.pods",
        ),
    ],
)
def test_changes_in_place(
    version: str, kind: str, old: Object, new: Object, path: str
) -> None:
    found = compare(obj(version, kind, **old), obj(version, kind, **new))
    assert list(found.changes) == [path]
    assert not found.replaces


def test_a_whole_section_replaces_when_it_holds_a_fixed_field() -> None:
    pod = {"containers": [{"name": "a", "image": "x"}]}
    added = compare(obj("v1", "Pod"), obj("v1", "Pod", spec=pod))
    assert added.changes == {"spec": "add"}
    assert added.replaces == {"spec"}
    sized = {"resources": {"requests": {"storage": "1Gi"}}}
    claim = "PersistentVolumeClaim"
    assert not compare(obj("v1", claim), obj("v1", claim, spec=sized)).replaces


def test_names_and_namespaces_replace() -> None:
    old, new = obj("v1", "Namespace"), obj("v1", "Namespace")
    new["metadata"] = {"name": "other", "namespace": "elsewhere"}
    assert compare(old, new).replaces == {"metadata.name", "metadata.namespace"}


def test_secrets_and_config_maps_may_be_mutable() -> None:
    for kind in ("Secret", "ConfigMap"):
        new = obj("v1", kind, data={})
        mutable = replacement.force_new(
            new, mutable_secrets=True, mutable_config_maps=True
        )
        assert "data" not in mutable
        frozen = replacement.force_new(
            {**new, "immutable": True}, mutable_secrets=True, mutable_config_maps=True
        )
        assert "data" in frozen


def test_each_change_has_its_path() -> None:
    old = {"a": [1, 2], "b": {"x.y": "1", "gone": True}}
    new = {"a": [1], "b": {"x.y": "2", "new": {"deep": 1}}}
    assert compare(old, new).changes == {
        "a[1]": "delete",
        'b["x.y"]': "update",
        "b.gone": "delete",
        "b.new": "add",
    }


def test_a_quantity_has_many_spellings() -> None:
    old = {"spec": {"resources": {"requests": {"storage": "1024Mi", "cpu": 1}}}}
    new = {"spec": {"resources": {"requests": {"storage": "1Gi", "cpu": "1000m"}}}}
    assert not compare(old, new).changes
    # Elsewhere a text is a text.
    assert compare({"data": {"a": "1024Mi"}}, {"data": {"a": "1Gi"}}).changes


def test_true_is_not_one() -> None:
    assert compare({"a": True}, {"a": 1}).changes == {"a": "update"}


def test_an_unknown_is_a_change() -> None:
    claim = "PersistentVolumeClaim"
    old = obj("v1", claim, spec={"storageClassName": "fast"})
    new = obj("v1", claim, spec={"storageClassName": UNKNOWN})
    assert compare(old, new).replaces == {"spec.storageClassName"}


@pytest.mark.parametrize("ignored", ["spec", "spec.template", 'spec["template"].x'])
def test_ignored_changes_are_left_out(ignored: str) -> None:
    old = {"spec": {"template": {"x": 1}}, "data": 1}
    new = {"spec": {"template": {"x": 2}}, "data": 2}
    assert list(compare(old, new, [ignored]).changes) == ["data"]


@pytest.mark.parametrize(
    "path", ["spec.a[0].b", 'metadata.annotations["a.b/c"]', "a", 'x["q\\"uote."]']
)
def test_paths_read_as_written(path: str) -> None:
    assert paths.write_path(paths.parse_path(path)) == path


@pytest.mark.parametrize(
    ("name", "autonamed", "first"),
    [("it", False, True), ("it", True, False), ("other", False, False)],
)
def test_the_old_goes_first_when_the_name_stays(
    name: str, autonamed: bool, first: bool
) -> None:
    old = obj("batch/v1", "Job", spec={"completions": 1})
    new = obj("batch/v1", "Job", spec={"completions": 2})
    new["metadata"] = {"name": name, "namespace": "team"}
    if autonamed:
        new["metadata"] |= {"annotations": {"pulumi.com/autonamed": "true"}}
    answer = KubernetesProvider().diff(old, {**old, "__inputs": old}, new, [])
    assert answer.diff.replaces
    assert answer.delete_before_replace is first
