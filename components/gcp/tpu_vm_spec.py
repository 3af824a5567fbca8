"""`tpuVms`: TPU VMs outside the cluster, with disks of the platform's."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from components.gcp.fields import Zone
from components.spec import Spec, Text


class TpuDiskSpec(Spec):
    """A disk that a TPU VM has attached."""

    disk: Text
    """A disk under `platform.storage`, or `projects/P/zones/Z/disks/D`."""

    read_only: bool = False
    """Attach it read-only, as several VMs may; default `false`."""


class TpuVmSpec(Spec):
    """A TPU VM, or the VMs of a slice."""

    tpu: Literal["v2", "v3", "v4", "v5e", "v5p", "v6e"]
    """The generation."""

    topology: Text
    """The topology, such as `2x2x1`."""

    zone: Zone
    """Its zone."""

    runtime: Text
    """The runtime version, such as `v2-alpha-tpuv6e`."""

    capacity: Literal["on-demand", "spot", "reservation"] = "on-demand"
    """How it is had; default `on-demand`."""

    disks: list[TpuDiskSpec] = Field(default_factory=list[TpuDiskSpec])
    """Disks beside the boot disk."""
