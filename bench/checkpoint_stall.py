"""How long a training waits for a checkpoint: on a disk, in a tier, in a bucket.

A training that computes between its checkpoints saves in turns to the local disk
alone, to the local disk with `jobs.checkpoints publish` beside it, and straight to
the bucket. The bucket is a server on this machine whose data lies in memory: its
work weighs on the processors of the training, as that of no real bucket does.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, BinaryIO

from bench.measure import ROOT, Pair
from jobs.checkpoints import CheckpointStore, local
from tests.emulators import programs, s3_server
from tests.emulators.s3_server import S3Server

_BUCKET = "checkpoints"
_MIB = 1 << 20
_WAYS = ("local", "tiered", "bucket")

Save = Callable[[int], object]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each size, and print the waits and their ratios."""
    parser = argparse.ArgumentParser(prog="bench.checkpoint_stall", description=__doc__)
    add = parser.add_argument
    add("--megabytes", type=int, nargs="+", default=[10, 1000], help="of a checkpoint")
    add("--rounds", type=int, default=3, help="default: %(default)s")
    add("--saves", type=int, default=4, help="in a round; default: %(default)s")
    add("--directory", type=Path, help="on the disk to measure; default: temporary")
    add("--nice", default="19", help="of the publisher; default: %(default)s")
    add("--bandwidth", help="of the publisher, such as 100M; default: all")
    options = parser.parse_args(arguments)
    own = ["--nice", options.nice]
    if options.bandwidth:
        own += ["--bandwidth", options.bandwidth]
    print(
        "Seconds that a training waits for a checkpoint, medians of rounds in turns.\n"
    )
    print(f"{'size':>8} {'local':>8} {'tiered':>8} {'bucket':>8}", end="")
    print(f" {'tiered':>8} {'bucket':>8}   (over local)")
    with (
        tempfile.TemporaryDirectory(dir="/dev/shm") as memory,
        tempfile.TemporaryDirectory(dir=options.directory) as disk,
        s3_server.running(Path(memory)) as server,
    ):
        server.client().create_bucket(Bucket=_BUCKET)
        for size in options.megabytes:
            waits = measured(
                server, Path(disk), size * 10**6, options.rounds, options.saves, own
            )
            report(size, waits)
    print("\nTiered: at most 1.20 of local")


def measured(  # noqa: PLR0917 - one call
    server: S3Server, disk: Path, size: int, rounds: int, saves: int, own: list[str]
) -> dict[str, list[dict[str, float]]]:
    """Save `saves` times each way, `rounds` times over; the median wait of each."""
    payload = os.urandom(min(size, 16 * _MIB))
    waits: dict[str, list[dict[str, float]]] = {way: [] for way in _WAYS}
    # So long that the next checkpoint comes while the last is being published.
    pause = size / 500e6
    for number in range(rounds):
        for way in (*_WAYS[number % 3 :], *_WAYS[: number % 3]):
            with (
                tempfile.TemporaryDirectory(dir=disk) as directory,
                saving(way, server, Path(directory), payload, size, own) as save,
            ):
                seconds = [timed(save, step + 1, pause) for step in range(saves)]
            waits[way].append({"wait": median(seconds)})
    return waits


def report(size: int, waits: dict[str, list[dict[str, float]]]) -> None:
    """Print a line about a size."""
    pairs = [Pair(waits[way], waits["local"]) for way in _WAYS[1:]]
    line = f"{size:>5} MB {pairs[0].medians('wait')[1]:8.3f}"
    for pair in pairs:
        line += f" {pair.medians('wait')[0]:8.3f}"
    for pair in pairs:
        line += f" {pair.ratio('wait'):8.2f}"
    print(line, flush=True)


def timed(save: Save, step: int, pause: float) -> float:
    """Compute for a while, then save; how long the training waited for that."""
    until = time.monotonic() + pause
    while time.monotonic() < until:
        hashlib.sha256(b"0" * _MIB).digest()
    began = time.perf_counter()
    save(step)
    return time.perf_counter() - began


@contextmanager
def saving(  # noqa: PLR0917 - one call
    way: str,
    server: S3Server,
    directory: Path,
    payload: bytes,
    size: int,
    own: list[str],
) -> Iterator[Save]:
    """Give what saves one checkpoint this way, with all that it needs running."""

    def fill(file: BinaryIO) -> None:
        left = size
        while left > 0:
            left -= file.write(memoryview(payload)[:left])

    def straight(step: int) -> None:
        buffer = io.BytesIO()
        fill(buffer)
        buffer.seek(0)
        client.upload_fileobj(buffer, _BUCKET, f"straight/step-{step:08d}")

    if way == "bucket":
        client: Any = server.client()
        yield straight
        return
    store = CheckpointStore(directory, keep=2)

    def save(step: int) -> None:
        store.save(step, fill)

    if way == "local":
        yield save
        return
    with publishing(server, directory, own):
        yield save


@contextmanager
def publishing(server: S3Server, directory: Path, own: list[str]) -> Iterator[None]:
    """Publish what a directory gets, as the container beside a training does."""
    uri = f"s3://{_BUCKET}/tiered/{directory.name}/"
    path = os.pathsep.join([str(programs.rclone()), os.environ["PATH"]])
    known = {"PATH": path, "HOME": str(directory), "AWS_EC2_METADATA_DISABLED": "true"}
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "jobs.checkpoints", "publish", str(directory), uri),
            *("--keep", "1", "--flush", "600", *own),
        ],
        cwd=ROOT,
        env={**known, **server.environment},
        stdout=subprocess.DEVNULL,
    ) as process:
        try:
            while local.published(directory) is None:
                time.sleep(0.01)
            yield
        finally:
            process.terminate()
        if process.wait():
            raise RuntimeError(f"{directory} was not published: {process.returncode}")


if __name__ == "__main__":
    main()
