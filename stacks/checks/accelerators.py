"""Accelerators: a pod asks for the devices that a node of its pool has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from components.catalog import aws_machines, gpus, pod_devices
from components.catalog.problem import Path, Problem
from components.kubernetes.nodes_spec import Nodes
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import CloudPool


@dataclass(frozen=True, slots=True)
class _Asked:
    """A program on a pool of which it is known what its nodes have.

    Attributes:
        at: Where its `nodes` stand in the document.
        nodes: What it asks for.
        pods: How many pods it is.
        name: What the nodes are called: the machine, or the pool.
        neurons: Neuron devices of a node.
        most_efa: EFA interfaces that the machine can have.
        made: The pool, where the stack makes it.
    """

    at: Path
    nodes: Nodes
    pods: int
    name: str
    neurons: int
    most_efa: int
    made: CloudPool | None

    @property
    def efa(self) -> int:
        """EFA interfaces of a node; of one that others made, the most it can have."""
        return self.most_efa if self.made is None else self.made.efa_interfaces


def _asked(stack: Stack) -> Iterator[_Asked]:
    pools = stack.platform.node_pools if stack.platform else {}
    for owner, program in stack.programs:
        pool = pools.get(program.nodes.pool or "")
        if pool is None:
            continue
        name = pool.machine or pool.labels.get(gpus.MACHINE_LABEL, "")
        machine = aws_machines.machines().get(name)
        elsewhere = stack.platform is not None and stack.platform.cloud == "gcp"
        if machine is None and not elsewhere:
            continue
        yield _Asked(
            at=(*owner, "nodes"),
            nodes=program.nodes,
            pods=program.together,
            name=machine.name if machine else f"a node of {program.nodes.pool}",
            neurons=machine.neurons if machine and not elsewhere else 0,
            most_efa=machine.efa if machine and not elsewhere else 0,
            made=pool if isinstance(pool, CloudPool) else None,
        )


def neurons_of_a_node(stack: Stack) -> Iterator[Problem]:
    """A pod asks for no more Neuron devices than one node of its pool has."""
    for asked in _asked(stack):
        has, wanted = asked.neurons, asked.nodes.neurons
        if wanted > has:
            yield Problem(
                rule="",
                message=f"{asked.name} has {has or 'no'} Neuron devices: the "
                "pod would wait for ever",
                path=(*asked.at, "neurons"),
                value=wanted,
                nearest=has,
                link=pod_devices.NEURON_LINK,
            )


def efa_of_a_node(stack: Stack) -> Iterator[Problem]:
    """A pod asks for no more EFA interfaces than one node of its pool has."""
    for asked in _asked(stack):
        has, wanted = asked.efa, asked.nodes.efa
        if wanted <= has:
            continue
        if has or not asked.most_efa:
            why = f"{asked.name} has {has or 'no'} EFA interfaces"
        else:
            why = f"the nodes of {asked.nodes.pool} are made without EFA (efa: true)"
        yield Problem(
            rule="",
            message=f"{why}: the pod would wait for ever",
            path=(*asked.at, "efa"),
            value=wanted,
            nearest=has,
            link=pod_devices.EFA_LINK,
        )


def efa_lies_idle(stack: Stack) -> Iterator[Problem]:
    """A program of several nodes uses the EFA interfaces that its pool is made with.

    A pod sees only those that it asks for: without them its libraries go over TCP.
    """
    for asked in _asked(stack):
        pool, nodes = asked.made, asked.nodes
        devices = nodes.gpus or nodes.neurons
        if pool is None or not pool.efa_interfaces:
            continue
        if devices and asked.pods > 1 and not nodes.efa:
            whole = devices == (pool.gpus or asked.neurons)
            yield Problem(
                rule="",
                message=f"the nodes of {nodes.pool} have EFA, and no pod asks for it: "
                "the pods would exchange everything over TCP",
                path=asked.at,
                nearest=f"efa: {asked.efa if whole else 1}",
                link=pod_devices.EFA_LINK,
                severity="warning",
            )


RULES = (
    Rule("ACC05", "a pod that waits for Neuron devices no node has", neurons_of_a_node),
    Rule("ACC06", "a pod that waits for EFA its pool has not", efa_of_a_node),
    Rule("ACC09", "training at the speed of TCP on nodes with EFA", efa_lies_idle),
)
