"""What the CSI driver of Persistent Disk takes: classes, snapshots, volumes.

Source: https://github.com/kubernetes-sigs/gcp-compute-persistent-disk-csi-driver
b560165 `pkg/parameters` and `pkg/gce-pd-csi-driver`, read 2026-11-22. Of GKE, what
brings Hyperdisk and its storage pools: kubernetes-engine/docs/concepts/hyperdisk and
kubernetes-engine/docs/how-to/persistent-volumes/hyperdisk-storage-pools.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from components.catalog import gcp_disks
from components.catalog.gcp_disk_tables import (
    DEFAULT_OF_DRIVER,
    HIGHLY_AVAILABLE,
    ML,
    TYPES,
)
from components.catalog.problem import Problem, Severity
from components.catalog.provisioners import SIDECAR, Conflict, Driver, Parameter

LINK = (
    "https://docs.cloud.google.com/kubernetes-engine/docs/how-to/persistent-volumes/"
    "gce-pd-csi-driver"
)
_REPOSITORY = (
    "https://github.com/kubernetes-sigs/gcp-compute-persistent-disk-csi-driver"
)
SOURCE = f"{_REPOSITORY} b560165 pkg/parameters/parameters.go"

FS_TYPE = f"{SIDECAR}fstype"
"""The key of the file system on a disk."""

TYPE = "type"
IOPS = "provisioned-iops-on-create"
THROUGHPUT = "provisioned-throughput-on-create"
KEY = "disk-encryption-kms-key"
POOLS = "storage-pools"
REPLICATION = "replication-type"
ACCESS_MODE = "access-mode"
LABELS = "labels"

REGIONAL = "regional-pd"
"""What `replication-type` says of disks in two zones."""

DYNAMIC = "dynamic"
"""The type by which the driver chooses one that the node can have."""

ZONE = "topology.gke.io/zone"
"""The key by which the driver tells zones apart."""

READ_AHEAD = "read_ahead_kb=4096"
"""The mount option that is recommended for Hyperdisk ML."""

HYPERDISK_SINCE = "1.26"
HIGHLY_AVAILABLE_SINCE = "1.33"
POOLS_SINCE = "1.29.2-gke.1035000"
"""Versions of GKE that bring them."""

_FS_TYPES = ("ext4", "ext3", "ext2", "xfs", "btrfs", "ntfs")
_KMS_KEY = r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+.*"
_POOL = r"projects/[^/,]+/zones/[^/,]+/storagePools/[^/,]+"
_FLAG = r"(?i:true|false)"
_WITHOUT_IOPS = "|".join(row.name for row in TYPES if row.iops is None)
_WITHOUT_THROUGHPUT = "|".join(row.name for row in TYPES if row.throughput is None)
_NOT_POOLED = "|".join(row.name for row in TYPES if not row.pooled)
_NOT_REGIONAL = "|".join(row.name for row in TYPES if not row.regional)
_OF_DYNAMIC = ("hyperdisk-type", "pd-type", "disk-type-preference")


def _flags(*names: str) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(name=name, pattern=_FLAG, form='"true" or "false"') for name in names
    )


DRIVER = Driver(
    name="pd.csi.storage.gke.io",
    parameters=(
        Parameter(
            name=TYPE,
            values=(*(row.name for row in TYPES), DYNAMIC),
            any_case=True,
        ),
        Parameter(name=REPLICATION, values=("none", REGIONAL), any_case=True),
        Parameter(name=IOPS, pattern=r"[0-9]+", form="a whole number"),
        Parameter(
            name=THROUGHPUT,
            # A number alone would be bytes.
            pattern=r"[0-9]+(Mi|Gi)",
            form="MiB/s as a quantity, such as 250Mi",
        ),
        Parameter(
            name=KEY,
            pattern=_KMS_KEY,
            form="the full name of a key: projects/P/locations/L/keyRings/R/"
            "cryptoKeys/K",
        ),
        Parameter(
            name=POOLS,
            pattern=rf"{_POOL}(,{_POOL})*",
            form="full names of storage pools: projects/P/zones/Z/storagePools/S",
        ),
        *_flags("enable-confidential-storage", "enable-multi-zone-provisioning"),
        *_flags("use-allowed-disk-topology"),
        Parameter(
            name=ACCESS_MODE,
            values=("READ_WRITE_SINGLE", "READ_WRITE_MANY", "READ_ONLY_MANY"),
        ),
        Parameter(
            name="availability-class",
            values=("none", "regional-hard-failover"),
            any_case=True,
        ),
        Parameter(name=LABELS, pattern=r"[^=,]+=[^,]*(,[^=,]+=[^,]*)*", form="k=v,k=v"),
        Parameter(name="resource-tags"),
        Parameter(
            name="data-cache-size", pattern=r"[0-9]+(Gi|Ti)", form="such as 100Gi"
        ),
        Parameter(name="data-cache-mode", values=("writethrough", "writeback")),
        Parameter(name="hyperdisk-type"),
        Parameter(name="pd-type"),
        Parameter(
            name="disk-type-preference",
            values=("hyperdisk-type", "pd-type"),
            any_case=True,
        ),
        Parameter(name=FS_TYPE, values=_FS_TYPES),
    ),
    conflicts=(
        *(
            Conflict(
                parameter=parameter,
                pattern=r".+",
                other=TYPE,
                other_pattern=without,
                why=f"disks of this type have no {what} to choose",
            )
            for parameter, what, without in (
                (IOPS, "IOPS", _WITHOUT_IOPS),
                (THROUGHPUT, "throughput", _WITHOUT_THROUGHPUT),
            )
        ),
        Conflict(
            parameter=POOLS,
            pattern=r".+",
            other=TYPE,
            other_pattern=_NOT_POOLED,
            why="storage pools have disks of hyperdisk-balanced or "
            "hyperdisk-throughput only",
        ),
        Conflict(
            parameter=POOLS,
            pattern=r".+",
            other=REPLICATION,
            other_pattern=REGIONAL,
            why="storage pools have no disks in two zones",
        ),
        Conflict(
            parameter=POOLS,
            pattern=r".+",
            other="enable-confidential-storage",
            other_pattern=r"true",
            why="storage pools have no confidential disks",
        ),
        Conflict(
            parameter=REPLICATION,
            pattern=REGIONAL,
            other=TYPE,
            other_pattern=_NOT_REGIONAL,
            why="there are no disks of this type in two zones",
        ),
    ),
    any_case=True,
    ignores_unknown=False,
    link=LINK,
    source=SOURCE,
)

SNAPSHOTS = Driver(
    name=DRIVER.name,
    parameters=(
        Parameter(
            name="storage-locations",
            pattern=r" *[A-Za-z]+(-[A-Za-z]+[0-9]{1,2})? *",
            form="one region or multi-region, such as us",
        ),
        Parameter(name="snapshot-type", values=("snapshots", "images")),
        Parameter(name="image-family"),
        Parameter(name=LABELS),
        Parameter(name="resource-tags"),
    ),
    any_case=True,
    ignores_unknown=False,
    link="https://docs.cloud.google.com/kubernetes-engine/docs/how-to/"
    "persistent-volumes/volume-snapshots",
    source=SOURCE,
)
"""The parameters of its VolumeSnapshotClasses."""


def number(text: str | None) -> int | None:
    """MiB/s, or IOPS, of a parameter's text; None where there are none."""
    found = re.fullmatch(r"([0-9]+)(Mi|Gi)?", text or "")
    if found is None:
        return None
    return int(found[1]) * (1024 if found[2] == "Gi" else 1)


