"""The processes of one finetuning: how they meet, and what they say to each other."""

# JAX lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

from jobs.environment import BadEnvironment
from jobs.interruption import Interruption

T = TypeVar("T")

_JAX = ("JAX_COORDINATOR_ADDRESS", "JAX_NUM_PROCESSES", "JAX_PROCESS_ID")


class NotMet(RuntimeError):  # noqa: N818 - the name says what is the matter
    """The processes did not find each other, or JAX found no devices."""


class FirstFailed(RuntimeError):  # noqa: N818 - the name says what is the matter
    """The process that alone reads and writes checkpoints could not go on."""


def arguments(environment: Mapping[str, str]) -> dict[str, Any] | None:
    """Return what `jax.distributed.initialize` is to be called with.

    The variables are those that this project sets in the pods of a program
    (`JAX_…`), else those that GKE sets on TPUs, which JAX reads itself.

    Returns:
        None for a process that is alone.

    Raises:
        BadEnvironment: Some of the variables are there and some are not, or they are
            no numbers.
    """
    given = {name: environment.get(name, "") for name in _JAX}
    if any(given.values()):
        if missing := [name for name, value in given.items() if not value]:
            raise BadEnvironment(f"{', '.join(missing)} not set, beside the others")
        address, *numbers = given.values()
        if not all(number.isdecimal() for number in numbers):
            raise BadEnvironment(f"{_JAX[1]} and {_JAX[2]} are whole numbers from 0")
        count, index = map(int, numbers)
        if count == 1:
            return None
        return {
            "coordinator_address": address,
            "num_processes": count,
            "process_id": index,
        }
    hosts = environment.get("TPU_WORKER_HOSTNAMES", "")
    slices = environment.get("MEGASCALE_NUM_SLICES", "1")
    return {} if "," in hosts or slices not in ("", "1") else None


def meet(interruption: Interruption, *, timeout: int) -> None:
    """Wait for the other processes, if there are any.

    Args:
        interruption: Ends the wait, and this process: there is nothing to save.
        timeout: Seconds.

    Raises:
        BadEnvironment: The environment does not say who they are.
        NotMet: They did not come, or there are no devices to compute on.
    """
    given = arguments(os.environ)
    import jax  # noqa: PLC0415 - loading it takes seconds

    try:
        if given is not None:
            _initialize(given, interruption, timeout)
        jax.devices()
    except (RuntimeError, ValueError) as problem:
        first = str(problem).splitlines()[0]
        raise NotMet(f"JAX did not begin: {first}") from problem


def _initialize(
    given: Mapping[str, Any], interruption: Interruption, timeout: int
) -> None:
    import jax  # noqa: PLC0415 - see above

    # Its service would take SIGTERM away from this program.
    jax.config.update("jax_enable_preemption_service", False)
    pool = ThreadPoolExecutor(1)
    # In a thread: Python hears of no signal while it waits in JAX.
    met: Future[None] = pool.submit(
        jax.distributed.initialize, **given, initialization_timeout=timeout
    )
    while not wait([met], timeout=0.2).done:
        if interruption.signal:
            os._exit(128 + interruption.signal)
    pool.shutdown()
    met.result()


def is_first() -> bool:
    """Whether this process is the one that reads and writes checkpoints."""
    import jax  # noqa: PLC0415 - see above

    return jax.process_index() == 0


def share(tree: T) -> T:
    """Return what the first process gives, in all of them; who is alone, its own.

    Args:
        tree: Arrays, of the same shapes and types in each process.
    """
    from jax.experimental import multihost_utils  # noqa: PLC0415 - see above

    return multihost_utils.broadcast_one_to_all(tree)


def by_first(act: Callable[[], T]) -> T | None:
    """Have the first process do something, while the others wait for it.

    Returns:
        What it gave; None in the others.

    Raises:
        FirstFailed: In the others, when it failed; in the first what `act` raises.
    """
    import numpy as np  # noqa: PLC0415 - it lives in the container image

    result, problem = None, None
    if is_first():
        try:
            result = act()
        except Exception as caught:
            problem = caught
    failed = share(np.int32(problem is not None))
    if problem is not None:
        raise problem
    if failed:
        raise FirstFailed("the first process could not go on: its log says why")
    return result
