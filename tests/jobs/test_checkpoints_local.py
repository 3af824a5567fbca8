"""What a directory of checkpoints holds, and what keeps it while it is sent."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from jobs import manifest
from jobs.checkpoints import BadCheckpoint, CheckpointStore, local


def save(directory: Path, step: int, payload: bytes = b"weights") -> Path:
    return CheckpointStore(directory).save(step, lambda f: f.write(payload)).path


def test_files_and_directories_are_found_by_step(tmp_path: Path) -> None:
    assert local.found(tmp_path / "none") == []
    save(tmp_path, 30)
    for name in ("200", "step-00000100", "7.orbax-checkpoint-tmp-1", "best", "007"):
        (tmp_path / name).mkdir()
    for name in ("9", "step-0000001", "step-000000001", ".step-00000009.tmp-1"):
        (tmp_path / name).write_bytes(b"")
    found = [(each.step, each.path.name) for each in local.found(tmp_path)]
    assert found == [(30, "step-00000030"), (100, "step-00000100"), (200, "200")]


def test_a_torn_file_is_not_the_newest_whole_one(tmp_path: Path) -> None:
    save(tmp_path, 10)
    os.truncate(save(tmp_path, 20), 20)
    said: list[str] = []
    newest = local.newest_whole(tmp_path, said.append)
    assert newest is not None
    assert newest.step == 10
    assert len(said) == 1
    assert "step-00000020 is no whole checkpoint: " in said[0]


@pytest.mark.parametrize("step", [-1, 0, 200])
def test_what_is_published_is_told(tmp_path: Path, step: int) -> None:
    assert local.published(tmp_path) is None
    local.tell_published(tmp_path, step)
    assert local.published(tmp_path) == step


def test_what_is_held_outlives_its_name(tmp_path: Path) -> None:
    path = save(tmp_path, 10, b"1" * 3_000_000)
    (tmp_path / "20" / "a").mkdir(parents=True)
    (tmp_path / "20" / "a" / "b").write_bytes(b"2")
    first, second = local.found(tmp_path)
    content = path.read_bytes()
    held = [local.hold(first, "one"), local.hold(second, "two")]
    path.unlink()
    shutil.rmtree(tmp_path / "20")
    assert (held[0] / "step-00000010").read_bytes() == content
    assert (held[1] / "20" / "a" / "b").read_bytes() == b"2"
    for place in held:
        made = local.manifest_of(place, source="here", about={"model": "resnet"})
        assert made == manifest.of(place, source="here", about={"model": "resnet"})
    local.let_go(tmp_path)
    assert not (tmp_path / local.SENDING).exists()


def test_what_was_removed_before_is_not_held(tmp_path: Path) -> None:
    path = save(tmp_path, 10)
    (found,) = local.found(tmp_path)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        local.hold(found, "one")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.ENOENT])
def test_what_is_refused_in_the_middle_has_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A disk that is full is waited out, and what is removed is superseded."""
    (tmp_path / "20" / "a").mkdir(parents=True)
    (tmp_path / "20" / "a" / "b").write_bytes(b"2")
    (found,) = local.found(tmp_path)

    def link(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(OSError, match=os.strerror(number)) as caught:
        local.hold(found, "one")
    assert caught.value.errno == number


def test_what_is_torn_or_empty_has_no_manifest(tmp_path: Path) -> None:
    os.truncate(save(tmp_path, 10), 20)
    (tmp_path / "20").mkdir()
    for each in local.found(tmp_path):
        held = local.hold(each, str(each.step))
        with pytest.raises(BadCheckpoint):
            local.manifest_of(held, source="here", about={})
