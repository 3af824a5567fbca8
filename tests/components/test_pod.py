"""Mounts put into anyone's pod."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from components.catalog.storage_kinds import AccessMode
from components.kubernetes.mountable import Mount, PodNeeds, SharedScratch
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


class Claim(Bucket):
    """A volume that is mounted by the name of its claim."""

    def volume_source(self) -> dict[str, Any]:
        return {"persistentVolumeClaim": {"claimName": "claim"}}


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


def test_quantities_of_all_volumes_are_added_up() -> None:
    first = PodNeeds(quantities={"x/memory": Decimal(2**30), "x/cpu": Decimal("0.5")})
    second = PodNeeds(
        quantities={"x/cpu": Decimal(1)},
        quantities_besides={"x/memory": Decimal(2**20), "x/disk": Decimal(2**30)},
    )
    made = mounted(first, second)
    assert made["metadata"]["annotations"] == {"x/cpu": "1500m", "x/memory": "1025Mi"}


def test_scratch_that_volumes_share_is_one_volume() -> None:
    half = SharedScratch(size=Decimal(2**30))
    made = mounted(PodNeeds(scratch={"cache": half}), PodNeeds(scratch={"cache": half}))
    *_, cache = made["spec"]["volumes"]
    assert cache == {"name": "cache", "emptyDir": {"sizeLimit": "2Gi"}}
    memory = SharedScratch(size=Decimal(1), medium="memory")
    with pytest.raises(ValueError, match="on disk and in memory"):
        mounted(PodNeeds(scratch={"cache": half}), PodNeeds(scratch={"cache": memory}))


@pytest.mark.parametrize(
    ("second_reads", "says", "read_only"),
    [(True, True, True), (False, True, False), (True, False, False)],
)
def test_a_claim_is_read_only_where_every_mount_is(
    second_reads: bool, says: bool, read_only: bool
) -> None:
    volume = Claim(PodNeeds(read_only_claim=says))
    mounts = [
        Mount(name="v", path="/a", volume=volume, read_only=True),
        Mount(name="v", path="/b", volume=volume, read_only=second_reads),
    ]
    (made,) = with_mounts(pod(), mounts, owner="me")["spec"]["volumes"]
    assert made["persistentVolumeClaim"].get("readOnly", False) == read_only
