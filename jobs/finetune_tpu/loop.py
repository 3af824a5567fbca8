"""Finetune to a step, with checkpoints on the way and at an interruption."""

import math
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np  # pyright: ignore[reportMissingImports]  # of the container image

from jobs import history
from jobs.environment import run_number
from jobs.finetune_tpu import processes
from jobs.finetune_tpu.store import Checkpoint, Store
from jobs.finetune_tpu.training import Training
from jobs.interruption import Interruption


class Diverged(RuntimeError):  # noqa: N818 - the name says what is the matter
    """The loss is no number any more."""


def train(
    training: Training,
    checkpoints: Path,
    *,
    keep: int,
    steps: int,
    every: int,
    pause: float,
    new_world_size: bool,
    interruption: Interruption,
    say: Callable[[str], None],
) -> int:
    """Resume or start, and train to the target; all processes do so together.

    Args:
        training: A finetuning at its beginning.
        checkpoints: Their directory; only the first process looks there.
        keep: How many of the newest to keep.
        steps: The number of steps to reach, counted from the very first.
        every: Steps between checkpoints.
        pause: Seconds to wait after each step.
        new_world_size: Whether the number of devices may be another than it was.
        interruption: Is looked at before each step.
        say: Prints a line.

    Returns:
        The exit code: 0 at the target, 128 + the signal's number if interrupted.

    Raises:
        OSError: The storage refused.
        Diverged: The loss is no number any more.
    """
    store = processes.by_first(lambda: Store(checkpoints, keep=keep, say=say))

    def resume() -> Checkpoint | None:
        assert store is not None  # noqa: S101 - it is the first process
        return store.newest(
            training.state,
            lambda about: training.check(about, new_world_size=new_world_size),
        )

    found = processes.by_first(resume)
    step = int(processes.share(np.int32(found.step if found else -1)))
    if step >= 0:
        state = processes.share(found.state if found else training.state)
        training.restore(step, state)
    log = checkpoints / "history.jsonl"
    began = {"run": run_number(), "started_at_step": training.step}
    loss = float(found.about["loss"]) if found else math.nan

    def note(entry: dict[str, object]) -> None:
        processes.by_first(lambda: history.append(log, entry))

    if processes.is_first():
        say(f"{training.devices} devices; " + _beginning(found))
    note({"event": "start", **began, "loss": loss if found else None})
    asked = 0
    while training.step < steps and not asked:
        loss, asked = training.advance(interruption.signal)
        if not math.isfinite(loss):
            raise Diverged(
                f"the loss of step {training.step} is {loss}: the checkpoints before "
                "it are there; a smaller --learning-rate may help"
            )
        if pause:
            time.sleep(pause)
        if training.step % every == 0 or training.step >= steps or asked:
            path = processes.by_first(partial(_save, store, training, loss))
            note({"event": "saved", "step": training.step, "loss": loss})
            if path:
                say(f"step {training.step}/{steps}  loss {loss:.4f}  saved {path}")
    ended = "interrupted" if training.step < steps else "finished"
    end = {"ended_at_step": training.step, "loss": loss, "outcome": ended}
    note({"event": "end", **began, **end})
    if store:
        say(f"{ended} at step {training.step} of {steps}: loss {loss:.4f}")
        store.close()
    return 128 + asked if ended == "interrupted" else 0


def _beginning(found: Checkpoint | None) -> str:
    return f"resumed from {found.path}" if found else "starting from step 0"


def _save(store: Store | None, training: Training, loss: float) -> Path:
    assert store is not None  # noqa: S101 - it is the first process
    return store.save(training.step, training.state, {**training.about(), "loss": loss})
