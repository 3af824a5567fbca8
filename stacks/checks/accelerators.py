"""Accelerators: a pod asks for the devices that a node of its pool has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from components.catalog import aws_machines, gpus, pod_devices
from components.catalog.problem import Path, Problem
from components.kubernetes.nodes_spec import Nodes
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import AnyPool, CloudPool


@dataclass(frozen=True, slots=True)
class _Asked:
    """A program on a pool whose machine is known.

    Attributes:
        at: Where its `nodes` stand in the document.
        nodes: What it asks for.
        pods: How many pods it is.
        pool: The pool that it names.
        machine: What the pool's nodes are.
    """

    at: Path
    nodes: Nodes
    pods: int
    pool: AnyPool
    machine: aws_machines.Machine

    @property
    def efa(self) -> int:
        """EFA interfaces of a node; of one that others made, the most it can have."""
        if isinstance(self.pool, CloudPool):
            return self.pool.efa_interfaces
        return self.machine.efa


def _asked(stack: Stack) -> Iterator[_Asked]:
    pools = stack.platform.node_pools if stack.platform else {}
    for owner, program in stack.programs:
        pool = pools.get(program.nodes.pool or "")
        if pool is None:
            continue
        name = pool.machine or pool.labels.get(gpus.MACHINE_LABEL, "")
        machine = aws_machines.machines().get(name)
        if machine is not None:
            at = (*owner, "nodes")
            yield _Asked(at, program.nodes, program.together, pool, machine)


def neurons_of_a_node(stack: Stack) -> Iterator[Problem]:
    """A pod asks for no more Neuron devices than one node of its pool has."""
    for asked in _asked(stack):
        has, wanted = asked.machine.neurons, asked.nodes.neurons
        if wanted > has:
            yield Problem(
                rule="",
                message=f"{asked.machine.name} has {has or 'no'} Neuron devices: the "
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
        machine = asked.machine
        if has or not machine.efa:
            why = f"{machine.name} has {has or 'no'} EFA interfaces"
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
        pool, nodes = asked.pool, asked.nodes
        made = isinstance(pool, CloudPool) and pool.efa_interfaces
        devices = nodes.gpus or nodes.neurons
        if made and devices and asked.pods > 1 and not nodes.efa:
            whole = devices == (pool.gpus or asked.machine.neurons)
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
