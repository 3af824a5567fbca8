"""The history of a training: one JSON object a line for each start and end."""

import json
import os
from pathlib import Path

from jobs import atomic


def append(path: Path, entry: dict[str, object]) -> None:
    """Add a line and flush it to the storage.

    A last line that a kill cut off is closed first, so that it spoils only itself.

    Raises:
        OSError: The storage refused.
    """
    is_new = not path.exists()
    with path.open("a+b") as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.write(json.dumps(entry).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        atomic.flush_directory(path.parent)


def read(path: Path) -> list[dict[str, object]]:
    """Return the whole lines in their order; none if there is no such file."""
    entries: list[dict[str, object]] = []
    if path.exists():
        for line in path.read_text(errors="replace").splitlines():
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                # What a kill cut off; the lines around it are whole.
                continue
            if isinstance(entry, dict):
                entries.append(entry)
    return entries
