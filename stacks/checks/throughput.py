"""Throughput: what is paid for can be read by the nodes that there are."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from components.aws.fsx_lustre_spec import FsxLustreSpec
from components.aws.node_pool_spec import EksNodePoolSpec
from components.catalog.fsx_lustre import FileSystem, baseline_throughput
from components.catalog.problem import Path, Problem
from stacks.checks.places import has_data, machine_of, on_aws
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import PlatformConfig

BITS_OF_A_BYTE = 8


def _network(platform: PlatformConfig) -> Fraction | None:
    """MB/s that all nodes take in at most together; None where that is not known."""
    total = Fraction(0)
    for pool in platform.node_pools.values():
        machine = machine_of(pool)
        if not isinstance(pool, EksNodePoolSpec) or machine is None:
            return None
        if not machine.network_mbps:
            return None
        total += Fraction(machine.network_mbps, BITS_OF_A_BYTE) * pool.nodes.max
    return total or None


def no_more_than_nodes_take(stack: Stack) -> Iterator[Problem]:
    """A file system is no faster than the network of all nodes together.

    Compared is what both sustain: small machines are faster for some minutes.
    """
    platform = on_aws(stack)
    most = _network(platform) if platform is not None else None
    if platform is None or most is None:
        return
    for name, spec in platform.storage.items():
        if not isinstance(spec, FsxLustreSpec) or spec.existing is not None:
            continue
        asked = FileSystem(
            deployment=spec.deployment,
            storage_type=spec.storage_type,
            capacity=spec.capacity_gib,
            throughput_per_tib=spec.throughput_per_tib,
            throughput=spec.throughput,
        )
        gives = baseline_throughput(asked)
        if gives is None or gives <= most:
            continue
        key = "throughputPerTiB" if spec.throughput is None else "throughput"
        at: Path = ("platform", "storage", name, key)
        value: object = spec.throughput or spec.throughput_per_tib
        if not has_data(platform):
            at, value = ("platform", "storageStack"), platform.storage_stack
        yield Problem(
            rule="",
            message=f"{name} gives {float(gives):,.0f} MB/s, and all nodes that there "
            f"can be take {float(most):,.0f} MB/s together: the rest is paid for "
            "and never read",
            path=at,
            value=value,
            link="https://docs.aws.amazon.com/fsx/latest/LustreGuide/performance.html",
            severity="warning",
        )


RULES = (Rule("AWS23", "throughput that no node can take", no_more_than_nodes_take),)
