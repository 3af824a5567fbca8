"""Small container images, written without a registry or a build tool."""

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def write(
    archive: Path,
    name: str,
    *,
    files: Mapping[str, Path] | None = None,
    links: Mapping[str, str] | None = None,
    entrypoint: Sequence[str],
) -> None:
    """Write an image of one layer as an archive that containerd imports.

    The same content makes the same archive, whenever and wherever it is written.

    Args:
        archive: The tar file to write.
        name: The image's name with its tag, e.g. `localhost/ml-storage/pause:1`.
        files: Path in the image without a leading slash, and the executable to
            put there.
        links: Path in the image, and what the symbolic link there points to.
        entrypoint: The command of its containers.
    """
    layer = _layer(files or {}, links or {})
    machine = platform.machine()
    config = {
        "architecture": _ARCHITECTURES.get(machine, machine),
        "os": "linux",
        "config": {"Entrypoint": list(entrypoint), "Env": ["PATH=/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{_digest(layer)}"]},
    }
    encoded = json.dumps(config).encode()
    config_name = f"{_digest(encoded)}.json"
    manifest = [{"Config": config_name, "RepoTags": [name], "Layers": ["layer.tar"]}]
    with tarfile.open(archive, "w") as tar:
        _add(tar, config_name, encoded)
        _add(tar, "layer.tar", layer)
        _add(tar, "manifest.json", json.dumps(manifest).encode())


def _layer(files: Mapping[str, Path], links: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        parents = {d for path in [*files, *links] for d in Path(path).parents}
        # A program finds a place for its temporary files in any image.
        modes = dict.fromkeys(parents, 0o755) | {Path("tmp"): 0o1777}
        for directory in sorted(modes.keys() - {Path()}):
            info = tarfile.TarInfo(str(directory))
            info.type, info.mode = tarfile.DIRTYPE, modes[directory]
            tar.addfile(info)
        for path, source in sorted(files.items()):
            _add(tar, path, source.read_bytes(), mode=0o755)
        for path, target in sorted(links.items()):
            info = tarfile.TarInfo(path)
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)
    return buffer.getvalue()


def _add(tar: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), mode
    tar.addfile(info, io.BytesIO(content))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
