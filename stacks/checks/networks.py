"""Networks: what is in one has one, and keeps it."""

from __future__ import annotations

from collections.abc import Iterator

from components.aws.efs_spec import EfsSpec
from components.aws.fsx_lustre_spec import FsxLustreSpec
from components.aws.node_pool_spec import EksNodePoolSpec
from components.catalog.problem import UNSET, Path, Problem
from components.gcp.filestore_class_spec import FilestoreClassSpec
from components.gcp.filestore_spec import FilestoreSpec
from components.gcp.managed_lustre_class_spec import ManagedLustreClassSpec
from components.gcp.managed_lustre_spec import ManagedLustreSpec
from components.kubernetes.cloud_volume_spec import CloudVolumeSpec
from stacks.checks.places import has_data, lustre_classes, of_its_cloud, on_a_cloud
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import CloudCluster, CloudStorage, PlatformConfig

IN_A_NETWORK = FsxLustreSpec | EfsSpec | FilestoreSpec | ManagedLustreSpec
"""Storage that is reached by an address of a network."""

_RETAIN = "https://www.pulumi.com/docs/iac/concepts/resources/options/retainondelete/"


def _in_a_network(platform: PlatformConfig) -> Iterator[tuple[Path, object]]:
    """What is made in the subnets of a network."""
    cluster = platform.cluster
    if isinstance(cluster, CloudCluster) and cluster.create is not None:
        yield ("cluster", "create"), UNSET
    for name, pool in platform.node_pools.items():
        if isinstance(pool, EksNodePoolSpec):
            yield ("nodePools", name), UNSET
    for name, spec in platform.storage.items() if has_data(platform) else ():
        if not isinstance(spec, IN_A_NETWORK) or not of_its_cloud(platform, spec):
            continue
        if spec.existing is None:
            yield ("storage", name, "kind"), spec.kind
    for name, _ in lustre_classes(platform) if platform.cloud == "aws" else ():
        yield ("storageClasses", name), UNSET
    for name, spec in platform.storage_classes.items():
        of_gcp = isinstance(spec, FilestoreClassSpec | ManagedLustreClassSpec)
        if of_gcp and platform.cloud == "gcp":
            yield ("storageClasses", name), UNSET


def where_one_is_needed(stack: Stack) -> Iterator[Problem]:
    """The network is named, or made, where something is in its subnets."""
    platform = on_a_cloud(stack)
    if platform is None or platform.network is not None:
        return
    if ("platform", "network") in stack.broken:
        return
    needed = next(_in_a_network(platform), None)
    # What another stack has is not known where the stack itself is not.
    unknown = not has_data(platform) and not (platform.storage or platform.keys)
    if needed is None or unknown:
        return
    path, value = needed
    yield Problem(
        rule="",
        message="this is made in a network: name it, or have one made, under "
        "platform.network",
        path=("platform", *path),
        value=value,
        nearest="network: {existing: {vpc: ID, subnets: {ZONE: ID}}}"
        if platform.cloud == "aws"
        else "network: {existing: {network: NAME, subnet: NAME}}",
    )


def _needed_by(platform: PlatformConfig, spec: CloudVolumeSpec) -> list[str]:
    """What this stack owns, and without which data of `spec` is of no use."""
    owned: list[str] = []
    if spec.existing is not None:
        return owned
    network = platform.network
    made = network is not None and network.create is not None
    if isinstance(spec, FsxLustreSpec | EfsSpec) and spec.adopt is None:
        owned += ["subnets"] if made else []
        owned += ["security group"]
    if isinstance(spec, FilestoreSpec | ManagedLustreSpec) and spec.adopt is None:
        owned += ["network"] if made else []
    if isinstance(spec, CloudStorage):
        key = platform.keys.get(spec.kms_key or "")
        owned += ["key"] if key is not None and key.existing is None else []
    return owned


def retained_with_what_it_needs(stack: Stack) -> Iterator[Problem]:
    """Data is not left behind while the network or key that it needs goes."""
    platform = on_a_cloud(stack)
    if platform is None or not has_data(platform):
        return
    for name, spec in platform.storage.items():
        if not isinstance(spec, CloudVolumeSpec) or spec.on_delete != "retain":
            continue
        owned = _needed_by(platform, spec)
        if owned:
            yield Problem(
                rule="",
                message=f"the data needs the {' and the '.join(owned)} of this stack: "
                "what stays when they go could not be read; protect keeps all of it "
                "(pulumi destroy --exclude-protected)",
                path=("platform", "storage", name, "onDelete"),
                value=spec.on_delete,
                nearest="protect",
                link=_RETAIN,
            )


RULES = (
    Rule("AWS08", "file systems and nodes that are nowhere", where_one_is_needed),
    Rule("AWS09", "data that stays and cannot be read", retained_with_what_it_needs),
)
