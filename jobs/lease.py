"""One program at a time, on storage without locks: a file that its owner keeps alive.

The file is made exclusively, which storage without locks still does. Its owner writes
to it every `PERIOD`; who waits takes it over when it has seen no change for
`PATIENCE` by its own clock, so clocks of several nodes need not agree.

What that is worth: an owner that is killed is replaced after `PATIENCE`, not at once.
There is one owner at a time as long as its writes reach the storage within
`PATIENCE`. One that was held up for longer finds its file gone at its next write and
stops as if by SIGTERM; until then both may write. So what is made visible is made so
after `confirm`, and what both write has to be the same.
"""

import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

PERIOD: Final = 10.0
"""Seconds between two signs of life."""

PATIENCE: Final = 60.0
"""Seconds without one, after which the owner is taken for dead."""


@contextmanager
def held(
    path: Path,
    *,
    say: Callable[[str], None],
    waiting: str,
    period: float = PERIOD,
    patience: float = PATIENCE,
) -> Iterator[Callable[[], None]]:
    """Own a file, and wait for it as long as another program does.

    Args:
        path: The file; its directory exists.
        say: Gets a sentence when something has to be waited for, or is lost.
        waiting: What is said when another program is waited for.
        period: Seconds between two signs of life.
        patience: Seconds without one, after which the file is taken over.

    Yields:
        What raises `TimeoutError` if another program has taken over.

    Raises:
        OSError: The storage refused.
    """
    name = uuid.uuid4().hex
    handle = _own(path, name, lambda: say(waiting), period, patience)
    ended = threading.Event()
    main = threading.main_thread().ident or 0

    def confirm() -> None:
        if _owner(path) != name:
            raise TimeoutError(f"another program has taken over: {path} is not ours")

    def live() -> None:
        count = 0
        while not ended.wait(period):
            count += 1
            try:
                _sign(handle, name, count)
                confirm()
            except OSError as problem:
                say(str(problem))
                # A real one: it also ends what the program waits for in the kernel.
                signal.pthread_kill(main, signal.SIGTERM)
                return

    alive = threading.Thread(target=live, daemon=True)
    alive.start()
    try:
        yield confirm
    finally:
        ended.set()
        alive.join()
        if _owner(path) == name:
            path.unlink(missing_ok=True)
        os.close(handle)


def _own(
    path: Path, name: str, wait: Callable[[], None], period: float, patience: float
) -> int:
    """Make the file, when nobody else has it any more; its descriptor."""
    seen, since, told = b"", time.monotonic(), False
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            pass
        else:
            try:
                _sign(handle, name, 0)
            except OSError:
                os.close(handle)
                path.unlink(missing_ok=True)
                raise
            return handle
        if not told:
            wait()
            told = True
        # To open it asks the server: what is known of a file here may be old.
        with suppress(FileNotFoundError):
            found = path.read_bytes()
            if found != seen:
                seen, since = found, time.monotonic()
            elif time.monotonic() - since > patience:
                _remove(path, name, seen)
                continue
        time.sleep(min(1.0, period / 4))


def _remove(path: Path, name: str, dead: bytes) -> None:
    """Remove what a dead owner left; what another has made meanwhile comes back."""
    aside = path.with_name(f"{path.name}-{name}")
    with suppress(FileNotFoundError):
        # One of all that wait moves it: the others find it gone.
        path.rename(aside)
        if aside.read_bytes() != dead:
            with suppress(OSError):
                path.hardlink_to(aside)
        aside.unlink()


def _sign(handle: int, name: str, count: int) -> None:
    os.pwrite(handle, f"{name} {count:012d}".encode(), 0)
    os.fsync(handle)


def _owner(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace").partition(" ")[0]
    except FileNotFoundError:
        return None
