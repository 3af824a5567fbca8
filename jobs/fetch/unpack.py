"""Archives, unpacked so that nothing of them lands outside a directory."""

import gzip
import lzma
import stat
import tarfile
import zipfile
import zlib
from pathlib import Path

from jobs.fetch.errors import FetchError

_SUFFIXES = (
    *(".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz"),
    ".zip",
)
# What the modules raise for a file that ends early or is none of theirs.
_DAMAGED = (
    *(tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile),
    *(lzma.LZMAError, zlib.error, EOFError),
)


def is_archive(name: str) -> bool:
    """Whether a file of this name is one that `unpack` takes."""
    return name.lower().endswith(_SUFFIXES)


def unpack(archive: Path, target: Path) -> None:
    """Unpack a tar or zip file, whatever its name, into a directory.

    Raises:
        FetchError: It is neither, it is damaged, or something in it would land
            outside the directory or is no file, directory or harmless link.
        OSError: The storage refused.
    """
    target.mkdir(parents=True, exist_ok=True)
    try:
        # A tar file first: one that ends with a zip file would pass for that.
        if not tarfile.is_tarfile(archive) and zipfile.is_zipfile(archive):
            _unzip(archive, target)
        else:
            with tarfile.open(archive) as tar:
                tar.extractall(target, filter="data")
    except tarfile.FilterError as problem:
        raise FetchError(f"the archive is refused: {problem}") from problem
    except _DAMAGED as problem:
        # Of a file of no known kind several lines are said.
        reason = str(problem).partition("\n")[0].rstrip(":")
        raise FetchError(f"this is no whole tar or zip file: {reason}") from problem


def _unzip(archive: Path, target: Path) -> None:
    with zipfile.ZipFile(archive) as content:
        for entry in content.infolist():
            # The module would put such a file elsewhere, under another name.
            if entry.filename.startswith("/") or ".." in entry.filename.split("/"):
                raise FetchError(
                    f"the archive is refused: {entry.filename!r} would be outside "
                    "the destination"
                )
            if stat.S_ISLNK(entry.external_attr >> 16):
                raise FetchError(
                    f"the archive is refused: {entry.filename!r} is a link"
                )
        try:
            content.extractall(target)  # noqa: S202, each name is checked above
        except RuntimeError as problem:
            # So it says that a password is wanted.
            raise FetchError(f"the archive is refused: {problem}") from problem
