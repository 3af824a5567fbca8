"""The file of a checkpoint: its payload, and a trailer that proves it whole.

After the payload come its SHA-256, its length, and eight bytes that say what the
file is. They stand at the end, so a file that was cut off anywhere lacks them.
"""

import hashlib
import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from jobs.manifest import File

_TRAILER: Final = struct.Struct(">32sQ8s")
_MAGIC: Final = b"mlckpt01"
_BLOCK: Final = 1 << 20


class BadCheckpoint(ValueError):  # noqa: N818 - the name says what is the matter
    """A file that is no whole checkpoint; the message says what is wrong with it."""


def write(file: BinaryIO, fill: Callable[[BinaryIO], object]) -> None:
    """Write what `fill` writes, which may only append, and the trailer."""
    payload = _Hashing(file)
    fill(payload)  # type: ignore[arg-type]  # all of it that a writer uses
    file.write(_TRAILER.pack(payload.hash.digest(), payload.length, _MAGIC))


def read(path: Path) -> bytes:
    """Return the payload.

    Raises:
        BadCheckpoint: The file is not whole.
        OSError: It cannot be read.
    """
    content = path.read_bytes()
    payload = memoryview(content)[: -_TRAILER.size]
    _compare(content[-_TRAILER.size :], len(payload), hashlib.sha256(payload).digest())
    return bytes(payload)


def check(path: Path) -> File:
    """Read a file to its end; memory holds a block of it at a time.

    Returns:
        Its size and the SHA-256 of all of it, trailer included.

    Raises:
        BadCheckpoint: The file is not whole.
        OSError: It cannot be read.
    """
    size = path.stat().st_size
    digest = hashlib.sha256()
    with path.open("rb") as file:
        left = length = max(size - _TRAILER.size, 0)
        while left and (block := file.read(min(left, _BLOCK))):
            digest.update(block)
            left -= len(block)
        trailer = file.read()
    _compare(trailer, length - left, digest.digest())
    digest.update(trailer)
    return File(path.name, size, digest.hexdigest())


def _compare(trailer: bytes, length: int, digest: bytes) -> None:
    if len(trailer) != _TRAILER.size or not trailer.endswith(_MAGIC):
        raise BadCheckpoint("it was cut off, or another program wrote it")
    wanted, whole, _ = _TRAILER.unpack(trailer)
    if length != whole:
        raise BadCheckpoint(f"it has {length} of {whole} bytes")
    if digest != wanted:
        raise BadCheckpoint("its content does not match its checksum")


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
