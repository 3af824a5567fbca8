"""Disks of Compute Engine: their types, and the machines that attach them.

Sources, read 2026-11-22. Sizes, IOPS and throughput of Hyperdisk: the pages About
Hyperdisk Balanced, Extreme, Throughput and ML (compute/docs/disks/hd-types), of which
mirrors and translations were read, in part cut off; what the CSI driver raises a disk
to when it grows (kubernetes-sigs/gcp-compute-persistent-disk-csi-driver b560165
`pkg/common/utils.go`), and the sizes that it takes of any type (`controller.go`: 1 GiB
to 64 TiB). IOPS of pd-extreme: pulumi_gcp 10.2.0, `compute.RegionDisk`. What stands
in none of them is `agreed` less than `least` and `most`: it warns.

Machines: the two tables of that driver, `deploy/disk_type_labels.sh` and
`deploy/kubernetes/overlays/node-labeler/configmap.yaml`. Where they differ, and of the
machines that one of them leaves out, nothing is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

AS_OF = "2026-11-22"
SOURCE = (
    "https://github.com/kubernetes-sigs/gcp-compute-persistent-disk-csi-driver b560165"
)

TYPES_LINK = "https://docs.cloud.google.com/compute/docs/disks"
MACHINES_LINK = "https://docs.cloud.google.com/compute/docs/machine-resource"
SHARING_LINK = (
    "https://docs.cloud.google.com/compute/docs/disks/sharing-disks-between-vms"
)

GIB_IN_TIB = 1024
_MOST_GIB = 64 * GIB_IN_TIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """What a number may be.

    Attributes:
        least: The least that any source allows.
        most: The most that any source allows.
        agreed: The least and the most that no one doubts.
    """

    least: int
    most: int
    agreed: tuple[int, int]

    def clamp(self, number: int) -> int:
        """The number in the range that is nearest to `number`."""
        return min(max(number, self.least), self.most)

    def sure(self, number: int) -> int:
        """The number that no one doubts and that is nearest to `number`."""
        return min(max(number, self.agreed[0]), self.agreed[1])


def _range(
    least: int, most: int, *, agreed: tuple[int | None, int | None] = (None, None)
) -> Range:
    low, high = agreed
    return Range(
        least=least,
        most=most,
        agreed=(least if low is None else low, most if high is None else high),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PerGib:
    """What a number may be for each GiB of a disk.

    Attributes:
        least: The least for each GiB: a smaller number is refused.
        enough: A number that is never too small, whatever the size.
        most: The most for each GiB; None where none is known.
        sure: Whether a source states the most.
    """

    least: float = 0
    enough: int | None = None
    most: float | None = None
    sure: bool = True

    def floor(self, gib: int) -> int:
        """The least of a disk of `gib` GiB."""
        least = int(self.least * gib)
        return least if self.enough is None else min(least, self.enough)

    def ceiling(self, gib: int) -> int | None:
        """The most of a disk of `gib` GiB; None where none is known."""
        return None if self.most is None else int(self.most * gib)


Sharing = Literal["readers", "writers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskType:
    """One type of disk.

    Attributes:
        name: What Compute Engine calls it.
        gib: Its sizes, in GiB.
        iops: IOPS that can be asked for; None where none can.
        iops_per_gib: How they go with the size.
        throughput: MiB/s that can be asked for; None where none can.
        throughput_per_gib: How they go with the size.
        zonal: A disk of one zone can have the type.
        regional: A disk of two zones can have it.
        shared: Who may have a disk at once on several nodes: nobody, `readers`
            alone, or `writers` too.
        pooled: A storage pool can hold such disks.
        boot: A node boots from it.
    """

    name: str
    gib: Range
    iops: Range | None = None
    iops_per_gib: PerGib | None = None
    throughput: Range | None = None
    throughput_per_gib: PerGib | None = None
    zonal: bool = True
    regional: bool = False
    shared: tuple[Sharing, ...] = ()
    pooled: bool = False
    boot: bool = True

    @property
    def hyperdisk(self) -> bool:
        """Whether it is Hyperdisk, whose access mode is a part of the disk."""
        return self.name.startswith("hyperdisk-")


_PD_GIB = _range(1, _MOST_GIB, agreed=(10, None))
_BALANCED_GIB = _range(1, _MOST_GIB, agreed=(4, None))
_BALANCED_PER_GIB = PerGib(least=500, enough=3_000, most=500, sure=False)
_ALL: tuple[Sharing, ...] = ("readers", "writers")

HIGHLY_AVAILABLE = "hyperdisk-balanced-high-availability"
ML = "hyperdisk-ml"
BALANCED = "hyperdisk-balanced"
EXTREME = "hyperdisk-extreme"
THROUGHPUT = "hyperdisk-throughput"
PD_STANDARD = "pd-standard"
PD_BALANCED = "pd-balanced"
PD_SSD = "pd-ssd"
PD_EXTREME = "pd-extreme"

TYPES = (
    DiskType(
        name=PD_STANDARD,
        # Regional ones are known to begin at 200 GiB, in no source that was read.
        gib=_PD_GIB,
        regional=True,
        shared=("readers",),
    ),
    DiskType(name=PD_BALANCED, gib=_PD_GIB, regional=True, shared=("readers",)),
    DiskType(name=PD_SSD, gib=_PD_GIB, regional=True, shared=_ALL),
    DiskType(
        name=PD_EXTREME,
        gib=_range(1, _MOST_GIB, agreed=(500, None)),
        iops=_range(10_000, 120_000),
        shared=("readers",),
    ),
    DiskType(
        name=BALANCED,
        gib=_BALANCED_GIB,
        # A disk of 4 GiB has 2,000, of which 500 are for each GiB.
        iops=_range(500, 160_000, agreed=(2_000, None)),
        iops_per_gib=_BALANCED_PER_GIB,
        throughput=_range(1, 2_400, agreed=(140, None)),
        shared=_ALL,
        pooled=True,
    ),
    DiskType(
        name=HIGHLY_AVAILABLE,
        gib=_BALANCED_GIB,
        iops=_range(500, 160_000, agreed=(2_000, 100_000)),
        iops_per_gib=_BALANCED_PER_GIB,
        throughput=_range(1, 2_400, agreed=(140, 1_200)),
        zonal=False,
        regional=True,
        shared=("writers",),
    ),
    DiskType(
        name=EXTREME,
        gib=_range(64, _MOST_GIB),
        iops=_range(128, 350_000),
        iops_per_gib=PerGib(least=2, most=1_200),
        boot=False,
    ),
    DiskType(
        name=THROUGHPUT,
        gib=_range(2 * GIB_IN_TIB, 32 * GIB_IN_TIB),
        throughput=_range(20, 2_400),
        throughput_per_gib=PerGib(
            least=10 / GIB_IN_TIB, most=90 / GIB_IN_TIB, sure=False
        ),
        pooled=True,
        boot=False,
    ),
    DiskType(
        name=ML,
        gib=_range(4, _MOST_GIB),
        throughput=_range(400, 1_200_000),
        throughput_per_gib=PerGib(least=0.12, most=1_600, sure=False),
        shared=("readers",),
        boot=False,
    ),
)
"""The types of disks."""

BY_NAME: Mapping[str, DiskType] = {row.name: row for row in TYPES}

DEFAULT_OF_DRIVER = PD_STANDARD
"""The type of disks of a class in the driver's own words that names none."""

