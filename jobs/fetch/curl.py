"""One file over HTTP, by curl, resumed where it was cut off."""

import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jobs.fetch.errors import FetchError
from jobs.fetch.process import watched
from jobs.rclone import Failure

# curl's exit codes: https://curl.se/docs/manpage.html#EXIT
_MALFORMED, _HTTP_ERROR, _WRITE_ERROR, _NO_RANGES = 3, 22, 23, 33
_CERTIFICATE = (35, 51, 60)

# Answers that another attempt may change; 416: what is here is not what is there.
_TRY_AGAIN = frozenset((408, 416, 425, 429))

_REFUSALS = {
    401: Failure.DENIED,
    403: Failure.DENIED,
    404: Failure.MISSING,
    410: Failure.MISSING,
}


@dataclass(frozen=True)
class Attempts:
    """How patient a download is.

    Attributes:
        most: Attempts in a row that bring nothing, after which it gives up.
        pause: Seconds before the second attempt, doubled each time up to 60.
    """

    most: int = 6
    pause: float = 2.0

    def wait(self, failures: int) -> None:
        """Wait before the next attempt, after so many failures in a row."""
        time.sleep(min(60.0, self.pause * 2 ** max(0, failures - 1)))


def download(
    url: str,
    target: Path,
    *,
    attempts: Attempts,
    say: Callable[[str], None],
    hold: int | None = None,
) -> None:
    """Download a file; what is at `target` already is its beginning.

    Args:
        url: Its http or https URL. Redirections are followed, never from https
            to http.
        target: The file to write.
        attempts: How often a cut connection is taken up again.
        say: Is told how far it is, every 10 s.
        hold: A file descriptor that stays open as long as curl runs.

    Raises:
        FetchError: The server refuses, or brings nothing any more.
        OSError: curl is not there.
    """
    headers = target.with_name(f"{target.name}.headers")
    failures = 0
    resumable = True
    while True:
        before = _size(target)
        code, status, said = _attempt(
            url, target, headers, start=before, say=say, hold=hold
        )
        if code == 0:
            headers.unlink(missing_ok=True)
            return
        _give_up_if_hopeless(code, status, said)
        if code == _NO_RANGES or status == 416:
            # The whole file comes, or another one: what is here is no beginning.
            resumable = False
            target.unlink(missing_ok=True)
        grown = resumable and _size(target) > before
        failures = 1 if grown else failures + 1
        if failures >= attempts.most:
            raise FetchError(f"gave up after {failures} attempts: {said}")
        say(f"{said}; goes on at {_size(target):,} bytes")
        attempts.wait(failures)


def _attempt(
    url: str,
    target: Path,
    headers: Path,
    *,
    start: int,
    say: Callable[[str], None],
    hold: int | None,
) -> tuple[int, int, str]:
    """Run curl once: its exit code, the status of the answer, and its words."""
    secure = url.lower().startswith("https:")
    command = [
        *("curl", "--silent", "--show-error", "--fail", "--location"),
        *("--proto", "=https" if secure else "=http,https"),
        *("--connect-timeout", "30", "--speed-limit", "1", "--speed-time", "60"),
        *("--write-out", "%{http_code}", "--output", str(target)),
    ]
    if start:
        command += ["--continue-at", str(start)]
        if (tag := _strong_tag(headers)) is not None:
            # Another file of this name comes from its beginning.
            command += ["--header", f"If-Range: {tag}"]
    else:
        command += ["--dump-header", str(headers)]
    command += ["--", url]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        pass_fds=() if hold is None else (hold,),
    ) as process:
        out, err = watched(process, lambda: say(f"{_size(target):,} bytes"))
    said = err.strip().removeprefix("curl: ") or f"curl ended with {process.returncode}"
    return process.returncode, int(out) if out.isdecimal() else 0, said


def _give_up_if_hopeless(code: int, status: int, said: str) -> None:
    refused = 400 <= status < 500 and status not in _TRY_AGAIN
    if code == _HTTP_ERROR and refused:
        failure = _REFUSALS.get(status, Failure.OTHER)
        raise FetchError(f"the server answers {status}", failure)
    if code == _WRITE_ERROR:
        raise FetchError(f"there is no room for it: {said}", Failure.FULL)
    if code == _MALFORMED or code in _CERTIFICATE:
        raise FetchError(said)


def _strong_tag(headers: Path) -> str | None:
    """The ETag of the last answer, where it stands for these very bytes."""
    try:
        text = headers.read_text(errors="replace")
    except FileNotFoundError:
        return None
    last = re.split(r"\r?\n\r?\n", text.strip())[-1]
    found = re.search(r'^etag:\s*("[^"]*")\s*$', last, re.IGNORECASE | re.MULTILINE)
    return found[1] if found else None


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
