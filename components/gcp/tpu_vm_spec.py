"""`tpuVms`: TPU VMs outside the cluster, with disks of the platform's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from components.catalog import gcp_disks, gcp_tpu_pools, gcp_tpus, tpu_vms
from components.catalog.gcp_disk_tables import TPU_VM_LINK
from components.catalog.problem import Problem
from components.gcp.fields import TopologyText, Zone
from components.spec import Spec, Text


class TpuDiskSpec(Spec):
    """A disk that a TPU VM has attached."""

    disk: Text
    """A disk under `platform.storage`, or `projects/P/zones/Z/disks/D`."""

    read_only: bool = False
    """Attach it read-only, as several VMs may; default `false`."""


class TpuVmSpec(Spec):
    """A TPU VM, or the VMs of a slice.

    It has no address on the internet, and runs as an account of its own that
    has no role: whoever owns a bucket that it is to read grants it to that
    account. Disks are attached and detached in place; all else is another VM.
    """

    tpu: Literal["v2", "v3", "v4", "v5e", "v5p", "v6e"]
    """The generation."""

    topology: TopologyText
    """The topology, such as `2x2x1`."""

    zone: Zone
    """Its zone."""

    runtime: Text
    """The runtime version, such as `v2-alpha-tpuv6e`."""

    capacity: Literal["on-demand", "spot", "reservation"] = "on-demand"
    """How it is had; default `on-demand`."""

    disks: list[TpuDiskSpec] = Field(default_factory=list[TpuDiskSpec])
    """Disks beside the boot disk: at most 31 of v6e, 127 of the others."""

    tags: dict[str, Text] = Field(default_factory=dict[str, str])
    """Labels of its own, beside those of the platform."""

    @property
    def hosts(self) -> int:
        """How many VMs it is."""
        return tpu_vms.hosts(self.tpu, self.topology)

    def problems(self) -> Iterator[Problem]:
        """A topology of the generation, and disks that it can have."""
        topology = tpu_vms.topology_problem(self.tpu, self.topology)
        if topology is not None:
            yield topology
        # Of older generations no zone is known.
        known = self.tpu in gcp_tpus.GENERATIONS
        zone = gcp_tpu_pools.zone_problem(self.tpu, self.zone) if known else None
        if zone is not None:
            yield zone.under("zone")
        count = tpu_vms.count_problem(self.tpu, len(self.disks))
        if count is not None:
            yield count
        seen: set[str] = set()
        for index, disk in enumerate(self.disks):
            if disk.disk in seen:
                yield Problem(
                    rule="TVM03",
                    message="the disk is attached already",
                    path=("disks", index, "disk"),
                    value=disk.disk,
                    link=TPU_VM_LINK,
                )
            seen.add(disk.disk)
            if "/" in disk.disk and gcp_disks.disk_zone(disk.disk) is None:
                yield Problem(
                    rule="TVM04",
                    message="it is a disk under platform.storage, or "
                    "projects/P/zones/Z/disks/D",
                    path=("disks", index, "disk"),
                    value=disk.disk,
                    link=TPU_VM_LINK,
                )
            elif topology is None and self.hosts > 1 and not disk.read_only:
                yield Problem(
                    rule="TVM07",
                    message=f"a slice of {self.topology} is {self.hosts} VMs, and a "
                    "disk that is written is on one VM at a time",
                    path=("disks", index, "readOnly"),
                    value=False,
                    nearest="true",
                    link=TPU_VM_LINK,
                )
