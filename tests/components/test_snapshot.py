from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.kubernetes.claim import Claim, ClaimArgs
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.snapshot import Snapshot, SnapshotArgs
from components.kubernetes.snapshot_class import SnapshotClass, SnapshotClassArgs
from components.kubernetes.snapshot_class_spec import SnapshotClassSpec
from components.kubernetes.snapshot_spec import SnapshotSpec

CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
CLASS = "kubernetes:snapshot.storage.k8s.io/v1:VolumeSnapshotClass"
SNAPSHOT = "kubernetes:snapshot.storage.k8s.io/v1:VolumeSnapshot"


def class_args(**more: Any) -> SnapshotClassArgs:
    given = {"driver": "hostpath.csi.k8s.io", **more}
    return SnapshotClassArgs(spec=SnapshotClassSpec.model_validate(given))


def snapshot(
    opts: pulumi.ResourceOptions, claim_name: Any = "ckpt", **more: Any
) -> Snapshot:
    given = {"of": "ckpt", "snapshotClass": "nightly", **more}
    spec = SnapshotSpec.model_validate(given)
    args = SnapshotArgs(spec=spec, namespace="dev", claim_name=claim_name)
    return Snapshot("before-7", args, opts)


def test_a_class_of_its_own_name(deploy_with: Any) -> None:
    deployed = deploy_with(
        lambda opts: {
            "name": SnapshotClass(
                "nightly", class_args(parameters={"type": "backup"}), opts
            ).class_name
        }
    )
    made = deployed.one(CLASS)
    assert made.parent == deployed.one("ml-storage:index:SnapshotClass").urn
    assert made.inputs == {
        "apiVersion": "snapshot.storage.k8s.io/v1",
        "kind": "VolumeSnapshotClass",
        "metadata": {"name": "nightly"},
        "driver": "hostpath.csi.k8s.io",
        # A snapshot that loses its object keeps its data.
        "deletionPolicy": "Retain",
        "parameters": {"type": "backup"},
    }
    assert deployed.outputs == {"name": "nightly"}


def test_a_changed_class_is_made_anew_under_its_name(deploy_with: Any) -> None:
    made = deploy_with(lambda opts: SnapshotClass("nightly", class_args(), opts))
    found = made.one(CLASS)
    assert found.delete_before_replace
    assert not found.protect
    fields = {"driver", "deletionPolicy", "parameters"}
    assert set(found.replace_on_changes) == fields
    assert "parameters" not in found.inputs


def test_an_existing_class_is_not_made(deploy_with: Any) -> None:
    with pytest.raises(ValueError, match="'nightly' is existing"):
        deploy_with(
            lambda opts: SnapshotClass("nightly", class_args(existing=True), opts)
        )


def test_taken(deploy_with: Any) -> None:
    deployed = deploy_with(snapshot)
    made = deployed.one(SNAPSHOT)
    assert made.parent == deployed.one("ml-storage:index:Snapshot").urn
    assert made.inputs["metadata"] == {"name": "before-7", "namespace": "dev"}
    assert made.inputs["spec"] == {
        "volumeSnapshotClassName": "nightly",
        "source": {"persistentVolumeClaimName": "ckpt"},
    }
    assert made.protect
    # The source is immutable, and the name is fixed.
    assert set(made.replace_on_changes) == {
        "spec.source",
        "spec.volumeSnapshotClassName",
    }
    assert made.delete_before_replace


@pytest.mark.parametrize(
    ("on_delete", "protect", "retain"),
    [("protect", True, False), ("retain", False, True), ("delete", False, False)],
)
def test_what_becomes_of_it(
    deploy_with: Any, on_delete: str, protect: bool, retain: bool
) -> None:
    made = deploy_with(lambda opts: snapshot(opts, onDelete=on_delete)).one(SNAPSHOT)
    assert (made.protect, made.retain_on_delete) == (protect, retain)


def test_existing_is_only_read(deploy_with: Any) -> None:
    more = {"existing": {"name": "theirs"}, "of": None, "snapshotClass": None}
    deployed = deploy_with(
        lambda opts: {"name": snapshot(opts, None, **more).snapshot_name}
    )
    found = deployed.one(SNAPSHOT)
    assert found.read
    assert found.import_id == "dev/theirs"
    assert deployed.outputs == {"name": "theirs"}


def test_adopted_is_imported_and_protected(deploy_with: Any) -> None:
    made = deploy_with(lambda opts: snapshot(opts, adopt={"name": "theirs"}))
    found = made.one(SNAPSHOT)
    assert found.import_id == "dev/theirs"
    assert found.protect
    assert found.inputs["metadata"]["name"] == "theirs"
    assert "metadata.annotations" in found.ignore_changes


def test_adopting_needs_a_namespace_that_is_known(deploy_with: Any) -> None:
    def make(opts: pulumi.ResourceOptions) -> None:
        given = {"of": "ckpt", "snapshotClass": "a", "adopt": {"name": "theirs"}}
        spec = SnapshotSpec.model_validate(given)
        namespace = pulumi.Output.from_input("dev")
        args = SnapshotArgs(spec=spec, namespace=namespace, claim_name="ckpt")
        Snapshot("before-7", args, opts)

    with pytest.raises(TypeError, match="whose name is known"):
        deploy_with(make)


@pytest.mark.parametrize(
    ("claim_name", "more"),
    [
        (None, {}),
        ("ckpt", {"existing": {"name": "a"}, "of": None, "snapshotClass": None}),
    ],
)
def test_it_is_of_a_claim_or_there_already(
    deploy_with: Any, claim_name: str | None, more: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="unless it is existing"):
        deploy_with(lambda opts: snapshot(opts, claim_name, **more))


def test_first_the_claim_then_its_snapshot_then_what_is_restored(
    deploy_with: Any,
) -> None:
    def make(opts: pulumi.ResourceOptions) -> None:
        given = {"kind": "claim", "storageClass": "fast", "size": "1Gi"}
        spec = ClaimSpec.model_validate(given)
        source = Claim("ckpt", ClaimArgs(spec=spec, namespace="dev"), opts)
        after = pulumi.ResourceOptions(provider=opts.provider, depends_on=[source])
        taken = snapshot(after, source.claim_name)
        restored = ClaimSpec.model_validate({**given, "restore": "before-7"})
        Claim(
            "again",
            ClaimArgs(
                spec=restored, namespace="dev", snapshot_name=taken.snapshot_name
            ),
            opts,
        )

    deployed = deploy_with(make)
    source = deployed.one(CLAIM, "ckpt-claim")
    taken = deployed.one(SNAPSHOT)
    restored = deployed.one(CLAIM, "again-claim")
    assert source.urn in deployed.one("ml-storage:index:Snapshot").depends_on
    assert taken.urn in restored.depends_on
    assert restored.inputs["spec"]["dataSource"]["name"] == "before-7"
