"""Files that arrive in a directory from elsewhere."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from pathlib import Path

import pytest

from jobs import atomic, staging
from jobs.staging import staged

FILES = {"a": "1", "sub/b": "2", "sub/deep/c": "3"}


def fill(directory: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)


def found(directory: Path) -> dict[str, str]:
    paths = (path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.read_text() for path in paths}


def test_files_get_their_places_and_nothing_else_is_left(tmp_path: Path) -> None:
    target = tmp_path / "new"
    fill(target, {"sub/b": "old", "mine": "kept"})
    with staged(target, "one", say=print) as arriving:
        fill(arriving.files, FILES)
        assert found(target)["sub/b"] == "old"
        arriving.publish()
    assert found(target) == FILES | {"mine": "kept"}
    assert not (target / staging.NAME).exists()


def test_what_is_left_of_a_failure_is_kept_for_the_next(tmp_path: Path) -> None:
    def fail() -> None:
        with staged(tmp_path, "one", say=print) as arriving:
            fill(arriving.files, FILES | {"half.0a1b2c3d.partial": "4"})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with staged(tmp_path, "one", say=print) as arriving:
        assert found(arriving.files) == FILES
        arriving.publish()
    assert found(tmp_path) == FILES


def test_what_is_left_of_another_source_goes(tmp_path: Path) -> None:
    for source in ("one", "two"):
        with staged(tmp_path, source, say=print) as arriving:
            assert found(arriving.files) == {}
            fill(arriving.files, {source: "1"})
    assert sum("two" in name for name in found(tmp_path)) == 1
    assert not any("one" in name for name in found(tmp_path))


def test_what_is_cleared_leaves_nothing(tmp_path: Path) -> None:
    with staged(tmp_path, "one", say=print) as arriving:
        fill(arriving.files, FILES)
        arriving.clear()
    assert list(tmp_path.iterdir()) == []


def test_names_are_as_durable_as_what_they_stand_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[bool] = []

    def flush(_: Path) -> None:
        flushed.append((tmp_path / "sub" / "b").exists())

    monkeypatch.setattr(atomic, "flush_file_system", flush)
    with staged(tmp_path, "one", say=print) as arriving:
        fill(arriving.files, FILES)
        arriving.publish()
    assert flushed == [False, True]


def test_a_file_does_not_replace_a_directory(tmp_path: Path) -> None:
    fill(tmp_path, {"a/b": "mine"})
    with staged(tmp_path, "one", say=print) as arriving:
        fill(arriving.files, {"a": "1"})
        with pytest.raises(IsADirectoryError):
            arriving.publish()
    assert (tmp_path / "a" / "b").read_text() == "mine"


def test_many_at_once_come_one_after_the_other(tmp_path: Path) -> None:
    """The directory of the lock goes with each of them, and the lock still holds."""
    inside: list[int] = []
    most: list[int] = []
    said: list[str] = []

    def sync(number: int) -> None:
        with staged(tmp_path, "one", say=said.append) as arriving:
            inside.append(number)
            most.append(len(inside))
            fill(arriving.files, {"a": str(number)})
            arriving.publish()
            inside.remove(number)

    threads = [threading.Thread(target=sync, args=(n,)) for n in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 32
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]
    assert set(said) <= {f"another program fills {tmp_path}: waiting for it"}


def test_storage_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(_: int, __: int) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", flock)
    with staged(tmp_path, "one", say=print) as arriving:
        fill(arriving.files, FILES)
        arriving.publish()
    assert found(tmp_path) == FILES


def test_a_file_system_that_cannot_be_flushed_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    atomic.flush_file_system(tmp_path)

    class Broken:
        def syncfs(self, _: int) -> int:
            return -1

    monkeypatch.setattr(atomic, "_LIBC", Broken())
    with pytest.raises(OSError, match=str(tmp_path)):
        atomic.flush_file_system(tmp_path)
