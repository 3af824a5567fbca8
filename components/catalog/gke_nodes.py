"""Nodes of GKE: which GPUs, disks and ways of being had fit together.

Sources, read 2026-11-22: GoogleCloudPlatform/cluster-toolkit 1047080
`modules/compute/gke-node-pool/main.tf` (its preconditions: compact placement, queued
provisioning, flex-start, spot, reservations) and `examples/gke-a4x` (the workload
policy of A4X); the classes of pulumi-gcp 10.2.0 for the least boot disk; for local
SSDs https://docs.cloud.google.com/compute/docs/disks/add-local-ssd
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from components.catalog import gcp_machines, gpus
from components.catalog.gcp_machines import GPU_LINK, LOCAL_SSD_LINK, Machine
from components.catalog.gpu_machines import ATTACHABLE
from components.catalog.problem import Problem

COMPACT_LINK = (
    "https://docs.cloud.google.com/kubernetes-engine/docs/how-to/compact-placement"
)
QUEUED_LINK = (
    "https://docs.cloud.google.com/kubernetes-engine/docs/how-to/provisioningrequest"
)
FLEX_LINK = "https://docs.cloud.google.com/kubernetes-engine/docs/concepts/dws"
RESERVATION_LINK = (
    "https://docs.cloud.google.com/kubernetes-engine/docs/how-to/consuming-reservations"
)

LEAST_DISK_GIB = 10
"""GiB of a boot disk at least."""

ROOMY_DISK_GIB = 50
"""GiB of a boot disk that has room for an image with CUDA or JAX in it."""

A4X_TOPOLOGY = "1x72"
"""The GPUs that machines of A4X share NVLink with, as a workload policy says it."""

# With flex-start only these stand close together.
_COMPACT_FLEX = ("a3-ultragpu-", "a4-", "h4d-")
# Families that are not known to be placed close together.
_NOT_COMPACT = ("e2", "n1", "t2a", "t2d")


def gpu_problems(
    name: str, machine: Machine | None, gpu: str | None, count: int | None
) -> Iterator[Problem]:
    """What is wrong with the GPUs that a pool asks for, at `gpu` or `gpuCount`.

    Args:
        name: The machine type.
        machine: What is known of it; None where nothing is.
        gpu: The label `cloud.google.com/gke-accelerator`, where it is stated.
        count: How many are stated.
    """
    if machine is None or (gpu is None and count is None):
        return
    if machine.takes_gpus:
        yield from _attached(gpu, count)
    elif machine.gpus and (gpu is None or gpu == machine.accelerator):
        if count is not None and count != machine.gpus:
            yield Problem(
                rule="GPL04",
                message=f"{name} has {machine.gpus} GPUs, no more and no fewer",
                path=("gpuCount",),
                value=count,
                nearest=_with_gpus(machine, count) or machine.gpus,
                link=GPU_LINK,
            )
    else:
        has = f"{name} has GPUs of its own" if machine.gpus else f"{name} has no GPUs"
        key, value = ("gpu", gpu) if gpu is not None else ("gpuCount", count)
        yield Problem(
            rule="GPL03",
            message=f"{has}: to machines of N1 alone others are attached",
            path=(key,),
            value=value,
            nearest=_own_gpu(machine, gpu)
            or _machine_of(gpu, count)
            or "machine: n1-standard-8",
            link=GPU_LINK,
        )


def _own_gpu(machine: Machine, gpu: str | None) -> str | None:
    """The label of a machine's GPUs, where `gpu` is another way to say it."""
    own = machine.accelerator or ""
    said = set((gpu or "").lower().split("-"))
    return own if own and {*own.split("-")[-1:]} <= said | {"nvidia"} else None


def _attached(gpu: str | None, count: int | None) -> Iterator[Problem]:
    if gpu is None:
        yield Problem(
            rule="GPL03",
            message="which GPUs is not said: machines of N1 have none of their own",
            path=("gpuCount",),
            value=count,
            nearest="gpu: nvidia-tesla-t4",
            allowed=tuple(ATTACHABLE),
            link=GPU_LINK,
        )
        return
    row = ATTACHABLE.get(gpu)
    if row is None:
        yield _not_attached(gpu, count)
    elif count is not None and count not in row.counts:
        yield Problem(
            rule="GPL04",
            message=f"a machine has {_numbers(row.counts)} of these GPUs",
            path=("gpuCount",),
            value=count,
            allowed=row.counts,
            nearest=min(row.counts, key=lambda c: (abs(c - count), -c)),
            link=GPU_LINK,
            severity="error" if gpu == "nvidia-tesla-t4" else "warning",
        )


