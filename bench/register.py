"""Register a stack of volumes under Pulumi's own mocks, in a process of its own.

    python -m bench.register yaml|hand VOLUMES

prints the seconds of CPU that registering took, the file read and checked included
and imports not, and the peak of the process's memory in KiB. CPU is what counts:
nothing is waited for under mocks, and another load on the machine does not show.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import mocks, settings
from pulumi.runtime.config import set_all_config
from pulumi.runtime.stack import run_in_stack

from bench import by_hand
from bench.stack_file import configuration, stack_yaml
from stacks import program

STACK = "bench"


class Echo(mocks.Mocks):
    """Gives every resource an id, and its inputs as outputs."""

    def new_resource(self, args: Any) -> Any:
        """Id and state of a resource."""
        return f"{args.name}-id", args.inputs

    def call(self, args: Any) -> Any:
        """Nothing: no provider's function is called."""
        return {}


def run(register: Callable[[], None], root: Path, config: dict[str, str]) -> float:
    """Seconds of CPU that a run of `register` takes, every output awaited."""
    loops = [asyncio.new_event_loop()]
    (loop,) = loops
    asyncio.set_event_loop(loop)

    def in_thread() -> None:
        # Mocks want a loop in every thread, and would leave one open in each.
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    loop.set_default_executor(ThreadPoolExecutor(4, initializer=in_thread))
    pulumi.runtime.set_mocks(
        Echo(), project="ml-storage", stack=STACK, organization="organization"
    )
    settings.SETTINGS.root_directory = str(root)  # type: ignore[attr-defined]: Pulumi sets it so itself
    settings.set_root_resource(None)  # type: ignore[arg-type]: set_mocks made one, and the run makes its own
    settings.SETTINGS.outputs = set()  # type: ignore[attr-defined]: runs share it otherwise
    set_all_config(config)
    start = time.process_time()
    loop.run_until_complete(run_in_stack(register))
    seconds = time.process_time() - start
    loop.run_until_complete(loop.shutdown_default_executor())
    for each in loops:
        each.close()
    return seconds


def registered(way: str, volumes: int) -> float:
    """Seconds of CPU that a stack of so many volumes takes, that `way`."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        (root / f"Pulumi.{STACK}.yaml").write_text(stack_yaml(volumes))
        values = configuration(volumes) if way == "yaml" else {}
        config = {key: json.dumps(value) for key, value in values.items()}

        def register() -> None:
            program.run() if way == "yaml" else by_hand.program(volumes)

        # Pulumi keeps its settings in context variables.
        return contextvars.copy_context().run(run, register, root, config)


def main(way: str, volumes: int) -> None:
    """Register, and print what it took as JSON."""
    # Packages import their modules when they are first used.
    registered(way, 1)
    seconds = registered(way, volumes)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "peak": peak}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
