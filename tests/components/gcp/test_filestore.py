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

from components.catalog.filestore import REPLACED_BY
from components.catalog.filestore_driver import DRIVER, check
from components.gcp.filestore import (
    Filestore,
    FilestoreArgs,
    class_parameters,
    csi_source,
)
from components.gcp.filestore_class_spec import FilestoreClassSpec
from components.gcp.filestore_spec import FilestoreSpec
from components.kubernetes.storage_class import StorageClass, StorageClassArgs
from components.testing import Deployment, Registered, deploy

INSTANCE = "gcp:filestore/instance:Instance"
PROJECT = "ml-prod-123456"
NETWORK = f"projects/{PROJECT}/global/networks/prod"
FULL = f"projects/{PROJECT}/locations/us-central1-a/instances/models"
MADE = {"kind": "filestore", "capacityGiB": 1024, "zone": "us-central1-a"}
IDS = {
    "instance": "shared-0a1b2c3",
    "location": "us-central1-a",
    "share": "vol1",
    "ip": "10.16.0.2",
}


def spec(**more: Any) -> FilestoreSpec:
    return FilestoreSpec.model_validate({**MADE, **more})


def used(**more: Any) -> FilestoreSpec:
    return FilestoreSpec.model_validate({"kind": "filestore", **more})


def cloud(resource: Registered) -> Mapping[str, Any]:
    if resource.type != INSTANCE:
        return {}
    # What the provider answers, of one that is looked up as well.
    network = {"network": NETWORK, "modes": [], "ipAddresses": ["10.16.0.2"]}
    return {
        "name": "shared-0a1b2c3",
        "networks": [network],
        "fileShares": {"name": "data", "capacityGb": 1024},
    }


def made(given: FilestoreSpec, *, preview: bool, **more: Any) -> Deployment:
    wiring = {"network": NETWORK, "peered_range": "google-services", **more}

    def program() -> dict[str, Any]:
        provider = gcp.Provider("gcp", project=PROJECT, region="us-central1")
        opts = pulumi.ResourceOptions(provider=provider)
        args = FilestoreArgs(
            spec=given, project=PROJECT, region="us-central1", **wiring
        )
        return dict(Filestore("shared", args, opts).ids)

    return deploy(program, preview=preview, outputs=cloud)


def test_an_instance_with_its_share(preview: bool) -> None:
    deployed = made(spec(tags={"team": "vision"}), preview=preview)
    instance, whole = deployed.one(INSTANCE), deployed.one("Filestore")
    assert whole.type == "ml-storage:index:Filestore"
    assert (instance.name, instance.parent) == ("shared-instance", whole.urn)
    assert deployed.children_of(whole) == [instance]
    assert instance.inputs == {
        "project": PROJECT,
        "location": "us-central1-a",
        "tier": "ZONAL",
        "protocol": "NFS_V3",
        "fileShares": {"name": "vol1", "capacityGb": 1024},
        "networks": [
            {
                "network": NETWORK,
                "modes": ["MODE_IPV4"],
                "connectMode": "PRIVATE_SERVICE_ACCESS",
                "reservedIpRange": "google-services",
            }
        ],
        "deletionProtectionEnabled": True,
        "deletionProtectionReason": "onDelete: protect",
        "deletionPolicy": "PREVENT",
        "labels": {"team": "vision"},
    }
    assert instance.protect
    assert not instance.retain_on_delete
    if not preview:
        assert deployed.outputs == IDS


def test_its_address_is_not_known_before_it_is_made() -> None:
    def program() -> dict[str, Any]:
        provider = gcp.Provider("gcp", project=PROJECT, region="us-central1")
        opts = pulumi.ResourceOptions(provider=provider)
        args = FilestoreArgs(
            spec=spec(), project=PROJECT, region="us-central1", network=NETWORK
        )
        return {"ip": Filestore("shared", args, opts).ids["ip"]}

    # What the provider answers in a preview is what it was told.
    assert "ip" not in deploy(program, preview=True).outputs


