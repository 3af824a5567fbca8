from __future__ import annotations

import datetime
import re
from typing import get_args

import pytest

from components.catalog.add_ons import ADD_ONS, AddOnKind, AddOnName

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


def test_what_depends_on_the_cloud_is_not_installed() -> None:
    assert [row.name for row in ADD_ONS.values() if row.chart is None] == [
        "node-autoscaler"
    ]


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
