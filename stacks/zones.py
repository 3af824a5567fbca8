"""The zones of pools and of storage, as checks and builders both see them."""

from __future__ import annotations

from collections.abc import Iterable

from components.kubernetes.storage_class_spec import StorageClassSpec
from stacks.config import AnyPool


def zones_of(pools: Iterable[AnyPool]) -> set[str]:
    """Every zone that a pool has nodes in, as far as they are stated."""
    return {zone for pool in pools for zone in pool.zones}


def class_zone(pools: Iterable[AnyPool], spec: StorageClassSpec) -> str | None:
    """The zone in which a driver of one zone makes the volumes of a class.

    It is the one that is stated, else the only one that there are nodes in;
    None where that is not clear.
    """
    if spec.zone is not None:
        return spec.zone
    zones = zones_of(pools)
    return zones.pop() if len(zones) == 1 else None
