"""What an instance of Filestore can be: its tiers, where they are, how large.

Sources, read 2026-11-22: pulumi-gcp 10.2.0 `gcp.filestore.Instance`; API discovery
of file.v1, revision 20260819; kubernetes-sigs/gcp-filestore-csi-driver 2edb466
pkg/csi_driver/controller.go; the pages that are named beside a table. What they
do not agree on is `sure` in one way only: other sizes of the provider's warn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from components.catalog.bands import Band, among, nearest, words
from components.catalog.gcp_instances import is_zone
from components.catalog.gcp_regions import near_zone
from components.catalog.problem import UNSET, Path, Problem

AS_OF = "2026-11-22"
_DOCS = "https://docs.cloud.google.com/filestore/docs"
LINK = f"{_DOCS}/service-tiers"
CMEK = f"{_DOCS}/cmek-organization-policy"
INSTANCE = f"{_DOCS}/reference/rest/v1/projects.locations.instances"

Tier = Literal[
    "BASIC_HDD", "BASIC_SSD", "ZONAL", "REGIONAL", "ENTERPRISE", "HIGH_SCALE_SSD"
]
Protocol = Literal["NFS_V3", "NFS_V4_1"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TierRow:
    """What a tier offers.

    Attributes:
        zonal: It is in a zone, and not in a region.
        bands: GiB that the provider takes; others are refused.
        sure: GiB that all sources agree on; others warn.
        basic: It is one of the old basic ones: NFS 3 only, a share name of 16
            characters, no key of one's own, and it only grows.
        iops: Its IOPS can be chosen.
        reserved: The prefix length of the addresses that an instance reserves
            with DIRECT_PEERING.
        reserved_sure: All sources agree on that length.
    """

    zonal: bool
    bands: tuple[Band, ...]
    sure: tuple[Band, ...] = ()
    basic: bool = False
    iops: bool = False
    reserved: int
    reserved_sure: bool = False


_HIGH = Band(10_240, 102_400, 2_560)
_AS_PROVIDED = (Band(100, 10_239), _HIGH)
_AS_DOCUMENTED = (Band(1_024, 9_984, 256), _HIGH)

TIERS: Mapping[Tier, TierRow] = {
    "BASIC_HDD": TierRow(
        zonal=True,
        bands=(Band(1_024, 65_433),),
        basic=True,
        reserved=29,
        reserved_sure=True,
    ),
    "BASIC_SSD": TierRow(
        zonal=True,
        bands=(Band(2_560, 65_433),),
        basic=True,
        reserved=29,
        reserved_sure=True,
    ),
    "ZONAL": TierRow(
        zonal=True, bands=_AS_PROVIDED, sure=_AS_DOCUMENTED, iops=True, reserved=26
    ),
    "REGIONAL": TierRow(
        zonal=False, bands=_AS_PROVIDED, sure=_AS_DOCUMENTED, iops=True, reserved=26
    ),
    "ENTERPRISE": TierRow(zonal=False, bands=(Band(1_024, 10_240, 256),), reserved=26),
    "HIGH_SCALE_SSD": TierRow(
        zonal=True, bands=(_HIGH,), reserved=24, reserved_sure=True
    ),
}
"""The tiers. HIGH_SCALE_SSD is what ZONAL of 10240 GiB and more was called."""

REPLACED_BY = (
    *("tier", "location", "zone", "protocol", "kmsKeyName"),
    *("networks", "fileShares.name", "fileShares.sourceBackup"),
    *("initialReplication", "tags", "project"),
)
"""Inputs of `gcp.filestore.Instance` of which a change makes another, empty
instance. Source: ForceNew in hashicorp/terraform-provider-google-beta 072e2c4
services/filestore/resource_filestore_instance.go, and the documentation of
pulumi-gcp 10.2.0 for replication, read 2026-11-22. Capacity, IOPS,
who may mount it, labels and the guard of deletion change in place."""


def size_problems(tier: Tier, gib: int | None, path: Path) -> Iterator[Problem]:
    """What is wrong with `gib` as the size of an instance; None is missing.

    Args:
        tier: The tier.
        gib: GiB.
        path: Where it stands.
    """
    row = TIERS[tier]
    sure = row.sure or row.bands
    if gib is not None and among(gib, sure):
        return
    refused = gib is None or not among(gib, row.bands)
    required = "required: " if gib is None else ""
    agreed = "" if refused else "; what lies between, sources disagree on"
    yield Problem(
        rule="FIL01",
        message=f"{required}{tier} comes in {words(sure)} GiB{agreed}",
        path=path,
        value=UNSET if gib is None else gib,
        nearest=nearest(gib or 0, sure),
        link=LINK,
        severity="error" if refused else "warning",
    )


def resize_refusal(tier: Tier, old: int, new: int) -> str | None:
    """Why an instance cannot go from `old` to `new` GiB; None when it can.

    Source: docs.cloud.google.com/filestore/docs/service-tiers-zonal, and the
    driver, which refuses to grow a claim from the lower range into the higher.

    Args:
        tier: The tier.
        old: GiB that it has.
        new: GiB that it is to have.
    """
    row = TIERS[tier]
    if row.basic and new < old:
        return f"{tier} grows, and never shrinks"
    low, high = (gib >= _HIGH.least for gib in (min(old, new), max(old, new)))
    if len(row.bands) > 1 and low != high:
        return (
            f"{tier} stays in the range it was made in: below {_HIGH.least} GiB or not"
        )
    return None


def zone_problems(
    tier: Tier, zone: str | None, *, required: bool = True
) -> Iterator[Problem]:
    """Whether a zone is said where the tier is in one.

    Args:
        tier: The tier.
        zone: The zone.
        required: A zonal tier must say it: not in a class, whose claims are
            made where their pods run.
    """
    if TIERS[tier].zonal:
        if zone is None and required:
            yield Problem(
                rule="FIL02",
                message=f"required: {tier} is in one zone",
                path=("zone",),
                link=LINK,
            )
        elif zone is not None and not is_zone(zone):
            yield Problem(
                rule="FIL02",
                message=f"{tier} is in one zone, which is a region's name and a letter",
                path=("zone",),
                value=zone,
                nearest=near_zone(zone),
                link=LINK,
            )
    elif zone is not None:
        yield Problem(
            rule="FIL02",
            message=f"{tier} is in several zones of the region: leave it out",
            path=("zone",),
            value=zone,
            link=LINK,
        )


def protocol_problems(tier: Tier, protocol: Protocol) -> Iterator[Problem]:
    """Whether the tier speaks the protocol."""
    if protocol == "NFS_V4_1" and TIERS[tier].basic:
        yield Problem(
            rule="FIL03",
            message=f"{tier} speaks NFS 3 only",
            path=("protocol",),
            value=protocol,
            nearest="NFS_V3",
            link=LINK,
        )


def key_problems(tier: Tier, key: str | None) -> Iterator[Problem]:
    """Whether the tier takes a key of one's own."""
    if key is not None and TIERS[tier].basic:
        yield Problem(
            rule="FIL12",
            message=f"{tier} takes no key of one's own: Google's own encrypts it",
            path=("kmsKey",),
            value=key,
            link=CMEK,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """What an instance gives, at most.

    Attributes:
        read: MiB/s.
        write: MiB/s.
        read_iops: Reads a second.
        write_iops: Writes a second.
    """

    read: Fraction
    write: Fraction
    read_iops: Fraction
    write_iops: Fraction


def speed(tier: Tier, gib: int) -> Speed | None:
    """What an instance gives without IOPS of its own; None where no source tells.

    Source: docs.cloud.google.com/filestore/docs/service-tiers-zonal, per TiB.
    """
    if tier not in ("ZONAL", "HIGH_SCALE_SSD"):
        return None
    tib = Fraction(gib, 1024)
    return Speed(
        read=tib * 260, write=tib * 88, read_iops=tib * 9200, write_iops=tib * 2600
    )


def most_clients(tier: Tier, gib: int) -> int | None:
    """Connections that an instance takes; None where no source tells.

    Source: docs.cloud.google.com/filestore/docs/service-tiers-zonal and
    service-tiers-regional: 2,000 for each TiB in steps of 500 up to 19,500; from 10
    TiB on 8,000 for each 10 TiB in steps of 2,000 up to 80,000.
    """
    if tier not in ("ZONAL", "REGIONAL"):
        return None
    if gib < _HIGH.least:
        return min(gib * 2000 // 1024 // 500 * 500, 19_500)
    return min(gib * 800 // 1024 // 2000 * 2000, 80_000)
