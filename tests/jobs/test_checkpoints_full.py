"""A full disk is waited out where checkpoints are published, and loses none."""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from jobs.checkpoints import CheckpointStore, local


class Disk:
    """A disk with room for so many checkpoints, and one that is being written."""

    def __init__(self, directory: Path, room: int) -> None:
        self.directory = directory
        self.room = room
        self.looks = 0
        self.at_look: dict[int, Callable[[], object]] = {}

    def fill(self, payload: bytes) -> Callable[[BinaryIO], object]:
        def write(file: BinaryIO) -> None:
            file.write(payload)
            if len(names(self.directory)) > self.room:
                raise OSError(errno.ENOSPC, "No space left on device")

        return write

    def asked(self) -> bool:
        """Whether to stop: what else happens meanwhile, happens here."""
        self.looks += 1
        self.at_look.pop(self.looks, lambda: None)()
        return False


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.glob("step-*"))


def made(disk: Disk, **options: float) -> tuple[CheckpointStore, list[str]]:
    said: list[str] = []
    store = CheckpointStore(
        disk.directory, keep=9, say=said.append, pause=0, stop=disk.asked, **options
    )
    return store, said


def save(store: CheckpointStore, disk: Disk, *steps: int) -> None:
    for step in steps:
        store.save(step, disk.fill(b"%d" % step))


def test_what_is_published_and_superseded_makes_room(tmp_path: Path) -> None:
    disk = Disk(tmp_path, room=2)
    store, said = made(disk)
    local.tell_published(tmp_path, 30)
    save(store, disk, 10, 20, 30, 40)
    assert names(tmp_path) == ["step-00000020", "step-00000030", "step-00000040"]
    save(store, disk, 50)
    assert names(tmp_path) == ["step-00000030", "step-00000040", "step-00000050"]
    assert said == []


def test_what_is_not_published_is_waited_for(tmp_path: Path) -> None:
    disk = Disk(tmp_path, room=1)
    store, said = made(disk)
    local.tell_published(tmp_path, -1)
    save(store, disk, 10, 20)
    disk.at_look = {3: lambda: local.tell_published(tmp_path, 20)}
    save(store, disk, 30)
    assert disk.looks == 3
    assert names(tmp_path) == ["step-00000020", "step-00000030"]
    assert said == ["the disk is full: step 30 waits until there is room"]


def test_the_newest_stays_though_it_is_published(tmp_path: Path) -> None:
    disk = Disk(tmp_path, room=0)
    store, said = made(disk)
    local.tell_published(tmp_path, -1)
    save(store, disk, 10)
    local.tell_published(tmp_path, 10)
    with pytest.raises(OSError, match="no room for it beside what has to stay"):
        save(store, disk, 20)
    assert names(tmp_path) == ["step-00000010"]
    assert said == []


def test_what_is_being_sent_may_make_room(tmp_path: Path) -> None:
    """It has second names, so removing the first ones frees nothing yet."""
    disk = Disk(tmp_path, room=0)
    store, _ = made(disk)
    save(store, disk, 10)
    local.tell_published(tmp_path, 10)
    (newest,) = local.found(tmp_path)
    local.hold(newest, "sent")

    def finish() -> None:
        local.let_go(tmp_path)
        disk.room = 1

    disk.at_look = {1: lambda: None, 2: finish}
    save(store, disk, 20)
    assert disk.looks == 2


def test_patience_ends(tmp_path: Path) -> None:
    disk = Disk(tmp_path, room=1)
    store, _ = made(disk, patience=0)
    local.tell_published(tmp_path, -1)
    save(store, disk, 10, 20)
    with pytest.raises(OSError, match="nothing was published for 0 s") as raised:
        save(store, disk, 30)
    assert raised.value.errno == errno.ENOSPC
    assert names(tmp_path) == ["step-00000010", "step-00000020"]


def test_who_is_asked_to_stop_waits_no_longer(tmp_path: Path) -> None:
    disk = Disk(tmp_path, room=1)
    store = CheckpointStore(tmp_path, stop=lambda: True)
    local.tell_published(tmp_path, -1)
    save(store, disk, 10, 20)
    with pytest.raises(OSError, match="asked to stop"):
        save(store, disk, 30)
    assert names(tmp_path) == ["step-00000010", "step-00000020"]


def test_where_nobody_publishes_nothing_is_removed(tmp_path: Path) -> None:
    disk = Disk(tmp_path, room=1)
    store, said = made(disk)
    save(store, disk, 10, 20)
    with pytest.raises(OSError, match=r"^.Errno 28. No space left on device$"):
        save(store, disk, 30)
    assert names(tmp_path) == ["step-00000010", "step-00000020"]
    assert said == []
