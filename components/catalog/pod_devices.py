"""Devices of a node that a pod asks for, by the names that their plugins give them.

Sources, read 2026-11-22: awsdocs/amazon-eks-user-guide latest/ug/ml:
device-management-neuron.adoc (`aws.amazon.com/neuron` is a whole device, and the
taint that its pods tolerate), device-management-efa.adoc (an interface belongs to
one pod alone) and node-efa.adoc (huge pages beside it); NVIDIA/k8s-device-plugin
README.md. TPUs: kubernetes-engine-samples 2b50365 `ai-ml` (a pod has all chips of
its node) and `catalog.gcp_tpus`.
"""

from __future__ import annotations

from components.catalog import gcp_tpus, quantity
from components.catalog.problem import Problem

GPU = "nvidia.com/gpu"
"""A GPU. Nodes that have them carry a taint of this key."""

NEURON = "aws.amazon.com/neuron"
"""A Trainium or Inferentia device, with all of its cores. Nodes that have them
carry a taint of this key."""

TPU = gcp_tpus.RESOURCE
"""A TPU chip. Nodes that have them carry a taint of this key."""

TAINTED = (GPU, NEURON, TPU)
"""Devices whose nodes carry a taint of the same key."""

EFA = "vpc.amazonaws.com/efa"
"""An interface of the Elastic Fabric Adapter."""

HUGE_PAGES = "hugepages-2Mi"
"""Memory in pages of 2 MiB, which a node sets aside when it starts."""

HUGE_PAGE = quantity.parse("2Mi")

EFA_HUGE_PAGES = "5120Mi"
"""What a pod with EFA gets of them: as much as in the EKS guide."""

EFA_LINK = "https://docs.aws.amazon.com/eks/latest/userguide/node-efa.html"
NEURON_LINK = (
    "https://docs.aws.amazon.com/eks/latest/userguide/device-management-neuron.html"
)
NEURON_PROCESSES_LINK = (
    "https://awsdocs-neuron.readthedocs-hosted.com/en/latest/frameworks/torch/"
    "torch-neuronx/programming-guide/training/pytorch-neuron-programming-guide.html"
)
"""A process has one logical NeuronCore: two in a device of Trn1, four in one of
Trn2. Read 2026-11-22."""
HUGE_PAGES_LINK = (
    "https://kubernetes.io/docs/tasks/manage-hugepages/scheduling-hugepages/"
)


def whole_pages(size: str) -> Problem | None:
    """What is wrong with `size` as memory in pages of 2 MiB.

    Source: validateResourceQuantityHugePageValue in pkg/apis/core/validation of
    Kubernetes 1.35, read 2026-11-22.
    """
    pages, rest = divmod(quantity.parse(size), HUGE_PAGE)
    if not rest:
        return None
    return Problem(
        rule="ACC08",
        message="huge pages have 2 MiB each: the size is a multiple of 2Mi",
        value=size,
        nearest=quantity.bytes_text((pages + 1) * HUGE_PAGE),
        link=HUGE_PAGES_LINK,
    )