def test_everything_is_said(preview: bool) -> None:
    deployed = made(
        spec(
            tier="REGIONAL",
            zone=None,
            share="data",
            protocol="NFS_V4_1",
            iops=20_000,
            connectMode="DIRECT_PEERING",
            reservedCidr="10.0.4.0/26",
            kmsKey="data",
            nfsExport=[
                {"ipRanges": ["10.60.0.0/20"]},
                {
                    "ipRanges": ["10.4.0.0/14"],
                    "access": "READ_ONLY",
                    "squash": "ROOT_SQUASH",
                    "anonUid": 1000,
                },
            ],
            restore=f"projects/{PROJECT}/locations/us-central1/backups/b1",
        ),
        preview=preview,
        kms_key="projects/p/locations/us-central1/keyRings/r/cryptoKeys/k",
    )
    inputs = deployed.one(INSTANCE).inputs
    assert inputs["location"] == "us-central1"
    assert inputs["protocol"] == "NFS_V4_1"
    assert inputs["performanceConfig"] == {"fixedIops": {"maxIops": 20_000}}
    assert inputs["kmsKeyName"].endswith("/cryptoKeys/k")
    # Direct peering knows a network by its own name, and takes addresses.
    assert inputs["networks"] == [
        {
            "network": "prod",
            "modes": ["MODE_IPV4"],
            "connectMode": "DIRECT_PEERING",
            "reservedIpRange": "10.0.4.0/26",
        }
    ]
    assert inputs["fileShares"] == {
        "name": "data",
        "capacityGb": 1024,
        "sourceBackup": f"projects/{PROJECT}/locations/us-central1/backups/b1",
        "nfsExportOptions": [
            {
                "ipRanges": ["10.60.0.0/20"],
                "accessMode": "READ_WRITE",
                "squashMode": "NO_ROOT_SQUASH",
            },
            {
                "ipRanges": ["10.4.0.0/14"],
                "accessMode": "READ_ONLY",
                "squashMode": "ROOT_SQUASH",
                "anonUid": 1000,
            },
        ],
    }


def test_iops_by_the_size(preview: bool) -> None:
    deployed = made(spec(iopsPerTiB=6000), preview=preview)
    assert deployed.one(INSTANCE).inputs["performanceConfig"] == {
        "iopsPerTb": {"maxIopsPerTb": 6000}
    }


def test_without_private_services_it_is_peered_with(preview: bool) -> None:
    deployed = made(spec(), preview=preview, peered_range=None)
    (network,) = deployed.one(INSTANCE).inputs["networks"]
    assert network == {
        "network": "prod",
        "modes": ["MODE_IPV4"],
        "connectMode": "DIRECT_PEERING",
    }


def test_what_it_cannot_be_made_without() -> None:
    with pytest.raises(ValueError, match="'shared' needs a network"):
        made(spec(), preview=False, network=None)
    private = spec(connectMode="PRIVATE_SERVICE_ACCESS")
    with pytest.raises(ValueError, match="no range for private services"):
        made(private, preview=False, peered_range=None)
    assert private.needs_private_services
    assert not spec().needs_private_services


@pytest.mark.parametrize(
    ("on_delete", "protect", "retain"),
    [("protect", True, False), ("retain", False, True), ("delete", False, False)],
)
def test_what_becomes_of_the_data(
    preview: bool, on_delete: str, protect: bool, retain: bool
) -> None:
    instance = made(spec(onDelete=on_delete), preview=preview).one(INSTANCE)
    assert (instance.protect, instance.retain_on_delete) == (protect, retain)
    # The cloud's own guards are on exactly while the engine's is.
    assert instance.inputs["deletionProtectionEnabled"] is protect
    assert instance.inputs["deletionPolicy"] == ("PREVENT" if protect else "DELETE")


