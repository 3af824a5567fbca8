from __future__ import annotations

from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest

from components.gcp.storage_pool import StoragePool, StoragePoolArgs
from components.gcp.storage_pool_spec import StoragePoolSpec
from components.testing import Deployment, deploy

PROJECT = "ml-prod-123456"
ZONE = "us-central1-a"


def made(preview: bool, **fields: Any) -> Deployment:
    spec = StoragePoolSpec.model_validate(
        {"zone": ZONE, "capacityGiB": 10240, "throughput": 1024, **fields}
    )

    def program() -> dict[str, pulumi.Output[str]]:
        provider = gcp.Provider("gcp", project=PROJECT)
        args = StoragePoolArgs(spec=spec, project=PROJECT)
        pool = StoragePool("fast", args, pulumi.ResourceOptions(provider=provider))
        return {"pool": pool.pool}

    return deploy(program, preview=preview)


def test_a_pool(preview: bool) -> None:
    deployed = made(preview, iops=10_000, tags={"use": "work"})
    (pool,) = deployed.children_of(deployed.one("ml-storage:index:StoragePool"))
    assert (pool.type, pool.name) == (
        "gcp:compute/storagePool:StoragePool",
        "fast-pool",
    )
    assert pool.inputs == {
        "project": PROJECT,
        "zone": ZONE,
        "storagePoolType": "hyperdisk-balanced",
        "poolProvisionedCapacityGb": "10240",
        "poolProvisionedThroughput": "1024",
        "poolProvisionedIops": "10000",
        "deletionProtection": True,
        "labels": {"use": "work"},
    }
    assert pool.protect


def test_classes_name_it_in_full() -> None:
    name = f"projects/{PROJECT}/zones/{ZONE}/storagePools/fast-pool-0a1b2c3"
    assert made(preview=False).outputs["pool"] == name


def test_a_pool_of_throughput(preview: bool) -> None:
    deployed = made(preview, type="hyperdisk-throughput")
    inputs = deployed.one("gcp:compute/storagePool:StoragePool").inputs
    assert inputs["storagePoolType"] == "hyperdisk-throughput"
    assert "poolProvisionedIops" not in inputs


@pytest.mark.parametrize(
    ("on_delete", "protect", "retain", "guarded"),
    [
        ("protect", True, False, True),
        ("retain", False, True, True),
        ("delete", False, False, False),
    ],
)
def test_what_becomes_of_it(
    preview: bool, on_delete: str, protect: bool, retain: bool, guarded: bool
) -> None:
    deployed = made(preview, onDelete=on_delete)
    pool = deployed.one("gcp:compute/storagePool:StoragePool")
    assert (pool.protect, pool.retain_on_delete) == (protect, retain)
    assert pool.inputs["deletionProtection"] is guarded
