"""The programs that a single-node Kubernetes consists of."""

import os
import shutil
import sys
from functools import cached_property
from pathlib import Path

from sandbox import debian, gobuild
from sandbox.errors import OWN_CLUSTER, MissingTool, SandboxError

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
_DNS_MODULE = Path(__file__).parent / "dns"
_DNS_PACKAGES = {"coredns": "./coredns"}
_CSI_MODULE = Path(__file__).parent / "csi"
_SIDECARS = "github.com/kubernetes-csi/external-"
_CSI_PACKAGES = {
    "csi-driver": "./driver",
    "csi-provisioner": f"{_SIDECARS}provisioner/v5/cmd/csi-provisioner",
    "csi-snapshotter": f"{_SIDECARS}snapshotter/v8/cmd/csi-snapshotter",
    "snapshot-controller": f"{_SIDECARS}snapshotter/v8/cmd/snapshot-controller",
}
_STAMP = "-X k8s.io/component-base/version."
_LDFLAGS = f"-s -w {_STAMP}gitVersion=v{VERSION} {_STAMP}gitMajor=1 {_STAMP}gitMinor=35"
# containerd finds its shim, and the shim finds runc, through PATH.
_CONTAINERS = ("containerd", "containerd-shim-runc-v2", "ctr", "runc")
_SYSTEM = {"ip": "iproute2", "mount": "mount", "umount": "mount", "openssl": "openssl"}
_CNI_PLUGINS = ("bridge", "host-local", "loopback")
_CNI_DIRS = (Path("/usr/lib/cni"), Path("/opt/cni/bin"))


def require_root() -> None:
    """Raise `MissingTool` where no container runtime can be run."""
    if sys.platform != "linux":
        raise MissingTool(
            "The sandbox's Kubernetes needs Linux", "run it on a Linux machine"
        )
    if os.geteuid() != 0:
        raise MissingTool(
            "The sandbox's Kubernetes needs root, as every container runtime does",
            "run it as root",
        )


class Tools:
    """The programs; each is built or fetched when it is first asked for.

    Raises:
        MissingTool: A program is neither here nor to be had.
        SandboxError: Building or fetching failed.
    """

    def require(self) -> None:
        """Look, at no cost, whether `prepare` has what it needs.

        Raises:
            SandboxError: It lacks something; the message names all of it.
        """
        checks = (
            require_root,
            lambda: gobuild.require(f"Kubernetes {VERSION}"),
            lambda: (
                debian.require(["containerd", "runc"], "containerd")
                if not all(shutil.which(name) for name in _CONTAINERS)
                else None
            ),
        )
        missing: list[str] = []
        for check in checks:
            try:
                check()
            except MissingTool as error:
                missing.append(error.lack)
        if missing:
            raise SandboxError("\n".join([*missing, OWN_CLUSTER]))

    def prepare(self) -> None:
        """Build and fetch everything: the small and likely failures come first.

        What add-ons need is left out; each is built when it is first started.
        """
        # The DNS server comes last: it is for the most part what Kubernetes is.
        _ = self.path, self.cni, self.kubernetes, self.dns

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

    @cached_property
    def dns(self) -> Path:
        """Directory of the DNS server."""
        return gobuild.build(
            _DNS_MODULE, _DNS_PACKAGES, ldflags="-s -w", label="CoreDNS"
        )

    @cached_property
    def csi(self) -> Path:
        """Directory of the CSI driver and its sidecars."""
        return gobuild.build(
            _CSI_MODULE, _CSI_PACKAGES, ldflags="-s -w", label="the CSI driver"
        )

    def program(self, name: str) -> str:
        """Return the path of one program."""
        if name in _PACKAGES:
            return str(self.kubernetes / name)
        if name in _DNS_PACKAGES:
            return str(self.dns / name)
        if name in _CSI_PACKAGES:
            return str(self.csi / name)
        found = shutil.which(name, path=self.path)
        if found is None:
            raise LookupError(f"{name} is not among the sandbox's programs")
        return found
