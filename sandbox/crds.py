"""CustomResourceDefinitions of other projects, as their modules have them."""

import hashlib
import json
import time
from pathlib import Path
from typing import Any, Final

import yaml

from sandbox import gobuild
from sandbox.api import Api
from sandbox.errors import SandboxError
from sandbox.made_once import made_once
from sandbox.paths import cache_dir
from sandbox.progress import Update

_MODULE = Path(__file__).parent / "crds"
_API = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_FILE = "definitions.json"
_BASES = "config/components/crd/bases/*.yaml"

SOURCES: Final = {
    "snapshots": (
        "github.com/kubernetes-csi/external-snapshotter/client/v8",
        "config/crd/snapshot.storage.k8s.io_*.yaml",
    ),
    "jobset": ("sigs.k8s.io/jobset", _BASES),
    "kueue": ("sigs.k8s.io/kueue", _BASES),
}
"""For each set of definitions, the module that has them and the files' pattern."""


def definitions(name: str) -> list[dict[str, Any]]:
    """Return the definitions of one set; they are kept in the cache.

    Args:
        name: A key of `SOURCES`.

    Raises:
        MissingTool: They are not in the cache, and there is no Go to fetch them.
        SandboxError: They cannot be had.
    """
    path, pattern = SOURCES[name]

    def copy(directory: Path, _: Update) -> None:
        files = sorted(gobuild.module_directory(_MODULE, path).glob(pattern))
        read = [yaml.safe_load_all(file.read_text()) for file in files]
        found = [each for documents in read for each in documents if each]
        if not found:
            raise SandboxError(f"{path} has no definitions in {pattern}")
        # Half a megabyte of YAML takes ten seconds to read, as JSON no time.
        (directory / _FILE).write_text(json.dumps(found))

    pins = [(_MODULE / file).read_text() for file in ("go.mod", "go.sum")]
    digest = hashlib.sha256(json.dumps([*pins, path, pattern]).encode()).hexdigest()
    target = cache_dir() / "crds" / f"{name}-{digest[:16]}"
    directory = made_once(target, copy, label=f"Fetching the definitions of {name}")
    return json.loads((directory / _FILE).read_text())


def install(api: Api, name: str, *, timeout: float = 30) -> None:
    """Have the API server serve one set of definitions, whatever it has of it.

    Args:
        api: Asked as the administrator.
        name: A key of `SOURCES`.
        timeout: Seconds to wait until they are served.

    Raises:
        SandboxError: They cannot be had, or are refused, or not served in time.
    """
    deadline = time.monotonic() + timeout
    for definition in definitions(name):
        path = f"{_API}/{definition['metadata']['name']}"
        api.apply(path, definition)
        while not _is_served(api, path):
            if time.monotonic() > deadline:
                raise SandboxError(
                    f"The API server does not serve {definition['metadata']['name']} "
                    f"after {timeout:.0f} s; try again"
                )
            time.sleep(0.1)


def _is_served(api: Api, path: str) -> bool:
    answer = api.get(path)
    if answer is None:
        return False
    conditions = json.loads(answer).get("status", {}).get("conditions") or []
    return any(
        condition["type"] == "Established" and condition["status"] == "True"
        for condition in conditions
    )
