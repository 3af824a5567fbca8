from __future__ import annotations

import datetime
import itertools
import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import efs_access_points, efs_driver, efs_lifecycle, efs_volumes
from components.catalog.efs import (
    PROVISIONED,
    Performance,
    Throughput,
    id_problem,
    mode_problems,
    mount_targets,
)
from components.catalog.efs_lifecycle import DAYS, lifecycle_problems, transition
from components.catalog.efs_volumes import Handle, handle_problem, parse
from components.catalog.problem import UNSET, Problem
from components.catalog.storage_kinds import BY_DRIVER

# The patterns of the API's own service model.
API_PATH = re.compile(r"^(/|(/(?!\.)+[^$#<>;`|&?{}^*/\n]+){1,4})$")
API_MODE = re.compile(r"^[0-7]{3,4}$")
PERFORMANCES: tuple[Performance, ...] = get_args(Performance)
THROUGHPUTS: tuple[Throughput, ...] = get_args(Throughput)
ids = st.text("0123456789abcdef", min_size=8, max_size=40)
# What people write for a path, right and wrong.
paths = st.text("/ab.$#{}*\n é", max_size=12) | st.text("/a", max_size=130)


def errors(problems: list[Problem]) -> list[Problem]:
    return [p for p in problems if p.severity == "error"]


def right_modes(
    performance: Performance,
    throughput: Throughput,
    amount: int | None,
    zone: str | None,
) -> bool:
    """What AWS says goes together, in one line each."""
    return (
        not (performance == "maxIO" and throughput == "elastic")
        and not (performance == "maxIO" and zone is not None)
        and (throughput == "provisioned") == (amount is not None)
        and (amount is None or amount >= 1)
    )


@pytest.mark.parametrize("zone", [None, "us-west-2a"])
@pytest.mark.parametrize("performance", PERFORMANCES)
@pytest.mark.parametrize("throughput", THROUGHPUTS)
@pytest.mark.parametrize("amount", [None, -1, 0, 1, 2, 1024, 3413, 3414, 3415])
def test_modes(
    performance: Performance,
    throughput: Throughput,
    amount: int | None,
    zone: str | None,
) -> None:
    found = list(mode_problems(performance, throughput, amount, zone))
    assert bool(errors(found)) != right_modes(performance, throughput, amount, zone)
    # A quota that AWS raises on request is no limit.
    warned = [p for p in found if p.severity == "warning"]
    assert bool(warned) == (
        throughput == "provisioned" and (amount or 0) > PROVISIONED[1]
    )
    assert all(p.link and p.message for p in found)


@pytest.mark.parametrize("zone", [None, "us-west-2a"])
@pytest.mark.parametrize("performance", PERFORMANCES)
@pytest.mark.parametrize("throughput", THROUGHPUTS)
@pytest.mark.parametrize("amount", [None, 0, 1, 3415])
def test_the_nearest_modes_are_right(
    performance: Performance,
    throughput: Throughput,
    amount: int | None,
    zone: str | None,
) -> None:
    values: dict[str, object] = {
        "performance": performance,
        "throughput": throughput,
        "provisionedMiBps": amount,
    }
    for _ in range(3):
        for problem in mode_problems(*values.values(), zone):  # type: ignore[arg-type]
            if problem.nearest is not None:
                (key,) = problem.path
                assert values[str(key)] == problem.value
                values[str(key)] = problem.nearest
    left = list(mode_problems(*values.values(), zone))  # type: ignore[arg-type]
    # How much is to be provisioned no one else can say.
    assert [p.rule for p in left] in ([], ["EFS03"])
    assert all(p.value is UNSET for p in left)


times = [None, *(f"{day}d" for day in DAYS)]


