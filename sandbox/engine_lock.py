"""What a killed engine leaves: its lock, its plugins, a file half written."""

import json
import socket
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import psutil

from sandbox.errors import SandboxError

_ORPHAN_SECONDS: Final = 5.0
_LEAVING_SECONDS: Final = 1.0
_PLUGINS: Final = (
    "pulumi-resource-",
    "pulumi-language-",
    "sandbox.kubernetes_provider",
    "sandbox.language_host",
)


@dataclass(frozen=True)
class Lock:
    """The lock file of one run of the engine.

    Attributes:
        pid: The process that wrote it.
        user: Who ran it.
        host: Where it ran.
        timestamp: When it was written, in seconds since the epoch.
    """

    pid: int
    user: str
    host: str
    timestamp: float

    def refuse_if_held(self) -> None:
        """Return where the engine that wrote the lock is gone.

        Raises:
            SandboxError: It is not, or it ran on another machine.
        """
        if self.host != socket.gethostname():
            raise SandboxError(
                f"the stack is locked by {self.user} on {self.host} (process "
                f"{self.pid}); if that run is over, run `pulumi cancel`"
            )
        # One that was killed a moment ago is on its way out.
        until = time.monotonic() + _LEAVING_SECONDS
        while self._held() and time.monotonic() < until:
            time.sleep(0.1)
        if self._held():
            raise SandboxError(
                f"another `pulumi` (process {self.pid}) is at work on the stack: "
                "wait for it to end"
            )

    def _held(self) -> bool:
        try:
            process = psutil.Process(self.pid)
            # Dead, but nobody has asked yet how it ended.
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            # One that began after the lock was written has only the number.
            return process.create_time() <= self.timestamp + 1
        except psutil.NoSuchProcess:
            return False


def read_locks(state: Path, project: str, stack: str) -> list[Lock]:
    """Return the locks on a stack, as the engine's file backend writes them.

    Args:
        state: The backend's directory `.pulumi`.
        project: Name of the project.
        stack: Name of the stack, without its project.
    """
    found: list[Lock] = []
    for file in (state / "locks").rglob("*.json"):
        if file.parent.parts[-2:] != (project, stack):
            continue
        says = json.loads(file.read_text())
        began = datetime.fromisoformat(_microseconds(says["timestamp"])).timestamp()
        found.append(Lock(says["pid"], says["username"], says["hostname"], began))
    return found


def mend_state(state: Path, project: str, stack: str) -> None:
    """Remove the attributes of state files that a kill left half written.

    The engine's file backend writes a file's attributes in place, and then puts
    the file there whole. It cannot read a file with broken attributes, and does
    without where there are none.

    Args:
        state: The backend's directory `.pulumi`.
        project: Name of the project.
        stack: Name of the stack, without its project.
    """
    for file in (state / "stacks" / project).glob(f"{stack}.json*.attrs"):
        try:
            json.loads(file.read_text())
        except ValueError:
            file.unlink()


def end_orphans(backend: str) -> None:
    """End the plugins of engines that are gone; a living one's are left alone.

    An orphan could still change the cluster after it was looked at. It ends by
    itself as a rule.

    Args:
        backend: The engines' `PULUMI_BACKEND_URL`.
    """
    orphans = [p for p in psutil.process_iter() if _is_orphan(p, backend)]
    _, alive = psutil.wait_procs(orphans, timeout=_ORPHAN_SECONDS)
    for process in alive:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(alive, timeout=_ORPHAN_SECONDS)


def _is_orphan(process: psutil.Process, backend: str) -> bool:
    try:
        words = " ".join(process.cmdline())
        if not any(plugin in words for plugin in _PLUGINS):
            return False
        if process.environ().get("PULUMI_BACKEND_URL") != backend:
            return False
        parent = process.parent()
        return parent is None or not parent.name().startswith("pulumi")
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def _microseconds(timestamp: str) -> str:
    """Return a timestamp of Go's, which has nanoseconds, as Python reads it."""
    whole, dot, rest = timestamp.partition(".")
    if not dot:
        return timestamp
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    return f"{whole}.{digits[:6].ljust(6, '0')}{rest[len(digits) :]}"
