"""`jobs.sync` and what it makes of rclone's words, without any server."""

from __future__ import annotations

import json
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.rclone import PERIOD, Failure, Moved, TransferError, run
from jobs.sync import main


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for rclone, which says what is in its file and ends with 1."""
    path = tmp_path / "bin" / "rclone"
    path.parent.mkdir()
    path.write_text(
        '#!/bin/sh\nwhile read -r l; do echo "$l" >&2; done < "$0.says"\nexit 1\n'
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")
    return path


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def says(program: Path, *lines: object) -> None:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    program.with_name("rclone.says").write_text("".join(f"{t}\n" for t in texts))


def error(text: str, name: str | None = None) -> dict[str, str]:
    return {"level": "error", "msg": text} | ({"object": name} if name else {})


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("write /data/a: no space left on device", Failure.FULL),
        ("write /data/a: disk quota exceeded", Failure.FULL),
        ("preallocate: file too big for remaining disk space", Failure.FULL),
        ('corrupted on transfer: md5 hashes differ src "1" dst "2"', Failure.DIFFERS),
        ("googleapi: Error 403: forbidden", Failure.DENIED),
        ("operation error S3: GetObject, StatusCode: 403, Forbidden", Failure.DENIED),
        ("api error AccessDenied: Access Denied", Failure.DENIED),
        ("google: could not find default credentials", Failure.DENIED),
        ("open /data/a: permission denied", Failure.DENIED),
        ("error reading source root directory: directory not found", Failure.MISSING),
        ("api error NoSuchBucket: no such bucket", Failure.MISSING),
        ("dial tcp 10.0.0.1:443: connect: connection refused", Failure.OTHER),
    ],
)
def test_why_it_failed(program: Path, text: str, failure: Failure) -> None:
    says(program, error(text, "a.1a2b3c4d.partial"), error("there were errors"))
    with pytest.raises(TransferError) as caught:
        run(["copy"], environment={}, say=print)
    assert caught.value.failure == failure
    if failure != Failure.OTHER:
        assert str(caught.value).endswith(f": a: {text}")


def test_a_cause_counts_before_what_follows_from_it(program: Path) -> None:
    says(
        program,
        error("directory not found", "b"),
        error("no space left on device", "a"),
    )
    with pytest.raises(TransferError, match="no room for it: a: no space"):
        run(["copy"], environment={}, say=print)


def test_words_that_are_no_json(program: Path) -> None:
    says(program, "Fatal error: unknown flag: --new", "")
    with pytest.raises(TransferError, match="it failed: Fatal error: unknown flag"):
        run(["copy"], environment={}, say=print)
    says(program)
    with pytest.raises(TransferError, match="rclone ended with 1"):
        run(["copy"], environment={}, say=print)


def test_how_far_it_is(program: Path) -> None:
    program.write_text(program.read_text().replace("exit 1", "exit 0"))
    stats = {"transfers": 1, "totalTransfers": 3, "bytes": 1000, "totalBytes": 2000}
    says(
        program,
        {"level": "notice", "stats": stats | {"elapsedTime": PERIOD + 0.1}},
        {"level": "notice", "stats": stats | {"transfers": 3, "elapsedTime": 0.1}},
    )
    said: list[str] = []
    assert run(["copy"], environment={}, say=said.append) == Moved(files=3, size=1000)
    assert said == ["1 of 3 files, 1,000 of 2,000 bytes"]


def test_each_attempt_that_is_not_the_last_is_said(program: Path) -> None:
    program.write_text(program.read_text().replace("exit 1", "exit 0"))
    says(
        program,
        error("Attempt 1/2 failed with 1 errors and: connection refused"),
        error("Attempt 2/2 failed with 1 errors and: connection reset"),
    )
    said: list[str] = []
    run(["copy"], environment={}, say=said.append)
    assert said == ["attempt 1 of 2: connection refused"]


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        ("gs://a1/", "s3://b1/", "one of FROM and TO"),
        ("/data", "/more", "one of FROM and TO"),
        ("gs://", "/data", "neither gs://"),
        ("/data", "azure://a1/", "neither gs://"),
    ],
)
def test_what_is_no_copy(
    source: str, target: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([source, target])
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_where_rclone_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["gs://datasets/", str(tmp_path / "to")]) == Failure.OTHER
    assert capsys.readouterr().err == "rclone is not in this image\n"
    assert list((tmp_path / "to").iterdir()) == []


def test_a_directory_that_cannot_be_made(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    says(program)
    assert main(["gs://datasets/", "/proc/1/none"]) != 0
    (tmp_path / "file").touch()
    assert main(["gs://datasets/", str(tmp_path / "file")]) == Failure.OTHER
    assert "the storage refused: " in capsys.readouterr().err


def test_help_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    for words in ("rclone from", "exit codes", "workload identity", "--may-be-empty"):
        assert words in text
    assert max(map(len, text.splitlines())) <= 80