@pytest.mark.parametrize(("ia", "archive"), list(itertools.product(times, times)))
def test_lifecycles(ia: str | None, archive: str | None) -> None:
    order = [None if t is None else DAYS.index(int(t[:-1])) for t in (ia, archive)]
    right = archive is None or (ia is not None and order[0] < order[1])  # type: ignore[operator]
    found = list(lifecycle_problems(ia, archive, "generalPurpose", "elastic"))
    assert [p.rule for p in found] == ([] if right else ["EFS07"])
    for problem in found:
        given = {"toIA": ia, "toArchive": archive}
        (key,) = problem.path
        assert problem.value == (UNSET if given[str(key)] is None else given[str(key)])
        if problem.nearest is None:
            # Nothing comes before the first of the times.
            assert archive == "1d"
            continue
        given[str(key)] = str(problem.nearest)
        assert not list(
            lifecycle_problems(
                given["toIA"], given["toArchive"], "generalPurpose", "elastic"
            )
        )


@pytest.mark.parametrize("performance", PERFORMANCES)
@pytest.mark.parametrize("throughput", THROUGHPUTS)
def test_archive_is_of_elastic_throughput(
    performance: Performance, throughput: Throughput
) -> None:
    found = [
        *mode_problems(
            performance, throughput, 1 if throughput == "provisioned" else None, None
        ),
        *lifecycle_problems("7d", "30d", performance, throughput),
    ]
    right = (performance, throughput) == ("generalPurpose", "elastic")
    # One cause, one error.
    assert len(found) == (0 if right else 1)


@given(st.integers(0, 5000))
def test_times_that_efs_has_not(day: int) -> None:
    found = list(lifecycle_problems(f"{day}d", None, "generalPurpose", "elastic"))
    assert bool(found) == (day not in DAYS)
    for problem in found:
        nearest = int(str(problem.nearest)[:-1])
        assert abs(nearest - day) == min(abs(d - day) for d in DAYS)
        assert transition(str(problem.nearest))


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("30", "30d"),
        ("AFTER_30_DAYS", "30d"),
        ("30 days", None),
        ("45days", "30d"),
        ("2w", "14d"),
        ("3m", "90d"),
        ("1y", "365d"),
        ("12h", "1d"),
        ("never", None),
        ("", None),
        ("-7d", None),
        ("\u0663\u0660d", None),
    ],
)
def test_times_in_other_words(text: str, nearest: str | None) -> None:
    (problem,) = lifecycle_problems(text, None, "generalPurpose", "elastic")
    assert (problem.rule, problem.path, problem.nearest) == (
        "EFS05",
        ("toIA",),
        nearest,
    )
    with pytest.raises(ValueError, match="EFS moves no files after"):
        transition(text)


def test_what_the_api_calls_the_times() -> None:
    assert [transition(f"{day}d") for day in DAYS] == [
        *("AFTER_1_DAY", "AFTER_7_DAYS", "AFTER_14_DAYS", "AFTER_30_DAYS"),
        *("AFTER_60_DAYS", "AFTER_90_DAYS", "AFTER_180_DAYS", "AFTER_270_DAYS"),
        "AFTER_365_DAYS",
    ]


@given(paths)
def test_directories_are_those_of_the_api(text: str) -> None:
    problem = efs_access_points.path_problem(text, ("path",))
    taken = bool(API_PATH.fullmatch(text)) and 1 <= len(text) <= 100
    if problem is None:
        assert taken
    else:
        # The API's pattern lets a name be followed by empty ones; EFS has no such.
        assert not taken or "//" in text or text.endswith("/")
        assert efs_access_points.path_problem(str(problem.nearest), ()) is None


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("/", None),
        ("/a/b/c/d", None),
        ("/" + "a" * 99, None),
        ("/" + "a" * 100, "/" + "a" * 99),
        ("/a/b/c/d/e", "/a/b/c/d"),
        ("a", "/a"),
        ("/.hidden", "/hidden"),
        ("/a/../b", "/a/b"),
        ("/a//b/", "/a/b"),
        ("/${name}", "/name"),
        ("", "/"),
    ],
)
def test_directories(text: str, nearest: str | None) -> None:
    problem = efs_access_points.path_problem(text, ("path",))
    assert (problem and problem.nearest) == nearest


