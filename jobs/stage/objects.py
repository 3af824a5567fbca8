"""Objects of a bucket, copied by rclone, which goes on in the middle of large ones.

What a killed rclone has written of an object stays beside its place. It is continued
at its last byte where it can be trusted: what the same boot of the same node wrote is
all there, and elsewhere only a checksum shows that no part was lost on the way to the
storage. An object that changed meanwhile comes from its beginning.
"""

import json
import os
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from jobs import atomic, rclone, staging
from jobs.buckets import Bucket
from jobs.rclone import Failure, TransferError
from jobs.sync import FILTER

LARGE: Final = 64 * 1024**2
"""Bytes from which on an object is continued; smaller ones are sooner copied again."""

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_RECORD = "objects.json"
_HASH = ("--hash", "--hash-type", "MD5")
_PARTIAL = re.compile(r"(?P<name>.+)\.[0-9a-f]{8}\.partial", re.DOTALL)


@dataclass(frozen=True)
class Object:
    """A large object, as the bucket lists it.

    Attributes:
        path: Its name below the prefix.
        size: Bytes.
        modified: When, as RFC 3339.
        md5: Its MD5, or "" where the bucket has none.
    """

    path: str
    size: int
    modified: str
    md5: str


@dataclass(frozen=True, kw_only=True)
class Download:
    """Objects on their way into a directory.

    Attributes:
        source: An object, or the prefix of several.
        files: The hidden directory of this source: the objects get their names in
            `download` below it.
        options: Further options of rclone.
        hold: A descriptor that stays open as long as rclone runs.
        large: Bytes from which on an object is continued.
        say: Gets a sentence about how far it is, every 10 s.
    """

    source: Bucket
    files: Path
    options: Sequence[str]
    hold: int
    large: int
    say: Callable[[str], None]

    def run(self) -> None:
        """Copy all of them; what is there of an earlier run does not come again.

        Raises:
            TransferError: They could not be had. What has arrived stays.
            OSError: The storage refused, or rclone is not there.
        """
        target = self.files / "download"
        target.mkdir(exist_ok=True)
        boot = this_boot()
        before = _read(self.files / _RECORD)
        same_boot = before.get("boot") == boot
        own = self.source.environment(os.environ)
        rclone.look(self.source.path, environment=own, say=self.say)
        # Where there is nothing at all this says so, or why it cannot be seen.
        only = self._ask("lsjson", "--stat", *_HASH, self.source.path)
        is_prefix = bool(only["IsDir"])
        objects = self._large([] if is_prefix else [only])
        for partial in target.rglob(staging.PARTIAL):
            found = _PARTIAL.fullmatch(str(partial.relative_to(target)))
            each = objects.get(found["name"]) if found else None
            if (
                each is not None
                and before.get("objects", {}).get(each.path) == asdict(each)
                and (same_boot or each.md5)
            ):
                self._continue(each, partial, is_prefix=is_prefix)
            else:
                partial.unlink()
        listed = {path: asdict(each) for path, each in objects.items()}
        record = json.dumps({"boot": boot, "objects": listed}).encode()
        atomic.write(self.files / _RECORD, lambda file: file.write(record))
        command = [
            *("sync", self.source.path, str(target), *self.source.reading, *FILTER),
            # Several streams would leave holes in what is half written.
            "--multi-thread-streams=0",
        ]
        if before and not same_boot:
            # A node that was lost may not have written all that it had.
            command.append("--checksum")
        self._run([*command, *self.options])
        if not any(path.is_file() for path in target.rglob("*")):
            raise TransferError(Failure.MISSING)

    def _large(self, found: list[Any]) -> dict[str, Object]:
        """The large ones of what was found, or else of what is below the prefix."""
        if not found:
            which = ("--recursive", "--files-only", "--min-size", f"{self.large}B")
            # An object of this very name that has appeared since is nothing below it.
            below = f"{self.source.path.rstrip('/')}/"
            found = self._ask("lsjson", *which, *_HASH, *FILTER, below)
        return {
            each["Path"]: Object(
                path=each["Path"],
                size=each["Size"],
                modified=each["ModTime"],
                md5=each.get("Hashes", {}).get("md5", ""),
            )
            for each in found
            if each["Size"] >= self.large
        }

    def _continue(self, each: Object, partial: Path, *, is_prefix: bool) -> None:
        """Append what is missing of an object, and give it its name if it is whole."""
        start = partial.stat().st_size
        self.say(f"{each.path}: goes on at {start:,} of {each.size:,} bytes")
        path = self.source.path
        if is_prefix:
            path = f"{path.rstrip('/')}/{each.path}"
        with partial.open("ab") as file:
            if start < each.size:
                self._run(["cat", "--offset", str(start), path], output=file)
            os.fsync(file.fileno())
        with partial.open("rb") as file:
            md5 = file_digest(file, "md5").hexdigest() if each.md5 else ""
        # On S3 what looks like an MD5 may be none: the object comes once more then,
        # and is compared with S3's own checksum.
        if partial.stat().st_size != each.size or md5 != each.md5:
            self.say(f"{each.path}: its checksum differs: it comes from its beginning")
            partial.unlink()
            return
        time = _nanoseconds(each.modified)
        os.utime(partial, ns=(time, time))
        partial.rename(self.files / "download" / each.path)

    def _run(self, command: Sequence[str], **more: Any) -> None:
        rclone.run(
            command,
            environment=self.source.environment(os.environ),
            say=self.say,
            hold=self.hold,
            keep_partial=True,
            **more,
        )

    def _ask(self, *command: str) -> Any:
        with tempfile.TemporaryFile() as answer:
            self._run([*command, *self.options], output=answer)
            answer.seek(0)
            return json.load(answer)


def this_boot() -> str:
    """Return what stands for this boot of this node; another where none is told."""
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return uuid4().hex


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return {}


def _nanoseconds(text: str) -> int:
    """The time since 1970 of RFC 3339, whose fraction has up to nine digits."""
    found = re.fullmatch(r"([^.]+?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)", text)
    if found is None:
        raise TransferError(Failure.OTHER, f"{text!r} is no time")
    seconds = int(datetime.fromisoformat(f"{found[1]}{found[3]}").timestamp())
    return seconds * 10**9 + int((found[2] or "").ljust(9, "0"))
