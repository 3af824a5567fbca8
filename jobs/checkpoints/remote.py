"""Published checkpoints: below a prefix of a bucket, visible by their manifests.

    step-00000200.json                            the manifest, written last
    step-00000200.20261122T101500Z-9f31c2d4/…     what it lists, never written again

Every publication has content of its own, whoever publishes, so two programs that
publish the same step cannot mix: the manifest that was written last names its own.
"""

import os
import re
import secrets
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from jobs import manifest, rclone
from jobs.buckets import Bucket
from jobs.manifest import BadManifest, Manifest
from jobs.rclone import ONCE, Failure, TransferError

CONTENT: Final = "content"
"""The word in a manifest that names its content."""

TIME: Final = "published"
"""The word in a manifest that says when it was published."""

_MANIFEST = re.compile(r"step-(\d{8,})\.json")
_CONTENT = re.compile(r"step-\d{8,}\.(\d{8}T\d{6}Z)-[0-9a-f]{8}")
_STAMP: Final = "%Y%m%dT%H%M%SZ"

# https://rclone.org/docs/#exit-code, read 2026-11-22.
_NO_DIRECTORY: Final = 3

_LOOKS: Final = 3
"""How often something may be missing before it is the bucket."""


@dataclass(frozen=True)
class Published:
    """A checkpoint that is visible in the bucket.

    Attributes:
        step: The step it was taken after.
        manifest: What it holds; None: its manifest cannot be read.
    """

    step: int
    manifest: Manifest | None

    @property
    def name(self) -> str:
        """The name of its manifest."""
        return f"step-{self.step:08d}.json"

    @property
    def content(self) -> str | None:
        """The name of its content."""
        name = self.manifest and self.manifest.about.get(CONTENT)
        return name if name and _CONTENT.fullmatch(name) else None

    @property
    def time(self) -> datetime | None:
        """When it was published."""
        return _time(self.manifest.about.get(TIME, "")) if self.manifest else None


def new_content(step: int) -> str:
    """Return a name for content that nobody else uses."""
    now = datetime.now(UTC).strftime(_STAMP)
    return f"step-{step:08d}.{now}-{secrets.token_hex(4)}"


@dataclass(frozen=True)
class Remote:
    """The prefix of a bucket where one training publishes.

    Each method raises `TransferError` when the bucket refuses or is not reached,
    and `OSError` when rclone is not there or the local storage refuses.

    Attributes:
        bucket: The bucket; its key is the prefix, with or without `/` at its end.
        say: Gets a sentence about how far a transfer is.
        options: Further options of rclone for what is sent.
    """

    bucket: Bucket
    say: Callable[[str], None]
    options: Sequence[str] = ()

    def published(self) -> list[Published]:
        """Return all that is visible, the newest first."""
        for _ in range(_LOOKS - 1):
            try:
                return self._listed()
            except TransferError as problem:
                # One that was pruned since it was listed is missing like a bucket.
                if problem.failure != Failure.MISSING:
                    raise
        return self._listed()

    def _listed(self) -> list[Published]:
        with tempfile.TemporaryDirectory() as directory:
            only = ("--include", "/step-*.json", "--max-depth", "1")
            self._run(*("copy", self._path(), directory, *only), *self.bucket.reading)
            return sorted(_read(Path(directory)), key=lambda p: -p.step)

    def send(self, held: Path, content: str) -> None:
        """Upload content, and compare that all of it is there.

        Args:
            held: The directory that holds the checkpoint.
            content: The name it gets.
        """
        target = self._path(content)
        copy = ("copy", str(held), target, "--no-update-modtime")
        self._run(*copy, *self.bucket.writing, *self.options)
        # Someone may have taken it for a leftover while this one was cut off.
        self._run("check", str(held), target, "--one-way", "--size-only")

    def announce(self, step: int, made: Manifest, *, content: str) -> None:
        """Write the manifest: from now on the checkpoint is visible."""
        now = datetime.now(UTC).strftime(_STAMP)
        made = replace(made, about={**made.about, CONTENT: content, TIME: now})
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory, "manifest")
            file.write_bytes(manifest.to_json(made))
            target = self._path(Published(step, made).name)
            # Whatever is there, however alike it is.
            options = ("--ignore-times", *self.bucket.writing)
            self._run("copyto", str(file), target, *options)

    def fetch(self, published: Published, target: Path) -> None:
        """Download the content of a checkpoint into a directory."""
        source = self._path(published.content or "")
        self._run("copy", source, str(target), *self.bucket.reading)

    def remove(self, published: Published) -> None:
        """Remove a checkpoint: it is no longer visible, then it is no longer there."""
        self._remove("deletefile", published.name)
        if published.content:
            self.remove_content(published.content)

    def remove_content(self, content: str) -> None:
        """Remove content that no manifest names."""
        self._remove("purge", content)

    def unlisted(self, known: Sequence[Published], *, older: float) -> list[str]:
        """Return the names of content that no manifest names, after a kill.

        Args:
            known: What is visible.
            older: Seconds; younger content may be about to be visible.
        """
        command = ["rclone", "lsf", "--dirs-only", self._path(), *ONCE]
        done = subprocess.run(
            command,
            env={**os.environ, **self._environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == _NO_DIRECTORY:
            return []
        if done.returncode:
            raise TransferError(Failure.OTHER, done.stderr.strip()[-300:])
        listed = {each.content for each in known}
        names = (line.rstrip("/") for line in done.stdout.splitlines())
        return [n for n in names if n not in listed and _age(n) > older]

    @property
    def _environment(self) -> Mapping[str, str]:
        return self.bucket.environment(os.environ)

    def _path(self, name: str = "") -> str:
        prefix = self.bucket.key.rstrip("/")
        key = f"{prefix}/{name}" if prefix else name
        return replace(self.bucket, key=key).path

    def _run(self, *arguments: str) -> None:
        command = [*arguments, *ONCE]
        rclone.run(command, environment=self._environment, say=self.say)

    def _remove(self, command: str, name: str) -> None:
        try:
            self._run(command, self._path(name))
        except TransferError as problem:
            # Another one has removed it.
            if problem.failure != Failure.MISSING:
                raise


def _read(directory: Path) -> list[Published]:
    found: list[Published] = []
    for path in directory.iterdir():
        name = _MANIFEST.fullmatch(path.name)
        if name and path.name == (bare := Published(int(name[1]), None)).name:
            try:
                found.append(Published(bare.step, manifest.read(path)))
            except BadManifest:
                found.append(bare)
    return found


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def _age(content: str) -> float:
    """Seconds since a name was made; 0 for names that are not ours."""
    name = _CONTENT.fullmatch(content)
    made = _time(name[1]) if name else None
    return (datetime.now(UTC) - made).total_seconds() if made else 0.0
