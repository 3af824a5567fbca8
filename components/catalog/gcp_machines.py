"""Machines of Compute Engine: what each of them has.

The table is `data/gcp_machines.tsv`, with its sources and date on its first
lines. How many NVIDIA GPUs a machine has, and their label, stands in
`catalog.gpus`; TPUs stand in `catalog.gcp_tpus`.
"""

from __future__ import annotations

import csv
import difflib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from components.catalog import gpus
from components.catalog.problem import Problem

LINK = "https://docs.cloud.google.com/compute/docs/machine-resource"
LOCAL_SSD_LINK = "https://docs.cloud.google.com/compute/docs/disks/local-ssd"
GPU_LINK = "https://docs.cloud.google.com/kubernetes-engine/docs/how-to/gpus"

Architecture = Literal["x86_64", "arm64"]

_TABLE = Path(__file__).with_name("data") / "gcp_machines.tsv"

# What the families of Compute Engine begin with.
_LETTERS = ["a", "c", "ct", "e", "f", "g", "h", "m", "n", "t", "tpu", "x", "z"]
# `n2-standard-8`, `a3-highgpu-8g`, `c3-standard-8-lssd`, `ct5lp-hightpu-4t`,
# `n2-custom-8-16384`.
_OF_AWS = re.compile(
    r"[a-z][a-z0-9-]*\.(\d+x|x)?(large|medium|small|micro|nano|metal).*"
)
_NAME = re.compile(r"[a-z]+\d+[a-z]*-[a-z]+(-\d+[a-z]?)*(-[a-z]+)*")
_CUSTOM = re.compile(r"(([a-z]+\d+[a-z]*)-)?custom-(\w+)-(\d+)(-ext)?")

# No source lists these one by one: https://docs.cloud.google.com/compute/docs/disks/
# add-local-ssd says that A3, A4 and A4X come with such disks, and that G4 is given
# them; how many is taken from what is said of their size.
_UNSURE_SSDS = (
    "a2-highgpu",
    "a2-megagpu",
    "a3-highgpu-1g",
    "a3-highgpu-2g",
    "a3-highgpu-4g",
    "a4x",
    "g4",
    "h4d",
)

# Families that have custom machine types. Source: CockroachDB's gcedb, as the table.
_CUSTOM_FAMILIES = ("n1", "n2", "n2d", "n4", "e2", "c2d")

# What GKE runs on every node leaves them next to nothing; where GKE draws the line
# was not seen.
_TOO_SMALL = ("f1-micro", "g1-small", "e2-micro")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine of Compute Engine.

    Attributes:
        name: The machine type, such as `a2-highgpu-4g`.
        architecture: Of its processors.
        vcpu: Virtual processors.
        memory_mib: MiB of memory.
        ssds: Local SSDs that it comes with; 0 for none.
        ssd_counts: How many local SSDs it may be given instead; empty where
            none or those that it comes with.
        ssd_gb: GB of one local SSD; 0 where it can have none.
        ssds_sure: Whether the numbers of local SSDs were read one by one.
        accelerator: The label `cloud.google.com/gke-accelerator` of its GPUs;
            None where it has none of its own.
        network_gbps: Most of its network in Gbps without Tier_1; 0 where it is
            not stated.
    """

    name: str
    architecture: Architecture
    vcpu: int
    memory_mib: int
    ssds: int
    ssd_counts: tuple[int, ...]
    ssd_gb: int
    ssds_sure: bool
    accelerator: str | None
    network_gbps: int

    @property
    def family(self) -> str:
        """What its name begins with: `a2` of `a2-highgpu-4g`."""
        return family(self.name)

    @property
    def gpus(self) -> int:
        """NVIDIA GPUs (`nvidia.com/gpu`) that it has of its own."""
        row = gpus.MACHINES.get(self.name)
        return row.gpus if row else 0

    @property
    def takes_gpus(self) -> bool:
        """Whether GPUs are attached to it: to N1, and not to those of one core."""
        return self.family == "n1"

    @property
    def wants_gvnic(self) -> bool:
        """Whether only gVNIC makes its network fast: A3 and later."""
        return bool(self.accelerator) and self.family not in ("a2", "g2")

    def ssd_gb_of(self, count: int | None) -> int:
        """GB of local SSD with `count` of them; None stands for those it has.

        Args:
            count: How many are asked for.
        """
        return (self.ssds if count is None else count) * self.ssd_gb


def family(name: str) -> str:
    """What a machine type begins with: `a2` of `a2-highgpu-4g`."""
    return "n1" if name in ("f1-micro", "g1-small") else name.partition("-")[0]


def series(name: str) -> str:
    """Machines of one kind: `a2-highgpu` of `a2-highgpu-4g`."""
    return "-".join(name.split("-")[:2])


@cache
def machines() -> dict[str, Machine]:
    """The machines that are known, by their names."""
    with _TABLE.open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        rows = csv.DictReader(lines, delimiter="\t")
        return {row["name"]: _machine(row) for row in rows}


def _machine(row: dict[str, str]) -> Machine:
    counts = row["ssd_counts"].split(",") if row["ssd_counts"] else []
    return Machine(
        name=row["name"],
        architecture="arm64" if row["architecture"] == "arm64" else "x86_64",
        vcpu=int(row["vcpu"]),
        memory_mib=int(row["memory_mib"]),
        ssds=int(row["ssds"] or 0),
        ssd_counts=tuple(int(count) for count in counts),
        ssd_gb=int(row["ssd_gb"] or 0),
        ssds_sure=not row["name"].startswith(_UNSURE_SSDS),
        accelerator=row["accelerator"] or None,
        network_gbps=int(row["network_gbps"] or 0),
    )


def machine(name: str) -> Machine | None:
    """The machine of that name; None where it is not known.

    A custom machine has what its name says, and the local SSDs that the
    predefined machines of its family and of as many processors or more have.
    """
    return machines().get(name) or _custom(name)


@cache
def _custom(name: str) -> Machine | None:
    found = _CUSTOM.fullmatch(name)
    of = (found.group(2) or "n1") if found else ""
    if found is None or of not in _CUSTOM_FAMILIES or not found.group(3).isdigit():
        return None
    vcpu = int(found.group(3))
    like = [m for m in machines().values() if m.family == of]
    larger = [m for m in like if m.vcpu >= vcpu] or like[-1:]
    next_larger = min(larger, key=lambda m: (m.vcpu, not m.ssd_counts))
    return Machine(
        name=name,
        architecture="x86_64",
        vcpu=vcpu,
        memory_mib=int(found.group(4)),
        ssds=0,
        ssd_counts=next_larger.ssd_counts,
        ssd_gb=next_larger.ssd_gb,
        ssds_sure=next_larger.ssds_sure,
        accelerator=None,
        network_gbps=0,
    )


def sizes(of: str) -> list[Machine]:
    """The machines of a kind such as `a2-highgpu`, the smallest first."""
    found = [m for m in machines().values() if series(m.name) == of]
    return sorted(found, key=lambda m: (m.vcpu, m.memory_mib, m.name))


def closest(name: str) -> str | None:
    """The known machine that `name` was probably meant to be, or None.

    Of a known kind the size next to the one that was named, the larger of two.
    """
    wanted = _size(name)
    near = [
        (abs(size - wanted), -size, m)
        for m in sizes(series(name))
        if wanted is not None and (size := _size(m.name)) is not None
    ]
    if near:
        return min(near, key=lambda item: item[:2])[2].name
    found = difflib.get_close_matches(name.lower(), machines(), n=1, cutoff=0.6)
    return found[0] if found else None


def _size(name: str) -> int | None:
    """The number in a machine's name; None where it has none, or more after it."""
    found = re.fullmatch(r"(\d+)[a-z]?", name.removeprefix(f"{series(name)}-"))
    return int(found.group(1)) if found else None


