"""Rules over an environment on AWS, over all that their subjects can be."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import aws_machines, aws_regions, quantity
from components.catalog.eks_add_ons import EKS_ADD_ONS, LOCAL_STORE
from components.catalog.problem import Problem
from components.catalog.storage_kinds import BY_DRIVER
from components.kubernetes.pod import CONTAINER_DISK
from stacks import checks
from stacks.config import StackConfig

ZONES = ("us-west-2a", "us-west-2b", "us-west-2c")
SUBSETS = [
    list(subset)
    for count in range(1, len(ZONES) + 1)
    for subset in itertools.combinations(ZONES, count)
]


def environment(**more: Any) -> dict[str, Any]:
    """An environment on AWS whose network has every zone."""
    return {
        "cloud": "aws",
        "region": "us-west-2",
        "cluster": {"existing": "prod-eks"},
        "network": {
            "existing": {
                "vpc": "vpc-0123456789abcdef0",
                "subnets": {
                    zone: f"subnet-0123456789abcdef{number}"
                    for number, zone in enumerate(ZONES)
                },
            }
        },
        "addOns": {
            name: {"existing": True}
            for name in (*EKS_ADD_ONS, "nvidia-device-plugin")
            if name != LOCAL_STORE
        },
        "teams": {"vision": {}},
        **more,
    }


def pool(zones: list[str], machine: str = "m6i.2xlarge") -> dict[str, Any]:
    """A pool that is made."""
    return {"machine": machine, "nodes": {"min": 1, "max": 2}, "zones": zones}


def job(on: str, **mounts: str) -> dict[str, Any]:
    """A job on a pool that mounts volumes by their names."""
    return {
        "image": "image:1",
        "command": ["train"],
        "nodes": {"pool": on},
        "mounts": {f"/{name}": volume for name, volume in mounts.items()},
    }


def found(
    platform: dict[str, Any], team: dict[str, Any] | None = None
) -> list[Problem]:
    """Every problem of a stack, whose Specs have none of their own."""
    values: dict[str, Any] = {"platform": platform}
    if team is not None:
        values["team"] = {"name": "vision", **team}
    config = StackConfig.model_validate(values, by_alias=True, by_name=False)
    return list(checks.run(config, set()))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("zones", SUBSETS, ids="-".join)
@pytest.mark.parametrize("kind", ["granted", "typed", "generic", "one-zone"])
def test_what_is_in_a_zone_is_mounted_there(
    kind: str, zones: list[str], zone: str
) -> None:
    """For every zone of a volume, every set of zones of a pool, every way to it."""
    platform = environment(nodePools={"cpu": pool(zones)})
    volume: dict[str, Any] = {"from": "data"}
    if kind in ("granted", "one-zone"):
        lustre = {"kind": "fsx-lustre", "deployment": "SCRATCH_2", "capacityGiB": 1200}
        spec = lustre if kind == "granted" else {"kind": "efs"}
        platform["storage"] = {"data": {**spec, "zone": zone}}
        platform["teams"] = {"vision": {"grants": {"data": "read-only"}}}
    else:
        platform["storageClasses"] = {
            "data": {"kind": "fsx-lustre", "zone": zone}
            if kind == "typed"
            else {
                "provisioner": "fsx.csi.aws.com",
                "zone": zone,
                "parameters": {"deploymentType": "SCRATCH_2"},
            }
        }
        volume = {
            "kind": "claim",
            "storageClass": "data",
            "size": "1200Gi",
            "accessModes": ["ReadWriteMany"],
        }
    team = {"volumes": {"data": volume}, "jobs": {"train": job("cpu", data="data")}}
    rules = [problem.rule for problem in found(platform, team)]
    assert rules == ([] if zone in zones else ["ZON02"])


@pytest.mark.parametrize("first", SUBSETS, ids="-".join)
@pytest.mark.parametrize("second", SUBSETS, ids="-".join)
def test_a_disk_is_for_pools_with_a_zone_in_common(
    first: list[str], second: list[str]
) -> None:
    platform = environment(
        nodePools={"one": pool(first), "two": pool(second)},
        storageClasses={"disk": {"kind": "ebs"}},
    )
    disk = {"kind": "claim", "storageClass": "disk", "size": "10Gi", "writers": "one"}
    team = {
        "volumes": {"disk": disk},
        "jobs": {"one": job("one", disk="disk"), "two": job("two", disk="disk")},
    }
    rules = [problem.rule for problem in found(platform, team)]
    assert rules == ([] if set(first) & set(second) else ["ZON04"])


@given(
    sizes=st.lists(st.integers(1, 6000), min_size=1, max_size=3),
    machine=st.sampled_from(["m6i.2xlarge", "g5.12xlarge", "m6id.large"]),
)
def test_scratch_fits_on_a_disk_or_the_size_that_does_is_said(
    sizes: list[int], machine: str
) -> None:
    room = aws_machines.machines()[machine].nvme_gb * 10**9
    most = Decimal(room) if room else quantity.parse("200Gi")

    def problems(gib: list[int]) -> list[Problem]:
        platform = environment(
            nodePools={"cpu": {**pool(list(ZONES), machine), "diskSize": "200Gi"}}
        )
        volumes = {
            f"scratch-{number}": {"kind": "scratch", "size": f"{size}Gi"}
            for number, size in enumerate(gib)
        }
        team = {
            "volumes": volumes,
            "jobs": {"train": job("cpu", **{name: name for name in volumes})},
        }
        return [p for p in found(platform, team) if p.rule == "NVM02"]

    asked = sum(sizes) * 2**30 + CONTAINER_DISK
    said = problems(sizes)
    assert bool(said) == (asked > most)
    if said and said[0].nearest is not None:
        number = int(str(said[0].value).partition("-")[2])
        less = int(str(said[0].nearest).removeprefix("size: ").removesuffix("Gi"))
        fits = [less if n == number else size for n, size in enumerate(sizes)]
        assert problems(fits) == []
        # One more GiB would not fit.
        over = [less + 1 if n == number else size for n, size in enumerate(sizes)]
        assert problems(over) != []


@given(nodes=st.integers(1, 40), tiers=st.sampled_from([125, 250, 500, 1000]))
def test_more_than_all_nodes_take_is_said(nodes: int, tiers: int) -> None:
    machine = aws_machines.machines()["g5.2xlarge"]
    platform = environment(
        nodePools={
            "gpu": {
                **pool(["us-west-2a"], machine.name),
                "nodes": {"min": 1, "max": nodes},
            }
        },
        storage={
            "data": {
                "kind": "fsx-lustre",
                "capacityGiB": 4800,
                "throughputPerTiB": tiers,
                "zone": "us-west-2a",
            }
        },
    )
    faster = Decimal("4.8") * tiers > Decimal(machine.network_mbps) / 8 * nodes
    problems = found(platform)
    assert [p.rule for p in problems] == (["AWS23"] if faster else [])
    assert all(p.severity == "warning" for p in problems)


@pytest.mark.parametrize("region", sorted(aws_regions.REGIONS))
def test_every_region_is_known_and_no_misspelt_one(region: str) -> None:
    def said(name: str) -> list[Problem]:
        return found({"cloud": "aws", "region": name})

    assert said(region) == []
    for place in range(len(region)):
        other = region[:place] + region[place + 1 :]
        if other in aws_regions.REGIONS:
            continue
        (problem,) = said(other)
        assert problem.rule == "AWS02"
        # `us-iso` and `us-isof` are both there: one may yet have a region more.
        assert problem.severity == "error" or "iso" in region
    newer = f"{region.rpartition('-')[0]}-99"
    (problem,) = said(newer)
    assert (problem.rule, problem.severity) == ("AWS02", "warning")


_ATTRIBUTES = {
    "s3.csi.aws.com": {"bucketName": "a-bucket", "authenticationSource": "driver"},
    "fsx.csi.aws.com": {"dnsname": "files.example.com", "mountname": "abcdefgh"},
}
_HANDLES = {"ebs.csi.aws.com": "vol-01234567"}


@pytest.mark.parametrize(
    ("add_on", "driver"),
    [
        (row.name, row.driver)
        for row in EKS_ADD_ONS.values()
        if row.driver is not None and row.name != LOCAL_STORE
    ],
)
def test_every_driver_needs_its_add_on(add_on: str, driver: str) -> None:
    """Whether a class, a granted volume or a team's own is what needs it."""
    needs = (
        {"storageClasses": {"a": {"provisioner": driver, "existing": True}}},
        {
            "storage": {
                "a": {
                    "kind": "csi",
                    "driver": driver,
                    "volumeHandle": _HANDLES.get(driver, "fs-01234567"),
                    "accessModes": [BY_DRIVER[driver].access_modes[-1]],
                    "volumeAttributes": _ATTRIBUTES.get(driver, {}),
                }
            },
            "teams": {"vision": {"grants": {"a": "read-write"}}},
        },
    )
    for need in needs:
        platform = environment(**need)
        assert [p for p in found(platform) if p.rule == "ADD01"] == []
        del platform["addOns"][add_on]
        (problem,) = (p for p in found(platform) if p.rule == "ADD01")
        assert problem.nearest == f"{add_on}: {{existing: true}}"


