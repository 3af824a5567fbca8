"""rclone, run to its end: what it moved, or why it did not.

rclone says what happens as JSON objects, one a line, which are read while it runs.
"""

import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, BinaryIO, Final

PERIOD: Final = 10
"""Seconds between two words about how far it is."""

_GRACE = 5.0
"""Seconds that rclone has to remove what it has half written, once it must end."""


ONCE: Final = (
    *("--retries", "1", "--low-level-retries", "2"),
    *("--contimeout", "15s", "--timeout", "60s"),
)
"""Options with which a server that is gone is noticed within seconds.

Each of rclone's low-level retries is so many of AWS's library in turn, with growing
pauses: ten times ten by default, which take minutes.
"""

_ATTEMPT = re.compile(r"Attempt (\d+)/(\d+) failed with \d+ errors and: ")


class Failure(IntEnum):
    """Why it failed; the number is the exit code of programs that say so."""

    OTHER = 1
    MISSING = 3
    DENIED = 4
    FULL = 5
    DIFFERS = 6


WORDS: Final[Mapping[Failure, str]] = {
    Failure.OTHER: "it failed",
    Failure.MISSING: "there is nothing",
    Failure.DENIED: "no permission, or no identity",
    Failure.FULL: "there is no room for it",
    Failure.DIFFERS: "what arrived is not what was sent: its checksum differs",
}
"""Each failure in a person's words."""

# What the kernel, Google, AWS and rclone itself say; the first that fits counts.
_SIGNS = {
    Failure.FULL: r"no space left on device|disk quota exceeded|remaining disk space",
    Failure.DIFFERS: r"corrupted on transfer|checksum did not match|BadDigest",
    Failure.DENIED: (
        r"Error 40[13]\b|StatusCode: 40[13]\b|AccessDenied|InvalidAccessKeyId"
        r"|SignatureDoesNotMatch|ExpiredToken|could not find default credentials"
        r"|error getting credentials|failed to refresh cached credentials|oauth2"
        r"|permission denied"
    ),
    Failure.MISSING: (
        r"(directory|object|bucket) not found|Error 404\b|StatusCode: 404\b"
        r"|NoSuchBucket|NoSuchKey|no such file or directory"
    ),
}


class TransferError(RuntimeError):
    """It was not done; the message says why.

    Attributes:
        failure: Why, for programs.
    """

    def __init__(self, failure: Failure, reason: str = "") -> None:
        super().__init__(f"{WORDS[failure]}: {reason}" if reason else WORDS[failure])
        self.failure = failure


@dataclass(frozen=True)
class Moved:
    """What was transferred.

    Attributes:
        files: Their number.
        size: Bytes.
    """

    files: int = 0
    size: int = 0


def tries(attempts: int, pause: float) -> tuple[str, ...]:
    """Return the options for so many attempts, with so many seconds between two."""
    return ("--retries", str(attempts), "--retries-sleep", f"{pause}s")


def look(
    path: str, *, environment: Mapping[str, str], say: Callable[[str], None]
) -> None:
    """Say soon that a server does not answer, which rclone would try in silence.

    Whatever it answers is for the command that comes next, and so is the patience.

    Args:
        path: An object or a prefix of a remote.
        environment: Variables beside this program's own.
        say: Gets a sentence if there is no answer.

    Raises:
        OSError: rclone is not there.
    """
    try:
        run(["lsjson", "--stat", path, *ONCE], environment=environment, say=say)
    except TransferError as problem:
        if problem.failure == Failure.OTHER:
            say(f"the bucket is not reached, trying again: {problem}")


def run(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    say: Callable[[str], None],
    hold: int | None = None,
    output: BinaryIO | None = None,
    keep_partial: bool = False,
) -> Moved:
    """Run one command of rclone that transfers; whatever ends the wait ends it.

    Args:
        arguments: The command, its paths and options.
        environment: Variables beside this program's own.
        say: Gets a sentence about how far it is, every 10 s.
        hold: A file descriptor that stays open as long as rclone runs.
        output: Where what it prints goes. Default: nowhere.
        keep_partial: Whether what is half written stays when the wait ends, for
            another run to go on with. Default: rclone removes it.

    Raises:
        TransferError: It failed.
        OSError: rclone is not there.
    """
    command = [
        *("rclone", *arguments, "--use-json-log", "--log-level", "NOTICE"),
        *("--stats", f"{PERIOD}s", "--stats-log-level", "NOTICE"),
    ]
    log = _Log(say)
    with subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL if output is None else output,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        pass_fds=() if hold is None else (hold,),
    ) as process:
        assert process.stderr is not None  # noqa: S101 - it is a pipe, see above
        try:
            for line in process.stderr:
                log.read(line)
        except BaseException:
            if keep_partial:
                process.kill()
            else:
                _end(process)
            raise
    if process.returncode != 0:
        raise log.error(process.returncode)
    return log.moved


def is_there(path: str, *, environment: Mapping[str, str]) -> bool:
    """Whether there is any file: this one, or one below it."""
    with subprocess.Popen(
        ["rclone", "lsf", "--recursive", "--files-only", "--copy-links", path],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe, see above
        found = bool(process.stdout.readline())
        # There may be millions of others.
        process.terminate()
    return found


class _Log:
    """What rclone has said so far."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._errors: list[str] = []
        self._plain = ""
        self.moved = Moved()

    def read(self, line: str) -> None:
        try:
            said = json.loads(line)
        except ValueError:
            # So it says that it does not know an option.
            self._plain = line.strip() or self._plain
            return
        if stats := said.get("stats"):
            self._progress(stats)
        elif said.get("level") in ("error", "critical"):
            self._errors.append(_sentence(said))
            tried = _ATTEMPT.match(str(said.get("msg")))
            if tried and tried[1] != tried[2]:
                self._say(f"attempt {tried[1]} of {tried[2]}: {self._errors[-1]}")
        elif str(said.get("msg")).startswith("Failed to "):
            # Its last word, and the only one of commands that list.
            self._plain = _sentence(said)

    def error(self, code: int) -> TransferError:
        """Return the failure that the errors stand for, with the error that tells."""
        errors = self._errors or [self._plain]
        for failure, sign in _SIGNS.items():
            for text in errors:
                if re.search(sign, text):
                    return TransferError(failure, text)
        reason = errors[-1] or f"rclone ended with {code}"
        return TransferError(Failure.OTHER, reason)

    def _progress(self, stats: Mapping[str, Any]) -> None:
        self.moved = Moved(files=stats["transfers"], size=stats["bytes"])
        if stats["elapsedTime"] >= PERIOD and not stats["totalTransfers"]:
            self._say(f"no file so far, after {stats['elapsedTime']:.0f} s")
        elif stats["elapsedTime"] >= PERIOD:
            self._say(
                f"{stats['transfers']:,} of {stats['totalTransfers']:,} files, "
                f"{stats['bytes']:,} of {stats['totalBytes']:,} bytes"
            )


def _sentence(said: Mapping[str, Any]) -> str:
    text = " ".join(str(said.get("msg", "")).split())
    text = _ATTEMPT.sub("", text, count=1)
    # What it is writing has a name that ends so.
    name = re.sub(r"\.[0-9a-f]{8}\.partial$", "", str(said.get("object") or ""))
    return f"{name}: {text}" if name else text


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
