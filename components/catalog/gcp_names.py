"""What Google Cloud calls the things that a stack makes.

Names are made from those of the YAML: what each is, and eight characters that make
it unique. Sources, read 2026-11-22: pulumi/pulumi-gcp `provider/resources.go`
(`AutoName`: 63 characters, 30 of a service account's id); the naming conventions of
Compute Engine, and the patterns of file.v1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from components.catalog.problem import Problem

LINK = "https://docs.cloud.google.com/compute/docs/naming-resources"
_UNIQUE = 8
"""Characters that make a name unique, with the `-` before them."""

_LONGEST = 63
_LONGEST_ACCOUNT = 30

Made = Literal["instance", "disk", "image", "pool", "vm", "ring"]
"""What the name of a thing ends with, before what makes it unique."""


@dataclass(frozen=True, slots=True)
class _Named:
    """How a thing is named.

    Attributes:
        what: What it is called in sentences.
        most: Characters that are left of the name of the YAML.
        letter: Its name begins with a letter.
    """

    what: str
    most: int
    letter: bool = True


def _room(suffix: str, longest: int = _LONGEST) -> int:
    return longest - _UNIQUE - len(f"-{suffix}")


_NAMED: dict[Made, _Named] = {
    "instance": _Named("an instance of Filestore", _room("instance")),
    "disk": _Named("a disk", _room("disk")),
    "image": _Named("an image", _room("image")),
    "pool": _Named("a storage pool", _room("pool")),
    # It runs as a service account of its own.
    "vm": _Named("a TPU VM's service account", _room("account", _LONGEST_ACCOUNT)),
    "ring": _Named("a key ring", _room("ring"), letter=False),
}


def longest(made: Made) -> int:
    """Characters that a name of the YAML has at most."""
    return _NAMED[made].most


def problem(made: Made, name: str) -> Problem | None:
    """What is wrong with a name of the YAML, from which another one is made.

    Args:
        made: What it is the name of.
        name: The name, a DNS label.
    """
    row = _NAMED[made]
    if len(name) <= row.most and (name[:1].isalpha() or not row.letter):
        return None
    begins = " and begins with a letter" if row.letter else ""
    kept = re.sub(r"^[0-9-]+", "", name) if row.letter else name
    return Problem(
        rule="",
        message=f"{row.what} is named by this, which has at most {row.most} "
        f"characters{begins}",
        nearest=kept[: row.most].rstrip("-") or None,
        link=LINK,
    )
