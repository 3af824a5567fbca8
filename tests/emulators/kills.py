"""A pod that trains with a tier of checkpoints, as its processes, and kills of them.

The trainer needs no PyTorch: its weights are a chain of digests, one a step, so what
a checkpoint must hold follows from its step alone.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from jobs.checkpoints import CheckpointStore
from jobs.interruption import Interruption

ROOT = Path(__file__).parents[2]
SIZE = 300_000


def weights(step: int) -> str:
    """The weights after so many steps of a training that nothing cut off."""
    made = hashlib.sha256(b"seed").hexdigest()
    for _ in range(step):
        made = _advanced(made)
    return made


def content(step: int, made: str) -> bytes:
    """The payload of a checkpoint: these weights, blown up."""
    return f"{step} {made} ".encode().ljust(SIZE, made.encode()[:1])


def train(directory: Path, *, steps: int, every: int, pause: float) -> int:
    """Train from the newest checkpoint to a step, as `jobs.train` does."""
    interruption = Interruption()
    interruption.listen()
    say = partial(print, flush=True)
    store = CheckpointStore(directory, keep=2, say=say)
    found = store.newest(bytes)
    step, made = 0, weights(0)
    if found is not None:
        words = found[1].split(b" ", 2)
        step, made = int(words[0]), words[1].decode()
    say(f"starts at {step}")
    while step < steps and not interruption.signal:
        time.sleep(pause)
        made = _advanced(made)
        step += 1
        if step % every == 0 or step == steps or interruption.signal:
            store.save(step, partial(_write, content(step, made)))
    say(f"ends at {step} with {made}")
    return 128 + interruption.signal if interruption.signal else 0


def _write(payload: bytes, file: BinaryIO) -> None:
    file.write(payload)


def _advanced(made: str) -> str:
    return hashlib.sha256(made.encode()).hexdigest()


@dataclass
class Pod:
    """A pod on a node: its disk, and the processes of its containers.

    Attributes:
        node: The local disk; it is lost with the node.
        uri: Where the checkpoints are published.
        environment: All that its processes know.
        steps: The step to reach.
        every: Steps between two checkpoints.
        pause: Seconds that a step takes.
    """

    node: Path
    uri: str
    environment: Mapping[str, str]
    steps: int = 40
    every: int = 4
    pause: float = 0.01
    options: tuple[str, ...] = ()
    _processes: dict[str, Any] = field(default_factory=dict, init=False)

    @property
    def checkpoints(self) -> Path:
        """Where the trainer writes."""
        return self.node / "ckpt"

    def restore(self) -> subprocess.CompletedProcess[str]:
        """Run the init container to its end."""
        about = ("--about", "model=chain", "--pause", "0.05")
        words = ("jobs.checkpoints", "restore", self.uri, self.checkpoints, *about)
        with self._begin(words) as process:
            out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def start_sidecar(self) -> None:
        """Start the container that publishes."""
        words = ("--every", "0.02", "--about", "model=chain", *self.options)
        program = ("jobs.checkpoints", "publish", self.checkpoints, self.uri)
        self._processes["sidecar"] = self._begin((*program, *words))

    def start_trainer(self) -> None:
        """Start the container that trains."""
        numbers = (self.steps, self.every, self.pause)
        program = ("tests.emulators.kills", self.checkpoints, *numbers)
        self._processes["trainer"] = self._begin(program)

    def kill(self, name: str) -> None:
        """End a container at once, and all that it started."""
        process = self._processes.pop(name, None)
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate(timeout=30)

    def lose_node(self) -> None:
        """End all of it at once, and lose the disk."""
        for name in ("trainer", "sidecar"):
            self.kill(name)
        shutil.rmtree(self.node, ignore_errors=True)

    def end(self, name: str) -> tuple[int, str, str]:
        """Wait for the end of a container: its exit code, and what it said."""
        process = self._processes.pop(name)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def is_running(self, name: str) -> bool:
        """Whether a container is there and has not ended by itself."""
        process = self._processes.get(name)
        return process is not None and process.poll() is None

    def ask_to_stop(self, name: str) -> None:
        """Send SIGTERM to a container, once it listens for it."""
        stop(self._processes[name])

    def _begin(self, words: tuple[object, ...]) -> subprocess.Popen[str]:
        self.checkpoints.mkdir(parents=True, exist_ok=True)
        return subprocess.Popen(
            [sys.executable, "-m", *map(str, words)],
            env=dict(self.environment),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


@dataclass
class Bucket:
    """What is published, read behind the back of the programs.

    A server that keeps its objects in files is read there, also while it is down.

    Attributes:
        directory: Where the objects below the prefix lie, a file each.
    """

    directory: Path

    def published(self) -> dict[int, dict[str, Any]]:
        """The manifest of each step that is visible."""
        found: dict[int, dict[str, Any]] = {}
        for path in self.directory.glob("step-*.json"):
            with suppress(FileNotFoundError):
                found[int(path.stem.removeprefix("step-"))] = json.loads(
                    path.read_bytes()
                )
        return found

    def newest(self) -> int:
        """The newest step that is visible; -1: there is none."""
        return max(self.published(), default=-1)

    def content(self, step: int) -> Path:
        """Where the content of a published step lies."""
        return self.directory / self.published()[step]["about"]["content"]


def until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def stop(process: subprocess.Popen[str]) -> None:
    """Send SIGTERM to a program once it listens for it, unless it has ended."""
    status = Path(f"/proc/{process.pid}/status")

    def listens() -> bool:
        (caught,) = re.findall(r"SigCgt:\s*(\w+)", status.read_text())
        return bool(int(caught, 16) & 1 << signal.SIGTERM - 1)

    until(lambda: process.poll() is not None or listens(), "it does not listen")
    process.terminate()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("steps", type=int)
    parser.add_argument("every", type=int)
    parser.add_argument("pause", type=float)
    sys.exit(train(**vars(parser.parse_args())))
