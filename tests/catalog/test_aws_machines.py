from __future__ import annotations

from pathlib import Path

import pytest

from components.catalog import aws_machines, gpus
from components.catalog.aws_machines import machines, name_problem

ACCELERATED = [m for m in machines().values() if m.accelerator]


def test_the_table_says_where_it_was_read(root: Path) -> None:
    lines = (root / "components/catalog/data/aws_machines.tsv").read_text()
    head = [line for line in lines.splitlines() if line.startswith("#")]
    assert any("https://github.com/aws/karpenter-provider-aws" in line for line in head)
    assert "# as_of: 2026-11-22" in head


def test_every_row_is_whole() -> None:
    assert len(machines()) == 1345
    for row in machines().values():
        assert row.vcpu > 0, row
        assert row.memory_mib > 0, row
        assert min(row.nvme_gb, row.efa, row.network_mbps, row.ebs_mbps) >= 0, row
        assert row.usd_per_hour is None or row.usd_per_hour > 0, row
        assert name_problem(row.name) is None


def test_what_has_gpus_is_what_the_table_of_gpus_has() -> None:
    known = {m.name for m in gpus.MACHINES.values() if m.cloud == "aws"}
    assert known <= set(machines())
    # First generation of Inferentia: there is no GPU to know of.
    assert {m.name for m in ACCELERATED} - known == {
        f"inf1.{size}" for size in ("xlarge", "2xlarge", "6xlarge", "24xlarge")
    }
    for row in ACCELERATED:
        assert bool(row.gpus) != bool(row.neurons), row


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        # vCPU, MiB, NVMe GB, EFA, Mbps of the network, of EBS, Neuron devices
        ("g5.12xlarge", (48, 196608, 3800, 1, 40000, 16000, 0)),
        ("p5.48xlarge", (192, 2097152, 30400, 32, 3200000, 80000, 0)),
        ("p5en.48xlarge", (192, 2097152, 30400, 16, 3200000, 100000, 0)),
        ("trn1.32xlarge", (128, 524288, 7600, 8, 800000, 80000, 16)),
        ("inf2.24xlarge", (96, 393216, 0, 0, 50000, 30000, 6)),
        ("m6i.2xlarge", (8, 32768, 0, 0, 3125, 10000, 0)),
        ("i4i.large", (2, 16384, 468, 0, 781, 10000, 0)),
    ],
)
def test_known_machines(name: str, seen: tuple[int, ...]) -> None:
    row = machines()[name]
    assert seen == (
        *(row.vcpu, row.memory_mib, row.nvme_gb, row.efa),
        *(row.network_mbps, row.ebs_mbps, row.neurons),
    )


def test_prices_are_of_one_region() -> None:
    assert machines()["p4d.24xlarge"].usd_per_hour == pytest.approx(21.9576, abs=1e-4)
    # Sold by Capacity Blocks alone.
    assert machines()["p5e.48xlarge"].usd_per_hour is None
    assert machines()["p5e.48xlarge"].in_capacity_blocks
    assert not machines()["g5.xlarge"].in_capacity_blocks


@pytest.mark.parametrize(
    ("name", "severity", "nearest"),
    [
        ("g5.13xlarge", "error", "g5.12xlarge"),
        ("g5.14xlarge", "error", "g5.16xlarge"),
        ("p4d.12xlarge", "error", "p4d.24xlarge"),
        ("g5.12xlage", "error", "g5.12xlarge"),
        ("G5.12XLARGE", "error", "g5.12xlarge"),
        ("n1-standard-8", "error", None),
        ("", "error", None),
        # Newer than the table, or left out of it: it may be there.
        ("g9.2xlarge", "warning", "g7.2xlarge"),
        ("p3dn.24xlarge", "warning", "p4d.24xlarge"),
    ],
)
def test_no_such_machine(name: str, severity: str, nearest: str | None) -> None:
    problem = name_problem(name)
    assert problem is not None
    assert problem.rule == "POL03"
    assert problem.severity == severity
    if nearest is not None and severity == "error":
        assert problem.nearest == nearest


def test_the_nearest_with_disks_or_efa() -> None:
    assert aws_machines.smallest_with_nvme("m6i") == "m6id.large"
    assert aws_machines.smallest_with_nvme("g5") == "g5.xlarge"
    assert aws_machines.smallest_with_nvme("inf2") is None
    assert aws_machines.smallest_with_efa("g5") == "g5.8xlarge"
    assert aws_machines.smallest_with_efa("t3") is None


def test_the_smallest_stands_first() -> None:
    assert [m.name for m in aws_machines.sizes("trn1")] == [
        "trn1.2xlarge",
        "trn1.32xlarge",
    ]
    assert aws_machines.sizes("none") == []
