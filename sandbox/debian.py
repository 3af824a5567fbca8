"""Programs of Debian packages, unpacked into the cache and not installed.

What the machine has wins. Nothing is written outside the cache, no package is
configured and no service is started.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from sandbox.errors import MissingTool, SandboxError
from sandbox.made_once import made_once
from sandbox.paths import cache_dir
from sandbox.progress import Update

_PROGRAM_DIRS = ("usr/bin", "usr/sbin", "bin", "sbin")

# apt refuses to refresh its lists twice at a time.
_APT = threading.Lock()


def fetch(packages: Sequence[str], *, label: str) -> Path:
    """Return a directory with the unpacked files of the packages named.

    Their dependencies are not fetched: name those that the machine may lack.

    Args:
        packages: Names of packages of this machine's Debian or Ubuntu release.
        label: What they are for, in a person's words, e.g. "containerd".

    Raises:
        MissingTool: This is no Debian or Ubuntu machine.
        SandboxError: A package could not be downloaded or unpacked.
    """
    names = sorted(set(packages))
    require(names, label)
    release = platform.freedesktop_os_release()
    facts = [release["ID"], release.get("VERSION_ID", ""), platform.machine(), *names]
    digest = hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]

    def unpack(directory: Path, update: Update) -> None:
        archives = directory / "archives"
        archives.mkdir()
        update("downloading")
        _download(names, archives)
        for archive in sorted(archives.glob("*.deb")):
            update(archive.name)
            _run(["dpkg-deb", "-x", str(archive), str(directory)], directory)
        shutil.rmtree(archives)

    target = cache_dir() / "debian" / f"{names[0]}-{digest}"
    return made_once(target, unpack, label=f"Fetching {label}")


def require(packages: Sequence[str], label: str) -> None:
    """Raise `MissingTool` where there is no apt to fetch `packages` with."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise MissingTool(
            f"{label} is not on PATH, and this machine has no apt-get to fetch it",
            f"install {' and '.join(packages)}",
        )


def programs(
    names: Sequence[str], packages: Sequence[str], *, label: str
) -> list[Path]:
    """Return the directories to search for the programs named.

    Args:
        names: Names of programs, e.g. `runc`.
        packages: Debian packages that have those that are not on PATH.
        label: What they are, in a person's words, e.g. "containerd".

    Returns:
        No directory if all of them are on PATH.

    Raises:
        MissingTool: One of them is neither on PATH nor to be had.
    """
    if all(shutil.which(name) for name in names):
        return []
    root = fetch(packages, label=label)
    directories = [root / d for d in _PROGRAM_DIRS if (root / d).is_dir()]
    found = os.pathsep.join(map(str, directories))
    for name in names:
        if shutil.which(name) is None and shutil.which(name, path=found) is None:
            raise MissingTool(f"{name} is not on PATH", f"install {label}")
    return directories


def _download(names: list[str], directory: Path) -> None:
    """Download packages; a fresh machine has no package lists yet."""
    command = ["apt-get", "download", "--quiet", *names]
    with _APT:
        if not any(Path("/var/lib/apt/lists").glob("*Packages*")):
            _run(["apt-get", "update", "--quiet"], directory)
        try:
            _run(command, directory)
        except SandboxError:
            # Lists that are older than the archive name files that it has dropped.
            _run(["apt-get", "update", "--quiet"], directory)
            _run(command, directory)


def _run(command: list[str], directory: Path) -> None:
    done = subprocess.run(
        command,
        cwd=directory,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise SandboxError(f"{' '.join(command[:2])} failed:\n{said}")
