"""What storage and nodes cost on AWS a month: sums of a dated price list.

What has no price is named as not counted, what rests on someone's word as rough,
and what was counted at its highest price as the most that it can be.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from components.catalog import aws_machines, ebs
from components.catalog.aws_price_list import PRICES, REGION
from components.catalog.prices import (
    HOURS,
    Estimate,
    NoPricesError,
    at_most,
    cost_of,
)

S3_FIRST_GB = 51_200
"""GB of a month's S3 Standard beyond which a GB costs less."""


def in_region(region: str) -> None:
    """Refuse a region whose prices are not known.

    Raises:
        NoPricesError: They are not.
    """
    if region != REGION:
        raise NoPricesError(region, REGION)


def _of(name: str, amount: Decimal | int) -> Estimate:
    """What `amount` of one row costs."""
    return cost_of(PRICES, name, amount)


def fsx_lustre(
    *,
    region: str,
    deployment: str,
    storage_type: str = "SSD",
    capacity_gib: int,
    throughput_per_tib: int | None = None,
    metadata_iops: int = 0,
) -> Estimate:
    """What a file system of FSx for Lustre costs a month.

    Args:
        region: Its region.
        deployment: Its deployment type.
        storage_type: What it stores on.
        capacity_gib: GiB of it, used or not.
        throughput_per_tib: MB/s for each TiB, of persistent types.
        metadata_iops: Metadata IOPS that it was given on top of AWS's own.

    Raises:
        NoPricesError: Nothing is known of the region.
    """
    in_region(region)
    of_throughput = [] if throughput_per_tib is None else [str(throughput_per_tib)]
    name = " ".join(["fsx", deployment, storage_type, *of_throughput])
    cost = _of(name, capacity_gib)
    if not metadata_iops:
        return cost
    return at_most(
        cost + _of("fsx metadata IOPS", metadata_iops),
        "metadata IOPS that come with the capacity cost nothing",
    )


def efs(
    *,
    region: str,
    one_zone: bool = False,
    gib: Decimal | int = 0,
    infrequent_gib: Decimal | int = 0,
    archived_gib: Decimal | int = 0,
    provisioned_mibps: int = 0,
    elastic: bool = True,
    read_gib: Decimal | int = 0,
    written_gib: Decimal | int = 0,
) -> Estimate:
    """What a file system of EFS costs a month.

    Args:
        region: Its region.
        one_zone: It is in one zone.
        gib: GiB of files in Standard storage.
        infrequent_gib: GiB that moved to Infrequent Access.
        archived_gib: GiB that moved to Archive.
        provisioned_mibps: MiB/s of `throughput: provisioned`.
        elastic: It is paid by what is read and written (`throughput: elastic`).
        read_gib: GiB read in a month.
        written_gib: GiB written in a month.

    Raises:
        NoPricesError: Nothing is known of the region.
    """
    in_region(region)
    cost = _of("efs One Zone" if one_zone else "efs Standard", gib)
    cost += _of("efs Infrequent Access", infrequent_gib)
    cost += _of("efs Archive", archived_gib)
    if elastic:
        cost += _of("efs elastic reads", read_gib)
        cost += _of("efs elastic writes", written_gib)
    if not provisioned_mibps:
        return cost
    return at_most(
        cost + _of("efs provisioned throughput", provisioned_mibps),
        "throughput that comes with the files costs nothing",
    )


def s3(
    *,
    region: str,
    storage_class: str = "STANDARD",
    gib: Decimal | int = 0,
    puts: int = 0,
    gets: int = 0,
    retrieved_gib: Decimal | int = 0,
    objects: int = 0,
) -> Estimate:
    """What objects of one storage class of S3 cost a month.

    Args:
        region: Their region.
        storage_class: Where they are, such as `STANDARD` or `GLACIER_IR`.
        gib: GiB of them.
        puts: Requests in a month that write or list.
        gets: Requests in a month that read.
        retrieved_gib: GiB read in a month, where reading costs by the GB.
        objects: How many they are, where each is watched.

    Raises:
        NoPricesError: Nothing is known of the region.
    """
    in_region(region)
    by_request = "STANDARD" if storage_class == "INTELLIGENT_TIERING" else storage_class
    cost = _of(f"s3 {storage_class}", gib)
    cost += _of(f"s3 puts {by_request}", Decimal(puts) / 1000)
    cost += _of(f"s3 gets {by_request}", Decimal(gets) / 1000)
    if storage_class not in ("STANDARD", "INTELLIGENT_TIERING"):
        cost += _of(f"s3 retrieval {storage_class}", retrieved_gib)
    if storage_class == "INTELLIGENT_TIERING":
        cost += _of("s3 monitoring", Decimal(objects) / 1000)
        cost = at_most(cost, "objects that no one reads cost less") if gib else cost
    if storage_class == "STANDARD" and gib > S3_FIRST_GB:
        cost = at_most(cost, f"beyond {S3_FIRST_GB} GB a GB costs less")
    return cost


