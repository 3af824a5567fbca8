"""The command line: `python3 -m jobs.sync FROM TO`, between a bucket and a directory.

Whoever runs several at once into one directory has them wait for each other.
"""

import argparse
import errno
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from jobs import buckets, rclone, staging
from jobs.arguments import add_attempts
from jobs.interruption import end_at_once
from jobs.rclone import Failure, Moved, TransferError

# Line by line: the log of a pod that is killed has all that was said.
_say = partial(print, flush=True)

_ERRNO = {
    errno.ENOSPC: Failure.FULL,
    errno.EDQUOT: Failure.FULL,
    errno.EACCES: Failure.DENIED,
    errno.EPERM: Failure.DENIED,
    errno.EROFS: Failure.DENIED,
}

_EPILOG = f"""
Names below the prefix and below the directory are the same; nothing is removed
at the destination. A file is there whole or not at all: an object appears when
all of it is uploaded, and files are downloaded to the hidden directory
{staging.NAME} and moved when all of them are whole. Run again after any failure,
it goes on with the files that are missing; what it takes up is whole files.

Files of the same size and time are taken as the same, else the checksum says
so. Everything that is transferred is compared by its checksum: MD5 on Cloud
Storage, S3's own on S3. Old objects, and those that other programs put together
of parts, may have none; then by size.

Who asks is decided by the environment: the pod's workload identity (Application
Default Credentials, the credential chain of AWS), never by an argument.
STORAGE_EMULATOR_HOST and AWS_ENDPOINT_URL_S3 name other servers. It runs in any
image with Python from 3.11 and rclone from 1.72 on PATH, which takes its own
options from variables such as RCLONE_TRANSFERS.

exit codes: 0 all of it is there; 2 wrong arguments; {Failure.MISSING} nothing at \
FROM; {Failure.DENIED} no
permission, or no identity; {Failure.FULL} no room; {Failure.DIFFERS} a checksum \
differs; 143 after SIGTERM,
130 after SIGINT; {Failure.OTHER} anything else
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Copy as the arguments say.

    Returns:
        0 if all of it is there; else a `Failure`, and then no half of a file is.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    end_at_once()
    try:
        copy = _copy(options.source, options.target)
    except buckets.BadUri as problem:
        parser.error(str(problem))
    began = time.monotonic()
    try:
        moved = copy(
            options=rclone.tries(options.attempts, options.pause),
            may_be_empty=options.may_be_empty,
        )
    except TransferError as problem:
        print(f"{options.source}: {problem}", file=sys.stderr)
        return problem.failure
    except OSError as problem:
        said, failure = explained(problem)
        print(said, file=sys.stderr)
        return failure
    else:
        _say(
            f"{moved.files:,} files, {moved.size:,} bytes copied to {options.target} "
            f"after {time.monotonic() - began:.1f} s"
        )
        return 0


def down(
    source: buckets.Bucket, target: Path, *, options: Sequence[str], may_be_empty: bool
) -> Moved:
    """Copy objects into a directory: all of them, or none.

    Args:
        source: An object, or the prefix of several.
        target: The directory; made if it is missing.
        options: Further options of rclone.
        may_be_empty: Whether it is no failure that there is nothing yet.

    Raises:
        TransferError: They could not be had; `target` is as it was.
        OSError: The storage refused, or rclone is not there.
    """
    environment = source.environment(os.environ)
    with staging.staged(target, source.path, say=_say) as arriving:
        rclone.look(source.path, environment=environment, say=_say)
        # What is in its place already does not come again; what was staged of
        # objects that are gone is removed.
        command = [
            *("sync", source.path, str(arriving.files)),
            *("--compare-dest", str(target)),
            *(*source.reading, *FILTER),
        ]
        try:
            moved = rclone.run(
                [*command, *options],
                environment=environment,
                say=_say,
                hold=arriving.lock,
            )
        except TransferError as problem:
            if problem.failure == Failure.FULL:
                arriving.clear()
            raise
        if moved.files == 0 and not may_be_empty:
            _require(source.path, environment)
        arriving.publish()
    return moved


def up(
    source: Path, target: buckets.Bucket, *, options: Sequence[str], may_be_empty: bool
) -> Moved:
    """Copy files into a bucket; each object is visible when it is whole.

    Args:
        source: A directory, or one file. Links are followed.
        target: The prefix below which they get their names.
        options: Further options of rclone.
        may_be_empty: Whether it is no failure that there is nothing yet.

    Raises:
        TransferError: Not all of them are there.
        OSError: rclone is not there.
    """
    if not source.exists():
        if may_be_empty:
            return Moved()
        raise TransferError(Failure.MISSING)
    command = [
        *("copy", str(source), target.path, "--copy-links", "--no-update-modtime"),
        *(*target.writing, *FILTER),
    ]
    environment = target.environment(os.environ)
    rclone.look(target.path, environment=environment, say=_say)
    moved = rclone.run([*command, *options], environment=environment, say=_say)
    if moved.files == 0 and not may_be_empty:
        _require(str(source), {})
    return moved


FILTER = (
    *("--filter", f"- /{staging.NAME}/**", "--filter", f"- /{staging.LOCK}*"),
    *("--filter", "- .*.tmp-{{[0-9]+}}"),
)
"""Leaves out what is being written: by this program, and by `jobs.atomic`."""


def explained(problem: OSError) -> tuple[str, Failure]:
    """Return what to tell a person of a program that the system refused something."""
    if problem.filename in ("rclone", "curl"):
        return f"{problem.filename} is not in this image", Failure.OTHER
    failure = _ERRNO.get(problem.errno or 0, Failure.OTHER)
    return f"the storage refused: {problem}", failure


def _require(path: str, environment: dict[str, str]) -> None:
    if not rclone.is_there(path, environment=environment):
        raise TransferError(Failure.MISSING)


def _copy(source: str, target: str) -> Callable[..., Moved]:
    if buckets.is_uri(source) == buckets.is_uri(target):
        raise buckets.BadUri("one of FROM and TO is a bucket's URI, the other a path")
    if buckets.is_uri(source):
        return partial(down, buckets.parse(source), Path(target).absolute())
    # A relative name with a colon would be a remote of rclone's.
    return partial(up, Path(source).absolute(), buckets.parse(target))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m jobs.sync",
        description="Copy between a bucket and a directory, whole files only.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("source", metavar="FROM", help="gs://bucket/prefix/, s3://… or a path")
    add("target", metavar="TO", help="the same; one of both is a bucket")
    add(
        "--may-be-empty",
        action="store_true",
        help="that there is nothing yet is no failure: checkpoints of a first run",
    )
    add_attempts(parser, default=3)
    return parser


if __name__ == "__main__":
    sys.exit(main())
