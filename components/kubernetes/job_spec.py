"""A Job: a program that runs once, for each index of a sweep, or on many nodes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from components.catalog import gcp_tpus, pod_devices
from components.catalog.problem import Problem
from components.kubernetes.program_spec import ProgramSpec
from components.kubernetes.rendezvous import (
    DEFAULT_PORT,
    Variable,
    rendezvous_variables,
)
from components.spec import LARGEST_COUNT, Count, Name, Spec, as_error

INDEX_VARIABLE = "JOB_COMPLETION_INDEX"
RUN_VARIABLE = "ML_STORAGE_RUN"
GROUP = "nodes"
"""The name that a JobSet's one group of Jobs has, and that its pods carry."""

MOST_PODS = 100_000
"""The most pods that an Indexed Job runs, and indexes that it tries again.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/
#completion-mode and ValidateJobSpec of Kubernetes 1.35, read 2026-11-22.
"""

_SAYS_PROCESSES = re.compile(r"--nproc[-_]per[-_]node")

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([1-9]\d{0,6})([smhd])", re.ASCII)
_PARTS = re.compile(r"(\d{1,7})\s*([smhd])[a-z]*", re.ASCII)
_OF_PARTS = re.compile(rf"(?:{_PARTS.pattern}\s*)+", re.ASCII)


def _duration(value: Any) -> str:
    if isinstance(value, str) and _DURATION.fullmatch(value):
        return value
    bare = isinstance(value, int) and not isinstance(value, bool) and value > 0
    raise as_error(
        Problem(
            rule="QTY01",
            message="a duration is a whole number of s, m, h or d from 1, such as 12h",
            value=value,
            nearest=f"{value}s" if bare else _in_one_unit(value),
        )
    )


def _in_one_unit(value: Any) -> str | None:
    """What `30min`, `1 hour` or `1h30m` is as a `Duration`; None for other texts."""
    parts = _PARTS.findall(value) if isinstance(value, str) else []
    if not parts or not _OF_PARTS.fullmatch(value):
        return None
    total = sum(int(number) * _UNITS[unit] for number, unit in parts)
    # They stand there from the shortest to the longest.
    unit = [name for name, size in _UNITS.items() if total % size == 0][-1]
    nearest = f"{total // _UNITS[unit]}{unit}"
    return nearest if _DURATION.fullmatch(nearest) else None


Duration = Annotated[str, BeforeValidator(_duration)]
"""A length of time: `90d`, `12h`, `30m`, `45s`."""


def seconds(duration: str) -> int:
    """The seconds of a `Duration`."""
    return int(duration[:-1]) * _UNITS[duration[-1]]


class RendezvousSpec(Spec):
    """How the pods of one program meet."""

    port: int = Field(default=DEFAULT_PORT, ge=1, le=65535)
    """TCP port on which the first pod's program listens; default 29500."""

    processes_per_node: Count | None = None
    """Processes that the program starts in each pod; default: one for each
    GPU, or one."""


class JobSetSpec(Spec):
    """The same program as a JobSet, which restarts all of its pods as one."""

    replicas: Count = 1
    """How many groups of `nodes.count` pods there are; default 1."""


