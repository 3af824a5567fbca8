"""List prices of storage and machines on Google Cloud, of one region.

All are on-demand prices in US dollars of us-central1, without tax and discounts;
Google's GB of storage are 2^30 bytes. Each row says where it was read and of when
the price is. A price that no source was found for is None, and never guessed: those
of Hyperdisk and of Managed Lustre are told to the functions by who knows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from components.catalog.prices import Price, listed, missing

REGION = "us-central1"
"""The region that the prices are of."""

_AUTOSCALER = (
    "https://github.com/kubernetes/autoscaler 0411d1c "
    "cluster-autoscaler/cloudprovider/gce/gce_price_info.go"
)
_PAGES = "copies of https://cloud.google.com/storage/pricing"
_TIERS = "https://cloud.google.com/filestore/docs/service-tiers, an older copy"
_MIRROR = "a third-party copy of the price list"
_SKYPILOT = "https://github.com/skypilot-org/skypilot-catalog 006059e v8/gcp/vms.csv"

_GB = "GB-month"
_TEN_THOUSAND = "10000 requests"


def _machines(name: str, usd: str, unit: str) -> Price:
    return Price(
        name=name, usd=Decimal(usd), unit=unit, source=_AUTOSCALER, priced="2026-06-22"
    )


def _bucket(name: str, usd: str, unit: str = _GB) -> Price:
    return Price(
        name=name,
        usd=Decimal(usd),
        unit=unit,
        source=_PAGES,
        priced="2022-12, and the same later",
    )


def _rough(name: str, usd: str, unit: str, source: str, priced: str) -> Price:
    return Price(
        name=name,
        usd=Decimal(usd),
        unit=unit,
        source=source,
        priced=priced,
        status="unconfirmed",
    )


def _filestore(tier: str, usd: str) -> Price:
    return _rough(f"filestore {tier}", usd, _GB, _TIERS, "unknown")


ROWS = (
    _filestore("BASIC_HDD", "0.16"),
    _filestore("BASIC_SSD", "0.30"),
    _filestore("ZONAL", "0.25"),
    _filestore("REGIONAL", "0.45"),
    _filestore("ENTERPRISE", "0.45"),
    missing("filestore HIGH_SCALE_SSD", _GB),
    missing("filestore provisioned IOPS", "IOPS-month"),
    *(missing(f"lustre {mb}", _GB) for mb in (125, 250, 500, 1000)),
    missing("lustre dynamic", _GB),
    _machines("disk pd-standard", "0.04", _GB),
    _machines("disk pd-balanced", "0.100", _GB),
    _machines("disk pd-ssd", "0.170", _GB),
    missing("disk pd-extreme", _GB),
    *(
        missing(f"disk hyperdisk-{kind}", _GB)
        for kind in (
            "balanced",
            "balanced-high-availability",
            "extreme",
            "ml",
            "throughput",
        )
    ),
    missing("disk provisioned IOPS", "IOPS-month"),
    missing("disk provisioned throughput", "MiB/s-month"),
    _machines("local SSD", "0.08", _GB),
    _bucket("gcs STANDARD region", "0.020"),
    _bucket("gcs NEARLINE region", "0.010"),
    _bucket("gcs COLDLINE region", "0.004"),
    _bucket("gcs ARCHIVE region", "0.0012"),
    _rough("gcs STANDARD dual-region", "0.044", _GB, _MIRROR, "unknown"),
    _rough("gcs STANDARD multi-region", "0.026", _GB, _MIRROR, "unknown"),
    *(
        missing(f"gcs {kind} {where}", _GB)
        for kind in ("NEARLINE", "COLDLINE", "ARCHIVE")
        for where in ("dual-region", "multi-region")
    ),
    missing("gcs RAPID region", _GB),
    _bucket("gcs anywhere cache", "0.0003", "GB-hour"),
    _rough("gcs writes STANDARD", "0.05", _TEN_THOUSAND, _PAGES, "2021-01"),
    _rough("gcs reads STANDARD", "0.004", _TEN_THOUSAND, _PAGES, "2021-01"),
    *(
        missing(f"gcs {what} {kind}", unit)
        for kind in ("NEARLINE", "COLDLINE", "ARCHIVE", "RAPID")
        for what, unit in (
            ("writes", _TEN_THOUSAND),
            ("reads", _TEN_THOUSAND),
            ("retrieval", "GB"),
        )
    ),
    missing("gcs hierarchical namespace", _TEN_THOUSAND),
    _machines("gce e2-medium", "0.03351", "hour"),
    *(
        _machines(f"gce {name}", usd, "hour")
        for name, usd in (
            ("a2-highgpu-1g", "3.673385"),
            ("a2-highgpu-2g", "7.34677"),
            ("a2-highgpu-4g", "14.69354"),
            ("a2-highgpu-8g", "29.38708"),
            ("a2-megagpu-16g", "55.739504"),
            ("g2-standard-4", "0.76"),
            ("g2-standard-8", "0.91"),
            ("g2-standard-12", "1.06"),
            ("g2-standard-16", "1.20"),
            ("g2-standard-24", "2.11"),
            ("g2-standard-32", "1.79"),
            ("g2-standard-48", "4.23"),
            ("g2-standard-96", "8.46"),
        )
    ),
    # Whether the local SSDs that come with these are in it is not said.
    *(
        _rough(f"gce {name}", usd, "hour", _AUTOSCALER, "2026-06-22")
        for name, usd in (
            ("a2-ultragpu-1g", "5.0688"),
            ("a2-ultragpu-2g", "10.1376"),
            ("a2-ultragpu-4g", "20.2752"),
            ("a2-ultragpu-8g", "40.5504"),
        )
    ),
    _machines("gpu nvidia-tesla-t4", "0.35", "hour"),
    _rough("tpu v6e", "2.70", "chip-hour", _SKYPILOT, "unknown"),
    # Of the price of 5888 chips together.
    _rough("tpu v5p", "4.20", "chip-hour", _SKYPILOT, "unknown"),
    *(missing(f"tpu {name}", "chip-hour") for name in ("v4", "v5e", "tpu7x")),
    missing("gke cluster", "hour"),
)

PRICES: dict[str, Price] = listed(ROWS)
"""The price list, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyPrice:
    """What the machines of a family cost by what they have.

    Attributes:
        cpu: US dollars for a virtual processor an hour.
        memory: US dollars for a GB of memory an hour.
    """

    cpu: Decimal
    memory: Decimal


def _family(cpu: str, memory: str) -> FamilyPrice:
    return FamilyPrice(cpu=Decimal(cpu), memory=Decimal(memory))


FAMILIES: dict[str, FamilyPrice] = {
    "c2": _family("0.03398", "0.00455"),
    "c2d": _family("0.029563", "0.003959"),
    "c3": _family("0.03398", "0.00456"),
    "c3d": _family("0.02956", "0.003956"),
    "e2": _family("0.021811", "0.002923"),
    "n1": _family("0.031611", "0.004237"),
    "n2": _family("0.031611", "0.004237"),
    "n2d": _family("0.027502", "0.003686"),
    "n4": _family("0.030821", "0.004131"),
    "t2d": _family("0.027502", "0.003686"),
}
"""Predefined machines without GPUs, by their family, without local SSDs. The source
is that of the machines above; what its own list of machines says agrees with it."""

SHARED_CORES = ("e2-micro", "e2-small", "e2-medium", "f1-micro", "g1-small")
"""Machines that have a part of their processors: their family's prices are not
theirs."""
