"""Zones of pods: they run where all that they mount can be mounted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from components.aws.efs_class_spec import EfsClassSpec
from components.aws.efs_spec import EfsSpec
from components.aws.node_pool_spec import EksNodePoolSpec
from components.catalog import aws_regions, gcp_regions
from components.catalog.problem import Problem, Severity
from components.kubernetes.claim_spec import ClaimSpec
from stacks.checks.places import (
    class_of,
    pool_of,
    reached_from_afar,
    vpc_of_aws,
    zone_of,
    zones_of_class,
)
from stacks.checks.rule import Rule
from stacks.checks.stack import MountOf, Stack
from stacks.config import AnyPool, SeenVolume
from stacks.zones import zones_of

_ZONES = aws_regions.LINK
_FSX = "https://docs.aws.amazon.com/fsx/latest/LustreGuide/limit-access-security-groups.html"
_EFS = "https://docs.aws.amazon.com/efs/latest/ug/accessing-fs.html"
_SEVERAL = 2
_DISKS = "https://docs.cloud.google.com/compute/docs/disks"
_EBS = "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volumes.html"


def _text(zones: Iterable[str]) -> str:
    return ", ".join(sorted(zones))


def nodes_in_its_zone(stack: Stack) -> Iterator[Problem]:
    """What is in one zone is mounted by programs whose nodes are there."""
    error: Severity = "error"
    warning: Severity = "warning"
    for mount in stack.mounts:
        zone = zone_of(stack, mount.volume) if mount.volume else None
        if zone is None or stack.platform is None:
            continue
        pools = stack.platform.node_pools
        pool = pool_of(stack, mount.program)
        if pool is not None:
            zones, severity = set(pool.zones), error
            where = f"the nodes of {mount.program.nodes.pool}"
        elif mount.program.nodes.pool is None and all(p.zones for p in pools.values()):
            # Nodes may be there that no pool describes.
            zones, severity = zones_of(pools.values()), warning
            where = "the nodes of all pools"
        else:
            continue
        if not zones or zone in zones:
            continue
        afar = mount.volume is not None and reached_from_afar(stack, mount.volume)
        if afar:
            severity = warning
        needed = mount.program.nodes
        others = [
            name
            for name, other in pools.items()
            if zone in other.zones
            and other.gpus >= needed.gpus
            and _tpus(other) == needed.tpus
        ]
        yield Problem(
            rule="",
            message=f"the volume is in {zone}, and {where} are in {_text(zones)}: "
            + (
                "every byte crosses zones, which is slower and is paid for"
                if afar
                else "a pod would wait for ever, or pay for every byte that crosses "
                "zones"
            ),
            path=mount.at,
            value=mount.mount.volume,
            nearest=f"pool: {others[0]}" if others else None,
            link=_link(stack),
            severity=severity,
        )


def _tpus(pool: AnyPool) -> int:
    return 0 if isinstance(pool, EksNodePoolSpec) else pool.tpus


def _link(stack: Stack) -> str:
    """The cloud's page on zones and what is mounted across them."""
    on_gcp = stack.platform is not None and stack.platform.cloud == "gcp"
    return gcp_regions.LINK if on_gcp else _FSX


def in_a_zone_of_its_class(stack: Stack) -> Iterator[Problem]:
    """A claim of a class that has some zones is mounted by nodes in one of them."""
    for mount in stack.mounts:
        spec = class_of(stack, mount.volume) if mount.volume else None
        pool = pool_of(stack, mount.program)
        zones = set(zones_of_class(stack, spec))
        # One zone is said by itself.
        if len(zones) < _SEVERAL or pool is None or not pool.zones:
            continue
        if zones.isdisjoint(pool.zones):
            yield Problem(
                rule="",
                message=f"the class makes its volumes in {_text(zones)}, and the nodes "
                f"of {mount.program.nodes.pool} are in {_text(pool.zones)}: the claim "
                "and its pod would wait for each other",
                path=mount.at,
                value=mount.mount.volume,
                link=_link(stack),
            )


