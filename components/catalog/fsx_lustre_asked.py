"""Amazon FSx for Lustre: a file system that is asked for, in whatever words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from components.catalog import fsx_lustre_tables as tables
from components.catalog.fsx_lustre_tables import OFFERS, SCRATCH_1, SSD, Offer, Sizes
from components.catalog.problem import UNSET, Problem, Severity

Automatic = Literal["AUTOMATIC"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSystem:
    """What is asked for, whoever says it and in whatever words.

    Attributes:
        deployment: The deployment type.
        storage_type: What it stores on.
        capacity: GiB.
        throughput_per_tib: MB/s for each TiB.
        throughput: MB/s of the whole, of INTELLIGENT_TIERING.
        version: The version of Lustre; None for the recommended one.
        drive_cache: The SSD cache of HDD.
        metadata_iops: Metadata IOPS, or who chooses them.
        efa: EFA and GPUDirect Storage.
        cache_mode: How large the read cache of INTELLIGENT_TIERING is.
        cache_size: GiB of it.
        kms_key: It is encrypted with a key of one's own.
        sized: It says its capacity; a class leaves that to its claims.
    """

    deployment: str = SCRATCH_1
    storage_type: str = SSD
    capacity: int | None = None
    throughput_per_tib: int | None = None
    throughput: int | None = None
    version: str | None = None
    drive_cache: str | None = None
    metadata_iops: int | Automatic | None = None
    efa: bool = False
    cache_mode: str | None = None
    cache_size: int | None = None
    kms_key: bool = False
    sized: bool = True

    @property
    def offer(self) -> Offer | None:
        """What AWS has of its deployment and storage type; None for nothing."""
        return OFFERS.get((self.deployment, self.storage_type))

    @property
    def sizes(self) -> Sizes | None:
        """Its capacities; None where it has none, or its throughput is wrong."""
        offer = self.offer
        if offer is None or offer.sizes is not None:
            return offer.sizes if offer else None
        return offer.sizes_by_throughput.get(self.throughput_per_tib or 0)


def type_of(asked: FileSystem) -> str:
    """Its deployment and storage type in words."""
    return f"{asked.deployment} on {asked.storage_type}"


def nearest_of(value: int | None, offered: Sequence[int]) -> int:
    """The offered number nearest to `value`; of two the larger."""
    return min(offered, key=lambda one: (abs(one - (value or 0)), -one))


def words(several: Sequence[object]) -> str:
    """Such as `50, 100 or 200`."""
    *most, last = map(str, several)
    return f"{', '.join(most)} or {last}" if most else last


def problem_of(
    rule: str,
    field: str,
    message: str,
    *,
    value: object = None,
    nearest: object = None,
    allowed: tuple[object, ...] = (),
    link: str = tables.CONFIGURATION,
    severity: Severity = "error",
) -> Problem:
    """A problem of a FileSystem's `field`; a value of None is none."""
    return Problem(
        rule=rule,
        message=message,
        path=(field,),
        value=UNSET if value is None else value,
        allowed=allowed,
        nearest=nearest,
        link=link,
        severity=severity,
    )
