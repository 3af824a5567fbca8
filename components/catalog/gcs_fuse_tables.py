"""The options of Cloud Storage FUSE, and the versions of GKE that bring features.

The options are in `data/gcs_fuse_options.tsv`; one that is not there ends the program.
Source of the rest, read 2026-11-22:
https://github.com/GoogleCloudPlatform/gcs-fuse-csi-driver 5fcdc04
(`pkg/util/util.go`, `pkg/csi_driver/utils.go`,
`pkg/sidecar_mounter/sidecar_mounter_config.go`, `docs/releases.md`).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

LINK = "https://cloud.google.com/storage/docs/cloud-storage-fuse/config-file"
DRIVER_LINK = (
    "https://cloud.google.com/kubernetes-engine/docs/how-to/persistent-volumes/"
    "cloud-storage-fuse-csi-driver"
)
RELEASES = (
    "https://github.com/GoogleCloudPlatform/gcs-fuse-csi-driver/blob/main/docs/"
    "releases.md"
)

Kind = Literal[
    "flag",
    "number",
    "decimal",
    "mode",
    "duration",
    "text",
    "severity",
    "protocol",
    "strategy",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of Cloud Storage FUSE.

    Attributes:
        flag: Its name on the command line, as in `flag=value`.
        key: Its name in the config file, as in `section:key:value`; None where it
            has none.
        kind: What its value is.
        deprecated: It still works, and another one is to be used.
    """

    flag: str
    key: str | None
    kind: Kind
    deprecated: bool = False


_TABLE = Path(__file__).with_name("data") / "gcs_fuse_options.tsv"


def _rows() -> list[Option]:
    with _TABLE.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(
            (line for line in file if not line.startswith("#")), delimiter="\t"
        )
        return [
            Option(
                flag=row["flag"],
                key=row["key"] or None,
                kind=cast("Kind", row["kind"]),
                deprecated=bool(row["deprecated"]),
            )
            for row in rows
        ]


FLAGS: dict[str, Option] = {option.flag: option for option in _rows()}
"""The options by their names on the command line."""

KEYS: dict[str, Option] = {
    option.key: option for option in FLAGS.values() if option.key is not None
}
"""The options by their names in the config file."""

KERNEL_WORDS = ("exec", "noexec", "atime", "noatime", "sync", "async", "dirsync")
"""What may follow `o=`: options of the kernel's mount. Others are left out."""

NODE_FLAGS = ("read_ahead_kb", "node_fuse_max_request_limit_kb")
"""Options that the driver sets on the node itself, `flag=NUMBER`."""

DISCARDED: dict[str, str] = {
    "cache-dir": "the cache is on the volume gke-gcsfuse-cache (mount.cache)",
    "temp-dir": "what is written is staged on the volume gke-gcsfuse-buffer",
    "log-file": "the log is that of the container gke-gcsfuse-sidecar",
    "log-format": "the log is JSON",
    "config-file": "the driver writes the config file, of options such as "
    "logging:severity:info",
    "foreground": "it runs in the foreground in any case",
    "key-file": "pods have the identity of their service account, and no keys",
    "token-url": "pods have the identity of their service account",
    "reuse-token-from-url": "pods have the identity of their service account",
    "prometheus-port": "the driver picks the port, and GKE collects the metrics",
    "kernel-params-file": "the driver writes this file",
}
"""Options that the driver leaves out with a line in its log, and what works."""

ATTRIBUTES: dict[str, Literal["quantity", "flag", "number", "text"]] = {
    "fileCacheCapacity": "quantity",
    "fileCacheForRangeRead": "flag",
    "metadataStatCacheCapacity": "quantity",
    "metadataTypeCacheCapacity": "quantity",
    "metadataCacheTTLSeconds": "number",
    "metadataCacheTtlSeconds": "number",
    "gcsfuseLoggingSeverity": "text",
    "skipCSIBucketAccessCheck": "flag",
    "disableMetrics": "flag",
    "hostNetworkPodKSA": "flag",
    "enableCloudProfilerForSidecar": "flag",
    "gcsfuseMetadataPrefetchOnMount": "flag",
    "identityProvider": "text",
    "identityPool": "text",
    "multiNICIndex": "number",
    "sharedMount": "flag",
    "bucketName": "text",
    "mountOptions": "text",
}
"""The attributes of a volume that the driver reads, and what each is."""

Feature = Literal[
    "file cache",
    "parallel downloads",
    "metadata prefetch",
    "streaming writes",
    "kernel read ahead",
    "buffered read",
    "one bucket twice in a pod",
    "Cloud Profiler",
]

NEEDS: dict[Feature, tuple[str, ...]] = {
    "file cache": ("1.27.12-gke.1190000", "1.28.8-gke.1175000", "1.29.3-gke.1093000"),
    "parallel downloads": ("1.29.6-gke.1254000", "1.30.2-gke.1394000"),
    "metadata prefetch": ("1.32.1-gke.1357001",),
    "streaming writes": ("1.32.1-gke.1753001",),
    "kernel read ahead": ("1.32.2-gke.1297001",),
    "one bucket twice in a pod": ("1.33.0-gke.1932000",),
    "buffered read": ("1.34.0-gke.2011000",),
    "Cloud Profiler": ("1.36.0-gke.2403000",),
}
"""The first versions of GKE that have a feature, one for each minor version that
got it; every later minor version has it."""
