"""The kubelet: the sandbox's only node."""

import json
from dataclasses import dataclass
from pathlib import Path

import psutil

from sandbox import cgroups
from sandbox.credentials import CONTEXT, Credentials
from sandbox.errors import OWN_CLUSTER, SandboxError
from sandbox.network import DNS, DOMAIN, HOST
from sandbox.paths import remove_empty
from sandbox.processes import MARKER, Processes
from sandbox.tools import Tools

KUBELET_PORT = 16250
HEALTH_PORT = 16248

# These are fixed in the kubelet, whatever its root directory is.
_LOG_LINKS = Path("/var/log/containers")
_DEVICES = Path("/var/lib/kubelet/device-plugins")
# A socket's path has 107 characters at most.
_LONGEST_SOCKET = Path("device-plugins/kubelet.sock")
_TUNED = ("vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic")
_TUNED += ("kernel/panic_on_oops", "net/ipv4/ip_forward")


@dataclass(frozen=True)
class Node:
    """The node of one sandbox.

    Attributes:
        directory: Where the kubelet keeps pods and their volumes.
        credentials: What it identifies itself by, and the API server to it.
    """

    directory: Path
    credentials: Credentials

    def require_possible(self) -> None:
        """Raise SandboxError if this machine cannot have the node."""
        longest = len(str(self.directory / _LONGEST_SOCKET))
        if longest > 107:
            raise SandboxError(
                f"{self.directory} is {longest - 107} characters too long for a "
                "socket: set ML_STORAGE_STATE to a shorter directory"
            )
        ours = str(self.directory.parent)
        namespace = Path("/proc/self/ns/mnt").readlink()
        for process in psutil.process_iter(["name"]):
            if process.info["name"] not in ("kubelet", "k3s-server", "k3s"):
                continue
            try:
                same = Path(f"/proc/{process.pid}/ns/mnt").readlink() == namespace
                own = process.environ().get(MARKER) == ours
            except (OSError, psutil.Error):
                continue
            if same and not own:
                raise SandboxError(
                    f"A kubelet runs on this machine already (pid {process.pid}): "
                    f"end it, {OWN_CLUSTER}"
                )

    def start(self, tools: Tools, processes: Processes, containerd: Path) -> None:
        """Start the kubelet, once the API server is ready.

        Args:
            tools: The programs.
            processes: Where it is recorded.
            containerd: The socket of containerd.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        self._remember_tuning()
        cgroups.make()
        config = self.directory / "config.json"
        config.write_text(json.dumps(self._config(containerd), indent=2))
        command = [
            tools.program("kubelet"),
            f"--config={config}",
            f"--root-dir={self.directory}",
            f"--cert-dir={self.directory / 'pki'}",
            f"--kubeconfig={self.credentials.kubeconfig('kubelet')}",
            f"--hostname-override={CONTEXT}",
            # The API server fetches a pod's logs here; it does not use loopback.
            f"--node-ip={HOST}",
        ]
        processes.spawn("kubelet", command, {"PATH": tools.path})

    def clean(self) -> None:
        """Remove what the kubelet leaves outside its directory."""
        if _LOG_LINKS.is_dir():
            for link in _LOG_LINKS.iterdir():
                if link.is_symlink() and self._logs in link.readlink().parents:
                    link.unlink()
        if self.directory.is_dir():
            for name in ("kubelet.sock", "kubelet_internal_checkpoint", "DEPRECATION"):
                (_DEVICES / name).unlink(missing_ok=True)
            remove_empty(_DEVICES, _DEVICES.parent, _LOG_LINKS)
        self._restore_tuning()

    @property
    def _logs(self) -> Path:
        return self.directory.parent / "pods"

    @property
    def _tuning(self) -> Path:
        return self.directory / "tuning.json"

    def _remember_tuning(self) -> None:
        """Note kernel parameters that the kubelet and the bridge plugin set."""
        if not self._tuning.exists():
            now = {name: Path("/proc/sys", name).read_text() for name in _TUNED}
            self._tuning.write_text(json.dumps(now))

    def _restore_tuning(self) -> None:
        try:
            before = json.loads(self._tuning.read_text())
        except (FileNotFoundError, ValueError):
            return
        for name, value in before.items():
            Path("/proc/sys", name).write_text(value)
        self._tuning.unlink()

    def _config(self, containerd: Path) -> dict[str, object]:
        resolver = "/etc/resolv.conf"
        return {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "address": HOST,
            "port": KUBELET_PORT,
            "readOnlyPort": 0,
            "healthzBindAddress": "127.0.0.1",
            "healthzPort": HEALTH_PORT,
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": str(self.credentials.inner_certificate)},
            },
            "authorization": {"mode": "Webhook"},
            "containerRuntimeEndpoint": f"unix://{containerd}",
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{cgroups.NAME}",
            "failCgroupV1": False,
            "failSwapOn": False,
            "oomScoreAdj": 0,
            "makeIPTablesUtilChains": False,
            "clusterDNS": [DNS],
            "clusterDomain": DOMAIN,
            "resolvConf": resolver if Path(resolver).exists() else "",
            "podLogsDir": str(self._logs),
            "volumePluginDir": str(self.directory / "volume-plugins"),
            # An image that was removed could not be pulled again.
            "imageGCHighThresholdPercent": 100,
            "imageGCLowThresholdPercent": 99,
            "evictionHard": {
                "memory.available": "100Mi",
                "nodefs.available": "1%",
                "nodefs.inodesFree": "1%",
                "imagefs.available": "1%",
            },
            "maxPods": 200,
        }
