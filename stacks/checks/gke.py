"""Clusters of GKE: their nodes, their addresses and their add-ons go with them."""

from __future__ import annotations

from collections.abc import Iterator

from components.catalog import gcp_networks, gke
from components.catalog.gke_add_ons import GKE_ADD_ONS
from components.catalog.problem import UNSET, Problem
from components.gcp.gke_cluster_spec import GkeClusterSpec, NewGkeClusterSpec
from components.gcp.network_spec import VpcNetworkSpec
from components.gcp.node_pool_spec import GkeNodePoolSpec
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack


def _cluster(stack: Stack) -> GkeClusterSpec | None:
    """The cluster of GKE that this stack makes or uses."""
    platform = stack.config.platform
    cluster = platform.cluster if platform else None
    return cluster if isinstance(cluster, GkeClusterSpec) else None


def _new(stack: Stack) -> NewGkeClusterSpec | None:
    """The cluster of GKE that this stack makes."""
    cluster = _cluster(stack)
    return cluster.create if cluster else None


def _pools(stack: Stack) -> dict[str, GkeNodePoolSpec]:
    """The pools of GKE that this stack makes."""
    platform = stack.config.platform
    pools = platform.node_pools if platform else {}
    return {n: pool for n, pool in pools.items() if isinstance(pool, GkeNodePoolSpec)}


def a_node_for_all(stack: Stack) -> Iterator[Problem]:
    """A cluster that is made has a node for pods that tolerate nothing.

    DNS, metrics and the controllers of drivers are such pods: where every pool is
    tainted or may be empty they wait, and the deployment with them.
    """
    platform, cluster = stack.config.platform, _new(stack)
    if platform is None or cluster is None or not platform.node_pools:
        return
    broken = stack.names("platform", "nodePools") - set(platform.node_pools)
    if cluster.mode == "autopilot" or broken:
        return
    made = _pools(stack)
    if len(made) < len(platform.node_pools) or any(map(_takes_any, made.values())):
        return
    zone = next(iter(made.values())).zones[0]
    yield Problem(
        rule="",
        message="no pool has a node for pods that tolerate nothing, as DNS, metrics "
        "and the controllers of drivers: they and the deployment would wait",
        path=("platform", "nodePools"),
        nearest="cpu: {machine: e2-standard-4, nodes: {min: 1, max: 3}, "
        f"zones: [{zone}]}}",
        link=gke.POOLS_LINK,
    )


def _takes_any(pool: GkeNodePoolSpec) -> bool:
    closed = [taint for taint in pool.taints if taint.effect != "PreferNoSchedule"]
    return pool.min > 0 and not closed


def reached_by_who_makes_it(stack: Stack) -> Iterator[Problem]:
    """Whoever deploys to a cluster reaches its API server.

    In a network that is made with the cluster no one is inside yet.
    """
    platform, cluster = stack.config.platform, _new(stack)
    if platform is None or platform.network is None or cluster is None:
        return
    if platform.storage_stack is not None or platform.network.create is None:
        return
    if not cluster.public_access and not cluster.dns_endpoint:
        yield Problem(
            rule="",
            message="the API server is reached from the network only, in which no one "
            "is before it is made: name the addresses that Pulumi runs at",
            path=("platform", "cluster", "create"),
            nearest="publicAccess: [<your address>/32]",
            severity="warning",
            link=gke.ENDPOINT_LINK,
        )


def no_pools_of_autopilot(stack: Stack) -> Iterator[Problem]:
    """On Autopilot GKE makes the nodes: a pool is the labels that pods ask for."""
    cluster = _cluster(stack)
    if cluster is None or not cluster.autopilot:
        return
    for name, pool in _pools(stack).items():
        labels = ", ".join(f"{k}: {v}" for k, v in _asked_of_autopilot(pool).items())
        devices = {"gpus": pool.gpus, "tpus": pool.tpus}
        counts = "".join(f", {k}: {count}" for k, count in devices.items() if count)
        yield Problem(
            rule="",
            message="Autopilot makes its nodes by itself, of what pods ask for: a pool "
            "here is the labels by which they ask",
            path=("platform", "nodePools", name),
            nearest=f"labels: {{{labels}}}{counts}",
            link=gke.AUTOPILOT_LINK,
        )


