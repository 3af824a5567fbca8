"""Mounts put into anyone's pod."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

import pytest

from components.catalog.storage_kinds import AccessMode
from components.kubernetes.mountable import Mount, PodNeeds
from components.kubernetes.pod import with_mounts


@dataclass
class Bucket:
    """A volume that asks much of its pod."""

    needs: PodNeeds
    read_only: bool = False
    access_modes: list[AccessMode] = field(default_factory=list)

    def volume_source(self) -> dict[str, Any]:
        return {"csi": {"driver": "bucket"}}

    def pod_needs(self) -> PodNeeds:
        return self.needs


def pod() -> dict[str, Any]:
    return {"spec": {"containers": [{"name": "other"}, {"name": "main"}]}}


def mounted(*needs: PodNeeds) -> dict[str, Any]:
    mounts = [
        Mount(name=f"v{n}", path=f"/{n}", volume=Bucket(need))
        for n, need in enumerate(needs)
    ]
    return with_mounts(pod(), mounts, owner="me", container=1)


def test_what_volumes_need_reaches_the_pod() -> None:
    taint = {"key": "a", "operator": "Exists"}
    first = PodNeeds(
        annotations={"x": "y"},
        service_account="reader",
        node_selector={"zone": "a"},
        tolerations=[taint],
    )
    second = PodNeeds(service_account="reader", tolerations=[taint])
    made = mounted(first, second)
    assert made["metadata"]["annotations"] == {"x": "y"}
    assert made["spec"]["serviceAccountName"] == "reader"
    assert made["spec"]["nodeSelector"] == {"zone": "a"}
    assert made["spec"]["tolerations"] == [taint]
    other, main = made["spec"]["containers"]
    assert "volumeMounts" not in other
    assert [m["mountPath"] for m in main["volumeMounts"]] == ["/0", "/1"]


@pytest.mark.parametrize(
    ("one", "two", "words"),
    [
        ({"service_account": "a"}, {"service_account": "b"}, "service account"),
        ({"node_selector": {"z": "a"}}, {"node_selector": {"z": "b"}}, "node label z"),
        ({"annotations": {"z": "a"}}, {"annotations": {"z": "b"}}, "annotation z"),
    ],
)
def test_volumes_that_exclude_each_other(
    one: dict[str, Any], two: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        mounted(PodNeeds(**one), PodNeeds(**two))


def test_the_pod_that_was_given_is_not_changed() -> None:
    given = pod()
    before = copy.deepcopy(given)
    mount = Mount(name="v", path="/v", volume=Bucket(PodNeeds()))
    with_mounts(given, [mount], owner="me")
    assert given == before
