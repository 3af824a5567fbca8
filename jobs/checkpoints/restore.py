"""The newest whole checkpoint of a bucket, put where a training looks for one."""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs import atomic, manifest
from jobs.checkpoints import local
from jobs.checkpoints.remote import Published, Remote
from jobs.rclone import Failure, TransferError


class OtherCheckpoints(ValueError):  # noqa: N818 - the name says what is the matter
    """The checkpoints of a prefix are of something else."""


def require_same(found: Sequence[Published], about: Mapping[str, str]) -> None:
    """Refuse a prefix whose newest checkpoint is of something else.

    Args:
        found: What is visible, the newest first.
        about: What is wanted of them; nothing is wanted of words that it lacks.

    Raises:
        OtherCheckpoints: They differ.
    """
    for each in found:
        if each.manifest is not None:
            said = each.manifest.about
            differ = [
                f"{key}={said[key]}, not {text}" if key in said else f"no {key}={text}"
                for key, text in about.items()
                if said.get(key) != text
            ]
            if differ:
                raise OtherCheckpoints(f"{each.name} is of {' and '.join(differ)}")
            return


@dataclass(frozen=True)
class Restore:
    """What is restored, and how often it is tried.

    Attributes:
        remote: Where the checkpoints are.
        directory: Where the newest one goes.
        about: What it has to be of.
        attempts: How often the bucket is asked.
        pause: Seconds before the second time; it doubles up to a minute.
        say: Gets a sentence for each thing that happens.
    """

    remote: Remote
    directory: Path
    about: Mapping[str, str]
    attempts: int
    pause: float
    say: Callable[[str], None]

    def run(self) -> None:
        """Put it there; if there is none, or not a newer one, it is as it was.

        The directory is made if it is missing.

        Raises:
            OtherCheckpoints: They are of something else.
            TransferError: It could not be had, or none of them is whole.
            OSError: The storage refused.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        mine = local.newest_whole(self.directory, self.say)
        pause = self.pause
        for attempt in range(1, self.attempts + 1):
            try:
                return self._take(mine)
            except TransferError as problem:
                if problem.failure != Failure.OTHER or attempt == self.attempts:
                    raise
                self.say(f"attempt {attempt} of {self.attempts}: {problem}")
            time.sleep(pause)
            pause = min(2 * pause, 60.0)
        return None

    def _take(self, mine: local.Local | None) -> None:
        bad: list[Published] = []
        suspect: Published | None = None
        why: str | None = None
        while True:
            found = self.remote.published()
            # One that is gone was pruned meanwhile, since there are newer ones.
            if suspect is not None and suspect in found:
                bad.append(suspect)
                self.say(f"{suspect.name} is damaged: {why}; taking the one before")
            require_same(found, self.about)
            left = [each for each in found if each not in bad]
            if not left or (mine is not None and mine.step >= left[0].step):
                break
            suspect = left[0]
            why = self._place(suspect)
            if why is None:
                local.tell_published(self.directory, suspect.step)
                return
        if mine is not None:
            self.say(f"{mine.path} stays: nothing newer is whole in the bucket")
        elif bad:
            raise TransferError(Failure.DIFFERS, f"none of {len(bad)} is whole")
        else:
            self.say("no checkpoint is published: this is a first run")

    def _place(self, published: Published) -> str | None:
        """Fetch a checkpoint and give it its name; or say why it is not whole."""
        if published.manifest is None or published.content is None:
            return "its manifest cannot be read"
        arriving = self.directory / local.ARRIVING
        target = arriving / published.content
        try:
            shutil.rmtree(arriving, ignore_errors=True)
            target.mkdir(parents=True)
            began = time.monotonic()
            try:
                self.remote.fetch(published, target)
            except TransferError as problem:
                if problem.failure not in (Failure.DIFFERS, Failure.MISSING):
                    raise
                return str(problem)
            for why in manifest.differences(target, published.manifest, contents=True):
                return why
            atomic.flush_file_system(target)
            names = sorted(path.name for path in target.iterdir())
            if len(names) != 1:
                return f"it is no single file or directory, but {names}"
            place = self.directory / names[0]
            (target / names[0]).replace(place)
            atomic.flush_directory(self.directory)
        finally:
            shutil.rmtree(arriving, ignore_errors=True)
        self.say(
            f"restored {place}: {published.manifest.size:,} bytes "
            f"after {time.monotonic() - began:.1f} s"
        )
        return None
