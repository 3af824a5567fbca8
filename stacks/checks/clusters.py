"""Clusters that are made: their network and their nodes go with them."""

from __future__ import annotations

from collections.abc import Iterator

from components.aws.eks_cluster_spec import EksClusterSpec, NewClusterSpec
from components.aws.node_pool_spec import EksNodePoolSpec
from components.catalog import eks
from components.catalog.problem import Problem
from stacks.checks.places import vpc_of_aws
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack


def _new(stack: Stack) -> NewClusterSpec | None:
    """The cluster that this stack makes."""
    platform = stack.config.platform
    cluster = platform.cluster if platform else None
    return cluster.create if isinstance(cluster, EksClusterSpec) else None


def in_two_zones(stack: Stack) -> Iterator[Problem]:
    """A cluster is made in a network of two zones at least: EKS takes no other."""
    network = vpc_of_aws(stack.config.platform)
    if network is None or _new(stack) is None:
        return
    made = network.create is not None
    problem = eks.zones_problem(network.zones)
    if problem is not None:
        at = ("create", "zones") if made else ("existing", "subnets")
        yield problem.under("platform", "network", *at)


def nodes_of_its_version(stack: Stack) -> Iterator[Problem]:
    """A pool has an image that there is for the cluster's version."""
    platform, cluster = stack.config.platform, _new(stack)
    if platform is None or cluster is None:
        return
    for name, pool in platform.node_pools.items():
        if isinstance(pool, EksNodePoolSpec) and pool.ami is not None:
            problem = eks.al2_problem(pool.ami, cluster.version)
            if problem is not None:
                yield problem.under("platform", "nodePools", name, "ami")


def a_node_for_all(stack: Stack) -> Iterator[Problem]:
    """A cluster that is made has a node for pods that tolerate nothing.

    CoreDNS, the autoscaler and the controllers of drivers are such pods: where
    every pool is tainted or may be empty they wait, and the deployment with them.
    """
    platform, cluster = stack.config.platform, _new(stack)
    if platform is None or cluster is None or not platform.node_pools:
        return
    broken = stack.names("platform", "nodePools") - set(platform.node_pools)
    if broken or any(
        not isinstance(pool, EksNodePoolSpec) or _takes_any(pool)
        for pool in platform.node_pools.values()
    ):
        return
    zone = next(iter(platform.node_pools.values())).zones[0]
    yield Problem(
        rule="",
        message="no pool has a node for pods that tolerate nothing, as CoreDNS, the "
        "autoscaler and the controllers of drivers: they and the deployment would wait",
        path=("platform", "nodePools"),
        nearest="cpu: {machine: m6i.large, nodes: {min: 1, max: 3}, "
        f"zones: [{zone}]}}",
        link="https://docs.aws.amazon.com/eks/latest/userguide/managing-coredns.html",
    )


def reached_by_who_makes_it(stack: Stack) -> Iterator[Problem]:
    """Whoever deploys to a cluster reaches its API server.

    In a network that is made with the cluster no one is inside yet.
    """
    platform, cluster = stack.config.platform, _new(stack)
    if platform is None or platform.network is None or cluster is None:
        return
    if platform.storage_stack is not None or platform.network.create is None:
        return
    if not cluster.public_access:
        yield Problem(
            rule="",
            message="the API server is reached from the network only, in which no one "
            "is before it is made: name the addresses that Pulumi runs at",
            path=("platform", "cluster", "create"),
            nearest="publicAccess: [<your address>/32]",
            severity="warning",
            link="https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html",
        )


def _takes_any(pool: EksNodePoolSpec) -> bool:
    closed = [taint for taint in pool.taints if taint.effect != "PreferNoSchedule"]
    return pool.min > 0 and not closed


RULES = (
    Rule("EKS08", "a cluster that EKS does not make", in_two_zones),
    Rule("EKS09", "a deployment that waits for a node", a_node_for_all),
    Rule("EKS10", "a deployment that cannot come in", reached_by_who_makes_it),
    Rule("POL22", "nodes that there is no image for", nodes_of_its_version),
)
