"""A minimal Debian in a directory, made of the machine's own package sources."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from sandbox import debian
from sandbox.errors import MissingTool, SandboxError

MIRROR = "ML_STORAGE_DEBIAN_MIRROR"

_KEYRING = "usr/share/keyrings/debian-archive-keyring.gpg"


def install(
    tree: Path,
    *,
    suite: str,
    packages: Sequence[str],
    leave_out: Sequence[str],
    keep: Sequence[str],
    update: Callable[[str], None],
) -> None:
    """Install Debian packages, with all that they need, into a new directory.

    Args:
        tree: The directory; it does not exist yet.
        suite: Debian's release, e.g. "trixie".
        packages: What to install beside the essential packages.
        leave_out: Patterns of paths in the packages that are not unpacked.
        keep: Patterns of paths that are unpacked all the same.
        update: Is told how far it is.

    Raises:
        MissingTool: The machine is not root's, knows no Debian mirror, or has no
            apt to fetch from it.
        SandboxError: The installation failed.
    """
    if os.geteuid() != 0:
        raise MissingTool("Container images can only be built by root", "run as root")
    label = "the Debian installer"
    root = debian.fetch(["mmdebstrap", "debian-archive-keyring"], label=label)
    command = [
        *("mmdebstrap", "--mode=root", "--variant=essential", "--format=directory"),
        f"--include={','.join(packages)}",
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in leave_out),
        *(f"--dpkgopt=path-include={pattern}" for pattern in keep),
        *(suite, str(tree)),
        *_sources(suite, root / _KEYRING),
    ]
    # The machine's own mmdebstrap would differ from one machine to the next.
    path = f"{root / 'usr/bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    if shutil.which("perl", path=path) is None:
        raise MissingTool("Perl is not on PATH", "install perl")
    said: list[str] = []
    with subprocess.Popen(
        command,
        env={**os.environ, "PATH": path, "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None  # noqa: S101 - it is a pipe, see above
        try:
            for line in process.stderr:
                said.append(line)
                if line.startswith("I: "):
                    update(line.removeprefix("I: ").strip().rstrip("."))
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        end = "".join(said[-10:]).strip()
        raise SandboxError(f"Debian {suite} could not be installed:\n{end}")


def _sources(suite: str, keyring: Path) -> list[str]:
    """Return the lines of a sources.list for a release."""
    known = _known()
    signed = f"deb [signed-by={keyring}]"
    mirror = os.environ.get(MIRROR) or _first(known, "/debian")
    if not mirror:
        raise MissingTool(
            "This machine's package sources have no mirror of Debian",
            f"name one, as {MIRROR}=<its URL>",
        )
    sources = [f"{signed} {mirror} {suite} main"]
    if not os.environ.get(MIRROR) and (security := _first(known, "/debian-security")):
        sources.append(f"{signed} {security} {suite}-security main")
    return sources


def _known() -> list[str]:
    answer = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.split()


def _first(known: Sequence[str], ending: str) -> str | None:
    return next((uri for uri in known if uri.rstrip("/").endswith(ending)), None)
