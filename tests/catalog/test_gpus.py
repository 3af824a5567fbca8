from __future__ import annotations

import datetime

import pytest

from components.catalog import gpus
from components.catalog.gpus import MACHINES, PRODUCTS, Machine, Product
from components.catalog.labels import value

every_product = pytest.mark.parametrize(
    "product", PRODUCTS.values(), ids=lambda row: row.name
)
every_machine = pytest.mark.parametrize(
    "machine", MACHINES.values(), ids=lambda row: row.name
)


@every_product
def test_a_product_is_a_label_and_says_where_it_was_read(product: Product) -> None:
    assert value(product.name) is None
    assert product.source
    assert datetime.date.fromisoformat(product.as_of) <= datetime.date(2026, 11, 22)
    assert product.instead is None or product.instead in PRODUCTS
    assert gpus.whole(product.name) == product.name
    assert gpus.closest(product.name) == (product.instead or product.name)


@every_machine
def test_a_machine_has_a_product_that_is_known(machine: Machine) -> None:
    assert bool(machine.product) == bool(machine.gpus)
    assert machine.product is None or machine.product in PRODUCTS
    assert MACHINES[machine.name] is machine


@pytest.mark.parametrize(
    ("machine", "count", "product"),
    [
        ("g4dn.metal", 8, "Tesla-T4"),
        ("g5.12xlarge", 4, "NVIDIA-A10G"),
        ("g6.4xlarge", 1, "NVIDIA-L4"),
        ("p4d.24xlarge", 8, "NVIDIA-A100-SXM4-40GB"),
        ("p5.4xlarge", 1, "NVIDIA-H100-80GB-HBM3"),
        ("trn1.32xlarge", 0, None),
        ("g2-standard-24", 2, "NVIDIA-L4"),
        ("a2-megagpu-16g", 16, "NVIDIA-A100-SXM4-40GB"),
        ("a3-ultragpu-8g", 8, "NVIDIA-H200"),
    ],
)
def test_known_machines(machine: str, count: int, product: str | None) -> None:
    row = MACHINES[machine]
    assert (row.gpus, row.product) == (count, product)


def test_no_cloud_has_an_a10() -> None:
    assert gpus.clouds_of("NVIDIA-A10") == []
    assert gpus.clouds_of("NVIDIA-A10G") == ["aws"]
    assert gpus.clouds_of("NVIDIA-L4") == ["aws", "gcp"]


@pytest.mark.parametrize(
    ("label", "nearest"),
    [
        ("NVIDIA-A10", "NVIDIA-A10G"),
        ("A10G", "NVIDIA-A10G"),
        ("nvidia a10g", "NVIDIA-A10G"),
        ("a10g-SHARED", "NVIDIA-A10G"),
        ("NVIDIA-A100", "NVIDIA-A100-SXM4-40GB"),
        ("H100", "NVIDIA-H100-80GB-HBM3"),
        ("NVIDIA-T4", "Tesla-T4"),
        ("NVIDIA-Tesla-T4", "Tesla-T4"),
        ("Tesla-V100", "Tesla-V100-SXM2-16GB"),
        ("NVIDIA-L40G", "NVIDIA-L40"),
        ("TPU-v5e", None),
        ("", None),
    ],
)
def test_closest(label: str, nearest: str | None) -> None:
    assert gpus.closest(label) == nearest


@pytest.mark.parametrize(
    ("label", "product", "divided"),
    [
        ("NVIDIA-A10G", "NVIDIA-A10G", False),
        ("NVIDIA-A10G-SHARED", "NVIDIA-A10G", True),
        ("NVIDIA-H100-80GB-HBM3-MIG-1g.10gb", "NVIDIA-H100-80GB-HBM3", True),
        ("A100-SXM4-40GB-MIG-1g.5gb-SHARED", "NVIDIA-A100-SXM4-40GB", True),
        ("A100-SXM4-40GB", "NVIDIA-A100-SXM4-40GB", False),
    ],
)
def test_labels_of_divided_and_shared_gpus(
    label: str, product: str, divided: bool
) -> None:
    assert gpus.whole(label) == product
    assert gpus.is_divided(label) == divided


def test_labels_are_compared_as_they_stand() -> None:
    assert gpus.same("A100-SXM4-40GB", "NVIDIA-A100-SXM4-40GB")
    assert gpus.same("NVIDIA-A10G-SHARED", "NVIDIA-A10G-SHARED")
    assert not gpus.same("NVIDIA-A10G", "NVIDIA-A10G-SHARED")
    assert not gpus.same("NVIDIA-A10", "NVIDIA-A10G")
