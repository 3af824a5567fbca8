"""A single-node Kubernetes: real kubelet, real containers, on this machine only.

What it holds lives in `state_dir()/sandbox` and outlives a stop, a crash and a
reboot. There is one per machine.
"""

import fcntl
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import mounts, network, volumes
from sandbox.credentials import CONTEXT
from sandbox.errors import SandboxError
from sandbox.lifecycle import SPAWNED, Sandbox, kubeconfig, node_ready
from sandbox.paths import sandbox_dir, state_dir
from sandbox.processes import Processes
from sandbox.progress import step
from sandbox.tools import VERSION, require_root

__all__ = [
    "SPAWNED",
    "Cluster",
    "SandboxError",
    "Status",
    "alone",
    "client",
    "destroy",
    "import_image",
    "start",
    "status",
    "stop",
]

if TYPE_CHECKING:
    from kubernetes.client import ApiClient


@dataclass(frozen=True)
class Cluster:
    """A running sandbox, as others use it.

    Attributes:
        kubeconfig: A kubeconfig with this cluster only.
        context: The name of its context.
        kubectl: A kubectl of the cluster's version.
        host: The address at which pods reach programs of this machine.
    """

    kubeconfig: Path
    context: str
    kubectl: Path
    host: str


@dataclass(frozen=True)
class Status:
    """What of the sandbox runs.

    Attributes:
        running: For each process of the sandbox, whether it runs.
        ready: Whether pods can be started.
    """

    running: Mapping[str, bool]
    ready: bool

    @property
    def summary(self) -> str:
        """One word: `ready`, `stopped` or `broken` (a start repairs it)."""
        if self.ready:
            return "ready"
        return "broken" if any(self.running.values()) else "stopped"


def start() -> Cluster:
    """Start the sandbox, or leave it if it runs.

    One that is half dead is stopped first and started again on the same data; one
    that is only slow to answer is waited for.

    Raises:
        MissingTool: The machine lacks something; the message names it.
        SandboxError: It did not start; the message says what and where to look.
    """
    require_root()
    with alone():
        this = Sandbox()
        this.tools.prepare()
        volumes.link(this.volumes)
        if this.is_ready() or _answers_later(this):
            return _cluster(this)
        with step(f"Starting Kubernetes {VERSION}") as update:
            update("removing what an earlier run left")
            this.stop()
            try:
                this.start(update)
            except BaseException:
                this.stop()
                raise
        return _cluster(this)


def stop() -> None:
    """Stop the sandbox and keep its data; one that does not run is no error.

    Raises:
        SandboxError: Something of it does not end, or cannot be unmounted.
    """
    if not sandbox_dir().exists():
        return
    require_root()
    with alone():
        this = Sandbox()
        with step("Stopping Kubernetes"):
            this.stop()


def destroy() -> None:
    """Stop the sandbox and delete its data, the volumes it made included.

    Raises:
        SandboxError: Something of it does not end, or cannot be unmounted; then
            nothing is deleted.
    """
    stop()
    directory = sandbox_dir()
    if not directory.exists():
        return
    with alone(), step("Deleting the sandbox's data"):
        volumes.unlink(directory / "volumes")
        # A volume mounted here would lose its files, which are somebody's data.
        mounts.take_off(directory)
        shutil.rmtree(directory)


def status() -> Status:
    """Return what of the sandbox runs; changes nothing, needs no tools."""
    recorded = Processes(sandbox_dir())
    running = {name: recorded.find(name) is not None for name in SPAWNED}
    return Status(running, ready=all(running.values()) and node_ready(since=None))


def client() -> "ApiClient":
    """Return a client of the sandbox, whatever the user's current context is."""
    # It takes seconds to import, and starting and stopping does without it.
    from kubernetes import config  # noqa: PLC0415

    return config.new_client_from_config(config_file=str(kubeconfig()), context=CONTEXT)


def import_image(archive: Path) -> bool:
    """Give the sandbox the images of an archive, if it has not got them.

    Args:
        archive: A tar file as `docker save` or an OCI tool writes it.

    Returns:
        Whether it had to be imported.

    Raises:
        SandboxError: It is no image archive, or the sandbox does not run.
    """
    return Sandbox().containers.import_image(archive)


def _answers_later(this: Sandbox) -> bool:
    if not this.runs():
        return False
    with step("Waiting for Kubernetes, which runs but does not answer"):
        return this.becomes_ready()


def _cluster(this: Sandbox) -> Cluster:
    kubectl = Path(this.tools.program("kubectl"))
    return Cluster(kubeconfig(), CONTEXT, kubectl, network.HOST)


@contextmanager
def alone() -> Iterator[None]:
    """Keep other commands from starting or stopping the sandbox meanwhile."""
    state_dir().mkdir(parents=True, exist_ok=True)
    with (state_dir() / "sandbox.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with step("Waiting for another command on the sandbox"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield
