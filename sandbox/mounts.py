"""What is mounted under a directory, and taking it off."""

import re
import subprocess
from pathlib import Path

from sandbox.errors import SandboxError


def under(directory: Path, mountinfo: str | None = None) -> list[Path]:
    """Return the mount points at or under a directory, innermost first.

    Args:
        directory: Where to look; symbolic links in it are resolved.
        mountinfo: Text of `/proc/self/mountinfo`. Default: as it is now.
    """
    if mountinfo is None:
        mountinfo = Path("/proc/self/mountinfo").read_text()
    root = directory.resolve()
    points = [Path(_unescape(line.split()[4])) for line in mountinfo.splitlines()]
    # The kernel lists mounts in the order they were made.
    return [point for point in reversed(points) if point.is_relative_to(root)]


def take_off(directory: Path) -> None:
    """Unmount everything at or under a directory.

    Raises:
        SandboxError: Something is still mounted; nothing there may be deleted
            then, because it may be somebody's data.
    """
    for point in under(directory):
        if _umount(point) != 0:
            _umount(point, "--lazy")
    if left := under(directory):
        raise SandboxError(
            f"{left[0]} cannot be unmounted; see what uses it (fuser -vm {left[0]}), "
            "then try again"
        )


def _umount(point: Path, *options: str) -> int:
    command = ["umount", "--no-canonicalize", *options, str(point)]
    return subprocess.run(command, capture_output=True, check=False).returncode


def _unescape(text: str) -> str:
    """Undo the kernel's octal escapes of blanks and backslashes."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
