from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest
from pydantic import ValidationError

from components.catalog import gcp_disk_driver
from components.gcp.disk import class_parameters
from components.gcp.disk_class_spec import DiskClassSpec
from components.kubernetes.storage_class import StorageClass, StorageClassArgs
from components.testing import Registered, deploy

KEY = "projects/p/locations/us-central1/keyRings/r/cryptoKeys/k"
ZONES = ["us-central1-a", "us-central1-b"]
POOLS = [
    "projects/p/zones/us-central1-a/storagePools/fast-0a1b2c3",
    "projects/p/zones/us-central1-b/storagePools/fast-b-0a1b2c3",
]


def disks(**fields: Any) -> DiskClassSpec:
    return DiskClassSpec.model_validate({"kind": "persistent-disk", **fields})


def made(spec: DiskClassSpec, *, preview: bool, **wiring: Any) -> Registered:
    def program() -> None:
        opts = pulumi.ResourceOptions(provider=k8s.Provider("cluster", context="here"))
        parameters = class_parameters(**wiring)
        StorageClass("disk", StorageClassArgs(spec=spec, parameters=parameters), opts)

    return deploy(program, preview=preview).one(
        "kubernetes:storage.k8s.io/v1:StorageClass"
    )


def test_a_class_of_disks(preview: bool) -> None:
    inputs = made(disks(), preview=preview).inputs
    assert inputs["provisioner"] == "pd.csi.storage.gke.io"
    assert inputs["parameters"] == {
        "type": "pd-balanced",
        "csi.storage.k8s.io/fstype": "ext4",
    }
    # A disk is of one zone: it is made where its pod runs, and it can grow.
    assert inputs["volumeBindingMode"] == "WaitForFirstConsumer"
    assert inputs["allowVolumeExpansion"] is True
    assert "allowedTopologies" not in inputs
    assert "mountOptions" not in inputs


def test_a_key_comes_from_the_cloud(preview: bool) -> None:
    spec = disks(
        type="hyperdisk-balanced",
        iops=16_000,
        throughput=1000,
        fsType="xfs",
        kmsKey="data",
    )
    inputs = made(spec, preview=preview, kms_key=KEY).inputs
    assert inputs["parameters"] == {
        "type": "hyperdisk-balanced",
        "csi.storage.k8s.io/fstype": "xfs",
        "provisioned-iops-on-create": "16000",
        "provisioned-throughput-on-create": "1000Mi",
        "disk-encryption-kms-key": KEY,
    }


def test_disks_of_two_zones(preview: bool) -> None:
    inputs = made(disks(type="pd-ssd", regional=ZONES), preview=preview).inputs
    assert inputs["parameters"]["replication-type"] == "regional-pd"
    assert inputs["allowedTopologies"] == [
        {"matchLabelExpressions": [{"key": "topology.gke.io/zone", "values": ZONES}]}
    ]


def test_what_is_in_two_zones_in_any_case(preview: bool) -> None:
    spec = disks(type="hyperdisk-balanced-high-availability", regional=ZONES)
    inputs = made(spec, preview=preview).inputs
    assert "replication-type" not in inputs["parameters"]
    assert inputs["allowedTopologies"][0]["matchLabelExpressions"][0]["values"] == ZONES


def test_disks_of_storage_pools() -> None:
    spec = disks(
        type="hyperdisk-balanced", storagePools=["fast", "fast-b"], zones=ZONES
    )
    inputs = made(spec, preview=False, pools=POOLS).inputs
    assert inputs["parameters"]["storage-pools"] == ",".join(POOLS)
    assert inputs["allowedTopologies"][0]["matchLabelExpressions"][0]["values"] == ZONES


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"type": "pd-extreme", "iops": 50_000},
        {"type": "hyperdisk-ml", "throughput": 2400},
        {"type": "hyperdisk-throughput", "throughput": 100, "fsType": "xfs"},
        {"type": "pd-standard", "regional": ZONES},
        {"type": "hyperdisk-balanced-high-availability", "regional": ZONES},
    ],
)
def test_the_driver_takes_what_a_class_says(fields: dict[str, Any]) -> None:
    spec = disks(**fields)
    assert list(spec.problems()) == []
    assert list(gcp_disk_driver.DRIVER.problems(spec.all_parameters)) == []
    assert list(gcp_disk_driver.check(spec.all_parameters)) == []


def test_every_mistake_is_said_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        disks(
            type="hyperdisk-ml",
            iops=100,
            throughput=1,
            regional=ZONES,
            storagePools=["fast"],
        )
    found = [(e["ctx"]["problem"].rule, e["loc"]) for e in caught.value.errors()]
    assert found == [
        ("PDK02", ("iops",)),
        ("PDK04", ("throughput",)),
        ("PDK11", ("type",)),
        ("PDK12", ("type",)),
    ]
