"""The command line: `python3 -m jobs.stage FROM TO`."""

import argparse
import re
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from jobs import buckets, lease, staging
from jobs.arguments import add_attempts, directory, duration, positive
from jobs.fetch import curl
from jobs.fetch.errors import FetchError
from jobs.fetch.rclone import file_name
from jobs.interruption import end_at_once
from jobs.manifest import NAME
from jobs.rclone import PERIOD, Failure, TransferError, tries
from jobs.stage.dataset import Arrival, Request
from jobs.stage.objects import LARGE, Download, this_boot
from jobs.sync import explained

# Line by line: the log of a pod that is killed has all that was said.
_say = partial(print, flush=True)

_EPILOG = f"""
TO is whole once it has the file {NAME}, which is written last and lists
every file with its size and SHA-256; python3 -m jobs.wait waits for it. Until
then all that arrives is in the hidden directory {staging.NAME}. What is whole is not
staged again: the manifest is read, sizes are compared, and nothing is asked of
FROM. A directory that holds something else is refused, and not touched.

Whoever starts several at once has one of them download, and the others wait and
end when it is there: by a lock of the file system. Where the storage has none a
file stands for it, with a sign of life every {lease.PERIOD:.0f} s, and is taken over
{lease.PATIENCE:.0f} s after the last.

Started again after a kill it goes on: whole files do not come again, nor what
is there of a file over https, or of an object from --large bytes on. On another
node, or after a reboot, that takes a checksum, or it begins again: the bucket's
MD5, --sha256 for a file over https.

Files are compared with the checksums of the bucket as by jobs.sync, with
--sha256, and with the {NAME} of the source where there is one. A tar
or zip file is unpacked, and left out itself.

Who asks is decided by the environment, as by jobs.sync. It runs in any image
with Python from 3.11, rclone from 1.72 and curl on PATH.

exit codes: 0 all of it is there; 2 wrong arguments; {Failure.MISSING} nothing at \
FROM; {Failure.DENIED} no
permission, or no identity; {Failure.FULL} no room; {Failure.DIFFERS} a checksum or a \
size differs; 143 after
SIGTERM, 130 after SIGINT; {Failure.OTHER} anything else, such as a directory that \
holds
something else
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Stage as the arguments say.

    Returns:
        0 if all of it is there; else a `Failure`, and then there is no manifest but
        that of another dataset.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    end_at_once()
    if not _is_url(options.source):
        try:
            buckets.parse(options.source)
        except buckets.BadUri as problem:
            parser.error(f"{problem}, nor https://server/file")
    options.target = options.target.absolute()
    try:
        _stage_in_time(options)
    except (TransferError, FetchError) as problem:
        print(f"{options.source}: {problem}", file=sys.stderr)
        return problem.failure
    except OSError as problem:
        said, failure = explained(problem)
        print(said, file=sys.stderr)
        return failure
    return 0


def _stage_in_time(options: argparse.Namespace) -> None:
    """Stage it, when it is there, or there is no more time to wait for it."""
    deadline = time.monotonic() + options.wait
    told = False
    while True:
        try:
            _stage(options)
        except (TransferError, FetchError) as problem:
            left = deadline - time.monotonic()
            if problem.failure != Failure.MISSING or left <= 0:
                raise
            if not told:
                _say(f"{options.source} is not there yet: waiting for it")
                told = True
            time.sleep(min(PERIOD, left))
        else:
            return


def _stage(options: argparse.Namespace) -> None:
    source, target = options.source, options.target
    request = Request(source=source, sha256=options.sha256, unpack=options.unpack)
    # What is left of one that was killed at its very end is removed below.
    if request.is_there(target) and not (target / staging.NAME).exists():
        _say(f"{source} is in {target} already")
        return
    began = time.monotonic()
    with staging.staged(
        target, f"stage {source.rstrip('/')}", say=_say, keep_partial=True
    ) as arriving:
        if request.is_there(target):
            arriving.clear()
            _say(f"{source} is in {target} by now")
            return
        arrival = Arrival(request, arriving, _say)
        try:
            if not arrival.is_whole:
                arrival.require_room()
                _say(f"staging {source}")
                _download(options, arriving)
                arrival.check()
            made = arrival.publish()
        except (TransferError, FetchError, OSError) as problem:
            if _is_of_no_use(problem):
                arriving.clear()
            raise
    _say(
        f"{len(made.files):,} files, {made.size:,} bytes in {target} "
        f"after {time.monotonic() - began:.1f} s"
    )


def _download(options: argparse.Namespace, arriving: staging.Staging) -> None:
    if not _is_url(options.source):
        Download(
            source=buckets.parse(options.source),
            files=arriving.files,
            options=tries(options.attempts, options.pause),
            hold=arriving.lock,
            large=options.large,
            say=_say,
        ).run()
        return
    boot = arriving.files / "boot"
    target = arriving.files / "download" / file_name(options.source)
    target.parent.mkdir(exist_ok=True)
    if options.sha256 is None and _text(boot) != this_boot():
        # A node that was lost may not have written all that it had.
        target.unlink(missing_ok=True)
    boot.write_text(this_boot())
    curl.download(
        options.source,
        target,
        attempts=curl.Attempts(most=options.attempts, pause=options.pause),
        say=_say,
        hold=arriving.lock,
    )


def _is_of_no_use(problem: TransferError | FetchError | OSError) -> bool:
    """Whether nobody will go on with what has arrived, or others need the room."""
    is_system = isinstance(problem, OSError)
    failure = explained(problem)[1] if is_system else problem.failure
    return failure in (Failure.FULL, Failure.MISSING)


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _is_url(source: str) -> bool:
    parts = urlsplit(source)
    named = parts.netloc and parts.path.rpartition("/")[2]
    return parts.scheme in ("http", "https") and bool(named)


def _sha256(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no SHA-256: 64 hex digits")
    return text.lower()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m jobs.stage",
        description=(
            "Bring a dataset or a model into a shared directory: once, whole, checked."
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("source", metavar="FROM", help="gs://…, s3://… or https://server/file")
    add("target", metavar="TO", type=directory, help="a directory of its own")
    add("--sha256", type=_sha256, metavar="HEX", help="the digest of the one file")
    add(
        "--unpack",
        action=argparse.BooleanOptionalAction,
        help="unpack the one file; default: if its name is of a tar or zip file",
    )
    add(
        "--wait",
        type=duration,
        default=0,
        metavar="DURATION",
        help="how long to wait for FROM to be there, such as 15m; default: 0",
    )
    add(
        "--large",
        type=positive,
        default=LARGE,
        metavar="BYTES",
        help="continue objects from this size on; default: %(default)s",
    )
    add_attempts(parser, default=5)
    return parser


if __name__ == "__main__":
    sys.exit(main())
