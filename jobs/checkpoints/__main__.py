"""The command line: `python3 -m jobs.checkpoints restore URI DIR | publish DIR URI`.

They stand beside a training: one before it, one while it runs.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from functools import partial

from jobs import buckets
from jobs.arguments import bandwidth, directory, duration, positive, seconds
from jobs.checkpoints.publish import Publisher
from jobs.checkpoints.remote import CONTENT, TIME, Remote
from jobs.checkpoints.restore import OtherCheckpoints, Restore
from jobs.environment import BadEnvironment, completion_index
from jobs.interruption import Interruption, end_at_once
from jobs.rclone import Failure, TransferError
from jobs.sync import explained

# Line by line: the log of a pod that is killed has all that was said.
_say = partial(print, flush=True)

# An empty prefix is no failure, so all that can be missing is the bucket.
_NO_BUCKET = "there is no such bucket"

_TICK = 0.5

_EPILOG = f"""
A checkpoint is a file step-00000200 of jobs.checkpoints.CheckpointStore, or a
directory step-00000200 or (of Orbax) 200 that gets its name when it is whole.
In the bucket it is visible by its manifest step-00000200.json, which is written
last. publish listens for SIGTERM: then it has --flush to publish the newest.

Who asks is decided by the environment: the pod's workload identity, never an
argument. It runs in any image with Python from 3.11 and rclone from 1.72.

exit codes: 0 done; 2 wrong arguments; {Failure.MISSING} there is no such bucket; \
{Failure.DENIED} no
permission, or no identity; {Failure.FULL} no room; {Failure.DIFFERS} checkpoints \
are there, and none is
whole; 143 after SIGTERM and 130 after SIGINT, of restore; {Failure.OTHER} anything \
else:
checkpoints of something else, a bucket that does not answer, a newest
checkpoint that could not be published in time
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Restore or publish as the arguments say.

    Returns:
        0 if it is done; else 1 or a `Failure`.
    """
    # The first process of a container gets no signal that it does not listen for.
    interruption = Interruption()
    interruption.listen()
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        bucket = buckets.parse(options.uri)
    except buckets.BadUri as problem:
        parser.error(str(problem))
    try:
        return _run(options, bucket, interruption)
    except OtherCheckpoints as problem:
        print(f"{options.uri} holds other checkpoints: {problem}", file=sys.stderr)
    except BadEnvironment as problem:
        print(problem, file=sys.stderr)
    except TransferError as problem:
        what = problem if problem.failure != Failure.MISSING else _NO_BUCKET
        print(f"{options.uri}: {what}", file=sys.stderr)
        return problem.failure
    except OSError as problem:
        said, failure = explained(problem)
        print(said, file=sys.stderr)
        return failure
    return Failure.OTHER


def _run(
    options: argparse.Namespace, bucket: buckets.Bucket, interruption: Interruption
) -> int:
    is_restore: bool = options.command == "restore"
    if is_restore:
        end_at_once()
        if interruption.signal:
            return 128 + interruption.signal
    if options.only_first and completion_index() > 0:
        _say("the first pod alone has checkpoints: nothing is to do in this one")
        while not is_restore and not interruption.signal:
            # A sidecar that ended would be started again.
            time.sleep(_TICK)
        return 0
    return (
        _restore(options, bucket)
        if is_restore
        else _publish(options, bucket, interruption)
    )


def _restore(options: argparse.Namespace, bucket: buckets.Bucket) -> int:
    Restore(
        remote=Remote(bucket, _say),
        directory=options.directory,
        about=dict(options.about),
        attempts=options.attempts,
        pause=options.pause,
        say=_say,
    ).run()
    return 0


def _publish(
    options: argparse.Namespace, bucket: buckets.Bucket, interruption: Interruption
) -> int:
    # What the training needs of the processors goes first.
    os.nice(options.nice)
    limit = ("--bwlimit", options.bandwidth) if options.bandwidth else ()
    options.directory.mkdir(parents=True, exist_ok=True)
    publisher = Publisher(
        directory=options.directory,
        remote=Remote(bucket, _say, limit),
        keep=options.keep,
        max_age=options.max_age,
        leftovers=options.leftovers,
        flush=options.flush,
        every=options.every,
        about=dict(options.about),
        say=_say,
    )
    return 0 if publisher.run(interruption) else Failure.OTHER


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m jobs.checkpoints",
        description="Checkpoints between a local directory and a bucket.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="restore | publish"
    )
    restore = commands.add_parser(
        "restore",
        help="put the newest whole checkpoint of a bucket into a directory",
        description="Put the newest whole checkpoint of a bucket into a directory.",
    )
    add = restore.add_argument
    _add_uri(restore)
    _add_directory(restore)
    _add_common(restore)
    add(
        "--attempts",
        type=positive,
        default=8,
        help="to reach the bucket; default: %(default)s",
    )
    add(
        "--pause",
        type=seconds,
        default=2.0,
        help="seconds before the second; default: %(default)s",
    )

    publish = commands.add_parser(
        "publish",
        help="publish each new checkpoint of a directory to a bucket",
        description="Publish each new checkpoint of a directory to a bucket.",
    )
    add = publish.add_argument
    _add_directory(publish)
    _add_uri(publish)
    _add_common(publish)
    add(
        "--keep",
        type=positive,
        default=3,
        help="how many of the newest to keep; default: %(default)s",
    )
    add(
        "--max-age",
        type=duration,
        metavar="14d",
        help="remove older ones; default: by number alone",
    )
    add(
        "--flush",
        type=seconds,
        default=25.0,
        help="seconds after SIGTERM; default: %(default)s",
    )
    add(
        "--every",
        type=seconds,
        default=1.0,
        help="seconds between looks; default: %(default)s",
    )
    add(
        "--nice",
        type=int,
        default=19,
        help="added to its niceness; default: %(default)s",
    )
    add(
        "--bandwidth",
        type=bandwidth,
        metavar="100M",
        help="bytes a second at most; default: any",
    )
    add(
        "--leftovers",
        type=duration,
        default="1d",
        help="the age at which unfinished uploads are removed; default: %(default)s",
    )
    return parser


def _add_uri(parser: argparse.ArgumentParser) -> None:
    help_ = "gs://bucket/prefix/ or s3://bucket/prefix/"
    parser.add_argument("uri", metavar="URI", help=help_)


def _add_directory(parser: argparse.ArgumentParser) -> None:
    help_ = "where the training keeps its checkpoints"
    parser.add_argument("directory", type=directory, metavar="DIR", help=help_)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--about",
        type=_word,
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="what they are of; others are refused; may be repeated",
    )
    parser.add_argument(
        "--only-first",
        action="store_true",
        help="do nothing in the pods of an Indexed Job but the first",
    )


def _word(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals or key in (CONTENT, TIME):
        raise argparse.ArgumentTypeError(f"{text!r} is no KEY=VALUE of yours")
    return key, value


if __name__ == "__main__":
    sys.exit(main())
