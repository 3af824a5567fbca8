"""Problems as a person reads them, and as a program does."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from typing import Any

from components.catalog.problem import UNSET
from stacks.load import Found

WIDTH = 80
_VALUE_WIDTH = 40


def dotted(found: Found) -> str:
    """The path as it is read: `team.jobs.train.mounts["/data"]`, `mounts[2]`."""
    text = ""
    for part in found.problem.path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif "." in part or "/" in part:
            text += f"[{json.dumps(part)}]"
        else:
            text += f".{part}" if text else part
    return text


def place(found: Found) -> str:
    """`file:line:column`, or the file alone where the value is not in it."""
    if found.position is None:
        return found.file
    return f"{found.file}:{found.position.line}:{found.position.column}"


def text(found: Found) -> str:
    """A problem in a few lines of at most 80 columns, its place first."""
    problem = found.problem
    where, what = _visible(place(found)), dotted(found)
    if problem.value is not UNSET:
        what = f"{what} = {_short(problem.value)}".lstrip()
    what = _visible(what)
    head = f"{where}  {what}".rstrip()
    if len(head) > WIDTH and what:
        head = f"{where}\n{_wrapped(what)}"
    warning = "warning: " if problem.severity == "warning" else ""
    body = [f"{warning}{problem.message}  [{problem.rule}]"]
    if problem.nearest is not None:
        body.append(f"nearest: {_yaml(problem.nearest)}")
    elif problem.allowed:
        body.append(f"allowed: {', '.join(map(_yaml, problem.allowed))}")
    wrapped = [_wrapped(_visible(line)) for line in body]
    if problem.link is not None:
        wrapped.append(f"    {problem.link}")
    return "\n".join([head, *wrapped])


def refusal(found: Sequence[Found]) -> str:
    """All errors as one message that ends with their number."""
    errors = [f for f in found if f.problem.severity == "error"]
    lines = [text(f) for f in errors]
    return "\n".join([*lines, f"{count(errors)}; nothing was registered"])


def count(found: Sequence[Found]) -> str:
    """`1 problem`, `3 problems, 1 warning`."""
    warnings = sum(f.problem.severity == "warning" for f in found)
    problems = len(found) - warnings
    parts: list[str] = []
    for number, word in ((problems, "problem"), (warnings, "warning")):
        if number or (word == "problem" and not warnings):
            parts.append(f"{number} {word}{'' if number == 1 else 's'}")
    return ", ".join(parts)


def as_json(found: Found) -> dict[str, Any]:
    """A problem as `check --json` gives it."""
    problem, position = found.problem, found.position
    return {
        "file": found.file,
        "line": position.line if position else None,
        "column": position.column if position else None,
        "path": dotted(found),
        "value": None if problem.value is UNSET else _json_value(problem.value),
        "rule": problem.rule,
        "severity": problem.severity,
        "message": problem.message,
        "allowed": list(problem.allowed),
        "nearest": problem.nearest,
        "link": problem.link,
    }


def _json_value(value: object) -> Any:
    """A value that JSON has: `.nan` and `.inf` are texts there."""
    return json.loads(json.dumps(value, default=str), parse_constant=str)


def _visible(text: str) -> str:
    """Control characters as escapes: a value must not steer the terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _wrapped(line: str) -> str:
    return textwrap.fill(
        line,
        WIDTH,
        initial_indent="    ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _yaml(value: object) -> str:
    """A value as YAML spells it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _short(value: object) -> str:
    # An empty text would not be seen.
    plain = value if isinstance(value, str) else ""
    shown = plain or json.dumps(value, default=str)
    return shown if len(shown) <= _VALUE_WIDTH else f"{shown[: _VALUE_WIDTH - 1]}…"
