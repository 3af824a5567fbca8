"""containerd: its configuration, its images, and what it leaves behind."""

import hashlib
import json
import shutil
import subprocess
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.paths import remove_empty
from sandbox.processes import Processes
from sandbox.tools import Tools

PAUSE = "localhost/ml-storage/pause:1"
"""The image that holds a pod's namespaces."""

_NAMESPACE = "k8s.io"
# Fixed in containerd.
_SHIM_SOCKETS = Path("/run/containerd/s")


@dataclass(frozen=True)
class Containers:
    """The containers of one sandbox.

    Attributes:
        directory: Where containerd keeps everything.
        tools: The programs.
        cni: Directory of the pods' network configuration.
    """

    directory: Path
    tools: Tools
    cni: Path

    @property
    def socket(self) -> Path:
        """Where containerd listens."""
        return self.directory / "containerd.sock"

    @property
    def _state(self) -> Path:
        return self.directory / "state"

    def start(self, processes: Processes) -> None:
        """Start containerd; it answers a second later."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o711)
        config = self.directory / "config.toml"
        config.write_text(self._config())
        command = [self.tools.program("containerd"), "--config", str(config)]
        processes.spawn("containerd", command, {"PATH": self.tools.path})

    def answers(self) -> bool:
        """Return whether containerd answers."""
        return self._ctr("version", timeout=5).returncode == 0

    def wait(self, processes: Processes, *, timeout: float = 30) -> None:
        """Wait until containerd answers, for so many seconds.

        Raises:
            SandboxError: It has ended, or does not answer in time.
        """
        deadline = time.monotonic() + timeout
        while not (self.socket.exists() and self.answers()):
            processes.require("containerd")
            if time.monotonic() > deadline:
                raise SandboxError(
                    f"containerd does not answer after {timeout:.0f} s; "
                    f"see {processes.log('containerd')}"
                )
            time.sleep(0.1)

    def import_image(self, archive: Path) -> bool:
        """Import the images of an archive, if they are not there.

        Args:
            archive: A tar file as `docker save` or an OCI tool writes it.

        Returns:
            Whether it had to be imported.

        Raises:
            SandboxError: It is no such file, or containerd refused it.
        """
        wanted = images_of(archive)
        if wanted and wanted.items() <= self.images().items():
            return False
        # Over a name that is there containerd keeps the mark that the kubelet's
        # part of it knows the image, and so that part never looks at the new one.
        for name in wanted:
            self._ctr("images", "rm", name)
        done = self._ctr(
            *("images", "import", "--snapshotter", self._snapshotter(), str(archive))
        )
        if done.returncode != 0:
            raise SandboxError(
                f"{archive} cannot be imported as a container image: "
                f"{done.stderr.strip()}; build it anew"
            )
        # The kubelet sees an image when containerd has recorded it by its digest.
        deadline = time.monotonic() + 60
        while not wanted.items() <= self.images().items():
            if time.monotonic() > deadline:
                raise SandboxError(
                    f"containerd does not show the images of {archive} after 60 s; "
                    "try again"
                )
            time.sleep(0.1)
        return True

    def images(self) -> dict[str, str]:
        """Return the images that containers can use: name, digest of the config."""
        rows = [line.split() for line in self._ctr("images", "ls").stdout.splitlines()]
        manifests = {row[0]: row[2] for row in rows if len(row) > 2}
        configs = {m: n for n, m in manifests.items() if n.startswith("sha256:")}
        return {n: configs[m] for n, m in manifests.items() if m in configs}

    def clean(self) -> None:
        """Remove what containerd leaves; nothing of it may run or be mounted."""
        for file in self._state.glob("io.containerd.runtime.v2.task/*/*/address"):
            Path(file.read_text().strip().removeprefix("unix://")).unlink(
                missing_ok=True
            )
        for socket in self.directory.glob("containerd.sock*"):
            socket.unlink()
        shutil.rmtree(self._state, ignore_errors=True)
        remove_empty(_SHIM_SOCKETS, _SHIM_SOCKETS.parent)

    def _ctr(self, *words: str, timeout: float = 600) -> subprocess.CompletedProcess:
        command = [self.tools.program("ctr"), "--address", str(self.socket)]
        command += ["--namespace", _NAMESPACE, "--connect-timeout", "2s", *words]
        try:
            return subprocess.run(
                command, capture_output=True, text=True, timeout=timeout, check=False
            )
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, 124, "", "no answer in time")

    def _snapshotter(self) -> str:
        """Return what layers are kept by: overlayfs cannot lie upon an overlayfs."""
        self.directory.mkdir(parents=True, exist_ok=True)
        command = ["stat", "--file-system", "--format=%T", str(self.directory)]
        below = subprocess.run(command, capture_output=True, text=True, check=True)
        return "native" if below.stdout.strip() == "overlayfs" else "overlayfs"

    def _config(self) -> str:
        cri = '[plugins."io.containerd.grpc.v1.cri"'
        return f"""\
version = 2
root = "{self.directory / "root"}"
state = "{self._state}"

[plugins."io.containerd.internal.v1.opt"]
  path = "{self.directory / "opt"}"

[grpc]
  address = "{self.socket}"

{cri}]
  sandbox_image = "{PAUSE}"
  # Without CAP_SYS_RESOURCE no process may be made less likely to be killed.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true

{cri}.containerd]
  snapshotter = "{self._snapshotter()}"
  default_runtime_name = "runc"

{cri}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

{cri}.containerd.runtimes.runc.options]
  Root = "{self._state / "runc"}"

{cri}.cni]
  bin_dir = "{self.tools.cni}"
  conf_dir = "{self.cni / "net.d"}"
"""


def images_of(archive: Path) -> dict[str, str]:
    """Return the names in an image archive, each with the digest of its config.

    Returns:
        Nothing if the archive is of the OCI layout, which names no images so.

    Raises:
        SandboxError: It is no tar file, or not there.
    """
    try:
        with tarfile.open(archive) as tar:
            try:
                member = tar.extractfile("manifest.json")
            except KeyError:
                return {}
            found = {}
            for image in json.load(member) if member else []:
                config = tar.extractfile(image["Config"])
                if config is not None:
                    digest = hashlib.sha256(config.read()).hexdigest()
                    tags = image.get("RepoTags") or []
                    found |= dict.fromkeys(tags, f"sha256:{digest}")
            return found
    except (OSError, tarfile.TarError) as error:
        raise SandboxError(
            f"{archive} is no image archive: {error}; build it anew"
        ) from error
