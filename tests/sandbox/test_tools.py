"""A machine that lacks something is told all of it, and the other way."""

import os
from pathlib import Path

import pytest

from sandbox.__main__ import main
from sandbox.errors import SandboxError
from sandbox.tools import Tools


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without root, Go, containerd and apt."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("ML_STORAGE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("ML_STORAGE_STATE", str(tmp_path / "state"))


@pytest.mark.usefixtures("bare")
def test_all_that_is_missing_is_said_at_once() -> None:
    with pytest.raises(SandboxError) as refused:
        Tools().require()
    said = str(refused.value)
    for lack in ("root", "Go is not installed", "containerd is not on PATH"):
        assert lack in said
    assert said.count("make up CONTEXT=") == 1


@pytest.mark.usefixtures("bare")
def test_nothing_is_begun(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up"]) == 1
    said = capsys.readouterr().err
    assert "make up CONTEXT=" in said
    assert max(len(line) for line in said.splitlines()) <= 80
    assert not (tmp_path / "cache").exists()
    assert not (tmp_path / "state/sandbox").exists()


@pytest.mark.usefixtures("bare")
def test_with_a_cluster_of_ones_own_only_the_engine_is_missing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        "contexts: [{name: mine, context: {cluster: mine, user: mine}}]"
    )
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    assert main(["up", "--context", "mine"]) == 1
    said = capsys.readouterr().err
    assert "install Pulumi" in said
    assert "root" not in said
