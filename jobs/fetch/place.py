"""A directory that gets a dataset: the whole of it, or nothing one would see."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobs import atomic
from jobs.fetch.errors import FetchError

MARKER = ".fetched.json"
_STAGING = ".fetch"


class Place:
    """The destination of a fetch, which survives being killed at any moment.

    Everything is made in a hidden directory beside its final place, on the same
    file system, and moved by renaming. A file named `.fetched.json`, written
    last, says what is there.

    Attributes:
        download: Where the source is copied to. What a killed fetch of the same
            source left is still there.
        content: Where an archive is unpacked.
    """

    def __init__(self, directory: Path, request: Mapping[str, Any]) -> None:
        """Look at the directory, and make it where it is missing.

        Args:
            directory: The destination.
            request: What is fetched; another request is another dataset.

        Raises:
            FetchError: It holds another dataset.
            OSError: The storage refused.
        """
        self._directory = directory
        self._request = dict(request)
        self._staging = directory / _STAGING
        self._publishing = self._staging / "publishing"
        self.download = self._staging / "download"
        self.content = self._staging / "content"
        directory.mkdir(parents=True, exist_ok=True)
        there = _read(directory / MARKER)
        if there not in (None, self._request):
            raise FetchError(
                f"{directory} holds {_source(there)} already: use a directory of "
                "its own"
            )
        self.complete = there is not None
        if self.complete:
            return
        if _read(self._staging / "request.json") != self._request:
            shutil.rmtree(self._staging, ignore_errors=True)
        self.download.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self._request).encode()
        atomic.write(self._staging / "request.json", lambda file: file.write(text))

    @property
    def unfinished(self) -> bool:
        """Whether all of it is here, and was being moved when a fetch was killed."""
        return self._publishing.exists()

    def clear_content(self) -> None:
        """Remove what a killed fetch has unpacked: it may be half of a file."""
        shutil.rmtree(self.content, ignore_errors=True)

    def publish(self, content: Path) -> None:
        """Move what is in `content` to its place, and say that it is there.

        Raises:
            FetchError: Something of the same name is there.
            OSError: The storage refused.
        """
        if not self.unfinished:
            self._refuse_to_replace(content)
            let_everyone_read(content)
            record = json.dumps(str(content.relative_to(self._staging))).encode()
            atomic.write(self._publishing, lambda file: file.write(record))
        self.finish()

    def finish(self) -> None:
        """Move what has not been moved yet, and say that all of it is there."""
        content = self._staging / json.loads(self._publishing.read_text())
        for path in sorted(content.iterdir()):
            path.rename(self._directory / path.name)
        text = json.dumps(self._request, indent=2).encode()
        atomic.write(self._directory / MARKER, lambda file: file.write(text))
        shutil.rmtree(self._staging)

    def _refuse_to_replace(self, content: Path) -> None:
        for path in content.iterdir():
            if os.path.lexists(self._directory / path.name):
                raise FetchError(
                    f"{self._directory / path.name} is there already, and is not of "
                    "this dataset: use an empty directory"
                )


def let_everyone_read(directory: Path) -> None:
    """Let any user read it: the program that does is seldom who fetched it."""
    for path in [directory, *directory.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if path.is_dir() else 0o444))


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except ValueError:
        raise FetchError(f"{path} is not what a fetch writes: remove it") from None


def _source(marker: Any) -> str:
    return str(marker.get("source")) if isinstance(marker, dict) else "something else"