def ebs_disk(
    *,
    region: str,
    volume_type: str = "gp3",
    gib: Decimal | int,
    iops: int = 0,
    throughput: int = 0,
) -> Estimate:
    """What a disk of EBS costs a month.

    Args:
        region: Its region.
        volume_type: Its type.
        gib: GiB of it, used or not.
        iops: IOPS that it was given; 0 for what comes with it.
        throughput: MiB/s that a gp3 disk was given; 0 for what comes with it.

    Raises:
        NoPricesError: Nothing is known of the region.
    """
    in_region(region)
    cost = _of(f"ebs {volume_type}", gib)
    if volume_type == "gp3":
        cost += _of("ebs gp3 IOPS", _beyond(ebs.BY_NAME["gp3"].iops, iops))
        cost += _of(
            "ebs gp3 throughput", _beyond(ebs.BY_NAME["gp3"].throughput, throughput)
        )
    elif volume_type in ("io1", "io2"):
        cost += _of(f"ebs {volume_type} IOPS", iops)
        if volume_type == "io2" and iops:
            cost = at_most(cost, "many IOPS of io2 may cost less each")
    return cost


def _beyond(asked: ebs.Range | None, amount: int) -> int:
    """What is paid for of `amount`: the least that a disk has comes with it."""
    return max(0, amount - asked.least) if asked is not None else amount


def nodes(
    *,
    region: str,
    machine: str,
    count: int,
    hours: Decimal | int = HOURS,
    capacity: Literal["on-demand", "spot", "capacity-block"] = "on-demand",
) -> Estimate:
    """What nodes of one machine cost a month, without their disks.

    Args:
        region: Their region.
        machine: The instance type.
        count: How many they are.
        hours: The hours in a month that they run; default all, 730.
        capacity: How they are bought. Spot is counted as on demand, which it
            never exceeds; a Capacity Block has a price of its own.

    Raises:
        NoPricesError: Nothing is known of the region.
    """
    in_region(region)
    known = aws_machines.machine(machine)
    if not count or not hours:
        return Estimate()
    if known is None or known.usd_per_hour is None or capacity == "capacity-block":
        what = "of a Capacity Block" if capacity == "capacity-block" else ""
        return Estimate(unknown=frozenset({f"ec2 {machine} {what}".strip()}))
    cost = Estimate(
        usd=Decimal(str(known.usd_per_hour)) * count * hours,
        counted=frozenset({f"ec2 {machine}"}),
    )
    if capacity == "spot":
        return at_most(cost, "spot is counted at the price on demand")
    return cost


def eks_cluster(
    *, region: str, hours: Decimal | int = HOURS, extended_support: bool = False
) -> Estimate:
    """What the control plane of a cluster costs a month.

    Args:
        region: Its region.
        hours: The hours in a month that it runs; default all, 730.
        extended_support: Its version of Kubernetes is out of standard support.

    Raises:
        NoPricesError: Nothing is known of the region.
    """
    in_region(region)
    which = " in extended support" if extended_support else ""
    return _of(f"eks cluster{which}", Decimal(hours))


def between_zones(*, region: str, gib: Decimal | int) -> Estimate:
    """What it costs to move data from a zone to another, paid on both sides.

    Args:
        region: The region of both.
        gib: GiB moved.

    Raises:
        NoPricesError: Nothing is known of the region.
    """
    in_region(region)
    return _of("transfer between zones", 2 * gib)
