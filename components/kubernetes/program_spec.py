"""A program in pods: its image, what it mounts and the nodes it runs on.

What a Job, a Workspace and a Deployment have in common.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from components.catalog import images, pod_devices, quantity
from components.catalog.problem import Problem
from components.kubernetes.nodes_spec import Nodes
from components.kubernetes.run_as_spec import RunAsSpec
from components.kubernetes.uri_spec import Uri, UriSpec, variables_of_their_own
from components.kubernetes.volume_spec import Writers
from components.spec import (
    LARGEST_COUNT,
    Cores,
    EnvironmentVariable,
    Image,
    MountPath,
    Name,
    Size,
    Spec,
    SubPath,
    Text,
)


class MountSpec(Spec):
    """One mount of a program: a volume's name, or its name and how."""

    volume: Name
    """The key of the volume under `volumes`."""

    read_only: bool = False
    """Mount it read-only; a read-only volume always is."""

    sub_path: SubPath | None = None
    """Mount this directory of the volume instead of all of it."""

    writers: Writers | None = None
    """How the program's pods share it; default: what the volume says."""


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
    """What a pod is sure to get; default: nothing."""

    limits: Limits = Limits()
    """What a pod cannot exceed; default: no limits but those of `requests`."""

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


class ProgramSpec(Spec):
    """What runs in the pods, and what each pod has."""

    image: Image
    """The container image."""

    command: list[Text] = Field(min_length=1)
    """The program and its arguments."""

    env: dict[EnvironmentVariable, Text] = Field(default_factory=dict[str, str])
    """Environment variables, texts all."""

    uris: dict[EnvironmentVariable, Uri] = Field(default_factory=dict[str, UriSpec])
    """Environment variable: a volume `from:` a bucket that the team was granted, or
    of `kind: bucket`. The variable holds its URI, `s3://bucket/prefix/`, for
    libraries that read and write buckets themselves; the volume need not be
    mounted, and a granted one needs no key."""

    mounts: dict[MountPath, Annotated[MountSpec, BeforeValidator(_mount)]] = Field(
        default_factory=dict[str, MountSpec]
    )
    """Directory in the container: volume."""

    secrets: list[Name] = Field(default_factory=list[str])
    """Keys of the team's `secrets` that the program gets; default: none."""

    nodes: Nodes = Nodes()
    """The nodes its pods run on; default: one pod, on any node."""

    resources: Resources = Resources()
    """CPU and memory of each pod; default: whatever is left on the node."""

    service_account: Name | None = None
    """The ServiceAccount that its pods run as; default: the team's own."""

    run_as: RunAsSpec | None = None
    """The user that it runs as, such as `{user: 1000}`, with all else that
    `podSecurity: restricted` asks for. Default: what the image says."""

    grace_seconds: int = Field(default=30, ge=0, le=LARGEST_COUNT)
    """Seconds a pod has between SIGTERM and SIGKILL, for a last checkpoint."""

    @property
    def together(self) -> int:
        """How many pods work together as one program: none without all others."""
        return 1

    @property
    def pods(self) -> int:
        """How many pods run at a time."""
        return self.together

    @property
    def all_pods(self) -> int:
        """How many pods it has in all, those that run one after another too."""
        return self.pods

    @property
    def numbered(self) -> int | None:
        """How many numbers its pods have, from 0; None when they have none."""
        return None

    @property
    def has_service(self) -> bool:
        """Whether a Service has its name, which must begin with a letter then."""
        return False

    def problems(self) -> Iterator[Problem]:
        """An image that is the same tomorrow, and what the fields say of each other."""
        problem = images.unpinned(self.image)
        if problem is not None:
            yield problem.under("image")
        yield from variables_of_their_own(self.uris, self.env)
        asked = (self.resources.requests, self.resources.limits)
        if pod_devices.HUGE_PAGES in self.nodes.devices and not any(
            given.cpu or given.memory for given in asked
        ):
            efa = self.nodes.huge_pages is None
            yield Problem(
                rule="ACC07",
                message="Kubernetes gives huge pages, which come with EFA, only to "
                "pods that say how much CPU or memory they want: say resources too",
                path=("nodes", "efa" if efa else "hugePages"),
                value=self.nodes.efa if efa else self.nodes.huge_pages,
                nearest="resources: {requests: {memory: 32Gi}}",
                link=pod_devices.HUGE_PAGES_LINK,
            )

    def memory_limit(self, scratch: Decimal) -> Decimal | None:
        """Bytes a pod may use, `scratch` bytes of memory volumes counted in."""
        if self.resources.limits.memory is not None:
            return quantity.parse(self.resources.limits.memory)
        if self.resources.requests.memory is not None:
            return quantity.parse(self.resources.requests.memory) + scratch
        return None
