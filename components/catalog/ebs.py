"""What a disk of Amazon EBS can be: its type, size, IOPS and throughput.

Sources, read 2026-11-22: the EC2 API reference (service model of botocore
1.44.5: CreateVolume); IOPS per GiB, and what becomes of too many or too few:
https://github.com/kubernetes-sigs/aws-ebs-csi-driver v1.64.0 (429e202)
pkg/cloud/cloud.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from components.catalog.problem import Path, Problem, Severity

LINK = "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html"
PARAMETERS = (
    "https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/"
    "parameters.md"
)
SOURCE = "EC2 API reference, CreateVolume (botocore 1.44.5)"
AS_OF = "2026-11-22"

VolumeTypeName = Literal["gp3", "gp2", "io2", "io1", "st1", "sc1"]

DEFAULT_TYPE = "gp3"
"""The type of disks of a class that names none: the driver's own default."""

MIBPS_PER_IOPS = 0.25
"""MiB/s of gp3 for each of its IOPS. Long a rule of AWS's, found in no source
that was read: `unconfirmed`."""

_DISPUTED = "sources disagree on disks of this type so {}: some say {:,} {} at most"


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """What a number may be.

    Attributes:
        least: The least.
        most: The most that any source allows.
        agreed: The most that all sources allow.
    """

    least: int
    most: int
    agreed: int

    def clamp(self, number: int) -> int:
        """The number in the range that is nearest to `number`."""
        return min(max(number, self.least), self.most)


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeType:
    """One type of disk.

    Attributes:
        name: What EC2 calls it.
        gib: Its sizes, in GiB.
        iops: IOPS that can be asked for; None where none can.
        iops_per_gib: The most IOPS for each GiB; None where none can be asked for.
        needs_iops: A disk cannot be made without them.
        throughput: MiB/s that can be asked for; None where none can.
        multi_attach: The CSI driver attaches one to several nodes.
    """

    name: str
    gib: Range
    iops: Range | None = None
    iops_per_gib: int | None = None
    needs_iops: bool = False
    throughput: Range | None = None
    multi_attach: bool = False


def _to(least: int, most: int, agreed: int | None = None) -> Range:
    return Range(least=least, most=most, agreed=agreed or most)


TYPES = (
    VolumeType(
        name="gp3",
        gib=_to(1, 65_536, agreed=16_384),
        iops=_to(3_000, 80_000, agreed=16_000),
        iops_per_gib=500,
        throughput=_to(125, 2_000, agreed=1_000),
    ),
    VolumeType(name="gp2", gib=_to(1, 16_384)),
    VolumeType(
        name="io2",
        gib=_to(4, 65_536),
        iops=_to(100, 256_000),
        iops_per_gib=1_000,
        needs_iops=True,
        multi_attach=True,
    ),
    VolumeType(
        name="io1",
        gib=_to(4, 16_384),
        iops=_to(100, 64_000),
        iops_per_gib=50,
        needs_iops=True,
    ),
    VolumeType(name="st1", gib=_to(125, 16_384)),
    VolumeType(name="sc1", gib=_to(125, 16_384)),
    VolumeType(name="standard", gib=_to(1, 1_024)),
)
"""The types of disks. `standard` is of an older generation, and of classes in
the driver's own words only."""

BY_NAME = {row.name: row for row in TYPES}


def class_problems(
    type_: str,
    *,
    iops: int | None,
    iops_per_gb: int | None,
    throughput: int | None,
) -> Iterator[Problem]:
    """What EC2 refuses, or the driver changes, in a class of disks.

    Args:
        type_: The type of its disks.
        iops: IOPS of every disk.
        iops_per_gb: IOPS for each GiB of a disk.
        throughput: MiB/s of every disk.
    """
    row = BY_NAME[type_]
    stated = (
        ("iops", iops, row.iops),
        ("iopsPerGB", iops_per_gb, row.iops),
        ("throughput", throughput, row.throughput),
    )
    wrong = False
    for key, value, offered in stated:
        if value is not None and offered is None:
            wrong = True
            yield _problem(
                "EBS01", f"disks of type {row.name} have no {key} to choose", key, value
            )
    if wrong:
        return
    if iops is not None and iops_per_gb is not None:
        yield _problem(
            "EBS02",
            "IOPS are those of a disk or those for each GiB: the driver refuses both",
            "iopsPerGB",
            iops_per_gb,
            link=PARAMETERS,
        )
        return
    if row.needs_iops and iops is None and iops_per_gb is None:
        yield Problem(
            rule="EBS03",
            message=f"required: EC2 makes no disk of type {row.name} without IOPS",
            path=("iops",),
            link=LINK,
        )
    if iops is not None and row.iops is not None:
        yield from _iops_problems(row.name, row.iops, iops)
    if iops_per_gb is not None:
        yield from _ratio_problems(row, iops_per_gb)
    if throughput is not None and row.throughput is not None:
        yield from _throughput_problems(row, throughput, iops, iops_per_gb)


def _iops_problems(name: str, offered: Range, iops: int) -> Iterator[Problem]:
    if iops < offered.least:
        message = f"a disk of type {name} has at least {offered.least:,} IOPS"
        yield _problem("EBS04", message, "iops", iops, nearest=offered.least)
    elif iops > offered.most:
        # EC2 says how many it gives, and the driver asks for as many.
        yield _problem(
            "EBS04",
            f"a disk of type {name} has at most {offered.most:,} IOPS: the driver "
            "makes it with as many",
            "iops",
            iops,
            nearest=offered.most,
            severity="warning",
        )
    elif iops > offered.agreed:
        yield _problem(
            "EBS04",
            _DISPUTED.format("fast", offered.agreed, "IOPS"),
            "iops",
            iops,
            nearest=offered.agreed,
            severity="warning",
        )