def type_of(parameters: Mapping[str, str]) -> str | None:
    """The type of a class's disks; None where the driver chooses or it is unknown."""
    stated = (DRIVER.stated(parameters).get(TYPE) or DEFAULT_OF_DRIVER).lower()
    return stated if any(row.name == stated for row in TYPES) else None


def check(parameters: Mapping[str, str]) -> Iterator[Problem]:
    """What is wrong with the parameters of a class together."""
    stated = DRIVER.stated(parameters)
    written = {key.lower(): key for key in parameters}
    confidential = stated.get("enable-confidential-storage", "").lower() == "true"
    if confidential and not stated.get(KEY):
        yield _problem("it is required for confidential storage", KEY)
    dynamic = stated.get(TYPE, "").lower() == DYNAMIC
    for name in _OF_DYNAMIC:
        if name in stated and not dynamic:
            yield _problem(
                f"the driver takes it only with type: {DYNAMIC}", written[name]
            )
    regional = (
        stated.get(REPLICATION, "").lower() == REGIONAL
        or stated.get(TYPE, "").lower() == HIGHLY_AVAILABLE
    )
    hard = stated.get("availability-class", "").lower() == "regional-hard-failover"
    if hard and not regional:
        key = written["availability-class"]
        yield _problem("disks of one zone have nowhere to fail over to", key)
    several = "enable-multi-zone-provisioning"
    if stated.get(several, "").lower() == "true" and type_of(parameters) != ML:
        yield _problem(
            f"GKE is known to make one volume of disks in several zones of {ML} only",
            written[several],
            "warning",
        )
    zones = [gcp_disks.pool_zone(name) for name in stated.get(POOLS, "").split(",")]
    if None not in zones and len(set(zones)) < len(zones):
        yield _problem("the driver takes one storage pool of a zone", written[POOLS])


def _problem(message: str, key: str, severity: Severity = "error") -> Problem:
    return Problem(
        rule="PDK14",
        message=message,
        path=("parameters", key),
        link=DRIVER.link,
        severity=severity,
    )


def volume_problems(
    handle: str, attributes: Mapping[str, str], options: Sequence[str]
) -> Iterator[Problem]:
    """What is wrong with a volume that someone writes by hand."""
    del attributes, options
    if gcp_disks.disk_zone(handle) is None and not gcp_disks.is_regional(handle):
        found = re.search(r"projects/[^/]+/(zones|regions)/[^/]+/disks/[^/]+", handle)
        yield Problem(
            rule="PDK15",
            message="the handle of a disk is its full name: "
            "projects/P/zones/Z/disks/D, or projects/P/regions/R/disks/D",
            path=("volumeHandle",),
            value=handle,
            nearest=found[0] if found else None,
            link="https://docs.cloud.google.com/kubernetes-engine/docs/how-to/"
            "persistent-volumes/preexisting-pd",
        )
