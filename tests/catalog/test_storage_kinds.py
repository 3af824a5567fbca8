from __future__ import annotations

import datetime
from typing import get_args

import pytest

from components.catalog.storage_kinds import (
    BY_DRIVER,
    BY_KIND,
    STORAGE_KINDS,
    AccessMode,
    StorageKind,
    VolumeMode,
    check_access_modes,
)

MODES: tuple[AccessMode, ...] = get_args(AccessMode)
VOLUME_MODES: tuple[VolumeMode, ...] = get_args(VolumeMode)
every_row = pytest.mark.parametrize("row", STORAGE_KINDS, ids=lambda row: row.kind)


@every_row
def test_a_row_says_where_it_was_read(row: StorageKind) -> None:
    assert row.source.startswith("https://")
    assert datetime.date.fromisoformat(row.as_of) <= datetime.date(2026, 11, 22)
    assert row.status in ("confirmed", "unconfirmed")


@every_row
def test_a_row_is_possible(row: StorageKind) -> None:
    for modes in (row.access_modes, row.block_access_modes):
        assert set(modes) <= set(MODES)
        assert len(set(modes)) == len(modes)
    assert row.access_modes
    # Only a driver can provision, and only with one can a claim find its row.
    assert not row.dynamic or row.driver
    if row.shared_writes:
        assert "ReadWriteMany" in row.access_modes


@every_row
def test_a_handle_is_shared_or_can_be_made_unique(row: StorageKind) -> None:
    # Only a driver's volumes have handles.
    assert row.shared_handle is None or row.driver
    # What may be shared need not be made unique.
    assert row.handle_suffix is None or row.shared_handle is False


def test_handles_that_several_volumes_may_have() -> None:
    shared = {row.kind for row in STORAGE_KINDS if row.shared_handle}
    assert shared == {"fsx-lustre", "filestore"}
    suffixes = {row.kind: row.handle_suffix for row in STORAGE_KINDS}
    assert suffixes["s3-mountpoint"] == "-"
    assert suffixes["gcs-fuse"] == ":"
    # An access point is all that tells two volumes of one file system apart.
    assert BY_KIND["efs"].shared_handle is False
    assert suffixes["efs"] is None


def test_rows_are_found_by_kind_and_by_driver() -> None:
    assert len(BY_KIND) == len(STORAGE_KINDS)
    drivers = [row.driver for row in STORAGE_KINDS if row.driver is not None]
    assert sorted(BY_DRIVER) == sorted(drivers)
    for row in STORAGE_KINDS:
        assert BY_KIND[row.kind] is row


@every_row
@pytest.mark.parametrize("volume_mode", VOLUME_MODES)
@pytest.mark.parametrize("mode", MODES)
def test_access_modes(
    row: StorageKind, mode: AccessMode, volume_mode: VolumeMode
) -> None:
    offered = row.modes(volume_mode)
    problem = check_access_modes(row, [mode], volume_mode)
    if mode in offered:
        assert problem is None
        return
    assert problem is not None
    assert problem.rule == "VOL02"
    assert problem.severity == ("error" if row.status == "confirmed" else "warning")
    assert problem.allowed == offered
    # What is suggested works, and there is a suggestion where anything works.
    assert (problem.nearest in offered) == bool(offered)
    assert row.kind in problem.message


@pytest.mark.parametrize(
    ("kind", "mode", "volume_mode", "nearest"),
    [
        ("ebs", "ReadWriteMany", "Filesystem", "ReadWriteOnce"),
        ("persistent-disk", "ReadWriteMany", "Filesystem", "ReadWriteOnce"),
        ("fsx-lustre", "ReadOnlyMany", "Filesystem", "ReadWriteMany"),
        ("efs", "ReadWriteOncePod", "Filesystem", "ReadWriteOnce"),
        ("s3-mountpoint", "ReadWriteOnce", "Filesystem", "ReadWriteMany"),
        ("nfs", "ReadWriteMany", "Block", None),
        ("gcs-fuse", "ReadWriteOncePod", "Filesystem", "ReadWriteOnce"),
        ("managed-lustre", "ReadWriteOncePod", "Filesystem", "ReadWriteOnce"),
    ],
)
def test_known_refusals(
    kind: str, mode: AccessMode, volume_mode: VolumeMode, nearest: str | None
) -> None:
    problem = check_access_modes(BY_KIND[kind], [mode], volume_mode)
    assert problem is not None
    assert problem.nearest == nearest


def test_every_refused_mode_is_named() -> None:
    problem = check_access_modes(BY_KIND["scratch"], ["ReadWriteMany", "ReadOnlyMany"])
    assert problem is not None
    assert "ReadWriteMany, ReadOnlyMany" in problem.message
    block = check_access_modes(BY_KIND["ebs"], ["ReadWriteMany"])
    assert block is not None
    assert "with volumeMode Filesystem" in block.message
