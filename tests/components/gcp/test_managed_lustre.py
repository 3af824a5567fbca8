from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_gcp as gcp
import pulumi_kubernetes as k8s
import pytest
from pydantic import ValidationError
from pydantic.alias_generators import to_snake

from components.catalog.gcp_lustre import REPLACED_BY
from components.catalog.gcp_lustre_driver import DRIVER
from components.gcp.managed_lustre import (
    ManagedLustre,
    ManagedLustreArgs,
    class_parameters,
    csi_source,
)
from components.gcp.managed_lustre_class_spec import ManagedLustreClassSpec
from components.gcp.managed_lustre_spec import ManagedLustreSpec
from components.kubernetes.storage_class import StorageClass, StorageClassArgs
from components.testing import Deployment, Registered, deploy

INSTANCE = "gcp:lustre/instance:Instance"
PROJECT = "ml-prod-123456"
NETWORK = f"projects/{PROJECT}/global/networks/prod"
FULL = f"projects/{PROJECT}/locations/us-central1-a/instances/scratch"
USED = {"kind": "managed-lustre", "zone": "us-central1-a"}
MADE = {**USED, "capacityGiB": 18_000, "throughputPerTiB": 500}
IDS = {
    "project": PROJECT,
    "location": "us-central1-a",
    "instance": "test-training",
    "mountPoint": "10.16.0.10@tcp:/lustre",
    "filesystem": "lustre",
}


def spec(**more: Any) -> ManagedLustreSpec:
    return ManagedLustreSpec.model_validate({**MADE, **more})


def used(**more: Any) -> ManagedLustreSpec:
    return ManagedLustreSpec.model_validate({**USED, **more})


def cloud(resource: Registered) -> Mapping[str, Any]:
    if resource.type != INSTANCE:
        return {}
    name = "scratch" if resource.read else resource.inputs["filesystem"]
    return {"mountPoint": f"10.16.0.10@tcp:/{name}"}


def made(given: ManagedLustreSpec, *, preview: bool, **more: Any) -> Deployment:
    wiring = {"network": NETWORK, **more}

    def program() -> dict[str, Any]:
        provider = gcp.Provider("gcp", project=PROJECT, region="us-central1")
        opts = pulumi.ResourceOptions(provider=provider)
        args = ManagedLustreArgs(spec=given, project=PROJECT, **wiring)
        return dict(ManagedLustre("training", args, opts).ids)

    return deploy(program, preview=preview, outputs=cloud)


def test_an_instance(preview: bool) -> None:
    deployed = made(spec(tags={"team": "vision"}), preview=preview)
    instance, whole = deployed.one(INSTANCE), deployed.one("ManagedLustre")
    assert whole.type == "ml-storage:index:ManagedLustre"
    assert (instance.name, instance.parent) == ("training-instance", whole.urn)
    assert deployed.children_of(whole) == [instance]
    assert instance.inputs == {
        "instanceId": "test-training",
        "project": PROJECT,
        "location": "us-central1-a",
        "capacityGib": "18000",
        "perUnitStorageThroughput": "500",
        "filesystem": "lustre",
        "network": NETWORK,
        "deletionPolicy": "PREVENT",
        "labels": {"team": "vision"},
    }
    assert instance.protect
    assert not instance.retain_on_delete
    # Its id is fixed: another cannot be made beside it.
    assert instance.delete_before_replace
    if not preview:
        assert deployed.outputs == IDS


def test_everything_is_said(preview: bool) -> None:
    deployed = made(
        spec(
            throughputPerTiB=None,
            capacityGiB=472_000,
            instance="fast",
            filesystem="fast1",
            kmsKey="data",
            rootSquash={"uid": 1000, "exceptFor": ["10.60.0.0/20"]},
        ),
        preview=preview,
        kms_key="projects/p/locations/us-central1/keyRings/r/cryptoKeys/k",
    )
    inputs = deployed.one(INSTANCE).inputs
    assert inputs["instanceId"] == "fast"
    assert inputs["filesystem"] == "fast1"
    # The dynamic tier is chosen by a mode of its own, without a throughput.
    assert inputs["dynamicTierOptions"] == {"mode": "DEFAULT_CACHE"}
    assert "perUnitStorageThroughput" not in inputs
    assert inputs["kmsKey"].endswith("/cryptoKeys/k")
    assert inputs["accessRulesOptions"] == {
        "defaultSquashMode": "ROOT_SQUASH",
        "defaultSquashUid": 1000,
        "defaultSquashGid": 65534,
        "accessRules": [
            {
                "name": "root_stays_root",
                "ipAddressRanges": ["10.60.0.0/20"],
                "squashMode": "NO_SQUASH",
            }
        ],
    }


