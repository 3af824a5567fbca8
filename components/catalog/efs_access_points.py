"""What an access point of Amazon EFS can be: its directory, its mode, its user.

Source: the EFS API reference (service model of botocore 1.44.5:
CreateAccessPoint), read 2026-11-22.
"""

from __future__ import annotations

import re

from components.catalog.problem import Path, Problem

LINK = "https://docs.aws.amazon.com/efs/latest/ug/efs-access-points.html"

LARGEST_ID = 2**32 - 1
"""The largest user and group id of an access point."""

LEVELS = 4
"""The most names in the directory of an access point."""

LENGTH = 100
"""The most characters of the directory of an access point."""

FORBIDDEN = r"[$#<>;`|&?{}^*\n]"
"""What the directory of an access point has none of."""

_MODE = re.compile(r"[0-7]{3,4}")
_NAME = re.compile(r"(?!\.)[^$#<>;`|&?{}^*/\n]+")
_OWNER_ALL = 0o700


def mode_problem(
    permissions: str, path: Path, *, uid: int | None = None
) -> Problem | None:
    """What is wrong with the mode of the directory of an access point.

    Args:
        permissions: The mode.
        path: Where it stands.
        uid: The user that everything is done as; None where it is not known.
    """
    if not _MODE.fullmatch(permissions):
        digits = permissions.lower().removeprefix("0o")
        nearest = digits[-4:].rjust(4, "0") if re.fullmatch("[0-7]+", digits) else None
        return Problem(
            rule="EFS11",
            message="the mode of a directory is three or four octal digits",
            path=path,
            value=permissions,
            nearest=nearest or "0770",
            link=LINK,
        )
    number = int(permissions, 8)
    if number & _OWNER_ALL == _OWNER_ALL or uid == 0:
        return None
    return Problem(
        rule="EFS20",
        message="whatever is done through an access point is done as the owner of "
        "its directory, whoever the pod runs as: without all rights of the owner "
        "it cannot be read or written",
        path=path,
        value=permissions,
        nearest=f"{number | _OWNER_ALL:04o}",
        link=LINK,
        severity="warning",
    )


def path_problem(text: str, path: Path) -> Problem | None:
    """What is wrong with `text` as the directory of an access point."""
    parts = text.removeprefix("/").split("/")
    valid = text == "/" or (
        text.startswith("/")
        and len(text) <= LENGTH
        and len(parts) <= LEVELS
        and all(_NAME.fullmatch(part) for part in parts)
    )
    if valid:
        return None
    fixed = [re.sub(FORBIDDEN, "", part).lstrip(".") for part in text.split("/")]
    nearest = "/" + "/".join([part for part in fixed if part][:LEVELS])
    return Problem(
        rule="EFS12",
        message=f"the directory of an access point is an absolute path of at most "
        f"{LEVELS} names and {LENGTH} characters, none of them $#<>;`|&?{{}}^*, and "
        "no name begins with a dot",
        path=path,
        value=text,
        nearest=nearest[:LENGTH].rstrip("/") or "/",
        link=LINK,
    )
