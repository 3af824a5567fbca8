"""The parameters of the FSx driver: as its typed class, with its own words."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import fsx_lustre_tables as tables
from components.catalog.fsx_driver import (
    DRIVER,
    LATER,
    Added,
    check,
    completed,
    provisioned_gib,
)
from components.catalog.fsx_lustre_tables import OFFERS
from components.catalog.problem import Problem

GUIDE = {
    "deploymentType": "PERSISTENT_1",
    "perUnitStorageThroughput": "200",
    "automaticBackupRetentionDays": "1",
    "dailyAutomaticBackupStartTime": "00:00",
    "copyTagsToBackups": "true",
    "dataCompressionType": "NONE",
    "weeklyMaintenanceStartTime": "7:09:00",
}
"""The class of the usual EKS guide."""

PERSISTENT_2 = {"deploymentType": "PERSISTENT_2", "perUnitStorageThroughput": "125"}
SCRATCH_2 = {"deploymentType": "SCRATCH_2"}


def found(parameters: dict[str, str]) -> list[Problem]:
    return [*DRIVER.problems(parameters), *check(parameters)]


def test_the_class_of_the_guide_is_right_and_completed() -> None:
    assert found(GUIDE) == []
    (added,) = completed(GUIDE)
    assert (added.key, added.value) == ("fileSystemTypeVersion", "2.15")
    assert "2.10" in added.why
    assert found({**GUIDE, added.key: added.value}) == []


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({}, "2.10"),
        (SCRATCH_2, "2.10"),
        (PERSISTENT_2, "2.12"),
        ({**PERSISTENT_2, "metadataConfigurationMode": "AUTOMATIC"}, "metadata"),
    ],
)
def test_the_version_is_added_and_why(parameters: dict[str, str], why: str) -> None:
    (added,) = completed(parameters)
    assert isinstance(added, Added)
    assert added.value == tables.RECOMMENDED_VERSION
    assert why in added.why
    assert found({**parameters, added.key: added.value}) == []


def test_what_is_stated_is_not_added() -> None:
    assert completed({"fileSystemTypeVersion": "2.12"}) == []


@pytest.mark.parametrize("name", [p.name for p in DRIVER.parameters])
def test_a_typo_is_told_what_was_meant(name: str) -> None:
    for typo in {name.lower(), name.upper(), name + "x"} - {name}:
        (problem,) = found({**SCRATCH_2, typo: "1"})
        assert (problem.rule, problem.severity) == ("CLS04", "error")
        assert problem.nearest == name


@pytest.mark.parametrize(
    ("parameters", "rule", "key", "nearest"),
    [
        ({**GUIDE, "perUnitStorageThroughput": "250"}, "FSX02", None, "200"),
        ({"deploymentType": "PERSISTENT_1"}, "FSX02", "perUnitStorageThroughput", "50"),
        ({**SCRATCH_2, "perUnitStorageThroughput": "200"}, "FSX02", None, None),
        ({"perUnitStorageThroughput": "200"}, "FSX02", None, None),
        ({**PERSISTENT_2, "perUnitStorageThroughput": "x"}, "CLS06", None, None),
        ({"deploymentType": "PERSISTENT_3"}, "CLS06", None, "PERSISTENT_2"),
        ({**SCRATCH_2, "storageType": "HDD"}, "FSX03", None, "SSD"),
        (
            {
                **GUIDE,
                "storageType": "HDD",
                "perUnitStorageThroughput": "12",
            },
            *("FSX08", "driveCacheType", "READ"),
        ),
        ({**SCRATCH_2, "driveCacheType": "READ"}, "FSX08", None, None),
        ({**SCRATCH_2, "fileSystemTypeVersion": "2.14"}, "FSX04", None, "2.15"),
        ({**PERSISTENT_2, "fileSystemTypeVersion": "2.10"}, "FSX04", None, "2.15"),
        (
            {
                **PERSISTENT_2,
                "metadataConfigurationMode": "AUTOMATIC",
                "fileSystemTypeVersion": "2.12",
            },
            *("FSX04", "fileSystemTypeVersion", "2.15"),
        ),
        ({**SCRATCH_2, "fileSystemTypeVersion": "2.12"}, "FSX05", None, "2.15"),
        ({**SCRATCH_2, "efaEnabled": "true"}, "FSX06", None, "false"),
        (
            {**PERSISTENT_2, "efaEnabled": "true"},
            *("FSX06", "metadataConfigurationMode", "AUTOMATIC"),
        ),
        (
            {**SCRATCH_2, "metadataConfigurationMode": "AUTOMATIC"},
            *("FSX07", "metadataConfigurationMode", None),
        ),
        (
            {**PERSISTENT_2, "metadataIops": "1500"},
            *("FSX07", "metadataConfigurationMode", "USER_PROVISIONED"),
        ),
        (
            {
                **PERSISTENT_2,
                "metadataConfigurationMode": "AUTOMATIC",
                "metadataIops": "1500",
            },
            *("FSX07", "metadataConfigurationMode", "USER_PROVISIONED"),
        ),
        (
            {**PERSISTENT_2, "metadataConfigurationMode": "USER_PROVISIONED"},
            *("FSX07", "metadataIops", "1500"),
        ),
        (
            {
                **PERSISTENT_2,
                "metadataConfigurationMode": "USER_PROVISIONED",
                "metadataIops": "7000",
            },
            *("FSX07", "metadataIops", "6000"),
        ),
        ({**SCRATCH_2, "automaticBackupRetentionDays": "1"}, "FSX11", None, None),
        ({**GUIDE, "automaticBackupRetentionDays": "91"}, "FSX12", None, "90"),
        ({**GUIDE, "automaticBackupRetentionDays": "36"}, "FSX12", None, "35"),
        ({**GUIDE, "dailyAutomaticBackupStartTime": "0:00"}, "FSX13", None, "00:00"),
        ({**PERSISTENT_2, "copyTagsToBackups": "true"}, "FSX13", None, None),
        (
            {**GUIDE, "weeklyMaintenanceStartTime": "sun:09:00"},
            *("FSX14", None, "7:09:00"),
        ),
        ({**SCRATCH_2, "kmsKeyId": "key"}, "FSX15", None, None),
        ({**PERSISTENT_2, "s3ImportPath": "s3://bbb"}, "FSX20", None, None),
        ({**SCRATCH_2, "s3ExportPath": "s3://bbb"}, "FSX20", None, None),
        ({**SCRATCH_2, "autoImportPolicy": "NEW"}, "FSX20", None, None),
        (
            {**SCRATCH_2, "s3ImportPath": "s3://bbb/x", "s3ExportPath": "s3://ccc"},
            *("FSX20", "s3ExportPath", "s3://bbb/x"),
        ),
        (
            {**GUIDE, "s3ImportPath": "s3://bbb"},
            *("FSX11", "automaticBackupRetentionDays", None),
        ),
        ({**SCRATCH_2, "skipFinalBackup": "true"}, "FSX23", None, None),
        ({**SCRATCH_2, "extraTags": "team"}, "CLS06", None, None),
        ({**SCRATCH_2, "securityGroupIds": ""}, None, None, None),
        ({**SCRATCH_2, "securityGroupIds": "sg-1"}, "CLS06", None, None),
        ({**SCRATCH_2, "subnetId": "subnet"}, "CLS06", None, None),
    ],
)
def test_one_problem(
    parameters: dict[str, str], rule: str | None, key: str | None, nearest: str | None
) -> None:
    wrong = found(parameters)
    assert [problem.rule for problem in wrong] == ([rule] if rule else [])
    for problem in wrong:
        assert problem.path == ("parameters", key or list(parameters)[-1]) or (
            problem.path[1] in parameters and key is None
        )
        assert problem.nearest == nearest
        assert all(isinstance(one, str) for one in problem.allowed)


def test_a_link_of_the_drivers_own() -> None:
    linked = {
        **SCRATCH_2,
        "s3ImportPath": "s3://bbb/raw",
        "s3ExportPath": "s3://bbb/out",
        "autoImportPolicy": "NEW_CHANGED",
    }
    assert found(linked) == []


TIERING = {
    "storageType": "INTELLIGENT_TIERING",
    "throughputCapacity": "4000",
    "dataReadCacheSizingMode": "USER_PROVISIONED",
    "dataReadCacheSizeGiB": "32",
}


def test_tiering_depends_on_the_driver() -> None:
    (problem,) = found(TIERING)
    assert (problem.rule, problem.severity) == ("FSX23", "warning")
    assert problem.path == ("parameters", "storageType")
    rules = {p.rule for p in found({**TIERING, "throughputCapacity": "4001"})}
    assert rules == {"FSX09", "FSX23"}
    assert set(LATER) <= {parameter.name for parameter in DRIVER.parameters}


def test_nearest_values_are_right_for_every_class() -> None:
    """Deployment, storage, throughput, version, EFA and metadata, crossed."""
    values = {
        "deploymentType": (*tables.DEPLOYMENTS, None),
        "storageType": ("SSD", "HDD", None),
        "perUnitStorageThroughput": ("12", "50", "1000", None),
        "fileSystemTypeVersion": ("2.10", "2.12", "2.1", None),
        "efaEnabled": ("true", None),
        "metadataConfigurationMode": ("AUTOMATIC", "USER_PROVISIONED", None),
        "metadataIops": ("12000", "1", None),
    }
    for chosen in product(*values.values()):
        said = dict(zip(values, chosen, strict=True))
        parameters = {key: value for key, value in said.items() if value is not None}
        for _ in range(4):
            wrong = found(parameters)
            paths = [problem.path for problem in wrong]
            assert len(paths) == len(set(paths)), parameters
            for problem in wrong:
                key = str(problem.path[1])
                parameters.pop(key, None)
                if problem.nearest is not None:
                    parameters[key] = str(problem.nearest)
        assert found(parameters) == [], (said, parameters)


@given(gib=st.integers(1, 200_000))
@pytest.mark.parametrize("key", [key for key in OFFERS if key[1] != tables.TIERING])
def test_a_claim_gets_a_size_that_there_is(key: tuple[str, str], gib: int) -> None:
    offer = OFFERS[key]
    for per_tib in offer.throughputs or (None,):
        sizes = offer.sizes or offer.sizes_by_throughput[per_tib or 0]
        made = provisioned_gib(gib, *key, per_tib)
        assert made == sizes.around(gib)[1]


def test_without_a_type_a_claim_is_rounded_as_scratch_1() -> None:
    assert provisioned_gib(3601, "", "SSD", None) == 7200