def _numbers(counts: Sequence[int]) -> str:
    *first, last = map(str, counts)
    return f"{', '.join(first)} or {last}" if first else last


def _not_attached(gpu: str, count: int | None) -> Problem:
    own = _machine_of(gpu, count)
    short = [name for name in ATTACHABLE if name.endswith(f"-{gpu.lower()}")]
    close = get_close_matches(gpu.lower(), ATTACHABLE, n=1, cutoff=0.5)
    return Problem(
        rule="GPL03",
        message="this GPU is not attached to machines of N1"
        if own
        else "no GPU of machines of N1 is known by this label",
        path=("gpu",),
        value=gpu,
        allowed=tuple(ATTACHABLE),
        nearest=own or (short or close or [None])[0],
        link=GPU_LINK,
        severity="error" if own or short else "warning",
    )


def _with_gpus(of: Machine, count: int) -> str | None:
    """The smallest machine of the same kind with so many GPUs."""
    kind = gcp_machines.series(of.name)
    found = [m for m in gcp_machines.sizes(kind) if m.gpus == count]
    return f"machine: {found[0].name}" if found else None


def _machine_of(gpu: str | None, count: int | None) -> str | None:
    """The smallest machine that has so many of this GPU of its own, or more."""
    found = [
        m
        for m in gcp_machines.machines().values()
        if gpu is not None and m.accelerator == gpu and m.gpus >= (count or 1)
    ]
    small = min(found, key=lambda m: (m.gpus, m.vcpu), default=None)
    return f"machine: {small.name}" if small else None


def not_with_tpus(gpu: str) -> Problem:
    """What is wrong with GPUs of nodes that have TPUs."""
    return Problem(
        rule="GPL03",
        message="machines with TPUs have no GPUs",
        path=("gpu",),
        value=gpu,
        link=GPU_LINK,
    )


def driver_problem(driver: str, count: int) -> Problem | None:
    """What is wrong with the NVIDIA driver of nodes with `count` GPUs."""
    if count or driver == "default":
        return None
    return Problem(
        rule="GPL19",
        message="nodes without GPUs have no driver of NVIDIA",
        path=("gpuDriver",),
        value=driver,
        nearest="default",
        link=GPU_LINK,
    )


def store_problem(
    store: str | None, count: int | None, machine: Machine | None
) -> Problem | None:
    """What is wrong with what the local SSDs are for (`localStorage`).

    Args:
        store: What they are for, where it is stated.
        count: How many are stated.
        machine: What is known of the machine; None where nothing is.
    """
    if store is None or machine is None:
        return None
    if store == "none":
        return _left_alone(count, machine)
    if machine.ssds or count:
        return None
    if machine.ssd_counts:
        nearest = f"localSsds: {machine.ssd_counts[0]}"
        message = f"{machine.name} has local SSDs only where it is said how many"
    else:
        other = gcp_machines.smallest_with_ssds(machine.name)
        nearest = f"machine: {other}" if other else "none"
        message = f"{machine.name} can have no local SSDs"
    return Problem(
        rule="GPL07",
        message=message,
        path=("localStorage",),
        value=store,
        nearest=nearest,
        link=LOCAL_SSD_LINK,
    )


def _left_alone(count: int | None, machine: Machine) -> Problem | None:
    if count and not machine.ssds:
        return Problem(
            rule="GPL07",
            message="local SSDs are asked for that are for nothing",
            path=("localStorage",),
            value="none",
            nearest="ephemeral",
            link=LOCAL_SSD_LINK,
        )
    if machine.ssds:
        return Problem(
            rule="GPL07",
            message=f"{machine.name} has local SSDs in any case, and GKE uses those "
            "of many machines for ephemeral storage unless they are block devices",
            path=("localStorage",),
            value="none",
            allowed=("ephemeral", "block"),
            nearest="ephemeral",
            link=LOCAL_SSD_LINK,
            severity="warning",
        )
    return None


