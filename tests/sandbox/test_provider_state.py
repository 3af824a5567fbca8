"""What the state holds, who owns a field, and how values travel."""

from typing import Any

import pytest

from sandbox.kubernetes_provider import checkpoint, ownership, values
from sandbox.kubernetes_provider.values import UNKNOWN, Secret

Object = dict[str, Any]


def test_values_travel_unchanged() -> None:
    sent = {
        "text": "a",
        "whole": 3,
        "part": 1.5,
        "yes": True,
        "list": [1, {"deep": Secret("hidden")}],
        "unknown": UNKNOWN,
        "secret": Secret({"a": UNKNOWN}),
        "empty": {},
    }
    came = values.from_struct(values.to_struct(sent))
    assert came == sent
    assert isinstance(came["whole"], int)
    assert values.has_unknown(came)
    assert values.plain(came)["list"][1]["deep"] == "hidden"


def test_null_is_left_out() -> None:
    assert values.from_struct(values.to_struct({"a": None, "b": 1})) == {"b": 1}


@pytest.mark.parametrize(
    ("live", "given", "seen"),
    [
        ({"a": 1, "server": 2}, {"a": 1}, {"a": 1}),
        ({"a": 5}, {"a": 1}, {"a": 5}),
        ({}, {"a": 1}, {}),
        # Kubernetes drops what is empty, and writes quantities its own way.
        ({}, {"a": "", "b": False, "c": {}, "d": []}, ...),
        ({"limits": {"memory": "1Gi"}}, {"limits": {"memory": "1024Mi"}}, ...),
        ({"l": [1, 2]}, {"l": [1]}, {"l": [1, 2]}),
        ({"l": [{"x": 1, "server": 1}]}, {"l": [{"x": 1}]}, ...),
    ],
)
def test_observed(live: Object, given: Object, seen: Any) -> None:
    assert checkpoint.observed(live, given) == (given if seen is ... else seen)


def test_the_state_has_no_noise_and_keeps_secrets() -> None:
    given = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "stringData": {"pw": Secret("x")},
    }
    obj = checkpoint.to_object(given)
    live = {
        **{k: v for k, v in obj.items() if k != "stringData"},
        "metadata": {"name": "s", "uid": "u", "managedFields": [{}]},
        "data": {"pw": "eA=="},
    }
    state = checkpoint.state(obj, live, given, initial_version="v1", manager="m")
    assert state["metadata"] == {"name": "s", "uid": "u"}
    assert state["data"] == Secret({"pw": "eA=="})
    assert state["__inputs"]["stringData"] == Secret({"pw": "x"})
    inputs, old = checkpoint.split(state)
    assert inputs == obj
    assert old["metadata"]["uid"] == "u"
    assert not {k for k in old if k.startswith("__")}


def test_keys_with_dashes_are_written_otherwise() -> None:
    given = {"spec": {"x_kubernetes_preserve_unknown_fields": True}}
    obj = checkpoint.to_object(given)
    assert obj == {"spec": {"x-kubernetes-preserve-unknown-fields": True}}
    state = checkpoint.state(obj, obj, given, initial_version="v1", manager="m")
    assert state["spec"] == given["spec"]


def entry(manager: str, verb: str, *fields: str, **more: Any) -> Object:
    owned: Object = {}
    for path in fields:
        where = owned
        for part in path.split("."):
            where = where.setdefault(f"f:{part}", {})
    return {"manager": manager, "operation": verb, "fieldsV1": owned, **more}


def live(*entries: Object) -> Object:
    return {"metadata": {"resourceVersion": "7", "managedFields": list(entries)}}


def test_the_creation_becomes_the_appliers() -> None:
    other = entry("hpa", "Update", "spec.replicas")
    status = entry("pulumi-kubernetes", "Update", "status.x", subresource="status")
    patch = ownership.takeover(
        live(
            entry("pulumi-kubernetes", "Update", "spec.a", "data.x"),
            entry("mine", "Apply", "spec.b"),
            other,
            status,
        ),
        "mine",
    )
    *rest, applied = patch[0]["value"]
    assert rest == [other, status]
    assert applied["operation"] == "Apply"
    assert applied["fieldsV1"] == {
        "f:spec": {"f:a": {}, "f:b": {}},
        "f:data": {"f:x": {}},
    }
    assert patch[1]["value"] == "7"


def test_nothing_to_take_over() -> None:
    assert ownership.takeover(live(entry("mine", "Apply", "spec.a")), "mine") == []


def test_ignored_fields_are_left_as_they_stand() -> None:
    found = live(
        entry("hpa", "Update", "spec.replicas"), entry("me", "Apply", "spec.b")
    )
    found["spec"] = {"replicas": 9, "b": "live"}
    obj = {"spec": {"replicas": 1, "b": "new", "c": 1}}
    ownership.keep_ignored(obj, found, ["spec.replicas", "spec.b", "l[0].x"], "me")
    assert obj == {"spec": {"b": "live", "c": 1}}
