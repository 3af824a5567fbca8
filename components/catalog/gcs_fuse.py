"""Cloud Storage FUSE on GKE: what its mounts may say, and what their pods need.

Sources, read 2026-11-22: https://github.com/GoogleCloudPlatform/gcs-fuse-csi-driver
5fcdc04 (`pkg/csi_driver/utils.go`, `pkg/sidecar_mounter/sidecar_mounter_config.go`,
`pkg/util/util.go`, `pkg/webhook/config.go`, `docs/troubleshooting.md`),
https://github.com/GoogleCloudPlatform/gcsfuse 7b39292 (`cfg`, `docs/semantics.md`,
`samples/gke-csi-yaml`) and https://github.com/google/skills 1af7775
(`google-cloud-storage-fuse/references`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Literal

from components.catalog import gcs_names, gke, quantity
from components.catalog.gcs_fuse_options import (
    FORMS,
    SHAPES,
    is_on,
    number,
    option_problem,
    split,
    together_problems,
)
from components.catalog.gcs_fuse_tables import (
    ATTRIBUTES,
    DRIVER_LINK,
    NEEDS,
    Feature,
)
from components.catalog.problem import Problem

DRIVER = "gcsfuse.csi.storage.gke.io"

ENABLED = "gke-gcsfuse/volumes"
"""The annotation by which a pod gets the container that mounts."""

CPU = "gke-gcsfuse/cpu-limit"
MEMORY = "gke-gcsfuse/memory-limit"
DISK = "gke-gcsfuse/ephemeral-storage-limit"

CACHE_VOLUME = "gke-gcsfuse-cache"
"""The pod's volume that file caches are on."""

TROUBLE = (
    "https://github.com/GoogleCloudPlatform/gcs-fuse-csi-driver/blob/main/docs/"
    "troubleshooting.md"
)

MIB = 1024**2
GIB = 1024**3

OWN_CPU = Decimal("0.25")
"""Cores that the container gets where nothing is said."""

OWN_MEMORY = Decimal(256 * MIB)
"""Bytes of memory that the container gets where nothing is said."""

OWN_DISK = Decimal(5 * GIB)
"""Bytes of the node's disk that it gets where nothing is said: what is written is
staged there."""

METADATA_MEMORY = Decimal(GIB)
"""Bytes of memory beside the file cache where a purpose lets metadata stay: about
1.5 GiB for each million of files."""

Purpose = Literal["training", "serving", "checkpoints"]
Medium = Literal["disk", "memory"]


