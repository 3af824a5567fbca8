from __future__ import annotations

from typing import Any

import pytest

from components.kubernetes.storage_class import StorageClass, StorageClassArgs
from components.kubernetes.storage_class_spec import StorageClassSpec

CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"


def args(**spec: Any) -> StorageClassArgs:
    given = {"provisioner": "nfs.csi.k8s.io", **spec}
    return StorageClassArgs(spec=StorageClassSpec.model_validate(given))


def test_made_under_its_own_name(deploy_with: Any) -> None:
    deployed = deploy_with(
        lambda opts: StorageClass("fast", args(parameters={"server": "a"}), opts)
    )
    made = deployed.one(CLASS)
    assert made.parent == deployed.one("ml-storage:index:StorageClass").urn
    assert made.inputs["metadata"] == {"name": "fast"}
    assert made.inputs["provisioner"] == "nfs.csi.k8s.io"
    assert made.inputs["parameters"] == {"server": "a"}
    assert made.inputs["reclaimPolicy"] == "Delete"
    assert made.inputs["volumeBindingMode"] == "Immediate"
    assert made.inputs["allowVolumeExpansion"] is False
    assert "mountOptions" not in made.inputs


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
        deploy_with(lambda opts: StorageClass("fast", args(existing=True), opts))
