"""Archives of container images, as `docker save` writes and containerd imports."""

import io
import json
import platform
import tarfile
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from sandbox.images_layers import Layer

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def write(
    archive: Path,
    reference: str,
    layers: Sequence[Layer],
    *,
    environment: Mapping[str, str],
    directory: str,
) -> None:
    """Write an image of layers that are there already.

    Args:
        archive: The tar file to write.
        reference: The image's name, e.g. `localhost/ml-storage/train:dev`.
        layers: Its layers, the lowest first.
        environment: Environment variables of its containers.
        directory: Working directory of its containers.
    """
    machine = platform.machine()
    config = {
        "architecture": _ARCHITECTURES.get(machine, machine),
        "os": "linux",
        "config": {
            "Env": [f"{name}={value}" for name, value in environment.items()],
            "Cmd": ["python3"],
            "WorkingDir": directory,
        },
        "rootfs": {
            "type": "layers",
            "diff_ids": [f"sha256:{layer.digest}" for layer in layers],
        },
    }
    encoded = json.dumps(config).encode()
    config_name = f"{sha256(encoded).hexdigest()}.json"
    manifest = [
        {
            "Config": config_name,
            "RepoTags": [reference],
            "Layers": [f"{layer.digest}.tar" for layer in layers],
        }
    ]
    with tarfile.open(archive, "w") as tar:
        _add(tar, "manifest.json", json.dumps(manifest).encode())
        _add(tar, config_name, encoded)
        for layer in layers:
            info = tarfile.TarInfo(f"{layer.digest}.tar")
            info.size = layer.path.stat().st_size
            with layer.path.open("rb") as file:
                tar.addfile(info, file)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))
