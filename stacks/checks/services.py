"""Services: each program that others reach has a name of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.catalog.problem import Path, Problem
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack, word_of_a_program

_LINK = (
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/"
    "#rfc-1035-label-names"
)


def name_of_a_service(stack: Stack) -> Iterator[Problem]:
    """The name of a Service begins with a letter (RFC 1035)."""
    for owner, program in stack.programs:
        name = str(owner[-1])
        if program.has_service and not re.match("[a-z]", name):
            yield Problem(
                rule="",
                message="its pods are found by a Service of this name, which begins "
                "with a letter",
                path=owner,
                nearest=f"{word_of_a_program(owner)}-{name}",
                link=_LINK,
            )


def one_service_each(stack: Stack) -> Iterator[Problem]:
    """No two programs have a Service of one name."""
    first: dict[str, Path] = {}
    for owner, program in stack.programs:
        if not program.has_service:
            continue
        name = str(owner[-1])
        other = first.setdefault(name, owner)
        if other != owner:
            yield Problem(
                rule="",
                message=f"the {word_of_a_program(other)} {name} has a Service of this "
                "name already",
                path=owner,
                nearest=f"{name}-{word_of_a_program(owner)}",
            )


RULES = (
    Rule("NAM05", "a Service that the API server refuses", name_of_a_service),
    Rule("NAM06", "pods of one program that find another's", one_service_each),
)
