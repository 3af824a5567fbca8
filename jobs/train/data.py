"""A classification task made from a seed: noisy clusters, not linearly separable."""

# PyTorch lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

import os
from dataclasses import dataclass
from pathlib import Path

import torch

FEATURES = 16
CLASSES = 8
SAMPLES = 4096
HELD_OUT = 1024

_CLUSTERS_PER_CLASS = 3
_NOISE = 0.9


@dataclass(frozen=True)
class Dataset:
    """Samples and their classes: features [n, FEATURES] float32, labels [n] int64."""

    features: torch.Tensor
    labels: torch.Tensor


def load(seed: int, scratch: Path | None) -> tuple[Dataset, Dataset]:
    """Return the training set and the held-out set of a seed.

    Args:
        seed: Decides every number of both.
        scratch: A directory to keep them in, from where they are memory-mapped, as
            a set larger than memory would be. Default: they stay in memory.

    Raises:
        OSError: The scratch directory cannot be written.
    """
    total = SAMPLES + HELD_OUT
    if scratch is None:
        features, labels = _generate(seed, total)
    else:
        features, labels = _mapped(seed, total, scratch)
    return (
        Dataset(features[:SAMPLES], labels[:SAMPLES]),
        Dataset(features[SAMPLES:], labels[SAMPLES:]),
    )


def _generate(seed: int, total: int) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    centers = torch.randn(CLASSES * _CLUSTERS_PER_CLASS, FEATURES, generator=random)
    clusters = torch.randint(len(centers), (total,), generator=random)
    noise = torch.randn(total, FEATURES, generator=random) * _NOISE
    return centers[clusters] + noise, clusters % CLASSES


def _mapped(seed: int, total: int, scratch: Path) -> tuple[torch.Tensor, torch.Tensor]:
    scratch.mkdir(parents=True, exist_ok=True)
    name = f"clusters-{seed}-{total}x{FEATURES}"
    files = (scratch / f"{name}.features", scratch / f"{name}.labels")
    sizes = (total * FEATURES * 4, total * 8)
    if any(
        not f.is_file() or f.stat().st_size != s
        for f, s in zip(files, sizes, strict=True)
    ):
        for file, tensor in zip(files, _generate(seed, total), strict=True):
            # Renamed into place: another program on this scratch may read it.
            temporary = file.with_name(f".{file.name}.tmp-{os.getpid()}")
            temporary.write_bytes(tensor.numpy().tobytes())
            temporary.replace(file)
    features = torch.from_file(
        str(files[0]), shared=False, size=total * FEATURES, dtype=torch.float32
    )
    labels = torch.from_file(str(files[1]), shared=False, size=total, dtype=torch.int64)
    return features.view(total, FEATURES), labels


class Batches:
    """Endless batches in an order that a seed decides and a checkpoint holds.

    Each pass over the set is a new permutation; what is left of it that fills no
    batch is dropped.

    Args:
        data: The set.
        size: Samples in a batch.
        seed: Decides the order.
    """

    def __init__(self, data: Dataset, *, size: int, seed: int) -> None:
        self._data = data
        self._size = size
        self._random = torch.Generator().manual_seed(seed + 1)
        self._order = torch.empty(0, dtype=torch.int64)
        self._position = 0

    def next(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the features and labels of the next batch."""
        if self._position + self._size > len(self._order):
            count = len(self._data.labels)
            self._order = torch.randperm(count, generator=self._random)
            self._position = 0
        chosen = self._order[self._position : self._position + self._size]
        self._position += self._size
        return self._data.features[chosen], self._data.labels[chosen]

    def state_dict(self) -> dict[str, object]:
        """Return what is needed to go on with the next batch."""
        return {
            "random": self._random.get_state(),
            "order": self._order,
            "position": self._position,
        }

    def load_state_dict(self, state: dict) -> None:
        """Go on where `state_dict` was called."""
        self._random.set_state(state["random"])
        self._order = state["order"]
        self._position = state["position"]
