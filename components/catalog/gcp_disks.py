"""What a disk of Compute Engine can be, and which machines attach it.

The facts, with their sources, stand in `gcp_disk_tables.py`. A limit that a source
states refuses; one that none states, or on which sources disagree, warns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from components.catalog.gcp_disk_tables import (
    BALANCED,
    BOOTS_FROM_HYPERDISK,
    BY_NAME,
    DOUBTFUL,
    EXTREME,
    EXTREME_LEAST_VCPUS,
    FAMILIES,
    GIB_IN_TIB,
    HIGHLY_AVAILABLE,
    MACHINES_LINK,
    MIBPS_PER_IOPS,
    ML,
    ONE_SOURCE,
    PD_BALANCED,
    PD_SSD,
    SHARING_LINK,
    TYPES,
    TYPES_LINK,
    DiskType,
    PerGib,
    Range,
    Sharing,
)
from components.catalog.problem import Path, Problem, Severity

Attachable = Literal["yes", "no", "doubtful"]

_DISK = re.compile(r"projects/([^/]+)/zones/([^/]+)/disks/([^/]+)")
_REGIONAL = re.compile(r"projects/([^/]+)/regions/([^/]+)/disks/([^/]+)")
_POOL = re.compile(r"projects/([^/]+)/zones/([^/]+)/storagePools/([^/]+)")
_VCPUS = re.compile(r"-(?:standard|highmem|highcpu|megamem|ultramem|hypermem)-(\d+)")

_NEXT_BEST = (PD_BALANCED, BALANCED, PD_SSD, ML)
"""What takes the place of a type, where the machine has not that one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A number that is asked for of a disk.

    Attributes:
        key: What YAML calls it.
        unit: Its unit, in words.
        value: The number.
        offered: What disks of the type have.
        per_gib: How that goes with the size.
    """

    key: str
    unit: str
    value: int
    offered: Range | None
    per_gib: PerGib | None


def _asked(row: DiskType, iops: int | None, throughput: int | None) -> Iterator[_Asked]:
    """What is asked for of a disk of the type."""
    if iops is not None:
        yield _Asked(
            key="iops",
            unit="IOPS",
            value=iops,
            offered=row.iops,
            per_gib=row.iops_per_gib,
        )
    if throughput is not None:
        yield _Asked(
            key="throughput",
            unit="MiB/s",
            value=throughput,
            offered=row.throughput,
            per_gib=row.throughput_per_gib,
        )


def known_type(name: str, *, zonal: bool = False) -> Problem | None:
    """What is wrong with the name of a type.

    Args:
        name: The type.
        zonal: It is of a disk in one zone.
    """
    row = BY_NAME.get(name)
    names = [row.name for row in TYPES if row.zonal or not zonal]
    if row is None:
        close = get_close_matches(name.lower(), names, n=1, cutoff=0.5)
        return _problem(
            "PDK01",
            "Compute Engine has no disks of this type",
            "type",
            name,
            allowed=tuple(names),
            nearest=close[0] if close else PD_BALANCED,
        )
    if zonal and not row.zonal:
        return _problem(
            "PDK01",
            "a disk of this type is in two zones, and this one is in one",
            "type",
            name,
            allowed=tuple(names),
            nearest=BALANCED,
        )
    return None


def size_problem(type_: str, gib: int) -> Problem | None:
    """What is wrong with a disk of `type_` with `gib` GiB."""
    row = BY_NAME[type_]
    sizes, right = row.gib, row.gib.sure(gib)
    if right == gib:
        return None
    if sizes.clamp(gib) == gib:
        return _problem(
            "PDK05",
            f"disks of type {row.name} have {_text(right)} at least, by what is known "
            "of them: no source that was read says so",
            "sizeGiB",
            gib,
            nearest=right,
            severity="warning",
        )
    return _problem(
        "PDK05",
        f"a disk of type {row.name} has {_text(sizes.agreed[0])} to "
        f"{_text(sizes.most)}",
        "sizeGiB",
        gib,
        nearest=right,
    )


def performance_problems(
    type_: str,
    *,
    iops: int | None,
    throughput: int | None,
    gib: int | None = None,
) -> Iterator[Problem]:
    """What is wrong with the performance that a disk or a class asks for.

    Args:
        type_: The type.
        iops: Provisioned IOPS.
        throughput: Provisioned MiB/s.
        gib: The size, where it is known; a class leaves that to its claims.
    """
    row, wrong = BY_NAME[type_], False
    for asked in _asked(row, iops, throughput):
        found = _outside(row, asked)
        if found is None and gib is not None:
            found = _for_its_size(row, asked, gib)
        if found is not None:
            wrong = True
            yield found
    if not wrong and type_ == BALANCED and iops is not None and throughput is not None:
        yield from _together(iops, throughput)


def _outside(row: DiskType, asked: _Asked) -> Problem | None:
    """A number that no disk of the type has, whatever its size."""
    key, value, offered = asked.key, asked.value, asked.offered
    if offered is None:
        message = f"disks of type {row.name} have no {key} to choose"
        return _problem("PDK02", message, key, value)
    right = offered.sure(value)
    if right == value:
        return None
    sure = offered.clamp(value) != value
    least, most = offered.agreed if not sure else (offered.agreed[0], offered.most)
    return _problem(
        "PDK03" if key == "iops" else "PDK04",
        f"a disk of type {row.name} has {least:,} to {most:,} {asked.unit}"
        + ("" if sure else ", by what is known of it: no source that was read says so"),
        key,
        value,
        nearest=right,
        severity="error" if sure else "warning",
    )


def _for_its_size(row: DiskType, asked: _Asked, gib: int) -> Problem | None:
    """A number that a disk of this size does not have."""
    offered, per_gib, value = asked.offered, asked.per_gib, asked.value
    if offered is None or per_gib is None:
        return None
    least = offered.clamp(per_gib.floor(gib))
    if value < least:
        return _problem(
            "PDK06",
            f"a disk of type {row.name} and {_text(gib)} has at least {least:,} "
            f"{asked.unit}",
            asked.key,
            value,
            nearest=least,
        )
    ceiling = per_gib.ceiling(gib)
    most = value if ceiling is None else max(ceiling, offered.agreed[0])
    if value > most:
        return _problem(
            "PDK06",
            f"a disk of type {row.name} and {_text(gib)} has at most {most:,} "
            f"{asked.unit}" + ("" if per_gib.sure else ", by what is known of it"),
            asked.key,
            value,
            nearest=most,
            severity="error" if per_gib.sure else "warning",
        )
    return None


def _together(iops: int, throughput: int) -> Iterator[Problem]:
    most = int(iops * MIBPS_PER_IOPS)
    if throughput > most:
        yield _problem(
            "PDK04",
            f"Google has allowed {MIBPS_PER_IOPS} MiB/s for each of a disk's IOPS, and "
            f"this one has {iops:,}: more throughput takes more IOPS",
            "throughput",
            throughput,
            nearest=most,
            severity="warning",
        )


def claim_problem(
    type_: str, gib: int, *, iops: int | None, throughput: int | None
) -> Problem | None:
    """What is wrong with the size of a claim on a class of disks.

    Args:
        type_: The type of its disks.
        gib: The size, in whole GiB, as the driver rounds it up.
        iops: IOPS of every disk.
        throughput: MiB/s of every disk.
    """
    row = BY_NAME[type_]
    wrong = size_problem(type_, gib)
    if wrong is not None:
        return _of_claim(wrong, gib, wrong.nearest)
    for asked in _asked(row, iops, throughput):
        value, per_gib = asked.value, asked.per_gib
        # What no disk of the type has is a mistake of the class, and said there.
        if per_gib is None or asked.offered is None or _outside(row, asked) is not None:
            continue
        found = _for_its_size(row, asked, gib)
        if found is None:
            continue
        too_large = value < int(str(found.nearest))
        right = _fitting(row, per_gib, value, too_large=too_large)
        message = f"{found.message}, and the class asks for {value:,}"
        return _of_claim(found, gib, right, message)
    return None


def _fitting(row: DiskType, per_gib: PerGib, value: int, *, too_large: bool) -> int:
    """The nearest size of a disk that has `value` of what goes with its size."""
    if too_large:
        gib = int((value + 1) / per_gib.least) if per_gib.least else row.gib.most
        while gib > row.gib.least and per_gib.floor(gib) > value:
            gib -= 1
    else:
        most = per_gib.most or 1
        gib = -int(-value // most)
        while (per_gib.ceiling(gib) or value) < value:
            gib += 1
    return row.gib.sure(gib)


def _of_claim(
    problem: Problem, gib: int, right: object, message: str | None = None
) -> Problem:
    return _problem(
        "PDK21" if message is None else "PDK22",
        message or problem.message,
        "size",
        quantity_of(gib),
        nearest=quantity_of(int(str(right))),
        severity=problem.severity,
    )


def quantity_of(gib: int) -> str:
    """A size as Kubernetes writes it."""
    return f"{gib}Gi" if gib % GIB_IN_TIB else f"{gib // GIB_IN_TIB}Ti"


def sharing_problem(
    type_: str, who: Sharing, path: Path, value: object
) -> Problem | None:
    """What is wrong with several nodes that have a disk of `type_` at once.

    Args:
        type_: The type.
        who: Whether the nodes only read it or write it too.
        path: Where it is asked for.
        value: What stands there.
    """
    row = BY_NAME[type_]
    if who in row.shared:
        return None
    # Types that the driver refuses by name; of the others it leaves that to the cloud.
    sure = not row.shared or (type_ == HIGHLY_AVAILABLE and who == "readers")
    fitting = tuple(other.name for other in TYPES if who in other.shared)
    return Problem(
        rule="PDK10",
        message=f"a disk of type {row.name} is on one node at a time"
        if not row.shared
        else f"several nodes do not {'read' if who == 'readers' else 'write'} a disk "
        f"of type {row.name}",
        path=path,
        value=value,
        allowed=fitting,
        nearest=f"type: {ML if who == 'readers' else BALANCED}",
        link=SHARING_LINK,
        severity="error" if sure else "warning",
    )


def family(machine: str) -> str:
    """The family of a machine: what its name begins with."""
    return machine.partition("-")[0]


def attachable(machine: str, type_: str) -> Attachable | None:
    """Whether a machine attaches disks of a type; None where nothing is known."""
    of = family(machine)
    doubted = any(
        type_ in types
        for begin, types in DOUBTFUL.items()
        if machine == begin or machine.startswith(f"{begin}-")
    )
    if doubted:
        return "doubtful"
    if of in FAMILIES:
        return "yes" if type_ in FAMILIES[of] else "no"
    if of in ONE_SOURCE:
        return "yes" if type_ in ONE_SOURCE[of] else "doubtful"
    return None


def types_of(machine: str) -> tuple[str, ...]:
    """The types that a machine surely attaches."""
    return tuple(row.name for row in TYPES if attachable(machine, row.name) == "yes")


def machine_problem(machine: str, type_: str, path: Path = ()) -> Problem | None:
    """What is wrong with a disk of `type_` on a machine; None where all is well."""
    how = attachable(machine, type_)
    if how == "yes" and type_ == EXTREME:
        return _too_small(machine, path)
    if how not in ("no", "doubtful"):
        return None
    types = types_of(machine)
    return Problem(
        rule="PDK20",
        message=f"{machine} attaches no disks of type {type_}"
        if how == "no"
        else f"sources disagree on whether {machine} attaches disks of type {type_}",
        path=path,
        value=type_,
        allowed=types,
        nearest=next((name for name in (*_NEXT_BEST, *types) if name in types), None),
        link=MACHINES_LINK,
        severity="error" if how == "no" else "warning",
    )


def _too_small(machine: str, path: Path) -> Problem | None:
    """hyperdisk-extreme on a machine with too few vCPUs for it."""
    least = EXTREME_LEAST_VCPUS.get(family(machine))
    found = _VCPUS.search(machine)
    if least is None or found is None or int(found[1]) >= least:
        return None
    return Problem(
        rule="PDK20",
        message=f"{machine} attaches no disks of type {EXTREME}: it takes {least} "
        f"vCPUs of {family(machine)}",
        path=path,
        value=EXTREME,
        allowed=tuple(name for name in types_of(machine) if name != EXTREME),
        nearest=BALANCED,
        link=f"{TYPES_LINK}/hd-types/hyperdisk-extreme",
    )


def boot_type(machine: str | None) -> str:
    """The type of boot disk that a machine has by default: pd-balanced, if it can.

    Args:
        machine: The machine type; None where it is not known.
    """
    if machine is None:
        return PD_BALANCED
    begins = any(
        machine == begin or machine.startswith(f"{begin}-")
        for begin in BOOTS_FROM_HYPERDISK
    )
    if not begins and attachable(machine, PD_BALANCED) in ("yes", None):
        return PD_BALANCED
    return BALANCED


def boot_problem(machine: str | None, type_: str) -> Problem | None:
    """What is wrong with a type of boot disk (`diskType`) on a machine."""
    if type_ == boot_type(machine):
        return None
    wrong = known_type(type_, zonal=True)
    if wrong is None and not BY_NAME[type_].boot:
        wrong = _problem(
            "PDK07",
            f"nothing boots from a disk of type {type_}",
            "type",
            type_,
            allowed=tuple(row.name for row in TYPES if row.boot and row.zonal),
            nearest=boot_type(machine),
        )
    if wrong is None and machine is not None:
        wrong = machine_problem(machine, type_)
    if wrong is None:
        return None
    return Problem(
        rule="PDK07",
        message=wrong.message,
        path=("diskType",),
        value=type_,
        allowed=wrong.allowed,
        nearest=boot_type(machine),
        link=wrong.link,
        severity=wrong.severity,
    )


def disk_zone(name: str) -> str | None:
    """The zone of a disk by its full name; None where it is no such name."""
    found = _DISK.fullmatch(name)
    return found[2] if found else None


def disk_in(text: str) -> str | None:
    """The full name of a disk in a URL or the like; None where there is none."""
    found = _DISK.search(text)
    return found[0] if found else None


def is_regional(name: str) -> bool:
    """Whether it is the full name of a disk in two zones."""
    return _REGIONAL.fullmatch(name) is not None


def pool_zone(name: str) -> str | None:
    """The zone of a storage pool by its full name; None where it is none."""
    found = _POOL.fullmatch(name)
    return found[2] if found else None


def region_of(zone: str) -> str:
    """The region that a zone's name begins with."""
    return zone.rpartition("-")[0]


def _text(gib: int) -> str:
    if gib % GIB_IN_TIB or gib < GIB_IN_TIB:
        return f"{gib:,} GiB"
    return f"{gib // GIB_IN_TIB:,} TiB"


def _problem(
    rule: str,
    message: str,
    key: str,
    value: object,
    *,
    allowed: tuple[object, ...] = (),
    nearest: object = None,
    link: str = TYPES_LINK,
    severity: Severity = "error",
) -> Problem:
    return Problem(
        rule=rule,
        message=message,
        path=(key,),
        value=value,
        allowed=allowed,
        nearest=nearest,
        link=link,
        severity=severity,
    )