def disk_problem(size: float, gpu: bool) -> Problem | None:
    """What is wrong with a boot disk of `size` bytes (`diskSize`).

    Args:
        size: Bytes of the disk.
        gpu: Whether images for GPUs or TPUs are stored on it.
    """
    gib = size / 2**30
    small = gib < LEAST_DISK_GIB
    if not small and not (gpu and gib < ROOMY_DISK_GIB):
        return None
    return Problem(
        rule="GPL18",
        message=f"a boot disk has {LEAST_DISK_GIB} GiB at least"
        if small
        else "images with CUDA or JAX have 10 GB and more: with a few of them this "
        "disk is full, and pods are evicted",
        path=("diskSize",),
        nearest=f"{LEAST_DISK_GIB if small else ROOMY_DISK_GIB}Gi",
        link="https://docs.cloud.google.com/kubernetes-engine/docs/how-to/"
        "custom-boot-disks",
        severity="error" if small else "warning",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Had:
    """How the machines of a pool are had.

    Attributes:
        capacity: As the pool says it.
        reservation: The reservation that it names.
        compact: Whether they are to stand close together.
        least: How many nodes there always are.
        tpu: Whether they have TPUs.
        machine: The machine type.
        zones: Where they are.
    """

    capacity: str
    reservation: str | None
    compact: bool
    least: int
    tpu: bool
    machine: str
    zones: tuple[str, ...]


def capacity_problems(had: Had) -> Iterator[Problem]:
    """What is wrong with how machines are had, and where they stand."""
    yield from _reservation(had)
    waits = had.capacity in ("queued", "flex-start")
    if waits and had.least:
        queued = had.capacity == "queued"
        yield Problem(
            rule="GPL11",
            message="nodes that are queued for are made for a request of a job's: "
            "without one there are none"
            if queued
            else "nodes of flex-start come when there is room and go after a week: "
            "that there is always one is not to be had",
            path=("nodes", "min"),
            value=had.least,
            nearest=0,
            link=QUEUED_LINK if queued else FLEX_LINK,
            severity="error" if queued else "warning",
        )
    if had.compact:
        yield from _compact(had)


def _reservation(had: Had) -> Iterator[Problem]:
    reserved = had.capacity == "reservation"
    if reserved and had.reservation is None:
        yield Problem(
            rule="GPL10",
            message="which reservation is not said",
            path=("capacity",),
            value=had.capacity,
            nearest="reservation: <its name>",
            link=RESERVATION_LINK,
        )
    if had.reservation is not None and not reserved:
        yield Problem(
            rule="GPL10",
            message=f"machines of {had.capacity} are of no reservation",
            path=("reservation",),
            value=had.reservation,
            nearest="capacity: reservation",
            link=RESERVATION_LINK,
        )


def _compact(had: Had) -> Iterator[Problem]:
    if len(set(had.zones)) > 1:
        yield Problem(
            rule="GPL08",
            message="machines that stand close together are in one zone",
            path=("zones",),
            value=list(had.zones),
            nearest=f"[{had.zones[0]}]",
            link=COMPACT_LINK,
        )
    flex_only = had.capacity == "flex-start" and not had.machine.startswith(
        _COMPACT_FLEX
    )
    if not had.tpu and (had.capacity == "queued" or flex_only):
        yield Problem(
            rule="GPL13",
            message="machines that are queued for do not stand close together"
            if had.capacity == "queued"
            else "of machines of flex-start only A3 Ultra, A4 and H4D stand close "
            "together",
            path=("compact",),
            value=True,
            nearest=False,
            link=COMPACT_LINK,
        )
    elif gcp_machines.family(had.machine) in _NOT_COMPACT:
        yield Problem(
            rule="GPL09",
            message="machines of this family are not known to be placed close together",
            path=("compact",),
            value=True,
            nearest=False,
            link=COMPACT_LINK,
            severity="warning",
        )
    elif had.capacity == "spot":
        yield Problem(
            rule="GPL14",
            message="spot machines that stand close together are seldom there at "
            "once, and one that goes ends the work of all",
            path=("capacity",),
            value=had.capacity,
            nearest="on-demand",
            link=COMPACT_LINK,
            severity="warning",
        )


def gpus_of(machine: Machine | None, gpu: str | None, count: int | None) -> int:
    """GPUs of a node: of its own, or attached to it.

    Args:
        machine: What is known of it; None where nothing is.
        gpu: The label of GPUs that are attached.
        count: How many of them; one where it is not said.
    """
    if machine is None:
        return 0
    if machine.takes_gpus:
        return (count or 1) if gpu is not None else 0
    return machine.gpus


def product_of(machine: Machine | None, gpu: str | None) -> str | None:
    """The label `nvidia.com/gpu.product` of GPUs that are attached to a machine."""
    if machine is None or not machine.takes_gpus or gpu is None:
        return None
    row = ATTACHABLE.get(gpu)
    return row.product if row and row.product in gpus.PRODUCTS else None
