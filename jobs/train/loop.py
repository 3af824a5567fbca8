"""Train to a step, with checkpoints on the way and at an interruption."""

import time
from collections.abc import Callable

from jobs import history
from jobs.checkpoints import CheckpointStore
from jobs.environment import run_number
from jobs.interruption import Interruption
from jobs.train.training import Training


def train(
    training: Training,
    store: CheckpointStore,
    *,
    steps: int,
    every: int,
    pause: float,
    interruption: Interruption,
    say: Callable[[str], None],
) -> int:
    """Resume or start, train to the target, and keep the history.

    Args:
        training: A training at its beginning.
        store: Where its checkpoints are.
        steps: The number of steps to reach, counted from the very first.
        every: Steps between checkpoints.
        pause: Seconds to wait after each step.
        interruption: Is looked at after each step.
        say: Prints a line.

    Returns:
        The exit code: 0 at the target, 128 + the signal's number if interrupted.
    """
    found = store.newest(training.restore)
    loss, accuracy = training.evaluate()
    if found:
        say(f"resumed from {found[0].path} (loss {loss:.4f})")
    else:
        say("starting from step 0")
    log = store.directory / "history.jsonl"
    began = {"run": run_number(), "started_at_step": training.step}
    start_loss = loss if found else None
    history.append(log, {"event": "start", **began, "loss": start_loss})

    if training.step >= steps:
        say(f"already at step {training.step} of {steps}: nothing to train")
    saved_at = training.step if found else -1
    while training.step < steps and not interruption.signal:
        training.advance()
        if pause:
            time.sleep(pause)
        at_end = training.step >= steps or bool(interruption.signal)
        if training.step % every == 0 or at_end:
            loss, accuracy = training.evaluate()
            path = store.save(training.step, training.save).path
            saved_at = training.step
            say(f"step {training.step}/{steps}  loss {loss:.4f}  saved {path}")
    if saved_at != training.step:
        # Interrupted between a step and the look at the signal, or before the first.
        loss, accuracy = training.evaluate()
        store.save(training.step, training.save)

    ended = "interrupted" if training.step < steps else "finished"
    say(
        f"{ended} at step {training.step} of {steps}: "
        f"loss {loss:.4f}, accuracy {accuracy:.1%}"
    )
    end = {"ended_at_step": training.step, "loss": loss, "outcome": ended}
    history.append(log, {"event": "end", **began, **end})
    return 128 + interruption.signal if ended == "interrupted" else 0
