"""What an interrupted run left in the state."""

from typing import Any

from sandbox import pending
from sandbox.kubernetes_provider.values import Secret

STACK = "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"
PROVIDER = "urn:pulumi:dev::p::pulumi:providers:kubernetes::k"


def entry(name: str, **more: Any) -> pending.Entry:
    urn = f"urn:pulumi:dev::p::kubernetes:core/v1:ConfigMap::{name}"
    reference = f"{PROVIDER}::1"
    return {
        "urn": urn,
        "id": f"d/{name}",
        "provider": reference,
        "parent": STACK,
        **more,
    }


def deployment(*entries: pending.Entry) -> pending.Entry:
    root = {"urn": STACK}
    provider = {"urn": PROVIDER, "id": "1", "parent": STACK, "inputs": {"context": "c"}}
    return {"resources": [root, provider, *entries]}


def names(found: pending.Entry) -> list[str]:
    return [r["urn"].rpartition("::")[2] for r in found["resources"]]


def test_a_made_resource_comes_after_what_it_needs_and_before_what_needs_it() -> None:
    old, needed = entry("a", pendingReplacement=True), entry("b")
    dependent = entry("c", dependencies=[old["urn"]])
    found = deployment(old, dependent, needed)
    pending.adopt(found, entry("a", dependencies=[needed["urn"]]))
    assert names(found)[2:] == ["b", "a", "c"]
    assert found["resources"][3]["initErrors"] == [pending.INTERRUPTED]


def test_the_old_of_a_create_before_delete_is_still_to_be_deleted() -> None:
    found = deployment(entry("a"))
    pending.adopt(found, {**entry("a"), "id": "d/new"})
    states = [(r["id"], r.get("delete")) for r in found["resources"][2:]]
    assert states == [("d/a", True), ("d/new", None)]


def test_an_update_is_done_again() -> None:
    found = deployment(entry("a"), entry("b"))
    pending.distrust(found, {"resource": entry("a"), "type": "updating"})
    assert "initErrors" in found["resources"][2]
    assert "initErrors" not in found["resources"][3]


def test_what_is_gone_is_depended_on_no_longer() -> None:
    gone = entry("a")
    urn = gone["urn"]
    dependent = entry(
        "b", dependencies=[urn], propertyDependencies={"x": [urn]}, deletedWith=urn
    )
    found = deployment(gone, dependent)
    pending.forget(found, urn, "d/a")
    assert names(found)[2:] == ["b"]
    assert urn not in str(found["resources"])


def test_a_parent_that_is_gone_waits_to_be_made_anew() -> None:
    gone = entry("a")
    found = deployment(gone, entry("b", parent=gone["urn"]))
    pending.forget(found, gone["urn"], "d/a")
    assert found["resources"][2]["pendingReplacement"] is True


def test_the_provider_of_a_resource() -> None:
    assert pending.provider_inputs(deployment(), entry("a")) == {"context": "c"}


def test_secrets_go_there_and_back() -> None:
    value = {"a": Secret({"b": 1}), "c": [Secret("x")]}
    assert pending.read_values(pending.write_values(value)) == value
