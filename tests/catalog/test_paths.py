from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import paths
from components.catalog.problem import Problem

Check = Callable[[str], Problem | None]
CHECKS: list[Check] = [
    paths.host_directory,
    paths.mount_path,
    paths.exported_directory,
    paths.relative_directory,
]
texts = st.lists(
    st.sampled_from(["", ".", "..", "etc", "var", "lib", "proc", "data", ":", "a b"]),
    max_size=6,
).flatmap(lambda parts: st.sampled_from(["/".join(parts), f"/{'/'.join(parts)}"]))


def rule(problem: Problem | None) -> str | None:
    return problem.rule if problem else None


@pytest.mark.parametrize(
    "path",
    ["/data", "/var/lib/ml-storage", "/mnt/disks/a", "/etcetera", "/home/x", "/data/"],
)
def test_directories_of_a_node(path: str) -> None:
    assert paths.host_directory(path) is None


@pytest.mark.parametrize("path", paths.SYSTEM_DIRECTORIES)
@pytest.mark.parametrize("spelling", ["{}", "{}/", "/{}", "{}/.", "{}/below"])
def test_system_directories_are_refused(path: str, spelling: str) -> None:
    assert rule(paths.host_directory(spelling.format(path))) == "PTH02"


@pytest.mark.parametrize("path", ["/", "//", "/.", "/var", "/var/lib", "/var/"])
def test_parents_of_system_directories_are_refused(path: str) -> None:
    assert rule(paths.host_directory(path)) == "PTH02"


@pytest.mark.parametrize(
    "path", ["data", "", "/data/../etc", "/..", "/data/..", "C:/data", "~/data"]
)
def test_only_absolute_directories_without_dots(path: str) -> None:
    assert rule(paths.host_directory(path)) == "PTH01"
    assert rule(paths.mount_path(path)) == "PTH03"
    assert rule(paths.exported_directory(path)) == "PTH06"


@pytest.mark.parametrize("path", ["/data", "/dev/shm", "/run/x", "/etc/config", "/opt"])
def test_mount_points(path: str) -> None:
    assert paths.mount_path(path) is None


@pytest.mark.parametrize(
    "path", [*sorted(paths.CONTAINER_DIRECTORIES), "//", "/etc/", "/proc/x"]
)
def test_mounts_that_hide_the_system(path: str) -> None:
    assert rule(paths.mount_path(path)) == "PTH04"


@pytest.mark.parametrize("path", ["a", "a/b", "a/", "."])
def test_directories_inside_a_volume(path: str) -> None:
    assert paths.relative_directory(path) is None


@pytest.mark.parametrize(
    ("path", "nearest"), [("/a", "a"), ("../a", "a"), ("a/../b", "a/b"), ("", None)]
)
def test_not_inside_a_volume(path: str, nearest: str | None) -> None:
    problem = paths.relative_directory(path)
    assert problem is not None
    assert (problem.rule, problem.nearest) == ("PTH05", nearest)


def test_a_server_may_export_everything() -> None:
    assert paths.exported_directory("/") is None


@pytest.mark.parametrize("path", ["/data", "//data", "/data/", "/data/.", "/./data//"])
def test_one_spelling(path: str) -> None:
    assert paths.normal(path) == "/data"


@pytest.mark.parametrize("check", CHECKS)
@given(text=texts)
def test_the_nearest_path_is_right(check: Check, text: str) -> None:
    problem = check(text)
    if problem is not None and problem.nearest is not None:
        assert check(str(problem.nearest)) is None
