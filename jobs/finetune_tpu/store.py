"""Checkpoints by Orbax in a directory: each whole or absent, written by one process.

A checkpoint is a directory named for its step, `200`. Orbax fills it under another
name, `200.orbax-checkpoint-tmp…`, and renames it: a reader sees all of it or nothing.
That takes storage that renames directories: file systems do, and buckets of Cloud
Storage with a hierarchical namespace. Sources, read 2026-11-22:
`orbax/checkpoint/options.py` of Orbax 0.12.8 (`AtomicityOptions`,
`MultiprocessingOptions`), https://cloud.google.com/storage/docs/rename-hns-folders.
"""

# Orbax lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

import errno
import hashlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp
from absl import logging
from orbax.checkpoint.options import AtomicityMode, AtomicityOptions

from jobs import atomic

# What Orbax and TensorStore raise for files that are not as they were written.
_DAMAGED = (ValueError, KeyError, TypeError, RuntimeError, FileNotFoundError)

_FULL = re.compile(r"no space left|disk quota|resource_exhausted", re.IGNORECASE)
# TensorStore checks its own tables, and not the numbers that they point to.
_DIGEST = "sha256"

_TEMPORARY = "*.orbax-checkpoint-tmp*"

# What fails is raised as well, and said by this program once.
logging.set_verbosity(logging.FATAL)
_CLOSED = "Event loop is closed"


def _without_echoes(unraisable: Any) -> None:
    """Pass on what a thread could not raise, unless it is the echo of a failure.

    At the first array that cannot be written Orbax raises and closes its loop;
    TensorStore's threads then fail to tell that loop how the other arrays fared.
    """
    if str(unraisable.exc_value) != _CLOSED:
        sys.__unraisablehook__(unraisable)


sys.unraisablehook = _without_echoes


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A whole checkpoint.

    Attributes:
        path: Its directory.
        step: The step that it was taken after.
        about: What was said of it.
        state: The arrays.
    """

    path: Path
    step: int
    about: Mapping[str, Any]
    state: Any


class Store:
    """The checkpoints of one finetuning in one directory, in the process that writes.

    Args:
        directory: Where they lie; made if it is not there.
        keep: How many of the newest to keep, 1 or more.
        say: Gets a sentence for each that is set aside.

    Raises:
        OSError: The directory cannot be made, or nothing can be written there.
    """

    def __init__(
        self, directory: Path, *, keep: int, say: Callable[[str], None]
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        # Better now than after an hour of computing.
        with tempfile.TemporaryFile(dir=directory) as file:
            file.write(b"\0")
            file.flush()
        self.directory = directory
        self._say = say
        options = ocp.CheckpointManagerOptions(
            max_to_keep=keep,
            create=False,
            cleanup_tmp_directories=True,
            enable_async_checkpointing=False,
            atomicity_options=AtomicityOptions(mode=AtomicityMode.ATOMIC_RENAME),
            # The others wait for this process by means of their own.
            multiprocessing_options=ocp.options.MultiprocessingOptions(
                primary_host=0, active_processes={0}, barrier_sync_key_prefix="first"
            ),
        )
        self._manager = ocp.CheckpointManager(
            directory.absolute(), options=options, item_names=("about", "state")
        )

    def path(self, step: int) -> Path:
        """Return the directory of the checkpoint that is taken after a step."""
        return self.directory / str(step)

    def newest(
        self, like: Any, check: Callable[[Mapping[str, Any]], object]
    ) -> Checkpoint | None:
        """Return the newest checkpoint that is whole; damaged ones are set aside.

        Args:
            like: Arrays of the shapes and types that are expected.
            check: Gets what is said of the checkpoint before its arrays are read,
                and raises what it likes when it belongs to something else.

        Returns:
            None if there is no such checkpoint.

        Raises:
            OSError: A file is there and cannot be read. Going on from an older one
                would lose work that the storage may still give back.
        """
        for step in sorted(self._manager.all_steps(), reverse=True):
            path = self.path(step)
            _read_all(path)
            about = self._item(step, "about", ocp.args.JsonRestore())
            if isinstance(about, Mapping):
                check(about)
                state = self._item(step, "state", ocp.args.StandardRestore(like))
                if state is not None and about.get(_DIGEST) == _digest(state):
                    return Checkpoint(path=path, step=step, about=about, state=state)
            self._set_aside(path)
        return None

    def save(self, step: int, state: Any, about: Mapping[str, Any]) -> Path:
        """Publish a checkpoint, then remove those that are no longer kept.

        Args:
            step: The number of steps it stands for.
            state: Dictionaries and the like of NumPy arrays.
            about: What is said of it, as JSON can hold it.

        Raises:
            OSError: The storage refused; every older checkpoint is still there, and
                nothing of this one.
        """
        try:
            self._manager.save(
                step,
                args=ocp.args.Composite(
                    about=ocp.args.JsonSave({**about, _DIGEST: _digest(state)}),
                    state=ocp.args.StandardSave(state),
                ),
                force=True,
            )
            self._manager.wait_until_finished()
        except BaseException as problem:
            for left in self.directory.glob(_TEMPORARY):
                shutil.rmtree(left, ignore_errors=True)
            raise _as_os_error(problem, self.path(step)) from problem
        # What Orbax has renamed may still be in memory only.
        atomic.flush_file_system(self.directory)
        return self.path(step)

    def close(self) -> None:
        """Let go of what Orbax holds."""
        self._manager.close()

    def _item(self, step: int, name: str, how: Any) -> Any:
        """Return a part of a checkpoint; None if it is damaged."""
        try:
            return self._manager.restore(step, args=ocp.args.Composite(**{name: how}))[
                name
            ]
        except _DAMAGED:
            return None

    def _set_aside(self, path: Path) -> None:
        # Its step comes again, and needs the name.
        aside = Path(tempfile.mkdtemp(prefix=f".damaged-{path.name}-", dir=path.parent))
        path.rename(aside / path.name)
        self._manager.reload()
        self._say(f"skipped {path}: it is damaged; kept as {aside / path.name}")


def _read_all(path: Path) -> None:
    """Read every file, so that what fails later is damage and not the storage."""
    for file in path.rglob("*"):
        if file.is_file():
            with file.open("rb") as content:
                while content.read(1 << 20):
                    pass


def _digest(state: Any) -> str:
    """Return the SHA-256 of arrays: of their names, types, shapes and numbers."""
    found = hashlib.sha256()
    for name, leaf in jax.tree_util.tree_leaves_with_path(state):
        array = np.asarray(leaf)
        found.update(
            f"{jax.tree_util.keystr(name)} {array.dtype} {array.shape}".encode()
        )
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def _as_os_error(problem: BaseException, path: Path) -> BaseException:
    """Return a failure of a save as what a file system would raise."""
    if isinstance(problem, OSError) or not isinstance(problem, Exception):
        return problem
    # TensorStore hides the number of the error behind words.
    text = " ".join(str(problem).split())
    if _FULL.search(text):
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    return OSError(errno.EIO, text[:300], str(path))