@given(st.integers(0, 0o7777), st.sampled_from(["03o", "04o"]))
def test_modes_of_directories(mode: int, form: str) -> None:
    text = format(mode, form)
    problem = efs_access_points.mode_problem(text, ())
    whole = mode & 0o700 == 0o700
    assert bool(API_MODE.fullmatch(text))
    assert (problem is None) == whole
    if problem is not None:
        assert (problem.rule, problem.severity) == ("EFS20", "warning")
        assert efs_access_points.mode_problem(str(problem.nearest), ()) is None
    # Root is kept out by no mode.
    assert efs_access_points.mode_problem(text, (), uid=0) is None


@pytest.mark.parametrize(
    "text", ["", "rwx", "77", "0888", "00770", "0o750", "u+x", "\u0667\u0667\u0667"]
)
def test_what_is_no_mode(text: str) -> None:
    problem = efs_access_points.mode_problem(text, ())
    assert problem is not None
    assert (problem.rule, problem.severity) == ("EFS11", "error")
    assert API_MODE.fullmatch(str(problem.nearest))


@given(ids)
def test_ids(digits: str) -> None:
    name = f"fs-{digits}"
    assert id_problem(name, ()) is None
    for text in (
        name.upper(),
        f"arn:aws:elasticfilesystem:us-west-2:123456789012:file-system/{name}",
        f"{name}.efs.us-west-2.amazonaws.com",
        f" {name} ",
    ):
        problem = id_problem(text, ())
        assert problem is not None
        assert problem.nearest == name


@pytest.mark.parametrize(
    "text", ["", "fs-", "fs-1234567", "fsap-01234567", "fs-" + "a" * 41]
)
def test_what_is_no_id(text: str) -> None:
    problem = id_problem(text, ())
    assert problem is not None
    assert problem.nearest is None


def test_a_mount_target_in_every_zone_once() -> None:
    subnets = {"b": "subnet-b", "a": "subnet-a"}
    assert list(mount_targets(subnets, None)) == ["a", "b"]
    assert mount_targets(subnets, "b") == {"b": "subnet-b"}
    with pytest.raises(ValueError, match="no subnet in c: there are subnets in a, b"):
        mount_targets(subnets, "c")
    with pytest.raises(ValueError, match="none is given"):
        mount_targets({}, None)


@given(ids, st.none() | ids, st.none() | st.sampled_from(["/a", "b/c"]))
def test_handles_there_and_back(fs: str, ap: str | None, directory: str | None) -> None:
    for kind in ("efs", "s3files"):
        handle = Handle(
            kind=kind,
            file_system=f"fs-{fs}",
            access_point=None if ap is None else f"fsap-{ap}",
            directory=directory,
        )
        assert parse(str(handle)) == handle
        assert handle_problem(str(handle)) is None
    # Volumes of before have the handle without its kind.
    assert parse(str(handle).partition(":")[2]) is not None


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("fs-01234567::fsap-01234567", None),
        ("fs-01234567::", None),
        ("efs:fs-01234567:::", "efs:fs-01234567"),
        ("fs-01234567:fsap-01234567", "efs:fs-01234567::fsap-01234567"),
        ("fs-01234567/fsap-01234567", "efs:fs-01234567::fsap-01234567"),
        ("fs-01234567.efs.us-west-2.amazonaws.com:/", "efs:fs-01234567"),
        ("nfs:fs-01234567", "efs:fs-01234567"),
        ("FS-01234567", "efs:fs-01234567"),
    ],
)
def test_handles(text: str, nearest: str | None) -> None:
    problem = handle_problem(text)
    assert (problem and problem.nearest) == nearest


