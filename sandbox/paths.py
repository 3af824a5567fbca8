"""Where the sandbox keeps what it builds and what it runs.

Both places lie outside the checkout, so that a fresh clone finds them.
"""

import os
from pathlib import Path


def cache_dir() -> Path:
    """Return the directory of expensive builds, each keyed by its content.

    Returns:
        `$ML_STORAGE_CACHE`, by default `$XDG_CACHE_HOME/ml-storage`, by default
        `~/.cache/ml-storage`. It is absolute, and may not exist yet.
    """
    return _directory("ML_STORAGE_CACHE", "XDG_CACHE_HOME", ".cache")


def state_dir() -> Path:
    """Return the directory of a running sandbox: its data and Pulumi's state.

    Returns:
        `$ML_STORAGE_STATE`, by default `$XDG_STATE_HOME/ml-storage`, by default
        `~/.local/state/ml-storage`. It is absolute, and may not exist yet.
    """
    return _directory("ML_STORAGE_STATE", "XDG_STATE_HOME", ".local/state")


def sandbox_dir() -> Path:
    """Return the part of `state_dir()` that belongs to the sandbox's Kubernetes."""
    return state_dir() / "sandbox"


def remove_empty(*directories: Path) -> None:
    """Remove those directories that are there and empty, in this order."""
    for directory in directories:
        if directory.is_dir() and not any(directory.iterdir()):
            directory.rmdir()


def _directory(own: str, xdg: str, home: str) -> Path:
    if value := os.environ.get(own):
        return Path(value).expanduser().absolute()
    # The XDG specification has relative values ignored.
    base = Path(os.environ.get(xdg, ""))
    if not base.is_absolute():
        base = Path.home() / home
    return base / "ml-storage"
