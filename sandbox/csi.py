"""A CSI driver with snapshots, and the sidecars that Kubernetes reaches it by.

The driver keeps volumes and snapshots as directories of the host. The sidecars
and the snapshot controller are the projects' own programs.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path

from sandbox import crds, rights
from sandbox.api import Api
from sandbox.credentials import CONTEXT, Credentials
from sandbox.errors import SandboxError
from sandbox.processes import Processes
from sandbox.tools import Tools

DRIVER = "hostpath.csi.k8s.io"
"""What StorageClasses and VolumeSnapshotClasses call the driver by."""

SPAWNED = ("snapshot-controller", "csi-snapshotter", "csi-provisioner", "csi-driver")
"""The processes, in the order in which they are stopped."""

_SNAPSHOTS = "snapshot.storage.k8s.io"
_READ = "get list watch"
_RULES = (
    rights.rule("", "events", "get list watch create update patch"),
    rights.rule("", "nodes", _READ),
    rights.rule("", "persistentvolumes", f"{_READ} create update patch delete"),
    rights.rule("", "persistentvolumeclaims", f"{_READ} update patch"),
    rights.rule(
        "storage.k8s.io",
        "storageclasses csinodes csidrivers volumeattachments volumeattributesclasses",
        _READ,
    ),
    rights.rule(_SNAPSHOTS, "volumesnapshotclasses", _READ),
    rights.rule(
        _SNAPSHOTS,
        "volumesnapshots volumesnapshotcontents",
        f"{_READ} create update patch delete",
    ),
    rights.rule(
        _SNAPSHOTS,
        "volumesnapshots/status volumesnapshotcontents/status",
        "update patch",
    ),
)
_OBJECT = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "CSIDriver",
    "metadata": {
        "name": DRIVER,
        "labels": {"app.kubernetes.io/managed-by": "ml-storage-sandbox"},
    },
    "spec": {
        # There is one node, and nothing to bring to it.
        "attachRequired": False,
        "fsGroupPolicy": "File",
        "podInfoOnMount": False,
        "volumeLifecycleModes": ["Persistent"],
    },
}
# By default hundreds of claims wait for the sidecars' own patience.
_PACE = ("--kube-api-qps=500", "--kube-api-burst=1000")


@dataclass(frozen=True)
class Csi:
    """The driver of one sandbox.

    Attributes:
        directory: Where volumes and snapshots are kept.
        kubelet: Directory of the kubelet, which has the driver's sockets.
        credentials: What the sidecars identify themselves by.
    """

    directory: Path
    kubelet: Path
    credentials: Credentials

    @property
    def socket(self) -> Path:
        """Where the driver is called; as short as the kubelet's own sockets."""
        return self.kubelet / "plugins/csi.sock"

    @property
    def registration(self) -> Path:
        """Where the kubelet learns of the driver."""
        return self.kubelet / "plugins_registry/csi.sock"

    def runs(self, processes: Processes) -> bool:
        """Return whether all of it runs."""
        return all(processes.find(name) for name in SPAWNED)

    def start(self, tools: Tools, processes: Processes) -> None:
        """Start all of it, and wait until the kubelet knows the driver.

        Args:
            tools: The programs.
            processes: Where they are recorded.

        Raises:
            SandboxError: Something of it did not start; the message says what.
        """
        api = Api(self.credentials)
        crds.install(api, "snapshots")
        rights.grant(api, self.credentials.user("csi"), _RULES)
        api.apply(f"/apis/storage.k8s.io/v1/csidrivers/{DRIVER}", _OBJECT)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o711)
        for name, options in self._commands().items():
            command = [tools.program(name), *options]
            processes.spawn(name, command, {"PATH": tools.path})
        self._wait(api, processes)

    def stop(self, processes: Processes) -> None:
        """Stop all of it, and keep the data."""
        for name in SPAWNED:
            processes.stop(name)
        self.clean()

    def clean(self) -> None:
        """Remove the sockets that killed processes leave; none may run."""
        for socket in (self.registration, self.socket):
            socket.unlink(missing_ok=True)

    def _commands(self) -> dict[str, list[str]]:
        identity = f"--kubeconfig={self.credentials.kubeconfig('csi')}"
        called = f"--csi-address={self.socket}"
        return {
            "csi-driver": [
                f"--socket={self.socket}",
                f"--register={self.registration}",
                f"--data={self.directory}",
                f"--node={CONTEXT}",
            ],
            # A volume made from a snapshot is a copy, which takes its time.
            "csi-provisioner": [identity, called, "--timeout=10m", *_PACE],
            "csi-snapshotter": [identity, called, "--timeout=10m", *_PACE],
            "snapshot-controller": [identity, *_PACE],
        }

    def _wait(self, api: Api, processes: Processes, *, timeout: float = 60) -> None:
        """Wait until pods can have the driver's volumes, for so many seconds."""
        deadline = time.monotonic() + timeout
        while not (
            "registered" in processes.log_end("csi-driver") and _is_on_node(api)
        ):
            for name in SPAWNED:
                processes.require(name)
            if time.monotonic() > deadline:
                raise SandboxError(
                    f"The kubelet does not know {DRIVER} after {timeout:.0f} s; "
                    f"see {processes.log('csi-driver')}"
                )
            time.sleep(0.1)


def _is_on_node(api: Api) -> bool:
    answer = api.get(f"/apis/storage.k8s.io/v1/csinodes/{CONTEXT}")
    if answer is None:
        return False
    drivers = json.loads(answer)["spec"].get("drivers") or []
    return any(driver["name"] == DRIVER for driver in drivers)
