"""Mountpoint for Amazon S3: what its mounts may say, and what they can do.

Sources, read 2026-11-22: https://github.com/awslabs/mountpoint-s3
(`mountpoint-s3/src/cli.rs`, `doc/CONFIGURATION.md`, `doc/SEMANTICS.md`) and
https://github.com/awslabs/mountpoint-s3-csi-driver v2.7.0
(`pkg/mountpoint/args.go`, `pkg/driver/node/node.go`,
`pkg/driver/node/volumecontext`, `docs/CACHING.md`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from components.catalog import quantity, s3
from components.catalog.mountpoint_options import (
    DRIVER_LINK,
    option_problem,
    split,
    together_problems,
)
from components.catalog.problem import Problem

DRIVER = "s3.csi.aws.com"

SEMANTICS = "https://github.com/awslabs/mountpoint-s3/blob/main/doc/SEMANTICS.md"

CACHING = (
    "https://github.com/awslabs/mountpoint-s3-csi-driver/blob/main/docs/CACHING.md"
)

MIB = 1024**2
PART_SIZE = 8 * MIB
"""Bytes of a part of an upload, where nothing else is said."""

MOST_PARTS = 10_000
"""The most parts of one upload."""

PART_SIZES = (5 * MIB, 5 * 1024 * MIB)
"""The least and the most bytes that S3 takes as a part (the last may be less)."""

CANNOT = (
    "files are written once, from the beginning to the end, and seen by others when "
    "they are closed: nothing is appended, renamed or changed in place"
)
"""What a program cannot do on a mounted bucket."""

ATTRIBUTES: tuple[str, ...] = (
    "bucketName",
    "authenticationSource",
    "stsRegion",
    "cache",
    "cacheEmptyDirSizeLimit",
    "cacheEmptyDirMedium",
    "cacheEphemeralStorageClassName",
    "cacheEphemeralStorageResourceRequest",
    "mountpointPodServiceAccountName",
    "mountpointContainerResourcesRequestsCpu",
    "mountpointContainerResourcesRequestsMemory",
    "mountpointContainerResourcesLimitsCpu",
    "mountpointContainerResourcesLimitsMemory",
    "mountpointEnv.HTTPS_PROXY",
    "mountpointEnv.NO_PROXY",
)
"""The attributes of a volume that the driver reads."""

_CHOICES = {
    "authenticationSource": ("driver", "pod"),
    "cache": ("emptyDir", "ephemeral"),
    "cacheEmptyDirMedium": ("", "Memory"),
}


def attribute_problems(
    attributes: Mapping[str, str],
) -> Iterator[tuple[str, Problem]]:
    """What is wrong with the attributes of a volume of the driver.

    Yields:
        The key of the attribute, and what is wrong.
    """
    for key, value in attributes.items():
        if key not in ATTRIBUTES:
            found = difflib.get_close_matches(key, ATTRIBUTES, n=1)
            yield (
                key,
                Problem(
                    rule="MPT06",
                    message="the driver reads no such attribute",
                    value=value,
                    allowed=ATTRIBUTES,
                    nearest=found[0] if found else None,
                    link=DRIVER_LINK,
                ),
            )
        elif key in _CHOICES and value not in _CHOICES[key]:
            words = {word.lower(): word for word in _CHOICES[key]}
            yield (
                key,
                Problem(
                    rule="MPT07",
                    message="the driver takes other words here",
                    value=value,
                    allowed=_CHOICES[key],
                    nearest=words.get(value.lower()),
                    link=DRIVER_LINK,
                ),
            )
    if not attributes.get("bucketName"):
        yield (
            "bucketName",
            Problem(
                rule="MPT08",
                message="the bucket is named by the attribute bucketName: the handle "
                "is free text",
                link=DRIVER_LINK,
            ),
        )


_NEEDS = {
    "emptyDir": ("cacheEmptyDirSizeLimit",),
    "ephemeral": (
        "cacheEphemeralStorageClassName",
        "cacheEphemeralStorageResourceRequest",
    ),
}


def cache_problems(
    attributes: Mapping[str, str], options: Iterable[str]
) -> Iterator[tuple[str, Problem]]:
    """What is wrong with a volume's cache.

    Yields:
        The attribute, or `mountOptions`, and what is wrong.
    """
    given = dict(map(split, options))
    kind = attributes.get("cache")
    if "cache" in given:
        yield (
            "mountOptions",
            Problem(
                rule="MPT09",
                message="a cache is said by the attribute cache: as an option it has "
                "no limit, and the mount is evicted when the node's disk is full",
                value=f"cache {given['cache'] or ''}".strip(),
                nearest="volumeAttributes: {cache: emptyDir, "
                "cacheEmptyDirSizeLimit: …}",
                link=CACHING,
                severity="warning" if kind is None else "error",
            ),
        )
    for key in _NEEDS.get(kind or "", ()):
        if not attributes.get(key):
            yield (
                key,
                Problem(
                    rule="MPT10",
                    message=f"a cache of kind {kind} says {key}: without a limit the "
                    "mount is evicted when the node's disk is full",
                    link=CACHING,
                ),
            )
    limit = attributes.get("cacheEmptyDirSizeLimit")
    size = given.get("max-cache-size")
    if kind == "emptyDir" and limit and size and size.isdigit():
        yield from _too_large(limit, int(size))


def _too_large(limit: str, size: int) -> Iterator[tuple[str, Problem]]:
    try:
        most = int(quantity.parse(limit)) // MIB
    except ValueError:
        yield (
            "cacheEmptyDirSizeLimit",
            Problem(
                rule="MPT07",
                message="a size is a Kubernetes quantity such as 100Gi",
                value=limit,
                nearest=quantity.nearest(limit),
                link=quantity.LINK,
            ),
        )
        return
    if size > most:
        yield (
            "mountOptions",
            Problem(
                rule="MPT11",
                message="the cache may grow beyond its limit, and the driver refuses "
                "the mount",
                value=f"max-cache-size {size}",
                nearest=f"max-cache-size {most}",
                link=CACHING,
            ),
        )


def volume_problems(
    attributes: Mapping[str, str], options: Sequence[str]
) -> Iterator[Problem]:
    """Everything wrong with a PersistentVolume of the driver.

    Args:
        attributes: Its `volumeAttributes`.
        options: Its `mountOptions`.

    Yields:
        Problems with paths from the volume on: `volumeAttributes` or
        `mountOptions`.
    """
    for key, problem in attribute_problems(attributes):
        yield problem.under("volumeAttributes", key)
    alone = [option_problem(text) for text in options]
    for index, problem in enumerate(alone):
        if problem is not None:
            yield problem.under("mountOptions", index)
    if not any(alone):
        bucket = attributes.get("bucketName")
        directory = s3.is_directory(bucket) if bucket else None
        for index, problem in together_problems(options, directory=directory):
            yield problem.under("mountOptions", index)
    for key, problem in cache_problems(attributes, options):
        if key == "mountOptions":
            index = _position(options, str(problem.value).split(" ", 1)[0])
            yield problem.under("mountOptions", index)
        else:
            yield problem.under("volumeAttributes", key)


def _position(options: Sequence[str], name: str) -> int:
    return next(i for i, text in enumerate(options) if split(text)[0] == name)


def largest_object(write_part_size: int = PART_SIZE) -> int:
    """The bytes of the largest file that a mount can write.

    Args:
        write_part_size: Bytes of a part; default 8 MiB.
    """
    return write_part_size * MOST_PARTS


def part_size_for(size: int) -> int:
    """The bytes of a part, whole MiB, with which a file of `size` bytes fits.

    Raises:
        ValueError: No object of S3 has so many parts of any size.
    """
    least = max(PART_SIZES[0], -(-size // MOST_PARTS))
    part = -(-least // MIB) * MIB
    if part > PART_SIZES[1]:
        raise ValueError(f"S3 takes no upload of {size} bytes")
    return part


def part_size_problem(text: str) -> Problem | None:
    """What is wrong with the size `text` as that of the parts of an upload."""
    least, most = PART_SIZES
    size = int(quantity.parse(text))
    if least <= size <= most:
        return None
    return Problem(
        rule="MPT15",
        message="S3 takes parts of 5Mi to 5Gi",
        value=text,
        nearest=quantity.bytes_text(min(max(size, least), most)),
        link="https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html",
    )


def ttl_seconds(text: str) -> str | None:
    """How Mountpoint writes a time such as `60s`, `5m` or `indefinite`; or None."""
    if text in ("minimal", "indefinite"):
        return text
    found = re.fullmatch(r"([1-9]\d{0,6})([smhd])", text, re.ASCII)
    if found is None:
        return None
    return str(int(found[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]])
