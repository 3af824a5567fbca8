"""The network: three convolutions, 66,000 weights."""

# PyTorch lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

import torch
from torch import nn

from jobs.train_cifar10.batch_file import CLASSES


def build() -> nn.Module:
    """Return the network with new weights: [n, 3, 32, 32] float32 in, [n, 10] out.

    Groups are normalized rather than batches: several processes that share a batch
    then compute what one of them would.
    """
    return nn.Sequential(
        *_halved(3, 32),
        *_halved(32, 64),
        *_halved(64, 64),
        nn.Flatten(),
        nn.Linear(64 * 4 * 4, len(CLASSES)),
    )


def normalized(images: torch.Tensor) -> torch.Tensor:
    """Return images of uint8 as the network takes them: float32 around 0."""
    return (images.float() - 127.5) / 64.0


def _halved(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    return (
        nn.Conv2d(inputs, outputs, kernel_size=3, padding=1),
        nn.GroupNorm(8, outputs),
        nn.ReLU(),
        nn.MaxPool2d(2),
    )
