"""The nodes that a program's pods run on, and what they get of them."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from components.catalog import gcp_tpus, pod_devices
from components.catalog.problem import Problem
from components.spec import LARGEST_COUNT, Count, LabelValue, Name, Size, Spec


class Nodes(Spec):
    """The nodes a program's pods run on."""

    pool: Name | None = None
    """A pool of the platform's `nodePools`."""

    count: Count = 1
    """How many pods work together as one program, each with its own part of
    the work; default 1."""

    gpus: int = Field(default=0, ge=0, le=LARGEST_COUNT)
    """GPUs (`nvidia.com/gpu`) of each pod; default 0."""

    gpu_products: list[LabelValue] = Field(default_factory=list[str])
    """Values of the label `nvidia.com/gpu.product` that will do."""

    neurons: int = Field(default=0, ge=0, le=LARGEST_COUNT)
    """Trainium or Inferentia devices (`aws.amazon.com/neuron`) of each pod, with
    all of their cores; default 0."""

    tpus: int = Field(default=0, ge=0, le=LARGEST_COUNT)
    """TPU chips (`google.com/tpu`) of each pod: all that its node has; default 0.
    With them `count` is how many nodes a slice has."""

    efa: int = Field(default=0, ge=0, le=LARGEST_COUNT)
    """Interfaces of the Elastic Fabric Adapter (`vpc.amazonaws.com/efa`) of each
    pod; default 0. The libraries that use it are the image's."""

    huge_pages: Size | None = None
    """Memory in pages of 2 MiB (`hugepages-2Mi`) of each pod, beside its other
    memory. Default: 5120Mi with `efa`, else none."""

    @property
    def devices(self) -> dict[str, str]:
        """What each pod requests of its node beside CPU and memory."""
        counts = {
            pod_devices.GPU: self.gpus,
            pod_devices.NEURON: self.neurons,
            pod_devices.TPU: self.tpus,
            pod_devices.EFA: self.efa,
        }
        asked = {name: str(count) for name, count in counts.items() if count}
        pages = self.huge_pages or (pod_devices.EFA_HUGE_PAGES if self.efa else None)
        return {**asked, **({pod_devices.HUGE_PAGES: pages} if pages else {})}

    def problems(self) -> Iterator[Problem]:
        """A GPU product needs a GPU, and no machine has two kinds of devices."""
        if self.gpu_products and not self.gpus:
            yield Problem(
                rule="JOB02",
                message="a GPU product is asked for, but no GPU: say gpus too",
                path=("gpuProducts",),
                value=self.gpu_products,
                nearest="gpus: 1",
            )
        if self.gpus and self.neurons:
            yield Problem(
                rule="ACC04",
                message="no machine has both GPUs and Neuron devices: the pod would "
                "wait for ever",
                path=("neurons",),
                value=self.neurons,
                nearest=0,
                link=pod_devices.NEURON_LINK,
            )
        other = "gpus" if self.gpus else "neurons"
        if self.tpus and (self.gpus or self.neurons):
            yield Problem(
                rule="ACC11",
                message=f"no machine has both TPUs and {other}: the pod would wait "
                "for ever",
                path=(other,),
                value=self.gpus or self.neurons,
                nearest=0,
                link=gcp_tpus.LINK,
            )
        wrong = pod_devices.whole_pages(self.huge_pages) if self.huge_pages else None
        if wrong is not None:
            yield wrong.under("hugePages")
