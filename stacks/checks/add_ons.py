"""Add-ons: what pools and programs need of the cluster is declared to be there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from components.aws.eks_cluster_spec import EksClusterSpec
from components.aws.node_pool_spec import EksNodePoolSpec
from components.catalog import eks_add_ons, gke_add_ons
from components.catalog.add_ons import ADD_ONS, AddOnName
from components.catalog.problem import UNSET, Problem
from components.gcp.gke_cluster_spec import GkeClusterSpec
from components.spec import closest
from stacks.checks.needs import given, needs
from stacks.checks.places import on_aws, on_gcp
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import CloudCluster, PlatformConfig

_CLUSTER = {("platform", "cluster"), ("platform", "cloud")}
_WITH_EVERY_CLUSTER = ("vpc-cni", "coredns", "kube-proxy")
"""EKS puts these into every cluster that it makes."""


def declared(stack: Stack) -> Iterator[Problem]:
    """What is needed is declared, once for each add-on."""
    if stack.platform is None:
        return
    known = stack.names("platform", "addOns")
    # One that is misspelt is said once.
    known |= {closest(name, ADD_ONS) or name for name in known}
    nothing_yet = _on_a_new_cluster(stack)
    for need in needs(stack):
        if need.add_on in known:
            continue
        known.add(need.add_on)
        yield Problem(
            rule="",
            message=f"this needs {need.add_on} under platform.addOns "
            f"({ADD_ONS[need.add_on].provides}): without it {need.without}",
            path=need.at,
            value=need.value,
            nearest=f"{need.add_on}: {{install: true}}"
            if nothing_yet and _by_the_cloud(need.add_on)
            else f"{need.add_on}: {{existing: true}}",
            link=ADD_ONS[need.add_on].source.partition(" ")[0],
        )


def has_a_chart(stack: Stack) -> Iterator[Problem]:
    """What is to be installed can be."""
    platform = stack.config.platform
    # Where a cluster of EKS is wanted and not named, that is said once.
    broken = not stack.broken.isdisjoint(_CLUSTER)
    for name, add_on in (platform.add_ons if platform else {}).items():
        row = ADD_ONS[name]
        if platform is None or _installed(platform, name, known=not broken):
            continue
        if add_on.install and row.chart is None:
            yield Problem(
                rule="",
                message=f"{name} is not installed from here: it belongs to the cloud "
                "or to whoever made the cluster",
                path=("platform", "addOns", name, "install"),
                value=True,
                nearest="existing: true",
                link=ADD_ONS[name].source.partition(" ")[0],
            )


def _installed(platform: PlatformConfig, name: AddOnName, *, known: bool) -> bool:
    """Whether the cloud installs it, or that it does not is said by another rule."""
    cluster = platform.cluster
    on_eks = isinstance(cluster, EksClusterSpec) or platform.cloud == "aws"
    on_gke = isinstance(cluster, GkeClusterSpec) or platform.cloud == "gcp"
    another = (on_eks and ADD_ONS[name].by_gke) or (on_gke and _of_aws(name))
    return (
        another
        or ((on_eks or not known) and _by_eks(name))
        or ((on_gke or not known) and ADD_ONS[name].by_gke)
        or (on_gke and given(platform, name))
    )


def _of_aws(name: AddOnName) -> bool:
    row = eks_add_ons.EKS_ADD_ONS.get(name)
    return row is not None and row.driver is not None


def _by_eks(name: AddOnName) -> bool:
    """Whether it is installed on a cluster of EKS without a chart of its own."""
    return ADD_ONS[name].by_eks or name == "node-autoscaler"


def _by_the_cloud(name: AddOnName) -> bool:
    """Whether the cloud of a new cluster installs it."""
    return _by_eks(name) or ADD_ONS[name].by_gke


def _on_a_new_cluster(stack: Stack) -> bool:
    platform = stack.config.platform
    cluster = platform.cluster if platform else None
    return isinstance(cluster, CloudCluster) and cluster.create is not None


def there_on_a_new_cluster(stack: Stack) -> Iterator[Problem]:
    """On a cluster that the stack makes is what the stack installs."""
    platform = stack.config.platform
    if platform is None or not _on_a_new_cluster(stack):
        return
    for name, add_on in platform.add_ons.items():
        there = name in _WITH_EVERY_CLUSTER or given(platform, name)
        if add_on.existing and _by_the_cloud(name) and not there:
            yield Problem(
                rule="",
                message="the stack makes this cluster, and nothing is there that the "
                "stack does not install: others would have to",
                path=("platform", "addOns", name, "existing"),
                value=True,
                nearest="install: true",
                link=ADD_ONS[name].source.partition(" ")[0],
                severity="warning",
            )


def not_beside_gkes_own(stack: Stack) -> Iterator[Problem]:
    """What GKE has by itself is not installed once more beside it."""
    platform = on_gcp(stack)
    for name, add_on in (platform.add_ons if platform else {}).items():
        if name not in gke_add_ons.GIVEN or not add_on.install:
            continue
        yield Problem(
            rule="",
            message="every cluster of GKE has it by itself, and two of it get into "
            "each other's way",
            path=("platform", "addOns", name, "install"),
            value=True,
            nearest="existing: true",
            link=gke_add_ons.LINK,
            severity="warning" if ADD_ONS[name].chart else "error",
        )


def version_of_eks(stack: Stack) -> Iterator[Problem]:
    """A version of an add-on that EKS installs is one of EKS's own builds."""
    platform = on_aws(stack)
    if platform is None or not isinstance(platform.cluster, EksClusterSpec):
        return
    for name, add_on in platform.add_ons.items():
        problem = eks_add_ons.version_problem(name, add_on.version)
        if problem is not None and add_on.install:
            yield problem.under("platform", "addOns", name)


def disks_for_one(stack: Stack) -> Iterator[Problem]:
    """The NVMe disks of a node are a driver's, or the kubelet's, and not both's."""
    platform = on_aws(stack)
    if platform is None or eks_add_ons.LOCAL_STORE not in platform.add_ons:
        return
    for name, pool in platform.node_pools.items():
        if not isinstance(pool, EksNodePoolSpec) or pool.known_machine is None:
            continue
        machine = pool.known_machine
        problem = eks_add_ons.local_store_problem(
            machine.family, pool.store, nvme=machine.nvme_gb > 0
        )
        if problem is not None:
            stated = pool.local_storage is not None or problem.path == ("machine",)
            value = pool.machine if problem.path == ("machine",) else pool.store
            yield replace(
                problem,
                path=("platform", "nodePools", name, *(problem.path if stated else ())),
                value=value if stated else UNSET,
                nearest=problem.nearest
                if stated or problem.nearest is None
                else f"localStorage: {problem.nearest}",
            )


RULES = (
    Rule("GCP03", "two controllers of the same objects", not_beside_gkes_own),
    Rule("ADD01", "pods and objects that wait for what is not there", declared),
    Rule("ADD03", "an add-on that nothing can install", has_a_chart),
    Rule("ADD07", "a version that EKS does not have", version_of_eks),
    Rule("AWS31", "drivers that no one installs", there_on_a_new_cluster),
    Rule("ADD08", "disks that are erased under the kubelet", disks_for_one),
)
