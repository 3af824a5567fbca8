# Pulumi's runtime carries no types.
# pyright: reportUnknownMemberType=false, reportMissingTypeStubs=false
"""A program run as the engine runs it, with nothing behind the engine."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pulumi
from pulumi.runtime.config import set_all_config
from pulumi.runtime.mocks import set_mocks as _set_mocks
from pulumi.runtime.settings import SETTINGS
from pulumi.runtime.stack import run_in_stack

from components.testing.deployment import Deployment, RefusedError, Registered
from components.testing.monitor import Cloud, Monitor

Program = Callable[[], Awaitable[object] | Mapping[str, Any] | object]


def deploy(
    program: Program,
    *,
    preview: bool = False,
    config: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
    stack: str = "test",
    root: Path | None = None,
    outputs: Callable[[Registered], Mapping[str, Any]] = lambda _: {},
    stacks: Mapping[str, Mapping[str, Any]] | None = None,
    complete: bool = False,
) -> Deployment:
    """Run `program` as the engine would, and return what it registered.

    Args:
        program: Registers resources; may be a coroutine function, or hand one
            to `pulumi.run`. A mapping that it returns is exported.
        preview: Leave outputs that depend on the cloud unknown.
        config: Configuration values by their full keys, objects as JSON.
        secrets: Secret configuration values by their full keys.
        stack: Name of the stack.
        root: Directory of the `Pulumi.yaml`.
        outputs: What the cloud adds to a resource's inputs.
        stacks: Outputs of the stacks that the program refers to, by the names
            it refers to them by, such as `organization/ml-storage/prod`.
        complete: Refuse objects that name a namespace, a claim, a service
            account, a secret or a config map that this program neither makes
            nor looks up. A cluster that has them already takes them.

    Raises:
        RefusedError: A real engine or API server would refuse the program.
        Exception: Whatever the program itself raises.
    """
    deployment = Deployment()
    monitor = Monitor(
        Cloud(outputs, stacks or {}, preview=preview),
        deployment,
        preview=preview,
        complete=complete,
    )
    # Pulumi keeps its settings in context variables: a copy of the context
    # keeps runs apart.
    contextvars.copy_context().run(
        _run,
        program,
        monitor,
        config={**(config or {}), **(secrets or {})},
        secrets=list(secrets or {}),
        stack=stack,
        root=root,
    )
    refused = monitor.refusals()
    if refused:
        raise RefusedError("\n".join(refused))
    return deployment


def stack_config(**sections: Any) -> dict[str, str]:
    """Configuration of a stack as Pulumi hands it to the program."""
    return {f"ml-storage:{key}": json.dumps(value) for key, value in sections.items()}


def _run(
    program: Program,
    monitor: Monitor,
    *,
    config: dict[str, str],
    secrets: list[str],
    stack: str,
    root: Path | None,
) -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loops = [loop]

    def in_thread() -> None:
        # Mocks want a loop in every thread, and would leave one open in each.
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    loop.set_default_executor(ThreadPoolExecutor(4, initializer=in_thread))
    try:
        logger = logging.getLogger("components.testing")
        logger.propagate = False
        logger.setLevel(logging.INFO)
        logger.handlers = [_Recorder(monitor.deployment.messages)]
        # A stack resource of this run alone, made by run_in_stack below.
        pulumi.runtime.settings.set_root_resource(cast("Any", object()))
        _set_mocks(
            monitor.mocks,
            project="ml-storage",
            stack=stack,
            # What backends without organizations call theirs.
            organization="organization",
            preview=monitor.preview,
            logger=logger,
            monitor=monitor,
        )
        # Mocks share this set otherwise: what a failed run left would be awaited.
        cast("Any", SETTINGS).outputs = set()
        cast("Any", SETTINGS).root_directory = str(root) if root else None
        pulumi.runtime.settings.set_root_resource(cast("Any", None))
        set_all_config(config, secrets)

        async def run() -> None:
            result = program()
            if inspect.isawaitable(result):
                result = await result
            if isinstance(result, Mapping):
                for name, value in cast("Mapping[str, Any]", result).items():
                    pulumi.export(name, value)

        loop.run_until_complete(run_in_stack(run))
    finally:
        _finish(loops)
        asyncio.set_event_loop(None)


def _finish(loops: list[asyncio.AbstractEventLoop]) -> None:
    """End what a program that failed has left undone in the first of `loops`."""
    loop = loops[0]
    pending = asyncio.all_tasks(loop)
    for task in pending:
        task.cancel()
    # Results are fetched and dropped: the program's own error is the one said.
    loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_default_executor())
    for each in loops:
        each.close()


class _Recorder(logging.Handler):
    def __init__(self, messages: list[tuple[str, str]]) -> None:
        super().__init__()
        self.messages = messages

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append((record.levelname.lower(), record.getMessage()))
