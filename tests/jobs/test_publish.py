"""What the sidecar of checkpoints does with a bucket, which is a list here."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from jobs import rclone
from jobs.buckets import parse
from jobs.checkpoints import CheckpointStore, local, remote
from jobs.checkpoints.publish import Publisher
from jobs.checkpoints.remote import CONTENT, Published, Remote
from jobs.interruption import Interruption
from jobs.manifest import Manifest, to_json
from jobs.rclone import Failure, Moved, TransferError


def manifest_of(step: int) -> Manifest:
    return Manifest(
        source="here",
        files=(),
        about={CONTENT: f"step-{step:08d}.20261122T101500Z-0123abcd"},
    )


def whole(step: int) -> Published:
    return Published(step, manifest_of(step))


@dataclass
class Bucket:
    """What a publisher needs of a `Remote`."""

    found: list[Published] = field(default_factory=list[Published])
    sent: list[str] = field(default_factory=list[str])

    def published(self) -> list[Published]:
        return sorted(self.found, key=lambda each: -each.step)

    def send(self, _: Path, content: str) -> None:
        self.sent.append(content)

    def announce(self, step: int, made: Manifest, *, content: str) -> None:
        self.found.append(Published(step, made))

    def remove(self, published: Published) -> None:
        self.found.remove(published)

    def unlisted(self, _: Sequence[Published], *, older: float) -> list[str]:
        return []


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)
    before = [(number, signal.getsignal(number)) for number in numbers]
    yield
    for number, handler in before:
        signal.signal(number, handler)


def publish(directory: Path, bucket: Bucket, *, keep: int = 1, asked: int = 0) -> bool:
    publisher = Publisher(
        directory=directory,
        remote=cast("Remote", bucket),
        keep=keep,
        max_age=None,
        leftovers=0,
        flush=30,
        every=0.01,
        about={},
        say=print,
    )
    return publisher.run(Interruption(asked))


def save(directory: Path, *steps: int) -> None:
    for step in steps:
        CheckpointStore(directory).save(step, lambda file: file.write(b"1"))


def test_what_cannot_be_read_pushes_out_nothing_whole(tmp_path: Path) -> None:
    """The newest is damaged, so the one before it is what a restart would get."""
    bucket = Bucket([Published(200, None), whole(100), whole(90), Published(80, None)])
    assert publish(tmp_path, bucket, asked=signal.SIGTERM)
    assert [each.step for each in bucket.published()] == [200, 100]


def test_asked_to_stop_right_after_it_was_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not sent once more, in the little time there is."""
    save(tmp_path, 10)
    bucket = Bucket()
    let_go: Callable[[Path], None] = local.let_go

    def asked(directory: Path) -> None:
        if bucket.sent:
            signal.raise_signal(signal.SIGTERM)
        let_go(directory)

    monkeypatch.setattr(local, "let_go", asked)
    assert publish(tmp_path, bucket)
    assert len(bucket.sent) == 1
    assert not (tmp_path / local.SENDING).exists()


def listing(monkeypatch: pytest.MonkeyPatch, answers: list[Failure | None]) -> Remote:
    """A prefix with one checkpoint, whose listing fails so before it succeeds."""

    def run(arguments: Sequence[str], **_: object) -> Moved:
        failure = answers.pop(0)
        if failure is not None:
            raise TransferError(failure, "object not found")
        path = Path(arguments[2], whole(10).name)
        path.write_bytes(to_json(manifest_of(10)))
        return Moved(files=1)

    monkeypatch.setattr(rclone, "run", run)
    return remote.Remote(parse("s3://datasets/run"), print)


def test_what_is_pruned_while_it_is_listed_is_no_missing_bucket(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another pod publishes while this one restores."""
    missing = Failure.MISSING
    assert listing(monkeypatch, [missing, missing, None]).published() == [whole(10)]


@pytest.mark.parametrize("failure", [Failure.MISSING, Failure.DENIED, Failure.OTHER])
def test_a_bucket_that_is_not_there_is_missing(
    monkeypatch: pytest.MonkeyPatch, failure: Failure
) -> None:
    with pytest.raises(TransferError) as caught:
        listing(monkeypatch, [failure] * 3).published()
    assert caught.value.failure == failure
