"""The command line: `python3 -m jobs.serve --model DIR [--port 8000]`."""

import argparse
import os
import socket
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from jobs import history, sync
from jobs.arguments import directory, positive, seconds
from jobs.interruption import Interruption, end_at_once
from jobs.rclone import Failure
from jobs.serve import versions
from jobs.serve.errors import ServingError
from jobs.serve.metrics import Counts, Load
from jobs.serve.server import Server, Serving
from jobs.serve.versions import Version

# Line by line: the log of a pod that is killed has all that was said.
_say = partial(print, flush=True)

_EPILOG = f"""
DIR is what jobs.stage filled, or where jobs.train_cifar10 exports versions: the
one published last is loaded, once, when its files are as its manifest says. It
is only read: any number of replicas may share it. Nothing is waited for;
jobs.wait does that before. A version that appears later is told in /metrics and
/model, and taken up by a restart.

  GET /healthz   200 once the model is loaded, 503 after SIGTERM
  GET /metrics   for Prometheus
  GET /model     JSON: version, files, and what is said of them
  POST /predict  images of 3072 bytes each, one after another; or with the
                 Content-Type application/json a list of 3072 numbers, or
                 several such lists. JSON: the label and the probabilities of
                 each image

After SIGTERM it answers for some seconds more, until no one sends it requests,
finishes those that it has, and ends.

exit codes: 0 after SIGTERM; 2 wrong arguments; {Failure.MISSING} no model that is \
whole; {Failure.DENIED} no
permission; {Failure.FULL} no room; {Failure.DIFFERS} a file is not as its manifest \
says, or damaged; 143
after SIGTERM and 130 after SIGINT before the model was loaded; {Failure.OTHER} \
anything
else, such as another network
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve as the arguments say.

    Returns:
        0 after SIGTERM or SIGINT; else a `Failure`.
    """
    options = _parser().parse_args(arguments)
    # Loading PyTorch takes seconds: it comes after.
    end_at_once()
    try:
        serving = _loaded(
            options.model.absolute(),
            contents=options.contents,
            threads=options.threads,
        )
        if options.loads is not None:
            _record(options.loads, serving.load, serving.version)
        interruption = Interruption()
        interruption.listen()
        server = _listening(options.port, serving)
        _say(f"serving on port {server.server_port}")
        server.run(interruption, drain=options.drain)
    except ServingError as problem:
        print(problem, file=sys.stderr)
        return problem.failure
    except OSError as problem:
        text, failure = sync.explained(problem)
        print(text, file=sys.stderr)
        return failure
    _say(f"stopped after {sum(serving.counts.requests.values()):,} requests")
    return 0


def _loaded(models: Path, *, contents: bool, threads: int) -> Serving:
    """Load the newest version."""
    began = time.monotonic()
    version = versions.newest(models, contents=contents)
    looked = time.monotonic() - began
    from jobs.serve import classifier  # noqa: PLC0415 - PyTorch, see `main`

    began = time.monotonic()
    classify = classifier.load(version.model, threads=threads)
    size = version.manifest.size
    load = Load(
        version=version.name,
        sha256=version.sha256,
        seconds=looked + time.monotonic() - began,
        # To compare them they are read one more time.
        size=2 * size if contents else size,
    )
    _say(
        f"loaded {version.name} from {version.directory}: {size:,} bytes after "
        f"{load.seconds:.1f} s"
    )
    return Serving(
        version=version,
        load=load,
        classify=classify,
        newer=partial(versions.newer, models, version),
        counts=Counts(),
    )


def _listening(port: int, serving: Serving) -> Server:
    try:
        return Server(port, serving)
    except OSError as problem:
        raise ServingError(
            Failure.OTHER, f"port {port} cannot be had: {problem.strerror}"
        ) from problem


def _record(directory: Path, load: Load, version: Version) -> None:
    """Add a line for this load to the file of this replica."""
    host = os.environ.get("HOSTNAME") or socket.gethostname()
    directory.mkdir(parents=True, exist_ok=True)
    entry: dict[str, object] = {
        "host": host,
        "version": load.version,
        "sha256": load.sha256,
        "source": version.manifest.source,
        "bytes": load.size,
        "seconds": round(load.seconds, 3),
    }
    history.append(directory / f"{host}.jsonl", entry)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m jobs.serve",
        description="Answer over HTTP what images of CIFAR-10 show.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--model",
        type=directory,
        required=True,
        metavar="DIR",
        help="of its version(s)",
    )
    add("--port", type=_port, default=8000, help="0: a free one; default: %(default)s")
    add(
        "--loads",
        type=directory,
        metavar="DIR",
        help="add a line for the load to HOSTNAME.jsonl there",
    )
    add("--contents", action="store_true", help="compare the SHA-256 of all files")
    add(
        "--threads",
        type=positive,
        default=1,
        help="of PyTorch, for each request; default: %(default)s",
    )
    add(
        "--drain",
        type=seconds,
        default=5.0,
        metavar="SECONDS",
        help="how long it answers after SIGTERM; default: %(default)s",
    )
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