def cache_room(size: Decimal) -> Decimal:
    """Bytes of a volume on which `size` bytes of files are cached.

    Files take whole blocks, and a download is written before an old file goes: a
    volume of exactly the size would be full, and its pod evicted.
    """
    return Decimal(-(-int(size * 11) // (10 * MIB)) * MIB)


def purpose_options(
    purpose: Purpose | None, *, cache: bool, existing_folders: bool = True
) -> list[str]:
    """The options that Google's samples for GKE have for a purpose.

    Metadata stays for ever only where files are not changed once they are there;
    checkpoints are. What is about a file cache is left out without one: Cloud
    Storage FUSE does not start then.

    Args:
        purpose: What the bucket is for; None for anything.
        cache: Whether there is a file cache.
        existing_folders: Whether there may be folders that only the names of
            objects tell.
    """
    options = ["implicit-dirs"] if existing_folders else []
    if purpose is None:
        return options
    options += [
        "metadata-cache:negative-ttl-secs:0",
        "metadata-cache:stat-cache-max-size-mb:-1",
        "read_ahead_kb=1024",
    ]
    if purpose == "checkpoints":
        options.append("write:enable-streaming-writes:true")
    else:
        options.append("metadata-cache:ttl-secs:-1")
    if cache:
        options.append("file-cache:cache-file-for-range-read:true")
        if purpose != "training":
            options.append("file-cache:enable-parallel-downloads:true")
    return options


def cache_options(size: Decimal) -> list[str]:
    """The options of a file cache of `size` bytes."""
    return [f"file-cache:max-size-mb:{max(1, int(size) // MIB)}"]


def features(options: Sequence[str], *, prefetch: bool = False) -> Iterator[Feature]:
    """What of a mount came with a certain version of GKE."""
    if number(options, "file-cache-max-size-mb"):
        yield "file cache"
    if is_on(options, "file-cache-enable-parallel-downloads"):
        yield "parallel downloads"
    if prefetch:
        yield "metadata prefetch"
    if is_on(options, "enable-streaming-writes"):
        yield "streaming writes"
    if any(split(text)[0] == "read_ahead_kb" for text in options):
        yield "kernel read ahead"
    if is_on(options, "enable-buffered-read"):
        yield "buffered read"
    if is_on(options, "enable-cloud-profiler"):
        yield "Cloud Profiler"


def lacks(version: str, feature: Feature) -> str | None:
    """The version of GKE that brings `feature`, where `version` surely lacks it.

    Args:
        version: What the cluster has, or the beginning of it.
        feature: What a mount needs.
    """
    have = gke.parse(version)
    if have is None:
        return None
    by_minor = {(gke.parse(first) or ())[:2]: first for first in NEEDS[feature]}
    same = by_minor.get(have[:2])
    if same is not None:
        return same if gke.at_least(version, same) is False else None
    return None if have[:2] > min(by_minor) else by_minor[min(by_minor)]


def bucket_of(handle: str) -> str:
    """The bucket that a volume's handle names: what stands before its first colon."""
    return handle.partition(":")[0]


def volume_problems(
    handle: str, attributes: Mapping[str, str], options: Sequence[str]
) -> Iterator[Problem]:
    """Everything wrong with a PersistentVolume of the driver.

    Args:
        handle: Its `volumeHandle`.
        attributes: Its `volumeAttributes`.
        options: Its `mountOptions`.

    Yields:
        Problems with paths from the volume on.
    """
    bucket = bucket_of(handle)
    wrong = gcs_names.bucket_name(bucket)
    if wrong is not None and wrong.severity == "error":
        yield Problem(
            rule="FUS11",
            message="the driver would mount every bucket there is: name one"
            if bucket == "_"
            else "the handle is the name of a bucket; what follows a colon tells "
            "volumes apart",
            path=("volumeHandle",),
            value=handle,
            nearest=wrong.nearest,
            link=DRIVER_LINK,
        )
    for key, value in attributes.items():
        problem = _attribute_problem(key, value)
        if problem is not None:
            yield problem.under("volumeAttributes", key)
    more = attributes.get("mountOptions")
    listed = [*options, *(more.split(",") if more else [])]
    for index, text in enumerate(options):
        problem = None if text in ("ro", "rw") else option_problem(text)
        if problem is not None:
            yield problem.under("mountOptions", index)
    cached = "fileCacheCapacity" in attributes or bool(
        number(listed, "file-cache-max-size-mb")
    )
    writes = "ro" not in listed
    for index, problem in together_problems(listed, cache=cached, writes=writes):
        if index < len(options):
            yield problem.under("mountOptions", index)


def _attribute_problem(key: str, value: str) -> Problem | None:
    shape = ATTRIBUTES.get(key)
    if shape is None:
        found = difflib.get_close_matches(key, ATTRIBUTES, n=1)
        return Problem(
            rule="FUS09",
            message="the driver reads no such attribute, and says nothing",
            value=value,
            allowed=tuple(ATTRIBUTES),
            nearest=found[0] if found else None,
            link=DRIVER_LINK,
        )
    if key == "bucketName":
        return Problem(
            rule="FUS09",
            message="the driver reads this of a volume of the pod's own only: the "
            "handle of a PersistentVolume names the bucket",
            value=value,
            nearest=f"volumeHandle: {value}",
            link=DRIVER_LINK,
        )
    if key == "mountOptions":
        problems = [
            option_problem(o) for o in value.split(",") if o not in ("ro", "rw")
        ]
        return next((p for p in problems if p is not None), None)
    if shape == "quantity":
        fits = _is_quantity(value)
    else:
        fits = re.fullmatch(SHAPES[shape], value) is not None
    if fits:
        return None
    any_size = "a Kubernetes quantity such as 100Gi, or -1 for no limit"
    form = any_size if shape == "quantity" else FORMS[shape]
    return Problem(
        rule="FUS10",
        message=f"the driver mounts nothing: {form}",
        value=value,
        nearest=quantity.nearest(value) if shape == "quantity" else None,
        link=DRIVER_LINK,
    )


def _is_quantity(text: str) -> bool:
    try:
        quantity.parse(text)
    except ValueError:
        return False
    return True
