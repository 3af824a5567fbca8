"""AWS: what stands in an environment fits its cloud, its cluster and its account."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.aws.eks_cluster_spec import EksClusterSpec
from components.catalog import aws_tags
from components.catalog.problem import UNSET, Path, Problem
from components.kubernetes.cloud_class_spec import CloudClassSpec
from components.kubernetes.cloud_volume_spec import CloudVolumeSpec
from components.kubernetes.node_pool_spec import NodePoolSpec
from stacks.checks.places import on_aws
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import PlatformConfig


def _of_aws(platform: PlatformConfig) -> Iterator[tuple[Path, object]]:
    """What only an environment on AWS can have."""
    for key, value in (
        ("region", platform.region),
        ("account", platform.account),
        ("storageStack", platform.storage_stack),
    ):
        if value is not None:
            yield (key,), value
    if "identity" in platform.model_fields_set:
        yield ("identity",), platform.identity
    for key, there in (
        ("tags", platform.tags),
        ("keys", platform.keys),
        ("network", platform.network),
        ("cluster", isinstance(platform.cluster, EksClusterSpec)),
    ):
        if there:
            yield (key,), UNSET
    for name, spec in platform.storage.items():
        if isinstance(spec, CloudVolumeSpec):
            yield ("storage", name, "kind"), spec.kind
    for name, spec in platform.storage_classes.items():
        if isinstance(spec, CloudClassSpec):
            yield ("storageClasses", name, "kind"), spec.kind
    for name, pool in platform.node_pools.items():
        if not isinstance(pool, NodePoolSpec):
            yield ("nodePools", name, "nodes"), UNSET


def on_its_cloud(stack: Stack) -> Iterator[Problem]:
    """What only AWS has stands in an environment on AWS."""
    platform = stack.config.platform
    # A cloud that is wrong in itself is said once.
    if platform is None or ("platform", "cloud") in stack.broken:
        return
    found = list(_of_aws(platform)) if platform.cloud == "kubernetes" else []
    if len(found) == 1:
        ((path, value),) = found
        yield Problem(
            rule="",
            message="this is AWS's, and the environment is any Kubernetes",
            path=("platform", *path),
            value=value,
            nearest="cloud: aws",
        )
    elif found:
        names = ", ".join(sorted(".".join(map(str, path)) for path, _ in found))
        yield Problem(
            rule="",
            message=f"any Kubernetes is meant, but this is AWS's: {names}",
            path=("platform", "cloud"),
            value=platform.cloud,
            nearest="aws",
        )


_IN_A_CLUSTER = ("addOns", "nodePools", "storageClasses", "snapshotClasses", "teams")


def in_a_cluster(stack: Stack) -> Iterator[Problem]:
    """A stack without a cluster has network, keys and storage, and nothing else."""
    platform = on_aws(stack)
    if platform is None or platform.cluster is not None:
        return
    found = [key for key in _IN_A_CLUSTER if stack.names("platform", key)]
    if found and platform.storage_stack is None:
        yield Problem(
            rule="",
            message=f"the stack names no cluster, and has what is in one: "
            f"{', '.join(found)}; name it, or put them into the cluster's own stack, "
            "which has this one as storageStack",
            path=("platform", "cluster"),
            nearest="cluster: {existing: NAME}",
        )
    if platform.storage_stack is not None:
        yield Problem(
            rule="",
            message="a stack beside the stack of its storage is that of a cluster, and "
            "this one has none",
            path=("platform", "storageStack"),
            value=platform.storage_stack,
            nearest="cluster: {existing: NAME}",
        )


def plain_tags(stack: Stack) -> Iterator[Problem]:
    """Tags are those that every service takes: they go to all of them."""
    platform = on_aws(stack)
    if platform is None:
        return
    for problem in aws_tags.problems(platform.tags):
        yield problem.under("platform", "tags")
    for name, spec in platform.storage.items():
        if isinstance(spec, CloudVolumeSpec):
            for problem in aws_tags.problems(spec.tags):
                yield problem.under("platform", "storage", name, "tags")


def an_account(stack: Stack) -> Iterator[Problem]:
    """The account is its number of 12 digits, quoted: its zeros count."""
    platform = on_aws(stack)
    account = platform.account if platform else None
    if account is None or re.fullmatch(r"\d{12}", account, re.ASCII):
        return
    digits = re.sub(r"[\s-]", "", account)
    yield Problem(
        rule="",
        message="an account of AWS is a number of 12 digits",
        path=("platform", "account"),
        value=account,
        nearest=f'"{digits}"' if re.fullmatch(r"\d{12}", digits, re.ASCII) else None,
        link="https://docs.aws.amazon.com/accounts/latest/reference/"
        "manage-acct-identifiers.html",
    )


RULES = (
    Rule("AWS03", "storage or nodes that no one would make", on_its_cloud),
    Rule("AWS04", "objects of a cluster that is not there", in_a_cluster),
    Rule("AWS30", "a deployment that stops at its first resource", plain_tags),
    Rule("AWS05", "a provider that finds no account allowed", an_account),
)
