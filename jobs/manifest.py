"""What a directory holds, in a file written last: with it the directory is whole.

The file is JSON: where it came from, what is said about it, and each file with its
size and its SHA-256. Hidden names, those that begin with a dot, are not listed, so
a manifest does not list itself.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final

from jobs import atomic

NAME: Final = ".manifest.json"
"""The file that is written last into a directory that is whole."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


class BadManifest(ValueError):  # noqa: N818 - the name says what is the matter
    """A text that is no manifest; the message says what is wrong with it."""


@dataclass(frozen=True)
class File:
    """A file of the directory.

    Attributes:
        path: Its name below the directory, with `/` between the parts.
        size: Bytes.
        sha256: The SHA-256 of its content, as 64 hexadecimal digits.
    """

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """All that a whole directory holds.

    Attributes:
        source: Where it came from: a URI, or the program that made it.
        files: Its files, in the order of their names.
        about: What else its makers say of it.
    """

    source: str
    files: tuple[File, ...]
    about: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def size(self) -> int:
        """The bytes of all files together."""
        return sum(file.size for file in self.files)


def of(
    directory: Path, *, source: str, about: Mapping[str, str] | None = None
) -> Manifest:
    """Return the manifest of what is there: each visible file is read once.

    A link to a file is listed as what it names; one to a directory is not.

    Raises:
        OSError: A file cannot be read.
    """
    names = sorted(_visible(directory))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        files = tuple(pool.map(lambda name: _file(directory, name), names))
    return Manifest(source=source, files=files, about=dict(about or {}))


def write(path: Path, manifest: Manifest) -> None:
    """Write a manifest; its name only ever stands for all of it.

    Raises:
        OSError: The storage refused; what was there is as it was.
    """
    content = to_json(manifest)
    atomic.write(path, lambda file: file.write(content))


def read(path: Path) -> Manifest:
    """Return the manifest of a file.

    Raises:
        BadManifest: It is none.
        FileNotFoundError: There is no such file.
        OSError: It cannot be read.
    """
    return from_json(path.read_bytes())


def differences(
    directory: Path, manifest: Manifest, *, contents: bool
) -> Iterator[str]:
    """Say what is not as the manifest says: a sentence for each such file.

    Args:
        directory: Where the files are.
        manifest: What is wanted. Files that it does not list are no difference.
        contents: Whether to read them too; else their sizes are compared.

    Raises:
        OSError: A file is there and cannot be read.
    """
    for file in manifest.files:
        path = directory / file.path
        try:
            size = path.stat().st_size
            if size != file.size:
                yield f"{file.path} has {size:,} bytes, not {file.size:,}"
            elif contents and (found := digest(path)) != file.sha256:
                yield f"{file.path} has the SHA-256 {found}, not {file.sha256}"
        except (FileNotFoundError, NotADirectoryError):
            yield f"{file.path} is missing"


def to_json(manifest: Manifest) -> bytes:
    """Return a manifest as its file has it."""
    return json.dumps(asdict(manifest), indent=1).encode() + b"\n"


def from_json(content: bytes) -> Manifest:
    """Return the manifest that a file has.

    Raises:
        BadManifest: It is none, or names a file outside its directory.
    """
    try:
        found = json.loads(content)
    except ValueError:
        raise BadManifest("this is no JSON") from None
    match found:
        case {"source": str(source), "files": list(files), "about": dict(about)}:
            words = {str(key): str(text) for key, text in about.items()}
            listed = tuple(_checked(file) for file in files)
            return Manifest(source=source, files=listed, about=words)
        case _:
            raise BadManifest("it lacks its source, its files or what is said of it")


def _checked(file: Any) -> File:
    match file:
        case {"path": str(path), "size": int(size), "sha256": str(sha256)}:
            # Who reads it opens these names: none may lead elsewhere.
            parts = PurePosixPath(path).parts
            inside = bool(parts) and parts[0] != "/" and ".." not in parts
            if inside and "\0" not in path and size >= 0 and _DIGEST.fullmatch(sha256):
                return File(path, size, sha256)
    raise BadManifest(f"this is no file of a manifest: {json.dumps(file)[:200]}")


def _visible(directory: Path) -> Iterator[str]:
    """The names of the visible files below a directory."""

    def refuse(problem: OSError) -> None:
        raise problem

    for place, inside, files in os.walk(directory, onerror=refuse):
        inside[:] = [name for name in inside if not name.startswith(".")]
        for name in files:
            path = Path(place, name)
            if not name.startswith(".") and path.is_file():
                yield path.relative_to(directory).as_posix()


def _file(directory: Path, name: str) -> File:
    path = directory / name
    return File(name, path.stat().st_size, digest(path))


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's content, as 64 hexadecimal digits.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
