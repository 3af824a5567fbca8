"""Names of buckets and of managed folders of Cloud Storage.

Sources, read 2026-11-22: https://cloud.google.com/storage/docs/buckets#naming and
https://cloud.google.com/storage/docs/managed-folders.
"""

from __future__ import annotations

import re

from components.catalog.problem import Problem

NAMING = "https://cloud.google.com/storage/docs/buckets#naming"
FOLDERS = "https://cloud.google.com/storage/docs/managed-folders"

LONGEST = 63
"""Characters of a name, or of each part of it between dots."""

LONGEST_WITH_DOTS = 222
"""Characters of a name that has dots."""

DEEPEST = 15
"""Slashes of the name of a managed folder, the one at its end included."""

LONGEST_FOLDER = 1024
"""Bytes of the name of a managed folder, in UTF-8."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*[a-z0-9]", re.ASCII)
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}", re.ASCII)
_SCHEME = re.compile(r"^(gs|s3)://")
_CHALLENGE = ".well-known/acme-challenge/"


def bucket_name(name: str) -> Problem | None:
    """What is wrong with `name` as that of a bucket."""
    if not _well_formed(name):
        return Problem(
            rule="GCS01",
            message=f"a bucket's name has 3 to {LONGEST} lower-case letters, digits, "
            "'-', '_' and '.', begins and ends with a letter or digit and is no IP "
            "address",
            value=name,
            nearest=_nearest(name),
            link=NAMING,
        )
    if name.startswith("goog") or "google" in name:
        return Problem(
            rule="GCS02",
            message="a bucket's name does not begin with goog, and has no google in "
            "it: Cloud Storage keeps these for Google",
            value=name,
            nearest=_nearest(name),
            link=NAMING,
        )
    if "." in name:
        return Problem(
            rule="GCS03",
            message="a name with dots is a domain: Cloud Storage makes the bucket only "
            "for whoever has shown that it is theirs",
            value=name,
            nearest=name.replace(".", "-"),
            link="https://cloud.google.com/storage/docs/domain-name-verification",
            severity="warning",
        )
    return None


def _well_formed(name: str) -> bool:
    most = LONGEST_WITH_DOTS if "." in name else LONGEST
    return (
        3 <= len(name) <= most
        and _NAME.fullmatch(name) is not None
        and all(0 < len(part) <= LONGEST for part in name.split("."))
        and _ADDRESS.fullmatch(name) is None
    )


def _nearest(name: str) -> str | None:
    """A name like `name` that Cloud Storage takes, if there is one."""
    text = _SCHEME.sub("", name.strip().lower()).rstrip("/")
    text = re.sub(r"[^a-z0-9_-]+", "-", text)
    while True:
        short = text.replace("google", "").replace("--", "-")
        short = short.strip("-_")[:LONGEST].strip("-_")
        short = re.sub(r"^goog", "", short)
        if short == text:
            break
        text = short
    return text if len(text) >= 3 else None


def as_folder(prefix: str) -> str:
    """The prefix of a bucket as the name of a folder, which ends with a slash."""
    return f"{prefix.strip('/')}/"


def folder_problem(prefix: str) -> Problem | None:
    """What is wrong with the part `prefix` of a bucket as a managed folder."""
    folder = as_folder(prefix)
    message = None
    if folder.count("/") > DEEPEST:
        message = f"a managed folder is at most {DEEPEST} deep"
    elif len(folder.encode()) > LONGEST_FOLDER:
        message = f"the name of a managed folder has at most {LONGEST_FOLDER} bytes"
    elif folder.startswith(_CHALLENGE):
        message = f"Cloud Storage makes no managed folder in {_CHALLENGE}"
    elif any(sign in folder for sign in "\r\n"):
        message = "the name of a managed folder is one line"
    if message is None:
        return None
    deep = "/".join(folder.split("/")[:DEEPEST])
    too_deep = folder.count("/") > DEEPEST
    return Problem(
        rule="GCS25",
        message=message,
        value=prefix,
        nearest=deep if too_deep else None,
        link=FOLDERS,
    )
