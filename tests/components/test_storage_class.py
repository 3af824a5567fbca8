from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from components.catalog.presets import PRESETS
from components.kubernetes.storage_class import StorageClass, StorageClassArgs
from components.kubernetes.storage_class_spec import StorageClassSpec

CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"
NFS = {"server": "files.example.com", "share": "/"}


def args(**spec: Any) -> StorageClassArgs:
    given = {"provisioner": "nfs.csi.k8s.io", "parameters": NFS, **spec}
    return StorageClassArgs(spec=StorageClassSpec.model_validate(given))


def test_made_under_its_own_name(deploy_with: Any) -> None:
    deployed = deploy_with(lambda opts: StorageClass("fast", args(), opts))
    made = deployed.one(CLASS)
    assert made.parent == deployed.one("ml-storage:index:StorageClass").urn
    assert made.inputs["metadata"] == {"name": "fast"}
    assert made.inputs["provisioner"] == "nfs.csi.k8s.io"
    assert made.inputs["parameters"] == NFS
    assert made.inputs["reclaimPolicy"] == "Delete"
    assert made.inputs["volumeBindingMode"] == "Immediate"
    assert made.inputs["allowVolumeExpansion"] is False
    assert "mountOptions" not in made.inputs


def test_a_preset_is_made_whole(deploy_with: Any) -> None:
    spec = StorageClassSpec.model_validate(
        {"preset": "rook-cephfs", "parameters": {"fsName": "myfs"}}
    )
    made = deploy_with(
        lambda opts: StorageClass("cephfs", StorageClassArgs(spec=spec), opts)
    ).one(CLASS)
    stage = "csi.storage.k8s.io/node-stage-secret"
    assert made.inputs["provisioner"] == "rook-ceph.cephfs.csi.ceph.com"
    assert made.inputs["allowVolumeExpansion"] is True
    assert made.inputs["parameters"]["fsName"] == "myfs"
    assert made.inputs["parameters"][f"{stage}-name"] == "rook-csi-cephfs-node"
    assert made.inputs["parameters"][f"{stage}-namespace"] == "rook-ceph"


def test_what_is_stated_beside_a_preset_wins(deploy_with: Any) -> None:
    spec = StorageClassSpec.model_validate(
        {
            "preset": "azure-file",
            "parameters": {"skuname": "Premium_ZRS"},
            "mountOptions": [],
            "volumeBindingMode": "WaitForFirstConsumer",
            "allowVolumeExpansion": False,
        }
    )
    made = deploy_with(
        lambda opts: StorageClass("files", StorageClassArgs(spec=spec), opts)
    ).one(CLASS)
    assert made.inputs["parameters"] == {"skuname": "Premium_ZRS"}
    assert made.inputs["volumeBindingMode"] == "WaitForFirstConsumer"
    assert made.inputs["allowVolumeExpansion"] is False
    assert "mountOptions" not in made.inputs


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_what_its_project_recommends(name: str) -> None:
    parameters = {"rook-cephfs": {"fsName": "myfs"}, "nfs-csi": NFS}.get(name, {})
    spec = StorageClassSpec.model_validate({"preset": name, "parameters": parameters})
    preset = PRESETS[name]
    assert spec.provisioner == preset.provisioner
    assert spec.binding == preset.binding
    assert spec.expandable == preset.expandable
    assert spec.all_mount_options == list(preset.mount_options)
    assert list(spec.problems()) == []


def test_a_preset_for_a_driver_of_another_namespace() -> None:
    name = "storage.cephfs.csi.ceph.com"
    spec = StorageClassSpec.model_validate(
        {"preset": "rook-cephfs", "provisioner": name, "parameters": {"fsName": "a"}}
    )
    assert spec.provisioner == name
    assert "clusterID" in spec.all_parameters


def test_a_preset_survives_being_told_to_another_stack() -> None:
    spec = StorageClassSpec.model_validate(
        {"preset": "rook-cephfs", "parameters": {"fsName": "myfs"}}
    )
    told = spec.model_dump(mode="json", by_alias=True)
    assert StorageClassSpec.model_validate(told) == spec
    assert told["provisioner"] is None


def test_a_driver_that_is_not_known_takes_anything() -> None:
    spec = StorageClassSpec.model_validate(
        {
            "provisioner": "csi.example.com",
            "parameters": {"anything": "goes"},
            "mountOptions": ["region us-west-2"],
        }
    )
    assert spec.all_parameters == {"anything": "goes"}
    assert spec.all_mount_options == ["region us-west-2"]


def test_a_class_that_mounts_read_only_warns() -> None:
    spec = args(mountOptions=["ro"]).spec
    assert [(p.rule, p.severity) for p in spec.problems()] == [("MNT05", "warning")]


def test_every_mistake_is_said_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        StorageClassSpec.model_validate(
            {
                "provisioner": "nfs.csi.k8s.io",
                "parameters": {"shares": "/", "onDelete": "keep"},
                "mountOptions": ["nfsvers=4.1 hard"],
            }
        )
    said = {
        e["ctx"]["problem"].rule: e["loc"] for e in caught.value.errors() if "ctx" in e
    }
    assert said == {
        "CLS04": ("parameters", "shares"),
        "CLS05": ("parameters", "server"),
        "CLS06": ("parameters", "onDelete"),
        "MNT05": ("mountOptions", 0),
    }


def test_a_change_replaces_it_under_its_name(deploy_with: Any) -> None:
    made = deploy_with(lambda opts: StorageClass("fast", args(), opts)).one(CLASS)
    assert made.delete_before_replace
    assert not made.protect
    # The API server refuses a change of these; provisioner and parameters
    # are known to the provider.
    assert set(made.replace_on_changes) >= {
        "mountOptions",
        "reclaimPolicy",
        "volumeBindingMode",
    }
    assert "allowVolumeExpansion" not in made.replace_on_changes


def test_an_existing_one_is_not_made(deploy_with: Any) -> None:
    with pytest.raises(ValueError, match="'fast' is existing"):
        deploy_with(
            lambda opts: StorageClass("fast", args(existing=True, parameters={}), opts)
        )
