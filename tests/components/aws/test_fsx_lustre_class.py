from __future__ import annotations

from itertools import product
from typing import Any, get_args

import pulumi
import pulumi_kubernetes as k8s
import pytest
from pydantic import ValidationError

from components.aws.fsx_lustre_class_spec import FsxLustreClassSpec
from components.aws.fsx_lustre_spec import Deployment
from components.catalog import fsx_driver
from components.kubernetes.storage_class import StorageClass, StorageClassArgs
from components.testing import deploy


def spec(**more: Any) -> FsxLustreClassSpec:
    given = {"kind": "fsx-lustre", "zone": "us-west-2a", **more}
    return FsxLustreClassSpec.model_validate(given)


def test_the_least_that_can_be_said() -> None:
    assert spec().all_parameters == {
        "deploymentType": "SCRATCH_2",
        "storageType": "SSD",
        "fileSystemTypeVersion": "2.15",
        "dataCompressionType": "NONE",
    }
    assert spec().all_mount_options == ["flock"]
    assert (spec().binding, spec().expandable) == ("Immediate", True)


def test_the_most() -> None:
    given = spec(
        deployment="PERSISTENT_2",
        throughputPerTiB=1000,
        compression="LZ4",
        metadataIops=12000,
        efa=True,
        maintenance="7:09:00",
        kmsKey="data",
        backups={"retentionDays": 1, "startTime": "00:00"},
        mountOptions=["flock", "noatime"],
    )
    assert given.all_parameters == {
        "deploymentType": "PERSISTENT_2",
        "storageType": "SSD",
        "perUnitStorageThroughput": "1000",
        "fileSystemTypeVersion": "2.15",
        "dataCompressionType": "LZ4",
        "efaEnabled": "true",
        "weeklyMaintenanceStartTime": "7:09:00",
        "metadataConfigurationMode": "USER_PROVISIONED",
        "metadataIops": "12000",
        "automaticBackupRetentionDays": "1",
        "dailyAutomaticBackupStartTime": "00:00",
        "copyTagsToBackups": "true",
    }
    assert given.all_mount_options == ["flock", "noatime"]


@pytest.mark.parametrize(
    "given",
    [
        *(
            {
                "deployment": d,
                "storageType": s,
                "throughputPerTiB": t,
                "metadataIops": m,
            }
            for d, s, t, m in product(
                get_args(Deployment),
                ("SSD", "HDD"),
                (None, 12, 50, 125),
                (None, "AUTOMATIC", 1500),
            )
        )
    ],
)
def test_the_driver_takes_what_the_spec_takes(given: dict[str, Any]) -> None:
    """A class and the driver's own words for it are judged alike."""
    given = {key: value for key, value in given.items() if value is not None}
    if given["storageType"] == "HDD":
        given["driveCache"] = "NONE"
    words = {
        "deploymentType": given["deployment"],
        "storageType": given["storageType"],
        "fileSystemTypeVersion": "2.15",
    }
    if "throughputPerTiB" in given:
        words["perUnitStorageThroughput"] = str(given["throughputPerTiB"])
    if "driveCache" in given:
        words["driveCacheType"] = given["driveCache"]
    if "metadataIops" in given:
        own = given["metadataIops"] == "AUTOMATIC"
        words["metadataConfigurationMode"] = "AUTOMATIC" if own else "USER_PROVISIONED"
        words |= {} if own else {"metadataIops": str(given["metadataIops"])}
    refused = {
        problem.rule
        for problem in (*fsx_driver.DRIVER.problems(words), *fsx_driver.check(words))
    }
    try:
        made = spec(**given)
    except ValidationError as error:
        rules = {line.get("ctx", {})["problem"].rule for line in error.errors()}
        assert rules == refused
    else:
        assert refused == set()
        assert {**made.all_parameters, **words} == made.all_parameters
        assert fsx_driver.check(made.all_parameters) == []


def test_problems_stand_where_they_are_said() -> None:
    with pytest.raises(ValidationError) as error:
        spec(throughputPerTiB=200, backups={"retentionDays": 1}, efa=True)
    assert {line["loc"] for line in error.value.errors()} == {
        ("throughputPerTiB",),
        ("backups", "retentionDays"),
        ("efa",),
    }


@pytest.mark.parametrize("preview", [False, True])
def test_made_in_a_cluster(preview: bool) -> None:
    def program() -> None:
        provider = k8s.Provider("cluster", context="here")
        wired = {"subnetId": "subnet-1", "securityGroupIds": "sg-1"}
        args = StorageClassArgs(spec=spec(), parameters=wired)
        StorageClass("fast", args, pulumi.ResourceOptions(provider=provider))

    made = deploy(program, preview=preview).manifest("StorageClass", "fast")
    assert made["provisioner"] == "fsx.csi.aws.com"
    assert made["parameters"]["subnetId"] == "subnet-1"
    assert made["parameters"]["fileSystemTypeVersion"] == "2.15"
    assert made["volumeBindingMode"] == "Immediate"
    assert made["allowVolumeExpansion"] is True
    assert made["mountOptions"] == ["flock"]
