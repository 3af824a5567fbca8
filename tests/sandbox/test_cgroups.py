"""The pods' control group, in both versions of the hierarchy."""

from pathlib import Path

import pytest

from sandbox import cgroups


@pytest.fixture
def v1(tmp_path: Path) -> Path:
    for controller in ("cpu,cpuacct", "memory", "unified"):
        (tmp_path / controller).mkdir()
    # Controllers that share a hierarchy are links to it.
    (tmp_path / "cpu").symlink_to("cpu,cpuacct")
    return tmp_path


@pytest.fixture
def v2(tmp_path: Path) -> Path:
    (tmp_path / "cgroup.controllers").write_text("cpu memory\n")
    return tmp_path


def test_v1_has_one_group_in_each_hierarchy(v1: Path) -> None:
    assert not cgroups.is_v2(v1)
    cgroups.make(v1)
    cgroups.make(v1)
    found = sorted(path.parent.name for path in v1.glob(f"*/{cgroups.NAME}"))
    assert found == ["cpu", "cpu,cpuacct", "memory", "unified"]


def test_v2_has_one_group_with_its_controllers_handed_down(v2: Path) -> None:
    assert cgroups.is_v2(v2)
    cgroups.make(v2)
    assert (v2 / cgroups.NAME).is_dir()
    assert (v2 / "cgroup.subtree_control").read_text() == "+memory"


def test_remove_takes_inner_groups_first(v1: Path) -> None:
    cgroups.make(v1)
    (v1 / "memory" / cgroups.NAME / "kubepods/pod1").mkdir(parents=True)
    cgroups.remove(v1)
    cgroups.remove(v1)
    assert not list(v1.glob(f"*/{cgroups.NAME}"))


def test_a_group_in_use_is_an_error(v1: Path) -> None:
    cgroups.make(v1)
    (v1 / "memory" / cgroups.NAME / "tasks").touch()
    with pytest.raises(OSError, match="not empty"):
        cgroups.remove(v1, patience=0.1)
