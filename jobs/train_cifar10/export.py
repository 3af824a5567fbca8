"""The trained network as an artifact that others mount and load."""

# PyTorch lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

from torch import nn

from jobs import artifacts, atomic, states
from jobs.train_cifar10.model import build

NAME: Final = "model.pt"


def export(
    model: nn.Module,
    directory: Path,
    *,
    version: str,
    source: str,
    about: Mapping[str, str] | None = None,
) -> Path:
    """Publish the weights as a version, which does not change any more.

    Returns:
        The directory of the version.

    Raises:
        OtherArtifact: The version is there, with other weights.
        OSError: The storage refused.
    """
    weights = {name: value.contiguous() for name, value in model.state_dict().items()}

    def fill(inside: Path) -> None:
        atomic.write(inside / NAME, partial(states.write, weights))

    return artifacts.publish(directory, version, fill, source=source, about=about)


def load(directory: Path) -> nn.Module:
    """Return the network of one version, ready to answer.

    Raises:
        OSError: There is no such file, or it cannot be read.
        RuntimeError: Its weights are another network's.
        BadCheckpoint: It holds no weights.
    """
    model = build()
    model.load_state_dict(states.read((directory / NAME).read_bytes()))
    return model.eval()
