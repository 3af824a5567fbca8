"""The processes that train together: one alone, or several that PyTorch joins.

torchrun, or the pods of a program of several nodes, set `RANK`, `WORLD_SIZE`,
`MASTER_ADDR` and `MASTER_PORT`. Without them a process trains alone.
"""

# PyTorch lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from jobs.environment import BadEnvironment

_NEEDED = ("MASTER_ADDR", "MASTER_PORT", "RANK")


class GroupError(RuntimeError):
    """The processes did not meet, or one of them is gone."""


@dataclass(frozen=True)
class Group:
    """This process among those that train together.

    Attributes:
        rank: Its number, from 0; that of rank 0 alone writes.
        size: How many there are.
    """

    rank: int = 0
    size: int = 1

    @property
    def writes(self) -> bool:
        """Whether this is the one process that writes."""
        return self.rank == 0

    def total(self, values: torch.Tensor) -> torch.Tensor:
        """Return the sum over all processes."""
        if self.size > 1:
            with self.together():
                distributed.all_reduce(values)
        return values

    def highest(self, value: int) -> int:
        """Return the highest of the processes' numbers: all learn the same."""
        if self.size == 1:
            return value
        values = torch.tensor([value])
        with self.together():
            distributed.all_reduce(values, op=distributed.ReduceOp.MAX)
        return int(values.item())

    def told(self, content: bytes) -> bytes:
        """Return the bytes that rank 0 has; those of the others do not count."""
        if self.size == 1:
            return content
        length = self.highest(len(content) if self.writes else 0)
        if not length:
            return b""
        # What arrives is written into it.
        buffer = bytearray(content if self.writes else length)
        with self.together():
            distributed.broadcast(torch.frombuffer(buffer, dtype=torch.uint8), src=0)
        return bytes(buffer)

    def shared(self, model: nn.Module) -> nn.Module:
        """Return the model so that its gradients become those of all processes."""
        if self.size == 1:
            return model
        with self.together():
            return DistributedDataParallel(model)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Say in plain words that another process is gone.

        Raises:
            GroupError: So it is.
        """
        if self.size == 1:
            yield
            return
        try:
            yield
        except RuntimeError as problem:
            first = str(problem).splitlines()[0]
            raise GroupError(f"another process is gone: {first}") from problem

    def leave(self) -> None:
        """Wait for the others and part from them.

        Raises:
            GroupError: One of them is gone.
        """
        if self.size > 1:
            with self.together():
                # Whoever leaves first would take the others' connections along.
                distributed.barrier()
                distributed.destroy_process_group()


def join(*, timeout: float) -> Group:
    """Meet the other processes.

    Args:
        timeout: Seconds to wait for them, here and whenever they are needed.

    Raises:
        BadEnvironment: The environment says that there are others, but not where.
        GroupError: They did not come.
    """
    size = os.environ.get("WORLD_SIZE") or "1"
    if not size.isdecimal() or int(size) < 1:
        raise BadEnvironment(f"WORLD_SIZE = {size!r}: it must be a whole number >= 1")
    if int(size) == 1:
        return Group()
    missing = [name for name in _NEEDED if not os.environ.get(name)]
    if missing:
        raise BadEnvironment(
            f"WORLD_SIZE is {size}, but {', '.join(missing)} not set: use torchrun, or "
            "nodes: {count: 2} with one process in each pod"
        )
    # Python hears of no signal while it waits in PyTorch: that goes to a thread.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_meet, timedelta(seconds=timeout)).result()


def _meet(timeout: timedelta) -> Group:
    # Not every build of PyTorch has it, and a handful of processes need it not.
    os.environ.setdefault("USE_LIBUV", "0")
    try:
        distributed.init_process_group("gloo", init_method="env://", timeout=timeout)
    except (RuntimeError, ValueError) as problem:
        first = str(problem).splitlines()[0]
        raise GroupError(f"the processes did not meet: {first}") from problem
    return Group(distributed.get_rank(), distributed.get_world_size())
