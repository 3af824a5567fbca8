"""Waiting for a directory that another program fills."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs import artifacts, manifest
from jobs.arguments import duration
from jobs.rclone import Failure
from jobs.wait import main

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    directory = tmp_path / "data"
    directory.mkdir()
    (directory / "a").write_text("1")
    made = manifest.of(directory, source="s3://datasets/p/")
    manifest.write(directory / manifest.NAME, made)
    return directory


def start(directory: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "jobs.wait", str(directory), *words]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_what_is_there_is_not_waited_for(
    whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in ((), ("--contents",), ("--timeout", "0")):
        assert main([str(whole), *words]) == 0
        assert capsys.readouterr().out == f"{whole} is whole\n"


def test_one_that_comes_later(tmp_path: Path) -> None:
    directory = tmp_path / "models" / "resnet"
    with start(directory) as process:
        assert process.stdout is not None
        words = process.stdout.readline()
        assert words == f"waiting: {directory}: nothing is there\n"
        artifacts.publish(
            directory, "7", lambda d: (d / "model.pt").write_text("1"), source="train"
        )
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, f"{directory / '7'} is whole\n", "")


def test_nothing_in_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none"), "--timeout", "0"]) == Failure.MISSING
    assert capsys.readouterr().err == f"{tmp_path / 'none'}: nothing is there\n"


def test_files_that_differ(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (whole / "a").write_text("2")
    assert main([str(whole), "--timeout", "0"]) == 0
    assert main([str(whole), "--timeout", "0", "--contents"]) == Failure.DIFFERS
    assert f"{whole}: a has the SHA-256 " in capsys.readouterr().err
    (whole / "a").unlink()
    assert main([str(whole), "--timeout", "0"]) == Failure.DIFFERS
    assert capsys.readouterr().err == f"{whole}: a is missing\n"


def test_a_manifest_that_is_none(
    whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (whole / manifest.NAME).write_text("{")
    assert main([str(whole), "--timeout", "0"]) == Failure.DIFFERS
    assert f"{whole}: {manifest.NAME} is no manifest" in capsys.readouterr().err


def test_it_ends_by_sigterm(tmp_path: Path) -> None:
    with start(tmp_path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 143


def test_help_says_what_it_ends_with(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert "exit codes" in text
    assert max(map(len, text.splitlines())) <= 85


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("30s", 30), ("15m", 900), ("12h", 43_200), ("7d", 604_800)],
)
def test_durations(text: str, seconds: int) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "15", "-1s", "1.5h", "1w", "²s"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is no duration"):
        duration(text)
