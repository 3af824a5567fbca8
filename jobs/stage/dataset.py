"""What a directory holds that is staged into, and how a dataset gets there."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from jobs import atomic, manifest, staging
from jobs.fetch.errors import FetchError
from jobs.fetch.place import let_everyone_read
from jobs.fetch.unpack import is_archive, unpack
from jobs.manifest import BadManifest, File, Manifest
from jobs.rclone import PERIOD, Failure
from jobs.staging import Staging

_SHA256: Final = "sha256"
_UNPACKED: Final = "unpacked"
# What a file system makes at its own root.
_NOT_OURS = frozenset({"lost+found"})


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is to be there.

    Attributes:
        source: Where it comes from: the URI of a bucket, or a URL.
        sha256: What the digest of the one file must be. Default: any.
        unpack: Whether the one file is unpacked. Default: by its name.
    """

    source: str
    sha256: str | None = None
    unpack: bool | None = None

    def is_there(self, directory: Path) -> bool:
        """Whether a directory holds it: one file is read, and sizes are compared.

        Raises:
            FetchError: It holds something else, or is no longer whole.
            OSError: It cannot be read.
        """
        try:
            there = manifest.read(directory / manifest.NAME)
        except FileNotFoundError:
            return False
        except BadManifest as problem:
            path = directory / manifest.NAME
            raise FetchError(f"{path} is no manifest: {problem}") from None
        self.require_same(directory, there)
        _require_sizes(directory, there)
        return True

    def require_same(self, directory: Path, there: Manifest) -> None:
        """See to it that what a directory holds is what is asked for.

        Raises:
            FetchError: It is something else.
        """
        holds = f"{directory} holds {there.source} already"
        if there.source.rstrip("/") != self.source.rstrip("/"):
            raise FetchError(f"{holds}: use a directory of its own")
        digest = there.about.get(_SHA256)
        if self.sha256 is not None and digest != self.sha256:
            which = f"with the SHA-256 {digest}" if digest else "as several files"
            raise FetchError(f"{holds}, {which}, not {self.sha256}")
        unpacked = _UNPACKED in there.about
        if self.unpack not in (None, unpacked):
            how = "unpacked" if unpacked else "as it is"
            raise FetchError(f"{holds}, {how}: use a directory of its own")


