"""Machines of EC2: what each of them has.

The table is `data/aws_machines.tsv`, with its source and date on its first
lines. How many NVIDIA GPUs a machine has, and their label, stands in
`catalog.gpus`.
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

LINK = "https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html"

Architecture = Literal["x86_64", "arm64"]

_TABLE = Path(__file__).with_name("data") / "aws_machines.tsv"

_NAME = re.compile(
    r"[a-z][a-z0-9]*(-[a-z0-9]+)*\."
    r"(nano|micro|small|medium|large|\d*xlarge|metal(-\d+xl)?)"
)

# Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-blocks.html
# lists machines with accelerators; which of them changes with time.
_IN_CAPACITY_BLOCKS = ("p4d", "p4de", "p5", "p5e", "p5en", "p6", "trn1", "trn2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine of EC2.

    Attributes:
        name: The instance type, such as `g5.12xlarge`.
        architecture: Of its processors.
        vcpu: Virtual processors.
        memory_mib: MiB of memory.
        nvme_gb: GB of NVMe instance store, of all disks together; 0 for none.
        efa: EFA interfaces at most; 0 where it has none.
        network_mbps: Baseline of its network in Mbps; 0 where it is not stated.
        ebs_mbps: Baseline or most of its bandwidth to EBS in Mbps; 0 where it
            is not stated.
        neurons: Neuron devices (`aws.amazon.com/neuron`): Trainium, Inferentia.
        accelerator: Short name of its GPU or Neuron device, such as `a10g`.
        usd_per_hour: List price of Linux on demand in us-east-1; None where
            there is none.
    """

    name: str
    architecture: Architecture
    vcpu: int
    memory_mib: int
    nvme_gb: int
    efa: int
    network_mbps: int
    ebs_mbps: int
    neurons: int
    accelerator: str | None
    usd_per_hour: float | None

    @property
    def family(self) -> str:
        """What its name begins with: `g5` of `g5.12xlarge`."""
        return family(self.name)

    @property
    def gpus(self) -> int:
        """NVIDIA GPUs (`nvidia.com/gpu`)."""
        row = gpus.MACHINES.get(self.name)
        return row.gpus if row else 0

    @property
    def in_capacity_blocks(self) -> bool:
        """Whether it is known to be sold in Capacity Blocks."""
        return self.family.partition("-")[0] in _IN_CAPACITY_BLOCKS


def family(name: str) -> str:
    """What an instance type begins with: `g5` of `g5.12xlarge`."""
    return name.partition(".")[0]


@cache
def machines() -> dict[str, Machine]:
    """The machines that are known, by their names."""
    with _TABLE.open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        rows = csv.DictReader(lines, delimiter="\t")
        return {row["name"]: _machine(row) for row in rows}


def _machine(row: dict[str, str]) -> Machine:
    return Machine(
        name=row["name"],
        architecture="arm64" if row["architecture"] == "arm64" else "x86_64",
        vcpu=int(row["vcpu"]),
        memory_mib=int(row["memory_mib"]),
        nvme_gb=int(row["nvme_gb"] or 0),
        efa=int(row["efa"] or 0),
        network_mbps=int(row["network_mbps"] or 0),
        ebs_mbps=int(row["ebs_mbps"] or 0),
        neurons=int(row["neurons"] or 0),
        accelerator=row["accelerator"] or None,
        usd_per_hour=float(row["usd_per_hour"]) if row["usd_per_hour"] else None,
    )


def machine(name: str) -> Machine | None:
    """The machine of that name; None where it is not known."""
    return machines().get(name)


def sizes(of: str) -> list[Machine]:
    """The machines of a family, the smallest first."""
    found = [m for m in machines().values() if m.family == of]
    return sorted(found, key=lambda m: (m.vcpu, m.memory_mib, m.name))


def closest(name: str) -> str | None:
    """The known machine that `name` was probably meant to be, or None.

    Of a known family the size next to the one that was named, the larger of two.
    """
    wanted = _times(name)
    near = [
        (abs(times - wanted), -times, m)
        for m in sizes(family(name))
        if wanted is not None and (times := _times(m.name)) is not None
    ]
    if near:
        return min(near, key=lambda item: item[:2])[2].name
    found = difflib.get_close_matches(name.lower(), machines(), n=1, cutoff=0.6)
    return found[0] if found else None


def _times(name: str) -> int | None:
    """How many times an `xlarge` a machine is, by its name; None of other names."""
    found = re.fullmatch(r"(\d*)xlarge", name.partition(".")[2])
    return int(found.group(1) or 1) if found else None


def name_problem(name: str) -> Problem | None:
    """What is wrong with `name` as an instance type.

    What no instance type is called is refused, and so is a size that a known
    family does not have. Another family may be newer than the table: it warns.
    """
    if name in machines():
        return None
    known = sizes(family(name))
    written = _NAME.fullmatch(name) is not None
    if known or not written:
        return Problem(
            rule="POL03",
            message=f"{family(name)} does not come in this size"
            if known and written
            else "no instance type is called this",
            value=name,
            allowed=tuple(m.name for m in known),
            nearest=closest(name),
            link=LINK,
        )
    return Problem(
        rule="POL03",
        message="nothing is known of this instance type: its GPUs, NVMe disks and EFA "
        "interfaces are taken for none",
        value=name,
        nearest=closest(name),
        link=LINK,
        severity="warning",
    )


def smallest_with_efa(of: str) -> str | None:
    """The smallest machine of a family that has EFA; None where none has."""
    return next((m.name for m in sizes(of) if m.efa), None)


def smallest_with_nvme(of: str) -> str | None:
    """The nearest machine with NVMe disks: of `m6i`, the smallest `m6id`."""
    for candidate in (of, f"{of}d"):
        found = next((m.name for m in sizes(candidate) if m.nvme_gb), None)
        if found is not None:
            return found
    return None
