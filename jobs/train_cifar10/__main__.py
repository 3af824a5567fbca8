"""The command line: `python3 -m jobs.train_cifar10 --data … --checkpoints …`."""

# PyTorch lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from functools import partial
from types import FrameType

from jobs import buckets, sync
from jobs.arguments import above_zero, directory, positive, seconds
from jobs.artifacts import OtherArtifact
from jobs.environment import BadEnvironment, run_number
from jobs.interruption import Interruption
from jobs.rclone import Failure, TransferError

_EPILOG = f"""
Data is CIFAR-10's "python version": cifar-10-batches-py/ at or below a
directory (on scratch, on a shared volume, in a mounted bucket), or below
s3://bucket/prefix/, from where the S3 connector for PyTorch streams it. The
same seed gives the same batches of both.

Alone, or in a group: under torchrun, or in the pods of a program of several
nodes (RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT). Each process takes its share
of every batch. Rank 0 alone reads and writes checkpoints, and exports. When one
process is asked to stop, all of them stop after the same step.

Who asks a bucket is decided by the environment: the pod's workload identity,
never an argument. AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL names another server.
One that does not answer is asked AWS_MAX_ATTEMPTS times, by default 10, for
about a minute. Old checkpoints in a bucket are removed by rclone, where it is
on PATH and may.

exit codes: 0 the epoch is reached; 2 wrong arguments; {Failure.MISSING} no data; \
{Failure.DENIED} no
permission, or no identity; {Failure.FULL} no room; {Failure.DIFFERS} a file of the \
data is damaged; 143
after SIGTERM and 130 after SIGINT, with a checkpoint of the last step;
{Failure.OTHER} anything else
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Train as the arguments say.

    Returns:
        0 at the target; 143 after SIGTERM and 130 after SIGINT; else a `Failure`.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    # The first process of a container gets no signal that it does not listen for,
    # and loading PyTorch takes seconds: it comes after.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    from jobs.states import OtherTraining  # noqa: PLC0415 - see above
    from jobs.train_cifar10.data import BadData  # noqa: PLC0415
    from jobs.train_cifar10.group import GroupError  # noqa: PLC0415
    from jobs.train_cifar10.loop import Diverged  # noqa: PLC0415
    from jobs.train_cifar10.training import BadSettings  # noqa: PLC0415

    try:
        return _train(options)
    except buckets.BadUri as problem:
        parser.error(str(problem))
    except BadData as problem:
        return _failed(str(problem), Failure.DIFFERS)
    except TransferError as problem:
        return _failed(str(problem), problem.failure)
    except (
        *(BadEnvironment, BadSettings, GroupError),
        *(Diverged, OtherArtifact),
    ) as problem:
        return _failed(str(problem))
    except OtherTraining as problem:
        return _failed(
            f"{options.checkpoints} holds another training: {problem}; "
            "use these settings, or another --checkpoints"
        )
    except OSError as problem:
        return _failed(*sync.explained(problem))


def _failed(reason: str, failure: Failure = Failure.OTHER) -> int:
    print(reason, file=sys.stderr, flush=True)
    return failure


def _leave(number: int, _: FrameType | None) -> None:
    # Before the first step there is nothing to save.
    os._exit(128 + number)


def _train(options: argparse.Namespace) -> int:
    import torch  # noqa: PLC0415 - see above

    from jobs.train_cifar10 import group as groups  # noqa: PLC0415
    from jobs.train_cifar10 import shards  # noqa: PLC0415
    from jobs.train_cifar10.data import Data  # noqa: PLC0415
    from jobs.train_cifar10.export import export  # noqa: PLC0415
    from jobs.train_cifar10.loop import train  # noqa: PLC0415
    from jobs.train_cifar10.places import place  # noqa: PLC0415
    from jobs.train_cifar10.training import Settings, Training  # noqa: PLC0415

    torch.set_num_threads(options.threads)
    # Line by line: the log of a pod that is killed has all that was said.
    say = partial(print, flush=True)
    version = f"run-{run_number()}"
    copy = shards.find(options.data)
    data = Data(copy)
    group = groups.join(timeout=options.timeout)
    settings = Settings(
        seed=options.seed, batch=options.batch, learning_rate=options.learning_rate
    )
    training = Training(settings, data, group, new_size=options.new_world_size)
    interruption = Interruption()
    interruption.listen()
    say(f"{len(data):,} images of {copy.where}, process {group.rank} of {group.size}")
    kept = None
    if group.writes:
        kept = place(
            options.checkpoints,
            keep=options.keep,
            say=say,
            stop=lambda: bool(interruption.signal),
        )
    asked, accuracy = train(
        training,
        kept,
        group,
        epochs=options.epochs,
        every=options.checkpoint_every,
        pause=options.pause,
        interruption=interruption,
        say=say if group.writes else _say_nothing,
    )
    if options.export and group.writes and not asked:
        about = {"steps": str(training.step), "accuracy": f"{accuracy:.4f}"}
        made = export(
            training.model,
            options.export,
            version=version,
            source="jobs.train_cifar10",
            about={**about, "data": data.digest},
        )
        say(f"exported {made}")
    group.leave()
    return 128 + asked if asked else 0


def _say_nothing(_: str) -> None:
    """One process speaks for all."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m jobs.train_cifar10",
        description="Train a small network on CIFAR-10; resume from checkpoints.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data", required=True, metavar="FROM", help="a directory, or s3://…")
    add("--checkpoints", required=True, metavar="AT", help="a directory, or s3://…")
    add("--epochs", type=positive, default=10, help="the epoch to reach, in total")
    add("--seed", type=int, default=0, help="of weights and order")
    add("--export", type=directory, metavar="DIR", help="publish the network there")
    add("--checkpoint-every", type=positive, default=100, help="steps between them")
    add("--keep", type=positive, default=3, help="how many of the newest to keep")
    add("--batch", type=positive, default=64, help="images in a batch of all processes")
    add("--learning-rate", type=above_zero, default=1e-3, help="of AdamW")
    add("--threads", type=positive, default=1, help="of PyTorch; may change sums")
    add("--pause", type=seconds, default=0.0, help="seconds to wait after each step")
    add("--timeout", type=positive, default=300, help="seconds to wait for others")
    add(
        "--new-world-size",
        action="store_true",
        help="go on where another number of processes has trained",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
