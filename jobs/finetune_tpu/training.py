"""The finetuning itself: its step, over all devices, and its whole state."""

# JAX lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import jax
import numpy as np
import optax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from jobs.finetune_tpu import model
from jobs.finetune_tpu.base import Base
from jobs.finetune_tpu.data import Dataset
from jobs.finetune_tpu.lora import Lora


class OtherTraining(ValueError):  # noqa: N818 - the name says what is the matter
    """A checkpoint belongs to another finetuning."""


class OtherDevices(ValueError):  # noqa: N818 - the name says what is the matter
    """The number of devices is not what it was, or does not divide a batch."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What decides every number, and so must not change on resume.

    Attributes:
        seed: Of the additions and of the order.
        batch: Sequences in a batch, over all devices.
        length: Tokens that are learned from in each.
        learning_rate: Of AdamW, without decay.
        lora: What is trained.
    """

    seed: int
    batch: int
    length: int
    learning_rate: float
    lora: Lora


class Training:
    """A finetuning in the middle: resumed from its state, it goes on as never cut.

    The base model and the additions are on every device, and each computes its
    share of a batch; so a base model has to fit into the memory of one.

    Args:
        settings: Decide every number.
        base: The model to begin with.
        data: What to learn.

    Raises:
        OtherDevices: A batch does not divide over the devices.
    """

    def __init__(self, settings: Settings, base: Base, data: Dataset) -> None:
        self.settings = settings
        self.step = 0
        self._base, self._data = base, data
        self.devices = jax.device_count()
        if settings.batch % self.devices:
            raise OtherDevices(
                f"--batch {settings.batch} does not divide over {self.devices} devices"
            )
        mesh = Mesh(np.array(jax.devices()), ("data",))
        self._everywhere = NamedSharding(mesh, PartitionSpec())
        self._shared = NamedSharding(mesh, PartitionSpec("data"))
        self._weights = {n: self._put(t) for n, t in base.tensors()}
        self._optimizer = optax.adamw(settings.learning_rate, weight_decay=0.0)
        lora = settings.lora.start(base.config, settings.seed)
        start = {"lora": lora, "optimizer": self._optimizer.init(lora)}
        self._state = jax.tree.map(self._put, start)
        self._advance = jax.jit(self._compute, donate_argnums=1)

    def advance(self, asked: int) -> tuple[float, int]:
        """Make one step.

        Args:
            asked: The signal that asked this process to stop; 0 for none.

        Returns:
            The loss before the step, and the signal that any process was asked by.
        """
        settings = self.settings
        batch = self._data.batch(self.step, size=settings.batch, seed=settings.seed)
        asks = np.full(self.devices, asked, np.int32)
        self._state, loss, any_asked = self._advance(
            self._weights,
            self._state,
            self._put(batch, self._shared),
            self._put(asks, self._shared),
        )
        self.step += 1
        return float(loss), int(any_asked)

    @property
    def state(self) -> Any:
        """All that the next step depends on beside the settings, as NumPy arrays."""
        return jax.tree.map(
            lambda array: np.asarray(array.addressable_data(0)), self._state
        )

    def restore(self, step: int, state: Any) -> None:
        """Go on after a step, with the state that was then."""
        self._state = jax.tree.map(self._put, state)
        self.step = step

    def about(self) -> dict[str, Any]:
        """Return what a checkpoint says of the finetuning that it belongs to."""
        return {
            "base": self._base.digest,
            "data": self._data.digest,
            **{k: v for k, v in asdict(self.settings).items() if k != "lora"},
            **asdict(self.settings.lora),
            "targets": ",".join(self.settings.lora.targets),
            "devices": self.devices,
        }

    def check(self, about: Mapping[str, Any], *, new_world_size: bool) -> None:
        """Hold what a checkpoint says against this finetuning.

        Args:
            about: What the checkpoint says.
            new_world_size: Whether the number of devices may be another.

        Raises:
            OtherTraining: It belongs to another.
            OtherDevices: It was made on another number of devices.
        """
        own = self.about()
        devices = about.get("devices")
        differ = [
            f"{name.replace('_', '-')} {about.get(name)} (now {value})"
            for name, value in own.items()
            if name != "devices" and about.get(name) != value
        ]
        if differ:
            raise OtherTraining(f"the checkpoints were made with {', '.join(differ)}")
        if devices != self.devices and not new_world_size:
            raise OtherDevices(
                f"the checkpoints were made on {devices} devices, and now there are "
                f"{self.devices}: sums would differ in their last bits; "
                "--new-world-size goes on all the same"
            )

    def _compute(
        self, weights: Any, state: Any, batch: Any, asks: Any
    ) -> tuple[Any, Any, Any]:
        lora = self.settings.lora
        loss, slopes = jax.value_and_grad(
            lambda added: model.loss(
                self._base.config, weights, added, batch, scale=lora.scale
            )
        )(state["lora"])
        updates, optimizer = self._optimizer.update(
            slopes, state["optimizer"], state["lora"]
        )
        added = optax.apply_updates(state["lora"], updates)
        return {"lora": added, "optimizer": optimizer}, loss, asks.max()

    def _put(self, array: Any, sharding: Any = None) -> Any:
        """Lay an array, of which each process has all, over the devices."""
        whole = np.asarray(array)
        part = partial(whole.__getitem__)
        return jax.make_array_from_callback(
            whole.shape, sharding or self._everywhere, part
        )
