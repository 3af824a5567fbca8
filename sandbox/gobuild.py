"""Go commands, built from a committed `go.mod` and `go.sum`, at most once."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from sandbox.errors import MissingTool, SandboxError
from sandbox.made_once import made_once
from sandbox.paths import cache_dir
from sandbox.progress import Update

# What is built is used on this machine, seldom busy, and stripped: inlining and
# debug information would cost a fifth of the compiler's time.
_FLAGS = [
    "-mod=readonly",
    "-trimpath",
    "-buildvcs=false",
    "-gcflags=all=-l -dwarf=false",
]


def build(
    module: Path,
    packages: Mapping[str, str],
    *,
    ldflags: str,
    tags: str = "",
    label: str,
) -> Path:
    """Return a directory that holds the binaries, building them if it must.

    The directory lies in `cache_dir()/go` under a name that is a digest of all
    that decides what the binaries are. Every module is verified by `go.sum`.

    Args:
        module: Directory with `go.mod`, `go.sum` and Go files of its own, if any.
        packages: Name of each binary, and the package it is built from.
        ldflags: Flags for Go's linker.
        tags: Build tags, separated by commas. Default: none.
        label: What is built, in a person's words, e.g. "Kubernetes 1.35.0".

    Raises:
        MissingTool: There is no Go on this machine.
        SandboxError: The build failed; the message has the end of its output.
    """
    require(label)
    flags = [*_FLAGS, f"-ldflags={ldflags}", f"-tags={tags}"]

    def compile_all(directory: Path, update: Update) -> None:
        # All in one run: a program is linked while the next is compiled.
        _compile(module, list(packages.values()), directory, flags, update)
        for name, package in packages.items():
            made = directory / _default_name(package)
            if made.name != name:
                made.rename(directory / name)

    digest = key(module, packages, ldflags, tags)
    target = cache_dir() / "go" / f"{module.name}-{digest}"
    return made_once(target, compile_all, label=f"Building {label}")


def module_directory(module: Path, path: str) -> Path:
    """Return where the files of a module lie that another requires.

    Go's own cache has them; what is not there is downloaded, verified by `go.sum`.

    Args:
        module: Directory with `go.mod` and `go.sum`.
        path: Path of the module required, e.g. `sigs.k8s.io/jobset`.

    Raises:
        MissingTool: There is no Go on this machine.
        SandboxError: It cannot be had.
    """
    require(path)
    answer = subprocess.run(
        ["go", "mod", "download", "-json", path],
        cwd=module,
        env={**_environment(), "GOFLAGS": "-mod=readonly"},
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        found = json.loads(answer.stdout)
    except ValueError:
        found = {"Error": answer.stderr.strip()}
    if answer.returncode != 0 or "Dir" not in found:
        raise SandboxError(f"Go cannot download {path}: {found.get('Error')}")
    return Path(found["Dir"])


def require(label: str) -> None:
    """Raise `MissingTool` where there is no Go to build `label` with."""
    if shutil.which("go") is None:
        raise MissingTool(
            f"Go is not installed, and {label} has to be built",
            "install Go 1.26 or newer (https://go.dev/dl)",
        )


def _default_name(package: str) -> str:
    """Return what Go calls the program of a package: `…/server/v3` is `server`."""
    *_, above, last = ("", *package.split("/"))
    return above if re.fullmatch(r"v[2-9]\d*", last) else last


def key(module: Path, packages: Mapping[str, str], ldflags: str, tags: str) -> str:
    """Return the digest of all that decides what the binaries are."""
    toolchain = _go_env(module)
    pins = {
        str(file.relative_to(module)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(
            [module / "go.mod", module / "go.sum", *module.rglob("*.go")]
        )
    }
    facts = [pins, dict(sorted(packages.items())), _FLAGS, ldflags, tags, toolchain]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _go_env(module: Path) -> list[str]:
    """Return the version of Go that serves this module, and its target."""
    answer = subprocess.run(
        ["go", "env", "GOVERSION", "GOOS", "GOARCH"],
        cwd=module,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        raise SandboxError(
            f"Go cannot be used: {answer.stderr.strip()}; install Go 1.26 or newer"
        )
    return answer.stdout.split()


def _compile(
    module: Path,
    packages: list[str],
    directory: Path,
    flags: list[str],
    update: Update,
) -> None:
    """Build programs into a directory, telling what goes on from what Go prints."""
    fetched = compiled = 0
    said: list[str] = []
    with subprocess.Popen(
        ["go", "build", "-v", *flags, "-o", f"{directory}/", *packages],
        cwd=module,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None  # noqa: S101 - it is a pipe, see above
        try:
            for line in process.stderr:
                if line.startswith("go: downloading "):
                    fetched += 1
                    update(f"{fetched} modules fetched")
                elif _is_package(line):
                    compiled += 1
                    update(f"{compiled} packages compiled")
                else:
                    said.append(line)
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        end = "".join(said[-20:]).strip() or f"exit code {process.returncode}"
        raise SandboxError(f"Go could not build {', '.join(packages)}:\n{end}")


def _is_package(line: str) -> bool:
    """Tell the import path that `-v` prints from a message of the compiler."""
    return not line.startswith(("#", "go:", "\t")) and len(line.split()) == 1


def _environment() -> dict[str, str]:
    # A workspace or a C compiler of the user's would make other binaries than
    # those that the pins describe.
    # Half the compiler's time is collecting garbage of which there is room.
    return {"GOGC": "400", **os.environ, "CGO_ENABLED": "0", "GOWORK": "off"}