@pytest.mark.parametrize("text", ["", "models", "fsap-01234567", "fs-1::fsap-1"])
def test_what_is_no_handle(text: str) -> None:
    problem = handle_problem(text)
    assert problem is not None
    assert (problem.rule, problem.nearest) == ("EFS17", None)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, []),
        ({"encryptInTransit": "true", "crossaccount": "True"}, []),
        ({"ENCRYPTINTRANSIT": "1", "mounttargetip": "10.0.0.1"}, []),
        ({"mounttargetip": "fd00::1"}, []),
        ({"mounttargetip": "10.0.0.256"}, [("EFS18", "error", None)]),
        ({"mounttargetip": "a.example.com"}, [("EFS18", "error", None)]),
        ({"encryptInTransit": "false"}, [("EFS18", "warning", '"true"')]),
        ({"encryptInTransit": "yes"}, [("EFS18", "error", '"true"')]),
        ({"path": "/a"}, [("EFS18", "error", None)]),
        ({"tls": "true"}, [("EFS18", "error", "encryptInTransit")]),
    ],
)
def test_attributes(
    attributes: dict[str, str], expected: list[tuple[object, ...]]
) -> None:
    found = list(efs_volumes.attribute_problems(attributes))
    assert [(p.rule, p.severity, p.nearest) for p in found] == expected
    assert all(p.path[0] == "volumeAttributes" for p in found)


@pytest.mark.parametrize(
    ("handle", "attributes", "options", "expected"),
    [
        ("fs-01234567", {}, ["iam", "lookupcache=all", "ro"], []),
        ("fs-01234567", {}, ["tls"], ["warning"]),
        ("fs-01234567", {"encryptInTransit": "false"}, ["TLS"], ["warning", "error"]),
        ("fs-01234567", {}, ["accesspoint=fsap-01234567"], ["warning"]),
        (
            "fs-01234567::fsap-01234567",
            {},
            ["accesspoint=fsap-01234567", "accesspoint=fsap-76543210"],
            ["warning", "error"],
        ),
        ("fs-01234567", {}, ["crossaccount"], ["error"]),
        ("fs-01234567", {}, ["awscredsuri=/a"], ["warning"]),
        ("models", {"a": "b"}, ["crossaccount"], ["error", "error", "error"]),
    ],
)
def test_volumes_by_their_handle(
    handle: str, attributes: dict[str, str], options: list[str], expected: list[str]
) -> None:
    found = list(efs_volumes.volume_problems(handle, attributes, options))
    assert [p.severity for p in found] == expected


@given(st.lists(st.integers(-5, 70_000) | st.integers(2**32 - 9, 2**32), max_size=3))
def test_ranges_of_group_ids(numbers: list[int]) -> None:
    found = list(efs_driver.group_id_problems(numbers, ("gidRange",)))
    right = len(numbers) == 2 and 0 < numbers[0] < numbers[1] < 2**32
    assert bool(errors(found)) != right
    for problem in found:
        nearest = [int(n) for n in str(problem.nearest).strip("[]").split(", ")]
        assert not errors(list(efs_driver.group_id_problems(nearest, ())))
        if problem.severity == "warning":
            assert not list(efs_driver.group_id_problems(nearest, ()))


@pytest.mark.parametrize(
    ("width", "warns"),
    [(1, True), (98, True), (99, False), (10_000, False), (10_001, True)],
)
def test_ranges_that_run_out(width: int, warns: bool) -> None:
    found = list(efs_driver.group_id_problems([1000, 1000 + width], ()))
    assert [p.severity for p in found] == (["warning"] if warns else [])