def _asked_of_autopilot(pool: GkeNodePoolSpec) -> dict[str, str]:
    """The labels by which pods get nodes such as those of a pool."""
    if pool.slice is not None:
        return pool.slice.labels
    if pool.accelerator is not None:
        return {"cloud.google.com/gke-accelerator": pool.accelerator}
    family = pool.known_machine.family if pool.known_machine else "e2"
    return {"cloud.google.com/machine-family": family}


def add_ons_of_clusters_that_are_there(stack: Stack) -> Iterator[Problem]:
    """On a cluster that is there, GKE's add-ons are turned on by whoever has it."""
    platform, cluster = stack.config.platform, _cluster(stack)
    if platform is None or cluster is None or cluster.existing is None:
        return
    for name, add_on in platform.add_ons.items():
        if add_on.install and name in GKE_ADD_ONS:
            yield Problem(
                rule="",
                message="a cluster that is there is used and not changed: whoever has "
                "it turns this on (gcloud container clusters update --update-addons)",
                path=("platform", "addOns", name, "install"),
                value=True,
                nearest="existing: true",
                link=GKE_ADD_ONS[name].link,
            )


def add_ons_of_its_version(stack: Stack) -> Iterator[Problem]:
    """An add-on is one that the cluster's version of GKE has."""
    platform, cluster = stack.config.platform, _cluster(stack)
    version = cluster.least_version if cluster else None
    if platform is None or cluster is None or version is None:
        return
    needed = [
        (row.since, name)
        for name in platform.add_ons
        if (row := GKE_ADD_ONS.get(name)) and row.since
    ]
    for since, name in needed:
        if gke.at_least(version, since) is False:
            at = ("create", "version") if cluster.create else ("version",)
            yield Problem(
                rule="",
                message=f"{name} comes with {since} of GKE",
                path=("platform", "cluster", *at),
                value=version,
                nearest=since,
                link=GKE_ADD_ONS[name].link,
            )


def addresses_for_all(stack: Stack) -> Iterator[Problem]:
    """A network that is made has addresses for all nodes of the pools."""
    platform = stack.config.platform
    network = platform.network if platform else None
    made = network.create if isinstance(network, VpcNetworkSpec) else None
    if made is None:
        return
    pools = _pools(stack).values()
    most = sum(
        pool.nodes.max if pool.nodes else pool.hosts * pool.slices for pool in pools
    )
    least = sum(pool.min for pool in pools)
    problem = gcp_networks.room_problem(made.ranges, least, most)
    if problem is not None:
        stated = problem.path[0] in made.model_fields_set
        at = ("platform", "network", "create")
        yield Problem(
            rule="",
            message=problem.message,
            path=(*at, *problem.path) if stated else at,
            value=problem.value if stated else UNSET,
            nearest=problem.nearest
            if stated
            else f"{problem.path[0]}: {problem.nearest}",
            link=problem.link,
            severity=problem.severity,
        )


def names_that_fit(stack: Stack) -> Iterator[Problem]:
    """A pool's name has room for what makes it unique in GKE."""
    for name in _pools(stack):
        if len(name) > gke.LONGEST_POOL:
            yield Problem(
                rule="",
                message=f"GKE takes {gke.LONGEST_NAME} characters of the name of a "
                f"pool, and {gke.LONGEST_POOL} of them are left for this one",
                path=("platform", "nodePools", name),
                nearest=name[: gke.LONGEST_POOL].rstrip("-"),
                link=gke.POOLS_LINK,
            )


RULES = (
    Rule("GKE09", "a deployment that waits for a node", a_node_for_all),
    Rule("GKE10", "a deployment that cannot come in", reached_by_who_makes_it),
    Rule("GKE11", "pools that Autopilot does not have", no_pools_of_autopilot),
    Rule("GKE12", "add-ons that no one turns on", add_ons_of_clusters_that_are_there),
    Rule("GKE13", "nodes that get no addresses", addresses_for_all),
    Rule("GKE14", "add-ons that the version does not have", add_ons_of_its_version),
    Rule("GKE15", "a pool whose name GKE does not take", names_that_fit),
)
