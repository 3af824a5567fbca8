"""Networks of Google Cloud: what is in one is reached through it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.catalog import gcp_networks
from components.catalog.problem import UNSET, Path, Problem
from components.gcp.filestore_class_spec import FilestoreClassSpec
from components.gcp.filestore_spec import FilestoreSpec
from components.gcp.managed_lustre_class_spec import ManagedLustreClassSpec
from components.gcp.managed_lustre_spec import ManagedLustreSpec
from components.gcp.network_spec import ExistingVpcSpec
from components.kubernetes.storage_class_spec import StorageClassSpec
from stacks.checks.places import has_data, on_gcp, region_of, vpc_of_gcp
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import CloudCluster, PlatformConfig

_PRIVATE = "https://docs.cloud.google.com/vpc/docs/configure-private-services-access"
_LUSTRE = "https://docs.cloud.google.com/managed-lustre/docs/vpc"
_SHARED = (
    "https://github.com/kubernetes-sigs/gcp-filestore-csi-driver/blob/master/README.md"
)
_AT = ("platform", "network", "existing")

_OF_A_PROJECT = re.compile(r"projects/([^/]+)/global/networks/[^/]+")
_OF_A_REGION = re.compile(r"projects/([^/]+)/regions/([^/]+)/subnetworks/[^/]+")

_BY_DRIVER = (FilestoreClassSpec.provisioner, ManagedLustreClassSpec.provisioner)
_NETWORK = "network"


def _there(stack: Stack) -> tuple[PlatformConfig, ExistingVpcSpec] | None:
    """The environment and the network that it uses, where others made it."""
    platform = on_gcp(stack)
    network = vpc_of_gcp(platform)
    if platform is None or network is None or network.existing is None:
        return None
    return platform, network.existing


def _privately(platform: PlatformConfig) -> Iterator[tuple[str, Path, object]]:
    """What is reached by private services access alone, and where it stands."""
    for name, spec in platform.storage.items() if has_data(platform) else ():
        if isinstance(spec, ManagedLustreSpec) and spec.needs_private_services:
            yield "Managed Lustre", ("storage", name, "kind"), spec.kind
        elif isinstance(spec, FilestoreSpec) and spec.needs_private_services:
            yield "Filestore", ("storage", name, "connectMode"), spec.connect_mode
    for name, spec in platform.storage_classes.items():
        if isinstance(spec, ManagedLustreClassSpec):
            yield "Managed Lustre", ("storageClasses", name, "kind"), spec.kind


def private_services(stack: Stack) -> Iterator[Problem]:
    """Managed Lustre is made in a network that has private services access.

    So is Filestore, where it is asked for in so many words.
    """
    there = _there(stack)
    if there is None or there[1].peered_range is not None:
        return
    needed = next(_privately(there[0]), None)
    if needed is None:
        return
    what, path, value = needed
    own = has_data(there[0])
    yield Problem(
        rule="",
        message=f"{what} is reached by private services access, of which the network "
        "says no range (peeredRange): Google Cloud makes no instance without",
        path=("platform", *path),
        value=value,
        nearest="peeredRange: NAME" if own else None,
        link=_LUSTRE if what == "Managed Lustre" else _PRIVATE,
    )


def private_services_of_shared_vpc(stack: Stack) -> Iterator[Problem]:
    """Filestore in a network of another project is reached by private services."""
    there = _there(stack)
    if there is None or there[1].peered_range is not None:
        return
    platform, network = there
    found = _OF_A_PROJECT.fullmatch(network.network)
    if found is None or found[1] == platform.project:
        return
    made = {
        name: spec.kind
        for name, spec in platform.storage.items()
        if isinstance(spec, FilestoreSpec)
        and spec.existing is None
        and not spec.needs_private_services
    }
    classes = {
        name: spec.kind
        for name, spec in platform.storage_classes.items()
        if isinstance(spec, FilestoreClassSpec)
    }
    section, entries = ("storageClasses", classes) if classes else ("storage", made)
    for name, kind in list(entries.items())[: 1 if has_data(platform) else 0]:
        yield Problem(
            rule="",
            message=f"the network is shared by {found[1]}, and in another project's "
            "network Filestore is reached by private services access alone: the "
            "network says no range of it (peeredRange)",
            path=("platform", section, name, "kind"),
            value=kind,
            nearest="peeredRange: NAME",
            link=_SHARED,
        )


def a_subnet_for_nodes(stack: Stack) -> Iterator[Problem]:
    """A cluster that is made is in a subnet of the network that there is."""
    there = _there(stack)
    if there is None:
        return
    platform, network = there
    cluster = platform.cluster
    made = isinstance(cluster, CloudCluster) and cluster.create is not None
    if made and network.subnet is None:
        yield Problem(
            rule="",
            message="required with cluster.create: the subnet of the region that its "
            "nodes are in",
            path=(*_AT, "subnet") if has_data(platform) else ("platform", "cluster"),
            value=UNSET,
            link=gcp_networks.SUBNETS_LINK,
        )


def a_subnet_of_the_region(stack: Stack) -> Iterator[Problem]:
    """The subnet is one of the environment's region, and of the network's project."""
    there = _there(stack)
    if there is None or not has_data(there[0]):
        return
    platform, network = there
    found = _OF_A_REGION.fullmatch(network.subnet or "")
    region = region_of(platform)
    if found is None or region is None:
        return
    project, other = found[1], found[2]
    of_network = _OF_A_PROJECT.fullmatch(network.network)
    owner = of_network[1] if of_network else platform.project
    if other != region:
        yield Problem(
            rule="",
            message=f"this subnet is in {other}, and the environment is in {region}: "
            "its nodes would be elsewhere",
            path=(*_AT, "subnet"),
            value=network.subnet,
            link=gcp_networks.SUBNETS_LINK,
        )
    elif owner is not None and project != owner:
        yield Problem(
            rule="",
            message=f"this subnet is of the project {project}, and the network of "
            f"{owner}: a subnet is its network's",
            path=(*_AT, "subnet"),
            value=network.subnet,
            link=gcp_networks.SUBNETS_LINK,
        )


def in_the_network_of_the_cluster(stack: Stack) -> Iterator[Problem]:
    """A class in the driver's words names the network that its pods are in."""
    platform = on_gcp(stack)
    network = vpc_of_gcp(platform)
    if platform is None or network is None:
        return
    own = network.existing.network if network.existing else None
    for name, spec in platform.storage_classes.items():
        if not isinstance(spec, StorageClassSpec) or spec.provisioner not in _BY_DRIVER:
            continue
        if spec.existing:
            continue
        named = spec.all_parameters.get(_NETWORK)
        if named is not None and own is not None and _short(named) == _short(own):
            continue
        at: Path = ("platform", "storageClasses", name)
        stated = _NETWORK in spec.parameters
        yield Problem(
            rule="",
            message="the driver makes its volumes in the network called default, "
            "which is not this environment's: no pod would reach them"
            if named is None
            else "this is another network than the environment's: no pod would reach "
            "its volumes, unless someone has connected both",
            path=(*at, "parameters", _NETWORK) if stated else at,
            value=named if stated else UNSET,
            nearest=_nearest(own, stated=stated),
            link=_LUSTRE,
            severity="warning",
        )


def _nearest(own: str | None, *, stated: bool) -> str | None:
    if own is None:
        return None
    return own if stated else f"parameters: {{{_NETWORK}: {own}}}"


def _short(network: str) -> str:
    """The last part of a network's name."""
    return network.rpartition("/")[2]


RULES = (
    Rule("GCP06", "a file system that is not made", private_services),
    Rule("GCP07", "a cluster that is nowhere", a_subnet_for_nodes),
    Rule("GCP08", "nodes in another region", a_subnet_of_the_region),
    Rule(
        "GCP09",
        "a file system in a network that it cannot be in",
        private_services_of_shared_vpc,
    ),
    Rule("GCP10", "mounts that time out", in_the_network_of_the_cluster),
)
