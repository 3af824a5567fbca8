"""Scratch: a program that wants a node's own NVMe disks goes where they are."""

from __future__ import annotations

from collections.abc import Iterator

from components.catalog.problem import Problem
from components.kubernetes.scratch_spec import ScratchSpec
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack


def pool_of_its_nvme(stack: Stack) -> Iterator[Problem]:
    """A program that mounts scratch on NVMe names the pool whose nodes have it.

    To Kubernetes it is a directory like any other: on another node it would lie
    on the root disk, and no one would be told.
    """
    for mount in stack.mounts:
        volume, nodes = mount.volume, mount.program.nodes
        if not isinstance(volume, ScratchSpec) or volume.medium != "nvme":
            continue
        at = (*mount.owner, "nodes", "pool")
        if nodes.pool is None and at not in stack.broken:
            pools = stack.platform.node_pools if stack.platform else {}
            yield Problem(
                rule="",
                message="its medium is nvme, and on a node without such disks it would "
                "silently lie on the root disk: name the pool whose nodes have them",
                path=mount.at,
                value=mount.mount.volume,
                nearest="nodes: {pool: NAME}"
                if len(pools) != 1
                else f"nodes: {{pool: {next(iter(pools))}}}",
            )


RULES = (Rule("SCR01", "scratch on the root disk, slow and small", pool_of_its_nvme),)
