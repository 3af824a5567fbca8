"""Processes that outlive the command that started them, and how they end.

Each is recorded by pid and by the moment it started, so that another process
which was given the pid later is never taken for it.
"""

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from sandbox.errors import SandboxError

MARKER = "ML_STORAGE_SANDBOX"
"""Environment variable of every process; its value is the directory it serves."""


@dataclass(frozen=True)
class Processes:
    """The processes of one sandbox.

    Attributes:
        directory: Where the sandbox lives; `run/` has the records, `logs/` what
            the processes print.
    """

    directory: Path

    def spawn(self, name: str, command: list[str], env: Mapping[str, str]) -> None:
        """Start a process in a session of its own and record it.

        Args:
            name: Its name in records, logs and messages.
            command: The program's path and its arguments.
            env: Its whole environment; the marker is added.
        """
        log = self.log(name)
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        # No subprocess.Popen: its object would have to wait for the end.
        pid = os.posix_spawn(
            command[0],
            command,
            {**env, MARKER: str(self.directory)},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
            setsigdef=[signal.SIGPIPE, signal.SIGINT, signal.SIGTERM],
        )
        record = self._record(name)
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps({"pid": pid, "started": started(pid)}))

    def find(self, name: str) -> psutil.Process | None:
        """Return the recorded process if it is that one and still runs."""
        try:
            record = json.loads(self._record(name).read_text())
            pid, moment = record["pid"], record["started"]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            # No record, or one that a crash cut off: the marker finds the process.
            return None
        if moment is None or started(pid) != moment:
            return None
        try:
            return psutil.Process(pid)
        except psutil.NoSuchProcess:
            return None

    def require(self, name: str) -> None:
        """Raise SandboxError with the end of its log if the process has ended."""
        if self.find(name) is None:
            raise SandboxError(
                f"{name} ended while Kubernetes started; the end of {self.log(name)}:\n"
                f"{self.log_end(name)}"
            )

    def stop(self, name: str, *, grace: float = 10) -> None:
        """End one process and forget it; one that has ended is only forgotten.

        Args:
            name: The name it was started by.
            grace: Seconds between asking it to end and ending it by force.
        """
        if process := self.find(name):
            end([process], grace=grace)
        self._record(name).unlink(missing_ok=True)

    def leftovers(self) -> list[psutil.Process]:
        """Return every process that carries the marker, recorded or not."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                if process.environ().get(MARKER) == str(self.directory):
                    found.append(process)
        return [p for p in found if p.pid != os.getpid()]

    def log(self, name: str) -> Path:
        """Return the file with what a process prints."""
        return self.directory / "logs" / f"{name}.log"

    def log_end(self, name: str, lines: int = 15) -> str:
        """Return the last lines of a process's log."""
        try:
            text = self.log(name).read_text(errors="replace")
        except FileNotFoundError:
            return "(no log)"
        return "\n".join(text.splitlines()[-lines:])

    def _record(self, name: str) -> Path:
        return self.directory / "run" / f"{name}.json"


def end(processes: Iterable[psutil.Process], *, grace: float) -> None:
    """Ask processes to end, wait, and end by force those that have not.

    Args:
        processes: What to end; those that have ended already are no error.
        grace: Seconds to wait; 0 ends them by force at once.
    """
    alive = list(processes)
    if grace > 0:
        for process in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
        alive = wait(alive, grace)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    alive = wait(alive, 10)
    if alive:
        pids = ", ".join(f"{process.pid}" for process in alive)
        raise SandboxError(
            f"Processes {pids} do not end even by force; "
            "look what they wait for, then try again"
        )


def wait(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait until processes have ended, and return those that then have not.

    One that nobody has reaped has ended: in a container the first process may
    never do that.
    """
    deadline = time.monotonic() + seconds
    alive = list(processes)
    while True:
        for process in alive:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(process.pid, os.WNOHANG)
        alive = [p for p in alive if p.is_running() and started(p.pid)]
        if not alive or time.monotonic() > deadline:
            return alive
        time.sleep(0.02)


def started(pid: int) -> str | None:
    """Return what tells a process from any other that ever has its pid.

    Unlike a time of day, it is not moved by a change of the clock.

    Returns:
        The machine's boot and the clock ticks since; None if nothing runs.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command, in parentheses, may hold spaces and parentheses itself.
    state, *fields = stat.rpartition(")")[2].split()
    if state in "ZX":
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}/{fields[18]}"
