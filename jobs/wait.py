"""The command line: `python3 -m jobs.wait DIR`, until it is whole.

For an init container of a program that needs what another program brings.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from functools import partial
from itertools import islice
from pathlib import Path

from jobs import artifacts, manifest
from jobs.arguments import directory, duration
from jobs.interruption import end_at_once
from jobs.manifest import BadManifest
from jobs.rclone import Failure
from jobs.sync import explained

_PERIOD = 1.0

# Line by line: the log of a pod that is killed has all that was said.
_say = partial(print, flush=True)

_EPILOG = f"""
DIR is whole once its {manifest.NAME} is there, as jobs.stage writes it last, or
once one of the versions in it is, as programs publish them. The sizes of all
files have to agree with it, and their SHA-256 with --contents.

exit codes: 0 it is whole; 2 wrong arguments; {Failure.MISSING} it was not there in \
time;
{Failure.DENIED} no permission; {Failure.DIFFERS} it is there and its files differ; \
143 after SIGTERM, 130
after SIGINT; {Failure.OTHER} anything else
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Wait as the arguments say.

    Returns:
        0 if it is whole; else a `Failure`.
    """
    options = _parser().parse_args(arguments)
    end_at_once()
    ends = time.monotonic() + options.timeout if options.timeout is not None else None
    try:
        return _wait(options.directory, ends, contents=options.contents)
    except OSError as problem:
        said, failure = explained(problem)
        print(said, file=sys.stderr)
        return failure


def _wait(directory: Path, ends: float | None, *, contents: bool) -> int:
    told: list[str] | None = None
    while True:
        found = artifacts.newest(directory)
        if found is None:
            wrong = _unreadable(directory)
        else:
            wrong = _differences(found, contents=contents)
        if found is not None and not wrong:
            _say(f"{found} is whole")
            return 0
        where = found or directory
        words = [f"{where}: {each}" for each in wrong] or [f"{where}: nothing is there"]
        if ends is not None and time.monotonic() >= ends:
            print("\n".join(words), file=sys.stderr)
            return Failure.DIFFERS if wrong else Failure.MISSING
        if words != told:
            _say("\n".join(f"waiting: {each}" for each in words))
            told = words
        time.sleep(_PERIOD)


def _unreadable(directory: Path) -> list[str]:
    """Why what is there is not whole; nothing where nothing is there yet."""
    try:
        manifest.read(directory / manifest.NAME)
    except FileNotFoundError:
        return []
    except BadManifest as problem:
        return [f"{manifest.NAME} is no manifest: {problem}"]
    # It has come between two looks.
    return [f"{manifest.NAME} is new"]


def _differences(directory: Path, *, contents: bool) -> list[str]:
    """What differs: the first tell enough, there may be millions."""
    try:
        made = manifest.read(directory / manifest.NAME)
    except (FileNotFoundError, BadManifest):
        return [f"{manifest.NAME} is gone"]
    return list(islice(manifest.differences(directory, made, contents=contents), 3))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m jobs.wait",
        description="Wait until a directory is whole.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("directory", metavar="DIR", type=directory, help="what is waited for")
    add(
        "--timeout",
        type=duration,
        metavar="DURATION",
        help="how long, such as 15m; default: for ever",
    )
    add(
        "--contents",
        action="store_true",
        help="read all files and compare them as well",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