@pytest.mark.parametrize(
    ("base", "pattern", "unique", "expected"),
    [
        (None, None, None, []),
        ("/", None, None, []),
        ("/a/b/c", None, None, []),
        ("a/b/c/", None, None, []),
        ("/a/b/c/d", None, None, [("EFS12", "/a/b/c")]),
        ("/" + "a" * 58, None, None, []),
        ("/" + "a" * 59, None, None, [("EFS12", "/")]),
        ("/a$b", None, None, [("EFS12", "/ab")]),
        ("/a/.b", None, None, [("EFS12", "/a/b")]),
        (None, None, True, [("EFS16", None)]),
        (None, "${.PVC.namespace}/${.PVC.name}", None, []),
        ("/a/b", "${.PVC.namespace}/${.PV.name}", False, []),
        ("/a/b/c", "${.PVC.namespace}/${.PVC.name}", None, [("EFS12", None)]),
        (None, "${.pvc.NAME}", None, [("EFS16", "${.PVC.name}")]),
        (None, "${.PVC.uid}", None, [("EFS16", None)]),
        (None, "", None, [("EFS16", None)]),
        (None, ".${.PVC.name}", None, [("EFS16", None)]),
        (None, "a" * 99, False, []),
        (None, "a" * 100, False, [("EFS12", None)]),
        (None, "a" * 62, None, []),
        (None, "a" * 63, None, [("EFS12", None)]),
    ],
)
def test_directories_of_claims(
    base: str | None,
    pattern: str | None,
    unique: bool | None,
    expected: list[tuple[str, str | None]],
) -> None:
    found = list(efs_driver.directory_problems(base, pattern, unique=unique))
    assert [(p.rule, p.nearest) for p in found] == expected


@given(paths)
def test_a_base_path_that_is_taken_leaves_room(base: str) -> None:
    found = list(efs_driver.directory_problems(base, None, unique=None))
    made = "/" + "/".join([*(p for p in base.split("/") if p), "pvc-" + "0" * 36])
    assert bool(found) == bool(efs_access_points.path_problem(made, ()))
    for problem in found:
        again = efs_driver.directory_problems(str(problem.nearest), None, unique=None)
        assert list(again) == []


CLASS = {
    "provisioningMode": "efs-ap",
    "fileSystemId": "fs-01234567",
    "directoryPerms": "700",
}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, []),
        ({"uid": "1000", "gid": "1000", "enforceZoneAffinity": "True"}, []),
        ({"gidRangeStart": "1000", "gidRangeEnd": "2000"}, []),
        ({"gidRangeStart": "1000"}, [("CLS06", "gidRangeStart")]),
        ({"gidRangeEnd": "2000"}, [("CLS06", "gidRangeEnd")]),
        ({"gidRangeStart": "0", "gidRangeEnd": "9"}, [("CLS06", "gidRangeStart")]),
        ({"basepath": "/a"}, [("CLS04", "basepath")]),
        ({"basePath": "/a*"}, [("CLS06", "basePath")]),
        ({"subPathPattern": "${.PVC.namespace}/x"}, []),
        ({"subPathPattern": "${.PVC.labels}"}, [("CLS06", "subPathPattern")]),
        ({"directoryPerms": "rwx"}, [("CLS06", "directoryPerms")]),
        ({"fileSystemId": "fs-1"}, [("CLS06", "fileSystemId")]),
        ({"fileSystemIdConfigRef": "a/b/c"}, [("CLS04", "fileSystemIdConfigRef")]),
        ({"reuseAccessPoint": "perhaps"}, [("CLS06", "reuseAccessPoint")]),
        ({"provisioningMode": "s3files-ap", "az": "a"}, [("CLS06", "az")]),
    ],
)
def test_parameters(more: dict[str, str], expected: list[tuple[str, str]]) -> None:
    found = list(efs_driver.DRIVER.problems({**CLASS, **more}))
    assert [(p.rule, p.path[-1]) for p in found] == expected


def test_a_file_system_of_a_config_map() -> None:
    given = {k: v for k, v in CLASS.items() if k != "fileSystemId"}
    missing = efs_driver.DRIVER.problems(given)
    assert [(p.rule, p.path[-1]) for p in missing] == [("CLS05", "fileSystemId")]
    given["fileSystemIdSecretRef"] = "storage/efs/id"
    assert list(efs_driver.DRIVER.problems(given)) == []


def test_rows_say_where_they_were_read() -> None:
    driver = efs_driver.DRIVER
    assert driver.source.startswith("https://")
    assert datetime.date.fromisoformat(driver.as_of) <= datetime.date(2026, 11, 22)
    assert driver.name in BY_DRIVER
    assert efs_lifecycle.LINK.startswith("https://docs.aws.amazon.com/")
