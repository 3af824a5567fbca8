"""Backups, maintenance, root squash and links of FSx for Lustre."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog.fsx_lustre_asked import FileSystem
from components.catalog.fsx_lustre_links import Link, link_problems
from components.catalog.fsx_lustre_settings import (
    Backups,
    backup_problems,
    maintenance_problem,
    squash_problems,
)
from components.catalog.problem import Problem

PERSISTENT = ("PERSISTENT_1", "PERSISTENT_2")
SCRATCH = ("SCRATCH_1", "SCRATCH_2")


def backups(
    deployment: str = "PERSISTENT_2", *, linked: bool = False, **said: object
) -> list[Problem]:
    given = Backups(**said)  # pyright: ignore[reportArgumentType]: each test names the field
    return list(backup_problems(given, deployment=deployment, linked=linked))


@pytest.mark.parametrize("deployment", PERSISTENT)
@pytest.mark.parametrize(
    ("days", "severity", "nearest"),
    [
        *((0, None, None), (1, None, None), (35, None, None)),
        *((36, "warning", 35), (90, "warning", 35)),
        *((-1, "error", 0), (91, "error", 90), (365, "error", 90)),
    ],
)
def test_retention(
    deployment: str, days: int, severity: str | None, nearest: int | None
) -> None:
    found = backups(deployment, retention_days=days)
    assert [(p.rule, p.severity, p.nearest) for p in found] == (
        [("FSX12", severity, nearest)] if severity else []
    )


@pytest.mark.parametrize(
    "said",
    [
        {"retention_days": 1},
        {"retention_days": 400, "start_time": "25:00", "copy_tags": True},
        {"start_time": "00:00"},
        {"copy_tags": True},
    ],
)
@pytest.mark.parametrize(
    ("deployment", "linked"), [*((s, False) for s in SCRATCH), ("PERSISTENT_2", True)]
)
def test_no_backups_of_scratch_or_linked(
    deployment: str, linked: bool, said: dict[str, object]
) -> None:
    (problem,) = backups(deployment, linked=linked, **said)
    assert (problem.rule, problem.path) == ("FSX11", (next(iter(said)),))


@pytest.mark.parametrize("deployment", SCRATCH)
def test_saying_that_there_are_none_is_fine(deployment: str) -> None:
    assert backups(deployment, retention_days=0, copy_tags=False) == []


@pytest.mark.parametrize(
    ("time", "nearest"),
    [
        *(("24:00", None), ("5:30", "05:30"), ("0530", "05:30"), ("23:60", None)),
        *(("midnight", None), ("", None), ("00:00:00", None)),
    ],
)
def test_the_time_of_backups(time: str, nearest: str | None) -> None:
    (problem,) = backups(retention_days=1, start_time=time)
    assert (problem.rule, problem.nearest) == ("FSX13", nearest)


@given(hour=st.integers(0, 23), minute=st.integers(0, 59))
def test_every_minute_of_a_day(hour: int, minute: int) -> None:
    time = f"{hour:02}:{minute:02}"
    assert backups(retention_days=1, start_time=time) == []
    for day in range(1, 8):
        assert maintenance_problem(f"{day}:{time}") is None


def test_a_time_or_tags_without_backups() -> None:
    (problem,) = backups(start_time="00:00")
    assert (problem.rule, problem.severity) == ("FSX13", "error")
    (problem,) = backups(retention_days=0, copy_tags=True)
    assert (problem.rule, problem.severity) == ("FSX13", "warning")


@pytest.mark.parametrize(
    ("window", "nearest"),
    [
        *(("0:09:00", "7:09:00"), ("8:09:00", None), ("Sun:09:00", "7:09:00")),
        *(("monday:9:30", "1:09:30"), ("1:24:00", None), ("1:09:60", None)),
        *(("1:0900", "1:09:00"), ("09:00", None), ("", None), ("noday:09:00", None)),
    ],
)
def test_maintenance(window: str, nearest: str | None) -> None:
    problem = maintenance_problem(window)
    assert problem is not None
    assert (problem.rule, problem.nearest) == ("FSX14", nearest)
    assert nearest is None or maintenance_problem(nearest) is None


@pytest.mark.parametrize("user", ["1:1", "65534:65534", "4294967294:4294967294"])
def test_root_becomes_someone(user: str) -> None:
    assert list(squash_problems(user, [])) == []


@pytest.mark.parametrize(
    "user",
    ["0:0", "0:1", "1:0", "4294967295:1", "1:4294967295", "-1:1", "1", "root:root", ""],
)
def test_root_stays_no_one(user: str) -> None:
    (problem,) = squash_problems(user, [])
    assert (problem.rule, problem.path) == ("FSX16", ("user",))
    assert list(squash_problems(str(problem.nearest), [])) == []


def test_clients_that_are_exempt() -> None:
    good = ["10.0.1.6@tcp", "10.0.[2-10].[1-255]@tcp"]
    assert list(squash_problems("1:1", good)) == []
    assert list(squash_problems("1:1", good * 32)) == []
    (problem,) = squash_problems("1:1", good * 32 + good[:1])
    assert problem.path == ("except_for", 64)
    (problem,) = squash_problems("1:1", ["10.0.1.6"])
    assert (problem.path, problem.nearest) == (("except_for", 0), "10.0.1.6@tcp")
    (problem,) = squash_problems("1:1", ["host@tcp"])
    assert problem.nearest is None


NEW = FileSystem(deployment="PERSISTENT_2", version="2.15")


def links(*given: Link, asked: FileSystem = NEW) -> list[Problem]:
    return list(link_problems(asked, given))


def several(count: int) -> list[Link]:
    return [Link(path=f"/d{n}", bucket=f"b{n}") for n in range(count)]


@pytest.mark.parametrize("count", [0, 1, 8])
def test_up_to_eight_links(count: int) -> None:
    assert links(*several(count)) == []


def test_a_ninth_link() -> None:
    (problem,) = links(*several(9))
    assert (problem.rule, problem.path) == ("FSX18", ("links", 8))


@pytest.mark.parametrize(
    ("asked", "rule", "path", "severity"),
    [
        (FileSystem(deployment="SCRATCH_1"), "FSX17", "deployment", "error"),
        (
            FileSystem(deployment="SCRATCH_2", version="2.10"),
            *("FSX17", "version", "error"),
        ),
        (
            FileSystem(deployment="PERSISTENT_1", version="2.10"),
            *("FSX17", "version", "error"),
        ),
        (
            FileSystem(deployment="PERSISTENT_2", storage_type="INTELLIGENT_TIERING"),
            *("FSX17", "links", "warning"),
        ),
    ],
)
def test_file_systems_that_cannot_be_linked(
    asked: FileSystem, rule: str, path: str, severity: str
) -> None:
    (problem,) = links(*several(1), asked=asked)
    assert (problem.rule, problem.path, problem.severity) == (rule, (path,), severity)
    assert links(asked=asked) == []


@pytest.mark.parametrize("version", ["2.12", "2.15"])
@pytest.mark.parametrize("deployment", ["SCRATCH_2", *PERSISTENT])
def test_file_systems_that_can(deployment: str, version: str) -> None:
    asked = FileSystem(deployment=deployment, version=version)
    assert links(*several(2), asked=asked) == []


@pytest.mark.parametrize(
    ("one", "other", "wrong"),
    [
        *(("/a", "/b", None), ("/a", "/ab", None), ("/a/b", "/a/c", None)),
        *(("/a", "/a", 1), ("/a", "/a/", 1), ("/a/", "/a/b", 1), ("/a/b", "/a", 1)),
        *(("/", "/a", 0), ("/a", "/", 1), ("/a", "/a//b", 1)),
    ],
)
def test_paths_do_not_overlap(one: str, other: str, wrong: int | None) -> None:
    found = links(Link(path=one, bucket="x"), Link(path=other, bucket="y"))
    assert [(p.rule, p.path) for p in found] == (
        [] if wrong is None else [("FSX18", ("links", wrong, "path"))]
    )


PATHS = st.lists(st.sampled_from("abc"), max_size=3).map(lambda p: "/" + "/".join(p))


@given(paths=st.lists(PATHS, min_size=2, max_size=4))
def test_paths_are_apart_or_refused(paths: list[str]) -> None:
    given = [Link(path=path, bucket=f"b{n}") for n, path in enumerate(paths)]
    overlap = any(
        f"{one.directory}/".replace("//", "/").startswith(
            f"{other.directory}/".replace("//", "/")
        )
        for one in given
        for other in given
        if one is not other
    )
    assert bool(links(*given)) == overlap


@pytest.mark.parametrize(
    ("link", "key", "nearest"),
    [
        (Link(path="data", bucket="b"), "path", "/data"),
        (Link(path="", bucket="b"), "path", "/"),
        (Link(path="/" + "d" * 4096, bucket="b"), "path", None),
        (Link(path="/d"), "bucket", None),
        (Link(path="/d", bucket="b", uri="s3://bbb"), "uri", None),
        (Link(path="/d", uri="bbb/train"), "uri", "s3://bbb/train"),
        (Link(path="/d", uri="gs://bbb/train"), "uri", "s3://bbb/train"),
        (Link(path="/d", uri="s3://B"), "uri", None),
        (Link(path="/d", uri="s3://bbb", prefix="train"), "prefix", None),
        (Link(path="/d", bucket="b", prefix="/train"), "prefix", "train"),
    ],
)
def test_what_a_link_says(link: Link, key: str, nearest: str | None) -> None:
    (problem,) = links(link)
    assert (problem.path, problem.nearest) == (("links", 0, key), nearest)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Link(path="/a", bucket="b"), Link(path="/c", bucket="b"), True),
        (Link(path="/a", bucket="b", prefix="x"), Link(path="/c", bucket="b"), False),
        (
            Link(path="/a", bucket="b", prefix="x/"),
            Link(path="/c", bucket="b", prefix="x"),
            True,
        ),
        (
            Link(path="/a", uri="s3://bbb/x/"),
            Link(path="/c", uri="s3://bbb/x"),
            True,
        ),
        (Link(path="/a", uri="s3://bbb"), Link(path="/c", bucket="bbb"), False),
    ],
)
def test_a_bucket_is_linked_once(one: Link, other: Link, same: bool) -> None:
    assert [p.rule for p in links(one, other)] == (["FSX19"] if same else [])
