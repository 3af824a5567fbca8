"""pydantic's errors as this project's problems."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast, get_args

from components.catalog import other_words
from components.catalog.problem import UNSET, Path, Problem
from components.spec import closest
from stacks.config import FROM, PROVISIONER, TAGGED, CloudStorage, word_of

# pydantic's own kinds of errors, as rules and in this project's words.
_WORDS = {
    "missing": ("CFG02", "required"),
    "model_type": ("CFG03", "a mapping of keys is wanted here"),
    "model_attributes_type": ("CFG03", "a mapping of keys is wanted here"),
    "dict_type": ("CFG03", "a mapping of names is wanted here"),
    "list_type": ("CFG03", "a list is wanted here"),
    "string_type": ("CFG03", "a text is wanted here"),
    "int_type": ("CFG03", "a whole number is wanted here"),
    "int_from_float": ("CFG03", "a whole number is wanted here"),
    "bool_type": ("CFG03", "true or false is wanted here"),
    "too_short": ("CFG05", "must not be empty"),
    "string_too_short": ("CFG05", "must not be empty"),
    "union_tag_not_found": ("CFG02", "required: its kind"),
    "literal_error": ("CFG04", "not one of the values that it may have"),
    "union_tag_invalid": ("CFG04", "not one of the kinds that there are"),
    "greater_than_equal": ("CFG05", "less than the least it may be"),
    "less_than_equal": ("CFG05", "more than the most it may be"),
}

_ALSO_CALLED = other_words.KINDS | other_words.VALUES

_CLOUD_KINDS = {word_of(spec) for spec in get_args(CloudStorage)}

_YES_AND_NO = {
    **dict.fromkeys(("yes", "on", "enabled", "true", "1"), "true"),
    **dict.fromkeys(("no", "off", "disabled", "false", "0"), "false"),
}
_WITH_UNIT = re.compile(r"\s*(\d+)\s*(Gi|GiB|GB|G)?\s*")


def spec_problem(error: Any, values: Any) -> Problem:
    """One of pydantic's error details, with its path in the document `values`."""
    location: tuple[str | int, ...] = error["loc"]
    kind: str = error["type"]
    context: dict[str, Any] = error.get("ctx", {})
    problem: Problem | None = context.get("problem") if kind == "problem" else None
    # An unknown key stands in the location itself, whatever it is called.
    is_key = location[-1:] == ("[key]",) and not (problem and problem.rule == "CFG01")
    path = _path(location[:-1] if is_key else location, values)
    if problem is not None:
        return Problem(
            rule=problem.rule,
            message=problem.message,
            path=path,
            # The key itself is what is wrong: it stands in the path already.
            value=UNSET if is_key else problem.value,
            allowed=problem.allowed,
            nearest=problem.nearest,
            link=problem.link,
        )
    rule, message = _WORDS.get(kind, ("CFG03", error["msg"]))
    # What stands in place of a secret may be the secret itself.
    unsaid = kind == "missing" or path == ("team", "secrets")
    value: Any = UNSET if unsaid else error["input"]
    allowed: tuple[Any, ...] = ()
    nearest: Any = None
    if kind == "missing" and path == ("platform", "cluster", "context"):
        message += ": a context of the kubeconfig, or existing: NAME on a cloud"
    if kind == "union_tag_not_found":
        path, value = (*path, "kind"), UNSET
    if kind == "union_tag_invalid":
        path, value = (*path, "kind"), context["tag"]
    expected = context.get("expected") or context.get("expected_tags")
    if kind in ("literal_error", "union_tag_invalid") and expected:
        words = [w.strip(" '") for w in expected.replace(" or ", ", ").split(",")]
        # No kind but a key of its own.
        words = [word for word in words if word not in (FROM, PROVISIONER)]
        allowed = tuple(words)
        nearest = _ALSO_CALLED.get(str(value)) or closest(str(value), words)
        nearest = nearest if nearest in words else None
        # What a cloud holds is the platform's, which grants it.
        if path[:2] == ("team", "volumes") and str(value) in _CLOUD_KINDS:
            message = "storage of this kind stands under platform.storage: a team"
            message += " names what it was granted of it"
            nearest, allowed = "from: NAME", ()
    if kind in _NEARER:
        nearest = _NEARER[kind](value, path)
    if kind == "string_type" and isinstance(value, int | float):
        message += ": quote it"
    if kind == "list_type" and isinstance(value, str):
        nearest = f"[{', '.join(value.split())}]"
    if kind in ("greater_than_equal", "less_than_equal"):
        nearest = context.get("ge", context.get("le"))
    return Problem(
        rule=rule,
        message=message,
        path=path,
        value=UNSET if is_key else value,
        allowed=allowed,
        nearest=nearest,
    )


def _nearest_number(value: Any, path: Path) -> str | None:
    """The number in a text, whose unit may be the one that its key ends with."""
    found = _WITH_UNIT.fullmatch(value) if isinstance(value, str) else None
    if found is None or (found[2] and not str(path[-1]).endswith("GiB")):
        return None
    return found[1]


def _nearest_truth(value: Any, _: Path) -> str | None:
    return _YES_AND_NO.get(str(value).lower())


def _nearest_text(value: Any, _: Path) -> str | None:
    if not isinstance(value, bool | int | float):
        return None
    return f'"{str(value).lower() if isinstance(value, bool) else value}"'


def _nearest_mapping(value: Any, _: Path) -> str | None:
    return "{}" if value is None else None


_NEARER: dict[str, Callable[[Any, Path], str | None]] = {
    "int_type": _nearest_number,
    "bool_type": _nearest_truth,
    "string_type": _nearest_text,
    "model_type": _nearest_mapping,
    "model_attributes_type": _nearest_mapping,
    "dict_type": _nearest_mapping,
}
"""The value that was meant by one of another type, by pydantic's kind of error."""


def _path(location: Path, values: Any) -> Path:
    """Pydantic's location as a path of the document.

    The tag of a union stands in the location but not in the document.
    """
    path: list[str | int] = []
    node = values
    tagged = False
    for part in location:
        if not tagged and any(
            len(path) == len(entry) and matches(entry, tuple(path)) for entry in TAGGED
        ):
            tagged = True
            continue
        if isinstance(node, dict):
            node = cast("dict[str, Any]", node).get(cast("str", part))
        elif isinstance(node, list) and isinstance(part, int):
            items = cast("list[Any]", node)
            node = items[part] if part < len(items) else None
        elif isinstance(node, str):
            # A text that stands for a mapping has no keys in the document.
            break
        path.append(part)
    return tuple(path)


def matches(pattern: Path, path: Path) -> bool:
    """Whether `path` begins with `pattern`, in which `*` is any key."""
    return len(pattern) <= len(path) and all(
        want in ("*", have) for want, have in zip(pattern, path, strict=False)
    )
