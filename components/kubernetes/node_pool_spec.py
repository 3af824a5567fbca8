"""Nodes that a cluster has, as jobs name them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from components.catalog import gcp_tpu_pools, gpus
from components.catalog.gcp_tpus import Slice
from components.catalog.problem import Problem
from components.spec import LabelKey, LabelValue, Spec


class Taint(Spec):
    """A taint of a pool's nodes, which the pods of its jobs tolerate."""

    key: LabelKey
    """The key of the taint, such as `nvidia.com/gpu`."""

    value: LabelValue | None = None
    """Its value; default: whatever it is, it is tolerated."""

    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] = "NoSchedule"
    """What becomes of pods that do not tolerate it."""


class NodeCountSpec(Spec):
    """How many nodes there are."""

    min: int = Field(default=0, ge=0)
    """The least, default 0: an autoscaler makes the first. How many there are at
    the moment is the autoscaler's, and EKS takes no least above that: a pool
    is scaled up there before its least is raised."""

    max: int = Field(ge=1)
    """The most."""

    def problems(self) -> Iterator[Problem]:
        """The least is not more than the most."""
        if self.min > self.max:
            yield Problem(
                rule="POL16",
                message="the least number of nodes is above the most "
                f"(max: {self.max})",
                path=("min",),
                value=self.min,
                nearest=self.max,
            )


class NodePoolSpec(Spec):
    """Nodes that the cluster has, as a job names them."""

    labels: dict[LabelKey, LabelValue] = Field(min_length=1)
    """Labels that these nodes have and no others."""

    taints: list[Taint] = Field(default_factory=list[Taint])
    """Taints of these nodes."""

    gpus: int = Field(default=0, ge=0)
    """GPUs (`nvidia.com/gpu`) of each node."""

    tpus: int = Field(default=0, ge=0)
    """TPU chips (`google.com/tpu`) of each node. Default: what the labels
    `cloud.google.com/gke-tpu-accelerator` and `cloud.google.com/gke-tpu-topology`
    say, or none."""

    gpu_product: LabelValue | None = None
    """The nodes' value of the label `nvidia.com/gpu.product`. Default: what
    the machine has, where it is known."""

    machine: str | None = None
    """The cloud's name of the machine, such as `g5.12xlarge`. Default: the
    label `node.kubernetes.io/instance-type`."""

    zones: list[str] = Field(default_factory=list[str])
    """The zones of the nodes, where storage of one zone is to be mounted.
    Default: not known, and not checked."""

    min: int | None = Field(default=None, ge=0)
    """How many nodes there always are. At 0 an autoscaler has to make them."""

    @property
    def slice(self) -> Slice | None:
        """The slice of TPUs of which its nodes are; None where no labels say it."""
        found = self._of_labels
        return found if isinstance(found, Slice) else None

    @property
    def _of_labels(self) -> Slice | Problem | None:
        machine = self.machine or self.labels.get(gpus.MACHINE_LABEL)
        return gcp_tpu_pools.of_labels(self.labels, self.tpus, machine)

    def problems(self) -> Iterator[Problem]:
        """Labels of TPUs are those of a slice, with as many chips as it has."""
        found = self._of_labels
        if isinstance(found, Problem):
            yield found
        elif found is not None:
            yield from gcp_tpu_pools.label_doubts(found, machine=bool(self.machine))

    def selector(self, name: str) -> dict[str, str]:
        """The labels by which the nodes of the pool called `name` are found."""
        del name
        return dict(self.labels)