def one_zone_for_a_pod(stack: Stack) -> Iterator[Problem]:
    """The volumes of one pod are in one zone, where each is in one only."""
    first: dict[object, tuple[str, str]] = {}
    for mount in stack.mounts:
        if mount.volume is None or reached_from_afar(stack, mount.volume):
            continue
        zone = zone_of(stack, mount.volume)
        pool = pool_of(stack, mount.program)
        # One that is in none of the pool's zones is said to be so.
        if zone is None or (pool is not None and zone not in (pool.zones or [zone])):
            continue
        name, other = first.setdefault(mount.owner, (mount.mount.volume, zone))
        if other != zone:
            yield Problem(
                rule="",
                message=f"the volume is in {zone}, and {name} is in {other}: no node "
                "is in both zones",
                path=mount.at,
                value=mount.mount.volume,
                link=_ZONES if _link(stack) == _FSX else gcp_regions.LINK,
            )


def _disks(stack: Stack) -> Iterator[list[MountOf]]:
    """The mounts of each claim that is a disk of one zone."""
    by_claim: dict[str, list[MountOf]] = defaultdict(list)
    for mount in stack.mounts:
        if not isinstance(mount.volume, ClaimSpec):
            continue
        row = stack.storage_kind(mount.volume)
        of_a_cloud = row is not None and row.zonal and row.cloud != "kubernetes"
        if of_a_cloud and zone_of(stack, mount.volume) is None:
            by_claim[mount.mount.volume].append(mount)
    yield from by_claim.values()


def one_zone_for_a_disk(stack: Stack) -> Iterator[Problem]:
    """A disk is made in the zone of its first pod, and stays there for others."""
    for mounts in _disks(stack):
        common: set[str] | None = None
        before = ""
        for mount in mounts:
            pool = pool_of(stack, mount.program)
            if pool is None or not pool.zones:
                continue
            zones = set(pool.zones)
            if common is not None and not common & zones:
                yield Problem(
                    rule="",
                    message="the disk is made in the zone of its first pod; the nodes "
                    f"of this one are in {_text(zones)}, and those of {before} in "
                    f"{_text(common)}: one of both would wait for ever",
                    path=mount.at,
                    value=mount.mount.volume,
                    link=_EBS if _link(stack) == _FSX else _DISKS,
                )
                break
            common = zones if common is None else common & zones
            before = mount.of


def mount_targets(stack: Stack) -> Iterator[Problem]:
    """EFS has a mount target in every zone of the pools that mount it."""
    network = vpc_of_aws(stack.platform)
    if network is None:
        return
    for mount in stack.mounts:
        pool = pool_of(stack, mount.program)
        # A pool that is made is in the network's zones, or that is said of it.
        if pool is None or isinstance(pool, EksNodePoolSpec):
            continue
        efs = _efs(stack, mount.volume) if mount.volume else None
        if efs is None or efs.existing is not None or efs.zone is not None:
            continue
        without = set(pool.zones) - set(network.zones)
        if without:
            yield Problem(
                rule="",
                message=f"{mount.program.nodes.pool} has nodes in {_text(without)}, "
                "where the network has no subnet, and so EFS no mount target: mounts "
                "there time out",
                path=mount.at,
                value=mount.mount.volume,
                link=_EFS,
            )


def _efs(stack: Stack, volume: SeenVolume) -> EfsSpec | None:
    """The file system of EFS behind a volume, where it is the platform's."""
    if isinstance(volume, EfsSpec):
        return volume
    spec = class_of(stack, volume)
    if not isinstance(spec, EfsClassSpec) or stack.platform is None:
        return None
    of = stack.platform.storage.get(spec.of or "")
    return of if isinstance(of, EfsSpec) else None


RULES = (
    Rule("ZON02", "a pod that cannot be where its data is", nodes_in_its_zone),
    Rule("GCP02", "a claim and a pod that wait for each other", in_a_zone_of_its_class),
    Rule("ZON03", "a pod that would have to be in two zones", one_zone_for_a_pod),
    Rule("ZON04", "a disk that one of two programs cannot reach", one_zone_for_a_disk),
    Rule("ZON05", "a mount of EFS that times out", mount_targets),
)
