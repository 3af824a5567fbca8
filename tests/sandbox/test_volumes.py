"""Volumes are made where no clean-up of /tmp reaches them."""

from pathlib import Path

import pytest

from sandbox import volumes
from sandbox.errors import SandboxError


@pytest.fixture
def link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "hostpath_pv"
    monkeypatch.setattr(volumes, "_LINK", made)
    return made


def test_link_comes_and_goes(link: Path, tmp_path: Path) -> None:
    for _ in range(2):
        volumes.link(tmp_path / "volumes")
        assert link.readlink() == tmp_path / "volumes"
    volumes.unlink(tmp_path / "other")
    assert link.is_symlink()
    volumes.unlink(tmp_path / "volumes")
    assert not link.is_symlink()


def test_a_link_to_nothing_is_replaced(link: Path, tmp_path: Path) -> None:
    link.symlink_to(tmp_path / "deleted")
    volumes.link(tmp_path / "volumes")
    assert link.readlink() == tmp_path / "volumes"


def test_what_stands_there_is_kept_and_named(link: Path, tmp_path: Path) -> None:
    link.mkdir()
    (link / "data").touch()
    with pytest.raises(SandboxError, match=r"hostpath_pv exists, .* remove"):
        volumes.link(tmp_path / "volumes")
    assert (link / "data").exists()


def test_a_link_of_another_sandbox_is_kept(link: Path, tmp_path: Path) -> None:
    link.symlink_to(tmp_path)
    with pytest.raises(SandboxError, match=f"leads to {tmp_path}, "):
        volumes.link(tmp_path / "volumes")
    volumes.unlink(tmp_path / "volumes")
    assert link.readlink() == tmp_path
