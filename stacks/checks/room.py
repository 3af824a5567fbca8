"""Room on a node: what all containers of a pod ask for together."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from components.catalog import aws_machines, gcp_machines, gcs_fuse, quantity
from components.catalog.problem import UNSET, Path, Problem
from components.gcp.gcs_fuse_spec import GcsFuseSpec
from components.gcp.storage_bucket_spec import StorageBucketSpec
from components.kubernetes.dataset_spec import DatasetSpec
from components.kubernetes.node_pool_spec import NodePoolSpec
from components.kubernetes.program_spec import ProgramSpec
from components.kubernetes.scratch_spec import ScratchSpec
from stacks import patterns
from stacks.checks.pattern_lookups import declared_programs
from stacks.checks.places import pool_of
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import AnyPool

_MIB = 2**20


def room_on_a_node(stack: Stack) -> Iterator[Problem]:
    """A pod asks for no more processors and memory than a node of its pool has.

    Its containers ask together: the program with its memory scratch, those of
    patterns that stay beside it, and the one that mounts its buckets on GKE.
    """
    declared = dict(declared_programs(stack))
    for owner, program in stack.programs:
        pool, asked = pool_of(stack, program), program.resources
        machine = _machine(pool) if pool is not None else None
        if pool is None or machine is None:
            continue
        has = {
            "cpu": Decimal(machine.vcpu),
            "memory": Decimal(machine.memory_mib) * _MIB,
        }
        for key, most in has.items():
            # What has a limit alone asks for as much.
            where = "requests" if getattr(asked.requests, key) else "limits"
            text: str | None = getattr(getattr(asked, where), key)
            own = quantity.parse(text) if text else Decimal(0)
            more = _beside(stack, owner, declared.get(owner), key)
            if key == "memory" and where == "requests":
                more += _memory_scratch(stack, program)
            if own + more <= most:
                continue
            with_others = f", with {_amount(key, more)} of it for what is beside it,"
            left = _amount(key, most - more) if own <= most and most > more else None
            yield Problem(
                rule="",
                message=f"a node of {program.nodes.pool} ({machine.name}) has "
                f"{_amount(key, most)}{' vCPUs' * (key == 'cpu')} in all, and the pod"
                f"{with_others * (more > 0)} would wait for ever for one with more",
                path=(*owner, "resources", where if text else "requests", key),
                value=text or UNSET,
                nearest=left,
            )


def _amount(key: str, value: Decimal) -> str:
    """Cores or bytes, as a person says them."""
    return f"{value.normalize():f}" if key == "cpu" else quantity.bytes_text(value)


def _beside(
    stack: Stack, owner: Path, program: ProgramSpec | None, key: str
) -> Decimal:
    """What the containers ask for that run beside a program, in cores or bytes.

    Args:
        stack: The stack.
        owner: Where the program stands.
        program: The program as it is declared; None for a pattern's own job.
        key: `cpu` or `memory`.
    """
    if program is None or stack.declared is None:
        return Decimal(0)
    total = Decimal(0)
    for helper in patterns.helpers(stack.declared, str(owner[-1]), program):
        given = helper.resources
        text = given.get("requests", {}).get(key) or given.get("limits", {}).get(key)
        if helper.stays and text:
            total += quantity.parse(text)
    return total + _mounting_buckets(stack, program, key)


def _mounting_buckets(stack: Stack, program: ProgramSpec, key: str) -> Decimal:
    """What the container asks for that GKE adds to mount a program's buckets."""
    named = {mount.volume for mount in program.mounts.values()}
    mounts = [
        volume.mount
        for name in sorted(named)
        if isinstance(
            volume := stack.volumes.get(name), StorageBucketSpec | GcsFuseSpec
        )
    ]
    # Caches in memory have a rule of their own, which counts all of it.
    if key == "memory" and any(m.cache and m.cache.medium == key for m in mounts):
        return Decimal(0)
    annotation = {"cpu": gcs_fuse.CPU, "memory": gcs_fuse.MEMORY}[key]
    needs = [mount.pod_needs() for mount in mounts]
    parts = [{**n.quantities_besides, **n.quantities}[annotation] for n in needs]
    return sum(parts, Decimal(0))


def _memory_scratch(stack: Stack, program: ProgramSpec) -> Decimal:
    """Bytes of a program's scratch in memory, which its request has on top."""
    named = {mount.volume for mount in program.mounts.values()}
    sizes = [
        quantity.parse(volume.size)
        for name in sorted(named)
        if isinstance(volume := stack.volumes.get(name), ScratchSpec | DatasetSpec)
        and volume.medium == "memory"
    ]
    return sum(sizes, Decimal(0))


def _machine(pool: AnyPool) -> aws_machines.Machine | gcp_machines.Machine | None:
    """The machine of a pool's nodes, where it is known."""
    if not isinstance(pool, NodePoolSpec):
        return pool.known_machine
    name = pool.machine or ""
    return aws_machines.machine(name) or gcp_machines.machine(name)


RULES = (Rule("GCP62", "a pod that no node of its pool has room for", room_on_a_node),)
