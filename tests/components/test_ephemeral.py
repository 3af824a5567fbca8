from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from components.kubernetes.ephemeral_spec import EphemeralSpec
from components.kubernetes.mountable import Mount, Mountable, PodNeeds
from components.kubernetes.pod import with_mounts


def ephemeral(**more: Any) -> EphemeralSpec:
    given = {"kind": "ephemeral", "storageClass": "fast", "size": "100Gi", **more}
    return EphemeralSpec.model_validate(given)


def test_each_pod_gets_a_claim_of_its_own() -> None:
    volume: Mountable = ephemeral()
    pod = {"spec": {"containers": [{"name": "main", "image": "image"}]}}
    mount = Mount(name="tmp", path="/tmp", volume=volume)
    made = with_mounts(pod, [mount], owner="train")
    (source,) = made["spec"]["volumes"]
    assert source == {
        "name": "tmp",
        "ephemeral": {
            "volumeClaimTemplate": {
                "spec": {
                    "storageClassName": "fast",
                    "accessModes": ["ReadWriteOnce"],
                    "volumeMode": "Filesystem",
                    "resources": {"requests": {"storage": "100Gi"}},
                }
            }
        },
    }
    (container,) = made["spec"]["containers"]
    assert container["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}]
    # It is on the class's storage: neither memory nor disk of the node.
    assert not container.get("resources", {}).get("limits")


def test_it_belongs_to_its_pod() -> None:
    volume = ephemeral(accessModes=["ReadWriteOncePod"])
    assert volume.access_modes == ["ReadWriteOncePod"]
    assert not volume.read_only
    assert volume.pod_needs() == PodNeeds()


@pytest.mark.parametrize(
    ("more", "rule", "nearest"),
    [
        ({"writers": "one"}, "VOL06", None),
        ({"access": "read-only"}, "VOL06", "read-write"),
        (
            {"accessModes": ["ReadWriteOncePod", "ReadWriteOnce"]},
            "VOL05",
            "[ReadWriteOncePod]",
        ),
    ],
)
def test_there_is_nothing_to_share_or_to_find(
    more: dict[str, Any], rule: str, nearest: str | None
) -> None:
    with pytest.raises(ValidationError) as refused:
        ephemeral(**more)
    (error,) = refused.value.errors()
    problem = error.get("ctx", {})["problem"]
    assert (problem.rule, problem.nearest) == (rule, nearest)
