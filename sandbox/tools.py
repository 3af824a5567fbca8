"""The programs that a single-node Kubernetes consists of."""

import os
import shutil
from functools import cached_property
from pathlib import Path

from sandbox import debian, gobuild

VERSION = "1.35.0"

_MODULE = Path(__file__).parent / "cluster"
_PACKAGES = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
    "kubelet": "k8s.io/kubernetes/cmd/kubelet",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
    "pause": "./pause",
}
_STAMP = "-X k8s.io/component-base/version."
_LDFLAGS = f"-s -w {_STAMP}gitVersion=v{VERSION} {_STAMP}gitMajor=1 {_STAMP}gitMinor=35"
# containerd finds its shim, and the shim finds runc, through PATH.
_CONTAINERS = ("containerd", "containerd-shim-runc-v2", "ctr", "runc")
_SYSTEM = {"ip": "iproute2", "mount": "mount", "umount": "mount", "openssl": "openssl"}
_CNI_PLUGINS = ("bridge", "host-local", "loopback")
_CNI_DIRS = (Path("/usr/lib/cni"), Path("/opt/cni/bin"))


class Tools:
    """The programs; each is built or fetched when it is first asked for.

    Raises:
        MissingTool: A program is neither here nor to be had.
        SandboxError: Building or fetching failed.
    """

    def prepare(self) -> None:
        """Build and fetch everything: the small and likely failures come first."""
        _ = self.path, self.cni, self.kubernetes

    @cached_property
    def path(self) -> str:
        """Value of PATH with which all but the Kubernetes programs are found."""
        directories = [
            *debian.programs(
                _CONTAINERS, ["containerd", "runc"], label="containerd and runc"
            ),
            *debian.programs(
                list(_SYSTEM), sorted(set(_SYSTEM.values())), label="iproute2, openssl"
            ),
        ]
        own = os.environ.get("PATH", os.defpath)
        return os.pathsep.join([own, *map(str, directories)])

    @cached_property
    def cni(self) -> Path:
        """Directory of the CNI plugins."""
        for directory in _CNI_DIRS:
            if all((directory / plugin).is_file() for plugin in _CNI_PLUGINS):
                return directory
        root = debian.fetch(["containernetworking-plugins"], label="the CNI plugins")
        return root / "usr/lib/cni"

    @cached_property
    def kubernetes(self) -> Path:
        """Directory of etcd, the Kubernetes programs and `pause`."""
        return gobuild.build(
            _MODULE, _PACKAGES, ldflags=_LDFLAGS, label=f"Kubernetes {VERSION}"
        )

    def program(self, name: str) -> str:
        """Return the path of one program."""
        if name in _PACKAGES:
            return str(self.kubernetes / name)
        found = shutil.which(name, path=self.path)
        if found is None:
            raise LookupError(f"{name} is not among the sandbox's programs")
        return found
