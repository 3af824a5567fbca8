"""Directories that are expensive to make: made once, whole or not at all."""

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from sandbox.progress import Update, step


def made_once(
    target: Path, make: Callable[[Path, Update], None], *, label: str
) -> Path:
    """Return a directory, calling `make` to fill it if it is not there.

    It is filled under another name and renamed, so that one that is there is
    whole; of two processes that want it, one makes it and the other waits.

    Args:
        target: The directory; its name says what decides its content.
        make: Fills the empty directory it is given; may tell how far it is.
        label: The step as progress shows it, e.g. "Building Kubernetes 1.35.0".
    """
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with step(label) as update, _locked(target, update):
        if target.is_dir():
            return target
        # Only the holder of the lock writes here: these are of killed processes.
        for stale in target.parent.glob(f".{target.name}.*"):
            shutil.rmtree(stale)
        made = Path(mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        try:
            make(made, update)
            made.chmod(0o755)
            made.rename(target)
        finally:
            if made.exists():
                shutil.rmtree(made)
    return target


@contextmanager
def _locked(target: Path, update: Update) -> Iterator[None]:
    """Hold the lock of one target; it goes with the process, even a killed one."""
    with (target.parent / f"{target.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            update("another process is at it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
