"""The state of a training in PyTorch, as the payload of a checkpoint."""

# PyTorch lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

import io
import pickle
from collections.abc import Mapping
from typing import Any, BinaryIO

import torch

from jobs.checkpoints import BadCheckpoint


class OtherTraining(ValueError):  # noqa: N818 - the name says what is the matter
    """A checkpoint belongs to a training with other settings."""


def write(state: Mapping[str, Any], file: BinaryIO) -> None:
    """Write a state of tensors and plain values.

    Raises:
        OSError: The storage refused.
    """
    # In memory first: PyTorch's writer hides why a storage refuses.
    buffer = io.BytesIO()
    torch.save(dict(state), buffer)
    file.write(buffer.getbuffer())


def read(payload: bytes) -> dict[str, Any]:
    """Return the state that `write` wrote.

    Raises:
        BadCheckpoint: It is none.
    """
    try:
        # weights_only: a checkpoint is data, and must not run code.
        state = torch.load(io.BytesIO(payload), weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, ValueError) as problem:
        raise BadCheckpoint("PyTorch cannot read it") from problem
    if not isinstance(state, dict):
        raise BadCheckpoint("another program or version wrote it")
    return state


def require_same(old: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Compare the settings of a checkpoint with those of this training.

    Raises:
        OtherTraining: They differ; the message says in what.
    """
    differ = ", ".join(
        f"{name.replace('_', '-')} {value} (now {now.get(name)})"
        for name, value in old.items()
        if value != now.get(name)
    )
    if differ or set(now) - set(old):
        raise OtherTraining(f"the checkpoints were made with {differ or 'less'}")
