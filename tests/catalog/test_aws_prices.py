"""Prices of AWS: sums of a dated list, and never a guess."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import aws_machines, aws_prices
from components.catalog.aws_price_list import PRICES, REGION, ROWS
from components.catalog.aws_prices import Estimate

HERE = REGION
sizes = st.integers(0, 10**6)
counts = st.integers(0, 10**5)


def test_every_price_says_where_and_when_it_was_read() -> None:
    for name, row in PRICES.items():
        assert row.name == name
        assert all((row.unit, row.source, row.priced))
        assert row.as_of == "2026-11-22"
        assert row.usd is None or row.usd > 0
        assert row.usd is not None or row.status == "unconfirmed"


def test_no_price_is_listed_twice() -> None:
    assert len(PRICES) == len(ROWS)


@pytest.mark.parametrize(
    ("cost", "usd"),
    [
        # 2.4 TiB of PERSISTENT_2 at 125 MB/s for each TiB.
        (
            aws_prices.fsx_lustre(
                region=HERE,
                deployment="PERSISTENT_2",
                capacity_gib=2400,
                throughput_per_tib=125,
            ),
            "348",
        ),
        (
            aws_prices.fsx_lustre(
                region=HERE, deployment="SCRATCH_2", capacity_gib=1200
            ),
            "168",
        ),
        (aws_prices.s3(region=HERE, gib=1000), "23"),
        (aws_prices.efs(region=HERE, gib=100), "30"),
        (aws_prices.efs(region=HERE, gib=100, one_zone=True), "16"),
        # The disk of the price list's own example: 40 GB.
        (aws_prices.ebs_disk(region=HERE, gib=40), "3.2"),
        (aws_prices.ebs_disk(region=HERE, gib=40, iops=4000, throughput=130), "8.4"),
        (aws_prices.nodes(region=HERE, machine="g5.xlarge", count=1), "734.38"),
        (aws_prices.eks_cluster(region=HERE, extended_support=True), "438"),
    ],
)
def test_what_the_list_says(cost: Estimate, usd: str) -> None:
    assert cost.usd == Decimal(usd)
    assert cost.is_certain


@given(region=st.sampled_from(["us-west-2", "eu-central-1", ""]), gib=sizes)
def test_no_region_is_guessed_from_another(region: str, gib: int) -> None:
    for cost in (
        lambda: aws_prices.fsx_lustre(
            region=region, deployment="SCRATCH_2", capacity_gib=gib
        ),
        lambda: aws_prices.efs(region=region, gib=gib),
        lambda: aws_prices.s3(region=region, gib=gib),
        lambda: aws_prices.ebs_disk(region=region, gib=gib),
        lambda: aws_prices.nodes(region=region, machine="g5.xlarge", count=1),
        lambda: aws_prices.eks_cluster(region=region),
        lambda: aws_prices.between_zones(region=region, gib=gib),
    ):
        with pytest.raises(aws_prices.NoPricesError, match="us-east-1 only"):
            cost()


_FSX = [
    *(("PERSISTENT_2", "SSD", mb) for mb in (125, 250, 500, 1000)),
    *(("PERSISTENT_1", "SSD", mb) for mb in (50, 100, 200)),
    *(("PERSISTENT_1", "HDD", mb) for mb in (12, 40)),
    ("PERSISTENT_2", "INTELLIGENT_TIERING", None),
    ("SCRATCH_1", "SSD", None),
    ("SCRATCH_2", "SSD", None),
]
_CLASSES = [
    *("STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING"),
    *("GLACIER_IR", "GLACIER", "DEEP_ARCHIVE", "EXPRESS_ONEZONE"),
]
_DISKS = ["gp3", "gp2", "io1", "io2", "st1", "sc1"]


@pytest.mark.parametrize(("deployment", "storage", "per_tib"), _FSX)
@given(one=sizes, other=sizes)
def test_a_file_system_costs_by_its_size(
    deployment: str, storage: str, per_tib: int | None, one: int, other: int
) -> None:
    def cost(gib: int) -> Estimate:
        return aws_prices.fsx_lustre(
            region=HERE,
            deployment=deployment,
            storage_type=storage,
            capacity_gib=gib,
            throughput_per_tib=per_tib,
        )

    assert cost(one) + cost(other) == cost(one + other)
    # Every type that AWS has is in the list, with a price or without.
    name = f"fsx {deployment} {storage}" + (f" {per_tib}" if per_tib else "")
    assert name in PRICES
    if one:
        assert bool(cost(one).unknown) == (PRICES[name].usd is None)


@given(size=sizes, one=counts, other=counts)
def test_a_faster_file_system_never_costs_less(size: int, one: int, other: int) -> None:
    low, high = sorted((one, other))

    def cost(iops: int) -> Decimal:
        return aws_prices.fsx_lustre(
            region=HERE,
            deployment="PERSISTENT_2",
            capacity_gib=size,
            throughput_per_tib=125,
            metadata_iops=iops,
        ).usd

    assert cost(low) <= cost(high)
    tiers = [
        aws_prices.fsx_lustre(
            region=HERE,
            deployment="PERSISTENT_2",
            capacity_gib=size,
            throughput_per_tib=mb,
        ).usd
        for mb in (125, 250, 500, 1000)
    ]
    assert tiers == sorted(tiers)


@pytest.mark.parametrize("name", _CLASSES)
@given(one=sizes, other=sizes, puts=counts, gets=counts)
def test_objects_cost_by_their_size_and_their_requests(
    name: str, one: int, other: int, puts: int, gets: int
) -> None:
    def cost(gib: int, puts: int = 0, gets: int = 0) -> Estimate:
        return aws_prices.s3(
            region=HERE,
            storage_class=name,
            gib=gib,
            puts=puts,
            gets=gets,
            retrieved_gib=gib,
            objects=gib,
        )

    assert cost(one).usd + cost(other).usd == cost(one + other).usd
    assert cost(one).usd <= cost(one, puts, gets).usd
    assert f"s3 {name}" in PRICES
    if one:
        assert (f"s3 {name}" in cost(one).unknown) == (PRICES[f"s3 {name}"].usd is None)


@pytest.mark.parametrize("kind", _DISKS)
@given(size=sizes, iops=counts, throughput=counts, more=counts)
def test_a_larger_or_faster_disk_never_costs_less(
    kind: str, size: int, iops: int, throughput: int, more: int
) -> None:
    def cost(gib: int, iops: int, throughput: int) -> Decimal:
        return aws_prices.ebs_disk(
            region=HERE, volume_type=kind, gib=gib, iops=iops, throughput=throughput
        ).usd

    least = cost(size, iops, throughput)
    assert least <= cost(size + more, iops, throughput)
    assert least <= cost(size, iops + more, throughput)
    assert least <= cost(size, iops, throughput + more)


@given(
    gib=sizes,
    rest=sizes,
    mibps=st.integers(0, 3414),
    read=sizes,
    written=sizes,
    elastic=st.booleans(),
)
def test_efs_costs_the_sum_of_its_parts(
    *, gib: int, rest: int, mibps: int, read: int, written: int, elastic: bool
) -> None:
    whole = aws_prices.efs(
        region=HERE,
        gib=gib,
        infrequent_gib=rest,
        archived_gib=rest,
        provisioned_mibps=mibps,
        elastic=elastic,
        read_gib=read,
        written_gib=written,
    )
    parts = (
        aws_prices.efs(region=HERE, gib=gib)
        + aws_prices.efs(region=HERE, infrequent_gib=rest)
        + aws_prices.efs(region=HERE, archived_gib=rest)
        + aws_prices.efs(region=HERE, provisioned_mibps=mibps)
    )
    if elastic:
        parts += aws_prices.efs(region=HERE, read_gib=read, written_gib=written)
    assert whole == parts
    # Files that were moved cost less than they did.
    assert aws_prices.efs(region=HERE, archived_gib=rest).usd <= (
        aws_prices.efs(region=HERE, infrequent_gib=rest).usd
    )


@given(
    machine=st.sampled_from(sorted(aws_machines.machines())),
    one=st.integers(0, 100),
    other=st.integers(0, 100),
    hours=st.integers(0, 744),
)
def test_nodes_cost_by_their_hours(
    machine: str, one: int, other: int, hours: int
) -> None:
    def cost(count: int) -> Estimate:
        return aws_prices.nodes(region=HERE, machine=machine, count=count, hours=hours)

    assert cost(one) + cost(other) == cost(one + other)
    if one and hours:
        known = aws_machines.machines()[machine].usd_per_hour is not None
        assert (cost(one).usd > 0) == known
        assert bool(cost(one).unknown) != known


def test_what_is_not_known_is_named_and_not_counted() -> None:
    tiering = aws_prices.fsx_lustre(
        region=HERE,
        deployment="PERSISTENT_2",
        storage_type="INTELLIGENT_TIERING",
        capacity_gib=1,
    )
    assert tiering.usd == 0
    assert tiering.unknown == {"fsx PERSISTENT_2 INTELLIGENT_TIERING"}
    assert not tiering.is_certain
    block = aws_prices.nodes(
        region=HERE, machine="p5.48xlarge", count=1, capacity="capacity-block"
    )
    assert block.unknown == {"ec2 p5.48xlarge of a Capacity Block"}
    assert aws_prices.nodes(region=HERE, machine="p5e.48xlarge", count=1).unknown
    assert aws_prices.nodes(region=HERE, machine="x9.large", count=1).unknown


def test_what_is_not_confirmed_is_flagged() -> None:
    faster = aws_prices.fsx_lustre(
        region=HERE,
        deployment="PERSISTENT_2",
        capacity_gib=2400,
        throughput_per_tib=250,
    )
    assert faster.usd == 504
    assert faster.rough == {"fsx PERSISTENT_2 SSD 250"}
    spot = aws_prices.nodes(region=HERE, machine="g5.xlarge", count=2, capacity="spot")
    assert spot.usd == Decimal("1468.76")
    assert spot.at_most
    together = faster + spot
    assert together.counted == {"fsx PERSISTENT_2 SSD 250", "ec2 g5.xlarge"}
    assert together.rough == faster.rough
    assert together.at_most == spot.at_most
    assert together.usd == faster.usd + spot.usd
