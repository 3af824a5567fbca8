"""What is on PATH wins; what cannot be had is named with the ways out."""

from pathlib import Path

import pytest

from sandbox import debian
from sandbox.errors import MissingTool


@pytest.fixture(autouse=True)
def _bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ML_STORAGE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()


def test_programs_on_path_need_no_package(tmp_path: Path) -> None:
    program = tmp_path / "bin/runc"
    program.touch(mode=0o755)
    assert debian.programs(["runc"], ["no-such-package"], label="runc") == []


def test_no_apt_names_the_ways_out() -> None:
    expected = r"^runc is not on PATH, .*install crun and runc, .*make up CONTEXT="
    with pytest.raises(MissingTool, match=expected):
        debian.programs(["runc"], ["runc", "crun"], label="runc")
