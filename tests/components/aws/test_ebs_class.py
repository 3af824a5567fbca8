from __future__ import annotations

from typing import Any, get_args

import pulumi
import pulumi_kubernetes as k8s
import pytest
from pydantic import ValidationError

from components.aws.ebs_class_spec import EbsClassSpec
from components.aws.efs_class_spec import EfsClassSpec
from components.catalog import ebs_driver, efs_driver
from components.catalog.ebs import VolumeTypeName
from components.kubernetes.cloud_class_spec import CloudClassSpec
from components.kubernetes.storage_class import StorageClass, StorageClassArgs
from components.testing import Registered, deploy

KEY = "arn:aws:kms:us-west-2:123456789012:key/a"


def disks(**fields: Any) -> EbsClassSpec:
    return EbsClassSpec.model_validate({"kind": "ebs", **fields})


def made(spec: CloudClassSpec, *, preview: bool, **parameters: str) -> Registered:
    def program() -> None:
        opts = pulumi.ResourceOptions(provider=k8s.Provider("cluster", context="here"))
        StorageClass("disk", StorageClassArgs(spec=spec, parameters=parameters), opts)

    return deploy(program, preview=preview).one(
        "kubernetes:storage.k8s.io/v1:StorageClass"
    )


def test_a_class_of_disks(preview: bool) -> None:
    inputs = made(disks(), preview=preview).inputs
    assert inputs["provisioner"] == "ebs.csi.aws.com"
    assert inputs["parameters"] == {
        "type": "gp3",
        "encrypted": "true",
        "csi.storage.k8s.io/fstype": "ext4",
    }
    # A disk is of one zone: it is made where its pod runs, and it can grow.
    assert inputs["volumeBindingMode"] == "WaitForFirstConsumer"
    assert inputs["allowVolumeExpansion"] is True
    assert "mountOptions" not in inputs


def test_a_key_comes_from_the_cloud(preview: bool) -> None:
    spec = disks(type="io2", iopsPerGB=50, fsType="xfs", kmsKey="data")
    inputs = made(spec, preview=preview, kmsKeyId=KEY).inputs
    assert inputs["parameters"] == {
        "type": "io2",
        "encrypted": "true",
        "csi.storage.k8s.io/fstype": "xfs",
        "iopsPerGB": "50",
        "kmsKeyId": KEY,
    }


def test_a_class_of_directories(preview: bool) -> None:
    spec = EfsClassSpec.model_validate({"kind": "efs", "of": "models"})
    inputs = made(spec, preview=preview, fileSystemId="fs-01234567").inputs
    assert inputs["provisioner"] == "efs.csi.aws.com"
    assert inputs["parameters"] == {
        "provisioningMode": "efs-ap",
        "fileSystemId": "fs-01234567",
        "directoryPerms": "0770",
    }
    assert inputs["volumeBindingMode"] == "Immediate"
    assert inputs["allowVolumeExpansion"] is False


@pytest.mark.parametrize("type_", get_args(VolumeTypeName))
@pytest.mark.parametrize("fs_type", ["ext4", "ext3", "xfs"])
def test_the_driver_takes_what_a_class_says(type_: str, fs_type: str) -> None:
    more = {"io2": {"iops": 100}, "io1": {"iopsPerGB": 50}, "gp3": {"throughput": 125}}
    spec = disks(type=type_, fsType=fs_type, **more.get(type_, {}))
    assert list(spec.problems()) == []
    assert list(ebs_driver.DRIVER.problems(spec.all_parameters)) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"gidRange": [1000, 5000], "basePath": "/claims"},
        {"uid": 1000, "gid": 1000, "subPathPattern": "${.PVC.namespace}/${.PVC.name}"},
        {
            "subPathPattern": "shared",
            "ensureUniqueDirectory": False,
            "reuseAccessPoint": True,
        },
    ],
)
def test_the_driver_takes_what_a_class_of_directories_says(
    fields: dict[str, Any],
) -> None:
    spec = EfsClassSpec.model_validate(
        {"kind": "efs", "fileSystem": "fs-01234567", **fields}
    )
    assert list(spec.problems()) == []
    assert list(efs_driver.DRIVER.problems(spec.all_parameters)) == []


def test_every_mistake_is_said_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        disks(type="gp3", iops=100, throughput=5000)
    found = [(e["ctx"]["problem"].rule, e["loc"]) for e in caught.value.errors()]
    assert found == [("EBS04", ("iops",)), ("EBS07", ("throughput",))]


def test_what_sources_disagree_on_warns() -> None:
    spec = disks(iops=40_000, throughput=1500)
    assert [(p.rule, p.severity) for p in spec.problems()] == [
        ("EBS04", "warning"),
        ("EBS07", "warning"),
    ]
