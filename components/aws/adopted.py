"""What is taken into a stack as others made it."""

from __future__ import annotations

from collections.abc import Mapping


def kept_tags(adopt: str | None, tags: Mapping[str, str]) -> list[str]:
    """Properties to ignore so that an adopted thing keeps its owner's tags.

    The provider takes off every tag that is not in the program. Where the YAML
    states tags, those are all that it is to have, beside the provider's own.

    Args:
        adopt: The id of the thing; None where it is made here.
        tags: The tags that are stated for it.
    """
    return ["tags", "tagsAll"] if adopt is not None and not tags else []
