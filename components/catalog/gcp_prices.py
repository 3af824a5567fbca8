"""What storage and nodes cost on Google Cloud a month: sums of a dated price list.

What has no price is named as not counted, what rests on someone's word as rough,
and what was counted at its highest price as the most that it can be.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from components.catalog import gcp_machines
from components.catalog.gcp_price_list import FAMILIES, PRICES, REGION, SHARED_CORES
from components.catalog.prices import (
    HOURS,
    Estimate,
    NoPricesError,
    at_most,
    cost_of,
)

_MIB_OF_A_GIB = 1024
_OWN_SSDS = "a2-ultragpu"
"""Machines whose local SSDs may be in their price already."""


def in_region(region: str) -> None:
    """Refuse a region whose prices are not known.

    Raises:
        NoPricesError: They are not.
    """
    if region != REGION:
        raise NoPricesError(region, REGION)


def _of(name: str, amount: Decimal | int, usd: Decimal | None = None) -> Estimate:
    """What `amount` of one row costs, by the list or by what someone was told."""
    if usd is None or not amount:
        return cost_of(PRICES, name, amount)
    told = frozenset({f"{name}, as told"})
    return Estimate(usd=usd * amount, counted=told, rough=told)


def filestore(
    *, region: str, tier: str, capacity_gib: int, provisioned_iops: int = 0
) -> Estimate:
    """What an instance of Filestore costs a month.

    Args:
        region: Its region.
        tier: Its service tier, such as `ZONAL`.
        capacity_gib: GiB of it, used or not.
        provisioned_iops: IOPS that it was given; 0 for what comes with it.

    Raises:
        NoPricesError: Nothing is known of the region.
    """
    in_region(region)
    cost = _of(f"filestore {tier}", capacity_gib)
    return cost + _of("filestore provisioned IOPS", provisioned_iops)


def managed_lustre(
    *,
    region: str,
    throughput_per_tib: int | None,
    capacity_gib: int,
    usd: Decimal | None = None,
) -> Estimate:
    """What an instance of Managed Lustre costs a month.

    Args:
        region: Its region.
        throughput_per_tib: MB/s for each TiB; None of the dynamic tier.
        capacity_gib: GiB of it, used or not.
        usd: US dollars for a GiB a month, from who knows them: the list has none.

    Raises:
        NoPricesError: Nothing is known of the region.
    """
    in_region(region)
    tier = "dynamic" if throughput_per_tib is None else throughput_per_tib
    return _of(f"lustre {tier}", capacity_gib, usd)


def disk(
    *,
    region: str,
    disk_type: str,
    gib: Decimal | int,
    iops: int = 0,
    throughput: int = 0,
    zones: Literal[1, 2] = 1,
    usd: Decimal | None = None,
) -> Estimate:
    """What a Persistent Disk or Hyperdisk costs a month.

    Args:
        region: Its region.
        disk_type: Its type, such as `pd-ssd`.
        gib: GiB of it, used or not.
        iops: IOPS that it was given; 0 for what comes with it.
        throughput: MiB/s that it was given; 0 for what comes with it.
        zones: In how many zones it is: a regional disk is two.
        usd: US dollars for a GiB a month, from who knows them.

    Raises:
        NoPricesError: Nothing is known of the region.
    """
    in_region(region)
    cost = _of(f"disk {disk_type}", gib * zones, usd)
    cost += _of("disk provisioned IOPS", iops * zones)
    return cost + _of("disk provisioned throughput", throughput * zones)


def local_ssd(
    *, region: str, gb: Decimal | int, hours: Decimal | int = HOURS
) -> Estimate:
    """What local SSDs cost that are attached to nodes.

    Args:
        region: Their region.
        gb: GB of them together.
        hours: The hours in a month that their nodes run; default all, 730.

    Raises:
        NoPricesError: Nothing is known of the region.
    """
    in_region(region)
    return _of("local SSD", Decimal(gb) * hours / HOURS)


def bucket(
    *,
    region: str,
    storage_class: str = "STANDARD",
    location: Literal["region", "dual-region", "multi-region"] = "region",
    gib: Decimal | int = 0,
    writes: int = 0,
    reads: int = 0,
    retrieved_gib: Decimal | int = 0,
    hierarchical_namespace: bool = False,
) -> Estimate:
    """What objects of one class of a bucket cost a month.

    Args:
        region: Their region, or the one that the bucket's location is counted by.
        storage_class: Where they are, such as `STANDARD` or `NEARLINE`.
        location: In one region, in two, or all over a continent.
        gib: GiB of them, soft-deleted ones among them.
        writes: Requests in a month that write or list.
        reads: Requests in a month that read.
        retrieved_gib: GiB read in a month, where reading costs by the GB.
        hierarchical_namespace: Whether its requests are those of folders too,
            which cost more.

    Raises:
        NoPricesError: Nothing is known of the region.
    """
    in_region(region)
    cost = _of(f"gcs {storage_class} {location}", gib)
    cost += _of(f"gcs writes {storage_class}", Decimal(writes) / 10_000)
    cost += _of(f"gcs reads {storage_class}", Decimal(reads) / 10_000)
    if storage_class != "STANDARD":
        cost += _of(f"gcs retrieval {storage_class}", retrieved_gib)
    if hierarchical_namespace:
        requests = Decimal(writes + reads) / 10_000
        cost += _of("gcs hierarchical namespace", requests)
    return cost


def anywhere_cache(
    *, region: str, gib: Decimal | int, hours: Decimal | int = HOURS
) -> Estimate:
    """What a cache of a bucket near its readers costs a month, without what fills it.

    Args:
        region: The region of its zone.
        gib: GiB that it holds.
        hours: The hours in a month that it holds them; default all, 730.

    Raises:
        NoPricesError: Nothing is known of the region.
    """
    in_region(region)
    return _of("gcs anywhere cache", Decimal(gib) * hours)


def nodes(
    *,
    region: str,
    machine: str,
    count: int,
    hours: Decimal | int = HOURS,
    capacity: Literal[
        "on-demand", "spot", "reservation", "flex-start", "queued"
    ] = "on-demand",
    gpu: str | None = None,
    gpu_count: int = 0,
    local_ssds: int | None = None,
) -> Estimate:
    """What nodes of one machine cost a month, with local SSDs, without boot disks.

    Args:
        region: Their region.
        machine: The machine type. Those of TPUs are paid for by `tpu`.
        count: How many they are.
        hours: The hours in a month that they run; default all, 730.
        capacity: How they are had. What is not on demand costs no more than that.
        gpu: The GPU that is attached to each, such as `nvidia-tesla-t4`.
        gpu_count: How many of it.
        local_ssds: Local SSDs of each; default those that the machine comes with.

    Raises:
        NoPricesError: Nothing is known of the region.
    """
    in_region(region)
    if not count or not hours:
        return Estimate()
    together = Decimal(count) * hours
    cost = _machine(machine, together)
    if gpu is not None:
        cost += _of(f"gpu {gpu}", together * gpu_count)
    known = gcp_machines.machine(machine)
    if known is not None and not machine.startswith(_OWN_SSDS):
        each = known.ssd_gb_of(local_ssds)
        cost += local_ssd(region=region, gb=each * count, hours=hours)
    if capacity != "on-demand" and cost.usd:
        return at_most(cost, f"{capacity} is counted at the price on demand")
    return cost


def _machine(name: str, hours: Decimal) -> Estimate:
    """What machines of one type cost by the hour, without what is attached to them."""
    row = f"gce {name}"
    machine = gcp_machines.machines().get(name)
    family = FAMILIES.get(machine.family) if machine is not None else None
    if row in PRICES or machine is None or family is None or name in SHARED_CORES:
        return cost_of(PRICES, row, hours)
    gib = Decimal(machine.memory_mib) / _MIB_OF_A_GIB
    return Estimate(
        usd=(family.cpu * machine.vcpu + family.memory * gib) * hours,
        counted=frozenset({row}),
    )


def tpu(
    *,
    region: str,
    generation: str,
    chips: int,
    hours: Decimal | int = HOURS,
    spot: bool = False,
) -> Estimate:
    """What chips of TPUs cost a month, with the machines that they are in.

    Args:
        region: Their region.
        generation: Such as `v6e`.
        chips: How many they are: the product of a slice's topology, and of slices.
        hours: The hours in a month that they run; default all, 730.
        spot: They may go at any time, and cost less.

    Raises:
        NoPricesError: Nothing is known of the region.
    """
    in_region(region)
    cost = _of(f"tpu {generation}", Decimal(chips) * hours)
    return at_most(cost, "spot is counted at the price on demand") if spot else cost


def gke_cluster(*, region: str, hours: Decimal | int = HOURS) -> Estimate:
    """What the control plane of a cluster costs a month.

    Args:
        region: Its region.
        hours: The hours in a month that it runs; default all, 730.

    Raises:
        NoPricesError: Nothing is known of the region.
    """
    in_region(region)
    return _of("gke cluster", Decimal(hours))
