"""Versions of one thing in one shared directory: each is there whole, or not at all.

A version is a directory, `resnet/7`, with its manifest. It is filled under a hidden
name and appears by one rename, so readers need no lock. That takes storage that
renames directories, as file systems do and mounted buckets do not; and one writer
at a time.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from jobs import atomic, manifest
from jobs.manifest import BadManifest, Manifest

_HIDDEN = ".publishing"
# What every file system that is shared keeps of a time.
_TICK = 1_000_000_000


class OtherArtifact(RuntimeError):  # noqa: N818 - the name says what is the matter
    """The version is there already, with another content."""


def publish(
    directory: Path,
    version: str,
    fill: Callable[[Path], object],
    *,
    source: str,
    about: Mapping[str, str] | None = None,
) -> Path:
    """Add a version; the one of that name and content is kept if it is there.

    Args:
        directory: Where the versions are; made if it is missing.
        version: The name of this one: one part of a path, not hidden.
        fill: Writes its files into the empty directory that it is given.
        source: What made it.
        about: What else readers should know of it.

    Returns:
        The directory of the version.

    Raises:
        ValueError: This is no name of a version.
        OtherArtifact: The version is there, with another content.
        OSError: The storage refused; the versions are as they were.
    """
    if not version or version.startswith(".") or "/" in version:
        raise ValueError(f"{version!r} is no name of a version")
    target, hidden = directory / version, directory / _HIDDEN
    # What a killed writer left; nobody reads it.
    shutil.rmtree(hidden, ignore_errors=True)
    hidden.mkdir(parents=True)
    try:
        fill(hidden)
        made = manifest.of(hidden, source=source, about=about)
        if os.path.lexists(target):
            _require_same(target, made)
            return target
        manifest.write(hidden / manifest.NAME, made)
        _date_after(hidden / manifest.NAME, (time for time, _ in _versions(directory)))
        atomic.flush_file_system(hidden)
        hidden.rename(target)
        atomic.flush_directory(directory)
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
    return target


def newest(directory: Path) -> Path | None:
    """Return what is to be read: a whole directory, or None while there is none.

    Returns:
        The directory itself if it has a manifest, else its version that was
        published last.

    Raises:
        OSError: The directory is there and cannot be read.
    """
    if _published(directory) is not None:
        return directory
    return max(_versions(directory), default=(0, None))[1]


def _versions(directory: Path) -> Iterator[tuple[int, Path]]:
    """The versions, each with the time of its publication in ns."""
    try:
        paths = list(directory.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    for path in paths:
        if not path.name.startswith("."):
            time = _published(path)
            if time is not None:
                yield time, path


def _published(directory: Path) -> int | None:
    path = directory / manifest.NAME
    try:
        manifest.read(path)
        return path.stat().st_mtime_ns
    except (FileNotFoundError, NotADirectoryError, BadManifest):
        return None


def _date_after(path: Path, times: Iterator[int]) -> None:
    """See to it that a file is the youngest: another node's clock may be ahead."""
    last = max(times, default=0)
    if path.stat().st_mtime_ns <= last:
        os.utime(path, ns=(last + _TICK, last + _TICK))


def _require_same(target: Path, made: Manifest) -> None:
    try:
        there = manifest.read(target / manifest.NAME)
    except (FileNotFoundError, NotADirectoryError, BadManifest):
        raise OtherArtifact(f"{target} is there, and is no version") from None
    if there.files != made.files:
        raise OtherArtifact(
            f"{target} is there already, with another content, from {there.source}: "
            "a version does not change, publish another one"
        )
