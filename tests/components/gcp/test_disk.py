from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest
from pydantic import ValidationError
from pydantic.alias_generators import to_snake

from components.catalog.gcp_disk_tables import CHANGED_IN_PLACE, REPLACED_BY
from components.gcp.disk import Disk, DiskArgs, csi_source
from components.gcp.disk_spec import DiskSpec
from components.testing import Deployment, Registered, deploy

PROJECT = "ml-prod-123456"
ZONE = "us-central1-a"
OLD = f"projects/{PROJECT}/zones/{ZONE}/disks/old"
KEY = f"projects/{PROJECT}/locations/us-central1/keyRings/r/cryptoKeys/k"
IMAGE = f"projects/{PROJECT}/global/images/weights-0a1b2c3"


def spec(**fields: Any) -> DiskSpec:
    return DiskSpec.model_validate({"kind": "persistent-disk", "zone": ZONE, **fields})


def run(make: Callable[[pulumi.ResourceOptions], Any], *, preview: bool) -> Deployment:
    def program() -> Any:
        provider = gcp.Provider("gcp", project=PROJECT)
        return make(pulumi.ResourceOptions(provider=provider))

    return deploy(program, preview=preview)


def made(preview: bool, *, wiring: dict[str, Any] | None = None, **fields: Any) -> Any:
    args = DiskArgs(spec=spec(**fields), project=PROJECT, **(wiring or {}))
    return run(lambda opts: Disk("weights", args, opts), preview=preview)


def disk(deployed: Deployment) -> Registered:
    return deployed.one("gcp:compute/disk:Disk")


def test_a_disk(preview: bool) -> None:
    deployed = made(preview, sizeGiB=100, tags={"use": "work"})
    component = deployed.one("ml-storage:index:Disk")
    assert deployed.children_of(component) == [disk(deployed)]
    data = disk(deployed)
    assert data.name == "weights-disk"
    assert data.inputs == {
        "project": PROJECT,
        "zone": ZONE,
        "type": "pd-balanced",
        "size": 100,
        "createSnapshotBeforeDestroy": True,
        "labels": {"use": "work"},
    }
    assert data.protect
    assert not data.retain_on_delete
    assert not data.ignore_changes


def test_a_model_that_many_nodes_read(preview: bool) -> None:
    deployed = made(
        preview,
        wiring={"image": IMAGE, "kms_key": KEY},
        type="hyperdisk-ml",
        sizeGiB=500,
        throughput=2400,
        image="weights",
        access="read-only",
    )
    inputs = disk(deployed).inputs
    assert inputs["image"] == IMAGE
    assert inputs["accessMode"] == "READ_ONLY_MANY"
    assert inputs["provisionedThroughput"] == 2400
    assert inputs["diskEncryptionKey"] == {"kmsKeySelfLink": KEY}
    assert "provisionedIops" not in inputs


@pytest.mark.parametrize(
    ("type_", "access", "mode"),
    [
        ("hyperdisk-ml", "read-write", "READ_WRITE_SINGLE"),
        ("hyperdisk-balanced", "read-write", "READ_WRITE_SINGLE"),
        ("hyperdisk-balanced", "read-only", "READ_ONLY_MANY"),
        # Persistent Disk has no mode of its own, and these are on one node.
        ("pd-ssd", "read-only", None),
        ("hyperdisk-extreme", "read-write", None),
    ],
)
def test_hyperdisk_says_who_may_have_it(
    preview: bool, type_: str, access: str, mode: str | None
) -> None:
    inputs = disk(made(preview, type=type_, sizeGiB=1000, access=access)).inputs
    assert inputs.get("accessMode") == mode


@pytest.mark.parametrize(
    ("on_delete", "protect", "retain", "snapshot"),
    [
        ("protect", True, False, True),
        ("retain", False, True, None),
        ("delete", False, False, None),
    ],
)
def test_what_becomes_of_the_data(
    preview: bool, on_delete: str, protect: bool, retain: bool, snapshot: bool | None
) -> None:
    data = disk(made(preview, sizeGiB=100, onDelete=on_delete))
    assert (data.protect, data.retain_on_delete) == (protect, retain)
    assert data.inputs.get("createSnapshotBeforeDestroy") is snapshot


