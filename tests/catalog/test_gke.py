from __future__ import annotations

from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import gcp_networks, gke, gke_add_ons, gke_labels, gke_nodes
from components.catalog.add_ons import ADD_ONS
from components.catalog.labels import kubernetes_own

versions = st.tuples(
    st.integers(20, 40), st.integers(0, 12), st.integers(0, 9_999_999)
).map(lambda v: f"1.{v[0]}.{v[1]}-gke.{v[2]}")


@pytest.mark.parametrize(
    ("version", "numbers"),
    [
        ("1.33.2-gke.4655000", (1, 33, 2, 4655000)),
        ("1.33.2", (1, 33, 2)),
        ("1.33", (1, 33)),
        ("1.33-gke.1", None),
        ("v1.33", None),
        ("1", None),
        ("latest", None),
    ],
)
def test_versions(version: str, numbers: tuple[int, ...] | None) -> None:
    assert gke.parse(version) == numbers
    assert (gke.version_problem(version) is None) == (numbers is not None)


@pytest.mark.parametrize(
    ("version", "least", "enough"),
    [
        ("1.33.2-gke.4655000", "1.33.2-gke.4655000", True),
        ("1.33.2-gke.4654999", "1.33.2-gke.4655000", False),
        ("1.33.3-gke.1", "1.33.2-gke.4655000", True),
        ("1.34", "1.33.2-gke.4655000", True),
        ("1.32", "1.33.2-gke.4655000", False),
        ("1.33", "1.33.2-gke.4655000", None),
        ("1.33.2", "1.33.2-gke.4655000", None),
        ("1.33.2-gke.1", "1.33", True),
        ("latest", "1.33", None),
    ],
)
def test_later_versions(version: str, least: str, enough: bool | None) -> None:
    assert gke.at_least(version, least) is enough


@given(versions, versions)
def test_of_two_whole_versions_one_is_the_later(one: str, other: str) -> None:
    assert gke.at_least(one, one) is True
    assert gke.at_least(one, other) or gke.at_least(other, one)
    if one != other:
        assert gke.at_least(one, other) is not gke.at_least(other, one)


@given(versions, versions)
def test_less_said_is_never_more_known(version: str, least: str) -> None:
    whole = gke.at_least(version, least)
    for short in (version.partition("-")[0], version.rpartition(".")[0][:4]):
        assert gke.at_least(short, least) in (whole, None)


@given(st.text(max_size=60))
def test_the_nearest_name_is_a_name(name: str) -> None:
    problem = gke.name_problem(name)
    if problem is not None and problem.nearest is not None:
        assert gke.name_problem(str(problem.nearest)) is None


def test_names() -> None:
    assert gke.name_problem("prod-gke") is None
    problem = gke.name_problem("projects/p/locations/us-central1/clusters/Prod_1")
    assert problem is not None
    assert problem.nearest == "prod-1"
    assert gke.name_problem("a" * 40) is None
    assert gke.name_problem("a" * 41) is not None


def test_addresses_from_outside() -> None:
    found = list(gke.access_problems(["203.0.113.7", "0.0.0.0/0"], ("publicAccess",)))
    assert [(p.rule, p.nearest, p.severity) for p in found] == [
        ("GKE05", "203.0.113.7/32", "error"),
        ("GKE06", None, "warning"),
    ]


def networks(least: int, most: int) -> st.SearchStrategy[IPv4Network]:
    return st.builds(
        lambda offset, bits: IPv4Network(((10 << 24) + offset, bits), strict=False),
        st.integers(0, 2**24 - 1),
        st.integers(least, most),
    )


@given(networks(20, 29), networks(9, 27), networks(16, 29), networks(12, 29))
def test_ranges_are_right_or_something_right_is_said(
    nodes: IPv4Network, pods: IPv4Network, services: IPv4Network, peered: IPv4Network
) -> None:
    keys = ("cidr", "pods", "services", "peeredCidr")
    given_ranges = dict(zip(keys, (nodes, pods, services, peered), strict=True))
    ranges: dict[str, str] = {k: str(network) for k, network in given_ranges.items()}
    found = list(gcp_networks.ranges_problems(ranges))
    overlapping = {p.path[0] for p in found if p.rule == "GNT04"}
    taken: list[IPv4Network] = []
    for key, network in given_ranges.items():
        assert (key in overlapping) == any(network.overlaps(one) for one in taken)
        taken.append(network)
    for problem in found:
        key = str(problem.path[0])
        if problem.nearest is None:
            continue
        nearest = IPv4Network(str(problem.nearest))
        others = [one for name, one in given_ranges.items() if name != key]
        if problem.rule == "GNT04":
            assert not any(map(nearest.overlaps, others))
        if problem.rule == "GNT03":
            size = gcp_networks.SIZES[key]
            assert size.largest <= nearest.prefixlen <= size.smallest
            refused = IPv4Network(ranges[key]).prefixlen > size.least
            assert problem.severity == ("error" if refused else "warning")


