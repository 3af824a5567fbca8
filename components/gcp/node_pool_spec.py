"""A node pool of GKE."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from components.gcp.fields import Zone
from components.kubernetes.labels import POOL
from components.kubernetes.node_pool_spec import NodeCountSpec, Taint
from components.spec import LabelKey, LabelValue, Size, Spec, Text

Generation = Literal["v4", "v5e", "v5p", "v6e", "tpu7x"]


class GkeNodePoolSpec(Spec):
    """A node pool that the stack makes; of multi-host TPUs one for each slice."""

    machine: Text | None = None
    """The machine type, such as `a2-highgpu-4g`. Required but for TPUs, where it
    is needed only if two machines solve the topology."""

    tpu: Generation | None = None
    """The generation of TPU; default: none."""

    topology: Text | None = None
    """The topology of a slice, such as `2x4` or `4x4x4`. Required with `tpu`."""

    slices: int = Field(default=1, ge=1)
    """How many multi-host slices there are, each a node pool of its own; default
    1. Only with a topology of several hosts."""

    nodes: NodeCountSpec | None = None
    """How many nodes there are in all zones together; what an autoscaler makes of
    it is left alone. Required but for multi-host TPUs: a slice has all of its
    nodes or none."""

    zones: list[Zone] = Field(min_length=1)
    """The zones of the nodes, such as `[us-central1-a]`."""

    capacity: Literal["on-demand", "spot", "reservation", "flex-start", "queued"] = (
        "on-demand"
    )
    """How the machines are had; default `on-demand`. `spot` may go at any time,
    `flex-start` and `queued` come when there is room, `reservation` is named."""

    reservation: Text | None = None
    """The name of a reservation. Required with `capacity: reservation`, and only
    there."""

    gpu: Text | None = None
    """The GPU by its label `cloud.google.com/gke-accelerator`, such as
    `nvidia-tesla-t4`. Only for machines that may have none (`n1-*`)."""

    gpu_count: int | None = Field(default=None, ge=1)
    """GPUs of each node, with `gpu`; default 1. Other machines have theirs."""

    gpu_driver: Literal["default", "latest", "none"] = "default"
    """The NVIDIA driver that GKE installs; `none` where you install one."""

    local_storage: Literal["ephemeral", "block", "none"] | None = None
    """What the local SSDs are for: `ephemeral` holds the pods' scratch, `block`
    are raw devices for a driver. Default: `ephemeral` where the machine has such
    disks or `localSsds` asks for them."""

    local_ssds: int | None = Field(default=None, ge=0)
    """How many local SSDs of 375 GB each node has. Default: those the machine
    comes with, else none."""

    disk_size: Size = "100Gi"
    """The boot disk of each node; default 100Gi."""

    disk_type: Text | None = None
    """The type of the boot disk; default: one that the machine can have."""

    boot_images: list[Text] = Field(default_factory=list[str])
    """Disk images that every node has attached (secondary boot disks), with
    container images or models in them: names under `platform.diskImages`, or
    `projects/P/global/images/I`."""

    compact: bool = False
    """Machines stand close together (compact placement), in one zone; default
    `false`. Multi-host TPUs do in any case."""

    more_taints: list[Taint] = Field(default_factory=list[Taint], alias="taints")
    """Taints beside `nvidia.com/gpu` or `google.com/tpu`, which nodes with such
    devices have in any case."""

    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict[str, str])
    """Labels beside `ml-storage/pool`, which says the pool's name."""

    @property
    def machine_type(self) -> str | None:
        """The machine type, stated or solved from the topology."""
        return self.machine

    @property
    def gpus(self) -> int:
        """GPUs (`nvidia.com/gpu`) of each node."""
        return 0

    @property
    def gpu_product(self) -> str | None:
        """Their label `nvidia.com/gpu.product` is what the machine has."""
        return None

    @property
    def neurons(self) -> int:
        """No machine of Google Cloud has Neuron devices."""
        return 0

    @property
    def efa_interfaces(self) -> int:
        """No machine of Google Cloud has EFA interfaces."""
        return 0

    @property
    def tpus(self) -> int:
        """Chips (`google.com/tpu`) of each node."""
        return 0

    @property
    def hosts(self) -> int:
        """Nodes of a slice of TPUs; 1 where there are none."""
        return 1

    @property
    def scratch_gb(self) -> int:
        """GB of local SSD that scratch is on; 0 where it is on the boot disk."""
        return 0

    @property
    def nvme_gb(self) -> int:
        """GB of local SSD of each node, used for scratch or not."""
        return 0

    @property
    def min(self) -> int:
        """How many nodes there always are."""
        return self.nodes.min if self.nodes else 0

    @property
    def taints(self) -> list[Taint]:
        """All taints of the nodes that stay."""
        return self.more_taints

    def selector(self, name: str) -> dict[str, str]:
        """The labels by which the nodes of the pool called `name` are found."""
        return {POOL: name}
