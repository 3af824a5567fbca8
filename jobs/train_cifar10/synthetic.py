"""The command line: `python3 -m jobs.train_cifar10.synthetic --output … --images N`.

It needs Python and, for a bucket, rclone; not PyTorch.
"""

import argparse
import gzip
import io
import math
import random
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from operator import add
from pathlib import Path

from jobs import atomic, buckets, sync
from jobs.arguments import positive
from jobs.interruption import end_at_once
from jobs.rclone import Failure, TransferError
from jobs.train_cifar10.batch_file import (
    CLASSES,
    DIRECTORY,
    META,
    TEST,
    TRAINING,
    Batch,
    encode,
    encode_meta,
)

_ARCHIVE = ".tar.gz"
_SIDE = 32

_EPILOG = f"""
The files have the names, the format and the classes of CIFAR-10; their images
are gratings of ten kinds in noise, which a small network tells apart. There are
five batches to train with and a sixth to test with, each a fifth of --images.

TO is a directory, which gets {DIRECTORY}/; a path or URI that ends with
{_ARCHIVE}, as the original is packed; or s3://bucket/prefix/ or gs://….

exit codes: 0 it is there; 2 wrong arguments; {Failure.MISSING} no such bucket; \
{Failure.DENIED} no permission,
or no identity; {Failure.FULL} no room; 143 after SIGTERM, 130 after SIGINT; \
{Failure.OTHER} anything else
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the data as the arguments say.

    Returns:
        0 if it is there; else a `Failure`.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    end_at_once()
    if options.images % len(TRAINING):
        parser.error(f"--images {options.images}: there are five batches of one size")
    try:
        make(options.output, images=options.images, seed=options.seed)
    except buckets.BadUri as problem:
        parser.error(str(problem))
    except TransferError as problem:
        print(f"{options.output}: {problem}", file=sys.stderr)
        return problem.failure
    except OSError as problem:
        said, failure = sync.explained(problem)
        print(said, file=sys.stderr)
        return failure
    print(f"{options.images:,} images and their test set in {options.output}")
    return 0


def make(output: str, *, images: int, seed: int) -> None:
    """Write the files of a small copy.

    Args:
        output: A directory, an archive's path, or a bucket's URI of either.
        images: Images to train with: a multiple of 5.
        seed: Decides every byte.

    Raises:
        BadUri: It is a URI, but of no bucket.
        TransferError: The bucket did not take it.
        OSError: The storage refused.
    """
    if not buckets.is_uri(output):
        _write(Path(output), images, seed)
        return
    target = buckets.parse(output)
    with tempfile.TemporaryDirectory() as directory:
        made = Path(directory)
        name = target.key.rpartition("/")[2]
        if name.endswith(_ARCHIVE):
            _write(made / name, images, seed)
            target = buckets.parse(output.removesuffix(name))
        else:
            _write(made, images, seed)
        sync.up(made, target, options=(), may_be_empty=False)


def _write(path: Path, images: int, seed: int) -> None:
    files = _files(images, seed)
    if path.name.endswith(_ARCHIVE):
        path.parent.mkdir(parents=True, exist_ok=True)
        packed = _packed(files)
        atomic.write(path, lambda file: file.write(packed))
        return
    directory = path / DIRECTORY
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        _put(directory / name, content)


def _put(path: Path, content: bytes) -> None:
    atomic.write(path, lambda file: file.write(content))


def _packed(files: dict[str, bytes]) -> bytes:
    """Return the archive; the same files make the same bytes."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        top = tarfile.TarInfo(DIRECTORY)
        top.type, top.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(top)
        for name, content in files.items():
            member = tarfile.TarInfo(f"{DIRECTORY}/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return gzip.compress(archive.getvalue(), compresslevel=1, mtime=0)


def _files(images: int, seed: int) -> dict[str, bytes]:
    size = images // len(TRAINING)
    source = random.Random(seed)  # noqa: S311 - these are no secrets
    labels = {
        **{n: f"training batch {k} of 5" for k, n in enumerate(TRAINING, 1)},
        TEST: "testing batch 1 of 1",
    }
    files = {META: encode_meta(size)}
    for name, label in labels.items():
        classes = bytes(source.randrange(len(CLASSES)) for _ in range(size))
        content = b"".join(_image(source, each) for each in classes)
        names = [f"{CLASSES[c]}_s_{n:06d}.png" for n, c in enumerate(classes)]
        files[name] = encode(Batch(content, classes), label=label, names=names)
    return files


def _image(source: random.Random, kind: int) -> bytes:
    """Return an image of a class: its grating, shifted by chance, in noise."""
    grating = _GRATINGS[kind][source.randrange(_SHIFTS)]
    return bytes(map(add, grating, source.randbytes(len(grating)).translate(_HALF)))


_SHIFTS = 8
# Half of the range is noise, the other half is the grating.
_HALF = bytes(value // 2 for value in range(256))


def _grating(kind: int, shift: int) -> bytes:
    """Return a grating of one of five widths, across or along; mirrored it stays so."""
    along, width = divmod(kind, len(CLASSES) // 2)
    per_pixel = 0.3 + 0.4 * width
    plane = bytes(
        int(63.5 * (1 + math.sin(per_pixel * (y if along else x) + shift)))
        for y in range(_SIDE)
        for x in range(_SIDE)
    )
    return plane * 3


_GRATINGS = [
    [_grating(kind, shift) for shift in range(_SHIFTS)] for kind in range(len(CLASSES))
]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m jobs.train_cifar10.synthetic",
        description="Make a small copy of CIFAR-10's files, of images one can learn.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    option = parser.add_argument
    option("--output", required=True, metavar="TO", help="see below")
    option("--images", type=positive, default=5000, help="default: %(default)s")
    option("--seed", type=int, default=0, help="decides every byte")
    return parser


if __name__ == "__main__":
    sys.exit(main())
