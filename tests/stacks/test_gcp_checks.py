"""Rules over an environment on Google Cloud, over all that their subjects can be."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import gcp_labels, gcp_projects, gcp_regions
from components.catalog.gke_add_ons import GIVEN, GKE_ADD_ONS, gives
from components.catalog.problem import Problem
from stacks import checks
from stacks.checks import geography
from stacks.config import StackConfig

ZONES = ("us-central1-a", "us-central1-b", "us-central1-c")
SUBSETS = [
    list(subset)
    for count in range(1, len(ZONES) + 1)
    for subset in itertools.combinations(ZONES, count)
]


def environment(**more: Any) -> dict[str, Any]:
    """An environment on Google Cloud with every driver."""
    return {
        "cloud": "gcp",
        "project": "ml-prod-123456",
        "region": "us-central1",
        "cluster": {"existing": "prod"},
        "network": {"create": {}},
        "addOns": {name: {"existing": True} for name in GKE_ADD_ONS},
        "teams": {"vision": {}},
        **more,
    }


def pool(zones: list[str]) -> dict[str, Any]:
    """A pool that is made."""
    nodes = {"min": 1, "max": 2}
    return {"machine": "n2-standard-8", "nodes": nodes, "zones": zones}


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


def storage(kind: str, zone: str) -> dict[str, Any]:
    """Storage of a kind, in a zone where it is in one."""
    return {
        "filestore": {"tier": "ZONAL", "capacityGiB": 1024, "zone": zone},
        "managed-lustre": {"capacityGiB": 9000, "zone": zone},
        "persistent-disk": {
            "type": "pd-ssd",
            "sizeGiB": 100,
            "zone": zone,
            "access": "read-only",
        },
        "gcs": {},
    }[kind] | {"kind": kind}


@pytest.mark.parametrize("kind", ["filestore", "managed-lustre", "persistent-disk"])
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("zones", SUBSETS, ids="-".join)
def test_nodes_are_in_the_zone_of_what_they_mount(
    kind: str, zone: str, zones: list[str]
) -> None:
    problems = found(
        environment(
            nodePools={"pool": pool(zones)},
            storage={"data": storage(kind, zone)},
            teams={"vision": {"grants": {"data": "read-only"}}},
        ),
        {
            "volumes": {"data": {"from": "data"}},
            "jobs": {"train": job("pool", data="data")},
        },
    )
    said = [(p.rule, p.severity) for p in problems]
    # Only a disk cannot be mounted from elsewhere.
    severity = "error" if kind == "persistent-disk" else "warning"
    assert said == ([] if zone in zones else [("ZON02", severity)])


@pytest.mark.parametrize("regional", [["us-central1-a", "us-central1-b"]])
@pytest.mark.parametrize("zones", SUBSETS, ids="-".join)
def test_a_regional_disk_is_for_nodes_in_one_of_its_zones(
    regional: list[str], zones: list[str]
) -> None:
    disk = {"kind": "persistent-disk", "type": "pd-ssd", "regional": regional}
    claim = {"kind": "claim", "storageClass": "disk", "size": "200Gi"}
    problems = found(
        environment(nodePools={"pool": pool(zones)}, storageClasses={"disk": disk}),
        {"volumes": {"data": claim}, "jobs": {"train": job("pool", data="data")}},
    )
    expected = ["GCP02"] if set(zones).isdisjoint(regional) else []
    assert [p.rule for p in problems] == expected


@pytest.mark.parametrize(
    ("kind", "add_on"),
    [
        ("filestore", "filestore-csi-driver"),
        ("managed-lustre", "managed-lustre-csi-driver"),
        ("persistent-disk", "persistent-disk-csi-driver"),
        ("gcs", "gcs-fuse-csi-driver"),
    ],
)
@pytest.mark.parametrize("mode", ["existing", "standard", "autopilot"])
@pytest.mark.parametrize("declared", [True, False])
def test_a_driver_is_declared_unless_gke_has_it(
    *, kind: str, add_on: str, mode: Any, declared: bool
) -> None:
    made = {"create": {"mode": mode, "publicAccess": ["203.0.113.0/24"]}}
    pools = {} if mode == "autopilot" else {"pool": pool(["us-central1-a"])}
    problems = found(
        environment(
            cluster={"existing": "prod"} if mode == "existing" else made,
            nodePools=pools,
            addOns={add_on: {"existing" if mode == "existing" else "install": True}}
            if declared
            else {},
            storage={"data": storage(kind, "us-central1-a")},
            teams={"vision": {"grants": {"data": "read-only"}}},
        )
    )
    there = gives(add_on, mode="standard" if mode == "existing" else mode)
    missing = [p for p in problems if p.rule == "ADD01"]
    assert bool(missing) == (not declared and not there)
    for problem in missing:
        installs = "existing: true" if mode == "existing" else "install: true"
        assert problem.nearest == f"{add_on}: {{{installs}}}"


@pytest.mark.parametrize("add_on", GIVEN)
def test_what_gke_gives_is_not_installed_again(add_on: str) -> None:
    again = found(environment(addOns={add_on: {"install": True}}))
    assert [p.rule for p in again] == ["GCP03"]
    assert found(environment(addOns={add_on: {"existing": True}})) == []


_OF_AWS = {
    "account": {"account": "123456789012"},
    "identity": {"identity": "irsa"},
    "bucket": {"storage": {"data": {"kind": "s3"}}},
    "class": {"storageClasses": {"disk": {"kind": "ebs"}}},
    "driver": {"addOns": {"aws-efs-csi-driver": {"install": True}}},
}
_OF_GCP = {
    "project": {"project": "ml-prod-123456"},
    "identity": {"identity": "principal"},
    "bucket": {"storage": {"data": {"kind": "gcs"}}},
    "class": {"storageClasses": {"disk": {"kind": "persistent-disk"}}},
    "driver": {"addOns": {"gcs-fuse-csi-driver": {"existing": True}}},
    "image": {"diskImages": {"weights": {"of": "projects/p/zones/z-a/disks/d"}}},
}


def on_aws(**more: Any) -> dict[str, Any]:
    """An environment on AWS with the driver of disks."""
    return {
        "cloud": "aws",
        "region": "us-west-2",
        "cluster": {"existing": "prod-eks"},
        "addOns": {
            "aws-ebs-csi-driver": {"existing": True},
            "eks-pod-identity-agent": {"existing": True},
        },
        "teams": {"vision": {}},
        **more,
    }


@pytest.mark.parametrize("thing", _OF_AWS)
def test_one_thing_of_aws_on_google_cloud_is_said_once(thing: str) -> None:
    (problem,) = found(environment(**_OF_AWS[thing]))
    assert problem.rule == "AWS03"
    assert problem.path != ("platform", "cloud")


@pytest.mark.parametrize("thing", _OF_GCP)
def test_one_thing_of_google_cloud_on_aws_is_said_once(thing: str) -> None:
    problems = [p for p in found(on_aws(**_OF_GCP[thing])) if p.rule != "PDK34"]
    assert [p.rule for p in problems] == ["GCP01"]
    assert problems[0].path != ("platform", "cloud")


@pytest.mark.parametrize("pair", list(itertools.combinations(sorted(_OF_AWS), 2)))
def test_several_things_of_aws_are_said_together(pair: tuple[str, str]) -> None:
    one, other = pair
    problems = found(environment(**_OF_AWS[one], **_OF_AWS[other]))
    assert [(p.rule, p.path) for p in problems] == [("AWS03", ("platform", "cloud"))]


@pytest.mark.parametrize("places", [geography.AWS, geography.GCP])
def test_every_region_is_made_of_words_and_of_one_cloud(
    places: geography.Geography,
) -> None:
    for region in places.regions:
        assert geography.whose(region) is places
        words = places.words(region)
        assert words
        assert not any(word[-1:].isdigit() for word in words)
    assert places.example in places.regions


@given(region=st.sampled_from(sorted(gcp_regions.REGIONS)), zone=st.sampled_from(ZONES))
def test_a_zone_is_of_the_environments_region(region: str, zone: str) -> None:
    platform = environment(
        region=region,
        storage={"data": storage("managed-lustre", zone)},
        cluster=None,
        addOns={},
        teams={},
    )
    said = [p.rule for p in found(platform)]
    assert said == ([] if region == "us-central1" else ["NET09"])


@given(key=st.text(max_size=80), value=st.text(max_size=80))
def test_the_label_that_is_offered_is_one(key: str, value: str) -> None:
    for problem in gcp_labels.problems({key: value}):
        if problem.nearest is None:
            continue
        offered = str(problem.nearest)
        assert list(gcp_labels.problems({offered: "v"})) == [] or problem.value == value
        if problem.value == value:
            assert list(gcp_labels.problems({"key": offered})) == []


@pytest.mark.parametrize(
    ("labels", "right"),
    [
        ({"environment": "prod", "cost-center": "", "team_1": "a-1"}, True),
        ({"übung": "größe"}, True),
        ({"Environment": "prod"}, False),
        ({"environment": "Prod"}, False),
        ({"1st": "a"}, False),
        ({"": "a"}, False),
        ({"a" * 63: "b" * 63}, True),
        ({"a" * 64: "b"}, False),
        ({"a": "b" * 64}, False),
        ({f"label{number}": "a" for number in range(64)}, True),
        ({f"label{number}": "a" for number in range(65)}, False),
    ],
)
def test_labels(*, labels: dict[str, str], right: bool) -> None:
    assert (not list(gcp_labels.problems(labels))) == right


@given(text=st.text(max_size=40))
def test_the_project_that_is_offered_is_one(text: str) -> None:
    problem = gcp_projects.problem(text)
    if problem is not None and problem.nearest is not None:
        assert gcp_projects.problem(str(problem.nearest)) is None


@pytest.mark.parametrize(
    ("project", "right"),
    [
        ("ml-prod-123456", True),
        ("example.com:ml-prod", True),
        ("abcdef", True),
        ("a" * 30, True),
        ("abcde", False),
        ("a" * 31, False),
        ("ml-prod-", False),
        ("1ml-prod", False),
        ("ML-Prod", False),
        ("123456789012", False),
        ("projects/ml-prod", False),
    ],
)
def test_projects(*, project: str, right: bool) -> None:
    assert (gcp_projects.problem(project) is None) == right
