"""The command line: `python3 -m jobs.train --checkpoints DIR --steps N`."""

# PyTorch lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from jobs.arguments import above_zero, positive
from jobs.checkpoints import CheckpointStore
from jobs.environment import BadEnvironment
from jobs.interruption import Interruption


def main(arguments: Sequence[str] | None = None) -> int:
    """Train as the arguments say.

    Returns:
        0 at the target; 143 after SIGTERM and 130 after SIGINT, with a checkpoint
        of the last step; 1 if the storage refused, or holds another training.
    """
    options = _parser().parse_args(arguments)
    # The first process of a container gets no signal that it does not listen for,
    # and loading PyTorch takes seconds: it comes after.
    interruption = Interruption()
    interruption.listen()
    import torch  # noqa: PLC0415 - see above

    from jobs.states import OtherTraining  # noqa: PLC0415
    from jobs.train.loop import train  # noqa: PLC0415
    from jobs.train.training import Settings, Training  # noqa: PLC0415

    torch.set_num_threads(options.threads)
    settings = Settings(
        seed=options.seed,
        batch=options.batch,
        hidden=options.hidden,
        learning_rate=options.learning_rate,
    )
    # Line by line: the log of a pod that is killed has all that was said.
    say = partial(print, flush=True)
    try:
        return train(
            Training(settings, scratch=options.scratch),
            CheckpointStore(
                options.checkpoints,
                keep=options.keep,
                say=say,
                patience=options.patience,
                stop=lambda: bool(interruption.signal),
            ),
            steps=options.steps,
            every=options.checkpoint_every,
            pause=options.pause,
            interruption=interruption,
            say=say,
        )
    except OSError as problem:
        print(f"the storage refused: {problem}", file=sys.stderr)
    except BadEnvironment as problem:
        print(problem, file=sys.stderr)
    except OtherTraining as problem:
        print(
            f"{options.checkpoints} holds another training: {problem}; "
            "use these settings, or another --checkpoints",
            file=sys.stderr,
        )
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m jobs.train",
        description="Train a small classifier, with checkpoints; resume from them.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--checkpoints", type=Path, required=True, metavar="DIR", help="their place")
    add("--steps", type=positive, default=200, help="the step to reach, in total")
    add("--checkpoint-every", type=positive, default=50, help="steps between them")
    add("--keep", type=positive, default=3, help="how many of the newest to keep")
    add(
        "--patience",
        type=float,
        default=1800.0,
        help="seconds to wait for room, where checkpoints are published from a disk",
    )
    add("--seed", type=int, default=0, help="of data, weights, order and dropout")
    add("--scratch", type=Path, metavar="DIR", help="keep the data there, mapped")
    add("--batch", type=positive, default=64, help="samples in a batch")
    add("--hidden", type=positive, default=64, help="width of the hidden layers")
    add("--learning-rate", type=above_zero, default=1e-3, help="of AdamW")
    add("--threads", type=positive, default=1, help="of PyTorch; may change sums")
    add("--pause", type=float, default=0.0, help="seconds to wait after each step")
    return parser


if __name__ == "__main__":
    sys.exit(main())
