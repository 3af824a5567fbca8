"""A model of `jobs.train_cifar10` that answers what images show."""

# PyTorch lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from jobs.checkpoints import BadCheckpoint
from jobs.rclone import Failure
from jobs.serve.errors import ServingError
from jobs.train_cifar10 import export
from jobs.train_cifar10.batch_file import PIXELS
from jobs.train_cifar10.model import normalized

Classify = Callable[[Sequence[bytes]], list[list[float]]]
"""Images of 3072 bytes each to the probabilities of `CLASSES` for each of them."""


def load(directory: Path, *, threads: int) -> Classify:
    """Return the model of a directory, ready to answer several threads at once.

    Args:
        directory: Where `jobs.train_cifar10` exported it.
        threads: Threads that PyTorch uses for one request.

    Raises:
        ServingError: The file is damaged, or holds another network.
        OSError: The storage refused.
    """
    torch.set_num_threads(threads)
    classify = _answers(_model(directory))
    # The first answer is slow: it is no client's.
    classify([bytes(PIXELS)])
    return classify


def _model(directory: Path) -> torch.nn.Module:
    try:
        return export.load(directory)
    except BadCheckpoint as problem:
        raise ServingError(
            Failure.DIFFERS, f"the model in {directory} is damaged: {problem}"
        ) from problem
    except (RuntimeError, TypeError) as problem:
        # PyTorch lists every layer, a line each.
        why = " ".join(str(problem).split())[:200]
        raise ServingError(
            Failure.OTHER, f"the model in {directory} is another network: {why}"
        ) from problem


def _answers(model: torch.nn.Module) -> Classify:
    def classify(images: Sequence[bytes]) -> list[list[float]]:
        pixels = torch.frombuffer(bytearray(b"".join(images)), dtype=torch.uint8)
        with torch.inference_mode():
            scores = model(normalized(pixels.view(-1, 3, 32, 32)))
            return torch.softmax(scores, dim=1).tolist()

    return classify
