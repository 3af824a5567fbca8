"""checkov, in an environment of its own.

What it pins contradicts what this project pins, so the two are never installed
together. The environment is made once for each content of its requirements and
lies beside the sandbox's tools, outside the checkout.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from sandbox.made_once import made_once
from sandbox.paths import cache_dir
from sandbox.progress import Update

REQUIREMENTS = Path(__file__).parents[2] / "requirements-checkov.txt"


def checkov() -> list[str]:
    """The command that starts checkov, installed if it is not yet there."""
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    content = hashlib.sha256(REQUIREMENTS.read_bytes() + python.encode()).hexdigest()

    def install(directory: Path, update: Update) -> None:
        uv = Path(sys.executable).with_name("uv")
        made = directory / "bin" / "python"
        update("installing")
        for command in (
            [
                uv,
                "venv",
                "--quiet",
                "--allow-existing",
                "-p",
                sys.executable,
                directory,
            ],
            [uv, "pip", "sync", "--quiet", "--python", made, REQUIREMENTS],
        ):
            subprocess.run(command, check=True)

    directory = made_once(
        cache_dir() / "checkov" / content[:16], install, label="Installing checkov"
    )
    # As a module: its script names the directory that the environment was made in.
    return [str(directory / "bin" / "python"), "-m", "checkov.main"]
