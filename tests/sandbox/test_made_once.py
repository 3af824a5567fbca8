"""A directory is whole or not there, whoever dies while it is made."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.made_once import made_once
from sandbox.progress import Update

MAKER = """
import sys, time
from pathlib import Path
from sandbox.made_once import made_once

def make(directory, update):
    (directory / "part").touch()
    Path(sys.argv[2], "begun").touch()
    with Path(sys.argv[2], "count").open("a") as count:
        count.write("x")
    time.sleep(float(sys.argv[3]))
    (directory / "rest").touch()

made_once(Path(sys.argv[1]), make, label="it")
"""


def maker(tmp_path: Path, seconds: float) -> subprocess.Popen[bytes]:
    arguments = [str(tmp_path / "made/it-1.0"), str(tmp_path), str(seconds)]
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", MAKER, *arguments],
        env={**os.environ, "PYTHONPATH": str(root)},
        stderr=subprocess.DEVNULL,
    )


def test_of_two_processes_one_makes_it(tmp_path: Path) -> None:
    both = [maker(tmp_path, 0.5), maker(tmp_path, 0.5)]
    assert [process.wait(timeout=30) for process in both] == [0, 0]
    assert (tmp_path / "count").read_text() == "x"
    made = sorted(file.name for file in (tmp_path / "made/it-1.0").iterdir())
    assert made == ["part", "rest"]


def test_a_kill_leaves_nothing_that_is_taken_for_it(tmp_path: Path) -> None:
    with maker(tmp_path, 1000) as process:
        while not (tmp_path / "begun").exists():
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "made/it-1.0").exists()
    assert maker(tmp_path, 0).wait(timeout=30) == 0
    names = sorted(path.name for path in (tmp_path / "made").iterdir())
    assert names == ["it-1.0", "it-1.0.lock"]


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    def fail(directory: Path, update: Update) -> None:
        (directory / "part").touch()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        made_once(tmp_path / "it", fail, label="it")
    assert [path.name for path in tmp_path.iterdir()] == ["it.lock"]
