"""The training itself: its model, its step, and its whole state as one payload."""

# PyTorch lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import torch
from torch import nn

from jobs import states
from jobs.checkpoints import BadCheckpoint
from jobs.train.data import CLASSES, FEATURES, Batches, load

_FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What decides every number of a training, and so must not change on resume.

    Attributes:
        seed: Seed of data, weights, order and dropout.
        batch: Samples in a batch.
        hidden: Width of the hidden layers.
        learning_rate: Of AdamW.
    """

    seed: int
    batch: int
    hidden: int
    learning_rate: float


class Training:
    """A training in the middle: resumed from a payload, it goes on as if never cut.

    Args:
        settings: Decide every number.
        scratch: Where to keep the data. Default: in memory.
    """

    def __init__(self, settings: Settings, *, scratch: Path | None = None) -> None:
        torch.use_deterministic_algorithms(True)
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.step = 0
        self._data, self._held_out = load(settings.seed, scratch)
        self._batches = Batches(self._data, size=settings.batch, seed=settings.seed)
        self.model = nn.Sequential(
            nn.Linear(FEATURES, settings.hidden),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Linear(settings.hidden, settings.hidden),
            nn.ReLU(),
            nn.Linear(settings.hidden, CLASSES),
        )
        self._optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=settings.learning_rate
        )

    def advance(self) -> None:
        """Make one step."""
        features, labels = self._batches.next()
        self.model.train()
        self._optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(self.model(features), labels).backward()
        self._optimizer.step()
        self.step += 1

    @torch.no_grad()
    def evaluate(self) -> tuple[float, float]:
        """Return the loss and the accuracy (0 to 1) on the held-out set."""
        self.model.eval()
        scores = self.model(self._held_out.features)
        loss = nn.functional.cross_entropy(scores, self._held_out.labels)
        hits = (scores.argmax(dim=1) == self._held_out.labels).float().mean()
        return loss.item(), hits.item()

    def save(self, file: BinaryIO) -> None:
        """Write the whole state: all that the next step depends on."""
        state = {
            "format": _FORMAT,
            "settings": vars(self.settings),
            "step": self.step,
            "model": self.model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "batches": self._batches.state_dict(),
            "random": torch.get_rng_state(),
        }
        states.write(state, file)

    def restore(self, payload: bytes) -> None:
        """Take up the state that `save` wrote.

        Raises:
            BadCheckpoint: It is none that this program wrote.
            OtherTraining: It was saved under other settings.
        """
        state = states.read(payload)
        if state.get("format") != _FORMAT:
            raise BadCheckpoint("another program or version wrote it")
        states.require_same(state["settings"], vars(self.settings))
        self.model.load_state_dict(state["model"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._batches.load_state_dict(state["batches"])
        torch.set_rng_state(state["random"])
        self.step = state["step"]
