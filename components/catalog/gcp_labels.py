"""Labels that every service of Google Cloud takes: what `tags` becomes there.

Source: https://docs.cloud.google.com/resource-manager/docs/labels-overview (its
requirements, as the reference of `labels` in several APIs repeats them), read
2026-11-22.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping

from components.catalog.problem import Problem

LINK = "https://docs.cloud.google.com/resource-manager/docs/labels-overview"

MOST = 64
"""Labels of one resource."""

LONGEST = 63
"""Characters of a key, and of a value."""

MOST_BYTES = 128
"""Bytes of a key, and of a value, in UTF-8."""

_LETTERS = ("Ll", "Lo")
_SIGNS = frozenset("_-")


def problems(labels: Mapping[str, str]) -> Iterator[Problem]:
    """What is wrong with labels, each at its key."""
    if len(labels) > MOST:
        yield Problem(
            rule="",
            message=f"a resource has at most {MOST} labels, and these are "
            f"{len(labels)}",
            link=LINK,
        )
    for key, value in labels.items():
        if not key or _key(key) != key:
            yield Problem(
                rule="",
                message=f"the key of a label has 1 to {LONGEST} lower-case letters, "
                "digits, _ and -, and begins with a letter",
                path=(key,),
                nearest=_key(key) or None,
                link=LINK,
            )
        if _plain(value) != value:
            yield Problem(
                rule="",
                message=f"the value of a label has at most {LONGEST} lower-case "
                "letters, digits, _ and -",
                path=(key,),
                value=value,
                nearest=_plain(value),
                link=LINK,
            )


def _fits(character: str) -> bool:
    kind = unicodedata.category(character)
    return character in _SIGNS or kind in _LETTERS or kind == "Nd"


def _plain(text: str) -> str:
    """`text` in lower case with `-` for what a label cannot have, cut to its length."""
    plain = "".join(c if _fits(c) else "-" for c in text.lower())[:LONGEST]
    while len(plain.encode()) > MOST_BYTES:
        plain = plain[:-1]
    return plain


def _key(text: str) -> str:
    """`text` as a key: what stands before its first letter is left out."""
    plain = _plain(text)
    letters = (
        index
        for index, character in enumerate(plain)
        if unicodedata.category(character) in _LETTERS
    )
    return plain[next(letters, len(plain)) :]
