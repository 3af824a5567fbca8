"""A build is named by all that decides what comes out of it."""

import shutil
from pathlib import Path

import pytest

from sandbox import gobuild
from sandbox.errors import MissingTool, SandboxError
from sandbox.gobuild import build, key

needs_go = pytest.mark.skipif(shutil.which("go") is None, reason="there is no Go")
PACKAGES = {"hello": "./hello"}
MAIN = 'package main\n\nfunc main() { println("hello") }\n'


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ML_STORAGE_CACHE", str(tmp_path / "cache"))
    made = tmp_path / "module"
    (made / "hello").mkdir(parents=True)
    (made / "go.mod").write_text("module example.com/module\n\ngo 1.21\n")
    (made / "go.sum").write_text("")
    (made / "hello/main.go").write_text(MAIN)
    return made


@pytest.mark.parametrize("file", ["go.mod", "go.sum", "hello/main.go", "new.go"])
@needs_go
def test_every_file_changes_the_key(module: Path, file: str) -> None:
    before = key(module, PACKAGES, "-s", "")
    assert key(module, PACKAGES, "-s", "") == before
    with (module / file).open("a") as text:
        text.write("// more\n")
    assert key(module, PACKAGES, "-s", "") != before


@needs_go
def test_packages_flags_and_toolchain_change_the_key(
    module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {
        key(module, PACKAGES, "-s", ""),
        key(module, {"other": "./hello"}, "-s", ""),
        key(module, PACKAGES, "-w", ""),
        key(module, PACKAGES, "-s", "tag"),
    }
    monkeypatch.setattr(gobuild, "_go_env", lambda _: ["go1.0", "plan9", "mips"])
    keys.add(key(module, PACKAGES, "-s", ""))
    assert len(keys) == 5


@needs_go
def test_a_build_is_made_once(module: Path) -> None:
    first = build(module, PACKAGES, ldflags="-s -w", label="hello")
    binary = first / "hello"
    made = binary.stat().st_mtime_ns
    assert build(module, PACKAGES, ldflags="-s -w", label="hello") == first
    assert binary.stat().st_mtime_ns == made
    assert binary.stat().st_mode & 0o111


@needs_go
def test_a_failed_build_says_why_and_leaves_nothing(
    module: Path, tmp_path: Path
) -> None:
    (module / "hello/main.go").write_text("package main\n\nfunc main() { nothing() }\n")
    with pytest.raises(SandboxError, match=r"(?s)\./hello.*undefined: nothing"):
        build(module, PACKAGES, ldflags="", label="hello")
    left = [path for path in (tmp_path / "cache/go").iterdir() if path.is_dir()]
    assert left == []


def test_no_go_names_the_ways_out(
    module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingTool, match=r"Go 1\.26.*make up CONTEXT="):
        build(module, PACKAGES, ldflags="", label="hello")


@needs_go
def test_a_module_that_cannot_be_had_is_named(
    module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOPROXY", "off")
    with pytest.raises(SandboxError, match=r"Go cannot download example\.com/none: "):
        gobuild.module_directory(module, "example.com/none")
