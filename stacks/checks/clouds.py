"""Clouds: what stands in an environment is of the cloud that it is on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from components.catalog import aws_tags, gcp_labels
from components.catalog.eks_add_ons import EKS_ADD_ONS
from components.catalog.gke_add_ons import GKE_ADD_ONS
from components.catalog.problem import UNSET, Path, Problem
from components.catalog.storage_kinds import BY_DRIVER
from components.gcp.gcs_fuse_spec import GcsFuseSpec
from components.kubernetes.cloud_class_spec import CloudClassSpec
from components.kubernetes.cloud_volume_spec import CloudVolumeSpec
from stacks.checks.geography import whose
from stacks.checks.places import on_a_cloud
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import CloudCluster, CloudPool, EnvironmentConfig, PlatformConfig

_Of = Literal["aws", "gcp", "any"]

NAMES = {"aws": "AWS", "gcp": "Google Cloud", "azure": "Azure"}
"""The clouds, as sentences name them."""

_ALIKE = {
    "fsx-lustre": "managed-lustre",
    "efs": "filestore",
    "s3": "gcs",
    "ebs": "persistent-disk",
    "pod-identity": "principal",
    "irsa": "service-account",
}
_INSTEAD: dict[object, str] = {**_ALIKE, **{gcp: aws for aws, gcp in _ALIKE.items()}}
"""What the other cloud has that is nearest."""

_IDENTITIES: dict[str, _Of] = {
    "pod-identity": "aws",
    "irsa": "aws",
    "principal": "gcp",
    "service-account": "gcp",
}

Stated = tuple[_Of, Path, object]
"""Whose something is, where it stands, and what stands there."""


def _of_a_cloud(stack: Stack) -> Iterator[Stated]:
    """What only a cloud can have: one cloud, or any."""
    platform = stack.config.platform
    if platform is not None:
        yield from _settings(stack, platform)
        yield from _things(platform)
    team = stack.config.team
    for name, volume in (team.volumes if team else {}).items():
        if isinstance(volume, GcsFuseSpec):
            yield "gcp", ("team", "volumes", name, "kind"), volume.kind


def _settings(stack: Stack, platform: PlatformConfig) -> Iterator[Stated]:
    """Keys of the environment that hold one value."""
    if platform.region is not None:
        places = whose(platform.region)
        yield places.cloud if places else "any", ("platform", "region"), platform.region
    values: tuple[tuple[_Of, str, str | None], ...] = (
        ("aws", "account", platform.account),
        ("gcp", "project", platform.project),
        ("any", "storageStack", platform.storage_stack),
    )
    for of, key, value in values:
        if value is not None:
            yield of, ("platform", key), value
    at = ("platform", "identity")
    if platform.identity is not None and at not in stack.broken:
        yield _IDENTITIES[platform.identity], at, platform.identity
    for key, there in (
        ("tags", platform.tags),
        ("keys", platform.keys),
        ("network", platform.network),
        ("cluster", isinstance(platform.cluster, CloudCluster)),
    ):
        if there:
            yield "any", ("platform", key), UNSET


def _things(platform: PlatformConfig) -> Iterator[Stated]:
    """Storage, classes and nodes of a cloud."""
    for key, there in (
        ("diskImages", platform.disk_images),
        ("storagePools", platform.storage_pools),
        ("tpuVms", platform.tpu_vms),
    ):
        if there:
            yield "gcp", ("platform", key), UNSET
    for name in platform.add_ons if platform.cloud != "kubernetes" else ():
        row = EKS_ADD_ONS.get(name)
        if row is not None and row.driver is not None:
            yield "aws", ("platform", "addOns", name), UNSET
        elif name in GKE_ADD_ONS:
            yield "gcp", ("platform", "addOns", name), UNSET
    for name, spec in platform.storage.items():
        if isinstance(spec, CloudVolumeSpec):
            at = ("platform", "storage", name, "kind")
            yield _whose(spec.storage_kind.driver), at, spec.kind
    for name, spec in platform.storage_classes.items():
        if isinstance(spec, CloudClassSpec):
            at = ("platform", "storageClasses", name, "kind")
            yield _whose(spec.provisioner), at, spec.kind
    for name, pool in platform.node_pools.items():
        if isinstance(pool, CloudPool):
            yield "any", ("platform", "nodePools", name, "nodes"), UNSET


def _whose(driver: str | None) -> _Of:
    """The cloud that a driver is of."""
    row = BY_DRIVER.get(driver or "")
    if row is not None and row.cloud == "aws":
        return "aws"
    return "gcp" if row is not None and row.cloud == "gcp" else "any"


def _elsewhere(stack: Stack, of: Literal["aws", "gcp"]) -> Iterator[Problem]:
    """What is `of` a cloud that the environment is not on, in one problem."""
    environment = stack.platform
    # A cloud that is wrong in itself is said once.
    if environment is None or ("platform", "cloud") in stack.broken:
        return
    here = environment.cloud
    if here == of:
        return
    stated = list(_of_a_cloud(stack))
    clouds = {cloud for cloud, _, _ in stated}
    # What any cloud has is of the one that the rest is of.
    meant = "gcp" if "gcp" in clouds and "aws" not in clouds else "aws"
    found = [
        (path, value)
        for cloud, path, value in stated
        if (cloud == of and not _kept(here, path))
        or (cloud == "any" and here == "kubernetes" and meant == of)
    ]
    if len(found) == 1:
        ((path, value),) = found
        yield of_another(of, here, path, value)
    elif found:
        names = ", ".join(sorted(".".join(map(str, _short(path))) for path, _ in found))
        meant_for = NAMES.get(here, "any Kubernetes")
        yield Problem(
            rule="",
            message=f"{meant_for} is meant, but this is {_possessive(of)}: {names}",
            path=("platform", "cloud") if stack.config.platform else found[0][0],
            value=here if stack.config.platform else found[0][1],
            nearest=None if here in clouds else of,
        )


def of_another(of: str, here: str, path: Path, value: object) -> Problem:
    """That one thing is of another cloud than its environment.

    Args:
        of: The cloud that it is of.
        here: The environment's, `kubernetes` for none.
        path: Where it stands.
        value: What stands there.
    """
    whole = "any Kubernetes" if here == "kubernetes" else f"on {NAMES[here]}"
    return Problem(
        rule="",
        message=f"this is {_possessive(of)}, and the environment is {whole}",
        path=path,
        value=value,
        nearest=f"cloud: {of}" if here == "kubernetes" else _instead(value),
    )


def _kept(here: str, path: Path) -> bool:
    """Whether another rule says it better: the region of an environment on a cloud."""
    return here != "kubernetes" and path == ("platform", "region")


def _short(path: Path) -> Path:
    return path[1:] if path[0] == "platform" else path


def _instead(value: object) -> str | None:
    return _INSTEAD.get(value) if isinstance(value, str) else None


def _possessive(of: str) -> str:
    return f"{NAMES[of]}'s"


def aws_on_aws(stack: Stack) -> Iterator[Problem]:
    """What only AWS has stands in an environment on AWS."""
    yield from _elsewhere(stack, "aws")


def gcp_on_gcp(stack: Stack) -> Iterator[Problem]:
    """What only Google Cloud has stands in an environment on Google Cloud."""
    yield from _elsewhere(stack, "gcp")


_IN_A_CLUSTER = ("addOns", "nodePools", "storageClasses", "snapshotClasses", "teams")


def in_a_cluster(stack: Stack) -> Iterator[Problem]:
    """A stack without a cluster has network, keys and storage, and nothing else."""
    platform = on_a_cloud(stack)
    if platform is None or platform.cluster is not None:
        return
    if ("platform", "cluster") in stack.broken:
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
    """Tags are those that every service of the cloud takes: they go to all of them."""
    platform = on_a_cloud(stack)
    if platform is None:
        return
    problems = aws_tags.problems if platform.cloud == "aws" else gcp_labels.problems
    for problem in problems(platform.tags):
        yield problem.under("platform", "tags")
    for name, spec in platform.storage.items():
        if isinstance(spec, CloudVolumeSpec):
            for problem in problems(spec.tags):
                yield problem.under("platform", "storage", name, "tags")


def cloud_of(environment: EnvironmentConfig) -> str:
    """The cloud of an environment, as sentences name it."""
    return NAMES.get(environment.cloud, "any Kubernetes")


RULES = (
    Rule("AWS03", "storage or nodes that no one would make", aws_on_aws),
    Rule("GCP01", "storage or nodes that no one would make", gcp_on_gcp),
    Rule("AWS04", "objects of a cluster that is not there", in_a_cluster),
    Rule("AWS30", "a deployment that stops at its first resource", plain_tags),
)
