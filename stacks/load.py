"""Load a stack's configuration, and find everything that is wrong with it.

`from_file` reads the YAML; `from_values` takes the values from Pulumi and the
positions from the file. Both run the same checks and report all at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, cast

from pydantic import ValidationError

from components.catalog.problem import UNSET, Path, Problem
from components.spec import Spec, closest
from stacks import checks
from stacks.config import ENTRIES, NAMESPACE, NEUTRAL, TAGGED, StackConfig
from stacks.source import Position, Source, read

# What else a stack's file may hold: the CLI writes these itself.
_FILE_KEYS = (
    *("config", "environment"),
    *("encryptionsalt", "encryptedkey", "secretsprovider"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A problem and the place where it stands.

    Attributes:
        file: The file as the user named it.
        position: Line and column; None when the value is not in the file.
        problem: What is wrong, with its path from the top of the stack.
    """

    file: str
    position: Position | None
    problem: Problem


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that was read.

    Attributes:
        config: The configuration; None when there is any error.
        found: Errors and warnings, in the order of the file.
    """

    config: StackConfig | None
    found: list[Found]


def from_file(file: FilePath, shown: str | None = None) -> Loaded:
    """Load the YAML of a stack as it stands in `file`."""
    source = read(file, shown)
    wrong = list(_file_problems(source))
    section = _section(source.data)
    if wrong and not section:
        return Loaded(None, _sorted(wrong))
    loaded = _load(section, source)
    if not wrong:
        return loaded
    # What YAML made of a broken place is not a second mistake.
    places = {found.position for found in wrong}
    rest = [found for found in loaded.found if found.position not in places]
    return Loaded(None, _sorted([*wrong, *rest]))


def from_values(values: Mapping[str, Any], file: FilePath, shown: str) -> Loaded:
    """Load values that Pulumi gave, with positions from `file` where it exists.

    Args:
        values: The configuration keys of this project and their values.
        file: The stack's own file. Only its positions are used: the values
            may come from an ESC environment or another file.
        shown: The name of the file in messages.
    """
    source = read(file, shown) if file.exists() else Source(shown)
    loaded = _load(dict(values), source)
    # Pulumi decrypts what is nested: only the file still shows it.
    secrets = [_place(p, source) for p in _secrets_of(_section(source.data))]
    if secrets:
        return Loaded(None, _sorted([*loaded.found, *secrets]))
    return loaded


def _mapping(value: Any) -> dict[str, Any] | None:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _section(data: Any) -> dict[str, Any]:
    """The values of this project's keys, without their namespace."""
    config = _mapping((_mapping(data) or {}).get("config")) or {}
    prefix = f"{NAMESPACE}:"
    return {
        key.removeprefix(prefix): value
        for key, value in config.items()
        if key.startswith(prefix)
    }


def _file_problems(source: Source) -> Iterator[Found]:
    """What is wrong with the file around this project's own keys."""
    for position, problem in source.problems:
        yield Found(source.file, position, problem)
    if source.problems:
        return

    def found(rule: str, message: str, path: Path, **more: Any) -> Found:
        problem = Problem(rule=rule, message=message, path=path, **more)
        return Found(source.file, source.position(path, key=True), problem)

    data = _mapping(source.data)
    if data is None:
        yield Found(
            source.file,
            Position(1, 1),
            Problem(rule="CFG00", message="a stack's file is a mapping with `config:`"),
        )
        return
    for key in data:
        if key not in _FILE_KEYS:
            yield found(
                "CFG01",
                "unknown key of a stack's file",
                (key,),
                allowed=_FILE_KEYS,
                nearest=closest(key, _FILE_KEYS),
            )
    if not _mapping(data.get("config")):
        yield found(
            "CFG02",
            f"required: the keys {NAMESPACE}:platform and {NAMESPACE}:team",
            ("config",),
        )
        return
    if not _section(data):
        yield found("CFG02", f"no key begins with {NAMESPACE}:", ("config",))
    for key in data["config"]:
        if ":" not in key:
            yield found(
                "CFG01",
                "a configuration key begins with its namespace",
                ("config", key),
                nearest=f"{NAMESPACE}:{key}",
                link="https://www.pulumi.com/docs/iac/concepts/config/",
            )


def _secrets_of(values: Mapping[str, Any]) -> list[Problem]:
    return [p for key, value in values.items() for p in _secrets(value, (key,))]


