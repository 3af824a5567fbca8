"""The training itself: its step, and its whole state as one payload."""

# PyTorch lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import torch
from torch import nn

from jobs import states
from jobs.checkpoints import BadCheckpoint
from jobs.states import OtherTraining
from jobs.train_cifar10.data import Data, Images
from jobs.train_cifar10.group import Group
from jobs.train_cifar10.model import build, normalized

_PROGRAM = "jobs.train_cifar10"
_FORMAT = 1
# Images that are evaluated at a time.
_EVALUATED = 500


class BadSettings(ValueError):  # noqa: N818 - the name says what is the matter
    """The settings do not fit the data, or the number of processes."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What decides every number of a training, and so must not change on resume.

    Attributes:
        seed: Seed of weights and order.
        batch: Images in a batch, of all processes together.
        learning_rate: Of AdamW.
    """

    seed: int
    batch: int
    learning_rate: float


class Training:
    """A training in the middle: resumed from a payload, it goes on as if never cut.

    Nothing is random but the order, which seed and step decide. So several processes
    make the same steps as one, but for the rounding of sums.

    Args:
        settings: Decide every number, with the data.
        data: What to train with.
        group: Who trains.
        new_size: Whether to go on where another number of processes has trained.

    Raises:
        BadSettings: A batch has more images than there are, or cannot be shared.
    """

    def __init__(
        self, settings: Settings, data: Data, group: Group, *, new_size: bool = False
    ) -> None:
        if settings.batch > len(data):
            raise BadSettings(f"batch {settings.batch}: there are {len(data)} images")
        if settings.batch % group.size:
            raise BadSettings(
                f"batch {settings.batch} cannot be shared by {group.size} processes: "
                "it counts the images of all of them"
            )
        torch.use_deterministic_algorithms(True)
        torch.manual_seed(settings.seed)
        self.step = 0
        self.model = build()
        self._settings = {**vars(settings), "data": data.digest}
        self._size = settings.batch
        self._data = data
        self._group = group
        self._new_size = new_size
        self._shared = group.shared(self.model)
        self._optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=settings.learning_rate
        )
        share = settings.batch // group.size
        self._part = range(group.rank * share, (group.rank + 1) * share)
        self._batches: Iterator[Images] | None = None

    @property
    def steps_per_epoch(self) -> int:
        """How many batches all images make."""
        return len(self._data) // self._size

    def advance(self) -> None:
        """Make one step.

        Raises:
            BadData: A file is damaged.
            GroupError: Another process is gone.
            TransferError: The bucket did not give a file.
            OSError: The storage refused.
        """
        epoch, number = divmod(self.step, self.steps_per_epoch)
        if self._batches is None or number == 0:
            self._batches = self._data.batches(
                seed=self._settings["seed"],
                epoch=epoch,
                first=number,
                size=self._size,
                part=self._part,
            )
        batch = next(self._batches)
        self._shared.train()
        self._optimizer.zero_grad(set_to_none=True)
        with self._group.together():
            scores = self._shared(normalized(batch.images))
            nn.functional.cross_entropy(scores, batch.labels).backward()
        self._optimizer.step()
        self.step += 1

    @torch.no_grad()
    def evaluate(self) -> tuple[float, float]:
        """Return the loss and the accuracy (0 to 1) on the test set."""
        test = self._data.test
        self.model.eval()
        sums = torch.zeros(2, dtype=torch.float64)
        for begin in range(0, len(test.labels), _EVALUATED):
            if begin // _EVALUATED % self._group.size != self._group.rank:
                continue
            labels = test.labels[begin : begin + _EVALUATED]
            scores = self.model(normalized(test.images[begin : begin + _EVALUATED]))
            sums[0] += nn.functional.cross_entropy(scores, labels, reduction="sum")
            sums[1] += (scores.argmax(dim=1) == labels).sum()
        loss, hits = (self._group.total(sums) / len(test.labels)).tolist()
        return loss, hits

    def save(self, file: BinaryIO) -> None:
        """Write the whole state: all that the next step depends on."""
        state = {
            "program": _PROGRAM,
            "format": f"{_PROGRAM} {_FORMAT}",
            "settings": self._settings,
            "world_size": self._group.size,
            "step": self.step,
            "model": self.model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
        }
        states.write(state, file)

    def restore(self, payload: bytes) -> None:
        """Take up the state that `save` wrote.

        Raises:
            BadCheckpoint: It is none that PyTorch wrote.
            OtherTraining: Another program wrote it, or this one under other settings.
        """
        state = states.read(payload)
        _require_own(state)
        states.require_same(state["settings"], self._settings)
        if state["world_size"] != self._group.size and not self._new_size:
            raise OtherTraining(
                f"the checkpoints were made by {state['world_size']} processes, now "
                f"there are {self._group.size}, which round sums differently: "
                "--new-world-size goes on all the same"
            )
        self.model.load_state_dict(state["model"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]
        self._batches = None


def _require_own(state: dict[str, Any]) -> None:
    if state.get("program") != _PROGRAM:
        raise OtherTraining("the checkpoints were made by another program")
    if state.get("format") != f"{_PROGRAM} {_FORMAT}":
        raise BadCheckpoint("another version of this program wrote it")
