from __future__ import annotations

import datetime
import re
from typing import Any, get_args

import pytest

from components.catalog.add_ons import (
    ADD_ONS,
    CLUSTER_AUTOSCALER,
    AddOnKind,
    AddOnName,
)
from components.catalog.eks_add_ons import (
    EKS_ADD_ONS,
    local_store_problem,
    version_problem,
)
from components.catalog.gke_add_ons import GKE_ADD_ONS

every_row = pytest.mark.parametrize("row", ADD_ONS.values(), ids=lambda row: row.name)


def test_rows_are_those_that_may_be_named() -> None:
    assert list(ADD_ONS) == list(get_args(AddOnName))


@every_row
def test_a_row_says_what_it_is_for_and_where_it_was_read(row: AddOnKind) -> None:
    assert row.provides
    assert row.source.startswith("https://")
    assert datetime.date.fromisoformat(row.as_of) <= datetime.date(2026, 11, 22)


@every_row
def test_a_chart_is_pinned_and_can_be_found(row: AddOnKind) -> None:
    chart = row.chart
    if chart is None:
        return
    assert re.fullmatch(r"v?\d+\.\d+\.\d+", chart.version)
    assert chart.name.startswith("oci://") != bool(chart.repository)
    assert (chart.repository or "https://").startswith("https://")
    assert chart.namespace


def test_what_depends_on_the_cloud_has_no_chart_of_its_own() -> None:
    without = {row.name for row in ADD_ONS.values() if row.chart is None}
    # EKS has a snapshot-controller as well, beside the chart for any cluster.
    of_clouds = {*EKS_ADD_ONS, *GKE_ADD_ONS} - {"snapshot-controller"}
    assert without == {"node-autoscaler", *of_clouds}


def test_what_eks_installs_is_known() -> None:
    assert {row.name for row in ADD_ONS.values() if row.by_eks} == set(EKS_ADD_ONS)
    taints = [row.startup_taint for row in EKS_ADD_ONS.values() if row.startup_taint]
    assert len(set(taints)) == len(taints) == 4
    for row in EKS_ADD_ONS.values():
        if row.startup_taint:
            assert row.startup_taint == f"{row.driver}/agent-not-ready"


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("nvidia-device-plugin", [("tolerations",)]),
        ("efa-device-plugin", [("tolerations",)]),
        ("neuron-device-plugin", [("devicePlugin", "tolerations")]),
        (
            "gpu-feature-discovery",
            [("tolerations",), ("nfd", "worker", "tolerations")],
        ),
    ],
)
def test_agents_of_devices_run_where_the_devices_are(
    name: str, paths: list[tuple[str, ...]]
) -> None:
    chart = ADD_ONS[name].chart
    assert chart is not None
    for path in paths:
        value: Any = chart.values
        for key in path:
            value = value[key]
        assert value == [{"operator": "Exists"}]


def test_the_autoscaler_of_eks_is_pinned() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", CLUSTER_AUTOSCALER.version)
    assert (CLUSTER_AUTOSCALER.repository or "").startswith("https://")


@pytest.mark.parametrize(
    ("version", "nearest"),
    [
        (None, None),
        ("v1.9.0-eksbuild.1", None),
        ("1.9.0", "v1.9.0-eksbuild.1"),
        ("v1.9.0", "v1.9.0-eksbuild.1"),
        ("latest", None),
    ],
)
def test_versions_of_eks(version: str | None, nearest: str | None) -> None:
    problem = version_problem("aws-fsx-csi-driver", version)
    fits = version is None or version.endswith("eksbuild.1")
    assert (problem is None) == fits
    assert problem is None or problem.nearest == nearest
    # What EKS does not install has the versions of its chart.
    assert version_problem("kueue", "0.19.2") is None


@pytest.mark.parametrize(
    ("family", "store", "nvme", "nearest"),
    [
        ("g5", "raid0", True, "none"),
        ("g5", "none", True, None),
        ("m6i", "none", False, None),
    ],
)
def test_disks_are_for_one(
    family: str, store: str, nvme: bool, nearest: str | None
) -> None:
    problem = local_store_problem(family, store, nvme=nvme)
    assert (problem.nearest if problem else None) == nearest


@pytest.mark.parametrize("family", ["g4dn", "p3dn", "p4d", "p4de"])
def test_disks_that_the_driver_does_not_know(family: str) -> None:
    problem = local_store_problem(family, "none", nvme=True)
    assert problem is not None
    assert problem.path == ("machine",)


def test_crds_that_go_with_their_release_are_known() -> None:
    going = {r.name for r in ADD_ONS.values() if r.chart and r.chart.crds == "deleted"}
    assert going == {"snapshot-controller", "kueue", "prometheus-operator-crds"}


def test_both_parts_of_nvidias_chart_can_be_installed_side_by_side() -> None:
    plugin = ADD_ONS["nvidia-device-plugin"].chart
    discovery = ADD_ONS["gpu-feature-discovery"].chart
    assert plugin is not None
    assert discovery is not None
    # The plugin needs no label that only the other writes.
    assert "feature.node" not in str(plugin.values)
    assert discovery.values["devicePlugin"] == {"enabled": False}
    assert plugin.namespace != discovery.namespace
