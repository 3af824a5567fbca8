"""Where the files of CIFAR-10 are: in a directory, or in a bucket.

Whoever trains asks for a file by its name and gets its bytes. So both give the same
images in the same order.
"""

# The connector lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from jobs import buckets
from jobs.rclone import Failure, TransferError
from jobs.train_cifar10.batch_file import DIRECTORY, TEST, TRAINING


class Shards(Protocol):
    """The files of one copy of CIFAR-10."""

    @property
    def where(self) -> str:
        """The directory, or the prefix of the bucket."""
        ...

    def read(self, name: str) -> bytes:
        """Return all of a file.

        Raises:
            TransferError: The bucket did not give it.
            OSError: The storage refused.
        """
        ...


def find(source: str) -> Shards:
    """Return the copy at or below a directory, or below a bucket's prefix.

    Raises:
        BadUri: It is a URI, but none of S3.
        TransferError: There is none, or one that lacks files, or several.
        OSError: The storage refused.
    """
    if not buckets.is_uri(source):
        return _in_directory(Path(source))
    bucket = buckets.parse(source)
    if bucket.scheme != "s3":
        raise buckets.BadUri(
            f"{source!r} cannot be streamed: mount that bucket, or copy it first "
            "(jobs.stage)"
        )
    return _in_bucket(source)


@dataclass(frozen=True)
class _Files:
    """Files of a directory: on scratch, on a shared volume, of a mounted bucket."""

    directory: Path

    @property
    def where(self) -> str:
        return str(self.directory)

    def read(self, name: str) -> bytes:
        return (self.directory / name).read_bytes()


@dataclass(frozen=True)
class _Objects:
    """Objects that the S3 connector streams."""

    where: str
    dataset: Any
    numbers: dict[str, int]

    def read(self, name: str) -> bytes:
        from jobs.train_cifar10 import connector  # noqa: PLC0415 - it loads PyTorch

        with connector.asked(f"{self.where}{name}"):
            return self.dataset[self.numbers[name]].read()


def _in_directory(top: Path) -> Shards:
    found = [
        path.parent
        for path in sorted(top.rglob(TRAINING[0]))
        # What is hidden is still arriving.
        if not any(p.startswith(".") for p in path.relative_to(top).parts)
    ]
    _require_one(str(top), [str(path) for path in found])
    names = {path.name for path in found[0].iterdir()}
    _require_all(str(found[0]), names)
    return _Files(found[0])


def _in_bucket(uri: str) -> Shards:
    from s3torchconnector import S3MapDataset  # noqa: PLC0415 - it loads PyTorch

    from jobs.train_cifar10 import connector  # noqa: PLC0415

    with connector.asked(uri):
        dataset = S3MapDataset.from_prefix(uri, **connector.settings())
        # Nothing is read of an object before it is asked to be.
        keys = [dataset[number].key for number in range(len(dataset))]
    bucket = buckets.parse(uri).name
    numbers: dict[str, dict[str, int]] = {}
    for number, key in enumerate(keys):
        prefix, _, name = key.rpartition("/")
        where = f"s3://{bucket}/{prefix}/" if prefix else f"s3://{bucket}/"
        numbers.setdefault(where, {})[name] = number
    found = [where for where, names in numbers.items() if TRAINING[0] in names]
    _require_one(uri, found)
    _require_all(found[0], set(numbers[found[0]]))
    return _Objects(found[0], dataset, numbers[found[0]])


def _require_one(where: str, found: list[str]) -> None:
    if not found:
        raise TransferError(
            Failure.MISSING,
            f"no {TRAINING[0]} at or below {where}: it is in {DIRECTORY}/ of "
            "cifar-10-python.tar.gz, unpacked",
        )
    if len(found) > 1:
        several = ", ".join(found)
        raise TransferError(Failure.OTHER, f"{several} are several copies: name one")


def _require_all(where: str, names: set[str]) -> None:
    missing = [name for name in (*TRAINING, TEST) if name not in names]
    if missing:
        raise TransferError(Failure.MISSING, f"{where} lacks {', '.join(missing)}")
