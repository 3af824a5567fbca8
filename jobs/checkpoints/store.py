"""The checkpoints of one training: written whole, and the newest whole one found."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

from jobs import atomic
from jobs.checkpoints import local, payload
from jobs.checkpoints.payload import BadCheckpoint

T = TypeVar("T")

_NAME = re.compile(r"step-(\d{8,})")
_TEMPORARY = re.compile(r"\.step-\d{8,}\.tmp-\d+")


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A whole checkpoint: where it lies and the step it was taken after."""

    path: Path
    step: int


class CheckpointStore:
    """The checkpoints of one training in one directory, with one writer.

    Where `jobs.checkpoints publish` sends them to a bucket, a full disk is waited
    out: it has room again when what is superseded and published was removed.

    Args:
        directory: Where they lie; made if it is not there.
        keep: How many of the newest to keep, 1 or more. Default: 3.
        say: Called with a sentence for each file that is skipped. Default: print.
        patience: Seconds to wait for room on a full disk. Default: 1800.
        pause: Seconds between two looks at a full disk. Default: 0.5.
        stop: Whether to wait no longer. Default: never.

    Raises:
        ValueError: `keep` is less than 1.
        OSError: The directory cannot be made.
    """

    def __init__(
        self,
        directory: Path,
        *,
        keep: int = 3,
        say: Callable[[str], None] = print,
        patience: float = 1800.0,
        pause: float = 0.5,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        if keep < 1:
            raise ValueError(f"keep = {keep}: at least one checkpoint has to be kept")
        self.directory = directory
        self.keep = keep
        self._say = say
        self._patience = patience
        self._pause = pause
        self._stop = stop
        self._skipped: set[Path] = set()
        directory.mkdir(parents=True, exist_ok=True)

    def path(self, step: int) -> Path:
        """Return the file of the checkpoint that is taken after a step."""
        return self.directory / f"step-{step:08d}"

    def save(self, step: int, fill: Callable[[BinaryIO], object]) -> Checkpoint:
        """Publish a checkpoint, then remove those that are no longer kept.

        Args:
            step: The number of steps it stands for, 0 or more.
            fill: Writes the payload to the open file; it may only append. It is
                called again when the disk was full.

        Raises:
            OSError: The storage refused; the newest older one is still there, and
                where nobody publishes them, every older one.
        """
        path = self.path(step)
        began = time.monotonic()
        told = settled = False
        while True:
            try:
                atomic.write(path, lambda file: payload.write(file, fill))
                break
            except OSError as problem:
                if problem.errno not in local.FULL:
                    raise
                if self._made_room():
                    continue
                if local.published(self.directory) is None:
                    raise
                waited = time.monotonic() - began
                if why := self._no_hope(waited=waited, settled=settled):
                    text = f"{problem.strerror}: step {step} is not saved, since {why}"
                    raise OSError(problem.errno, text, str(path)) from problem
                # It may just have got room: that is seen at the next attempt.
                settled = self._is_settled()
            if not told and not settled:
                self._say(f"the disk is full: step {step} waits until there is room")
                told = True
            time.sleep(self._pause)
        self._skipped.discard(path)
        self._prune(step)
        return Checkpoint(path=path, step=step)

    def newest(self, load: Callable[[bytes], T]) -> tuple[Checkpoint, T] | None:
        """Return the newest checkpoint that is whole and loads, with its content.

        Args:
            load: Makes the content of the payload; raises `BadCheckpoint` for a
                payload that it does not know, which is then skipped too.

        Returns:
            Nothing if there is no such checkpoint.

        Raises:
            OSError: A file is there and cannot be read. Going on from an older one
                would lose work that the storage may still give back.
        """
        for step, path in sorted(self._named(tell=True), reverse=True):
            try:
                return Checkpoint(path=path, step=step), load(payload.read(path))
            except BadCheckpoint as problem:
                self._skip(path, str(problem))
        return None

    def _named(self, *, tell: bool) -> Iterator[tuple[int, Path]]:
        for path in self.directory.glob("step-*"):
            name = _NAME.fullmatch(path.name)
            if name and path.name == self.path(int(name[1])).name and path.is_file():
                yield int(name[1]), path
            elif tell:
                self._skip(path, "it is not a file that this program writes")

    def _skip(self, path: Path, why: str) -> None:
        self._skipped.add(path)
        self._say(f"skipped {path}: {why}")

    def _prune(self, step: int) -> None:
        """Remove what is older than the checkpoints to keep, and what kills left."""
        for _, path in self._whole(step)[: -self.keep]:
            path.unlink(missing_ok=True)
        self._remove_temporary()

    def _whole(self, step: int | None = None) -> list[tuple[int, Path]]:
        """Those up to a step, the oldest first.

        Files that were skipped are neither counted nor removed: they are not ours
        to judge, and must not push out whole ones.
        """
        return sorted(
            (number, path)
            for number, path in self._named(tell=False)
            if (step is None or number <= step) and path not in self._skipped
        )

    def _remove_temporary(self) -> bool:
        removed = False
        for path in self.directory.glob(".step-*"):
            if _TEMPORARY.fullmatch(path.name):
                path.unlink(missing_ok=True)
                removed = True
        return removed

    def _made_room(self) -> bool:
        """Remove the oldest that is superseded and published; whether there was one."""
        if self._remove_temporary():
            return True
        published = local.published(self.directory)
        superseded = self._whole()[:-1]
        if published is None or not superseded or superseded[0][0] > published:
            return False
        superseded[0][1].unlink(missing_ok=True)
        return True

    def _no_hope(self, *, waited: float, settled: bool) -> str | None:
        """Return why there is nothing to wait for; None: there may be room later."""
        if settled:
            return "there is no room for it beside what has to stay"
        if self._stop():
            return "this program is asked to stop"
        if waited >= self._patience:
            return f"nothing was published for {waited:.0f} s that could be removed"
        return None

    def _is_settled(self) -> bool:
        """Whether all is published and removed that a publisher could ever free."""
        published = local.published(self.directory)
        whole = self._whole()
        sending = (self.directory / local.SENDING).exists()
        return (
            published is not None
            and not sending
            and (not whole or (len(whole) == 1 and whole[0][0] <= published))
        )
