"""Files that are whole or absent, whatever happens while they are written."""

import ctypes
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

# Python has no name for `syncfs`.
_LIBC = ctypes.CDLL(None, use_errno=True)


def write(path: Path, fill: Callable[[BinaryIO], object]) -> None:
    """Write a file so that its name only ever stands for whole content.

    The content goes to a temporary name in the same directory, is flushed to the
    storage and takes its name by a rename; the directory is flushed last, so that
    the name survives a power cut too. A file of that name is replaced.

    Args:
        path: The file; its directory exists.
        fill: Writes the content to the open file that it is given.

    Raises:
        OSError: The storage refused; the file is as it was before.
    """
    temporary = path.with_name(f"{temporary_prefix(path)}{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    flush_directory(path.parent)


def temporary_prefix(path: Path) -> str:
    """Return how the temporary names of a file begin; process ids end them."""
    return f".{path.name}.tmp-"


def flush_directory(directory: Path) -> None:
    """Make the names in a directory durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def flush_file_system(directory: Path) -> None:
    """Make everything durable that was written to a directory's file system.

    One call for any number of files, where flushing each would take a round trip.

    Raises:
        OSError: The storage refused.
    """
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if _LIBC.syncfs(handle) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(directory))
    finally:
        os.close(handle)
