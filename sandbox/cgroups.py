"""The control group that all the sandbox's pods are in, for cgroup v1 and v2."""

import contextlib
import os
import time
from pathlib import Path

import psutil

NAME = "ml-storage-sandbox"
ROOT = Path("/sys/fs/cgroup")


def is_v2(root: Path = ROOT) -> bool:
    """Return whether the machine has the unified hierarchy only."""
    return (root / "cgroup.controllers").is_file()


def make(root: Path = ROOT) -> None:
    """Make the group, which the kubelet asks for, in every hierarchy."""
    if is_v2(root):
        # The kubelet wants its controllers handed down to the group.
        for controller in (root / "cgroup.controllers").read_text().split():
            # Those that cannot be handed down, the kubelet names in its log.
            with contextlib.suppress(OSError):
                (root / "cgroup.subtree_control").write_text(f"+{controller}")
    for hierarchy in _hierarchies(root):
        (hierarchy / NAME).mkdir(exist_ok=True)


def members() -> list[psutil.Process]:
    """Return the processes of all pods, also of those whose shim is gone."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            groups = Path(f"/proc/{process.pid}/cgroup").read_text()
            paths = [line.split(":", 2)[2] for line in groups.splitlines()]
            if any(path.startswith(f"/{NAME}/") for path in paths):
                found.append(process)
    return found


def remove(root: Path = ROOT, *, patience: float = 5) -> None:
    """Remove the group and those in it; no process may be left in them.

    Args:
        root: Where the hierarchies are mounted.
        patience: Seconds to wait, as the kernel frees a group some time after
            its last process.

    Raises:
        OSError: A group is still in use after that time.
    """
    deadline = time.monotonic() + patience
    for hierarchy in _hierarchies(root):
        groups = [Path(path) for path, _, _ in os.walk(hierarchy / NAME)]
        for group in reversed(groups):
            while True:
                try:
                    group.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.05)


def _hierarchies(root: Path) -> list[Path]:
    """Return where groups are made: one place with v2, one per controller with v1."""
    if is_v2(root):
        return [root]
    # Several controllers of one hierarchy are links to one directory.
    return sorted({d.resolve() for d in root.iterdir() if d.is_dir()})
