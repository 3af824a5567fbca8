"""Where the checkpoints of a training are: in a directory, or in a bucket."""

# The connector lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

from jobs import buckets, history, rclone
from jobs.checkpoints import BadCheckpoint, CheckpointStore, payload
from jobs.rclone import TransferError

T = TypeVar("T")

_HISTORY = "history.jsonl"
_NAME = re.compile(r"step-(\d{8,})")


class Place(Protocol):
    """The checkpoints of one training, with one writer."""

    def save(self, step: int, fill: Callable[[BinaryIO], object]) -> str:
        """Publish a checkpoint, remove those no longer kept; return its name.

        Raises:
            TransferError: The bucket did not take it.
            OSError: The storage refused.
        """
        ...

    def newest(self, load: Callable[[bytes], T]) -> tuple[str, T] | None:
        """Return the newest that is whole and loads: its name and its content.

        Raises:
            TransferError: The bucket did not give it.
            OSError: The storage refused.
        """
        ...

    def log(self, entry: dict[str, object]) -> None:
        """Add a line to the history of the training.

        Raises:
            TransferError: The bucket did not take it.
            OSError: The storage refused.
        """
        ...


def place(
    text: str, *, keep: int, say: Callable[[str], None], stop: Callable[[], bool]
) -> Place:
    """Return the place that a path or a URI stands for.

    Args:
        text: A directory, or `s3://bucket/prefix/`.
        keep: How many of the newest to keep, 1 or more.
        say: Called with a sentence for each checkpoint that is skipped.
        stop: Whether a full disk, which may get room again, is waited for no longer.

    Raises:
        BadUri: It is a URI, but none of S3.
        OSError: The storage refused.
    """
    if not buckets.is_uri(text):
        return _Directory(CheckpointStore(Path(text), keep=keep, say=say, stop=stop))
    bucket = buckets.parse(text)
    if bucket.scheme != "s3":
        raise buckets.BadUri(
            f"{text!r}: checkpoints go to s3://bucket/prefix/, or to a directory, from "
            "where `jobs.checkpoints publish` takes them to any bucket"
        )
    prefix = f"{bucket.key.strip('/')}/" if bucket.key.strip("/") else ""
    return _Bucket(bucket.name, prefix, keep=keep, say=say)


class _Directory:
    """Checkpoints in a directory."""

    def __init__(self, store: CheckpointStore) -> None:
        self._store = store

    def save(self, step: int, fill: Callable[[BinaryIO], object]) -> str:
        return str(self._store.save(step, fill).path)

    def newest(self, load: Callable[[bytes], T]) -> tuple[str, T] | None:
        found = self._store.newest(load)
        return found and (str(found[0].path), found[1])

    def log(self, entry: dict[str, object]) -> None:
        history.append(self._store.directory / _HISTORY, entry)


class _Bucket:
    """Checkpoints in a bucket of S3, as `S3Checkpoint` writes and reads them.

    An object is visible when all of it is uploaded, and it carries its checksum. So
    there is no half of a checkpoint, and a damaged one is known.
    """

    def __init__(
        self, name: str, prefix: str, *, keep: int, say: Callable[[str], None]
    ) -> None:
        from s3torchconnector import S3Checkpoint  # noqa: PLC0415 - it loads PyTorch

        from jobs.train_cifar10 import connector  # noqa: PLC0415

        self._connector = connector
        self._objects = S3Checkpoint(**connector.settings())
        self._bucket = name
        self._prefix = prefix
        self._uri = f"s3://{name}/{prefix}"
        self._keep = keep
        self._say = say
        self._skipped: set[int] = set()

    def save(self, step: int, fill: Callable[[BinaryIO], object]) -> str:
        uri = self._of(step)
        with self._connector.asked(uri), self._objects.writer(uri) as file:
            payload.write(file, fill)
        self._skipped.discard(step)
        self._prune(step)
        return uri

    def newest(self, load: Callable[[bytes], T]) -> tuple[str, T] | None:
        for step in sorted(self._steps(), reverse=True):
            uri = self._of(step)
            try:
                return uri, load(self._payload(uri))
            except BadCheckpoint as problem:
                self._skipped.add(step)
                self._say(f"skipped {uri}: {problem}")
        return None

    def log(self, entry: dict[str, object]) -> None:
        # Objects cannot grow: the whole of it is written again, by its one writer.
        uri = f"{self._uri}{_HISTORY}"
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, _HISTORY)
            if _HISTORY in self._names():
                path.write_bytes(self._read(uri))
            history.append(path, entry)
            with self._connector.asked(uri), self._objects.writer(uri) as file:
                file.write(path.read_bytes())

    def _of(self, step: int) -> str:
        return f"{self._uri}step-{step:08d}"

    def _read(self, uri: str) -> bytes:
        with self._connector.asked(uri):
            return self._objects.reader(uri).read()

    def _payload(self, uri: str) -> bytes:
        with tempfile.NamedTemporaryFile() as file:
            file.write(self._read(uri))
            file.flush()
            return payload.read(Path(file.name))

    def _names(self) -> set[str]:
        """What lies directly below the prefix."""
        from s3torchconnector import S3IterableDataset  # noqa: PLC0415 - as above

        with self._connector.asked(self._uri):
            listed = S3IterableDataset.from_prefix(
                self._uri, **self._connector.settings()
            )
            return {reader.key.removeprefix(self._prefix) for reader in listed}

    def _steps(self) -> list[int]:
        found = map(_NAME.fullmatch, self._names())
        return [int(name[1]) for name in found if name]

    def _prune(self, step: int) -> None:
        """Remove what is older than the checkpoints to keep.

        The connector removes nothing itself. That rclone may not is no failure: a
        bucket's lifecycle can do it as well.
        """
        steps = [s for s in self._steps() if s <= step and s not in self._skipped]
        for old in sorted(steps)[: -self._keep]:
            uri = self._of(old)
            found = buckets.parse(uri)
            try:
                rclone.run(
                    ["deletefile", found.path, "--retries", "1"],
                    environment=found.environment(os.environ),
                    say=self._say,
                )
            except (TransferError, OSError) as problem:
                self._say(f"{uri} is not removed: {problem}")
                return