@dataclass(frozen=True)
class Arrival:
    """A dataset that arrives in a directory, and may have been killed before.

    Attributes:
        request: What is to be there.
        staging: Where it arrives.
        say: Gets a sentence for what takes long.
    """

    request: Request
    staging: Staging
    say: Callable[[str], None]

    @property
    def download(self) -> Path:
        """What is there of the source."""
        return self.staging.files / "download"

    @property
    def is_whole(self) -> bool:
        """Whether all of it is here, and checked; it only has to get its place."""
        return self._record.exists()

    @property
    def _record(self) -> Path:
        return self.staging.files / "manifest.json"

    @property
    def _content(self) -> Path:
        return self.staging.files / "content"

    def require_room(self) -> None:
        """See to it that nothing would be mixed with the dataset.

        Raises:
            FetchError: There is something that no manifest lists.
        """
        for path in sorted(self.staging.directory.iterdir()):
            if not path.name.startswith(".") and path.name not in _NOT_OURS:
                raise FetchError(
                    f"{path} is there already, and no manifest says what it is of: use "
                    "an empty directory"
                )

    def check(self) -> None:
        """Unpack what was downloaded, and compare it with all that is known of it.

        Raises:
            FetchError: It is not what it should be; what is wrong is removed.
            OSError: The storage refused.
        """
        theirs = self.download / manifest.NAME
        try:
            self._check(theirs)
        except FetchError:
            # It comes anew: one of the same size and second would be taken for it.
            theirs.unlink(missing_ok=True)
            raise

    def _check(self, theirs: Path) -> None:
        found = (path for path in self.download.rglob("*") if path.is_file())
        files = [path for path in found if path != theirs]
        only = files[0] if len(files) == 1 else None
        wanted = self.request.unpack
        if wanted is None:
            wanted = only is not None and is_archive(only.name)
        if only is None and (wanted or self.request.sha256):
            what = "is unpacked" if wanted else "has a SHA-256"
            raise FetchError(f"there are {len(files)} files: one {what}, not several")
        if only is None:
            self._finish(self.download, lambda _: {})
        elif wanted:
            digest = self._agreed(manifest.digest(only))
            if (listing := _of_the_source(theirs)) is not None:
                archive = File(only.name, only.stat().st_size, digest)
                _require_agreement(listing, (archive,))
            self._unpack(only)
            about = {_SHA256: digest, _UNPACKED: only.name}
            self._finish(self._content, lambda _: about)
        else:
            self._finish(self.download, lambda listed: self._about(only, listed))

    def _about(self, only: Path, listed: tuple[File, ...]) -> dict[str, str]:
        # A hidden file is not listed.
        digest = listed[0].sha256 if listed else manifest.digest(only)
        return {_SHA256: self._agreed(digest)}

    def _agreed(self, digest: str) -> str:
        wanted = self.request.sha256
        if wanted not in (None, digest):
            self.staging.clear()
            raise FetchError(f"its SHA-256 is {digest}, not {wanted}", Failure.DIFFERS)
        return digest

    def _unpack(self, archive: Path) -> None:
        words = f"unpacking {archive.name}, {archive.stat().st_size:,} bytes"
        # What a killed program has unpacked may be half of a file.
        shutil.rmtree(self._content, ignore_errors=True)
        with told(words, self.say):
            unpack(archive, self._content)

    def _finish(
        self, content: Path, about: Callable[[tuple[File, ...]], dict[str, str]]
    ) -> None:
        """List what is there, compare it, and make it durable before it is whole."""
        _require_other_names(content)
        theirs = _of_the_source(content / manifest.NAME)
        with told("reading all of it for its SHA-256", self.say):
            made = manifest.of(content, source=self.request.source)
        words = about(made.files)
        if theirs is not None:
            _require_agreement(theirs, made.files)
            (content / manifest.NAME).unlink()
            more = theirs.about.items()
            words = {k: v for k, v in more if k not in (_SHA256, _UNPACKED)} | words
        let_everyone_read(content)
        # A power cut leaves no name without its content.
        atomic.flush_file_system(content)
        manifest.write(self._record, replace(made, about=words))

    def publish(self) -> Manifest:
        """Give everything its place, and say last that all of it is there.

        Returns:
            The manifest.

        Raises:
            FetchError: Something is missing, or it is not what is asked for.
            OSError: The storage refused.
        """
        self.staging.confirm()
        made = manifest.read(self._record)
        directory = self.staging.directory
        self.request.require_same(directory, made)
        content = self._content if _UNPACKED in made.about else self.download
        for path in sorted(content.iterdir()):
            path.rename(directory / path.name)
        _require_sizes(directory, made)
        atomic.flush_file_system(directory)
        manifest.write(directory / manifest.NAME, made)
        self.staging.clear()
        return made


@contextmanager
def told(
    words: str, say: Callable[[str], None], *, period: float = PERIOD
) -> Iterator[None]:
    """Say what is being done, and every 10 s that it goes on."""
    ended = threading.Event()

    def tell() -> None:
        count = 0
        while not ended.wait(period):
            count += 1
            say(f"{words}: {count * period:.0f} s so far")

    say(words)
    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()


def _require_other_names(content: Path) -> None:
    """Refuse what would take the place of the lock, or of what arrives."""
    for path in content.iterdir():
        if path.name == staging.NAME or path.name.startswith(staging.LOCK):
            raise FetchError(f"{path.name} is in it, which is a name of this program")


def _of_the_source(path: Path) -> Manifest | None:
    """The manifest that came along."""
    try:
        return manifest.read(path)
    except FileNotFoundError:
        return None
    except BadManifest as problem:
        reason = f"its {manifest.NAME} is none: {problem}"
        raise FetchError(reason, Failure.DIFFERS) from None


def _require_agreement(theirs: Manifest, files: tuple[File, ...]) -> None:
    found = {file.path: file for file in files}
    for file in theirs.files:
        if file.path not in found:
            problem = "is missing"
        elif found[file.path] != file:
            problem = f"has the SHA-256 {found[file.path].sha256}, not {file.sha256}"
        else:
            continue
        raise FetchError(f"by its manifest {file.path} {problem}", Failure.DIFFERS)


def _require_sizes(directory: Path, made: Manifest) -> None:
    # The first tell enough: there may be millions.
    wrong = list(islice(manifest.differences(directory, made, contents=False), 3))
    if wrong:
        raise FetchError(
            f"{directory} is no longer what was staged: {'; '.join(wrong)}: remove it "
            "to stage it again",
            Failure.DIFFERS,
        )
