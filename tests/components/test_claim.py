from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.kubernetes.claim import Claim, ClaimArgs
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.mountable import PodNeeds

CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
BASE = {"kind": "claim", "storageClass": "fast", "size": "1Ti"}


def claim(
    opts: pulumi.ResourceOptions, snapshot_name: Any = None, **spec: Any
) -> Claim:
    given = ClaimSpec.model_validate({**BASE, **spec})
    args = ClaimArgs(spec=given, namespace="dev", snapshot_name=snapshot_name)
    return Claim("data", args, opts)


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
    # What it was filled from is only looked at where it is said.
    assert set(made.ignore_changes) == {"spec.dataSource", "spec.dataSourceRef"}


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


def test_restored_from_a_snapshot(deploy_with: Any) -> None:
    made = deploy_with(lambda opts: claim(opts, "before-7", restore="before-7"))
    claimed = made.one(CLAIM)
    assert claimed.inputs["spec"]["dataSource"] == {
        "apiGroup": "snapshot.storage.k8s.io",
        "kind": "VolumeSnapshot",
        "name": "before-7",
    }
    # Another snapshot is another claim: protection refuses the replacement.
    assert "spec.dataSource" in claimed.replace_on_changes
    assert "spec.dataSource" not in claimed.ignore_changes
    assert claimed.protect


def test_a_restored_claim_never_begins_empty(deploy_with: Any) -> None:
    with pytest.raises(ValueError, match="no snapshot is given"):
        deploy_with(lambda opts: claim(opts, restore="before-7"))


def test_the_line_may_go_once_it_is_restored(deploy_with: Any) -> None:
    claimed = deploy_with(claim).one(CLAIM)
    assert "dataSource" not in claimed.inputs["spec"]
    # The API server fills the second from the first.
    assert {"spec.dataSource", "spec.dataSourceRef"} <= set(claimed.ignore_changes)


@pytest.mark.parametrize("way", ["existing", "adopt"])
def test_a_snapshot_fills_no_claim_that_exists(deploy_with: Any, way: str) -> None:
    more: dict[str, Any] = {way: {"name": "theirs"}}
    if way == "existing":
        more |= {"storageClass": None, "size": None}
    with pytest.raises(ValueError, match="a snapshot fills a new one"):
        deploy_with(lambda opts: claim(opts, "before-7", **more))


def test_the_modes_of_a_claim_are_not_changed_in_place(deploy_with: Any) -> None:
    assert "spec.volumeMode" in deploy_with(claim).one(CLAIM).replace_on_changes
