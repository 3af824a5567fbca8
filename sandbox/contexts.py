"""The context `ml-storage`: the sandbox's, or the one that CONTEXT names."""

import os
from pathlib import Path
from typing import Any

import yaml

from sandbox.errors import SandboxError

STACK_CONTEXT = "ml-storage"
"""The context that stands for the sandbox, or for the one named by CONTEXT."""


def alias(context: str, directory: Path, kubeconfig: str | None = None) -> str:
    """A `KUBECONFIG` in which `ml-storage` is another name of `context`.

    Nothing is copied: the first file only refers to the cluster and the user
    that the others define.

    Raises:
        SandboxError: There is no such context.
    """
    own = kubeconfig or own_kubeconfig()
    found: dict[str, Any] = {}
    for name in own.split(os.pathsep):
        path = Path(name).expanduser()
        if path.is_file():
            entries = (yaml.safe_load(path.read_text()) or {}).get("contexts") or []
            for entry in entries:
                found.setdefault(entry["name"], entry["context"])
    if context not in found:
        known = ", ".join(sorted(found)) or "none"
        raise SandboxError(
            f"no context {context!r} in {own} (there: {known}): name one with CONTEXT="
        )
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "kubeconfig"
    file.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "contexts": [{"name": STACK_CONTEXT, "context": found[context]}],
                # The first file's word counts: nothing in the session goes to
                # whatever context the user's own file holds as current.
                "current-context": STACK_CONTEXT,
            }
        )
    )
    return os.pathsep.join([str(file), own])


def own_kubeconfig() -> str:
    """The user's own kubeconfig, one file or several."""
    return os.environ.get("KUBECONFIG") or str(Path.home() / ".kube/config")


def slug(context: str) -> str:
    """A context as a directory's name: some hold slashes and colons."""
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in context)
