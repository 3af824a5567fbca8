"""Kubernetes quantities: `500m`, `1200Gi`, `2e3`.

Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import re
from decimal import Decimal

LINK = (
    "https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/"
)

LARGEST = Decimal(2**63 - 1)
"""The largest number that a quantity stands for: a larger one is cut off."""

_SUFFIXES = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    **{s: Decimal(1000) ** (i + 1) for i, s in enumerate(["k", "M", "G", "T", "P"])},
    "E": Decimal(1000) ** 6,
    **{
        s: Decimal(1024) ** (i + 1)
        for i, s in enumerate(["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"])
    },
}
_QUANTITY = re.compile(
    r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))([eE][+-]?\d{1,2}|[numkMGTPE]|[KMGTPE]i|)",
    re.ASCII,
)


def parse(text: str) -> Decimal:
    """The number a quantity stands for, in its base unit (bytes, cores, pieces).

    Raises:
        ValueError: `text` is no Kubernetes quantity.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a Kubernetes quantity")
    number, suffix = match.groups()
    if suffix not in _SUFFIXES:
        return Decimal(number) * Decimal(f"1{suffix}")
    return Decimal(number) * _SUFFIXES[suffix]


def nearest(text: str) -> str | None:
    """What a mistyped quantity was probably meant to be, or None.

    `10GB` is `10G`, `10 gib` is `10Gi`, `10gi` is `10Gi`.
    """
    match = re.fullmatch(
        r"\s*(\d+(?:\.\d+)?)\s*([kmgtpe]?)(i?)b?\s*", text.lower(), re.ASCII
    )
    if match is None:
        return None
    number, unit, binary = match.groups()
    if not unit:
        return None
    prefix = unit.upper() if binary or unit != "k" else unit
    return f"{number}{prefix}{binary}"


def bytes_text(value: Decimal | int) -> str:
    """A number of bytes as the shortest exact binary quantity: `1536Mi`."""
    whole = int(value)
    for suffix in ("Ei", "Pi", "Ti", "Gi", "Mi", "Ki"):
        size = int(_SUFFIXES[suffix])
        if whole and whole % size == 0:
            return f"{whole // size}{suffix}"
    return str(whole)
