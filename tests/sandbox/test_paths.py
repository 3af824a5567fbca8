"""Where the sandbox keeps things."""

from pathlib import Path

import pytest

from sandbox.paths import cache_dir, remove_empty, sandbox_dir, state_dir


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ML_STORAGE", "XDG"):
        for suffix in ("CACHE", "STATE", "CACHE_HOME", "STATE_HOME"):
            monkeypatch.delenv(f"{name}_{suffix}", raising=False)
    monkeypatch.setenv("HOME", "/home/ada")


def test_defaults() -> None:
    assert cache_dir() == Path("/home/ada/.cache/ml-storage")
    assert state_dir() == Path("/home/ada/.local/state/ml-storage")
    assert sandbox_dir() == state_dir() / "sandbox"


def test_xdg_comes_before_home_and_our_own_before_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg/cache")
    monkeypatch.setenv("XDG_STATE_HOME", "/xdg/state")
    assert cache_dir() == Path("/xdg/cache/ml-storage")
    assert state_dir() == Path("/xdg/state/ml-storage")
    monkeypatch.setenv("ML_STORAGE_CACHE", "/own/cache")
    monkeypatch.setenv("ML_STORAGE_STATE", "~/state")
    assert cache_dir() == Path("/own/cache")
    assert state_dir() == Path("/home/ada/state")


def test_relative_xdg_is_ignored_and_relative_own_is_of_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    assert cache_dir() == Path("/home/ada/.cache/ml-storage")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ML_STORAGE_CACHE", "cache")
    assert cache_dir() == tmp_path / "cache"


def test_remove_empty_keeps_what_holds_something(tmp_path: Path) -> None:
    inner, full = tmp_path / "a/b", tmp_path / "full"
    inner.mkdir(parents=True)
    full.mkdir()
    (full / "file").touch()
    remove_empty(inner, inner.parent, full, tmp_path / "missing")
    assert list(tmp_path.iterdir()) == [full]
