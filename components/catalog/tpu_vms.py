"""TPU VMs outside a cluster: their topologies, and the disks that they have.

Sources, read 2026-11-22: the discovery document of tpu.v2 (types of accelerators;
a disk is attached READ_WRITE or READ_ONLY), tpu/docs/attach-durable-block-storage
(types of disks by generation, and how many; a disk that is written is on one instance
at a time, one that is read on several; Hyperdisk has its access mode set first) and
tpu/docs/storage-options, a newer page. Topologies: `gcp_tpus.py`; of v2 and v3 no
source was read, so all of two dimensions are taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from components.catalog import gcp_tpus
from components.catalog.gcp_disk_tables import (
    TPU_VM_DISKS,
    TPU_VM_DOUBTFUL,
    TPU_VM_LINK,
    TPU_VM_TYPES,
)
from components.catalog.problem import Path, Problem

ACCELERATORS: Mapping[str, str] = {
    "v2": "V2",
    "v3": "V3",
    "v4": "V4",
    "v5e": "V5LITE_POD",
    "v5p": "V5P",
    "v6e": "V6E",
}
"""What the API calls a generation."""

REPLACED_BY = (
    *("name", "zone", "runtimeVersion", "acceleratorConfig"),
    *("networkConfig", "schedulingConfig", "serviceAccount"),
)
"""Inputs whose change is another TPU VM; disks are attached and detached in place.
Source: magic-modules 068cc45 `mmv1/products/tpuv2/Vm.yaml`."""

_OLD = ("v2", "v3")
_CHIPS = 4
"""Chips of each VM of a slice of several."""


def topology_problem(tpu: str, topology: str) -> Problem | None:
    """What is wrong with the topology of a TPU VM of a generation."""
    sides = gcp_tpus.read(topology)
    if tpu in _OLD:
        if sides is not None and len(sides) == 2 and prod(sides) % _CHIPS == 0:
            return None
        return Problem(
            rule="TVM01",
            message=f"a topology of {tpu} has two dimensions, and four chips or a "
            "multiple of them",
            path=("topology",),
            value=topology,
            nearest="2x2",
            link=gcp_tpus.LINK,
        )
    if sides is not None and sides in gcp_tpus.topologies(tpu):
        return None
    row = gcp_tpus.GENERATIONS[tpu]
    around = gcp_tpus.nearest(tpu, sides) if sides else gcp_tpus.meant(row, topology)
    return Problem(
        rule="TVM01",
        message=f"{tpu} has no such topology",
        path=("topology",),
        value=topology,
        allowed=tuple(gcp_tpus.written(other) for other in around),
        nearest=gcp_tpus.written(around[0]),
        link=gcp_tpus.LINK,
    )


def hosts(tpu: str, topology: str) -> int:
    """How many VMs a slice is: one where a machine has all of its chips."""
    chips = prod(gcp_tpus.read(topology) or (1,))
    row = gcp_tpus.GENERATIONS.get(tpu)
    most = max(row.sizes) if row is not None else _CHIPS
    return 1 if chips <= most else chips // _CHIPS


def disk_problem(tpu: str, type_: str, path: Path) -> Problem | None:
    """What is wrong with a type of disk on a TPU VM of a generation."""
    known = TPU_VM_TYPES[tpu]
    if type_ in known:
        return None
    doubtful = type_ in TPU_VM_DOUBTFUL.get(tpu, ())
    return Problem(
        rule="TVM06",
        message=f"one page of Google's gives disks of type {type_} to {tpu}, another "
        "does not"
        if doubtful
        else f"a TPU VM of {tpu} has no disks of type {type_}",
        path=path,
        value=type_,
        allowed=known,
        nearest=f"type: {known[0]}",
        link=TPU_VM_LINK,
        severity="warning" if doubtful else "error",
    )


def count_problem(tpu: str, disks: int) -> Problem | None:
    """What is wrong with so many disks beside the boot disk."""
    most = TPU_VM_DISKS[tpu] - 1
    if disks <= most:
        return None
    return Problem(
        rule="TVM02",
        message=f"a TPU VM of {tpu} has {most} disks beside the boot disk at most",
        path=("disks",),
        value=disks,
        nearest=most,
        link=TPU_VM_LINK,
    )