MIBPS_PER_IOPS = 0.25
"""MiB/s of hyperdisk-balanced for each of its IOPS. Long a rule of Google's, found
in no source that was read: it warns."""

_PD = (PD_STANDARD, PD_BALANCED, PD_SSD, PD_EXTREME)
_PD_FAST = (PD_BALANCED, PD_SSD)
_PD_COMMON = (PD_STANDARD, PD_BALANCED, PD_SSD)

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "a2": (*_PD, ML),
    "a3": (*_PD_FAST, BALANCED, HIGHLY_AVAILABLE, EXTREME, THROUGHPUT, ML),
    "a4": (BALANCED, EXTREME, ML),
    "a4x": (BALANCED, EXTREME, ML),
    "c2": _PD,
    "c2d": _PD,
    "c3": (
        *(*_PD_FAST, PD_EXTREME),
        *(BALANCED, HIGHLY_AVAILABLE, EXTREME, THROUGHPUT, ML),
    ),
    "c3d": (*_PD_FAST, BALANCED, HIGHLY_AVAILABLE, EXTREME, THROUGHPUT, ML),
    "c4": (BALANCED, HIGHLY_AVAILABLE, EXTREME, THROUGHPUT),
    "c4a": (*_PD_FAST, BALANCED, HIGHLY_AVAILABLE, EXTREME, THROUGHPUT, ML),
    "c4d": (BALANCED, HIGHLY_AVAILABLE, EXTREME),
    "ct3": _PD_COMMON,
    "ct3p": _PD_COMMON,
    "ct4p": _PD,
    "ct5l": _PD_FAST,
    "ct5lp": (*_PD_FAST, ML),
    "ct5p": (*_PD_FAST, ML),
    "ct6e": (BALANCED, ML),
    "e2": _PD,
    "g2": (*_PD_COMMON, THROUGHPUT, ML),
    "g4": (BALANCED, HIGHLY_AVAILABLE, EXTREME, THROUGHPUT, ML),
    "h3": (PD_BALANCED, BALANCED, THROUGHPUT),
    "h4d": (BALANCED, HIGHLY_AVAILABLE),
    "m1": (*_PD, BALANCED, EXTREME),
    "m2": (*_PD, BALANCED, EXTREME),
    "m3": (*_PD, BALANCED, HIGHLY_AVAILABLE, EXTREME, THROUGHPUT),
    "m4": (EXTREME,),
    "n1": _PD,
    "n2": (*_PD, EXTREME),
    "n2d": (*_PD, THROUGHPUT),
    "n4": (*_PD_FAST, BALANCED, HIGHLY_AVAILABLE, THROUGHPUT),
    "t2a": _PD,
    "t2d": (*_PD_COMMON, THROUGHPUT),
    "tpu7x": (BALANCED, EXTREME, THROUGHPUT, ML),
    "z3": (*_PD_FAST, BALANCED, HIGHLY_AVAILABLE, EXTREME, THROUGHPUT),
}
"""The types that both tables of the driver give to machines of a family, which is
what a machine's name begins with. Nodes that are no confidential VMs."""

