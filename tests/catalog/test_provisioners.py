from __future__ import annotations

import datetime
from typing import get_args

import pytest

from components.catalog.presets import PRESETS, Preset, PresetName
from components.catalog.problem import Problem
from components.catalog.provisioner_tables import (
    AZURE_BLOB,
    AZURE_FILE,
    CEPHFS,
    DRIVERS,
    LOCAL_PATH,
    NFS,
    RBD,
    driver_of,
)
from components.catalog.provisioners import Driver
from components.catalog.storage_kinds import BY_DRIVER

every_driver = pytest.mark.parametrize("driver", DRIVERS, ids=lambda row: row.name)
every_preset = pytest.mark.parametrize(
    "preset", PRESETS.values(), ids=lambda row: row.name
)
# What each preset still wants to be told.
OPEN = {
    "rook-cephfs": {"fsName": "myfs"},
    "nfs-csi": {"server": "files.example.com", "share": "/"},
}
SECRETS = {
    f"csi.storage.k8s.io/{who}-secret-{part}": "ceph"
    for who in ("provisioner", "node-stage")
    for part in ("name", "namespace")
}


def found(driver: Driver, parameters: dict[str, str]) -> list[tuple[object, ...]]:
    problems: list[Problem] = list(driver.problems(parameters))
    return [(p.rule, p.path[-1], p.severity, p.nearest) for p in problems]


@every_driver
def test_a_row_says_where_it_was_read(driver: Driver) -> None:
    assert driver.source.startswith("https://")
    assert driver.link.startswith("https://")
    assert datetime.date.fromisoformat(driver.as_of) <= datetime.date(2026, 11, 22)


@every_driver
def test_a_row_is_possible(driver: Driver) -> None:
    names = [p.name.lower() if driver.any_case else p.name for p in driver.parameters]
    assert len(set(names)) == len(names)
    for parameter in driver.parameters:
        assert parameter.meaning is None or driver.find(parameter.meaning)
        assert parameter.unless is None or driver.find(parameter.unless)
        assert bool(parameter.pattern) == bool(parameter.form)
        # What it may have is taken, and what is suggested too.
        for value in parameter.values:
            assert not [
                f for f in found(driver, {parameter.name: value}) if f[0] == "CLS06"
            ]
    for conflict in driver.conflicts:
        assert driver.find(conflict.parameter)
        assert driver.find(conflict.other)
    assert driver_of(driver.name) is driver


def test_a_driver_with_parameters_is_a_storage_kind() -> None:
    without = {AZURE_BLOB.name} - BY_DRIVER.keys()
    assert {driver.name for driver in DRIVERS} - without <= BY_DRIVER.keys()


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("cephfs.csi.ceph.com", CEPHFS),
        ("storage-ns.cephfs.csi.ceph.com", CEPHFS),
        ("openshift-storage.rbd.csi.ceph.com", RBD),
        ("notcephfs.csi.ceph.com", None),
        ("csi.example.com", None),
    ],
)
def test_rook_puts_a_namespace_before_its_drivers(name: str, row: Driver) -> None:
    assert driver_of(name) is row


