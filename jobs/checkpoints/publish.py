"""The sidecar: each new checkpoint of a local directory, published to a bucket."""

import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from jobs.checkpoints import local, remote
from jobs.checkpoints.local import FULL
from jobs.checkpoints.payload import BadCheckpoint
from jobs.checkpoints.remote import Published, Remote
from jobs.checkpoints.restore import require_same
from jobs.interruption import Interruption
from jobs.rclone import Failure, TransferError

_WORDS_EVERY = 60.0
"""Seconds between two words about a bucket that is not reached."""

_SHORTEST_PAUSE = 0.5
_LONGEST_PAUSE = 60.0


class _Stopped(BaseException):
    """Nothing is being sent that has to be finished; it passes what handles errors."""


class _TooLate(BaseException):
    """The time is over in which to publish the newest."""


@dataclass
class Publisher:
    """Publishes what appears in a directory, the newest first.

    Attributes:
        directory: Where a training writes.
        remote: Where its checkpoints are published.
        keep: How many of the newest stay there, 1 or more.
        max_age: Seconds that they may get old, but for the newest; None: any.
        leftovers: Seconds after which content without a manifest is removed.
        flush: Seconds to publish the newest in, once it is asked to stop.
        every: Seconds between two looks at the directory.
        about: What is said of each checkpoint.
        say: Gets a sentence for each thing that happens.
    """

    directory: Path
    remote: Remote
    keep: int
    max_age: float | None
    leftovers: float
    flush: float
    every: float
    about: Mapping[str, str]
    say: Callable[[str], None]
    _published: int | None = field(default=None, init=False)
    _sending: local.Local | None = field(default=None, init=False)
    _bad: set[local.Local] = field(default_factory=set[local.Local], init=False)
    _stopping: bool = field(default=False, init=False)
    _told: float = field(default=float("-inf"), init=False)

    def run(self, interruption: Interruption) -> bool:
        """Publish until SIGTERM or SIGINT, then the newest in the time to flush.

        Args:
            interruption: Has listened so far.

        Returns:
            Whether the newest local checkpoint is published.

        Raises:
            OtherCheckpoints: The prefix has those of something else.
            TransferError: At the start: there is no such bucket, or no permission.
            OSError: The local storage refused, or rclone is not there.
        """
        signal.signal(signal.SIGALRM, self._end)
        try:
            try:
                for number in (signal.SIGTERM, signal.SIGINT):
                    signal.signal(number, self._stop)
                if interruption.signal:
                    self._stop()
                while not self._stopping:
                    self._work()
                    time.sleep(self.every)
            except _Stopped:
                pass
            while self._published is None or self._next() is not None:
                self._work()
        except _TooLate:
            pass
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            local.let_go(self.directory)
        return self._verdict()

    def _stop(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        if self._stopping:
            return
        self._stopping = True
        signal.setitimer(signal.ITIMER_REAL, max(self.flush, 0.001))
        # What is half sent of the newest goes on; all else makes way for it.
        if self._sending is None or self._next() != self._sending:
            raise _Stopped

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        raise _TooLate

    def _verdict(self) -> bool:
        left = self._next() if self._published is not None else self._newest()
        if left is not None:
            self.say(f"{left.path.name} is not published")
        elif newest := self._newest():
            self.say(f"{newest.path.name} is published: nothing is left to do")
        else:
            self.say("there is no checkpoint to publish")
        return left is None

    def _newest(self) -> local.Local | None:
        whole = (o for o in local.found(self.directory) if o not in self._bad)
        return max(whole, default=None)

    def _next(self) -> local.Local | None:
        """The newest, unless it is published; older ones are superseded by it."""
        newest = self._newest()
        if newest is None or self._published is None:
            return None
        return newest if newest.step > self._published else None

    def _work(self) -> None:
        """Do all that there is to do, however often the bucket is not reached."""
        pause = _SHORTEST_PAUSE
        while True:
            try:
                if self._published is None:
                    self._begin()
                self._tell_published()
                while (newest := self._next()) is not None:
                    self._publish(newest)
            except TransferError as problem:
                if self._published is None and problem.failure in (
                    Failure.DENIED,
                    Failure.MISSING,
                ):
                    raise
                self._say_seldom(f"the bucket is not reached, trying again: {problem}")
            except OSError as problem:
                # The training fills it, and removes something when it is told more.
                if problem.errno not in FULL:
                    raise
                self._say_seldom(f"the disk is full, trying again: {problem}")
                # There is room whenever the training waits: moments later.
                pause = _SHORTEST_PAUSE
            else:
                self._told = float("-inf")
                return
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _say_seldom(self, sentence: str) -> None:
        now = time.monotonic()
        if now - self._told >= _WORDS_EVERY:
            self._told = now
            self.say(sentence)

    def _tell_published(self) -> None:
        """Tell the training how far it is."""
        step = self._published
        if step is not None and local.published(self.directory) != step:
            local.tell_published(self.directory, step)

    def _begin(self) -> None:
        """Find out what is published of what lies here."""
        local.let_go(self.directory)
        found = self.remote.published()
        require_same(found, self.about)
        limit = local.published(self.directory)
        if limit is None:
            newest = self._newest()
            limit = -1 if newest is None else newest.step
        # After a fall back to an older one the newer are published once more.
        steps = (each.step for each in found if each.step <= limit)
        self._published = max(steps, default=-1)
        self._tidy(found)

    def _publish(self, checkpoint: local.Local) -> None:
        content = remote.new_content(checkpoint.step)
        self._sending = checkpoint
        began = time.monotonic()
        try:
            held = local.hold(checkpoint, content)
            if self._newest() != checkpoint:
                # Its writer may be removing it: there are newer ones.
                return
            source = str(checkpoint.path)
            made = local.manifest_of(held, source=source, about=self.about)
            self.remote.send(held, content)
            self.remote.announce(checkpoint.step, made, content=content)
            # Before anything else: a signal that comes now has nothing to send.
            self._published = checkpoint.step
        except BadCheckpoint as problem:
            self._bad.add(checkpoint)
            self.say(f"{checkpoint.path.name} is not whole: {problem}")
            return
        except FileNotFoundError as problem:
            if problem.filename == "rclone" or self._newest() == checkpoint:
                raise
            return
        finally:
            self._sending = None
            local.let_go(self.directory)
        took = time.monotonic() - began
        self.say(f"published {checkpoint.path.name}: {made.size:,} bytes, {took:.1f} s")
        self._tell_published()
        self._tidy()

    def _tidy(self, found: list[Published] | None = None) -> None:
        """Remove what is too many or too old, and what kills left; or say why not."""
        try:
            self._prune(self.remote.published() if found is None else found)
        except TransferError as problem:
            self.say(f"what is old in the bucket stays: {problem}")

    def _prune(self, found: list[Published]) -> None:
        # What cannot be read pushes out nothing that can.
        whole = [each.step for each in found if each.content]
        removed = [
            each
            for each in found
            if (newer := sum(step > each.step for step in whole))
            and each.step != self._published
            and (newer >= self.keep or self._is_old(each))
        ]
        for each in removed:
            self.remote.remove(each)
        kept = [each for each in found if each not in removed]
        for content in self.remote.unlisted(kept, older=self.leftovers):
            self.remote.remove_content(content)
            self.say(f"removed {content}, which was never finished")

    def _is_old(self, published: Published) -> bool:
        when = published.time
        if self.max_age is None or when is None:
            return False
        return (datetime.now(UTC) - when).total_seconds() > self.max_age
