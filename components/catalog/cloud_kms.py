"""Names of Cloud KMS keys, and who has to be allowed to use them.

Sources, read 2026-11-22: https://cloud.google.com/kms/docs/getting-resource-ids
and https://cloud.google.com/kms/docs/key-rotation.
"""

from __future__ import annotations

import re

from components.catalog.problem import Problem

LINK = "https://cloud.google.com/kms/docs/getting-resource-ids"

ROTATION_DAYS = 90
"""Days after which a key gets a new version."""

_KEY = re.compile(
    r"projects/(?P<project>[a-z0-9.:-]+)/locations/(?P<location>[a-z0-9-]+)/"
    r"keyRings/(?P<ring>[A-Za-z0-9_-]{1,63})/cryptoKeys/(?P<key>[A-Za-z0-9_-]{1,63})"
)
_VERSION = re.compile(r"(?P<key>.+)/cryptoKeyVersions/\d+")
_SHORT = re.compile(
    r"/{0,2}(cloudkms\.googleapis\.com/)?(v1/)?(?P<key>projects/.+?)/?", re.ASCII
)


def is_key(text: str) -> bool:
    """Whether `text` is the full name of a key."""
    return _KEY.fullmatch(text) is not None


def location_of(text: str) -> str | None:
    """The location of a key; None for what is no full name of one."""
    found = _KEY.fullmatch(text)
    return found["location"] if found else None


def ring_of(text: str) -> str:
    """The key ring that a key is in, by its full name."""
    return text.rpartition("/cryptoKeys/")[0]


def key_name(text: str) -> Problem | None:
    """What is wrong with `text` as the full name of a key."""
    if is_key(text):
        return None
    version = _VERSION.fullmatch(text)
    if version is not None and is_key(version["key"]):
        return Problem(
            rule="GKY02",
            message="this is one version of a key: storage uses the key, and so its "
            "newest version after each rotation",
            value=text,
            nearest=version["key"],
            link=LINK,
        )
    short = _SHORT.fullmatch(text)
    key = short["key"] if short else ""
    return Problem(
        rule="GKY01",
        message="a key is named in full: projects/PROJECT/locations/LOCATION/"
        "keyRings/RING/cryptoKeys/KEY",
        value=text,
        nearest=key if is_key(key) else None,
        link=LINK,
    )


def reference(text: str) -> Problem | None:
    """What is wrong with `text` where a key is named or given in full."""
    return key_name(text) if "/" in text else None
