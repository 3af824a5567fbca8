"""Versions in one shared directory: whole or absent, whoever is killed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs import artifacts, manifest
from jobs.artifacts import OtherArtifact, newest, publish

ROOT = Path(__file__).parents[2]


def file_of(text: str) -> Callable[[Path], object]:
    return lambda directory: (directory / "model.pt").write_text(text)


def test_a_version_appears_whole(tmp_path: Path) -> None:
    directory = tmp_path / "models" / "resnet"
    assert newest(directory) is None

    def fill(hidden: Path) -> None:
        assert newest(directory) is None
        assert hidden.parent == directory
        (hidden / "sub").mkdir()
        (hidden / "sub" / "a").write_text("1")

    made = publish(directory, "7", fill, source="train", about={"step": "200"})
    assert made == directory / "7"
    assert newest(directory) == made
    there = manifest.read(made / manifest.NAME)
    assert (there.source, there.about) == ("train", {"step": "200"})
    assert list(manifest.differences(made, there, contents=True)) == []
    assert [path.name for path in directory.iterdir()] == ["7"]


def test_the_newest_is_the_last_published(tmp_path: Path) -> None:
    for version in ("10", "9", "a"):
        made = publish(tmp_path, version, file_of(version), source="train")
        assert newest(tmp_path) == made
    assert newest(tmp_path / "9") == tmp_path / "9"


def test_a_clock_that_was_ahead_does_not_hide_what_follows(tmp_path: Path) -> None:
    publish(tmp_path, "1", file_of("1"), source="train")
    late = (tmp_path / "1" / manifest.NAME).stat().st_mtime_ns + 3600 * 10**9
    os.utime(tmp_path / "1" / manifest.NAME, ns=(late, late))
    for version in ("2", "3"):
        assert newest(tmp_path) != tmp_path / version
        publish(tmp_path, version, file_of(version), source="train")
        assert newest(tmp_path) == tmp_path / version


def test_the_same_again_is_kept(tmp_path: Path) -> None:
    publish(tmp_path, "1", file_of("1"), source="train")
    before = (tmp_path / "1").stat()
    publish(tmp_path, "2", file_of("2"), source="train")
    assert publish(tmp_path, "1", file_of("1"), source="again") == tmp_path / "1"
    assert (tmp_path / "1").stat() == before
    assert newest(tmp_path) == tmp_path / "2"


def test_another_content_is_refused(tmp_path: Path) -> None:
    publish(tmp_path, "1", file_of("1"), source="train")
    with pytest.raises(OtherArtifact, match="with another content, from train"):
        publish(tmp_path, "1", file_of("2"), source="train")
    assert (tmp_path / "1" / "model.pt").read_text() == "1"
    assert [path.name for path in tmp_path.iterdir()] == ["1"]


@pytest.mark.parametrize("text", [None, "{}"])
def test_what_others_put_there_is_no_version(tmp_path: Path, text: str | None) -> None:
    (tmp_path / "1").mkdir()
    if text is not None:
        (tmp_path / "1" / manifest.NAME).write_text(text)
    (tmp_path / "notes.txt").touch()
    assert newest(tmp_path) is None
    with pytest.raises(OtherArtifact, match="is no version"):
        publish(tmp_path, "1", file_of("1"), source="train")
    assert not (tmp_path / "1" / "model.pt").exists()


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    def fail(hidden: Path) -> None:
        (hidden / "model.pt").write_text("half")
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        publish(tmp_path, "1", fail, source="train")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", ".", "..", ".1", "a/b", "../1"])
def test_names_that_lead_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="is no name of a version"):
        publish(tmp_path, name, file_of("1"), source="train")
    assert list(tmp_path.iterdir()) == []


_KILLED = """
import os, signal, sys
from pathlib import Path
from jobs import artifacts, atomic, manifest

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def fill(directory):
    (directory / "model.pt").write_text("1")
    if sys.argv[2] == "fill":
        die()

if sys.argv[2] in ("write", "flush_file_system"):
    setattr({"write": manifest}.get(sys.argv[2], atomic), sys.argv[2], die)
elif sys.argv[2] == "rename":
    Path.rename = die
artifacts.publish(Path(sys.argv[1]), "1", fill, source="train")
"""


@pytest.mark.parametrize("when", ["fill", "write", "flush_file_system", "rename"])
def test_killed_at_any_step_nothing_is_visible(tmp_path: Path, when: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(tmp_path), when], cwd=ROOT, check=False
    )
    assert done.returncode == -9
    assert newest(tmp_path) is None
    assert [path.name for path in tmp_path.iterdir()] == [".publishing"]
    made = publish(tmp_path, "2", file_of("2"), source="train")
    assert [path.name for path in tmp_path.iterdir()] == ["2"]
    assert newest(tmp_path) == made


def test_readers_never_see_half(tmp_path: Path) -> None:
    """They read all the while; the writer replaces nothing under them."""
    ended = threading.Event()
    wrong: list[str] = []
    seen: set[str] = set()

    def read() -> None:
        while True:
            last = ended.is_set()
            found = artifacts.newest(tmp_path)
            if found is not None:
                seen.add(found.name)
                there = manifest.read(found / manifest.NAME)
                wrong.extend(manifest.differences(found, there, contents=True))
                if not there.files:
                    wrong.append("it has no files")
            if last:
                return

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(30):
        publish(tmp_path, str(number), file_of("x" * 10_000), source="train")
    ended.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert "29" in seen
