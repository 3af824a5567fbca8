"""What an instance of Filestore can be told: its shares, its IOPS, its backup.

Sources: those of `filestore`, and pkg/csi_driver/utils.go of the driver for IOPS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.catalog.bands import Band
from components.catalog.filestore import LINK, TIERS, Tier
from components.catalog.problem import Problem

SHARE_LINK = "https://docs.cloud.google.com/filestore/docs/creating-instances"
IOPS_LINK = "https://docs.cloud.google.com/filestore/docs/custom-performance"
EXPORT_LINK = "https://docs.cloud.google.com/filestore/docs/create-instance-with-ip-access-control"
BACKUP_LINK = "https://docs.cloud.google.com/filestore/docs/backups"

SHARE_OF_CLAIMS = "vol1"
"""The share of every instance that the driver makes."""

_LARGE = 10_240
_DENSITY = {False: Band(4_000, 17_000, 100), True: Band(3_000, 7_500, 1_000)}
_LEAST_IOPS = 2_000
_MOST_IOPS = {"ZONAL": 166_000, "REGIONAL": 750_000}
_STEP = 1_000

_BACKUP = re.compile(
    r"projects/[a-z0-9.:-]+/locations/[a-z0-9-]+/backups/[a-z](?:[a-z0-9-]*[a-z0-9])?"
)


def share_problems(tier: Tier, name: str) -> Iterator[Problem]:
    """What is wrong with the name of a share.

    The API takes 16 characters on the basic tiers and 63 on the others.
    """
    most = 16 if TIERS[tier].basic else 63
    if re.fullmatch(r"[a-z][a-z0-9_]*", name) and len(name) <= most:
        return
    kept = re.sub(r"[^a-z0-9_]+", "_", name.lower()).lstrip("_0123456789")
    yield Problem(
        rule="FIL04",
        message=f"a share of {tier} has a name of at most {most} of a-z, 0-9 and '_' "
        "that begins with a letter",
        path=("share",),
        value=name,
        nearest=kept[:most] or SHARE_OF_CLAIMS,
        link=SHARE_LINK,
    )


def iops_problems(
    tier: Tier, gib: int | None, iops: int | None, per_tib: int | None
) -> Iterator[Problem]:
    """What is wrong with IOPS that are chosen.

    The ranges are the driver's alone, so that they warn; steps are refused where
    no source takes them.

    Args:
        tier: The tier.
        gib: GiB, where they are known.
        iops: IOPS of the whole.
        per_tib: IOPS for each TiB.
    """
    if iops is None and per_tib is None:
        return
    name, value = ("iops", iops) if iops is not None else ("iopsPerTiB", per_tib)
    if not TIERS[tier].iops:
        yield _iops_problem(name, value, f"the IOPS of {tier} are not chosen")
    elif iops is not None and per_tib is not None:
        yield _iops_problem(
            "iopsPerTiB", per_tib, "IOPS are of the whole (iops) or of each TiB"
        )
    elif iops is not None:
        yield from _whole(tier, gib, iops)
    elif per_tib is not None:
        yield from _each(tier, gib, per_tib)


def _whole(tier: Tier, gib: int | None, iops: int) -> Iterator[Problem]:
    sure = Band(_LEAST_IOPS, _MOST_IOPS[tier], _STEP)
    if iops in sure:
        return
    # The driver takes hundreds below 10 TiB, the API's page never does.
    step = 100 if gib is None or gib < _LARGE else _STEP
    refused = iops <= 0 or iops % step != 0
    yield _iops_problem(
        "iops",
        iops,
        f"IOPS of {tier} come in thousands, and sources know of {sure.least:,} to "
        f"{sure.most:,}",
        right=sure.nearest(iops),
        refused=refused,
    )


def _each(tier: Tier, gib: int | None, per_tib: int) -> Iterator[Problem]:
    band = _DENSITY[gib is not None and gib >= _LARGE]
    most = band.most
    if gib is not None:
        most = min(most, _MOST_IOPS[tier] * 1024 // gib)
    if most < band.least:
        yield _iops_problem(
            "iopsPerTiB",
            per_tib,
            f"sources know of {_MOST_IOPS[tier]:,} IOPS of {tier}, which at this size "
            "are fewer than the least for each TiB: say iops",
            refused=False,
        )
        return
    sure = Band(band.least, most, band.step)
    if per_tib in sure:
        return
    yield _iops_problem(
        "iopsPerTiB",
        per_tib,
        f"sources know of {sure} IOPS for each TiB at this size of {tier}",
        right=sure.nearest(per_tib),
        refused=per_tib <= 0 or per_tib % 100 != 0,
    )


def _iops_problem(
    name: str,
    value: int | None,
    message: str,
    *,
    right: int | None = None,
    refused: bool = True,
) -> Problem:
    return Problem(
        rule="FIL05",
        message=message,
        path=(name,),
        value=value,
        nearest=right,
        link=IOPS_LINK,
        severity="error" if refused else "warning",
    )


def backup_problems(backup: str | None) -> Iterator[Problem]:
    """What is wrong with the backup that an instance is made from."""
    if backup is not None and _BACKUP.fullmatch(backup) is None:
        inside = _BACKUP.search(backup)
        yield Problem(
            rule="FIL11",
            message="a backup is named in full: "
            "projects/PROJECT/locations/REGION/backups/BACKUP",
            path=("restore",),
            value=backup,
            nearest=inside[0] if inside else None,
            link=BACKUP_LINK,
        )


SHARE_SIZES = (128, 256, 512, 1024)
"""GiB that a share of many may hold at most. Source: getSharesPerInstance in
multishare_controller.go of the driver."""


def multishare_problems(
    tier: Tier, multishare: bool, gib: int | None, *, text: str | None
) -> Iterator[Problem]:
    """What is wrong with a class whose claims are shares.

    Args:
        tier: The tier.
        multishare: Claims are shares of instances that they have together.
        gib: The most that a share may hold; None where it is no whole GiB.
        text: The same, as it stands.
    """
    if multishare and tier != "ENTERPRISE":
        yield Problem(
            rule="FIL13",
            message="only instances of ENTERPRISE have several shares",
            path=("tier",),
            value=tier,
            nearest="ENTERPRISE",
            link=LINK,
        )
    if text is None:
        return
    if not multishare:
        yield Problem(
            rule="FIL13",
            message="without multishare every claim has an instance of its own size",
            path=("maxShareSize",),
            value=text,
            link=LINK,
        )
    elif gib not in SHARE_SIZES:
        close = min(SHARE_SIZES, key=lambda size: (abs(size - (gib or 0)), -size))
        yield Problem(
            rule="FIL13",
            message="a share may hold 128Gi, 256Gi, 512Gi or 1024Gi at most",
            path=("maxShareSize",),
            value=text,
            nearest=f"{close}Gi",
            allowed=tuple(f"{size}Gi" for size in SHARE_SIZES),
            link=LINK,
        )
