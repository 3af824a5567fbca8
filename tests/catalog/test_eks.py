from __future__ import annotations

import datetime

import pytest

from components.catalog import eks, eks_labels, eks_nodes
from components.catalog.aws_machines import machine, machines
from components.catalog.eks_nodes import AMIS, ami_for, ami_problem, device_of

every_version = pytest.mark.parametrize("version", eks.VERSIONS.values(), ids=str)

ONE_OF_A_KIND = ("m6i.large", "m7g.large", "g5.xlarge", "trn1.2xlarge", "i4i.large")


@every_version
def test_a_version_is_judged_by_a_day_that_is_stated(version: eks.Version) -> None:
    problem = eks.version_problem(version.name)
    standard, extended = version.standard_until, version.extended_until
    if standard is None or extended is None:
        assert problem is None
        return
    assert extended - standard > datetime.timedelta(days=364)
    if extended < eks.AS_OF:
        assert problem is not None
        assert problem.severity == "error"
    elif standard < eks.AS_OF:
        assert problem is not None
        assert problem.severity == "warning"
    else:
        assert problem is None


@pytest.mark.parametrize(
    ("version", "rule", "severity"),
    [
        ("1.29", "EKS04", "error"),
        ("1.30", "EKS04", "error"),
        ("1.31", "EKS04", "warning"),
        ("1.99", "EKS04", "warning"),
        ("v1.34", "EKS03", "error"),
        ("1.34.2", "EKS03", "error"),
        ("1.34-eks", "EKS03", "error"),
        ("latest", "EKS03", "error"),
    ],
)
def test_no_version_to_begin_with(version: str, rule: str, severity: str) -> None:
    problem = eks.version_problem(version)
    assert problem is not None
    assert (problem.rule, problem.severity) == (rule, severity)
    assert eks.version_problem(str(problem.nearest)) is None


def test_the_newest_is_one_whose_dates_are_known() -> None:
    dated = [row.name for row in eks.VERSIONS.values() if row.standard_until]
    assert dated[-1] == eks.NEWEST


@pytest.mark.parametrize("name", ["a", "prod-eks", "Prod_1", "0" * 100])
def test_names(name: str) -> None:
    assert eks.name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("prod eks", "prod-eks"), ("-a", "a"), ("0" * 101, "0" * 100), ("", None)],
)
def test_no_names(name: str, nearest: str | None) -> None:
    problem = eks.name_problem(name)
    assert problem is not None
    assert problem.nearest == nearest


def test_the_whole_internet_is_told_of() -> None:
    cidrs = ["0.0.0.0/0", "203.0.113.9/24", "198.51.100.1"]
    found = list(eks.access_problems(cidrs, ("publicAccess",)))
    assert [(p.rule, p.severity, p.nearest) for p in found] == [
        ("EKS06", "warning", None),
        ("EKS05", "error", "203.0.113.0/24"),
        ("EKS05", "error", "198.51.100.1/32"),
    ]


@pytest.mark.parametrize("ami", ["AL2_x86_64", "AL2_x86_64_GPU", "AL2_ARM_64"])
def test_al2_ends_with_1_32(ami: str) -> None:
    assert eks.al2_problem(ami, "1.32") is None
    problem = eks.al2_problem(ami, "1.33")
    assert problem is not None
    assert str(problem.nearest).startswith("AL2023_")
    assert AMIS[str(problem.nearest)].architecture == AMIS[ami].architecture
    assert eks.al2_problem("AL2023_x86_64_STANDARD", "1.33") is None


def test_two_zones_at_least() -> None:
    assert eks.zones_problem(["us-west-2a", "us-west-2b"]) is None
    assert eks.zones_problem(["us-west-2a"]) is not None


def test_every_machine_has_an_image_that_fits_it() -> None:
    for row in machines().values():
        assert ami_problem(ami_for(row), row) is None, row.name


@pytest.mark.parametrize("name", ONE_OF_A_KIND)
@pytest.mark.parametrize("ami", AMIS)
def test_every_image_on_every_kind_of_machine(ami: str, name: str) -> None:
    row, known = machines()[name], AMIS[ami]
    device = device_of(row)
    runs = known.architecture == row.architecture
    has = known.device == device or (ami == "AL2_x86_64_GPU" and device is not None)
    problem = ami_problem(ami, row)
    if runs and has:
        assert problem is None
        return
    assert problem is not None
    useless = runs and device is None
    assert (problem.rule, problem.severity) == (
        ("POL12", "warning") if useless else ("POL11", "error")
    )
    assert ami_problem(str(problem.nearest), row) is None


def test_images_are_those_of_the_api() -> None:
    # Of Windows, and of one's own: this project makes none.
    assert not [ami for ami in AMIS if ami.startswith(("WINDOWS", "CUSTOM"))]
    problem = ami_problem("AL2023_x86_64_NVDIA", machine("g5.xlarge"))
    assert problem is not None
    assert problem.nearest == "AL2023_x86_64_NVIDIA"


@pytest.mark.parametrize(
    ("gib", "store", "name", "nearest"),
    [
        (10, "none", "m6i.large", "20Gi"),
        (20, "none", "m6i.large", None),
        (49, "none", "inf2.xlarge", "50Gi"),
        (50, "none", "inf2.xlarge", None),
        # Images are on the NVMe disks.
        (20, "raid0", "g5.xlarge", None),
        (20, "none", "g5.xlarge", "50Gi"),
    ],
)
def test_room_for_images(gib: int, store: str, name: str, nearest: str | None) -> None:
    problem = eks_nodes.disk_problem(gib * 2**30, store, machine(name))
    assert (problem.nearest if problem else None) == nearest
    assert problem is None or problem.severity == "warning"


@pytest.mark.parametrize(
    "key",
    ["tier", "example.com/tier", "node.kubernetes.io/tier", "kubernetes.io/arch"],
)
def test_labels_that_a_node_may_have(key: str) -> None:
    assert list(eks_labels.label_problems({key: "x"}, "ml-storage/pool")) == []


@pytest.mark.parametrize(
    ("labels", "rule"),
    [
        ({"ml-storage/pool": "x"}, "POL18"),
        ({"eks.amazonaws.com/nodegroup": "x"}, "POL18"),
        ({"node-role.kubernetes.io/train": "x"}, "POL18"),
        ({"k8s.io/x": "x"}, "POL18"),
        ({"evilnode.kubernetes.io/x": "x"}, "POL18"),
        ({"tier": ""}, "POL19"),
        ({f"{'a' * 60}.com/x": "x"}, "POL19"),
    ],
)
def test_labels_that_no_node_may_have(labels: dict[str, str], rule: str) -> None:
    (problem,) = eks_labels.label_problems(labels, "ml-storage/pool")
    assert problem.rule == rule


def test_taints() -> None:
    def rules(taints: list[tuple[str, str]], *devices: str) -> list[str]:
        return [p.rule for p in eks_labels.taint_problems(taints, set(devices))]

    once = [("a", "NoSchedule"), ("a", "NoExecute")]
    assert rules(once) == []
    assert rules([*once, once[0]]) == ["POL14"]
    assert rules([("nvidia.com/gpu", "NoSchedule")], "nvidia.com/gpu") == ["POL14"]
    assert rules([("nvidia.com/gpu", "NoExecute")], "nvidia.com/gpu") == []
    many = [(f"k{n}", "NoSchedule") for n in range(50)]
    assert rules(many) == []
    assert rules(many, "nvidia.com/gpu") == ["POL15"]
    assert rules([(f"{'a' * 60}.com/x", "NoSchedule")]) == ["POL19"]