@given(networks(20, 28), networks(14, 21), st.integers(0, 500), st.integers(0, 500))
def test_addresses_of_all_nodes(
    nodes: IPv4Network, pods: IPv4Network, one: int, other: int
) -> None:
    least, most = sorted((one, other))
    ranges = {"cidr": str(nodes), "pods": str(pods)}
    room = min(nodes.num_addresses - 4, 2 ** (24 - pods.prefixlen))
    assert gcp_networks.most_nodes(str(nodes), str(pods)) == room
    problem = gcp_networks.room_problem(ranges, least, most)
    assert (problem is None) == (most <= room)
    if problem is None:
        return
    assert problem.severity == ("error" if least > room else "warning")
    # What is suggested has room, and one range more at most is too small.
    better = {**ranges, str(problem.path[0]): str(problem.nearest)}
    again = gcp_networks.room_problem(better, least, most)
    assert again is None or again.path != problem.path
    if again is not None:
        better[str(again.path[0])] = str(again.nearest)
        assert gcp_networks.room_problem(better, least, most) is None


@pytest.mark.parametrize(
    ("kind", "name", "full"),
    [
        ("network", "prod", "projects/p/global/networks/prod"),
        ("network", "projects/h/global/networks/n", "projects/h/global/networks/n"),
        ("subnet", "prod", "projects/p/regions/us-central1/subnetworks/prod"),
    ],
)
def test_full_names(kind: str, name: str, full: str) -> None:
    assert gcp_networks.name_problem(kind, name) is None
    assert gcp_networks.full_name(kind, name, "p", "us-central1") == full


def test_a_network_by_its_url() -> None:
    url = "https://www.googleapis.com/compute/v1/projects/h/global/networks/n"
    problem = gcp_networks.name_problem("network", url)
    assert problem is not None
    assert problem.nearest == "projects/h/global/networks/n"


def test_gkes_add_ons_are_add_ons() -> None:
    for name, row in gke_add_ons.GKE_ADD_ONS.items():
        assert ADD_ONS[name].by_gke
        assert not ADD_ONS[name].by_eks
        assert gke_add_ons.DRIVERS[row.driver] == name
        assert row.since is None or gke.parse(row.since) is not None
    assert set(gke_add_ons.GIVEN) <= set(ADD_ONS)


def test_what_clusters_have_by_themselves() -> None:
    assert gke_add_ons.gives("nvidia-device-plugin")
    assert gke_add_ons.gives("persistent-disk-csi-driver")
    assert not gke_add_ons.gives("gcs-fuse-csi-driver")
    assert gke_add_ons.gives("gcs-fuse-csi-driver", mode="autopilot")
    assert not gke_add_ons.gives("managed-lustre-csi-driver", mode="autopilot")
    assert not gke_add_ons.gives("jobset")


@pytest.mark.parametrize(
    ("key", "own"),
    [
        ("tier", False),
        ("example.com/tier", False),
        ("node-role.kubernetes.io/train", True),
        ("x.k8s.io/y", True),
        ("node.kubernetes.io/tier", False),
        ("topology.kubernetes.io/zone", False),
    ],
)
def test_labels_of_kubernetes(key: str, own: bool) -> None:
    assert kubernetes_own(key) is own
    found = list(gke_labels.label_problems({key: "x"}, "ml-storage/pool"))
    assert [p.rule for p in found] == (["GPL15"] if own else [])


def test_taints_that_nodes_have_in_any_case() -> None:
    given_taints = {"nvidia.com/gpu": "nodes with such a device"}
    stated = [
        ("nvidia.com/gpu", "NoSchedule"),
        ("nvidia.com/gpu", "NoExecute"),
        ("team", "NoSchedule"),
        ("team", "NoSchedule"),
    ]
    found = list(gke_labels.taint_problems(stated, given_taints))
    assert [(p.rule, p.path) for p in found] == [
        ("GPL16", ("taints", 0, "key")),
        ("GPL16", ("taints", 3, "key")),
    ]


@given(st.integers(1, 200), st.booleans())
def test_boot_disks(gib: int, device: bool) -> None:
    problem = gke_nodes.disk_problem(gib * 2**30, device)
    small = gib < (gke_nodes.ROOMY_DISK_GIB if device else gke_nodes.LEAST_DISK_GIB)
    assert (problem is not None) == small
    if problem is not None:
        assert problem.severity == ("error" if gib < 10 else "warning")