@pytest.mark.parametrize(
    ("driver", "parameters", "expected"),
    [
        (NFS, {"server": "a", "share": "/", "onDelete": "Retain"}, []),
        (NFS, {"SERVER": "a", "Share": "/", "subdir": "b"}, []),
        (
            NFS,
            {"server": "a", "shares": "/"},
            [("CLS04", "shares", "error", "share")],
        ),
        (
            NFS,
            {"server": "a", "Server": "b", "share": "/"},
            [("CLS04", "Server", "error", None)],
        ),
        (
            NFS,
            {"server": "a"},
            [("CLS05", "share", "error", None)],
        ),
        (
            NFS,
            {"server": "a", "share": ""},
            [("CLS05", "share", "error", None)],
        ),
        (
            NFS,
            {"server": "a", "share": "/", "onDelete": "retian"},
            [("CLS06", "onDelete", "error", "retain")],
        ),
        (
            NFS,
            {"server": "a", "share": "/", "mountPermissions": "0789"},
            [("CLS06", "mountPermissions", "error", None)],
        ),
        (AZURE_FILE, {"SKUNAME": "premium_lrs", "matchtags": "True"}, []),
        (
            AZURE_FILE,
            {"skuName": "Premium_LRS", "storageAccountType": "Premium_ZRS"},
            [("CLS04", "storageAccountType", "error", None)],
        ),
        (
            AZURE_FILE,
            {"protocol": "nfs", "storageAccountType": "Standard_LRS"},
            # The second name is not checked for its values, but for what it means.
            [("CLS06", "storageAccountType", "error", None)],
        ),
        (
            AZURE_BLOB,
            {"protocol": "NFS"},
            [("CLS06", "protocol", "error", "nfs")],
        ),
        (
            AZURE_BLOB,
            {"softDeleteBlobs": "366"},
            [("CLS06", "softDeleteBlobs", "error", None)],
        ),
        (AZURE_BLOB, {"softDeleteBlobs": "365"}, []),
        (
            LOCAL_PATH,
            {"nodepath": "/data"},
            [("CLS04", "nodepath", "error", "nodePath")],
        ),
        (CEPHFS, {"clusterID": "a", "fsName": "b", **SECRETS}, []),
        (
            CEPHFS,
            {"clusterID": "a", "fsname": "b", **SECRETS},
            # The one that is misspelt is not missing, too.
            [("CLS04", "fsname", "error", "fsName")],
        ),
        (
            CEPHFS,
            {"clusterID": "a", "fsName": "b", "brandNew": "c", **SECRETS},
            [("CLS04", "brandNew", "warning", None)],
        ),
        (RBD, {"clusterID": "a", "topologyConstrainedPools": "[]", **SECRETS}, []),
        (RBD, {"clusterID": "a", **SECRETS}, [("CLS05", "pool", "error", None)]),
    ],
)
def test_parameters(
    driver: Driver, parameters: dict[str, str], expected: list[tuple[object, ...]]
) -> None:
    assert found(driver, parameters) == expected


def test_the_secrets_of_ceph_are_required() -> None:
    missing = {
        path for _, path, _, _ in found(CEPHFS, {"clusterID": "a", "fsName": "b"})
    }
    assert missing == set(SECRETS)


def test_presets_are_those_that_may_be_named() -> None:
    assert set(PRESETS) == set(get_args(PresetName))


@every_preset
def test_a_preset_is_a_class_that_its_driver_takes(preset: Preset) -> None:
    driver = driver_of(preset.provisioner)
    assert driver is not None
    given = OPEN.get(preset.name, {})
    assert list(driver.problems(preset.filled(driver, given))) == []
    # It says nothing that only its user can know.
    assert bool(list(driver.problems(preset.filled(driver, {})))) == bool(given)
    assert preset.source.startswith("https://")


def test_what_is_stated_wins_whatever_its_case_or_name() -> None:
    azure = PRESETS["azure-file"]
    for name in ("skuName", "SKUNAME", "storageAccountType"):
        given = {name: "Standard_LRS"}
        assert azure.filled(AZURE_FILE, given) == given


def test_rooks_secrets_lie_where_its_cluster_is() -> None:
    filled = PRESETS["rook-cephfs"].filled(CEPHFS, {"clusterID": "ceph-2"})
    namespaces = {v for k, v in filled.items() if k.endswith("-secret-namespace")}
    assert namespaces == {"ceph-2"}
    assert filled["clusterID"] == "ceph-2"


def test_mount_options_go_with_the_protocol() -> None:
    azure = PRESETS["azure-file"]
    assert "mfsymlinks" in azure.options(AZURE_FILE, {})
    assert azure.options(AZURE_FILE, {"Protocol": "nfs"}) == (
        "nconnect=4",
        "noresvport",
        "actimeo=30",
    )
