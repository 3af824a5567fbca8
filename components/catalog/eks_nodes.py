"""Nodes of EKS: which AMI goes with which machine, and what is on its disks.

Sources (read 2026-11-22): botocore 1.44.5 `data/eks` (AMITypes);
https://docs.aws.amazon.com/eks/latest/userguide/ml-eks-optimized-ami.html for
accelerators; https://github.com/awslabs/amazon-eks-ami 81fec2e `nodeadm/doc` for
the instance store.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

from components.catalog import aws_machines
from components.catalog.aws_machines import Architecture, Machine
from components.catalog.problem import Problem

LINK = "https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html"
AMI_LINK = "https://docs.aws.amazon.com/eks/latest/userguide/ml-eks-optimized-ami.html"
STORE_LINK = (
    "https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/#localstorageoptions"
)

Device = Literal["nvidia", "neuron"]
System = Literal["AL2023", "AL2", "Bottlerocket"]

LEAST_DISK_GIB = 20
ACCELERATED_DISK_GIB = 50


@dataclass(frozen=True, slots=True)
class Ami:
    """An AMI type of EKS.

    Attributes:
        name: As EKS spells it.
        system: The operating system.
        architecture: Of the processors that it runs on.
        device: The accelerator that it has the driver of; None for none.
    """

    name: str
    system: System
    architecture: Architecture
    device: Device | None = None

    @property
    def root_device(self) -> str:
        """The disk that nodes start from, or keep images and scratch on."""
        # Bottlerocket has its system on xvda, and what changes on xvdb.
        return "/dev/xvdb" if self.system == "Bottlerocket" else "/dev/xvda"


_ROWS = (
    Ami("AL2023_x86_64_STANDARD", "AL2023", "x86_64"),
    Ami("AL2023_ARM_64_STANDARD", "AL2023", "arm64"),
    Ami("AL2023_x86_64_NVIDIA", "AL2023", "x86_64", "nvidia"),
    Ami("AL2023_ARM_64_NVIDIA", "AL2023", "arm64", "nvidia"),
    Ami("AL2023_x86_64_NEURON", "AL2023", "x86_64", "neuron"),
    Ami("BOTTLEROCKET_x86_64", "Bottlerocket", "x86_64"),
    Ami("BOTTLEROCKET_ARM_64", "Bottlerocket", "arm64"),
    Ami("BOTTLEROCKET_x86_64_FIPS", "Bottlerocket", "x86_64"),
    Ami("BOTTLEROCKET_ARM_64_FIPS", "Bottlerocket", "arm64"),
    Ami("BOTTLEROCKET_x86_64_NVIDIA", "Bottlerocket", "x86_64", "nvidia"),
    Ami("BOTTLEROCKET_ARM_64_NVIDIA", "Bottlerocket", "arm64", "nvidia"),
    Ami("BOTTLEROCKET_x86_64_NVIDIA_FIPS", "Bottlerocket", "x86_64", "nvidia"),
    Ami("BOTTLEROCKET_ARM_64_NVIDIA_FIPS", "Bottlerocket", "arm64", "nvidia"),
    Ami("AL2_x86_64", "AL2", "x86_64"),
    Ami("AL2_ARM_64", "AL2", "arm64"),
    # The one image for both kinds of accelerators; `device_fits` knows of it.
    Ami("AL2_x86_64_GPU", "AL2", "x86_64", "nvidia"),
)

AMIS: dict[str, Ami] = {row.name: row for row in _ROWS}
"""The AMI types that run Linux and need no image of one's own, by name."""


def device_of(machine: Machine | None) -> Device | None:
    """The accelerator of a machine that nodes need a driver for."""
    if machine is None:
        return None
    return "nvidia" if machine.gpus else "neuron" if machine.neurons else None


def ami_for(machine: Machine | None) -> str:
    """AL2023 with what the machine needs; of an unknown one, without drivers."""
    architecture = machine.architecture if machine else "x86_64"
    return _like("AL2023", architecture, device_of(machine))