@pytest.mark.parametrize("identity", ["pod-identity", "irsa"])
def test_pods_get_their_identity_from_the_agent_or_from_the_clusters_oidc(
    identity: str,
) -> None:
    platform = environment(
        identity=identity,
        storage={"datasets": {"kind": "s3"}},
        teams={"vision": {"grants": {"datasets": "read-only"}}},
    )
    assert found(platform) == []
    del platform["addOns"]["eks-pod-identity-agent"]
    needed = [p.nearest for p in found(platform)]
    agent = "eks-pod-identity-agent: {existing: true}"
    assert needed == ([agent] if identity == "pod-identity" else [])


def test_what_is_broken_in_itself_is_not_missing() -> None:
    """A key, a bucket, a pool that is wrong is there, though nothing is known of it."""
    platform = environment(
        nodePools={"cpu": pool(["us-west-2a"])},
        storage={
            "data": {
                "kind": "fsx-lustre",
                "deployment": "SCRATCH_2",
                "capacityGiB": 1200,
                "zone": "us-west-2a",
                "linkedTo": [{"bucket": "datasets"}],
            },
            "models": {"kind": "efs", "kmsKey": "key"},
        },
        storageClasses={"shared": {"kind": "efs", "of": "broken"}},
    )
    config = StackConfig.model_validate(
        {"platform": platform}, by_alias=True, by_name=False
    )
    broken = {
        ("platform", "keys", "key"),
        ("platform", "storage", "datasets"),
        ("platform", "storage", "broken"),
    }
    assert list(checks.run(config, set(broken))) == []
    rules = sorted(problem.rule for problem in checks.run(config, set()))
    assert rules == ["AWS10", "AWS12", "AWS14"]