def _secrets(value: Any, path: Path) -> Iterator[Problem]:
    """`secure:` values, which would be decrypted into plain text here."""
    if isinstance(value, dict):
        mapping = cast("dict[str, Any]", value)
        if set(mapping) == {"secure"}:
            yield Problem(
                rule="SEC01",
                message="a secret inside the configuration would be stored in plain "
                "text: make it a key of its own (pulumi config set --secret)",
                path=path,
                link="https://www.pulumi.com/docs/iac/concepts/secrets/",
            )
            return
        for key, item in mapping.items():
            yield from _secrets(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _secrets(item, (*path, index))


def _load(values: dict[str, Any], source: Source) -> Loaded:
    wrong = _secrets_of(values)
    pruned = deepcopy(values) if wrong else values
    for problem in wrong:
        _remove(pruned, problem.path)
    config, errors, broken = _validate(pruned)
    # A secret that was taken out leaves a gap, which is no second mistake.
    gaps = [p.path for p in wrong]
    wrong += [e for e in errors if not any(e.path[: len(g)] == g for g in gaps)]
    if config is not None:
        wrong += _warnings(config, ())
        wrong += checks.run(config, broken)
    found = [_place(problem, source) for problem in wrong]
    errors_found = any(p.severity == "error" for p in wrong)
    return Loaded(None if errors_found else config, _sorted(found))


def _validate(
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
        found = [_problem(e, values) for e in errors]
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
    """`found` without the missing keys that stand there misspelt."""
    meant = {(*p.path[:-1], p.nearest) for p in found if p.rule == "CFG01"}
    return [p for p in found if p.rule != "CFG02" or p.path not in meant]


def _matches(pattern: Path, path: Path) -> bool:
    return len(pattern) <= len(path) and all(
        want in ("*", have) for want, have in zip(pattern, path, strict=False)
    )


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
        if _matches(pattern, meant) and not _holds(values, place, neutral):
            _remove(values, place)
            if meant == path:
                _put(values, place, deepcopy(neutral))
            return
    if problem.rule == "CFG01" and not _stands_for_missing(values, problem):
        _remove(values, path)
        return
    entries = [e for e in ENTRIES if _matches(e, path)]
    if entries:
        entry = path[: max(map(len, entries))]
        broken.add(entry)
        _remove(values, entry)


def _stands_for_missing(values: Any, problem: Problem) -> bool:
    """Whether an unknown key may be a misspelt one that is not there."""
    node = values
    for part in problem.path[:-1]:
        if isinstance(node, dict) and part not in node:
            return False
        node = cast("dict[Any, Any]", node)[part]
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


def _remove(values: Any, path: Path) -> None:
    """Remove what `path` leads to, where it is still there."""
    for part in path[:-1]:
        if isinstance(values, dict) and part not in values:
            return
        values = cast("dict[Any, Any]", values)[part]
    if isinstance(values, list):
        cast("list[Any]", values)[cast("int", path[-1])] = None
    else:
        cast("dict[Any, Any]", values).pop(path[-1], None)


def _warnings(spec: Any, path: Path) -> Iterator[Problem]:
    """The warnings of every Spec below `spec`, each with its full path."""
    if isinstance(spec, Spec):
        for problem in spec.problems():
            yield problem.under(*path)
        for name, info in type(spec).model_fields.items():
            key = str(info.validation_alias or name)
            yield from _warnings(getattr(spec, name), (*path, key))
    elif isinstance(spec, dict):
        for key, item in cast("dict[str, Any]", spec).items():
            yield from _warnings(item, (*path, key))


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
    "union_tag_not_found": ("CFG02", "required: the kind of volume"),
    "literal_error": ("CFG04", "not one of the values that it may have"),
    "union_tag_invalid": ("CFG04", "not one of the kinds that there are"),
    "greater_than_equal": ("CFG05", "less than the least it may be"),
}


def _problem(error: Any, values: Any) -> Problem:
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
    value: Any = UNSET if kind == "missing" else error["input"]
    allowed: tuple[Any, ...] = ()
    nearest: Any = None
    if kind == "union_tag_not_found":
        path, value = (*path, "kind"), UNSET
    if kind == "union_tag_invalid":
        path, value = (*path, "kind"), context["tag"]
    expected = context.get("expected") or context.get("expected_tags")
    if kind in ("literal_error", "union_tag_invalid") and expected:
        words = [w.strip(" '") for w in expected.replace(" or ", ", ").split(",")]
        allowed = tuple(words)
        nearest = closest(str(value), words)
    if kind == "greater_than_equal":
        nearest = context["ge"]
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
        if not tagged and len(path) == len(TAGGED) and _matches(TAGGED, tuple(path)):
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


def _place(problem: Problem, source: Source) -> Found:
    top, *rest = problem.path
    inside = ("config", f"{NAMESPACE}:{top}", *rest)
    is_key = problem.rule == "CFG01" or problem.value is UNSET
    position = source.position(inside, key=is_key)
    return Found(source.file, position, problem)


def _sorted(found: list[Found]) -> list[Found]:
    def order(item: Found) -> tuple[int, int, str]:
        place = item.position or Position(0, 0)
        return place.line, place.column, item.problem.rule

    return sorted(found, key=order)
