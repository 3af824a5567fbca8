"""The words of `jobs.stage`, without any server."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.fetch.errors import FetchError
from jobs.rclone import Failure, TransferError
from jobs.stage import objects
from jobs.stage.__main__ import main
from jobs.stage.dataset import Arrival, Request, told
from jobs.staging import staged
from tests.jobs.test_fetch import tar_of


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("/data", "to"), "'/data' is neither gs://bucket/prefix/ nor s3://"),
        (("gs://", "to"), "neither gs://"),
        (("https://example.com/", "to"), "nor https://server/file"),
        (("s3://datasets/p/", "to", "--sha256", "0" * 63), "is no SHA-256"),
        (("s3://datasets/p/", "to", "--wait", "15"), "is no duration"),
        (("s3://datasets/p/", "to", "--large", "0"), "no whole number from 1"),
    ],
)
def test_words_that_are_wrong(
    words: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("source", "program"),
    [("s3://datasets/p/", "rclone"), ("https://example.com/a", "curl")],
)
def test_where_the_programs_are_not_there(
    source: str,
    program: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    assert main([source, str(tmp_path / "to")]) == Failure.OTHER
    assert capsys.readouterr().err == f"{program} is not in this image\n"
    assert not (tmp_path / "to" / ".manifest.json").exists()


def test_a_directory_that_cannot_be_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["s3://datasets/p/", str(tmp_path / "file")]) == Failure.OTHER
    assert "the storage refused: " in capsys.readouterr().err


def test_help_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    for words in (
        "rclone from",
        "exit codes",
        ".manifest.json",
        "taken over",
        "--wait",
    ):
        assert words in text
    assert max(map(len, text.splitlines())) <= 85


@pytest.mark.parametrize("name", [".sync/a", ".sync.lock", ".sync.lock.owner"])
def test_names_of_our_own_in_an_archive_are_refused(tmp_path: Path, name: str) -> None:
    """They would take the place of the lock, or never get theirs."""
    request = Request(source="s3://datasets/a.tar")
    with staged(tmp_path, "one", say=print) as arriving:
        arrival = Arrival(request, arriving, print)
        arrival.download.mkdir()
        (arrival.download / "a.tar").write_bytes(tar_of({"b": b"1", name: b"2"}))
        with pytest.raises(FetchError, match=r"\.sync"):
            arrival.check()
        assert not arrival.is_whole
    assert not any(path.name[0] != "." for path in tmp_path.iterdir())


@pytest.mark.parametrize("fraction", ["", ".5", ".123456789", ".000000001"])
@pytest.mark.parametrize("zone", ["Z", "+02:00"])
def test_times_are_exact_to_the_nanosecond(fraction: str, zone: str) -> None:
    found = objects._nanoseconds(f"2026-11-22T16:35:32{fraction}{zone}")
    hour = 16 if zone == "Z" else 14
    whole = int(datetime(2026, 11, 22, hour, 35, 32, tzinfo=UTC).timestamp())
    assert found == whole * 10**9 + round(float(f"0{fraction or '.0'}") * 10**9)


def test_what_is_no_time() -> None:
    with pytest.raises(TransferError, match="is no time"):
        objects._nanoseconds("yesterday")


def test_a_boot_that_is_not_told_is_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert objects.this_boot() == objects.this_boot()
    monkeypatch.setattr(objects, "_BOOT", tmp_path / "none")
    assert objects.this_boot() != objects.this_boot()


def test_what_takes_long_says_that_it_goes_on() -> None:
    said: list[str] = []
    thrice = threading.Event()

    def say(words: str) -> None:
        said.append(words)
        if len(said) > 3:
            thrice.set()

    with told("unpacking", say, period=0.01):
        assert thrice.wait(30)
    count = len(said)
    assert said[0] == "unpacking"
    assert said[1] == "unpacking: 0 s so far"
    with told("reading", said.append):
        pass
    assert said[count:] == ["reading"]
