"""Every rule there is, of one Spec and of whole stacks, as a list."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from components.catalog.rules import SPEC_RULES
from stacks.checks import RULES

WIDTH = 80


def rules() -> list[dict[str, str]]:
    """Id, what is prevented and why, of every rule, in the order of the ids."""
    return sorted(
        (
            {"id": rule.id, "prevents": rule.prevents, "why": rule.why}
            for rule in (*SPEC_RULES, *RULES)
        ),
        key=lambda rule: rule["id"],
    )


def text() -> str:
    """The list as a person reads it, in lines of at most 80 columns."""
    return "\n".join(line for rule in rules() for line in _lines(rule))


def _lines(rule: dict[str, str]) -> Iterator[str]:
    first = f"{rule['id']}  prevents {rule['prevents']}"
    for paragraph, indent in ((first, ""), (rule["why"], " " * 7)):
        yield textwrap.fill(
            paragraph,
            WIDTH,
            initial_indent=indent,
            subsequent_indent=" " * 7,
            break_long_words=False,
            break_on_hyphens=False,
        )
