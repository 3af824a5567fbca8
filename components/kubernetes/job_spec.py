"""A Job: a program that runs once, or once for each index of a sweep."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from components.catalog import quantity
from components.catalog.problem import Problem
from components.kubernetes.volume_spec import Writers
from components.spec import (
    Cores,
    Count,
    EnvironmentVariable,
    MountPath,
    Name,
    Size,
    Spec,
    SubPath,
)

INDEX_VARIABLE = "JOB_COMPLETION_INDEX"
RUN_VARIABLE = "ML_STORAGE_RUN"


class MountSpec(Spec):
    """One mount of a job: a volume's name, or its name and how."""

    volume: Name
    """The key of the volume under `volumes`."""

    read_only: bool = False
    """Mount it read-only; a read-only volume always is."""

    sub_path: SubPath | None = None
    """Mount this directory of the volume instead of all of it."""

    writers: Writers | None = None
    """How this job's pods share it; default: what the volume says."""


def _mount(value: Any) -> Any:
    return {"volume": value} if isinstance(value, str) else value


class Requests(Spec):
    """What a pod is sure to get."""

    cpu: Cores | None = None
    """CPU cores, such as `500m` or 2."""

    memory: Size | None = None
    """Memory, memory scratch not counted in."""


class Limits(Spec):
    """What a pod cannot exceed."""

    cpu: Cores | None = None
    """CPU cores; default: no limit."""

    memory: Size | None = None
    """Memory, memory scratch counted in. Default: the memory requested and
    the memory scratch together; without a request, no limit."""


class Resources(Spec):
    """CPU and memory of each pod."""

    requests: Requests = Requests()
    limits: Limits = Limits()

    def problems(self) -> Iterator[Problem]:
        """A limit is not less than the request."""
        for key, limit, request in (
            ("cpu", self.limits.cpu, self.requests.cpu),
            ("memory", self.limits.memory, self.requests.memory),
        ):
            if limit is None or request is None:
                continue
            if quantity.parse(limit) < quantity.parse(request):
                yield Problem(
                    rule="JOB01",
                    message=f"the limit is less than the {request} requested",
                    path=("limits", key),
                    value=limit,
                    nearest=request,
                )


class Nodes(Spec):
    """The nodes a job's pods run on."""

    pool: Name | None = None
    """A pool of the platform's `nodePools`."""

    gpus: int = Field(default=0, ge=0)
    """GPUs (`nvidia.com/gpu`) of each pod; default 0."""

    gpu_products: list[str] = Field(default_factory=list[str])
    """Values of the label `nvidia.com/gpu.product` that will do."""

    def problems(self) -> Iterator[Problem]:
        """A GPU product needs a GPU."""
        if self.gpu_products and not self.gpus:
            yield Problem(
                rule="JOB02",
                message="a GPU product is asked for, but no GPU: say gpus too",
                path=("gpuProducts",),
                value=self.gpu_products,
                nearest="gpus: 1",
            )


class JobSpec(Spec):
    """A program, its image, its mounts and how many pods run it."""

    image: str = Field(min_length=1)
    """The container image."""

    command: list[str] = Field(min_length=1)
    """The program and its arguments."""

    run: Count = 1
    """The number of this run. While it stays, an edited job waits and the
    running one is left alone; a new number deletes the old job, then starts
    the new one."""

    env: dict[EnvironmentVariable, str] = Field(default_factory=dict[str, str])
    """Environment variables, texts all."""

    indexes: Count | None = None
    """Make it an Indexed Job of so many pods, numbered from 0 in
    `JOB_COMPLETION_INDEX`."""

    parallelism: Count | None = None
    """How many of them run at a time; default: all."""

    mounts: dict[MountPath, Annotated[MountSpec, BeforeValidator(_mount)]] = Field(
        default_factory=dict[str, MountSpec]
    )
    """Directory in the container: volume."""

    nodes: Nodes = Nodes()
    resources: Resources = Resources()

    retries: int = Field(default=3, ge=0)
    """How often a failed pod is tried again (each index, when indexed)."""

    wait: bool = Field(default=False, validation_alias="await")
    """Let `pulumi up` wait until the job has completed; default `false`."""

    grace_seconds: int = Field(default=30, ge=0)
    """Seconds a pod has between SIGTERM and SIGKILL, for a last checkpoint."""

    @property
    def pods(self) -> int:
        """How many pods run at a time."""
        if self.indexes is None:
            return 1
        return min(self.indexes, self.parallelism or self.indexes)

    def problems(self) -> Iterator[Problem]:
        """What the fields say of each other."""
        if self.parallelism is not None and self.indexes is None:
            yield Problem(
                rule="JOB03",
                message="one pod has nothing to run beside it: say indexes too",
                path=("parallelism",),
                value=self.parallelism,
                nearest=f"indexes: {self.parallelism}",
            )
        for name in (INDEX_VARIABLE, RUN_VARIABLE):
            if name in self.env:
                yield Problem(
                    rule="JOB04",
                    message="this variable is set by the job itself",
                    path=("env", name),
                    value=self.env[name],
                )
        for path, mount in self.mounts.items():
            if mount.writers == "per-index" and self.indexes is None:
                yield Problem(
                    rule="JOB05",
                    message="per-index gives each index a directory, but this job "
                    "has no indexes",
                    path=("mounts", path, "writers"),
                    value=mount.writers,
                    nearest="one",
                )

    def memory_limit(self, scratch: Decimal) -> Decimal | None:
        """Bytes a pod may use, `scratch` bytes of memory volumes counted in."""
        if self.resources.limits.memory is not None:
            return quantity.parse(self.resources.limits.memory)
        if self.resources.requests.memory is not None:
            return quantity.parse(self.resources.requests.memory) + scratch
        return None
