"""Directories that may be mounted, on a node and in a container."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import replace

from components.catalog.problem import Problem

LINK = "https://kubernetes.io/docs/concepts/storage/volumes/#hostpath"

# Directories of a node whose content belongs to the system. A volume on one
# of them, or on a parent of one, hands the node to whoever can write to it.
SYSTEM_DIRECTORIES = (
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/sys",
    "/usr",
    "/var/lib/containerd",
    "/var/lib/docker",
    "/var/lib/etcd",
    "/var/lib/kubelet",
    "/var/log",
    "/var/run",
)
# In a container the program, its libraries and the kernel's views live here;
# /dev/shm and directories below /run are ordinary mount points.
CONTAINER_DIRECTORIES = frozenset(
    ("/", "/bin", "/dev", "/etc", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/usr")
)


def normal(text: str) -> str:
    """One spelling of a directory: `/data` for `//data/` and `/data/.`."""
    # POSIX keeps two leading slashes apart from one; Linux does not.
    return posixpath.normpath(text).replace("//", "/")


def _absolute(text: str, rule: str, what: str) -> Problem | None:
    if text.startswith("/") and ":" not in text and ".." not in text.split("/"):
        return None
    fixed = posixpath.normpath("/" + text.replace(":", "").lstrip("/"))
    return Problem(
        rule=rule,
        message=f"{what} is an absolute path without '..' and ':'",
        value=text,
        nearest=fixed,
        link=LINK,
    )


def _accepted(problem: Problem, check: Callable[[str], Problem | None]) -> Problem:
    """`problem` with a nearest value that `check` takes."""
    other = check(str(problem.nearest))
    return problem if other is None else replace(problem, nearest=other.nearest)


def host_directory(text: str) -> Problem | None:
    """What is wrong with `text` as a directory of a node that holds data."""
    problem = _absolute(text, "PTH01", "a directory on the node")
    if problem is not None:
        return _accepted(problem, host_directory)
    path = normal(text)
    inside = any(path == d or path.startswith(f"{d}/") for d in SYSTEM_DIRECTORIES)
    above = any(path == "/" or d.startswith(f"{path}/") for d in SYSTEM_DIRECTORIES)
    if not (inside or above):
        return None
    leaf = posixpath.basename(path) or "data"
    return Problem(
        rule="PTH02",
        message="this directory belongs to the node's system (or holds one that "
        "does): a pod that writes there can take over the node",
        value=text,
        nearest=f"/var/lib/ml-storage/{leaf}",
        link=LINK,
    )


def exported_directory(text: str) -> Problem | None:
    """What is wrong with `text` as a directory that a file server exports."""
    return _absolute(text, "PTH06", "an exported directory")


def mount_path(text: str) -> Problem | None:
    """What is wrong with `text` as a mount point in a container."""
    problem = _absolute(text, "PTH03", "a mount point")
    if problem is not None:
        return _accepted(problem, mount_path)
    path = normal(text)
    # A container runtime refuses every mount inside /proc.
    if path not in CONTAINER_DIRECTORIES and not path.startswith("/proc/"):
        return None
    return Problem(
        rule="PTH04",
        message="a mount here would hide the container's own system files",
        value=text,
        nearest="/data" if path == "/" else f"/data{path}",
        link="https://kubernetes.io/docs/concepts/storage/volumes/",
    )


def relative_directory(text: str) -> Problem | None:
    """What is wrong with `text` as a directory inside a volume."""
    scheme, is_uri, rest = text.partition("://")
    # What begins with the name of a bucket goes on with the directory in it.
    inside = rest.partition("/")[2] if is_uri and "/" not in scheme else text
    if inside == text and text[:1] not in ("", "/") and ".." not in text.split("/"):
        return None
    parts = [part for part in inside.split("/") if part not in ("", ".", "..")]
    return Problem(
        rule="PTH05",
        message="a directory inside a volume is a relative path without '..', and "
        "no URI",
        value=text,
        nearest="/".join(parts) or None,
        link="https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath",
    )


def overlap(one: str, other: str) -> bool:
    """Whether one of two directories of a volume lies in the other, or is it."""
    return all(a == b for a, b in zip(parts(one), parts(other), strict=False))


def is_in(directory: str, other: str) -> bool:
    """Whether a directory of a volume lies in another, or is it."""
    return overlap(directory, other) and len(parts(directory)) >= len(parts(other))


def parts(directory: str) -> list[str]:
    """The names on the way to a directory of a volume; none for all of it."""
    return [part for part in normal(directory).split("/") if part not in ("", ".")]
