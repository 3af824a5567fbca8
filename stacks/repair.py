"""Take out of a configuration what is wrong in itself, to check the rest.

See `docs/decisions/0005-neutral-values.md`.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any, cast

from pydantic import ValidationError

from components.catalog.problem import Path, Problem
from stacks.config import ENTRIES, NEUTRAL, StackConfig
from stacks.spec_errors import matches, spec_problem


def validate(
    values: dict[str, Any],
) -> tuple[StackConfig | None, list[Problem], set[Path]]:
    """The configuration without what is wrong in itself, and what that is.

    None when the rest cannot be known: when something is wrong that is neither
    an entry nor a value on which no rule depends.
    """
    problems: list[Problem] = []
    broken: set[Path] = set()
    while True:
        try:
            config = StackConfig.model_validate(values, by_alias=True, by_name=False)
        except ValidationError as error:
            errors = error.errors(include_url=False)
        else:
            return config, problems, broken
        found = [spec_problem(e, values) for e in errors]
        # What could not be taken out is found again beside what is new.
        said = {(p.rule, p.path, p.message) for p in problems}
        problems += [
            p for p in _without_echoes(found) if (p.rule, p.path, p.message) not in said
        ]
        before, values = values, deepcopy(values)
        for problem in found:
            _repair(values, problem, broken)
        if values == before:
            return None, problems, broken


def _without_echoes(found: list[Problem]) -> list[Problem]:
    """`found` once, and without the missing keys that stand there misspelt."""
    found = list({(p.rule, p.path, p.message): p for p in found}.values())
    meant = {(*p.path[:-1], p.nearest) for p in found if p.rule == "CFG01"}
    return [p for p in found if p.rule != "CFG02" or p.path not in meant]


def _repair(values: dict[str, Any], problem: Problem, broken: set[Path]) -> None:
    """Take what is wrong out of `values`, as little of it as possible."""
    path = problem.path
    # A key that was meant to be a harmless one is as harmless.
    meant = path
    if problem.rule == "CFG01":
        meant = (*path[:-1], str(problem.nearest))
    for pattern, neutral in NEUTRAL.items():
        place = path[: len(pattern)]
        # Where the harmless value stands already, it did not help.
        if matches(pattern, meant) and not _holds(values, place, neutral):
            # What stands in its place says nothing of what was meant.
            broken |= {place, meant[: len(pattern)]}
            remove(values, place)
            if meant == path:
                _put(values, place, deepcopy(neutral))
            return
    if problem.rule == "CFG01" and not _stands_for_missing(values, problem):
        remove(values, path)
        return
    entries = [e for e in ENTRIES if matches(e, path)]
    if entries:
        entry = path[: max(map(len, entries))]
        broken.add(entry)
        remove(values, entry)


def _stands_for_missing(values: Any, problem: Problem) -> bool:
    """Whether an unknown key may be a misspelt one that is not there."""
    node = values
    for part in problem.path[:-1]:
        if not _is_in(node, part):
            return False
        node = cast("dict[Any, Any]", node)[part]
    # What it stands in may be neutral by now.
    if not isinstance(node, dict):
        return False
    return problem.nearest is not None and problem.nearest not in node


def _holds(values: Any, path: Path, value: object) -> bool:
    """Whether `value` itself stands at `path`; `True` is not 1 here."""
    for part in path:
        if not isinstance(values, dict) or part not in values:
            return False
        values = cast("dict[Any, Any]", values)[part]
    return type(values) is type(value) and values == value


def _put(values: Any, path: Path, value: object) -> None:
    for part in path[:-1]:
        if not isinstance(values, dict) or part not in values:
            return
        values = cast("dict[Any, Any]", values)[part]
    values[path[-1]] = value


def remove(values: Any, path: Path) -> None:
    """Remove what `path` leads to, where it is still there."""
    for part in path[:-1]:
        if not _is_in(values, part):
            return
        values = cast("dict[Any, Any]", values)[part]
    if isinstance(values, list):
        cast("list[Any]", values)[cast("int", path[-1])] = None
    elif isinstance(values, dict):
        cast("dict[Any, Any]", values).pop(path[-1], None)


def _is_in(node: Any, part: str | int) -> bool:
    """Whether a mapping has a key, or a list a place."""
    if isinstance(node, dict):
        return part in node
    return isinstance(node, list) and isinstance(part, int)
