"""Amazon FSx for Lustre: what is offered, as data.

Sources, read 2026-11-22: the API reference that botocore 1.44.5 ships
(`fsx`: CreateFileSystem, CreateFileSystemLustreConfiguration,
CreateDataRepositoryAssociation, UpdateFileSystem), the documentation of
pulumi-aws 7.51.1 (`aws.fsx.LustreFileSystem`), and the pages that are named
beside a table. What only one of several sources says is `unconfirmed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

AS_OF = "2026-11-22"

_API = "https://docs.aws.amazon.com/fsx/latest/APIReference"
_GUIDE = "https://docs.aws.amazon.com/fsx/latest/LustreGuide"
CREATE = f"{_API}/API_CreateFileSystem.html"
CONFIGURATION = f"{_API}/API_CreateFileSystemLustreConfiguration.html"
METADATA = f"{_API}/API_CreateFileSystemLustreMetadataConfiguration.html"
READ_CACHE = f"{_API}/API_LustreReadCacheConfiguration.html"
ROOT_SQUASH = f"{_API}/API_LustreRootSquashConfiguration.html"
ASSOCIATION = f"{_API}/API_CreateDataRepositoryAssociation.html"
FILE_SYSTEM = f"{_API}/API_FileSystem.html"
BACKUP = f"{_API}/API_CreateBackup.html"
GROW = f"{_GUIDE}/increase-storage-capacity.html"
CLIENTS = f"{_GUIDE}/lustre-client-matrix.html"

SCRATCH_1 = "SCRATCH_1"
SCRATCH_2 = "SCRATCH_2"
PERSISTENT_1 = "PERSISTENT_1"
PERSISTENT_2 = "PERSISTENT_2"
DEPLOYMENTS = (SCRATCH_1, SCRATCH_2, PERSISTENT_1, PERSISTENT_2)
PERSISTENT = (PERSISTENT_1, PERSISTENT_2)

SSD = "SSD"
HDD = "HDD"
TIERING = "INTELLIGENT_TIERING"
STORAGE_TYPES = (SSD, HDD, TIERING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The capacities that a file system may have, in GiB.

    Attributes:
        first: Those below the first multiple, or beside the multiples.
        step: All multiples of it.
    """

    first: tuple[int, ...] = ()
    step: int

    def around(self, gib: int) -> tuple[int | None, int]:
        """The largest size that is not more than `gib`, and the smallest not less.

        The first is None below the smallest of all.
        """
        down = gib // self.step * self.step
        up = max(-(-gib // self.step), 1) * self.step
        below = [size for size in (*self.first, down) if 0 < size <= gib]
        above = [size for size in (*self.first, up) if size >= gib]
        return max(below, default=None), min(above)

    def nearest(self, gib: int) -> int:
        """The size nearest to `gib`; of two the larger, which holds as much."""
        below, above = self.around(gib)
        return above if below is None or above - gib <= gib - below else below

    def __contains__(self, gib: int) -> bool:
        return gib > 0 and (gib in self.first or gib % self.step == 0)

    def __str__(self) -> str:
        first = ", ".join(map(str, self.first))
        return f"{first} or multiples of {self.step}".removeprefix(" or ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A deployment type on a storage type.

    Attributes:
        throughputs: MB/s for each TiB of which one is chosen; empty where
            there is nothing to choose.
        sizes: Its capacities; None where they depend on the throughput, or
            where it has none to choose.
        sizes_by_throughput: Its capacities, by MB/s for each TiB.
    """

    throughputs: tuple[int, ...] = ()
    sizes: Sizes | None = None
    sizes_by_throughput: Mapping[int, Sizes] = field(default_factory=dict[int, Sizes])


_BY_2400 = Sizes(first=(1200,), step=2400)

OFFERS: Mapping[tuple[str, str], Offer] = {
    (SCRATCH_1, SSD): Offer(sizes=Sizes(first=(1200, 2400), step=3600)),
    (SCRATCH_2, SSD): Offer(sizes=_BY_2400),
    (PERSISTENT_1, SSD): Offer(throughputs=(50, 100, 200), sizes=_BY_2400),
    (PERSISTENT_1, HDD): Offer(
        throughputs=(12, 40),
        sizes_by_throughput={12: Sizes(step=6000), 40: Sizes(step=1800)},
    ),
    (PERSISTENT_2, SSD): Offer(throughputs=(125, 250, 500, 1000), sizes=_BY_2400),
    (PERSISTENT_2, TIERING): Offer(),
}
"""What there is, by deployment type and storage type."""

EFA_SIZES: Mapping[int, Sizes] = {
    125: Sizes(step=38400),
    250: Sizes(step=19200),
    500: Sizes(step=9600),
    1000: Sizes(step=4800),
}
"""Capacities with EFA, by MB/s for each TiB. AWS states them for growth
(increase-storage-capacity.html); that they hold at creation is unconfirmed."""

VERSIONS = ("2.10", "2.12", "2.15")
RECOMMENDED_VERSION = "2.15"
"""AWS recommends it for all new file systems; it goes with every type."""

METADATA_IOPS = (1500, 3000, 6000, *range(12000, 192001, 12000))
TIERING_METADATA_IOPS = (6000, 12000)
AUTOMATIC = "AUTOMATIC"

TIERING_THROUGHPUT = 4000
"""INTELLIGENT_TIERING comes in multiples of these MB/s."""

TIERING_MOST = 2_000_000
CACHE_LEAST = 32
"""GiB of read cache for each 4000 MB/s, at least."""

CACHE_MOST = 131072
NO_CACHE = "NO_CACHE"
OWN_CACHE = "USER_PROVISIONED"
CACHE_BY_THROUGHPUT = "PROPORTIONAL_TO_THROUGHPUT_CAPACITY"

DRIVE_CACHES = ("READ", "NONE")
RETENTION_MOST = 90
RETENTION_SURE = 35
"""Up to here all sources agree; AWS ParallelCluster refuses more."""

LINKS_MOST = 8
LARGEST_ID = 4294967294
NIDS_MOST = 64

PORTS = ((988, 988), (1018, 1023))
"""TCP ports of Lustre, first and last, in both directions. Source:
docs.aws.amazon.com/fsx/latest/LustreGuide/limit-access-security-groups.html."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """What each TiB of a tier gives, in MB/s.

    Attributes:
        network: Baseline and burst of the network; a burst of None is none.
        disk: Baseline and burst of the disks.
    """

    network: tuple[int, int | None]
    disk: tuple[int, int | None]


SPEEDS: Mapping[tuple[str, str, int | None], Speed] = {
    (SCRATCH_2, SSD, None): Speed(network=(200, 1300), disk=(200, None)),
    (PERSISTENT_1, SSD, 50): Speed(network=(250, 1300), disk=(50, 240)),
    (PERSISTENT_1, SSD, 100): Speed(network=(500, 1300), disk=(100, 240)),
    (PERSISTENT_1, SSD, 200): Speed(network=(750, 1300), disk=(200, 240)),
    (PERSISTENT_1, HDD, 12): Speed(network=(40, 375), disk=(12, 80)),
    (PERSISTENT_1, HDD, 40): Speed(network=(150, 1300), disk=(40, 250)),
    (PERSISTENT_2, SSD, 125): Speed(network=(320, 1300), disk=(125, 500)),
    (PERSISTENT_2, SSD, 250): Speed(network=(640, 1300), disk=(250, 500)),
    (PERSISTENT_2, SSD, 500): Speed(network=(1300, None), disk=(500, None)),
    (PERSISTENT_2, SSD, 1000): Speed(network=(2600, None), disk=(1000, None)),
}
"""Speeds for reading, by deployment, storage type and MB/s for each TiB. Source:
performance.md of the FSx for Lustre user guide, 2022-10; unconfirmed since."""

SCRATCH_THROUGHPUT = 200
"""Baseline MB/s for each TiB of scratch file systems; the same source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """A change that makes an empty file system in the place of a full one.

    Attributes:
        property: The property of `aws.fsx.LustreFileSystem`.
        when: Every change of it, or only a lower value.
        source: Where it was read.
    """

    property: str
    when: Literal["changed", "lowered"]
    source: str


_PROVIDER = (
    "https://github.com/hashicorp/terraform-provider-aws "
    "internal/service/fsx/lustre_file_system.go (ForceNew, CustomizeDiff)"
)
_DOCS = "pulumi-aws 7.51.1 aws.fsx.LustreFileSystem"

REPLACEMENTS: tuple[Replacement, ...] = (
    *(
        Replacement(property=name, when="changed", source=_PROVIDER)
        for name in (
            *("backup_id", "copy_tags_to_backups", "deployment_type"),
            *("drive_cache_type", "export_path", "import_path"),
            *("imported_file_chunk_size", "kms_key_id", "security_group_ids"),
            *("storage_type", "subnet_ids"),
        )
    ),
    Replacement(property="efa_enabled", when="changed", source=_DOCS),
    Replacement(property="file_system_type_version", when="lowered", source=_DOCS),
    Replacement(
        property="metadata_configuration.iops", when="lowered", source=_PROVIDER
    ),
    # Of SCRATCH_1, which cannot grow, every change.
    Replacement(property="storage_capacity", when="lowered", source=_PROVIDER),
)
"""The changes that replace a file system; all others are made in place."""
