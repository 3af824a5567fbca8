"""pydantic's errors as this project's problems."""

from __future__ import annotations

from typing import Any, cast

from components.catalog.problem import UNSET, Path, Problem
from components.spec import closest
from stacks.config import FROM, TAGGED

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


# What Kubernetes and its users call the same things.
_ALSO_CALLED = {
    "RWO": "ReadWriteOnce",
    "ROX": "ReadOnlyMany",
    "RWX": "ReadWriteMany",
    "RWOP": "ReadWriteOncePod",
    "pvc": "claim",
    "persistentVolumeClaim": "claim",
    "pv": "csi",
    "hostPath": "host-path",
    "emptyDir": "scratch",
}


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
    if kind == "union_tag_not_found":
        path, value = (*path, "kind"), UNSET
    if kind == "union_tag_invalid":
        path, value = (*path, "kind"), context["tag"]
    expected = context.get("expected") or context.get("expected_tags")
    if kind in ("literal_error", "union_tag_invalid") and expected:
        words = [w.strip(" '") for w in expected.replace(" or ", ", ").split(",")]
        # No kind but a key of its own.
        words = [word for word in words if word != FROM]
        allowed = tuple(words)
        nearest = _ALSO_CALLED.get(str(value)) or closest(str(value), words)
        nearest = nearest if nearest in words else None
    if kind == "list_type" and isinstance(value, str):
        nearest = f"[{', '.join(value.split())}]"
    if kind in ("greater_than_equal", "less_than_equal"):
        nearest = context.get("ge", context.get("le"))
    return Problem(
        rule=rule,
        message=message,
        path=path,
        value=value,
        allowed=allowed,
        nearest=nearest,
    )


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