def _like(system: System, architecture: Architecture, device: Device | None) -> str:
    """An AMI type for a machine, of a system where that has one."""
    wanted = (architecture, device)
    fits = [row for row in _ROWS if (row.architecture, row.device) == wanted]
    first = [row for row in fits if row.system == system]
    return (first or fits)[0].name


def _device_fits(ami: Ami, device: Device | None) -> bool:
    if ami.name == "AL2_x86_64_GPU":
        return device is not None
    return ami.device == device


def ami_problem(name: str, machine: Machine | None) -> Problem | None:
    """What is wrong with an AMI type for a machine."""
    ami = AMIS.get(name)
    if ami is None:
        found = difflib.get_close_matches(
            name.lower(), [key.lower() for key in AMIS], n=1, cutoff=0.5
        )
        nearest = next((k for k in AMIS if found and k.lower() == found[0]), None)
        return Problem(
            rule="POL10",
            message="no AMI type of EKS for Linux is called this",
            value=name,
            allowed=tuple(AMIS),
            nearest=nearest or ami_for(machine),
            link=LINK,
        )
    if machine is None:
        return None
    device = device_of(machine)
    nearest = _like(ami.system, machine.architecture, device)
    if ami.architecture != machine.architecture:
        return Problem(
            rule="POL11",
            message=f"{machine.name} has processors of {machine.architecture}: this "
            "image does not run on it",
            value=name,
            nearest=nearest,
            link=AMI_LINK,
        )
    if _device_fits(ami, device):
        return None
    if device is None:
        return Problem(
            rule="POL12",
            message=f"{machine.name} has no accelerator: the drivers of this image "
            "are in the way of nothing, and of no use",
            value=name,
            nearest=nearest,
            link=AMI_LINK,
            severity="warning",
        )
    what = "NVIDIA GPUs" if device == "nvidia" else "Neuron devices"
    return Problem(
        rule="POL11",
        message=f"{machine.name} has {what}, and this image no driver of theirs: "
        "pods would wait for them for ever",
        value=name,
        nearest=nearest,
        link=AMI_LINK,
    )


def store_problem(
    wanted: str | None, machine: Machine | None, ami: Ami | None
) -> Problem | None:
    """What is wrong with `localStorage: raid0` on a machine with an AMI."""
    if wanted != "raid0":
        return None
    if machine is not None and not machine.nvme_gb:
        return Problem(
            rule="POL09",
            message=f"{machine.name} has no NVMe instance store: scratch would be on "
            "the root disk",
            value=wanted,
            nearest=_other("machine", aws_machines.smallest_with_nvme(machine.family))
            or "none",
            link=STORE_LINK,
        )
    if ami is not None and ami.system != "AL2023":
        return Problem(
            rule="POL13",
            message=f"nodes of {ami.system} are not told of their disks in this way: "
            "AL2023 are",
            value=wanted,
            nearest="none",
            link=STORE_LINK,
        )
    return None


def disk_problem(size: float, store: str, machine: Machine | None) -> Problem | None:
    """What is wrong with a root disk of `size` bytes.

    Images with drivers and frameworks are many GiB large, and stand on the root
    disk unless the NVMe disks have them. Both bounds are of experience: they warn.
    """
    device = device_of(machine) is not None and store != "raid0"
    least = ACCELERATED_DISK_GIB if device else LEAST_DISK_GIB
    if size >= least * 2**30:
        return None
    return Problem(
        rule="POL23",
        message="images with drivers and frameworks for accelerators are larger than "
        "this disk"
        if device
        else "the system's own image has 20 GiB: EC2 makes no smaller disk of it",
        nearest=f"{least}Gi",
        link=AMI_LINK,
        severity="warning",
    )


def efa_problem(machine: Machine | None) -> Problem | None:
    """What is wrong with EFA on a machine."""
    if machine is None or machine.efa:
        return None
    return Problem(
        rule="POL07",
        message=f"{machine.name} has no EFA interface",
        value=True,
        nearest=_other("machine", aws_machines.smallest_with_efa(machine.family))
        or "false",
        link="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa.html",
    )


def _other(key: str, value: str | None) -> str | None:
    return f"{key}: {value}" if value else None
