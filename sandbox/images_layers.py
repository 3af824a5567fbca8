"""Layers of container images: what a directory has that the layers below have not.

A layer is a tar file that is not compressed: compressing a gigabyte takes longer
than all the rest, and nothing is ever sent anywhere.
"""

import hashlib
import json
import os
import stat
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

LAYER = "layer.tar"
_FACTS = "layer.json"

# What is made while an image is built gets this time, so that it does not differ
# from one build to the next: 2025-01-01.
_EPOCH = 1735689600

# What belongs to one machine or one moment, not to an image.
_MOMENTARY = (
    *("dev/*", "proc/*", "run/*", "sys/*", "tmp/*"),
    *("var/cache/*", "var/log/*", "var/lib/apt/lists/*", "var/tmp/*"),
    *("etc/hostname", "etc/machine-id", "etc/resolv.conf"),
)

# Kind, mode, owner and content of each path.
Contents = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A layer in the cache.

    Attributes:
        path: Its tar file.
        digest: SHA-256 of that file, in hexadecimal.
        contents: What it has; empty if nothing is ever laid over it.
    """

    path: Path
    digest: str
    contents: Contents


def write(
    directory: Path,
    tree: Path,
    *,
    prefix: str = "",
    below: Contents | None = None,
    leave_out: Sequence[str] = (),
    began: float = 0.0,
    remember: bool = False,
    update: Callable[[str], None] = lambda _: None,
) -> None:
    """Write a layer of a tree's files, to be read back with `read`.

    Args:
        directory: Where the layer's files go.
        tree: The directory that it shows.
        prefix: Where the tree lies in the image, without slashes at its ends.
            Default: at its root.
        below: What the layers below have; what is the same is left out, and what
            is there and not in the tree is hidden.
        leave_out: Patterns of paths, relative to the tree, that stay out.
        began: When the tree began to be made, in seconds since 1970: files made
            later get one fixed time. Default: all of them do.
        remember: Whether other layers will be laid over this one.
        update: Is told how far it is.
    """
    contents: dict[str, str] = {}
    seen: set[str] = set()
    below = below or {}
    with tarfile.open(directory / LAYER, "w", format=tarfile.PAX_FORMAT) as tar:
        parents = [str(p) for p in Path(prefix).parents if p != Path()]
        for parent in [*reversed(parents), prefix] if prefix else []:
            tar.addfile(_directory(parent))
        for count, path in enumerate(_walk(tree, (*_MOMENTARY, *leave_out))):
            name = str(Path(prefix) / path.relative_to(tree))
            seen.add(name)
            if remember:
                contents[name] = _facts(path)
            if name in below and below[name] == _facts(path):
                continue
            _add(tar, path, name, began)
            if count % 1000 == 0:
                update(f"{count} files written")
        for name in _hidden(below, seen):
            whiteout = Path(name).with_name(f".wh.{Path(name).name}")
            tar.addfile(_normal(tarfile.TarInfo(str(whiteout))))
    with (directory / LAYER).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    facts = {"digest": digest, "contents": contents}
    (directory / _FACTS).write_text(json.dumps(facts))


def read(directory: Path) -> Layer:
    """Return the layer that `write` made in a directory."""
    facts = json.loads((directory / _FACTS).read_text())
    return Layer(path=directory / LAYER, **facts)


def _walk(tree: Path, leave_out: Sequence[str]) -> Iterator[Path]:
    """Return the paths under a tree, parents first, in an order that is fixed."""
    for parent, directories, files in os.walk(tree):
        directories.sort()
        for name in sorted([*directories, *files]):
            path = Path(parent, name)
            relative = str(path.relative_to(tree))
            if not any(fnmatch(relative, pattern) for pattern in leave_out):
                yield path


def _add(tar: tarfile.TarFile, path: Path, name: str, began: float) -> None:
    info = tar.gettarinfo(path, name)
    # A socket is left by a program that ran while the tree was made.
    if info is None:
        return
    if info.mtime >= began:
        info.mtime = _EPOCH
    info.mtime = int(info.mtime)
    info.uname = info.gname = ""
    if info.isreg():
        with path.open("rb") as file:
            tar.addfile(info, file)
    else:
        tar.addfile(info)


def _directory(name: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.mode = tarfile.DIRTYPE, 0o755
    return _normal(info)


def _normal(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.mtime = _EPOCH
    return info


def _facts(path: Path) -> str:
    status = path.lstat()
    facts = f"{status.st_mode:o} {status.st_uid}:{status.st_gid}"
    if stat.S_ISLNK(status.st_mode):
        return f"{facts} {path.readlink()}"
    if stat.S_ISREG(status.st_mode):
        with path.open("rb") as file:
            return f"{facts} {hashlib.file_digest(file, 'sha256').hexdigest()}"
    return facts


def _hidden(below: Contents, seen: set[str]) -> Iterator[str]:
    """Return what is to be hidden, without what lies in a hidden directory."""
    gone = below.keys() - seen
    for name in sorted(gone):
        if str(Path(name).parent) not in gone:
            yield name
