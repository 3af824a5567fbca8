"""Batches of CIFAR-10 in an order that a seed decides, a few files in memory."""

# PyTorch lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

import hashlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate

import torch

from jobs.train_cifar10 import batch_file
from jobs.train_cifar10.batch_file import TEST, TRAINING, BadBatch
from jobs.train_cifar10.shards import Shards


class BadData(ValueError):  # noqa: N818 - the name says what is the matter
    """A file is damaged; the message says which."""


@dataclass(frozen=True)
class Images:
    """Images and their classes: images [n, 3, 32, 32] uint8, labels [n] int64."""

    images: torch.Tensor
    labels: torch.Tensor


class Data:
    """The training set of one copy, and its test set.

    All of it is read once, to learn that it is whole and what it is. Then a file of
    the training set is read when its turn comes, the next one while it is used.

    Args:
        shards: The copy.

    Attributes:
        test: The test set.
        digest: Stands for the content of all files.

    Raises:
        BadData: A file is damaged.
        TransferError: The bucket did not give a file.
        OSError: The storage refused.
    """

    def __init__(self, shards: Shards) -> None:
        self._shards = shards
        self._reader = ThreadPoolExecutor(1)
        digest = hashlib.sha256()
        self._counts: list[int] = []
        for name in TRAINING:
            content = shards.read(name)
            digest.update(hashlib.sha256(content).digest())
            self._counts.append(len(_decoded(shards, name, content)))
        content = shards.read(TEST)
        digest.update(hashlib.sha256(content).digest())
        self.test = _images(_decoded(shards, TEST, content))
        self.digest = digest.hexdigest()[:16]

    def __len__(self) -> int:
        """Return how many images there are to train with."""
        return sum(self._counts)

    def batches(
        self, *, seed: int, epoch: int, first: int, size: int, part: range
    ) -> Iterator[Images]:
        """Yield the batches of an epoch: files in a new order, and so their images.

        What is left of an epoch that fills no batch is dropped. Half of the images
        are mirrored.

        Args:
            seed: Decides the order of every epoch.
            epoch: Its number, from 0.
            first: The batch to begin with, from 0; files before it are not read.
            size: Images in a batch.
            part: Which images of each batch are wanted.

        Raises:
            BadData: A file is damaged.
            TransferError: The bucket did not give a file.
            OSError: The storage refused.
        """
        random = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
        order = torch.randperm(len(TRAINING), generator=random).tolist()
        rows = [torch.randperm(self._counts[k], generator=random) for k in order]
        mirrored = torch.rand(len(self), generator=random) < 0.5
        ends = list(accumulate(len(each) for each in rows))
        turns = _Turns(self, [TRAINING[k] for k in order])
        for number in range(first, len(self) // size):
            begin, end = number * size + part.start, number * size + part.stop
            pieces: list[Images] = []
            for turn, stop in enumerate(ends):
                start = stop - len(rows[turn])
                if begin < stop and start < end:
                    chosen = rows[turn][max(begin - start, 0) : end - start]
                    file = turns.take(turn)
                    pieces.append(Images(file.images[chosen], file.labels[chosen]))
            images = torch.cat([piece.images for piece in pieces])
            flip = mirrored[begin:end].view(-1, 1, 1, 1)
            images = torch.where(flip, images.flip(3), images)
            yield Images(images, torch.cat([piece.labels for piece in pieces]))

    def read(self, name: str) -> Images:
        """Return a file's images.

        Raises:
            BadData: It is damaged.
        """
        return _images(_decoded(self._shards, name, self._shards.read(name)))

    def read_ahead(self, name: str) -> "Future[Images]":
        """Begin to read a file."""
        return self._reader.submit(self.read, name)


class _Turns:
    """The files of an epoch in their order: the one in use, and the next."""

    def __init__(self, data: Data, names: list[str]) -> None:
        self._data = data
        self._names = names
        self._files: dict[int, Future[Images]] = {}

    def take(self, turn: int) -> Images:
        """Return a file; those before it are forgotten."""
        self._files = {k: file for k, file in self._files.items() if k >= turn}
        for each in (turn, turn + 1):
            if each < len(self._names) and each not in self._files:
                self._files[each] = self._data.read_ahead(self._names[each])
        return self._files[turn].result()


def _decoded(shards: Shards, name: str, content: bytes) -> batch_file.Batch:
    try:
        return batch_file.decode(content)
    except BadBatch as problem:
        raise BadData(f"{name} of {shards.where} is damaged: {problem}") from problem


def _images(batch: batch_file.Batch) -> Images:
    # Of bytes that cannot be written to, PyTorch would warn.
    images = torch.frombuffer(bytearray(batch.images), dtype=torch.uint8)
    labels = torch.frombuffer(bytearray(batch.labels), dtype=torch.uint8)
    return Images(images.view(-1, 3, 32, 32), labels.long())
