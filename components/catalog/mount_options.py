"""Mount options: one to an item, and where there are none at all.

Sources, read 2026-11-22: `SupportsMountOption` of the volume plugins in
https://github.com/kubernetes/kubernetes (pkg/volume), and the code of the
drivers that are named below.
"""

from __future__ import annotations

import re

from components.catalog.problem import Problem

LINK = "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#mount-options"

WITHOUT_MOUNT_OPTIONS = {
    "kubernetes.io/host-path": "a hostPath is not mounted, and a class with mount "
    "options provisions nothing",
    "rancher.io/local-path": "a directory of the node is not mounted: this "
    "provisioner leaves mount options out without a word",
}
"""Provisioners whose volumes have no mount options, and why."""

_COMMAS = re.compile(r'(?:"[^"]*"|[^,"]|")+')
_COMMAS_AND_SPACES = re.compile(r'(?:"[^"]*"|[^,\s"]|")+')


def option(text: str) -> Problem | None:
    """What is wrong with `text` as one option of a kernel's mount."""
    words = _COMMAS_AND_SPACES.findall(text)
    return _several(text, [word for word in words if word != "-o"])


def argument(text: str) -> Problem | None:
    """What is wrong with `text` as one option of a driver's own mount program.

    Some of these take words apart by spaces, as in `-o allow_other`.
    """
    parts = [part.strip() for part in _COMMAS.findall(text)]
    return _several(text, [part for part in parts if part])


def _several(text: str, parts: list[str]) -> Problem | None:
    if parts == [text]:
        return None
    message = "an option has no spaces or commas around it"
    if not parts:
        message = "an option is not empty"
    elif len(parts) > 1:
        message = "options are several: each is an item of its own"
    return Problem(
        rule="MNT05",
        message=message,
        value=text,
        nearest=(f"[{', '.join(parts)}]" if len(parts) > 1 else "".join(parts) or None),
        link=LINK,
    )


def never_written(text: str) -> Problem | None:
    """The warning that a volume that is made empty would stay so."""
    if text not in ("ro", "-o ro"):
        return None
    return Problem(
        rule="MNT05",
        message="a class makes empty volumes: mounted ro they stay empty. Say "
        "`access: read-only` where a volume is only read",
        value=text,
        link=LINK,
        severity="warning",
    )
