"""A dataset: lines of JSON, as sequences of tokens in an order that a seed decides."""

# NumPy lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from jobs.finetune_tpu.base import Base

SUFFIX: Final = ".jsonl"
BYTES: Final = 256
"""Tokens that a text without a tokenizer takes: one for each value of a byte."""


class BadData(ValueError):  # noqa: N818 - the name says what is the matter
    """The files are no dataset; the message says which, and which line.

    Attributes:
        missing: Whether there is nothing rather than something else.
    """

    def __init__(self, problem: str, *, missing: bool = False) -> None:
        super().__init__(problem)
        self.missing = missing


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Sequences, all of one length: the texts one after another, cut evenly.

    Attributes:
        sequences: int32, of shape [count, length + 1]. Each has one token more than
            is learned from, for the last to be predicted.
        digest: Tells them from others.
    """

    sequences: Any
    digest: str

    def batch(self, step: int, *, size: int, seed: int) -> Any:
        """Return the batch of a step, from 0: int32, of shape [size, length + 1].

        Each pass is a new permutation, a function of the seed and the step alone;
        what is left of it that fills no batch is dropped.
        """
        each = len(self.sequences) // size
        random = np.random.Generator(np.random.PCG64([seed, step // each]))
        order = random.permutation(len(self.sequences))
        place = step % each * size
        return self.sequences[order[place : place + size]]


def load(path: Path, base: Base, *, length: int, least: int) -> Dataset:
    """Read a dataset.

    Each line is an object with `text`, whose tokens are its bytes in UTF-8, or with
    `tokens`, whole numbers that the base model's own tokenizer made. The token that
    ends a text follows each, if the base model has one.

    Args:
        path: A file, or a directory: then its files `*.jsonl` in their order.
        base: The model that they are for.
        length: Tokens that are learned from in a sequence.
        least: How many sequences there have to be.

    Raises:
        BadData: It is none, or too small.
        OSError: A file is there and cannot be read.
    """
    parts = [
        np.asarray(tokens, np.int32)
        for file in _files(path)
        for tokens in _texts(file, base)
    ]
    if not parts:
        raise BadData(f"{path} is empty: it has no line with a text", missing=True)
    tokens = np.concatenate(parts)
    count = len(tokens) // (length + 1)
    if count < least:
        raise BadData(
            f"{path} has {len(tokens):,} tokens, {count:,} sequences of {length} + 1, "
            f"where a batch takes {least:,}: make --batch or --length smaller"
        )
    sequences = tokens[: count * (length + 1)].reshape(count, length + 1)
    digest = hashlib.sha256(sequences.tobytes()).hexdigest()[:16]
    return Dataset(sequences=sequences, digest=digest)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.exists():
        raise BadData(f"{path} is missing: there is no dataset", missing=True)
    found = sorted(
        file for file in path.glob(f"*{SUFFIX}") if not file.name.startswith(".")
    )
    if not found:
        raise BadData(f"{path} has no file *{SUFFIX}", missing=True)
    return found


def _texts(path: Path, base: Base) -> Iterator[list[int]]:
    end = [] if base.config.end is None else [base.config.end]
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    yield _tokens(line, base) + end
                except ValueError as problem:
                    raise BadData(f"{path}:{number}: {problem}") from None


def _tokens(line: bytes, base: Base) -> list[int]:
    try:
        found = json.loads(line)
    except ValueError as problem:
        raise ValueError(f"this is no JSON: {problem}") from None
    match found:
        case {"tokens": list(tokens)} if tokens:
            return [_token(token, base) for token in tokens]
        case {"text": str(text)} if text:
            if base.has_tokenizer or base.config.vocabulary < BYTES:
                raise ValueError(
                    "the base model's tokens are not bytes: give the numbers that its "
                    'own tokenizer makes, as {"tokens": [...]}'
                )
            return list(text.encode())
        case _:
            raise ValueError('this is neither {"text": "..."} nor {"tokens": [...]}')


def _token(token: object, base: Base) -> int:
    inside = isinstance(token, int) and not isinstance(token, bool)
    if not inside or not 0 <= token < base.config.vocabulary:  # type: ignore[operator]  # an int, see above
        raise ValueError(
            f"{json.dumps(token)} is no token of the {base.config.vocabulary:,} "
            "that the base model knows"
        )
    return token  # type: ignore[return-value]  # an int, see above