def test_it_needs_a_network() -> None:
    with pytest.raises(ValueError, match="'training' needs a network"):
        made(spec(), preview=False, network=None)
    assert spec().needs_private_services
    assert not used(existing=FULL).needs_private_services


@pytest.mark.parametrize(
    ("on_delete", "protect", "retain"),
    [("protect", True, False), ("retain", False, True), ("delete", False, False)],
)
def test_what_becomes_of_the_data(
    preview: bool, on_delete: str, protect: bool, retain: bool
) -> None:
    instance = made(spec(onDelete=on_delete), preview=preview).one(INSTANCE)
    assert (instance.protect, instance.retain_on_delete) == (protect, retain)
    assert instance.inputs["deletionPolicy"] == ("PREVENT" if protect else "DELETE")


@pytest.mark.parametrize("adopt", [FULL, "scratch"])
def test_an_adopted_one_is_imported(preview: bool, adopt: str) -> None:
    deployed = made(spec(adopt=adopt, onDelete="retain"), preview=preview)
    instance = deployed.one(INSTANCE)
    assert instance.import_id == FULL
    assert instance.inputs["instanceId"] == "scratch"
    assert instance.protect
    kept = set(instance.ignore_changes)
    # What the program does not state at all is not taken away.
    arguments = inspect.signature(gcp.lustre.InstanceArgs).parameters
    said = {to_snake(key) for key in instance.inputs}
    assert arguments.keys() - said - {"self", "__self__", "labels"} <= {
        to_snake(key) for key in kept
    }
    assert {*REPLACED_BY, "deletionPolicy", "accessRulesOptions"} <= kept
    assert "capacityGib" not in kept


@pytest.mark.parametrize("existing", [FULL, "scratch"])
def test_an_existing_one_is_looked_up(preview: bool, existing: str) -> None:
    deployed = made(used(existing=existing), preview=preview, network=None)
    (found,) = deployed.children_of(deployed.one("ManagedLustre"))
    assert found.read
    assert found.import_id == FULL
    assert not found.protect
    if not preview:
        assert deployed.outputs == {
            **IDS,
            "instance": "scratch",
            "mountPoint": "10.16.0.10@tcp:/scratch",
            "filesystem": "scratch",
        }


def test_an_existing_one_that_says_where_it_answers(preview: bool) -> None:
    given = used(existing=FULL, mountPoint="10.16.0.9@tcp:/scratch")
    deployed = made(given, preview=preview, network=None)
    # Google Cloud is not asked: not even read rights are needed.
    assert deployed.children_of(deployed.one("ManagedLustre")) == []
    assert deployed.outputs["filesystem"] == "scratch"
    assert deployed.outputs["mountPoint"] == "10.16.0.9@tcp:/scratch"


def test_what_replaces_an_instance_is_an_input_of_it() -> None:
    arguments = inspect.signature(gcp.lustre.InstanceArgs).parameters
    assert {to_snake(name) for name in REPLACED_BY} <= arguments.keys()


def test_the_provider_imports_no_data() -> None:
    """Why a bucket is copied by a job: the package has no resource but instances."""
    found = vars(gcp.lustre).values()
    resources = {
        one
        for one in found
        if isinstance(one, type) and issubclass(one, pulumi.Resource)
    }
    assert resources == {gcp.lustre.Instance}


def mounted(preview: bool, given: ManagedLustreSpec, **more: Any) -> dict[str, Any]:
    """The part of a PersistentVolume that names the storage."""

    def program() -> dict[str, Any]:
        return {"source": csi_source(given, IDS, **more).fields()}

    return deploy(program, preview=preview).outputs["source"]


