"""Classes of FSx for Lustre: where their file systems are, and how large."""

from __future__ import annotations

from collections.abc import Iterator

from components.aws.fsx_lustre_class_spec import FsxLustreClassSpec
from components.catalog import fsx_lustre_tables, quantity
from components.catalog.fsx_driver import described
from components.catalog.fsx_lustre_asked import FileSystem
from components.catalog.problem import Problem
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.ephemeral_spec import EphemeralSpec
from components.kubernetes.storage_class_spec import StorageClassSpec
from stacks.checks.places import FSX, class_of, lustre_classes, on_aws, vpc_of_aws
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import NEUTRAL, AnyClass
from stacks.zones import class_zone

_GIB = 2**30
_NO_SIZE = NEUTRAL["team", "volumes", "*", "size"]
_SUBNET = "subnetId"
_DRIVER = "https://github.com/kubernetes-sigs/aws-fsx-csi-driver"


def in_its_subnet(stack: Stack) -> Iterator[Problem]:
    """A class in the driver's words names the subnet of its zone, if any."""
    platform = on_aws(stack)
    network = vpc_of_aws(platform)
    if platform is None or network is None:
        return
    there = network.existing
    subnets = there.subnets if there is not None else {}
    for name, spec in lustre_classes(platform):
        if not isinstance(spec, StorageClassSpec) or _SUBNET not in spec.parameters:
            continue
        subnet = spec.parameters[_SUBNET]
        zone = class_zone(platform.node_pools.values(), spec)
        own = subnets.get(zone or "")
        if subnet == own or (own is None and subnet in subnets.values()):
            continue
        of = next((zone for zone, id_ in subnets.items() if id_ == subnet), None)
        yield Problem(
            rule="",
            message="this is none of the network's subnets: its file systems are "
            "reached only if that network is connected to the nodes'"
            if of is None
            else f"this is the subnet of {of}, and the class is in {zone}",
            path=("platform", "storageClasses", name, "parameters", _SUBNET),
            value=subnet,
            nearest=own,
            link=_DRIVER,
            severity="warning" if of is None else "error",
        )


def _asked(spec: AnyClass | None) -> FileSystem | None:
    """What a class asks of FSx, in this project's words or the driver's."""
    if isinstance(spec, FsxLustreClassSpec):
        return spec.asked
    if isinstance(spec, StorageClassSpec) and spec.provisioner == FSX:
        return None if spec.existing else described(spec.all_parameters)
    return None


def of_a_size_with_efa(stack: Stack) -> Iterator[Problem]:
    """A claim on a class with EFA has a size that comes with EFA.

    The driver rounds claims up to the sizes that there are without it.
    """
    for name, claim in stack.volumes.items():
        if not isinstance(claim, ClaimSpec | EphemeralSpec):
            continue
        asked = _asked(class_of(stack, claim))
        if asked is None or not asked.efa or claim.size in (None, _NO_SIZE):
            continue
        sizes = fsx_lustre_tables.EFA_SIZES.get(asked.throughput_per_tib or 0)
        if sizes is None or asked.sizes is None:
            continue
        wanted = -(-int(quantity.parse(str(claim.size))) // _GIB)
        _, rounded = asked.sizes.around(wanted)
        if rounded in sizes:
            continue
        yield Problem(
            rule="",
            message=f"the driver makes {rounded} GiB of it, and with EFA a file "
            f"system of {asked.throughput_per_tib} MB/s for each TiB comes in {sizes}; "
            "AWS states these sizes for growth",
            path=("team", "volumes", name, "size"),
            value=claim.size,
            nearest=f"{sizes.around(wanted)[1]}Gi",
            link=fsx_lustre_tables.GROW,
            severity="warning",
        )


RULES = (
    Rule("AWS33", "a file system where no node reaches it", in_its_subnet),
    Rule("AWS34", "a claim that FSx refuses for its size", of_a_size_with_efa),
)
