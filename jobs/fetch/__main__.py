"""The command line: `python3 -m jobs.fetch URL --into DIR`."""

import argparse
import hashlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from jobs.arguments import positive, seconds
from jobs.fetch import curl, rclone
from jobs.fetch.errors import FetchError
from jobs.fetch.place import Place
from jobs.fetch.unpack import is_archive, unpack

# Line by line: the log of a pod that is killed has all that was said.
_say = partial(print, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch as the arguments say.

    Returns:
        0 if the dataset is there, whole; 1 if not, and then nothing of it is;
        143 after SIGTERM.
    """
    options = _parser().parse_args(arguments)
    # The first process of a container gets no signal that it does not listen for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        _fetch(options)
    except FetchError as problem:
        print(f"{options.source}: {problem}", file=sys.stderr)
    except FileNotFoundError as problem:
        print(f"{problem.filename} is not in this image", file=sys.stderr)
    except OSError as problem:
        print(f"the storage refused: {problem}", file=sys.stderr)
    else:
        return 0
    return 1


def _fetch(options: argparse.Namespace) -> None:
    request = {"source": options.source, "sha256": options.sha256}
    request |= {"endpoint": options.endpoint, "unpack": options.unpack}
    place = Place(options.into, request)
    if place.complete:
        _say(f"{options.source} is in {options.into} already")
        return
    if place.unfinished:
        place.finish()
        return
    _say(f"fetching {options.source}")
    began = time.monotonic()
    _download(options, place.download)
    content = _checked(options, place)
    size = sum(p.stat().st_size for p in content.rglob("*") if p.is_file())
    place.publish(content)
    seconds = time.monotonic() - began
    _say(f"{size:,} bytes in {options.into} after {seconds:.1f} s")


def _download(options: argparse.Namespace, target: Path) -> None:
    parts = urlsplit(options.source)
    if parts.scheme in ("http", "https") and parts.path.rpartition("/")[2]:
        attempts = curl.Attempts(most=options.attempts, pause=options.pause)
        file = target / rclone.file_name(options.source)
        curl.download(options.source, file, attempts=attempts, say=_say)
        return
    config = None
    if options.with_secret:
        config = Path(os.environ.get("RCLONE_CONFIG", ""))
        if not config.is_file():
            raise FetchError("RCLONE_CONFIG names no file: the secret is missing")
    remote = rclone.remote_of(
        options.source,
        endpoint=options.endpoint,
        requester_pays=options.requester_pays,
        config=config,
    )
    rclone.copy(
        remote, target, attempts=options.attempts, pause=options.pause, say=_say
    )


def _checked(options: argparse.Namespace, place: Place) -> Path:
    """Check what was downloaded; the directory whose content is the dataset."""
    files = [path for path in place.download.rglob("*") if path.is_file()]
    if not files:
        raise FetchError("there is nothing")
    only = files[0] if len(files) == 1 else None
    if options.sha256 is not None:
        if only is None:
            raise FetchError(
                f"{len(files)} files have no SHA-256 in common: name one of them"
            )
        with only.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != options.sha256.lower():
            only.unlink()
            raise FetchError(f"its SHA-256 is {found}, not {options.sha256}")
    wanted = options.unpack
    if wanted is None:
        wanted = only is not None and is_archive(only.name)
    if not wanted:
        return place.download
    if only is None:
        raise FetchError(f"there are {len(files)} files: one is unpacked, not several")
    _say(f"unpacking {only.name}, {only.stat().st_size:,} bytes")
    place.clear_content()
    unpack(only, place.content)
    return place.content


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m jobs.fetch",
        description=(
            "Fetch a dataset into a directory. It is there whole or not at all; "
            "what is there already is not fetched again."
        ),
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("source", metavar="URL", help="an https, http, s3 or gs URL")
    add("--into", type=Path, required=True, metavar="DIR", help="its directory")
    add("--sha256", metavar="HEX", help="what the file's digest must be")
    add(
        "--unpack",
        action=argparse.BooleanOptionalAction,
        help="unpack a tar or zip file; default: by its name",
    )
    add("--endpoint", metavar="URL", help="of an S3-compatible server")
    add("--requester-pays", action="store_true", help="agree to pay for requests")
    add("--with-secret", action="store_true", help="use the remote of RCLONE_CONFIG")
    add("--attempts", type=positive, default=6, help="in a row that bring nothing")
    add("--pause", type=seconds, default=2.0, help="seconds before the second attempt")
    return parser


if __name__ == "__main__":
    sys.exit(main())