class JobSpec(ProgramSpec):
    """A program, its image, its mounts and how many pods run it."""

    run: Count = 1
    """The number of this run. While it stays, an edited job waits and the
    running one is left alone; a new number deletes the old job, then starts
    the new one."""

    indexes: Count | None = None
    """Make it an Indexed Job of so many pods, numbered from 0 in
    `JOB_COMPLETION_INDEX`; at most 100000."""

    parallelism: Count | None = None
    """How many of them run at a time; default: all."""

    rendezvous: RendezvousSpec | None = None
    """How the pods of a program of several nodes meet; default: on port
    29500, one process for each GPU, or one."""

    job_set: JobSetSpec | None = None
    """Make it a JobSet instead of a Job: when one pod fails, all are started
    again together. The cluster must have the JobSet controller. A change from
    the one to the other starts the new beside the old: end the old one first."""

    queue: Name | None = None
    """The Kueue LocalQueue of the team's namespace in which it waits for its
    turn; default: none, it starts at once. A changed queue holds from the next
    run on."""

    retries: int = Field(default=3, ge=0, le=LARGEST_COUNT)
    """How often a failed pod is tried again (each index, when indexed), or the
    whole program of several nodes. Without `jobSet` only pods that end are
    started again, with their number and name: the others must end too when they
    lose one, as torchrun and JAX do; and a pod whose node was reclaimed, drained
    or lost, or that was preempted, is started again without being counted."""

    deadline: Duration | None = None
    """The longest it may run, retries included, such as `12h`; then its pods
    are ended and it has failed. In a JobSet each restart counts anew. Default:
    no end."""

    wait: bool = Field(default=False, validation_alias="await")
    """Let `pulumi up` wait until the job has completed; default `false`."""

    @property
    def replicas(self) -> int:
        """Groups of pods that work together: more than one only in a JobSet."""
        return self.job_set.replicas if self.job_set else 1

    @property
    def together(self) -> int:
        """How many pods work together as one program: none without all others."""
        return self.nodes.count * self.replicas

    @property
    def on_slices(self) -> bool:
        """Whether the pods of each replica have a slice of TPUs of several nodes."""
        return self.nodes.tpus > 0 and self.nodes.count > 1

    @property
    def pods(self) -> int:
        """How many pods run at a time."""
        if self.indexes is None:
            return self.together
        return min(self.indexes, self.parallelism or self.indexes)

    @property
    def all_pods(self) -> int:
        """How many pods it has in all, those that run one after another too."""
        return self.indexes or self.together

    @property
    def numbered(self) -> int | None:
        """How many values `JOB_COMPLETION_INDEX` has that no two pods share."""
        if self.indexes is not None:
            return self.indexes
        return self.nodes.count if self.nodes.count > 1 and self.replicas == 1 else None

    @property
    def has_service(self) -> bool:
        """Whether a Service has its name: its own, or that of its JobSet."""
        return self.together > 1 or self.job_set is not None

    def last_host(self, name: str) -> str:
        """The longest name that the pods of the job called `name` have.

        It has to be a DNS label. In a JobSet it ends like the pod's own name,
        with what Kubernetes makes up.
        """
        if self.job_set is not None:
            return f"{name}-{GROUP}-{self.replicas - 1}-{self.nodes.count - 1}-abcde"
        return name if self.numbered is None else f"{name}-{self.numbered - 1}"

    def coordinator(self, name: str) -> str:
        """Where the pods of the job called `name` find the first of them."""
        first = f"{name}-0" if self.job_set is None else f"{name}-{GROUP}-0-0"
        return f"{first}.{name}"

    def variables(self, name: str) -> dict[str, Variable]:
        """What the rendezvous of the job called `name` sets; nothing for one pod."""
        if self.together == 1:
            return {}
        given = self.rendezvous or RendezvousSpec()
        return rendezvous_variables(
            coordinator=self.coordinator(name),
            port=given.port,
            nodes=self.nodes.count,
            replicas=self.replicas if self.job_set else None,
            processes=given.processes_per_node or self.nodes.gpus or 1,
            tpus=self.nodes.tpus > 0,
        )

    def problems(self) -> Iterator[Problem]:
        """What the fields say of each other."""
        yield from super().problems()
        yield from self._shape()
        yield from self._numbers()
        yield from self._variables()
        yield from self._processes()
        yield from self._tpus()
        for path, mount in self.mounts.items():
            if mount.writers == "per-index" and self.numbered is None:
                why = (
                    "the pods of each replica are numbered from 0 again"
                    if self.replicas > 1
                    else "this job has no indexes"
                )
                yield Problem(
                    rule="JOB05",
                    message=f"per-index gives each index a directory, but {why}",
                    path=("mounts", path, "writers"),
                    value=mount.writers,
                    nearest="sharded" if self.replicas > 1 else "one",
                )

    def _variables(self) -> Iterator[Problem]:
        """What the job sets by itself has no other value."""
        stated: dict[tuple[str, str], str] = {
            **{("env", name): value for name, value in self.env.items()},
            **{("uris", name): uri.volume for name, uri in self.uris.items()},
        }
        met = self.variables("job")
        for (key, name), value in stated.items():
            if name in (INDEX_VARIABLE, RUN_VARIABLE):
                yield Problem(
                    rule="JOB04",
                    message="this variable is set by the job itself",
                    path=(key, name),
                    value=value,
                )
            elif name in met:
                yield Problem(
                    rule="JOB08",
                    message="this variable is set by the rendezvous of the pods",
                    path=(key, name),
                    value=value,
                    nearest="rendezvous: {port, processesPerNode}",
                )

    def _tpus(self) -> Iterator[Problem]:
        """What the runtime of TPUs listens on, and what GKE tells it, stay its own."""
        if not self.nodes.tpus:
            return
        port = self.rendezvous.port if self.rendezvous else DEFAULT_PORT
        if self.together > 1 and port == gcp_tpus.PORT:
            yield Problem(
                rule="ACC18",
                message="the runtime of the TPUs listens on this port",
                path=("rendezvous", "port"),
                value=port,
                nearest=DEFAULT_PORT,
                link=gcp_tpus.LINK,
            )
        for name, value in self.env.items():
            if name in gcp_tpus.VARIABLES:
                yield Problem(
                    rule="ACC19",
                    message="GKE sets this variable by the pod's place in its slice: "
                    "another value may join the wrong pods",
                    path=("env", name),
                    value=value,
                    link=gcp_tpus.SLICES_LINK,
                    severity="warning",
                )

    def _processes(self) -> Iterator[Problem]:
        """As many processes as the rendezvous says start in a pod: one, by default."""
        told = self.rendezvous is not None and self.rendezvous.processes_per_node
        words = " ".join(self.command)
        if not self.nodes.neurons or self.together == 1 or told:
            return
        if "torchrun" in words and not _SAYS_PROCESSES.search(words):
            yield Problem(
                rule="ACC10",
                message="torchrun starts one process in each pod, and a process has "
                "one core of its Neuron devices: say how many processes",
                path=("nodes", "neurons"),
                value=self.nodes.neurons,
                nearest="rendezvous: {processesPerNode: NUMBER}",
                link=pod_devices.NEURON_PROCESSES_LINK,
                severity="warning",
            )

    def _numbers(self) -> Iterator[Problem]:
        """Numbers that the API server takes of each pod, and not of all."""
        for path, value in (
            (("indexes",), self.indexes or 0),
            (("nodes", "count"), self.nodes.count),
        ):
            if value > MOST_PODS:
                yield Problem(
                    rule="JOB09",
                    message=f"one job has at most {MOST_PODS} numbered pods",
                    path=path,
                    value=value,
                    nearest=MOST_PODS,
                    link="https://kubernetes.io/docs/concepts/workloads/controllers/"
                    "job/#completion-mode",
                )
        most = LARGEST_COUNT // self.nodes.count
        if self.job_set is None and self.retries > most:
            yield Problem(
                rule="JOB09",
                message=f"each of the {self.nodes.count} pods may fail so often, and "
                f"together they may fail {LARGEST_COUNT} times at most",
                path=("retries",),
                value=self.retries,
                nearest=most,
            )

    def _shape(self) -> Iterator[Problem]:
        """How many pods, and whether they are one program or many."""
        if self.parallelism is not None and self.indexes is None:
            one = self.together == 1
            yield Problem(
                rule="JOB03",
                message="one pod has nothing to run beside it: say indexes too"
                if one
                else "the pods of one program run all at once",
                path=("parallelism",),
                value=self.parallelism,
                nearest=f"indexes: {self.parallelism}" if one else None,
            )
        if self.indexes is not None and (self.nodes.count > 1 or self.job_set):
            other = "nodes.count" if self.nodes.count > 1 else "jobSet"
            yield Problem(
                rule="JOB06",
                message="indexes are programs of one pod each, but "
                f"{other} makes all pods one program: say one of the two",
                path=("indexes",),
                value=self.indexes,
            )
        if self.rendezvous is not None and self.together == 1:
            yield Problem(
                rule="JOB07",
                message="one pod has no one to meet: say how many nodes work together",
                path=("rendezvous",),
                nearest="nodes: {count: 2}",
            )
