"""What lies in a directory of checkpoints, whoever wrote it.

A checkpoint is a file `step-00000200` of `CheckpointStore`, or a directory that got
its name when it was whole: `step-00000200`, or `200` as Orbax names it. Beside them
are two hidden names of the publisher: a file that says how far it is, and a
directory that holds what it is sending.
"""

import errno
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jobs import atomic, manifest
from jobs.checkpoints import payload
from jobs.manifest import Manifest

PUBLISHED: Final = ".published"
"""The file that says which step was published last."""

SENDING: Final = ".sending"
"""The directory of what is being sent."""

ARRIVING: Final = ".arriving"
"""The directory of what is being fetched."""

FULL: Final = (errno.ENOSPC, errno.EDQUOT)
"""How a disk says that it has no room."""

_NAME = re.compile(r"step-(\d{8}|[1-9]\d{8,})")
_ORBAX = re.compile(r"(0|[1-9]\d*)")


@dataclass(frozen=True, order=True)
class Local:
    """A checkpoint of the directory.

    Attributes:
        step: The step it was taken after.
        path: Its file or directory.
        written: When, in nanoseconds: one that is written again is another.
    """

    step: int
    path: Path
    written: int


def found(directory: Path) -> list[Local]:
    """Return what is named as a checkpoint, the oldest first; none without it."""
    if not directory.is_dir():
        return []
    named = (_named(path) for path in directory.iterdir())
    return sorted(each for each in named if each is not None)


def _named(path: Path) -> Local | None:
    name = _NAME.fullmatch(path.name)
    if name is None and path.is_dir():
        name = _ORBAX.fullmatch(path.name)
    if name is None:
        return None
    try:
        return Local(int(name[1]), path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        # Its writer has removed it since.
        return None


def newest_whole(directory: Path, say: Callable[[str], None]) -> Local | None:
    """Return the newest that is whole; a file is read to its end to know that.

    Args:
        directory: Where they lie.
        say: Gets a sentence for each that is not.

    Raises:
        OSError: One is there and cannot be read.
    """
    for local in reversed(found(directory)):
        try:
            if local.path.is_file():
                payload.check(local.path)
        except payload.BadCheckpoint as problem:
            say(f"{local.path} is no whole checkpoint: {problem}")
        else:
            return local
    return None


def published(directory: Path) -> int | None:
    """Return the step that was published last, or -1 if none was yet.

    Returns:
        None if nobody publishes what lies here.
    """
    try:
        step = json.loads((directory / PUBLISHED).read_bytes())["step"]
    except FileNotFoundError:
        return None
    return -1 if step is None else int(step)


def tell_published(directory: Path, step: int) -> None:
    """Say which step was published last; -1: none yet.

    Raises:
        OSError: The storage refused.
    """
    content = json.dumps({"step": None if step < 0 else step}).encode()
    atomic.write(directory / PUBLISHED, lambda file: file.write(content))


def hold(local: Local, name: str) -> Path:
    """Keep a checkpoint for as long as it is sent, though its writer removes it.

    Its files get second names, so it takes no room while the first ones stay.

    Args:
        local: The checkpoint.
        name: A name of its own.

    Returns:
        The directory that holds it, under its own name.

    Raises:
        FileNotFoundError: It was removed in the meantime.
        OSError: The storage has no hard links, or refused.
    """
    target = local.path.parent / SENDING / name
    target.mkdir(parents=True, exist_ok=True)
    place = target / local.path.name
    if local.path.is_dir():
        _link_all(local.path, place)
    else:
        place.hardlink_to(local.path)
    return target


def _link_all(source: Path, target: Path) -> None:
    """Give the files of a directory second names; the first refusal ends it.

    `shutil.copytree` would go on, and then say in words alone what was refused.
    """

    def refuse(problem: OSError) -> None:
        raise problem

    for where, _, names in os.walk(source, onerror=refuse):
        there = target / Path(where).relative_to(source)
        there.mkdir()
        for name in names:
            os.link(Path(where, name), there / name)


def let_go(directory: Path) -> None:
    """Remove what was held; what was being sent is sent again."""
    shutil.rmtree(directory / SENDING, ignore_errors=True)


def manifest_of(held: Path, *, source: str, about: Mapping[str, str]) -> Manifest:
    """Return the manifest of a checkpoint that is held; it is read once.

    Raises:
        BadCheckpoint: It is not whole.
        OSError: It cannot be read.
    """
    (place,) = held.iterdir()
    if place.is_dir():
        made = manifest.of(held, source=source, about=about)
        if not made.files:
            raise payload.BadCheckpoint("there is no file in it")
        return made
    return Manifest(source=source, files=(payload.check(place),), about=about)
