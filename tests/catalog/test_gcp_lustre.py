from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import gcp_lustre
from components.catalog.gcp_lustre import (
    DYNAMIC,
    OLDER_MOST,
    THROUGHPUTS,
    TIERS,
    mounted_twice,
    name_problem,
    parse_mount_point,
    resize_refusal,
    size_problems,
    throughput_problem,
)
from components.catalog.gcp_lustre_driver import (
    ATTRIBUTES,
    DRIVER,
    check,
    handle,
    volume_problems,
)
from components.catalog.problem import Problem
from components.catalog.storage_kinds import BY_DRIVER

CHOSEN = (1000, 500, 250, 125, None)
per_tibs = st.sampled_from(CHOSEN)

# Step, threshold, larger step, most: as the page has them.
ROWS = {
    1000: (9_000, 1_530_000, 72_000, 10_008_000),
    500: (18_000, 3_060_000, 144_000, 20_016_000),
    250: (36_000, 6_120_000, 288_000, 40_032_000),
    125: (72_000, 12_240_000, 72_000, 12_240_000),
    None: (472_000, 84_016_000, 472_000, 84_016_000),
}


def right_size(per_tib: int | None, gib: int) -> bool:
    """What the page says, in one line."""
    step, threshold, larger, most = ROWS[per_tib]
    return 0 < gib <= most and gib % (step if gib <= threshold else larger) == 0


def sized(per_tib: int | None, gib: int | None) -> list[Problem]:
    return list(size_problems(per_tib, gib, ("capacityGiB",)))


def test_every_size_that_there_is() -> None:
    for per_tib in CHOSEN:
        step, _, _, most = ROWS[per_tib]
        tier = per_tib or DYNAMIC
        for gib in range(step, most + step, step):
            errors = [p for p in sized(per_tib, gib) if p.severity == "error"]
            assert (not errors) == right_size(per_tib, gib), (tier, gib)


@pytest.mark.parametrize(("per_tib", "more"), list(product(CHOSEN, (-1, 1))))
def test_neighbours_are_refused(per_tib: int | None, more: int) -> None:
    step, threshold, larger, most = ROWS[per_tib]
    for gib in (step, threshold, threshold + larger, most):
        (problem,) = (p for p in sized(per_tib, gib + more))
        assert (problem.rule, problem.severity) == ("MLU01", "error")


@given(per_tibs, st.integers(-10, 90_000_000))
def test_the_nearest_size_is_right(per_tib: int | None, gib: int) -> None:
    for problem in sized(per_tib, gib):
        assert isinstance(problem.nearest, int)
        assert right_size(per_tib, problem.nearest)
        if problem.severity == "warning":
            assert sized(per_tib, problem.nearest) == []


@pytest.mark.parametrize(("per_tib", "most"), list(OLDER_MOST.items()))
def test_sizes_that_one_page_alone_knows_warn(per_tib: int, most: int) -> None:
    step = ROWS[per_tib][0]
    assert sized(per_tib, most) == []
    (problem,) = sized(per_tib, most + step)
    assert (problem.severity, problem.nearest) == ("warning", most)


@pytest.mark.parametrize("per_tib", CHOSEN)
def test_a_size_is_required(per_tib: int | None) -> None:
    (problem,) = sized(per_tib, None)
    assert problem.message.startswith("required: ")
    assert problem.nearest == ROWS[per_tib][0]


@given(st.integers(-10, 2_000))
def test_throughputs(per_tib: int) -> None:
    problem = throughput_problem(per_tib, ("throughputPerTiB",))
    assert (problem is None) == (per_tib in (125, 250, 500, 1000))
    if problem is not None:
        assert problem.nearest in THROUGHPUTS
        # Its size is not judged: one cause is one problem.
        assert (per_tib == DYNAMIC) or sized(per_tib, 9_000) == []


@pytest.mark.parametrize(
    ("per_tib", "old", "new", "works"),
    [
        (1000, 9_000, 18_000, True),
        (1000, 18_000, 9_000, False),
        (1000, 9_000, 1_530_000, True),
        (1000, 1_530_000, 1_584_000, False),
        (1000, 1_584_000, 10_008_000, True),
        (125, 72_000, 12_240_000, True),
        (None, 472_000, 944_000, True),
    ],
)
def test_growth(per_tib: int | None, old: int, new: int, works: bool) -> None:
    assert (resize_refusal(per_tib, old, new) is None) == works


def test_throughput_is_by_the_size() -> None:
    assert gcp_lustre.throughput(1000, 1024 * 9) == 9000
    assert gcp_lustre.throughput(None, 1024) == DYNAMIC
    assert set(TIERS) == {1000, 500, 250, 125, DYNAMIC}


