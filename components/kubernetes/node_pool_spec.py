"""Nodes that a cluster has, as jobs name them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from components.spec import LabelKey, LabelValue, Spec


class Taint(Spec):
    """A taint of a pool's nodes, which the pods of its jobs tolerate."""

    key: LabelKey
    """The key of the taint, such as `nvidia.com/gpu`."""

    value: LabelValue | None = None
    """Its value; default: whatever it is, it is tolerated."""

    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] = "NoSchedule"
    """What becomes of pods that do not tolerate it."""


class NodePoolSpec(Spec):
    """Nodes that the cluster has, as a job names them."""

    labels: dict[LabelKey, LabelValue] = Field(min_length=1)
    """Labels that these nodes have and no others."""

    taints: list[Taint] = Field(default_factory=list[Taint])
    """Taints of these nodes."""

    gpus: int = Field(default=0, ge=0)
    """GPUs (`nvidia.com/gpu`) of each node."""

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

    def selector(self, name: str) -> dict[str, str]:
        """The labels by which the nodes of the pool called `name` are found."""
        del name
        return dict(self.labels)
