"""The container images, unpacked once, and their programs run inside them."""

import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox import images

# Mounted in a namespace of the program's own: the mounts go when it ends. At the end
# the shell has become the program, so signals reach it.
_ENTER = """
set -e
mount -t proc proc "$0/proc"
mount --rbind /dev "$0/dev"
mount --rbind /sys "$0/sys"
mount --bind "$1" "$0/mnt"
root="$0"
shift
exec chroot "$root" /usr/bin/env -i -C /mnt "$@"
"""


@dataclass(frozen=True)
class Container:
    """An image's root directory; `/mnt` in it is a directory of the test's."""

    root: Path
    environment: list[str]

    def start(
        self, mounted: Path, *command: str, **environment: str
    ) -> subprocess.Popen[str]:
        own = [f"{name}={value}" for name, value in environment.items()]
        variables = [*self.environment, "PYTHONDONTWRITEBYTECODE=1", *own]
        program = [_ENTER, str(self.root), str(mounted), *variables, *command]
        return subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", *program],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(
        self, mounted: Path, *command: str, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        with self.start(mounted, *command, **environment) as process:
            out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(command, process.returncode, out, err)


@pytest.fixture(scope="session")
def containers() -> Iterator[Callable[[str], Container]]:
    made: dict[str, Container] = {}
    with tempfile.TemporaryDirectory(prefix="ml-storage-images-") as directory:

        def container(name: str) -> Container:
            if name not in made:
                made[name] = unpack(images.build(name), Path(directory, name))
            return made[name]

        yield container


@pytest.fixture(scope="session")
def train(containers: Callable[[str], Container]) -> Container:
    return containers("train")


@pytest.fixture(scope="session")
def jax(containers: Callable[[str], Container]) -> Container:
    return containers("jax")


@pytest.fixture(scope="session")
def lammps(containers: Callable[[str], Container]) -> Container:
    return containers("lammps")


def unpack(archive: Path, root: Path) -> Container:
    """Lay an image's layers over each other, as a container runtime does."""
    root.mkdir()
    with tarfile.open(archive) as image:
        manifest = json.loads(_read(image, "manifest.json"))[0]
        config = json.loads(_read(image, manifest["Config"]))["config"]
        for name in manifest["Layers"]:
            with tarfile.open(fileobj=image.extractfile(name)) as layer:
                for member in layer:
                    path = root / member.name
                    if path.name.startswith(".wh."):
                        _remove(path.with_name(path.name.removeprefix(".wh.")))
                        continue
                    if path.is_symlink() or not member.isdir():
                        _remove(path)
                    layer.extract(member, root, filter="fully_trusted")
    return Container(root, config["Env"])


def _read(image: tarfile.TarFile, name: str) -> bytes:
    file = image.extractfile(name)
    assert file is not None
    return file.read()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif os.path.lexists(path):
        path.unlink()
