"""Prices of Google Cloud: sums of a dated list, and never a guess."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import gcp_machines, gcp_prices, gcp_tpus
from components.catalog.filestore import TIERS
from components.catalog.gcp_disks import BY_NAME
from components.catalog.gcp_price_list import (
    FAMILIES,
    PRICES,
    REGION,
    ROWS,
    SHARED_CORES,
)
from components.catalog.prices import Estimate, NoPricesError

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
        (gcp_prices.disk(region=HERE, disk_type="pd-ssd", gib=100), "17"),
        (gcp_prices.disk(region=HERE, disk_type="pd-balanced", gib=100, zones=2), "20"),
        (gcp_prices.bucket(region=HERE, gib=1000), "20"),
        (gcp_prices.bucket(region=HERE, storage_class="ARCHIVE", gib=1000), "1.2"),
        (gcp_prices.anywhere_cache(region=HERE, gib=10, hours=100), "0.3"),
        (gcp_prices.local_ssd(region=HERE, gb=375), "30"),
        (
            gcp_prices.nodes(region=HERE, machine="g2-standard-24", count=2, hours=10),
            "42.20",
        ),
        (
            gcp_prices.nodes(
                region=HERE, machine="a2-highgpu-4g", count=1, local_ssds=4
            ),
            "10846.2842",
        ),
    ],
)
def test_what_the_list_says(cost: Estimate, usd: str) -> None:
    assert cost.usd == Decimal(usd)
    assert cost.is_certain


# As the same source lists whole machines, rounded as there.
_LISTED = {
    "c3-standard-22": "1.14884",
    "c3-highcpu-4": "0.1724",
    "e2-standard-8": "0.26805",
    "e2-highmem-16": "0.72320",
    "e2-highcpu-4": "0.09894",
    "n1-standard-8": "0.3800",
    "n1-highmem-32": "1.8944",
    "n2-standard-8": "0.3885",
    "n2-highmem-64": "4.1924",
    "n2d-standard-16": "0.6759",
    "t2d-standard-4": "0.1690",
}


@pytest.mark.parametrize(("machine", "usd"), _LISTED.items())
def test_a_family_agrees_with_its_machines(machine: str, usd: str) -> None:
    cost = gcp_prices.nodes(region=HERE, machine=machine, count=1, hours=1)
    assert abs(cost.usd / Decimal(usd) - 1) < Decimal("0.001")
    assert cost.is_certain


_ALL: list[Callable[[str], Estimate]] = [
    lambda r: gcp_prices.filestore(region=r, tier="ZONAL", capacity_gib=0),
    lambda r: gcp_prices.managed_lustre(
        region=r, throughput_per_tib=1000, capacity_gib=0
    ),
    lambda r: gcp_prices.disk(region=r, disk_type="pd-ssd", gib=0),
    lambda r: gcp_prices.local_ssd(region=r, gb=0),
    lambda r: gcp_prices.bucket(region=r),
    lambda r: gcp_prices.anywhere_cache(region=r, gib=0),
    lambda r: gcp_prices.nodes(region=r, machine="e2-standard-8", count=0),
    lambda r: gcp_prices.tpu(region=r, generation="v6e", chips=0),
    lambda r: gcp_prices.gke_cluster(region=r),
]


@pytest.mark.parametrize("cost", _ALL)
@pytest.mark.parametrize("region", ["us-east4", "europe-west4", "us-east-1", ""])
def test_no_region_is_guessed_from_another(
    cost: Callable[[str], Estimate], region: str
) -> None:
    with pytest.raises(NoPricesError, match="us-central1 only"):
        cost(region)


@pytest.mark.parametrize("tier", TIERS)
@given(one=sizes, other=sizes, iops=counts)
def test_an_instance_costs_by_its_size(
    tier: str, one: int, other: int, iops: int
) -> None:
    def cost(gib: int, iops: int = 0) -> Estimate:
        return gcp_prices.filestore(
            region=HERE, tier=tier, capacity_gib=gib, provisioned_iops=iops
        )

    assert cost(one) + cost(other) == cost(one + other)
    assert cost(one).usd <= cost(one, iops).usd
    # Every tier that there is is in the list, with a price or without.
    assert f"filestore {tier}" in PRICES
    assert bool(cost(one, iops).unknown - cost(one).unknown) == bool(iops)


@pytest.mark.parametrize("name", BY_NAME)
@given(one=sizes, other=sizes, iops=counts, throughput=counts)
def test_a_larger_disk_never_costs_less(
    name: str, one: int, other: int, iops: int, throughput: int
) -> None:
    def cost(gib: int, iops: int = 0, throughput: int = 0) -> Estimate:
        return gcp_prices.disk(
            region=HERE, disk_type=name, gib=gib, iops=iops, throughput=throughput
        )

    assert cost(one) + cost(other) == cost(one + other)
    assert cost(one).usd <= cost(one, iops, throughput).usd
    assert f"disk {name}" in PRICES
    whole = cost(one, iops, throughput)
    assert ("disk provisioned IOPS" in whole.unknown) == bool(iops)
    two = gcp_prices.disk(region=HERE, disk_type=name, gib=one, zones=2)
    assert two == cost(one) + cost(one)


@pytest.mark.parametrize(
    "name", ["STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE", "RAPID"]
)
@given(one=sizes, other=sizes, writes=counts, reads=counts)
def test_objects_cost_by_their_size_and_their_requests(
    name: str, one: int, other: int, writes: int, reads: int
) -> None:
    def cost(gib: int, writes: int = 0, reads: int = 0) -> Estimate:
        return gcp_prices.bucket(
            region=HERE,
            storage_class=name,
            gib=gib,
            writes=writes,
            reads=reads,
            retrieved_gib=gib,
        )

    assert cost(one) + cost(other) == cost(one + other)
    assert cost(one).usd <= cost(one, writes, reads).usd
    folders = gcp_prices.bucket(
        region=HERE,
        storage_class=name,
        writes=writes,
        reads=reads,
        hierarchical_namespace=True,
    )
    assert bool(folders.unknown) or not (writes or reads)
    for where in ("region", "dual-region", "multi-region"):
        assert f"gcs {name} {where}" in PRICES or name == "RAPID"


@given(
    machine=st.sampled_from(sorted(gcp_machines.machines())),
    one=st.integers(0, 100),
    other=st.integers(0, 100),
    hours=st.integers(0, 744),
)
def test_nodes_cost_by_their_hours(
    machine: str, one: int, other: int, hours: int
) -> None:
    def cost(count: int) -> Estimate:
        return gcp_prices.nodes(region=HERE, machine=machine, count=count, hours=hours)

    both = cost(one) + cost(other)
    whole = cost(one + other)
    assert abs(both.usd - whole.usd) < Decimal("0.000001")
    assert both.unknown == whole.unknown
    if one and hours:
        row = f"gce {machine}"
        by_family = gcp_machines.family(machine) in FAMILIES
        known = row in PRICES or (by_family and machine not in SHARED_CORES)
        assert (row in cost(one).counted) == known
        assert (row in cost(one).unknown) != known


@given(
    generation=st.sampled_from(sorted(gcp_tpus.GENERATIONS)),
    one=st.integers(0, 9216),
    other=st.integers(0, 9216),
)
def test_chips_cost_by_their_number(generation: str, one: int, other: int) -> None:
    def cost(chips: int) -> Estimate:
        return gcp_prices.tpu(region=HERE, generation=generation, chips=chips)

    assert cost(one) + cost(other) == cost(one + other)
    assert f"tpu {generation}" in PRICES


def test_what_is_not_known_is_named_and_not_counted() -> None:
    lustre = gcp_prices.managed_lustre(
        region=HERE, throughput_per_tib=500, capacity_gib=18000
    )
    assert lustre == Estimate(unknown=frozenset({"lustre 500"}))
    dynamic = gcp_prices.managed_lustre(
        region=HERE, throughput_per_tib=None, capacity_gib=472_000
    )
    assert dynamic.unknown == {"lustre dynamic"}
    newest = gcp_prices.nodes(region=HERE, machine="a4-highgpu-8g", count=1)
    assert newest.unknown == {"gce a4-highgpu-8g"}
    assert gcp_prices.nodes(region=HERE, machine="x9-large", count=1).unknown
    assert gcp_prices.gke_cluster(region=HERE).unknown == {"gke cluster"}
    assert gcp_prices.tpu(region=HERE, generation="v4", chips=4).unknown == {"tpu v4"}


def test_what_someone_was_told_is_counted_and_flagged() -> None:
    told = gcp_prices.managed_lustre(
        region=HERE,
        throughput_per_tib=500,
        capacity_gib=18000,
        usd=Decimal("0.5"),
    )
    assert told.usd == 9000
    assert told.rough == {"lustre 500, as told"}
    assert not told.unknown


def test_what_is_not_confirmed_is_flagged() -> None:
    zonal = gcp_prices.filestore(region=HERE, tier="ZONAL", capacity_gib=1024)
    assert zonal.usd == 256
    assert zonal.rough == {"filestore ZONAL"}
    spot = gcp_prices.nodes(
        region=HERE, machine="g2-standard-4", count=1, capacity="spot"
    )
    assert spot.usd == Decimal("554.80")
    assert spot.at_most
    slices = gcp_prices.tpu(region=HERE, generation="v6e", chips=16, hours=1, spot=True)
    assert slices.usd == Decimal("43.20")
    assert slices.rough
    assert slices.at_most
    attached = gcp_prices.nodes(
        region=HERE,
        machine="n1-standard-8",
        count=1,
        hours=1,
        gpu="nvidia-tesla-t4",
        gpu_count=2,
    )
    assert attached.counted == {"gce n1-standard-8", "gpu nvidia-tesla-t4"}
    ultra = gcp_prices.nodes(region=HERE, machine="a2-ultragpu-1g", count=1)
    assert ultra.rough
    assert "local SSD" not in ultra.counted
