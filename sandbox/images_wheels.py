"""Wheels from PyPI in a directory, for the Python of an image."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from sandbox.errors import MissingTool, SandboxError
from sandbox.progress import Update


def install(target: Path, requirements: Path, python: str, update: Update) -> None:
    """Install wheels into a new directory.

    Args:
        target: The directory.
        requirements: A file with every wheel, its version and its hashes.
        python: The version of Python that will load them, e.g. "3.13".
        update: Is told how far it is.

    Raises:
        MissingTool: There is no uv on this machine.
        SandboxError: One of them is not to be had, or is not what its hash says.
    """
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv is None:
        raise MissingTool("uv is not on PATH", "install uv (pip install uv)")
    update("downloading")
    done = subprocess.run(
        [
            *(uv, "pip", "install", "--target", str(target), "--no-deps"),
            *("--require-hashes", "--only-binary", ":all:", "--python-version", python),
            *("--python-platform", f"{platform.machine()}-manylinux_2_36"),
            *("--requirements", str(requirements)),
        ],
        # A Python of the image's version is not needed, and may not be had.
        env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SandboxError(
            f"the wheels of {requirements.name} could not be installed:\n"
            f"{done.stderr.strip()}"
        )
