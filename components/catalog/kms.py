"""Names of KMS keys.

Source, read 2026-11-22: https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id
"""

from __future__ import annotations

import re

from components.catalog.problem import Problem

LINK = "https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id"

_ID = r"([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})"
_KEY_ID = re.compile(_ID)
_KEY_ARN = re.compile(rf"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{{12}}:key/(?P<id>{_ID})")


def is_key_arn(text: str) -> bool:
    """Whether `text` is the ARN of a key."""
    return _KEY_ARN.fullmatch(text) is not None


def key_arn(text: str) -> Problem | None:
    """What is wrong with `text` as the ARN of a key.

    An alias will not do: it can be pointed at another key, and rights are given
    on the key itself.
    """
    if is_key_arn(text):
        return None
    return Problem(
        rule="KEY01",
        message="a key is named by its ARN, arn:aws:kms:REGION:ACCOUNT:key/ID: not by "
        "its id alone, nor by an alias, which can be pointed at another key",
        value=text,
        link=LINK,
    )


def key_id(text: str) -> Problem | None:
    """What is wrong with `text` as the id by which a key is imported."""
    if _KEY_ID.fullmatch(text):
        return None
    found = _KEY_ARN.fullmatch(text)
    return Problem(
        rule="KEY02",
        message="a key is imported by its id, such as "
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        value=text,
        nearest=found["id"] if found else None,
        link=LINK,
    )


def reference(text: str) -> Problem | None:
    """What is wrong with `text` where a key is named or given by its ARN."""
    return key_arn(text) if ":" in text or text.startswith("alias/") else None