def test_an_adopted_one_is_imported_under_its_name(preview: bool) -> None:
    deployed = made(preview, adopt=OLD, onDelete="retain", sizeGiB=200)
    data = disk(deployed)
    assert data.import_id == OLD
    assert data.protect
    assert set(data.ignore_changes) == set(REPLACED_BY)
    assert data.inputs["name"] == "old"
    # What is stated is managed, and nothing else is taken away.
    assert data.inputs["size"] == 200
    assert "accessMode" not in data.inputs
    assert "labels" not in data.inputs
    assert "createSnapshotBeforeDestroy" not in data.inputs


def test_an_existing_one_is_named(preview: bool) -> None:
    deployed = made(preview, existing=OLD)
    assert deployed.children_of(deployed.one("ml-storage:index:Disk")) == []


def test_what_replaces_a_disk_is_an_input_of_it() -> None:
    arguments = inspect.signature(gcp.compute.DiskArgs).parameters
    names = {to_snake(name) for name in (*REPLACED_BY, *CHANGED_IN_PLACE)}
    assert names <= arguments.keys()
    assert not set(REPLACED_BY) & set(CHANGED_IN_PLACE)


def mounted(preview: bool, given: DiskSpec, **more: Any) -> dict[str, Any]:
    """The part of a PersistentVolume that names the storage."""

    def make(opts: pulumi.ResourceOptions) -> dict[str, Any]:
        args = DiskArgs(spec=given, project=PROJECT)
        ids = Disk("weights", args, opts).ids
        return {"source": csi_source(given, ids, **more).fields()}

    return run(make, preview=preview).outputs["source"]


def test_a_disk_is_mounted_in_its_zone() -> None:
    source = mounted(False, spec(sizeGiB=100), access="read-write")
    handle = source["csi"].pop("volumeHandle")
    assert handle == f"projects/{PROJECT}/zones/{ZONE}/disks/weights-disk-0a1b2c3"
    assert source["csi"] == {"driver": "pd.csi.storage.gke.io", "fsType": "ext4"}
    (term,) = source["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert term["matchExpressions"] == [
        {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [ZONE]}
    ]
    assert "mountOptions" not in source


def test_a_model_is_mounted_read_only_and_read_ahead(preview: bool) -> None:
    given = spec(existing=OLD, type="hyperdisk-ml", access="read-only", fsType="xfs")
    source = mounted(preview, given, access="read-write")
    assert source["csi"] == {
        "driver": "pd.csi.storage.gke.io",
        "volumeHandle": OLD,
        "fsType": "xfs",
        "readOnly": True,
    }
    assert source["mountOptions"] == ["read_ahead_kb=4096"]
    assert given.access_modes == ["ReadOnlyMany"]


def test_a_grant_narrows(preview: bool) -> None:
    source = mounted(preview, spec(existing=OLD), access="read-only")
    assert source["csi"]["readOnly"] is True


def problems(**fields: Any) -> list[tuple[str, tuple[str | int, ...]]]:
    with pytest.raises(ValidationError) as caught:
        spec(**fields)
    return [(e["ctx"]["problem"].rule, e["loc"]) for e in caught.value.errors()]


def test_every_mistake_is_said_at_once() -> None:
    assert problems(
        type="hyperdisk-extreme",
        adopt="old",
        onDelete="delete",
        sizeGiB=32,
        iops=400_000,
        throughput=100,
        access="read-only",
        snapshot="s",
    ) == [
        ("VOL04", ("onDelete",)),
        ("PDK13", ("adopt",)),
        ("PDK09", ("snapshot",)),
        ("PDK05", ("sizeGiB",)),
        ("PDK03", ("iops",)),
        ("PDK02", ("throughput",)),
        ("PDK10", ("access",)),
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"existing": OLD},
        {"adopt": OLD, "type": "pd-ssd"},
        {"image": "weights"},
        {"snapshot": f"projects/{PROJECT}/global/snapshots/s", "sizeGiB": 100},
    ],
)
def test_told_to_another_stack_it_stays_valid(fields: dict[str, Any]) -> None:
    told = spec(**fields).model_dump(mode="json", by_alias=True)
    assert DiskSpec.model_validate(told) == spec(**fields)
