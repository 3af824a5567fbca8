"""Definitions are those of the pinned modules, read once."""

from pathlib import Path

import pytest

from sandbox import crds, gobuild
from sandbox.errors import SandboxError

FILE = """\
kind: CustomResourceDefinition
metadata: {name: one.example.com}
---
kind: CustomResourceDefinition
metadata: {name: two.example.com}
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module with definitions, in place of those that are pinned."""
    monkeypatch.setenv("ML_STORAGE_CACHE", str(tmp_path / "cache"))
    directory = tmp_path / "module"
    (directory / "config/components/crd/bases").mkdir(parents=True)
    monkeypatch.setattr(gobuild, "module_directory", lambda *_: directory)
    return directory


def test_they_are_read_once(module: Path) -> None:
    file = module / "config/components/crd/bases/all.yaml"
    file.write_text(FILE)
    names = [each["metadata"]["name"] for each in crds.definitions("jobset")]
    assert names == ["one.example.com", "two.example.com"]
    file.unlink()
    assert len(crds.definitions("jobset")) == 2


def test_a_module_without_any_is_refused_and_not_kept(module: Path) -> None:
    with pytest.raises(SandboxError, match=r"jobset has no definitions in config/"):
        crds.definitions("jobset")
    (module / "config/components/crd/bases/all.yaml").write_text(FILE)
    assert crds.definitions("jobset")


def test_every_set_is_of_a_pinned_module(root: Path) -> None:
    pins = (root / "sandbox/crds/go.mod").read_text()
    sums = (root / "sandbox/crds/go.sum").read_text()
    for path, _ in crds.SOURCES.values():
        assert f"{path} v" in pins
        assert f"{path} v" in sums
