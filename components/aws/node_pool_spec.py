"""A managed node group of EKS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from pydantic import Field

from components.aws.fields import Zone
from components.aws.network_spec import zones_problems
from components.catalog import (
    aws_machines,
    eks_labels,
    eks_nodes,
    pod_devices,
    quantity,
)
from components.catalog.aws_machines import Machine
from components.catalog.eks_nodes import Ami
from components.catalog.problem import Problem
from components.kubernetes.labels import POOL
from components.kubernetes.node_pool_spec import NodeCountSpec, Taint
from components.spec import LabelKey, LabelValue, Size, Spec, Text

_RESERVATION = re.compile(r"cr-([0-9a-f]{8}|[0-9a-f]{17})")
_BLOCKS = "https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html"
_PLACEMENT = (
    "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/placement-strategies.html"
)


class EksNodePoolSpec(Spec):
    """A managed node group that the stack makes."""

    machine: Text
    """The instance type, such as `g5.12xlarge`."""

    nodes: NodeCountSpec
    """How many nodes there are. What an autoscaler makes of it is left alone."""

    zones: list[Zone] = Field(min_length=1)
    """The zones of the nodes, such as `[us-west-2a]`; one only with `efa` or a
    Capacity Block."""

    capacity: Literal["on-demand", "spot", "capacity-block"] = "on-demand"
    """How the machines are bought; default `on-demand`. `spot` may go at any time,
    `capacity-block` was bought before and is named by `reservation`."""

    reservation: Text | None = None
    """Id of the Capacity Block's reservation, such as `cr-0123456789abcdef0`.
    Required with `capacity: capacity-block`, and only there."""

    ami: Text | None = None
    """The AMI type as EKS spells it, such as `AL2023_x86_64_NVIDIA`; default: AL2023
    for the machine's processor and accelerator."""

    disk_size: Size = "100Gi"
    """The root disk of each node; default 100Gi."""

    local_storage: Literal["raid0", "none"] | None = None
    """`raid0` puts the kubelet's directory on the machine's NVMe disks, so that
    scratch is there; `none` leaves the disks alone. Default: `raid0` where the
    machine has such disks and the nodes run AL2023."""

    efa: bool = False
    """Elastic Fabric Adapters in all of the machine's slots, in a cluster
    placement group; default `false`. Pods see those that they ask for."""

    more_taints: list[Taint] = Field(default_factory=list[Taint], alias="taints")
    """Taints beside `nvidia.com/gpu` or `aws.amazon.com/neuron`, which nodes
    with such devices have in any case."""

    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict[str, str])
    """Labels beside `ml-storage/pool`, which says the pool's name."""

    @property
    def known_machine(self) -> Machine | None:
        """What is known of the machine; None where nothing is."""
        return aws_machines.machine(self.machine)

    @property
    def gpus(self) -> int:
        """GPUs (`nvidia.com/gpu`) of each node."""
        return self.known_machine.gpus if self.known_machine else 0

    @property
    def gpu_product(self) -> str | None:
        """Their label `nvidia.com/gpu.product` is what the machine has."""
        return None

    @property
    def neurons(self) -> int:
        """Neuron devices (`aws.amazon.com/neuron`) of each node."""
        return self.known_machine.neurons if self.known_machine else 0

    @property
    def efa_interfaces(self) -> int:
        """EFA interfaces (`vpc.amazonaws.com/efa`) of each node: all or none."""
        return self.known_machine.efa if self.efa and self.known_machine else 0

    @property
    def nvme_gb(self) -> int:
        """GB of NVMe instance store of each node, used for scratch or not."""
        return self.known_machine.nvme_gb if self.known_machine else 0

    @property
    def ami_type(self) -> str:
        """The AMI type that its nodes have, stated or not."""
        return self.ami or eks_nodes.ami_for(self.known_machine)

    @property
    def store(self) -> Literal["raid0", "none"]:
        """What is done with its NVMe disks, stated or not."""
        if self.local_storage is not None:
            return self.local_storage
        ami = self._ami
        by_nodeadm = ami is not None and ami.system == "AL2023"
        return "raid0" if self.nvme_gb and by_nodeadm else "none"

    @property
    def scratch_gb(self) -> int:
        """GB of NVMe that scratch is on; 0 where it is on the root disk."""
        return self.nvme_gb if self.store == "raid0" else 0

    @property
    def min(self) -> int:
        """How many nodes there always are."""
        return self.nodes.min

    @property
    def taints(self) -> list[Taint]:
        """All taints of the nodes that stay."""
        return [*(Taint(key=key) for key in self._devices), *self.more_taints]

    def selector(self, name: str) -> dict[str, str]:
        """The labels by which the nodes of the pool called `name` are found."""
        return {POOL: name}

    @property
    def _ami(self) -> Ami | None:
        return eks_nodes.AMIS.get(self.ami_type)

    @property
    def _devices(self) -> list[str]:
        counts = {pod_devices.GPU: self.gpus, pod_devices.NEURON: self.neurons}
        return [key for key, count in counts.items() if count]

    def problems(self) -> Iterator[Problem]:
        """EKS makes such nodes, of such machines, in such zones."""
        yield from self._of_the_machine()
        yield from self._of_zones_and_capacity()
        yield from eks_labels.label_problems(self.labels, POOL)
        yield from eks_labels.taint_problems(
            [(taint.key, taint.effect) for taint in self.more_taints],
            set(self._devices),
        )

    def _of_the_machine(self) -> Iterator[Problem]:
        problem = aws_machines.name_problem(self.machine)
        if problem is not None:
            yield problem.under("machine")
        machine = self.known_machine
        problem = eks_nodes.ami_problem(self.ami, machine) if self.ami else None
        if problem is not None:
            yield problem.under("ami")
        problem = eks_nodes.store_problem(self.local_storage, machine, self._ami)
        if problem is not None:
            yield problem.under("localStorage")
        problem = eks_nodes.efa_problem(machine) if self.efa else None
        if problem is not None:
            yield problem.under("efa")
        problem = eks_nodes.disk_problem(
            float(quantity.parse(self.disk_size)), self.store, machine
        )
        if problem is not None:
            yield replace(problem, value=self.disk_size).under("diskSize")

    def _of_zones_and_capacity(self) -> Iterator[Problem]:
        for problem in zones_problems(self.zones):
            # That EKS has no node groups in Local Zones is certain.
            yield replace(problem, severity="error")
        alone = "capacity-block" if self.capacity == "capacity-block" else None
        if len(set(self.zones)) > 1 and (alone or self.efa):
            yield Problem(
                rule="POL08",
                message="a Capacity Block is in one zone"
                if alone
                else "EFA works in a cluster placement group, which is in one zone",
                path=("zones",),
                value=self.zones,
                nearest=f"[{self.zones[0]}]",
                link=_BLOCKS if alone else _PLACEMENT,
            )
        if self.capacity == "spot" and self.efa:
            yield Problem(
                rule="POL06",
                message="spot machines that stand close together are seldom there at "
                "once, and one that goes ends the work of all",
                path=("capacity",),
                value=self.capacity,
                nearest="on-demand",
                link=_PLACEMENT,
                severity="warning",
            )
        yield from self._of_reservation()

    def _of_reservation(self) -> Iterator[Problem]:
        block = self.capacity == "capacity-block"
        machine = self.known_machine
        if block and self.reservation is None:
            yield Problem(
                rule="POL05",
                message="a Capacity Block is bought first: its reservation is named",
                path=("capacity",),
                value=self.capacity,
                nearest="reservation: cr-0123456789abcdef0",
                link=_BLOCKS,
            )
        if self.reservation is not None and not block:
            yield Problem(
                rule="POL05",
                message="a reservation is used by nodes of a Capacity Block",
                path=("reservation",),
                value=self.reservation,
                nearest="capacity: capacity-block",
                link=_BLOCKS,
            )
        elif self.reservation is not None and not _RESERVATION.fullmatch(
            self.reservation
        ):
            yield Problem(
                rule="POL20",
                message="the id of a reservation is cr- and 8 or 17 digits of a "
                "hexadecimal number, such as cr-0123456789abcdef0",
                path=("reservation",),
                value=self.reservation,
                link=_BLOCKS,
            )
        if block and machine is not None and not machine.in_capacity_blocks:
            yield Problem(
                rule="POL21",
                message=f"{machine.name} is not known to be sold in Capacity Blocks",
                path=("machine",),
                value=self.machine,
                link=_BLOCKS,
                severity="warning",
            )
