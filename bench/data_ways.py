"""How fast CIFAR-10 comes: from scratch, by the S3 connector, from a mounted bucket.

    python -m bench.data_ways

All three read the same files in the same order, in the image that trains, one after
the other in each round. `rclone mount` stands for the mounts of the clouds, a server
on this machine for their buckets: the network between is missing, so what is printed
is what each way costs beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Final

from jobs import buckets
from jobs.train_cifar10 import synthetic
from sandbox import debian, images
from tests import containers
from tests.containers import Container
from tests.emulators import programs, s3_server

_URI: Final = "s3://datasets/cifar10/"
_SCRATCH: Final = "scratch copy"

# One epoch is read, and one is trained, after all of it was read once.
_EPOCHS: Final = """
import json, sys, time, torch
from jobs.train_cifar10 import shards
from jobs.train_cifar10.data import Data
from jobs.train_cifar10.group import Group
from jobs.train_cifar10.training import Settings, Training

torch.set_num_threads(1)
data = Data(shards.find(sys.argv[1]))
began = time.monotonic()
for _ in data.batches(seed=0, epoch=0, first=0, size=50, part=range(50)):
    pass
read = time.monotonic() - began
training = Training(Settings(seed=0, batch=50, learning_rate=1e-3), data, Group())
began = time.monotonic()
for _ in range(training.steps_per_epoch):
    training.advance()
trained = time.monotonic() - began
print(json.dumps({"read": len(data) / read, "trained": len(data) / trained}))
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print images a second with their ratios to the scratch copy."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.data_ways", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    parser.add_argument("--images", type=int, default=5000, help="default: 5000")
    options = parser.parse_args(arguments)
    # Mounts and servers go when it is asked to stop, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        results = _measured(directory, stack, options.rounds, options.images)
    print(f"{options.images:,} images, one process of one thread; images a second,")
    print("medians of rounds in turns; ratios of the same round to the scratch copy.\n")
    print(f"{'':<14} {'read':>9} {'ratio':>6} {'trained':>9} {'ratio':>6}")
    for way, rounds in results.items():
        line = f"{way:<14}"
        for what in ("read", "trained"):
            pairs = zip(rounds, results[_SCRATCH], strict=True)
            ratio = median(mine[what] / base[what] for mine, base in pairs)
            line += f" {median(each[what] for each in rounds):9,.0f} {ratio:6.2f}"
        print(line)


def _measured(
    directory: Path, stack: ExitStack, rounds: int, count: int
) -> dict[str, list[dict[str, float]]]:
    """What each way brought in each round."""
    container = containers.unpack(images.build("train"), directory / "root")
    server = stack.enter_context(s3_server.running(_made(directory / "s3")))
    server.client().create_bucket(Bucket=buckets.parse(_URI).name)
    path = os.pathsep.join([str(programs.rclone()), os.environ["PATH"]])
    os.environ.update({**server.environment, "PATH": path})
    scratch = _made(directory / "scratch")
    synthetic.make(str(scratch), images=count, seed=0)
    synthetic.make(_URI, images=count, seed=0)
    mounted = stack.enter_context(_mounted(_made(directory / "bucket")))
    ways = {
        _SCRATCH: (scratch, "/mnt", {}),
        "S3 connector": (_made(directory / "none"), _URI, server.environment),
        "bucket mount": (mounted, "/mnt", {}),
    }
    results: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    for number in range(rounds):
        order = list(ways) if number % 2 else list(reversed(ways))
        for way in order:
            results[way].append(_epochs(container, *ways[way]))
    return results


def _epochs(
    container: Container, mounted: Path, source: str, variables: Mapping[str, str]
) -> dict[str, float]:
    done = container.run(mounted, "python3", "-c", _EPOCHS, source, **variables)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def _made(directory: Path) -> Path:
    directory.mkdir()
    return directory


@contextmanager
def _mounted(directory: Path) -> Iterator[Path]:
    """A bucket as a file system, which is gone at the end."""
    found = buckets.parse(_URI)
    extra = debian.programs(["fusermount3"], ["fuse3", "libfuse3-3"], label="FUSE")
    path = os.pathsep.join([*map(str, extra), os.environ["PATH"]])
    environment = {**os.environ, **found.environment(os.environ), "PATH": path}
    with subprocess.Popen(
        [*("rclone", "mount", found.path, str(directory)), "--read-only", "-q"],
        env=environment,
        stdin=subprocess.DEVNULL,
    ) as process:
        try:
            deadline = time.monotonic() + 60
            while not directory.is_mount():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the bucket could not be mounted")
                time.sleep(0.05)
            yield directory
        finally:
            # It unmounts what it has mounted, unless it was killed.
            process.terminate()
            process.wait(timeout=30)
            if directory.is_mount():
                unmount = shutil.which("fusermount3", path=path) or "fusermount3"
                subprocess.run([unmount, "-u", "-z", str(directory)], check=True)


if __name__ == "__main__":
    main()
