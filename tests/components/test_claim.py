from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.kubernetes.claim import Claim, ClaimArgs
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.mountable import PodNeeds

CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
BASE = {"kind": "claim", "storageClass": "fast", "size": "1Ti"}


def claim(opts: pulumi.ResourceOptions, **spec: Any) -> Claim:
    return Claim(
        "data",
        ClaimArgs(spec=ClaimSpec.model_validate({**BASE, **spec}), namespace="dev"),
        opts,
    )


def test_made(deploy_with: Any) -> None:
    deployed = deploy_with(lambda opts: claim(opts, accessModes=["ReadWriteMany"]))
    made = deployed.one(CLAIM)
    assert made.parent == deployed.one("Claim").urn
    assert made.name == "data-claim"
    assert made.inputs["metadata"] == {"name": "data", "namespace": "dev"}
    assert made.inputs["spec"] == {
        "storageClassName": "fast",
        "accessModes": ["ReadWriteMany"],
        "volumeMode": "Filesystem",
        "resources": {"requests": {"storage": "1Ti"}},
    }
    # The fixed name leaves no room for a new claim beside the old one.
    assert made.delete_before_replace
    assert not (made.read)
    assert not (made.import_id)
    assert not (made.ignore_changes)


@pytest.mark.parametrize(
    ("on_delete", "protect", "retain"),
    [
        (None, True, False),
        ("protect", True, False),
        ("retain", False, True),
        ("delete", False, False),
    ],
)
def test_what_becomes_of_the_data(
    deploy_with: Any, on_delete: str | None, protect: bool, retain: bool
) -> None:
    more = {} if on_delete is None else {"onDelete": on_delete}
    made = deploy_with(lambda opts: claim(opts, **more)).one(CLAIM)
    assert (made.protect, made.retain_on_delete) == (protect, retain)


def test_existing_is_only_read(deploy_with: Any) -> None:
    more = {"existing": {"name": "theirs"}, "storageClass": None, "size": None}
    deployed = deploy_with(
        lambda opts: claim(opts, **more),
        outputs=lambda r: {"spec": {"volumeName": "pvc-1"}} if r.read else {},
    )
    found = deployed.one(CLAIM)
    assert found.read
    assert found.import_id == "dev/theirs"
    assert found.provider


def test_adopted_is_imported_and_protected(deploy_with: Any) -> None:
    made = deploy_with(lambda opts: claim(opts, adopt={"name": "theirs"})).one(CLAIM)
    assert made.import_id == "dev/theirs"
    assert made.protect
    assert made.inputs["metadata"]["name"] == "theirs"
    # What the provisioner wrote into it is not a change.
    assert "spec.volumeName" in made.ignore_changes
    assert "metadata.annotations" in made.ignore_changes


def test_adopting_needs_a_namespace_that_is_known(deploy_with: Any) -> None:
    def make(opts: pulumi.ResourceOptions) -> None:
        spec = ClaimSpec.model_validate({**BASE, "adopt": {"name": "theirs"}})
        namespace = pulumi.Output.from_input("dev")
        Claim("data", ClaimArgs(spec=spec, namespace=namespace), opts)

    with pytest.raises(TypeError, match="whose name is known"):
        deploy_with(make)


@pytest.mark.parametrize("access", ["read-write", "read-only"])
def test_it_is_mounted_by_its_name(deploy_with: Any, access: str) -> None:
    made: list[Claim] = []
    deploy_with(lambda opts: made.append(claim(opts, access=access)))
    read_only = {"readOnly": True} if access == "read-only" else {}
    assert made[0].volume_source() == {
        "persistentVolumeClaim": {"claimName": "data", **read_only}
    }
    assert made[0].read_only == (access == "read-only")
    assert made[0].access_modes == ["ReadWriteOnce"]
    assert made[0].pod_needs() == PodNeeds()


def test_its_volume_is_what_the_cluster_bound(deploy_with: Any, preview: bool) -> None:
    bound = {"spec": {"volumeName": "pvc-1234"}}
    deployed = deploy_with(
        lambda opts: {"volume": claim(opts).volume_name},
        outputs=lambda r: bound if r.type == CLAIM else {},
    )
    if not preview:
        assert deployed.outputs == {"volume": "pvc-1234"}