@pytest.mark.parametrize("adopt", [FULL, "models"])
def test_an_adopted_one_is_imported(preview: bool, adopt: str) -> None:
    deployed = made(spec(adopt=adopt, onDelete="retain"), preview=preview)
    instance = deployed.one(INSTANCE)
    assert instance.import_id == FULL
    assert instance.inputs["name"] == "models"
    assert instance.protect
    kept = set(instance.ignore_changes)
    # What the program does not state at all is not taken away.
    arguments = inspect.signature(gcp.filestore.InstanceArgs).parameters
    said = {to_snake(key) for key in instance.inputs}
    assert arguments.keys() - said - {"self", "__self__", "labels"} <= {
        to_snake(key) for key in kept
    }
    assert {*REPLACED_BY, "deletionProtectionEnabled", "performanceConfig"} <= kept
    assert "fileShares.nfsExportOptions" in kept
    # What the YAML states is managed.
    assert "fileShares.capacityGb" not in kept
    stated = made(spec(adopt=adopt, iops=5000), preview=preview).one(INSTANCE)
    assert "performanceConfig" not in stated.ignore_changes


def test_an_existing_one_is_looked_up(preview: bool) -> None:
    deployed = made(used(existing=FULL), preview=preview, network=None)
    (found,) = deployed.children_of(deployed.one("Filestore"))
    assert found.read
    assert found.import_id == FULL
    assert not found.protect
    if not preview:
        assert deployed.outputs == {**IDS, "instance": "models", "share": "data"}


def test_an_existing_one_by_its_id_and_region(preview: bool) -> None:
    given = used(existing="models", tier="ENTERPRISE")
    (found,) = made(given, preview=preview).all(INSTANCE)
    assert found.import_id == (
        f"projects/{PROJECT}/locations/us-central1/instances/models"
    )


def test_an_existing_one_that_says_where_it_answers(preview: bool) -> None:
    given = used(existing=FULL, ip="10.16.0.9", share="models")
    deployed = made(given, preview=preview, network=None)
    # Google Cloud is not asked: not even read rights are needed.
    assert deployed.children_of(deployed.one("Filestore")) == []
    assert deployed.outputs == {
        "instance": "models",
        "location": "us-central1-a",
        "share": "models",
        "ip": "10.16.0.9",
    }


def test_what_replaces_an_instance_is_an_input_of_it() -> None:
    arguments = inspect.signature(gcp.filestore.InstanceArgs).parameters
    whole = {to_snake(name.partition(".")[0]) for name in REPLACED_BY}
    assert whole <= arguments.keys()
    share = inspect.signature(gcp.filestore.InstanceFileSharesArgs).parameters
    parts = {name.partition(".")[2] for name in REPLACED_BY}
    assert {to_snake(name) for name in parts if name} <= share.keys()


def mounted(preview: bool, given: FilestoreSpec, **more: Any) -> dict[str, Any]:
    """The part of a PersistentVolume that names the storage."""

    def program() -> dict[str, Any]:
        return {"source": csi_source(given, IDS, **more).fields()}

    return deploy(program, preview=preview).outputs["source"]


def test_a_share_is_mounted(preview: bool) -> None:
    assert mounted(preview, spec(protocol="NFS_V4_1"), access="read-write") == {
        "csi": {
            "driver": "filestore.csi.storage.gke.io",
            "volumeHandle": "modeInstance/us-central1-a/shared-0a1b2c3/vol1",
            "volumeAttributes": {
                "ip": "10.16.0.2",
                "volume": "vol1",
                "fileProtocol": "NFS_V4_1",
            },
        }
    }


def test_reading_is_all_that_was_granted(preview: bool) -> None:
    for given, access in (
        (spec(), "read-only"),
        (spec(access="read-only"), "read-write"),
    ):
        assert mounted(preview, given, access=access)["csi"]["readOnly"] is True


def test_a_directory_of_a_share_is_not_mounted() -> None:
    with pytest.raises(ValueError, match="mounted whole"):
        csi_source(spec(), IDS, access="read-only", prefix="a")


def problems(given: dict[str, Any]) -> list[tuple[str, tuple[str | int, ...]]]:
    with pytest.raises(ValidationError) as caught:
        FilestoreSpec.model_validate(given)
    return [
        (line.get("ctx", {})["problem"].rule, line["loc"])
        for line in caught.value.errors()
    ]


