"""A directory that gets files from elsewhere: each is there whole, or not at all."""

import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jobs import atomic, lease

NAME: Final = ".sync"
"""The hidden directory beside the files; it goes when all of them are in place."""

LOCK: Final = ".sync.lock"
"""The file that is locked while the directory is filled."""

OWNER: Final = f"{LOCK}.owner"
"""The file that stands for the lock where the storage has no locks."""

PARTIAL: Final = f"*.{'[0-9a-f]' * 8}.partial"
"""How rclone names what it is writing."""

# Lustre mounted without `flock`, FUSE file systems, NFS without its lock service.
_NO_LOCKS = (errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK)


@dataclass(frozen=True)
class Staging:
    """Where files arrive.

    Attributes:
        files: The directory to fill. What a killed program left is still there.
        lock: The descriptor of the lock. A child that keeps it open keeps others
            away for as long as it writes.
        confirm: Raises `TimeoutError` if another program has taken over.
    """

    directory: Path
    files: Path
    lock: int
    confirm: Callable[[], None]

    def publish(self) -> None:
        """Give every file its place; a file of the same name is replaced.

        All of them are on the storage before the first is moved, so that a power
        cut leaves no name without its content; and so are the names at the end.

        Raises:
            OSError: The storage refused; each file is where it was, or in place.
            TimeoutError: Another program has taken over.
        """
        self.confirm()
        atomic.flush_file_system(self.files)
        for path in sorted(self.files.rglob("*")):
            target = self.directory / path.relative_to(self.files)
            if not path.is_dir():
                target.parent.mkdir(parents=True, exist_ok=True)
                path.replace(target)
        atomic.flush_file_system(self.directory)

    def clear(self) -> None:
        """Remove what has arrived, so that others have the room."""
        shutil.rmtree(self.files, ignore_errors=True)


@contextmanager
def staged(
    directory: Path,
    source: str,
    *,
    say: Callable[[str], None],
    keep_partial: bool = False,
) -> Iterator[Staging]:
    """Make a directory ready to get the files of `source`, one program at a time.

    What arrived of another source is removed. What arrived of this one and has no
    place yet is kept, for the next program to go on with.

    The lock is one of the kernel, which goes with its holder. Where the storage has
    none, `jobs.lease` stands for it, and says what it is worth.

    Args:
        directory: The destination, made if it is missing.
        source: What the files come from.
        say: Gets a sentence when there is another program to wait for.
        keep_partial: Whether halves of files are kept too. Default: removed.

    Raises:
        OSError: The storage refused.
    """
    directory.mkdir(parents=True, exist_ok=True)
    hidden = directory / NAME
    with _locked(directory, say) as (lock, confirm):
        hidden.mkdir(exist_ok=True)
        files = hidden / hashlib.sha256(source.encode()).hexdigest()[:16]
        for path in hidden.iterdir():
            if path != files:
                shutil.rmtree(path)
        files.mkdir(exist_ok=True)
        if not keep_partial:
            for half in files.rglob(PARTIAL):
                half.unlink()
        try:
            yield Staging(directory, files, lock, confirm)
        finally:
            if all(path.is_dir() for path in files.rglob("*")):
                shutil.rmtree(hidden)


@contextmanager
def _locked(
    directory: Path, say: Callable[[str], None]
) -> Iterator[tuple[int, Callable[[], None]]]:
    """Hold a lock, and what confirms that it is held."""
    path = directory / LOCK
    waiting = f"another program fills {directory}: waiting for it"
    told = False
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            taken = _take(lock, wait=told)
            if taken is None:
                with lease.held(directory / OWNER, say=say, waiting=waiting) as confirm:
                    try:
                        yield lock, confirm
                    finally:
                        path.unlink(missing_ok=True)
                return
            if not taken:
                say(waiting)
                told = True
            elif _is_still(path, lock):
                try:
                    yield lock, lambda: None
                finally:
                    # While it is held: whoever waits for it sees that it is gone.
                    path.unlink(missing_ok=True)
                return
        finally:
            os.close(lock)


def _take(lock: int, *, wait: bool) -> bool | None:
    """Whether the lock is taken; None: the storage has no locks."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as problem:
        if problem.errno not in _NO_LOCKS:
            raise
        return None
    return True


def _is_still(path: Path, lock: int) -> bool:
    """Whether the file that is locked is the one that others would lock."""
    try:
        return os.path.samestat(path.stat(), os.fstat(lock))
    except FileNotFoundError:
        return False
