"""What every program does with arguments that are wrong, and when it is interrupted."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAMS = (
    "stage",
    "wait",
    "sync",
    "serve",
    "checkpoints",
    "checkpoints restore",
    "checkpoints publish",
    "train_cifar10",
    "train_cifar10.synthetic",
    "finetune_tpu",
    "finetune_tpu.tiny",
)


def _start(root: Path, words: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", *f"jobs.{words}".split()],
        cwd=root,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "80", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _run(root: Path, words: str, **environment: str) -> tuple[int, str, str]:
    with _start(root, words, **environment) as process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_fits_a_terminal_and_says_no_words_of_python(
    root: Path, program: str
) -> None:
    code, out, _ = _run(root, f"{program} --help")
    assert code == 0
    assert [line for line in out.splitlines() if len(line) > 80] == []
    assert not any(word in out for word in ("None", "False", "[]"))


@pytest.mark.parametrize("program", PROGRAMS)
def test_without_arguments_it_says_what_is_missing(root: Path, program: str) -> None:
    code, _, err = _run(root, program)
    assert code == 2
    assert "the following arguments are required" in err.splitlines()[-1]


@pytest.mark.parametrize(
    "words",
    [
        "stage s3://data/a/ s3://data/b/",
        "wait s3://data/a/",
        "checkpoints restore s3://data/a/ s3://data/b/",
        "checkpoints publish s3://data/a/ s3://data/b/",
        "serve --model s3://data/model/",
        "serve --model here --loads gs://data/loads/",
        "train_cifar10 --data a --checkpoints b --export s3://data/model/",
        "finetune_tpu --base s3://data/base/ --data a --checkpoints b",
        "finetune_tpu --base a --data b --checkpoints gs://data/c/",
        "finetune_tpu.tiny --output s3://data/tiny/",
    ],
)
def test_a_uri_in_the_place_of_a_directory(root: Path, words: str) -> None:
    code, _, err = _run(root, words)
    assert code == 2
    assert err.splitlines()[-1].endswith("is no directory")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("stage s3://data/a/ here --pause nan", "'nan' is no number of seconds"),
        ("sync s3://data/a/ here --pause -1", "'-1' is no number of seconds"),
        ("checkpoints publish here s3://a-b/ --every inf", "is no number of seconds"),
        ("checkpoints publish here s3://a-b/ --bandwidth fast", "is no bandwidth"),
        ("serve --model here --drain -1", "'-1' is no number of seconds"),
        ("train_cifar10 --data a --checkpoints b --learning-rate nan", "above 0"),
        ("finetune_tpu --base a --data b --checkpoints c --alpha 0", "above 0"),
        ("train --checkpoints a --learning-rate -1", "'-1' is no number above 0"),
    ],
)
def test_a_number_that_is_none(root: Path, words: str, why: str) -> None:
    code, _, err = _run(root, words)
    assert code == 2
    assert why in err.splitlines()[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_waits_ends_at_once(root: Path, tmp_path: Path, number: int) -> None:
    with _start(root, f"wait {tmp_path}/nothing") as process:
        assert process.stdout is not None
        assert "nothing is there" in process.stdout.readline()
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert err == ""


def test_a_file_is_not_waited_for(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    code, _, err = _run(root, f"wait {file}")
    assert code == 1
    assert "Not a directory" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "words",
    [
        "stage s3://data/a/ {0}/to",
        "sync s3://data/a/ {0}/to",
        "checkpoints restore s3://data/a/ {0}/to",
        "train_cifar10.synthetic --images 5 --output s3://data/a/",
    ],
)
def test_who_talks_to_a_bucket_ends_at_once(
    root: Path, tmp_path: Path, words: str, number: int
) -> None:
    """The rclone of this test never answers."""
    begun = tmp_path / "begun"
    rclone = tmp_path / "rclone"
    rclone.write_text(f"#!/bin/sh\ntouch {begun}\nexec sleep 60\n")
    rclone.chmod(0o755)
    path = f"{tmp_path}:/usr/bin:/bin"
    with _start(root, words.format(tmp_path), PATH=path) as process:
        while not begun.exists() and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert err == ""
    assert [p for p in tmp_path.glob("to/*") if not p.name.startswith(".")] == []


def test_checkpoints_are_not_restored_into_a_file(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    code, out, err = _run(root, f"checkpoints restore s3://data/a/ {file}")
    assert (code, out) == (1, "")
    assert err == f"the storage refused: [Errno 17] File exists: '{file}'\n"
