"""A node pool of GKE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from components.catalog import (
    gcp_disks,
    gcp_machines,
    gcp_tpu_pools,
    gcp_tpus,
    gke_labels,
    gke_nodes,
    pod_devices,
    quantity,
)
from components.catalog.gcp_machines import Machine
from components.catalog.gcp_tpus import Slice
from components.catalog.problem import Problem
from components.gcp.fields import TopologyText, Zone
from components.gcp.network_spec import zones_problems
from components.kubernetes.labels import POOL
from components.kubernetes.node_pool_spec import NodeCountSpec, Taint
from components.spec import LabelKey, LabelValue, Size, Spec, Text, as_error


def _generation(value: Any) -> Any:
    """A generation that is said with a size is told how both are said."""
    problem = gcp_tpu_pools.name_problem(value) if isinstance(value, str) else None
    if problem is not None:
        raise as_error(problem)
    return value


Generation = Annotated[
    Literal["v4", "v5e", "v5p", "v6e", "tpu7x"], BeforeValidator(_generation)
]


class GkeNodePoolSpec(Spec):
    """A node pool that the stack makes; of multi-host TPUs one for each slice."""

    machine: Text | None = None
    """The machine type, such as `a2-highgpu-4g`. Required but for TPUs, where it
    is needed only if two machines solve the topology."""

    tpu: Generation | None = None
    """The generation of TPU; default: none."""

    topology: TopologyText | None = None
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
    """How the machines are had; default `on-demand`. `spot` may go at any time;
    `flex-start` and `queued` come when there is room (Dynamic Workload Scheduler),
    those of `flex-start` for a week at most, those of `queued` for a job's request
    that a queue makes; `reservation` is named."""

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
    """The boot disk of each node, 10Gi at least; default 100Gi."""

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

    @cached_property
    def slice(self) -> Slice | None:
        """What its nodes are together with TPUs; None without, or with wrong ones."""
        if self.tpu is None or self.topology is None:
            return None
        made = gcp_tpus.solve(self.tpu, self.topology, self.machine)
        return made if isinstance(made, Slice) else None

    @property
    def machine_type(self) -> str | None:
        """The machine type, stated or solved from the topology."""
        return self.slice.machine if self.slice else self.machine

    @property
    def known_machine(self) -> Machine | None:
        """What is known of the machine; None where nothing is."""
        return gcp_machines.machine(self.machine_type) if self.machine_type else None

    @property
    def accelerator(self) -> str | None:
        """The label `cloud.google.com/gke-accelerator` of its GPUs."""
        own = self.known_machine.accelerator if self.known_machine else None
        return (own or self.gpu) if self.gpus else None

    @property
    def gpus(self) -> int:
        """GPUs (`nvidia.com/gpu`) of each node."""
        return gke_nodes.gpus_of(self.known_machine, self.gpu, self.gpu_count)

    @property
    def gpu_product(self) -> str | None:
        """The label `nvidia.com/gpu.product` of GPUs that are attached to a machine.

        None of GPUs of its own: that is what the machine has.
        """
        return gke_nodes.product_of(self.known_machine, self.gpu)

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
        return self.slice.chips_per_host if self.slice else 0

    @property
    def hosts(self) -> int:
        """Nodes of a slice of TPUs; 1 where there are none."""
        return self.slice.hosts if self.slice else 1

    @property
    def ssds(self) -> int:
        """Local SSDs of each node, those it comes with or those it is given."""
        machine = self.known_machine
        if machine is None:
            return 0
        return machine.ssds or (self.local_ssds or 0)

    @property
    def store(self) -> Literal["ephemeral", "block", "none"]:
        """What the local SSDs are for, stated or not."""
        if not self.ssds:
            return "none"
        return self.local_storage or "ephemeral"

    @property
    def nvme_gb(self) -> int:
        """GB of local SSD of each node, used for scratch or not."""
        machine = self.known_machine
        return machine.ssd_gb_of(self.ssds) if machine else 0

    @property
    def scratch_gb(self) -> int:
        """GB of local SSD that scratch is on; 0 where it is on the boot disk."""
        return self.nvme_gb if self.store == "ephemeral" else 0

    @property
    def boot_type(self) -> str:
        """The type of the boot disk, stated or one that the machine can have."""
        return self.disk_type or gcp_disks.boot_type(self.machine_type)

    @property
    def waits(self) -> bool:
        """Whether its nodes come when there is room for them."""
        return self.capacity in ("flex-start", "queued")

    @property
    def min(self) -> int:
        """How many nodes there always are."""
        if self.slice is not None and self.slice.multi_host:
            return 0 if self.waits else self.hosts * self.slices
        return self.nodes.min if self.nodes else 0

    @property
    def device(self) -> str | None:
        """The resource that its nodes are for, and the key of their taint."""
        if self.tpus:
            return gcp_tpus.RESOURCE
        return pod_devices.GPU if self.gpus else None

    @property
    def taints(self) -> list[Taint]:
        """All taints of the nodes that stay, those that GKE gives them as well."""
        return [*(Taint(key=key) for key in self._given), *self.more_taints]

    @property
    def _given(self) -> dict[str, str]:
        """Taints that its nodes have in any case, and whose they are."""
        given: dict[str, str] = {}
        if self.device is not None:
            given[self.device] = "nodes with such a device"
        machine = self.known_machine
        if machine is not None and machine.architecture == "arm64":
            given[gke_labels.ARM] = "nodes with Arm processors"
        if self.capacity == "queued":
            given[gke_labels.QUEUED] = "nodes that are queued for"
        return given

    def selector(self, name: str) -> dict[str, str]:
        """The labels by which the nodes of the pool called `name` are found."""
        return {POOL: name, **(self.slice.labels if self.slice else {})}

    def problems(self) -> Iterator[Problem]:
        """GKE makes such nodes, of such machines, in such zones."""
        yield from self._of_the_machine()
        yield from zones_problems(self.zones)
        yield from gcp_tpu_pools.pool_problems(
            tpu=self.tpu,
            topology=self.topology,
            machine=self.machine,
            slices=self.slices if "slices" in self.model_fields_set else None,
            nodes=self.nodes is not None,
            zones=self.zones,
        )
        yield from gke_nodes.capacity_problems(
            gke_nodes.Had(
                capacity=self.capacity,
                reservation=self.reservation,
                compact=self.compact,
                least=self.nodes.min if self.nodes else 0,
                tpu=self.tpu is not None,
                machine=self.machine_type or "",
                zones=tuple(self.zones),
            )
        )
        yield from gke_labels.label_problems(self.labels, POOL)
        yield from gke_labels.taint_problems(
            [(taint.key, taint.effect) for taint in self.more_taints], self._given
        )
        for index, image in enumerate(self.boot_images):
            if image in self.boot_images[:index]:
                yield Problem(
                    rule="GPL21",
                    message="this image stands here already",
                    path=("bootImages", index),
                    value=image,
                )

    def _of_the_machine(self) -> Iterator[Problem]:
        name, machine = self.machine, self.known_machine
        if self.tpu is None:
            for key in ("machine", "nodes"):
                if getattr(self, key) is None:
                    yield _required(key)
        if name is not None and gcp_tpus.generation_of(name) is None:
            problem = gcp_machines.name_problem(name) if self.tpu is None else None
            if problem is not None:
                yield problem.under("machine")
            yield from gke_nodes.gpu_problems(name, machine, self.gpu, self.gpu_count)
        elif self.gpu is not None and (self.tpu is not None or name is not None):
            yield gke_nodes.not_with_tpus(self.gpu)
        if machine is not None:
            yield from self._of_its_disks(machine)

    def _of_its_disks(self, machine: Machine) -> Iterator[Problem]:
        problem = gcp_machines.ssds_problem(self.local_ssds, machine)
        if problem is not None:
            yield problem.under("localSsds")
        else:
            problem = gke_nodes.store_problem(
                self.local_storage, self.local_ssds, machine
            )
            if problem is not None:
                yield problem
        problem = gke_nodes.driver_problem(self.gpu_driver, self.gpus)
        if problem is not None:
            yield problem
        size = float(quantity.parse(self.disk_size))
        problem = gke_nodes.disk_problem(size, self.device is not None)
        if problem is not None:
            yield replace(problem, value=self.disk_size)
        if self.disk_type is not None:
            problem = gcp_disks.boot_problem(machine.name, self.disk_type)
            if problem is not None:
                yield problem


def _required(key: str) -> Problem:
    example = {
        "machine": "machine: e2-standard-8",
        "nodes": "nodes: {min: 1, max: 4}",
    }
    return Problem(
        rule="GPL02",
        message="required, except for nodes with TPUs",
        path=(key,),
        nearest=example[key],
        link=gcp_machines.LINK if key == "machine" else None,
    )
