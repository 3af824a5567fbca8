"""Checkpoints in a directory: each whole or absent, the newest whole one found.

A checkpoint is one file, `step-00000200`: its payload, then the SHA-256 of the
payload, its length, and eight bytes that say what the file is. They stand at the
end, so a file that was cut off anywhere lacks them.
"""

import hashlib
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

from jobs import atomic

T = TypeVar("T")

_NAME = re.compile(r"step-(\d{8,})")
_TEMPORARY = re.compile(r"\.step-\d{8,}\.tmp-\d+")
_TRAILER = struct.Struct(">32sQ8s")
_MAGIC = b"mlckpt01"


class BadCheckpoint(ValueError):  # noqa: N818 - the name says what is the matter
    """A file that is no whole checkpoint; the message says what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A whole checkpoint: where it lies and the step it was taken after."""

    path: Path
    step: int


class CheckpointStore:
    """The checkpoints of one training in one directory, with one writer.

    Args:
        directory: Where they lie; made if it is not there.
        keep: How many of the newest to keep, 1 or more. Default: 3.
        say: Called with a sentence for each file that is skipped. Default: print.

    Raises:
        ValueError: `keep` is less than 1.
        OSError: The directory cannot be made.
    """

    def __init__(
        self, directory: Path, *, keep: int = 3, say: Callable[[str], None] = print
    ) -> None:
        if keep < 1:
            raise ValueError(f"keep = {keep}: at least one checkpoint has to be kept")
        self.directory = directory
        self.keep = keep
        self._say = say
        self._skipped: set[Path] = set()
        directory.mkdir(parents=True, exist_ok=True)

    def path(self, step: int) -> Path:
        """Return the file of the checkpoint that is taken after a step."""
        return self.directory / f"step-{step:08d}"

    def save(self, step: int, fill: Callable[[BinaryIO], object]) -> Checkpoint:
        """Publish a checkpoint, then remove those that are no longer kept.

        Args:
            step: The number of steps it stands for, 0 or more.
            fill: Writes the payload to the open file; it may only append.

        Raises:
            OSError: The storage refused; every older checkpoint is still there.
        """
        path = self.path(step)

        def write(file: BinaryIO) -> None:
            payload = _Hashing(file)
            fill(payload)  # type: ignore[arg-type]  # all of it that a writer uses
            digest = payload.hash.digest()
            file.write(_TRAILER.pack(digest, payload.length, _MAGIC))

        atomic.write(path, write)
        self._skipped.discard(path)
        self._prune(step)
        return Checkpoint(path=path, step=step)

    def newest(self, load: Callable[[bytes], T]) -> tuple[Checkpoint, T] | None:
        """Return the newest checkpoint that is whole and loads, with its content.

        Args:
            load: Makes the content of the payload; raises `BadCheckpoint` for a
                payload that it does not know, which is then skipped too.

        Returns:
            Nothing if there is no such checkpoint.

        Raises:
            OSError: A file is there and cannot be read. Going on from an older one
                would lose work that the storage may still give back.
        """
        for step, path in sorted(self._named(tell=True), reverse=True):
            try:
                return Checkpoint(path=path, step=step), load(_payload(path))
            except BadCheckpoint as problem:
                self._skip(path, str(problem))
        return None

    def _named(self, *, tell: bool) -> Iterator[tuple[int, Path]]:
        for path in self.directory.glob("step-*"):
            name = _NAME.fullmatch(path.name)
            if name and path.name == self.path(int(name[1])).name and path.is_file():
                yield int(name[1]), path
            elif tell:
                self._skip(path, "it is not a file that this program writes")

    def _skip(self, path: Path, why: str) -> None:
        self._skipped.add(path)
        self._say(f"skipped {path}: {why}")

    def _prune(self, step: int) -> None:
        """Remove what is older than the checkpoints to keep, and what kills left.

        Files that were skipped are neither counted nor removed: they are not ours
        to judge, and must not push out whole ones.
        """
        whole = sorted(
            (number, path)
            for number, path in self._named(tell=False)
            if number <= step and path not in self._skipped
        )
        for _, path in whole[: -self.keep]:
            path.unlink(missing_ok=True)
        for path in self.directory.glob(".step-*"):
            if _TEMPORARY.fullmatch(path.name):
                path.unlink(missing_ok=True)


class _Hashing:
    """A file that keeps the digest and the length of what is written to it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.hash = hashlib.sha256()
        self.length = 0

    def write(self, data: bytes | memoryview) -> int:
        """Write it all, as buffered files do."""
        self.hash.update(data)
        self._file.write(data)
        size = memoryview(data).nbytes
        self.length += size
        return size

    def flush(self) -> None:
        """Flush the file beneath."""
        self._file.flush()


def _payload(path: Path) -> bytes:
    content = path.read_bytes()
    if len(content) < _TRAILER.size or not content.endswith(_MAGIC):
        raise BadCheckpoint("it was cut off, or another program wrote it")
    payload = content[: -_TRAILER.size]
    digest, length, _ = _TRAILER.unpack(content[-_TRAILER.size :])
    if length != len(payload):
        raise BadCheckpoint(f"it has {len(payload)} of {length} bytes")
    if hashlib.sha256(payload).digest() != digest:
        raise BadCheckpoint("its content does not match its checksum")
    return payload
