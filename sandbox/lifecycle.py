"""The order in which the parts of the sandbox come and go."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil

from sandbox import (
    cgroups,
    control_plane,
    csi,
    dns,
    image_archive,
    mounts,
    network,
    processes,
    s3,
    volumes,
)
from sandbox.api import Api
from sandbox.containers import PAUSE, Containers
from sandbox.credentials import CONTEXT, Credentials
from sandbox.errors import SandboxError
from sandbox.node import HEALTH_PORT, KUBELET_PORT, Node
from sandbox.paths import sandbox_dir
from sandbox.processes import Processes
from sandbox.progress import Update
from sandbox.tools import Tools

SPAWNED = ("kubelet", "containerd", dns.NAME, *control_plane.SPAWNED)
"""Every process that the sandbox always has, in the order in which they stop."""

_PORTS = {
    control_plane.ETCD_PORT: "127.0.0.1",
    control_plane.ETCD_PEER_PORT: "127.0.0.1",
    control_plane.API_PORT: "127.0.0.1",
    HEALTH_PORT: "127.0.0.1",
    KUBELET_PORT: network.HOST,
    dns.READY_PORT: "127.0.0.1",
    dns.PORT: network.DNS,
}


class Sandbox:
    """The parts of the sandbox and the order in which they come and go."""

    def __init__(self) -> None:
        directory = sandbox_dir()
        self.tools = Tools()
        self.processes = Processes(directory)
        self.credentials = credentials()
        self.etcd = directory / "etcd"
        self.cni = directory / "cni"
        self.dns = directory / "dns"
        self.volumes = directory / "volumes"
        self.containers = Containers(directory / "containerd", self.tools, self.cni)
        self.node = Node(directory / "kubelet", self.credentials)
        self.csi = csi.Csi(directory / "csi", self.node.directory, self.credentials)
        self.s3 = s3.S3(directory / "s3")

    def runs(self) -> bool:
        """Return whether every process is there."""
        return all(self.processes.find(name) for name in SPAWNED)

    def is_ready(self) -> bool:
        """Return whether everything runs and answers."""
        return self.runs() and node_ready(since=None) and self.containers.answers()

    def becomes_ready(self, *, timeout: float = 60) -> bool:
        """Wait for the answers of what runs, for so many seconds.

        On a busy machine they take their time, and a start over would end every
        pod. A process that is gone does not come back by itself: nothing waits
        for it.

        Returns:
            Whether everything runs and answers.
        """
        deadline = time.monotonic() + timeout
        while self.runs():
            if self.is_ready():
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.5)
        return False

    def start(self, update: Update) -> None:
        """Start everything and wait until pods can be started.

        Args:
            update: Is told which part comes next.
        """
        update("network")
        self.node.require_possible()
        network.make_bridge(self.tools.program("ip"))
        network.write_config(self.cni)
        control_plane.require_free(_PORTS)
        update("control plane")
        self.credentials.make(self.tools.program("openssl"))
        control_plane.start_api(self.tools, self.processes, self.credentials, self.etcd)
        self.containers.start(self.processes)
        self.containers.wait(self.processes)
        self._import_pause()
        control_plane.wait_ready(self.processes, self.credentials)
        self.credentials.write_user_kubeconfig(kubeconfig())
        update("node")
        began = datetime.now(UTC).replace(microsecond=0)
        control_plane.start_controllers(self.tools, self.processes, self.credentials)
        self.node.start(self.tools, self.processes, self.containers.socket)
        dns.start(self.tools, self.processes, self.credentials, self.dns)
        volumes.make_class(Api(self.credentials))
        self._wait(began)

    def stop(self) -> None:
        """Stop everything, also what a crash left, and keep the data."""
        # The kubelet would start again what ends; containerd notes that it ended.
        self.processes.stop("kubelet")
        while pods := cgroups.members():
            processes.end(pods, grace=5)
        # A shim whose containers have ended ends by itself, if containerd lives.
        processes.wait([p for p in self.processes.leftovers() if _is_shim(p)], 3)
        for name in (*csi.SPAWNED, s3.NAME, *SPAWNED):
            self.processes.stop(name)
        processes.end(self.processes.leftovers(), grace=2)
        mounts.take_off(self.node.directory)
        mounts.take_off(self.containers.directory)
        cgroups.remove()
        self.containers.clean()
        self.csi.clean()
        self.node.clean()
        network.remove_bridge(self.tools.program("ip"))
        network.forget_addresses(self.cni)

    def _import_pause(self) -> None:
        archive = self.containers.directory / "pause.tar"
        pause = self.tools.kubernetes / "pause"
        image_archive.write(
            archive, PAUSE, files={"pause": pause}, entrypoint=["/pause"]
        )
        self.containers.import_image(archive)

    def _wait(self, began: datetime, *, timeout: float = 60) -> None:
        """Wait until pods can be started, for so many seconds."""
        deadline = time.monotonic() + timeout
        while not (node_ready(since=began) and dns.answers()):
            for name in SPAWNED:
                self.processes.require(name)
            if time.monotonic() > deadline:
                raise SandboxError(
                    f"The node is not ready after {timeout:.0f} s; see "
                    f"{self.processes.log('kubelet')} and "
                    f"{self.processes.log(dns.NAME)}"
                )
            time.sleep(0.2)


def node_ready(*, since: datetime | None) -> bool:
    """Return whether the node takes pods and their service account is there.

    Args:
        since: What the node said before that moment is of an earlier run.
    """
    api = Api(credentials())
    if api.get("/api/v1/namespaces/default/serviceaccounts/default") is None:
        return False
    answer = api.get(f"/api/v1/nodes/{CONTEXT}")
    if answer is None:
        return False
    conditions = json.loads(answer)["status"].get("conditions", [])
    return any(
        condition["type"] == "Ready"
        and condition["status"] == "True"
        and (
            since is None
            or datetime.fromisoformat(condition["lastHeartbeatTime"]) >= since
        )
        for condition in conditions
    )


def _is_shim(process: psutil.Process) -> bool:
    try:
        return process.name().startswith("containerd-shim")
    except psutil.NoSuchProcess:
        return False


def credentials() -> Credentials:
    """Return the credentials of this state directory's sandbox."""
    return Credentials(sandbox_dir() / "credentials", control_plane.SERVER)


def kubeconfig() -> Path:
    """Return where the kubeconfig for people and programs is."""
    return sandbox_dir() / "kubeconfig"
