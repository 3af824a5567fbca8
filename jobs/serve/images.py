"""Images as a client sends them: raw bytes, or JSON."""

import json
from collections.abc import Sequence
from typing import Any, Final

from jobs.train_cifar10.batch_file import PIXELS

MOST: Final = 256
"""Images in one request; more are several requests."""

MOST_BYTES: Final = MOST * PIXELS * len("255, ") + 3 * MOST
"""Bytes of the longest body: `MOST` images as JSON."""


class BadImages(ValueError):  # noqa: N818 - the name says what is the matter
    """A body that holds no images; the message is what its sender is told."""


def read(body: bytes, *, is_json: bool) -> list[bytes]:
    """Return the images of a body, each of 3072 bytes: red, green and blue plane.

    Args:
        body: The images one after another; or JSON, a list of 3072 numbers from 0
            to 255 for one image, or a list of such lists.
        is_json: Whether it is JSON.

    Raises:
        BadImages: It is neither.
    """
    images = _from_json(body) if is_json else _split(body)
    if not images:
        raise BadImages(f"there is no image: one is {PIXELS} bytes")
    if len(images) > MOST:
        raise BadImages(f"{len(images)} images are more than {MOST}, send some later")
    return images


def _split(body: bytes) -> list[bytes]:
    if len(body) % PIXELS:
        raise BadImages(
            f"{len(body)} bytes are no number of images: one is {PIXELS} bytes, "
            "32 rows of 32 pixels, first all red, then all green, then all blue"
        )
    return [body[at : at + PIXELS] for at in range(0, len(body), PIXELS)]


def _from_json(body: bytes) -> list[bytes]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise BadImages("this is no JSON") from None
    if not isinstance(found, list):
        raise BadImages("this is no list of numbers, nor of such lists")
    rows = found if found and isinstance(found[0], list) else [found]
    return [_row(row) for row in rows if row != []]


def _row(row: Any) -> bytes:
    if not isinstance(row, list) or len(row) != PIXELS:
        size = f"{len(row)} numbers" if isinstance(row, list) else "no list"
        raise BadImages(f"an image is a list of {PIXELS} numbers, and this is {size}")
    if not _all_bytes(row):
        raise BadImages("a number of an image is a whole one from 0 to 255")
    return bytes(row)


def _all_bytes(row: Sequence[Any]) -> bool:
    # `True` is an int to Python, and none to whoever sends it.
    return all(type(number) is int and 0 <= number <= 255 for number in row)
