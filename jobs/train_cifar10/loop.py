"""Train to the end of an epoch, with checkpoints on the way and when asked to stop."""

import math
import time
from collections.abc import Callable

from jobs.environment import run_number
from jobs.interruption import Interruption
from jobs.train_cifar10.group import Group
from jobs.train_cifar10.places import Place
from jobs.train_cifar10.training import Training


class Diverged(RuntimeError):  # noqa: N818 - the name says what is the matter
    """The loss is no number any more."""


def train(
    training: Training,
    place: Place | None,
    group: Group,
    *,
    epochs: int,
    every: int,
    pause: float,
    interruption: Interruption,
    say: Callable[[str], None],
) -> tuple[int, float]:
    """Resume or start, train to the target, and keep the history.

    Args:
        training: A training at its beginning.
        place: Where its checkpoints are; the writer alone has it.
        group: Who trains.
        epochs: The number of epochs to reach, counted from the very first.
        every: Steps between checkpoints.
        pause: Seconds to wait after each step.
        interruption: Is looked at after each step, in all processes.
        say: Prints a line.

    Returns:
        The signal that any of the processes got, else 0; and the accuracy.

    Raises:
        Diverged: The loss is no number any more; nothing of it is saved.
    """
    log = place.log if place else _nothing
    found = _resumed(training, place, group)
    steps = epochs * training.steps_per_epoch
    loss, accuracy = training.evaluate()
    say(f"resumed from {found} (loss {loss:.4f})" if found else "starting from step 0")
    began = {"run": run_number(), "started_at_step": training.step}
    log({"event": "start", **began, "loss": loss if found else None})

    if training.step >= steps:
        say(f"already at step {training.step} of {steps}: nothing to train")
    saved_at = training.step if found else -1
    asked = group.highest(interruption.signal)
    while training.step < steps and not asked:
        training.advance()
        if pause:
            time.sleep(pause)
        # Whoever is asked to stop, all of them stop after the same step.
        asked = group.highest(interruption.signal)
        at_end = training.step >= steps or bool(asked)
        if training.step % every == 0 or at_end:
            loss, accuracy = training.evaluate()
            if not math.isfinite(loss):
                # The same in all processes: they leave together.
                raise Diverged(
                    f"the loss at step {training.step} is {loss}: the checkpoints "
                    "before it are there; a smaller --learning-rate may help"
                )
            name = place.save(training.step, training.save) if place else ""
            saved_at = training.step
            say(f"step {training.step}/{steps}  loss {loss:.4f}  saved {name}")
    if saved_at != training.step and place:
        # Asked to stop before the first step.
        place.save(training.step, training.save)

    ended = "interrupted" if training.step < steps else "finished"
    say(
        f"{ended} at step {training.step} of {steps}: "
        f"loss {loss:.4f}, accuracy {accuracy:.1%}"
    )
    end = {"ended_at_step": training.step, "loss": loss, "outcome": ended}
    log({"event": "end", **began, **end})
    return asked if ended == "interrupted" else 0, accuracy


def _resumed(training: Training, place: Place | None, group: Group) -> str:
    """Take up the checkpoint that the writer finds; its name, "" if there is none."""
    name = payload = b""
    if place:

        def load(content: bytes) -> bytes:
            training.restore(content)
            return content

        newest = place.newest(load)
        if newest:
            name, payload = newest[0].encode(), newest[1]
    name, payload = group.told(name), group.told(payload)
    if payload and not place:
        training.restore(payload)
    return name.decode()


def _nothing(_: dict[str, object]) -> None:
    """Only one process keeps the history."""
