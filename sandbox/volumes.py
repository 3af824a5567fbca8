"""Volumes that are made when a claim asks for them.

`sandbox-shared` is the default class. It stands for a shared file system such as
CephFS: its volumes can be written by many pods at once.
"""

from pathlib import Path

from sandbox.api import Api
from sandbox.errors import SandboxError

CLASS = "sandbox-shared"
# Fixed in the controller that makes the volumes.
_LINK = Path("/tmp/hostpath_pv")  # noqa: S108
_DEFAULT = "storageclass.kubernetes.io/is-default-class"


def link(directory: Path) -> None:
    """Have the volumes made in a directory that no clean-up of /tmp reaches.

    Raises:
        SandboxError: Something else stands where they are made.
    """
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o755)
    if _LINK.is_symlink() and _LINK.readlink() == directory:
        return
    if _LINK.is_symlink() and not _LINK.exists():
        # It leads to a state directory that somebody has deleted.
        _LINK.unlink()
    if _LINK.is_symlink():
        other = _LINK.readlink()
        raise SandboxError(
            f"{_LINK} leads to {other}, the volumes of another sandbox, and a machine "
            f"has one: use it with ML_STORAGE_STATE={other.parent.parent}, "
            "or delete it first"
        )
    if _LINK.exists():
        raise SandboxError(
            f"{_LINK} exists, and volumes must be made in {directory} instead: "
            f"move what is in it, then remove {_LINK}"
        )
    _LINK.symlink_to(directory)


def unlink(directory: Path) -> None:
    """Take the link away if it leads to this directory."""
    if _LINK.is_symlink() and _LINK.readlink() == directory:
        _LINK.unlink()


def make_class(api: Api) -> None:
    """Make the class, or leave it if it is there."""
    body = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": CLASS,
            "labels": {"app.kubernetes.io/managed-by": "ml-storage-sandbox"},
            "annotations": {_DEFAULT: "true"},
        },
        "provisioner": "kubernetes.io/host-path",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
    }
    api.create("/apis/storage.k8s.io/v1/storageclasses", body)
