"""`jobs.stage` as a test starts it, and what a reader sees meanwhile."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs import manifest
from tests.emulators.programs import ROOT, Program


@dataclass(frozen=True)
class Stage(Program):
    """`jobs.stage`, which is not patient."""

    words: tuple[str, ...] = ("-m", "jobs.stage")
    options: tuple[str, ...] = ("--pause", "0.1", "--attempts", "2")

    def staged(self, *words: object, **more: Any) -> str:
        """Run it; its last line, which has to be that of a success."""
        done = self.run(*words, **more)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()[-1]


# Every file that is visible is whole at any moment; all are once the manifest is.
_READER = """
import hashlib, json, os, sys
from pathlib import Path
from jobs import manifest
directory, wanted = Path(sys.argv[1]), json.loads(sys.argv[2])
def visible():
    for place, inside, names in os.walk(directory):
        inside[:] = [name for name in inside if not name.startswith(".")]
        for path in (Path(place, name) for name in names if not name.startswith(".")):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            yield str(path.relative_to(directory)), digest
print("reads", flush=True)
while True:
    is_whole = (directory / manifest.NAME).exists()
    found = dict(visible())
    if not found.items() <= wanted.items():
        sys.exit(f"half: {found}")
    if is_whole:
        sys.exit(None if found == wanted else f"missing: {found}")
"""


@contextmanager
def readers(directory: Path, wanted: Mapping[str, bytes], count: int) -> Iterator[None]:
    """Let programs read a directory all the while; none may ever see half of a file."""
    digests = {name: hashlib.sha256(text).hexdigest() for name, text in wanted.items()}
    command = [sys.executable, "-c", _READER, str(directory), json.dumps(digests)]
    started = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    try:
        for each in started:
            assert each.stdout is not None
            assert each.stdout.readline() == "reads\n"
        yield
        assert [each.wait(timeout=60) for each in started] == [0] * count
    finally:
        for each in started:
            each.kill()
            each.communicate()


def visible(directory: Path) -> dict[str, bytes]:
    """What a program sees in a directory, hidden names apart."""
    paths = (path for path in directory.rglob("*") if path.is_file())
    found = {str(p.relative_to(directory)): p.read_bytes() for p in paths}
    return {name: text for name, text in found.items() if name[0] != "."}


def hidden(directory: Path) -> list[str]:
    """The hidden names in a directory."""
    names = (path.name for path in directory.iterdir())
    return sorted(name for name in names if name[0] == ".")


def require_whole(directory: Path, wanted: Mapping[str, bytes]) -> manifest.Manifest:
    """See to it that exactly this is there, and nothing hidden but the manifest."""
    assert visible(directory) == wanted
    made = manifest.read(directory / manifest.NAME)
    assert {file.path for file in made.files} == set(wanted)
    assert list(manifest.differences(directory, made, contents=True)) == []
    assert hidden(directory) == [manifest.NAME]
    return made


def arrived(directory: Path) -> int:
    """The bytes of all files below a directory while they change."""
    total = 0
    for place, _, names in os.walk(directory):
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(place, name).stat().st_size
    return total


def until(condition: Callable[[], bool]) -> None:
    """Wait for what has to happen."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