@given(st.text("aZ9-_ é", max_size=12))
def test_names_of_file_systems(name: str) -> None:
    plain = name.isascii() and name.isalnum()
    right = 0 < len(name) <= 8 and plain and not name[0].isdigit()
    problem = name_problem(name, ("filesystem",))
    assert (problem is None) == right
    if problem is not None:
        assert name_problem(str(problem.nearest), ()) is None


def test_two_of_one_name() -> None:
    assert mounted_twice({"a": "lustre", "b": "scratch"}) == {}
    assert mounted_twice({"a": "lustre", "b": "lustre", "c": "x"}) == {
        "lustre": ["a", "b"]
    }


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("10.0.0.2@tcp:/lustre", ("10.0.0.2", "lustre")),
        ("10.0.0.2:/lustre", None),
        ("10.0.0.2@tcp:/", None),
        ("10.0.0.2@tcp:/a/b", None),
    ],
)
def test_mount_points(text: str, parts: tuple[str, str] | None) -> None:
    assert parse_mount_point(text) == parts


@pytest.mark.parametrize(
    ("squash", "expected"),
    [
        ((65534, 65534, []), []),
        ((0, 1, []), [("uid",)]),
        ((0, 0, []), [("uid",), ("gid",)]),
        ((1, 1, ["10.0.0.0/8", "192.168.0.1"]), []),
        ((1, 1, ["10.0.0.1/8"]), [("exceptFor", 0)]),
        ((1, 1, ["10.0.0.0/8", "10.1.1.1"]), [("exceptFor", 1)]),
    ],
)
def test_root_squash(
    squash: tuple[int, int, list[str]], expected: list[tuple[str | int, ...]]
) -> None:
    found = list(gcp_lustre.squash_problems(*squash))
    assert [p.path for p in found] == expected
    assert all(p.rule == "MLU09" for p in found)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"perUnitStorageThroughput": "1000"}, []),
        ({"per-unit-storage-throughput": "125", "NETWORK": "default"}, []),
        ({"perUnitStorageThroughput": "200"}, [("MLU11", "error")]),
        ({}, [("MLU10", "warning")]),
        ({"perUnitStorageThroughput": "500", "filesystem": "scratch"}, []),
        (
            {"perUnitStorageThroughput": "500", "filesystem": "file-system"},
            [("MLU03", "error")],
        ),
        ({"perUnitStorageThroughput": "500", "zone": "a"}, [("CLS04", "error")]),
        (
            {"perUnitStorageThroughput": "500", "per_unit_storage_throughput": "500"},
            [("CLS04", "error")],
        ),
        (
            {"perUnitStorageThroughput": "500", "network": "Prod"},
            [("CLS06", "error")],
        ),
        (
            {
                "perUnitStorageThroughput": "500",
                "network": "projects/host/global/networks/shared",
            },
            [],
        ),
    ],
)
def test_parameters(
    parameters: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    found = [*DRIVER.problems(parameters), *check(parameters)]
    assert [(p.rule, p.severity) for p in found] == expected


ID = handle("ml-prod", "us-central1-a", "training")
MOUNTED = {"ip": "10.0.0.2", "filesystem": "lustre"}


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (ID, ID),
        (f"{ID}:second", f"{ID}:second"),
        ("projects/ml-prod/locations/us-central1-a/instances/training", ID),
        ("us-central1-a/training", None),
        ("ml-prod//training", None),
        ("training", None),
    ],
)
def test_handles(text: str, right: str | None) -> None:
    found = list(volume_problems(text, MOUNTED, []))
    if text == right:
        assert found == []
        return
    (problem,) = found
    assert (problem.rule, problem.nearest) == ("MLU07", right)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (MOUNTED, []),
        ({"IP": "10.0.0.2", "file_system": "lustre"}, []),
        ({"mountpoint": "10.0.0.2@tcp:/lustre"}, []),
        ({**MOUNTED, "iamAccessControlEnabled": "true"}, []),
        ({"mountPoint": "10.0.0.2:/lustre"}, [("mountPoint", None)]),
        ({"ip": "10.0.0.2"}, [("filesystem", None)]),
        ({}, [("ip", None), ("filesystem", None)]),
        ({**MOUNTED, "filesystem": "file-system"}, [("filesystem", "filesyst")]),
        ({**MOUNTED, "mountname": "a"}, [("mountname", "mountpoint")]),
        ({**MOUNTED, "file-system": "a"}, [("file-system", None)]),
    ],
)
def test_attributes(
    attributes: dict[str, str], expected: list[tuple[str, str | None]]
) -> None:
    found = list(volume_problems(ID, attributes, []))
    assert [(p.path[-1], p.nearest) for p in found] == expected
    assert all(p.rule == "MLU08" for p in found)


def test_rows_say_where_they_were_read() -> None:
    assert DRIVER.source.startswith("https://")
    assert BY_DRIVER[DRIVER.name].kind == "managed-lustre"
    assert "filesystem" in ATTRIBUTES
