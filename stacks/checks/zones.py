"""Zones: pools and storage are in zones that the region and the network have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from components.aws.node_pool_spec import EksNodePoolSpec
from components.catalog import aws_regions
from components.catalog.problem import UNSET, Problem
from components.kubernetes.storage_class_spec import StorageClassSpec
from components.spec import closest
from stacks.checks import geography
from stacks.checks.geography import Geography
from stacks.checks.places import (
    lustre_classes,
    on_a_cloud,
    on_aws,
    region_of,
    stated_zones,
    vpc_of_aws,
    zones_of_storage,
)
from stacks.checks.regions import region_of_its_storage
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.zones import class_zone, zones_of


def of_the_region(stack: Stack) -> Iterator[Problem]:
    """Every zone is one of the region: what is elsewhere cannot be reached."""
    platform = on_a_cloud(stack)
    places = geography.of(platform)
    region = region_of(platform)
    if platform is None or places is None or region is None:
        return
    if next(region_of_its_storage(stack), None) is not None:
        return
    stated = list(stated_zones(platform))
    regions = {_region(places, zone) for _, zone in stated}
    if len(stated) > 1 and len(regions) == 1 and regions.isdisjoint({None, region}):
        (other,) = regions
        yield Problem(
            rule="",
            message=f"every zone that stands here is of {other}",
            path=("platform", "region"),
            value=region,
            nearest=other,
            link=places.link,
        )
        return
    for at, zone in stated:
        problem = places.zone_of_region(zone, region)
        if problem is None and zone in places.regions and zone != region:
            problem = Problem(
                rule="",
                message=f"the environment is in {region}",
                value=zone,
                nearest=region,
                link=places.link,
            )
        if problem is not None:
            # The key of a mapping is its own value.
            value = UNSET if at[-1] == zone else zone
            yield replace(problem, path=at, value=value)


def _region(places: Geography, location: str) -> str | None:
    """The region of a zone, or of what is a region itself."""
    return location if location in places.regions else places.region_of(location)


def _elsewhere(stack: Stack, zone: str) -> bool:
    """Whether a zone is of another region, which is said by itself."""
    region = region_of(on_aws(stack))
    return region is not None and aws_regions.zone_of_region(zone, region) is not None


def with_a_subnet(stack: Stack) -> Iterator[Problem]:
    """Pools and storage are in zones in which the network has a subnet.

    A subnet of AWS is one zone's, and one of Google Cloud the region's.
    """
    platform = on_aws(stack)
    network = vpc_of_aws(platform)
    if platform is None or network is None:
        return
    known = network.zones
    wanted = list(zones_of_storage(platform))
    for name, pool in platform.node_pools.items():
        if isinstance(pool, EksNodePoolSpec):
            at = ("platform", "nodePools", name, "zones")
            wanted += [((*at, index), zone) for index, zone in enumerate(pool.zones)]
    for at, zone in wanted:
        _, section, name, *_ = at
        spec = platform.storage.get(str(name)) if section == "storage" else None
        there = spec is not None and getattr(spec, "existing", None) is not None
        if zone not in known and not there and not _elsewhere(stack, zone):
            yield Problem(
                rule="",
                message=f"the network has no subnet in this zone: it has "
                f"{', '.join(sorted(known))}",
                path=at,
                value=zone,
                allowed=tuple(sorted(known)),
                nearest=closest(zone, known) or next(iter(known), None),
                link=aws_regions.LINK,
            )


def zone_of_a_class(stack: Stack) -> Iterator[Problem]:
    """A class of FSx says its zone, where there are nodes in several or in none."""
    platform = on_aws(stack)
    if platform is None:
        return
    for name, spec in lustre_classes(platform):
        if not isinstance(spec, StorageClassSpec):
            continue
        pools = platform.node_pools.values()
        if class_zone(pools, spec) is not None:
            continue
        network = vpc_of_aws(platform)
        zones = sorted(zones_of(pools)) or (network.zones if network else [])
        subnets = network.zones if network else zones
        fit = [z for z in zones if z in subnets] or list(subnets)
        known = [zone for zone in fit if not _elsewhere(stack, zone)]
        yield Problem(
            rule="",
            message="required: the driver makes every file system in one zone, and it "
            "is not clear from the pools in which",
            path=("platform", "storageClasses", name),
            allowed=tuple(known),
            nearest=f"zone: {known[0]}" if known else None,
            link="https://github.com/kubernetes-sigs/aws-fsx-csi-driver",
        )


RULES = (
    Rule("NET09", "storage or nodes in another region", of_the_region),
    Rule("ZON01", "storage or nodes without a subnet", with_a_subnet),
    Rule("ZON06", "a class whose claims stay Pending for a zone", zone_of_a_class),
)
