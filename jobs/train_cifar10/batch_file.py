"""CIFAR-10's own files, its "python version": pickles that Python 2 wrote.

`cifar-10-batches-py/` holds `data_batch_1` to `data_batch_5`, `test_batch` and
`batches.meta`. A batch is a dictionary: `data` uint8 [N, 3072], each row an image's
red, then green, then blue plane of 32 by 32 pixels; `labels`, N numbers from 0 to 9;
`batch_label`; and `filenames`.

They are read without NumPy: of a pickle nothing is run but what rebuilds an array.

Source, read 2026-11-22 in copies of it: https://www.cs.toronto.edu/~kriz/cifar.html
"""

import io
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

DIRECTORY: Final = "cifar-10-batches-py"
TRAINING: Final = tuple(f"data_batch_{number}" for number in range(1, 6))
TEST: Final = "test_batch"
META: Final = "batches.meta"

PIXELS: Final = 32 * 32 * 3
CLASSES: Final = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)


class BadBatch(ValueError):  # noqa: N818 - the name says what is the matter
    """A file that is no batch of CIFAR-10; the message says what is wrong with it."""


@dataclass(frozen=True)
class Batch:
    """A file's images.

    Attributes:
        images: N rows of 3072 bytes.
        labels: N bytes from 0 to 9.
    """

    images: bytes
    labels: bytes

    def __len__(self) -> int:
        return len(self.labels)


def decode(content: bytes) -> Batch:
    """Return what a batch's file holds.

    Raises:
        BadBatch: It is cut off, holds something else, or would run code.
    """
    found = _unpickled(content)
    match found:
        case {"data": _Array(shape=(int(rows), 3072), data=images), "labels": labels}:
            pass
        case _:
            raise BadBatch("it lacks its labels, or its data is not [N, 3072] of uint8")
    if not isinstance(labels, list) or len(labels) != rows or not rows:
        raise BadBatch(f"it has {rows} images, and not as many labels")
    if not all(isinstance(each, int) and 0 <= each < len(CLASSES) for each in labels):
        raise BadBatch("a label is no number from 0 to 9")
    return Batch(images, bytes(labels))


def encode(batch: Batch, *, label: str, names: Sequence[str]) -> bytes:
    """Return a batch as the file of it that Python 2 would write.

    Args:
        batch: Its images.
        label: Its `batch_label`, e.g. "training batch 1 of 5".
        names: The file name of each image.
    """
    return _pickled(
        {
            b"batch_label": label.encode(),
            b"labels": list(batch.labels),
            b"data": _Array((len(batch), PIXELS), batch.images),
            b"filenames": [name.encode() for name in names],
        }
    )


def encode_meta(per_batch: int) -> bytes:
    """Return the file `batches.meta` of batches with so many images."""
    return _pickled(
        {
            b"num_cases_per_batch": per_batch,
            b"label_names": [name.encode() for name in CLASSES],
            b"num_vis": PIXELS,
        }
    )


class _Dtype:
    """NumPy's `dtype`, as far as these files need it."""

    def __init__(self, kind: str | bytes, *_: object) -> None:
        if kind not in ("u1", b"u1"):
            raise BadBatch("its data is not of uint8")

    def __setstate__(self, _: object) -> None:
        """Take what says the order of bytes: these have one byte."""

    def __reduce__(self) -> tuple[Any, ...]:
        state = (3, b"|", None, None, None, -1, -1, 0)
        return _Global("numpy", "dtype"), (b"u1", 0, 1), state


class _Array:
    """NumPy's `ndarray`, as far as these files need it."""

    def __init__(self, shape: tuple[int, ...] = (0,), data: bytes = b"") -> None:
        self.shape = shape
        self.data = data

    def __setstate__(self, state: Any) -> None:
        match state:
            case (int(), tuple(shape), _Dtype(), bool() | int() as by_columns, data):
                pass
            case _:
                raise BadBatch("its data is no plain array")
        if by_columns or not isinstance(data, bytes):
            raise BadBatch("its data is not stored row by row")
        size = 1
        for length in shape:
            size *= length if isinstance(length, int) else -1
        if size != len(data):
            raise BadBatch(f"its data has {len(data):,} of {size:,} bytes")
        self.shape, self.data = shape, data

    def __reduce__(self) -> tuple[Any, ...]:
        made = (_Global("numpy", "ndarray"), (0,), b"b")
        state = (1, self.shape, _Dtype("u1"), False, self.data)
        return _Global("numpy.core.multiarray", "_reconstruct"), made, state


class _Global:
    """A name of NumPy's, written without NumPy; it is never called."""

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name

    def __call__(self, *_: object) -> NoReturn:
        raise TypeError(f"{self.module}.{self.name} is a name alone")


def _reconstruct(*_: object) -> _Array:
    return _Array()


def _latin1(text: str, encoding: str) -> bytes:
    """What Python 3 calls for the bytes of an old protocol."""
    if encoding not in ("latin1", b"latin1"):
        raise BadBatch(f"it has a text in {encoding!r}")
    return text.encode("latin1")


_ALLOWED: Final[Mapping[tuple[str, str], Any]] = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    # NumPy 2's name of it.
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("_codecs", "encode"): _latin1,
}


class _Unpickler(pickle.Unpickler):
    """Makes nothing but plain values and arrays, whatever a pickle asks for."""

    def find_class(self, module: str, name: str, /) -> Any:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise BadBatch(f"it would run {module}.{name}") from None


def _unpickled(content: bytes) -> dict[str, Any]:
    try:
        found = _Unpickler(io.BytesIO(content), encoding="bytes").load()
    except BadBatch:
        raise
    # What a damaged pickle raises is not limited to its own errors.
    except Exception as problem:
        raise BadBatch("it is cut off, or no pickle") from problem
    if not isinstance(found, dict):
        raise BadBatch("it holds no dictionary")
    return {_text(key): value for key, value in found.items()}


def _text(key: object) -> str:
    return key.decode("latin1") if isinstance(key, bytes) else str(key)


# Python 3's own pickler calls a function for the bytes of an old protocol, where
# Python 2 wrote a string. The one that is written in Python can be told otherwise.
_InPython: Any = getattr(pickle, "_Pickler")  # noqa: B009 - the stubs hide it


class _Pickler(_InPython):
    """Writes bytes as Python 2 wrote its strings, and names of NumPy's as names."""

    dispatch = dict(_InPython.dispatch)  # noqa: RUF012

    def _save_string(self, data: bytes) -> None:
        if len(data) < 256:
            self.write(pickle.SHORT_BINSTRING + bytes([len(data)]) + data)
        else:
            self.write(pickle.BINSTRING + len(data).to_bytes(4, "little") + data)
        self.memoize(data)

    def _save_global(self, named: _Global) -> None:
        self.write(pickle.GLOBAL + f"{named.module}\n{named.name}\n".encode())
        self.memoize(named)

    dispatch[bytes] = _save_string
    dispatch[_Global] = _save_global


def _pickled(value: object) -> bytes:
    file = io.BytesIO()
    _Pickler(file, protocol=2).dump(value)
    return file.getvalue()