DOUBTFUL: Mapping[str, tuple[str, ...]] = {
    "a2": (BALANCED,),
    "a3-ultragpu": _PD_FAST,
    "a4x": (HIGHLY_AVAILABLE, THROUGHPUT),
    "c4d": (THROUGHPUT,),
    "ct4p": (BALANCED,),
    "ct5l": (BALANCED,),
    "ct5lp": (BALANCED,),
    "ct5p": (BALANCED,),
    "m4": (BALANCED,),
    "n2": (BALANCED, THROUGHPUT, ML),
    "n2d": (BALANCED,),
}
"""Types that one of the tables gives to a family or to machines whose names begin so,
and the other does not, or to confidential VMs alone; of a3-ultragpu no source says
whether what holds of a3 holds."""

ONE_SOURCE: Mapping[str, tuple[str, ...]] = {
    "ct4l": _PD,
    "ek": _PD,
    "n4a": (BALANCED, HIGHLY_AVAILABLE, THROUGHPUT, ML),
    "n4d": (BALANCED, HIGHLY_AVAILABLE, THROUGHPUT),
    "x4": (BALANCED, EXTREME),
}
"""Families that one of the tables leaves out."""

EXTREME_LEAST_VCPUS: Mapping[str, int] = {
    **dict.fromkeys(("c4a", "c4d", "m3"), 64),
    "c3d": 60,
    "m1": 80,
    "c3": 88,
    **dict.fromkeys(("c4", "g4"), 96),
    "m4": 112,
}
"""vCPUs that a machine needs at least for hyperdisk-extreme, by its family."""

TPU_VM_TYPES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("v2", "v3", "v4", "v5e", "v5p"), (PD_BALANCED,)),
    "v6e": (BALANCED, ML),
}
"""Types of the disks that a TPU VM has beside its boot disk, by its generation.
Source: tpu/docs/attach-durable-block-storage."""

TPU_VM_DOUBTFUL: Mapping[str, tuple[str, ...]] = {"v5e": (ML,), "v5p": (ML,)}
"""Types that a newer page (tpu/docs/storage-options) gives them besides."""

TPU_VM_DISKS: Mapping[str, int] = {
    **dict.fromkeys(("v2", "v3", "v4", "v5e", "v5p"), 128),
    "v6e": 32,
}
"""How many disks a TPU VM has at most, the boot disk among them."""

TPU_VM_LINK = "https://docs.cloud.google.com/tpu/docs/attach-durable-block-storage"

BOOTS_FROM_HYPERDISK = ("a3-ultragpu", "c4a", "n4")
"""Machines whose names begin so boot from Hyperdisk, though the driver's tables give
them Persistent Disk too: Hyperdisk Balanced is what no source doubts there."""

CHANGED_IN_PLACE = ("size", "provisionedIops", "provisionedThroughput", "accessMode")
"""Inputs of a disk that an update changes in the disk, besides its labels: a larger
size, and IOPS, throughput and access mode of Hyperdisk. Source: magic-modules 02af433
`mmv1/products/compute/Disk.yaml`."""

REPLACED_BY = (
    *("name", "zone", "type", "image", "snapshot"),
    *("diskEncryptionKey", "storagePool"),
)
"""Inputs whose change is another disk: all that the provider cannot update, of those
that this project sets. A smaller size is another disk as well (`IsDiskShrinkage`); one
Cloud KMS key can take the place of another. Source: as above, where the whole
resource is immutable but for what has an update of its own."""

POOL_GIB = _range(
    1,
    1024 * 1024 * GIB_IN_TIB,
    agreed=(10 * GIB_IN_TIB, 5 * 1024 * GIB_IN_TIB),
)
"""GiB of a storage pool: 10 TiB to 5 PiB is said of it in no source that was read, so
less than 10 TiB warns, and so does more than 5 PiB."""
