"""The tables of FSx say what the API's own model says."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import fsx_lustre_tables as tables
from components.catalog.fsx_driver import DRIVER
from components.catalog.fsx_lustre_settings import (
    Backups,
    backup_problems,
    maintenance_problem,
    squash_problems,
)


@pytest.fixture(scope="module")
def model() -> Any:
    return Session().get_service_model("fsx")  # pyright: ignore[reportUnknownMemberType]: botocore carries no types


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ("LustreDeploymentType", tables.DEPLOYMENTS),
        ("StorageType", tables.STORAGE_TYPES),
        ("DriveCacheType", tables.DRIVE_CACHES),
        (
            "LustreReadCacheSizingMode",
            (tables.NO_CACHE, tables.OWN_CACHE, tables.CACHE_BY_THROUGHPUT),
        ),
        *(
            (shape, next(p.values for p in DRIVER.parameters if p.name == name))
            for shape, name in (
                ("MetadataConfigurationMode", "metadataConfigurationMode"),
                ("AutoImportPolicyType", "autoImportPolicy"),
                ("DataCompressionType", "dataCompressionType"),
            )
        ),
    ],
)
def test_words(model: Any, shape: str, words: tuple[str, ...]) -> None:
    assert set(model.shape_for(shape).enum) == set(words)


@pytest.mark.parametrize(
    ("shape", "least", "most"),
    [
        ("AutomaticBackupRetentionDays", 0, tables.RETENTION_MOST),
        ("ThroughputCapacityMbps", tables.TIERING_THROUGHPUT, tables.TIERING_MOST),
        ("MetadataIops", tables.METADATA_IOPS[0], tables.METADATA_IOPS[-1]),
        ("PerUnitStorageThroughput", 12, 1000),
    ],
)
def test_ranges(model: Any, shape: str, least: int, most: int) -> None:
    limits = model.shape_for(shape).metadata
    assert (limits["min"], limits["max"]) == (least, most)


def test_throughputs_span_the_range() -> None:
    every = [one for offer in tables.OFFERS.values() for one in offer.throughputs]
    assert (min(every), max(every)) == (12, 1000)


def matches(model: Any, shape: str, text: str) -> bool:
    limits = model.shape_for(shape).metadata
    fits = limits["min"] <= len(text) <= limits["max"]
    return fits and re.search(limits["pattern"], text) is not None


@given(text=st.from_regex(r"[0-9a-z]{0,2}:?[0-9]{1,2}:?[0-9]{2}", fullmatch=True))
def test_windows_and_times_that_are_accepted_fit(model: Any, text: str) -> None:
    if maintenance_problem(text) is None:
        assert matches(model, "WeeklyTime", text)
    else:
        assert not matches(model, "WeeklyTime", text) or text.count(":") != 2
    asked = Backups(retention_days=1, start_time=text)
    if not list(backup_problems(asked, deployment="PERSISTENT_2", linked=False)):
        assert matches(model, "DailyTime", text)


@given(uid=st.integers(0, 5 * 10**9), gid=st.integers(0, 5 * 10**9))
def test_squashes_that_are_accepted_fit(model: Any, uid: int, gid: int) -> None:
    user = f"{uid}:{gid}"
    accepted = not list(squash_problems(user, []))
    assert accepted == (0 < uid <= tables.LARGEST_ID and 0 < gid <= tables.LARGEST_ID)
    if accepted:
        assert matches(model, "LustreRootSquash", user)


def test_lists(model: Any) -> None:
    assert model.shape_for("LustreNoSquashNids").metadata["max"] == tables.NIDS_MOST