def name_problem(name: str) -> Problem | None:
    """What is wrong with `name` as a machine type of a node.

    What no machine type is called is refused, and so is a size that a known
    kind does not have. Another kind may be newer than the table: it warns.
    """
    if machine(name) is not None:
        return _too_small(name)
    known = sizes(series(name))
    written = _NAME.fullmatch(name) is not None and _letters(name) in _LETTERS
    if known or not written:
        return Problem(
            rule="GPL01",
            message=f"{series(name)} does not come in this size"
            if known and written
            else "no machine type is called this"
            + (": it is one of AWS" if _OF_AWS.fullmatch(name) else ""),
            value=name,
            allowed=tuple(m.name for m in known),
            nearest=closest(name),
            link=LINK,
        )
    return Problem(
        rule="GPL01",
        message="nothing is known of this machine type: its GPUs and local SSDs are "
        "taken for none",
        value=name,
        nearest=closest(name),
        link=LINK,
        severity="warning",
    )


def _letters(name: str) -> str:
    """What a name begins with before its first digit: `ct` of `ct5p-hightpu-4t`."""
    return re.split(r"\d", name, maxsplit=1)[0]


def _too_small(name: str) -> Problem | None:
    if name not in _TOO_SMALL:
        return None
    return Problem(
        rule="GPL27",
        message="a machine of a shared core is too small for what GKE itself runs on "
        "every node",
        value=name,
        nearest="e2-medium",
        link="https://docs.cloud.google.com/kubernetes-engine/docs/concepts/"
        "plan-node-sizes",
        severity="warning",
    )


def is_arm(name: str) -> bool:
    """Whether the machine of that name has processors of Arm."""
    found = machine(name)
    return found is not None and found.architecture == "arm64"


def ssds_problem(count: int | None, of: Machine) -> Problem | None:
    """What is wrong with `count` local SSDs of a machine."""
    if count is None or (of.ssds and count == of.ssds) or count in of.ssd_counts:
        return None
    if count == 0 and not of.ssds:
        return None
    severity = "error" if of.ssds_sure else "warning"
    if of.ssds:
        return Problem(
            rule="GPL05",
            message=f"{of.name} comes with {of.ssds} local SSDs, no more and no fewer",
            value=count,
            nearest=of.ssds,
            link=LOCAL_SSD_LINK,
            severity=severity,
        )
    if not of.ssd_counts:
        other = smallest_with_ssds(of.name)
        return Problem(
            rule="GPL06",
            message=f"{of.name} can have no local SSDs",
            value=count,
            nearest=f"machine: {other}" if other else 0,
            link=LOCAL_SSD_LINK,
            severity=severity,
        )
    return Problem(
        rule="GPL05",
        message=f"{of.name} cannot have this number of local SSDs",
        value=count,
        allowed=of.ssd_counts,
        nearest=min(of.ssd_counts, key=lambda c: (abs(c - count), -c)),
        link=LOCAL_SSD_LINK,
        severity=severity,
    )


def smallest_with_ssds(name: str) -> str | None:
    """The nearest machine of the same kind with local SSDs: `c3-standard-8-lssd`."""
    with_them = f"{name}-lssd"
    if with_them in machines():
        return with_them
    wanted = machine(name)
    found = [
        m
        for m in sizes(series(name))
        if (m.ssds or m.ssd_counts) and (wanted is None or m.vcpu >= wanted.vcpu)
    ]
    return found[0].name if found else None
