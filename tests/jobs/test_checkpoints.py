"""A checkpoint is whole or absent, and the newest whole one is found."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.checkpoints import BadCheckpoint, CheckpointStore

CHECKOUT = Path(__file__).resolve().parents[2]


def make(directory: Path, keep: int = 3) -> tuple[CheckpointStore, list[str]]:
    said: list[str] = []
    return CheckpointStore(directory, keep=keep, say=said.append), said


def save(store: CheckpointStore, step: int, payload: bytes = b"weights") -> Path:
    return store.save(step, lambda file: file.write(payload)).path


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_none_in_a_new_directory(tmp_path: Path) -> None:
    store, said = make(tmp_path / "deep" / "er")
    assert store.newest(bytes) is None
    assert not said


def test_the_newest_is_found_by_number_not_by_name(tmp_path: Path) -> None:
    store, said = make(tmp_path, keep=9)
    for step in (99_999_999, 100_000_000, 5):
        save(store, step, str(step).encode())
    found = store.newest(bytes)
    assert found is not None
    assert (found[0].step, found[1]) == (100_000_000, b"100000000")
    assert not said


def test_the_same_step_is_replaced(tmp_path: Path) -> None:
    store, _ = make(tmp_path)
    save(store, 7, b"old")
    save(store, 7, b"new")
    found = store.newest(bytes)
    assert found is not None
    assert found[1] == b"new"
    assert names(tmp_path) == ["step-00000007"]


@pytest.mark.parametrize("keep", [1, 2, 3])
def test_the_last_are_kept(tmp_path: Path, keep: int) -> None:
    store, _ = make(tmp_path, keep)
    for step in range(10, 60, 10):
        save(store, step)
    assert names(tmp_path) == [f"step-{s:08d}" for s in range(10, 60, 10)][-keep:]


def test_none_kept_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one"):
        CheckpointStore(tmp_path, keep=0)


@settings(max_examples=60, deadline=None)
@given(payload=st.binary(max_size=300), data=st.data())
def test_a_file_cut_off_anywhere_is_skipped(
    payload: bytes, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        store, said = make(Path(directory))
        save(store, 1, b"whole")
        torn = save(store, 2, payload)
        length = data.draw(st.integers(0, torn.stat().st_size - 1))
        os.truncate(torn, length)
        found = store.newest(bytes)
        assert found is not None
        assert found[1] == b"whole"
        assert [s for s in said if torn.name in s] == said
        assert len(said) == 1


@settings(max_examples=60, deadline=None)
@given(payload=st.binary(max_size=300), data=st.data())
def test_a_flipped_bit_is_noticed(payload: bytes, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as directory:
        store, said = make(Path(directory))
        path = save(store, 2, payload)
        content = bytearray(path.read_bytes())
        bit = data.draw(st.integers(0, len(content) * 8 - 1))
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        assert store.newest(bytes) is None
        assert len(said) == 1


def test_foreign_files_are_skipped_and_left(tmp_path: Path) -> None:
    store, said = make(tmp_path, keep=1)
    save(store, 10, b"ours")
    (tmp_path / "step-00000900").write_bytes(b"PK\x03\x04 of another program")
    (tmp_path / "step-00000800").mkdir()
    (tmp_path / "step-best.pt").write_bytes(b"x")
    (tmp_path / "step-000000000700").write_bytes(b"another way to write a number")
    (tmp_path / "notes.txt").write_text("mine")
    found = store.newest(bytes)
    assert found is not None
    assert found[1] == b"ours"
    assert len(said) == 4
    save(store, 20)
    assert names(tmp_path) == [
        "notes.txt",
        "step-000000000700",
        "step-00000020",
        "step-00000800",
        "step-00000900",
        "step-best.pt",
    ]


def test_torn_files_do_not_push_whole_ones_out(tmp_path: Path) -> None:
    store, _ = make(tmp_path, keep=2)
    for step in (10, 20, 30):
        save(store, step)
    os.truncate(tmp_path / "step-00000030", 3)
    found = store.newest(bytes)
    assert found is not None
    assert found[0].step == 20
    save(store, 35)
    assert {"step-00000020", "step-00000035"} <= set(names(tmp_path))


def test_what_does_not_load_is_skipped(tmp_path: Path) -> None:
    store, said = make(tmp_path)
    save(store, 1, b"good")
    save(store, 2, b"bad")

    def load(payload: bytes) -> bytes:
        if payload == b"bad":
            raise BadCheckpoint("another version wrote it")
        return payload

    found = store.newest(load)
    assert found is not None
    assert found[1] == b"good"
    assert "another version wrote it" in said[0]


def test_a_failed_save_leaves_what_was_there(tmp_path: Path) -> None:
    store, _ = make(tmp_path)
    save(store, 1, b"good")

    def fill(file: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        store.save(1, fill)
    found = store.newest(bytes)
    assert found is not None
    assert found[1] == b"good"
    assert names(tmp_path) == ["step-00000001"]


KILLED = """
import os, signal, sys
from pathlib import Path
from jobs.checkpoints import CheckpointStore

store = CheckpointStore(Path(sys.argv[1]))
store.save(1, lambda file: file.write(b"first"))
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
moment = sys.argv[2]
if moment == "flush":
    os.fsync = die
elif moment == "rename":
    Path.replace = die
fill = lambda file: (file.write(b"second" * 99), moment == "write" and die())
store.save(2, fill)
"""


@pytest.mark.parametrize("moment", ["write", "flush", "rename"])
def test_killed_before_it_has_its_name(tmp_path: Path, moment: str) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path), moment]
    done = subprocess.run(command, cwd=CHECKOUT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(names(tmp_path)) == 2, "what was begun lies beside the first"

    store, said = make(tmp_path)
    found = store.newest(bytes)
    assert found is not None
    assert found[1] == b"first"
    assert not said
    save(store, 3)
    assert names(tmp_path) == ["step-00000001", "step-00000003"]