def _ratio_problems(row: VolumeType, iops_per_gb: int) -> Iterator[Problem]:
    most = row.iops_per_gib or 0
    if iops_per_gb < 1:
        message = "IOPS for each GiB are at least one"
        yield _problem("EBS05", message, "iopsPerGB", iops_per_gb, nearest=1)
    elif iops_per_gb > most:
        yield _problem(
            "EBS05",
            f"a disk of type {row.name} has at most {most:,} IOPS for each GiB: the "
            "driver makes it with as many",
            "iopsPerGB",
            iops_per_gb,
            nearest=most,
            severity="warning",
        )


def _throughput_problems(
    row: VolumeType, throughput: int, iops: int | None, iops_per_gb: int | None
) -> Iterator[Problem]:
    offered = row.throughput
    if offered is None or row.iops is None:
        return
    right = offered.clamp(throughput)
    if right != throughput:
        yield _problem(
            "EBS07",
            f"a disk of type {row.name} has {offered.least:,} to {offered.most:,} "
            "MiB/s",
            "throughput",
            throughput,
            nearest=right,
        )
        return
    if throughput > offered.agreed:
        yield _problem(
            "EBS07",
            _DISPUTED.format("fast", offered.agreed, "MiB/s"),
            "throughput",
            throughput,
            nearest=offered.agreed,
            severity="warning",
        )
    given = row.iops.least if iops is None else row.iops.clamp(iops)
    most = int(given * MIBPS_PER_IOPS)
    if iops_per_gb is None and throughput > most:
        yield _problem(
            "EBS08",
            f"AWS has allowed {MIBPS_PER_IOPS} MiB/s for each of a disk's IOPS, and "
            f"these disks have {given:,}: more throughput takes more IOPS",
            "throughput",
            throughput,
            nearest=most,
            severity="warning",
        )


def claim_problem(
    type_: str,
    iops: int | None,
    iops_per_gb: int | None,
    gib: int,
    *,
    raises: bool = False,
) -> Problem | None:
    """What is wrong with the size of a claim on a class of disks.

    Args:
        type_: The type of its disks.
        iops: IOPS of every disk.
        iops_per_gb: IOPS for each GiB of a disk.
        gib: The size, in whole GiB, as the driver rounds it up.
        raises: The driver raises IOPS that are too few
            (`allowAutoIOPSPerGBIncrease`).
    """
    row = BY_NAME[type_]
    right = row.gib.clamp(gib)
    if right != gib:
        return _size(
            "EBS09",
            f"a disk of type {row.name} has {row.gib.least:,} to {row.gib.most:,} GiB",
            gib,
            right,
        )
    wrong = _iops_of_claim(row, iops, iops_per_gb, gib, raises=raises)
    if wrong is not None:
        return wrong
    if gib > row.gib.agreed:
        message = _DISPUTED.format("large", row.gib.agreed, "GiB")
        return _size("EBS09", message, gib, row.gib.agreed, "warning")
    return None


def _iops_of_claim(
    row: VolumeType,
    iops: int | None,
    iops_per_gb: int | None,
    gib: int,
    *,
    raises: bool,
) -> Problem | None:
    """IOPS that a disk of this size does not have.

    What no disk of the type has is a mistake of the class, and said there.
    """
    offered, ratio = row.iops, row.iops_per_gib
    asked = iops or (iops_per_gb or 0) * gib
    if offered is None or ratio is None or asked < 1:
        return None
    by_size = ratio * gib
    given = min(max(asked, offered.least) if raises else asked, offered.most)
    if given > by_size >= offered.least:
        given = by_size
    if given < offered.least:
        if iops is not None:
            return None
        enough = -(-offered.least // min(iops_per_gb or 1, ratio))
        message = f"{asked:,} IOPS are fewer than a disk of type {row.name} has: EC2 "
        message += f"refuses less than {offered.least:,}"
        return _size("EBS10", message, gib, row.gib.clamp(enough))
    target = offered.least if iops is None else offered.clamp(iops)
    enough = row.gib.clamp(-(-target // ratio))
    message = f"a disk of type {row.name} has at most {ratio:,} IOPS for each GiB, and "
    message += f"the class asks for {asked:,}: "
    if given > max(offered.least, by_size):
        return _size("EBS10", f"{message}EC2 refuses it", gib, enough)
    if iops is not None and given < target:
        message += f"the driver makes it with {given:,}"
        return _size("EBS10", message, gib, enough, "warning")
    return None


def _size(
    rule: str, message: str, gib: int, right: int, severity: Severity = "error"
) -> Problem:
    nearest = f"{right}Gi" if right % 1024 else f"{right // 1024}Ti"
    return _problem(
        rule, message, "size", f"{gib}Gi", nearest=nearest, severity=severity
    )


def _problem(
    rule: str,
    message: str,
    key: str,
    value: object,
    *,
    nearest: object = None,
    link: str = LINK,
    severity: Severity = "error",
) -> Problem:
    path: Path = (key,)
    return Problem(
        rule=rule,
        message=message,
        path=path,
        value=value,
        nearest=nearest,
        link=link,
        severity=severity,
    )
