"""One program at a time, where the storage has no locks."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from jobs import lease

ROOT = Path(__file__).parents[2]


def held(
    path: Path, say: Callable[[str], None] = print, *, patience: float = 30
) -> AbstractContextManager[Callable[[], None]]:
    return lease.held(path, say=say, waiting="waiting", period=0.05, patience=patience)


@pytest.fixture(autouse=True)
def stops() -> Iterator[list[int]]:
    """The signals that asked this process to stop."""
    found: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: found.append(number))
    yield found
    signal.signal(signal.SIGTERM, before)


def test_it_goes_with_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "owner"
    with held(path) as confirm:
        confirm()
        assert path.exists()
    assert list(tmp_path.iterdir()) == []


def test_many_come_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "owner"
    inside: list[int] = []
    most: list[int] = []
    said: list[str] = []

    def work(number: int) -> None:
        with held(path, said.append) as confirm:
            inside.append(number)
            most.append(len(inside))
            confirm()
            inside.remove(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 16
    assert set(said) <= {"waiting"}
    assert list(tmp_path.iterdir()) == []


def test_an_owner_that_lives_is_waited_for(tmp_path: Path) -> None:
    """It takes far longer than the others' patience."""
    path = tmp_path / "owner"
    order: list[str] = []
    waits = threading.Event()

    def second() -> None:
        with held(path, lambda _: waits.set(), patience=2):
            order.append("second")

    with held(path):
        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(30)
        thread.join(4)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


_KILLED = """
import os, signal, sys
from pathlib import Path
from jobs import lease
with lease.held(Path(sys.argv[1]), say=print, waiting="", period=0.05):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_one_that_was_killed_is_replaced_by_one(tmp_path: Path) -> None:
    path = tmp_path / "owner"
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(path)], cwd=ROOT, check=False
    )
    assert done.returncode == -9
    assert path.exists()
    inside: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        with held(path, patience=1):
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 8
    assert list(tmp_path.iterdir()) == []


def test_one_that_was_taken_over_stops(tmp_path: Path, stops: list[int]) -> None:
    path = tmp_path / "owner"
    told = threading.Event()
    with held(path, lambda _: told.set()) as confirm:
        path.unlink()
        path.write_text("another 0")
        assert told.wait(30)
        with pytest.raises(TimeoutError, match="another program has taken over"):
            confirm()
    assert stops == [signal.SIGTERM]
    # What is the other's is left to it.
    assert path.read_text() == "another 0"


def test_one_that_cannot_be_signed_is_nobodys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full volume, say: the others would wait for an owner that never was."""

    def sign(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(lease, "_sign", sign)
    before = list(Path("/proc/self/fd").iterdir())
    with pytest.raises(OSError, match="No space left"), held(tmp_path / "owner"):
        pass
    assert list(tmp_path.iterdir()) == []
    assert len(list(Path("/proc/self/fd").iterdir())) == len(before)


_WAITS = """
import os, sys
from pathlib import Path
from jobs import lease
from jobs.interruption import end_at_once
end_at_once()
path = Path(sys.argv[1])
with lease.held(path, say=print, waiting="", period=0.05):
    path.unlink()
    path.write_text("another 0")
    os.read(os.pipe()[0], 1)
"""


def test_one_that_was_taken_over_stops_whatever_it_waits_for(tmp_path: Path) -> None:
    """Such as a download that says nothing."""
    command = [sys.executable, "-c", _WAITS, str(tmp_path / "owner")]
    done = subprocess.run(command, cwd=ROOT, check=False, timeout=60)
    assert done.returncode == 143
