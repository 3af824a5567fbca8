"""The command line: `python3 -m jobs.rendezvous --output DIR`."""

# PyTorch lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

import argparse
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from types import FrameType

from jobs import atomic
from jobs.arguments import positive
from jobs.environment import BadEnvironment, run_number

_NEEDED = ("MASTER_ADDR", "MASTER_PORT", "RANK", "WORLD_SIZE")


class RendezvousError(RuntimeError):
    """The processes did not meet, or did not agree."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Meet the other processes, add up their ranks, and write down the sum.

    Returns:
        0 if all met and the sum is right; 1 if not, or if the storage refused.
    """
    options = _parser().parse_args(arguments)
    # The first process of a container gets no signal that it does not listen for,
    # and Python hears of none while it waits in PyTorch: that goes to a thread.
    signal.signal(signal.SIGTERM, _leave)
    try:
        run = run_number()
        missing = [name for name in _NEEDED if not os.environ.get(name)]
        if missing:
            raise BadEnvironment(
                f"{', '.join(missing)} not set: this program runs on several nodes "
                "(nodes: {count: 2}), or under torchrun"
            )
        timeout = timedelta(seconds=options.timeout)
        with ThreadPoolExecutor(1) as thread:
            result = {"run": run, **thread.submit(_meet, timeout).result()}
        options.output.mkdir(parents=True, exist_ok=True)
        line = json.dumps(result)
        path = options.output / f"rank-{result['rank']}.json"
        atomic.write(path, lambda file: file.write(f"{line}\n".encode()))
    except (BadEnvironment, RendezvousError) as problem:
        print(problem, file=sys.stderr)
    except OSError as problem:
        print(f"the storage refused: {problem}", file=sys.stderr)
    else:
        print(line, flush=True)
        return 0
    return 1


def _leave(number: int, _: FrameType | None) -> None:
    # There is nothing to save, and PyTorch may wait for minutes.
    os._exit(128 + number)


def _meet(timeout: timedelta) -> dict[str, object]:
    """Add up the ranks of all processes, each plus one."""
    import torch  # noqa: PLC0415 - loading it takes seconds, which help needs not
    from torch import distributed  # noqa: PLC0415

    began = time.monotonic()
    # Not every build of PyTorch has it, and a handful of processes need it not.
    os.environ.setdefault("USE_LIBUV", "0")
    try:
        distributed.init_process_group("gloo", init_method="env://", timeout=timeout)
        rank, world = distributed.get_rank(), distributed.get_world_size()
        total = torch.tensor([rank + 1.0])
        distributed.all_reduce(total)
        # Whoever leaves first would take the connections of the others along.
        distributed.barrier()
        distributed.destroy_process_group()
    except (RuntimeError, ValueError) as problem:
        first = str(problem).splitlines()[0]
        raise RendezvousError(f"the processes did not meet: {first}") from problem
    expected = world * (world + 1) // 2
    if total.item() != expected:
        raise RendezvousError(f"the ranks add up to {total.item()}, not {expected}")
    return {
        "rank": rank,
        "world": world,
        "sum": int(total.item()),
        "host": socket.gethostname(),
        "coordinator": f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}",
        "seconds": round(time.monotonic() - began, 3),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m jobs.rendezvous",
        description="Meet the other processes of this program, and prove it.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--output", type=Path, required=True, metavar="DIR", help="of all ranks")
    add("--timeout", type=positive, default=300, help="seconds to wait for others")
    return parser


if __name__ == "__main__":
    sys.exit(main())
