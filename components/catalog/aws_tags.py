"""Tags that every service of AWS takes.

Source: botocore 1.44.5 service models, read 2026-11-22: fsx `TagKey`, `TagValue`
and `Tags`, efs `TagKey`, iam `tagKeyType`, eks `TagMap`. Some services take more;
tags of an environment go to all of them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping

from components.catalog.problem import Problem

LINK = "https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html"

MOST = 50
"""Tags of one resource."""

LONGEST_KEY = 128
LONGEST_VALUE = 256

_RESERVED = "aws:"
_SIGNS = frozenset("_.:/=+-@")
_KINDS = ("L", "Z", "N")


def problems(tags: Mapping[str, str]) -> Iterator[Problem]:
    """What is wrong with tags, each at its key."""
    if len(tags) > MOST:
        yield Problem(
            rule="",
            message=f"a resource has at most {MOST} tags, and these are {len(tags)}",
            link=LINK,
        )
    for key, value in tags.items():
        if key.lower().startswith(_RESERVED):
            yield Problem(
                rule="",
                message=f"tags that begin with {_RESERVED} are AWS's own",
                path=(key,),
                nearest=_plain(key[len(_RESERVED) :], LONGEST_KEY) or None,
                link=LINK,
            )
        elif not key or _plain(key, LONGEST_KEY) != key:
            yield Problem(
                rule="",
                message=f"the key of a tag has 1 to {LONGEST_KEY} letters, digits, "
                "spaces and _.:/=+-@",
                path=(key,),
                nearest=_plain(key, LONGEST_KEY) or None,
                link=LINK,
            )
        if _plain(value, LONGEST_VALUE) != value:
            yield Problem(
                rule="",
                message=f"the value of a tag has at most {LONGEST_VALUE} letters, "
                "digits, spaces and _.:/=+-@",
                path=(key,),
                value=value,
                nearest=_plain(value, LONGEST_VALUE),
                link=LINK,
            )


def _plain(text: str, longest: int) -> str:
    """`text` with `-` for what a tag cannot have, and no longer than it may be."""
    return "".join(
        c if c in _SIGNS or unicodedata.category(c)[0] in _KINDS else "-" for c in text
    )[:longest]