def test_a_file_system_is_mounted(preview: bool) -> None:
    assert mounted(preview, spec(), access="read-write") == {
        "csi": {
            "driver": "lustre.csi.storage.gke.io",
            "volumeHandle": f"{PROJECT}/us-central1-a/test-training",
            "volumeAttributes": {"ip": "10.16.0.10", "filesystem": "lustre"},
        }
    }


def test_reading_is_all_that_was_granted(preview: bool) -> None:
    for given, access in (
        (spec(), "read-only"),
        (spec(access="read-only"), "read-write"),
    ):
        assert mounted(preview, given, access=access)["csi"]["readOnly"] is True


def test_a_directory_is_not_mounted() -> None:
    with pytest.raises(ValueError, match="mounted whole"):
        csi_source(spec(), IDS, access="read-only", prefix="a")


def problems(given: dict[str, Any]) -> list[tuple[str, tuple[str | int, ...]]]:
    with pytest.raises(ValidationError) as caught:
        ManagedLustreSpec.model_validate(given)
    return [
        (line.get("ctx", {})["problem"].rule, line["loc"])
        for line in caught.value.errors()
    ]


def test_every_mistake_is_said_at_once() -> None:
    assert problems(
        {
            "kind": "managed-lustre",
            "zone": "us-central1",
            "instance": "My_FS",
            "filesystem": "file-system",
            "mountPoint": "10.0.0.2@tcp:/a",
            "rootSquash": {"uid": 0},
        }
    ) == [("MLU09", ("rootSquash", "uid"))]
    assert problems(
        {
            "kind": "managed-lustre",
            "zone": "us-central1",
            "instance": "My_FS",
            "filesystem": "file-system",
            "mountPoint": "10.0.0.2@tcp:/a",
        }
    ) == [
        ("MLU04", ("zone",)),
        ("MLU03", ("filesystem",)),
        ("MLU06", ("mountPoint",)),
        ("MLU01", ("capacityGiB",)),
        ("MLU02", ("instance",)),
    ]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, "lustre"),
        ({"filesystem": "a"}, "a"),
        ({"adopt": FULL}, None),
        ({"adopt": FULL, "filesystem": "a"}, "a"),
    ],
)
def test_what_nodes_know_it_by(given: dict[str, Any], name: str | None) -> None:
    assert spec(**given).file_system_name == name


def test_what_nodes_know_an_existing_one_by() -> None:
    assert used(existing=FULL).file_system_name is None
    point = "10.0.0.2@tcp:/scratch"
    assert used(existing=FULL, mountPoint=point).file_system_name == "scratch"


@pytest.mark.parametrize(
    "given",
    [
        MADE,
        {**USED, "existing": FULL},
        {**USED, "existing": FULL, "mountPoint": "10.0.0.2@tcp:/a"},
        {**MADE, "adopt": FULL},
        {**USED, "capacityGiB": 472_000, "throughputPerTiB": None},
    ],
)
def test_told_to_another_stack_it_stays_valid(given: dict[str, Any]) -> None:
    first = ManagedLustreSpec.model_validate(given)
    told = first.model_dump(mode="json", by_alias=True)
    assert ManagedLustreSpec.model_validate(told) == first


def test_a_class_in_its_zone(preview: bool) -> None:
    given = ManagedLustreClassSpec.model_validate({**USED, "throughputPerTiB": 250})
    assert list(DRIVER.problems(given.all_parameters)) == []

    def program() -> None:
        provider = k8s.Provider("cluster", context="here")
        args = StorageClassArgs(
            spec=given, parameters=class_parameters(network=NETWORK)
        )
        StorageClass("lustre", args, pulumi.ResourceOptions(provider=provider))

    inputs = deploy(program, preview=preview).one("StorageClass", "lustre-class").inputs
    assert inputs["provisioner"] == "lustre.csi.storage.gke.io"
    assert inputs["volumeBindingMode"] == "Immediate"
    assert inputs["allowVolumeExpansion"] is True
    assert inputs["parameters"] == {
        "perUnitStorageThroughput": "250",
        "network": NETWORK,
    }
    assert inputs["allowedTopologies"] == [
        {
            "matchLabelExpressions": [
                {"key": "topology.gke.io/zone", "values": ["us-central1-a"]}
            ]
        }
    ]