def test_every_mistake_is_said_at_once() -> None:
    assert problems(
        {
            "kind": "filestore",
            "tier": "BASIC_SSD",
            "capacityGiB": 1024,
            "protocol": "NFS_V4_1",
            "share": "my-share",
            "iops": 5000,
            "kmsKey": "data",
            "reservedCidr": "10.0.0.0/26",
            "restore": "b1",
            "ip": "10.0.0.2",
            "nfsExport": [{}],
        }
    ) == [
        ("FIL02", ("zone",)),
        ("FIL03", ("protocol",)),
        ("FIL04", ("share",)),
        ("FIL10", ("ip",)),
        ("FIL01", ("capacityGiB",)),
        ("FIL05", ("iops",)),
        ("FIL12", ("kmsKey",)),
        ("FIL07", ("reservedCidr",)),
        ("FIL06", ("nfsExport", 0, "ipRanges")),
        ("FIL11", ("restore",)),
    ]


@pytest.mark.parametrize(
    "given",
    [
        MADE,
        {"kind": "filestore", "existing": FULL},
        {"kind": "filestore", "existing": FULL, "ip": "10.0.0.2", "share": "a"},
        {**MADE, "adopt": FULL, "iopsPerTiB": 4000},
        {"kind": "filestore", "tier": "REGIONAL", "capacityGiB": 10240, "iops": 30_000},
    ],
)
def test_told_to_another_stack_it_stays_valid(given: dict[str, Any]) -> None:
    first = FilestoreSpec.model_validate(given)
    told = first.model_dump(mode="json", by_alias=True)
    assert FilestoreSpec.model_validate(told) == first


def of_class(**more: Any) -> FilestoreClassSpec:
    return FilestoreClassSpec.model_validate({"kind": "filestore", **more})


@pytest.mark.parametrize(
    ("given", "parameters"),
    [
        ({}, {"tier": "zonal"}),
        ({"tier": "BASIC_HDD"}, {"tier": "basic_hdd"}),
        ({"protocol": "NFS_V4_1"}, {"tier": "zonal", "protocol": "NFS_V4_1"}),
        (
            {"tier": "ENTERPRISE", "multishare": True, "maxShareSize": "1Ti"},
            {"tier": "enterprise", "multishare": "true", "max-volume-size": "1024Gi"},
        ),
    ],
)
def test_a_class_in_the_words_of_the_driver(
    given: dict[str, Any], parameters: dict[str, str]
) -> None:
    parsed = of_class(**given)
    assert parsed.all_parameters == parameters
    # What it says is what the driver's own classes may say.
    assert list(DRIVER.problems(parameters)) == []
    assert list(check(parameters)) == []


def test_a_class_of_one_zone(preview: bool) -> None:
    def program() -> dict[str, Any]:
        provider = k8s.Provider("cluster", context="here")
        more = class_parameters(
            network=NETWORK, peered_range="google-services", kms_key="k"
        )
        args = StorageClassArgs(spec=of_class(zone="us-central1-a"), parameters=more)
        StorageClass("shared", args, pulumi.ResourceOptions(provider=provider))
        return {"direct": class_parameters(network=NETWORK)}

    deployed = deploy(program, preview=preview)
    made_class = deployed.one("kubernetes:storage.k8s.io/v1:StorageClass")
    # Kubernetes changes no class, and the provider does not know of this one.
    assert "allowedTopologies" in made_class.replace_on_changes
    inputs = made_class.inputs
    assert all(DRIVER.find(key) for key in inputs["parameters"])
    assert inputs["provisioner"] == "filestore.csi.storage.gke.io"
    assert inputs["volumeBindingMode"] == "WaitForFirstConsumer"
    assert inputs["parameters"] == {
        "tier": "zonal",
        "network": NETWORK,
        "connect-mode": "PRIVATE_SERVICE_ACCESS",
        "reserved-ip-range": "google-services",
        "instance-encryption-kms-key": "k",
    }
    assert inputs["allowedTopologies"] == [
        {
            "matchLabelExpressions": [
                {"key": "topology.gke.io/zone", "values": ["us-central1-a"]}
            ]
        }
    ]
    assert deployed.outputs["direct"] == {
        "network": "prod",
        "connect-mode": "DIRECT_PEERING",
    }


def test_a_class_of_every_zone_names_none() -> None:
    assert list(of_class().allowed_zones) == []
