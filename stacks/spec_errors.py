"""pydantic's errors as this project's problems."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast, get_args

from components.catalog import other_words
from components.catalog.problem import UNSET, Path, Problem
from components.catalog.storage_kinds import BY_DRIVER, BY_KIND
from components.spec import closest, yaml_keys
from stacks.checks.clouds import of_another
from stacks.config import (
    FROM,
    PROVISIONER,
    TAGGED,
    CloudClass,
    CloudStorage,
    OwnVolume,
    Pattern,
    PlatformConfig,
    TeamConfig,
    UriVolume,
    word_of,
)
from stacks.meant_values import MEANT, words

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

_CLOUD_KINDS = {word_of(spec) for spec in get_args(CloudStorage)}

_PATTERN_KINDS = {word_of(spec) for spec in get_args(get_args(Pattern)[0])}
_VOLUME_KINDS = {word_of(spec) for spec in (*get_args(OwnVolume), UriVolume)}

_SECTIONS = {
    "team": set(yaml_keys(TeamConfig)),
    "platform": set(yaml_keys(PlatformConfig)),
}

_OF_CLOUD = {
    **{word_of(spec): BY_KIND[spec.row].cloud for spec in get_args(CloudStorage)},
    **{word_of(c): BY_DRIVER[c.provisioner].cloud for c in get_args(CloudClass)},
    **dict.fromkeys(("pod-identity", "irsa"), "aws"),
    **dict.fromkeys(("principal", "service-account"), "gcp"),
}
"""Kinds and other values that only one cloud has."""


def spec_problem(error: Any, values: Any) -> Problem:
    """One of pydantic's error details, with its path in the document `values`."""
    location: tuple[str | int, ...] = error["loc"]
    kind: str = error["type"]
    context: dict[str, Any] = error.get("ctx", {})
    problem: Problem | None = context.get("problem") if kind == "problem" else None
    # An unknown key stands in the location itself, whatever it is called.
    is_key = location[-1:] == ("[key]",) and not (problem and problem.rule == "CFG01")
    path = _path(location[:-1] if is_key else location, values)
    foreign = _of_another_cloud(path, values)
    if foreign is not None:
        return foreign
    if problem is None:
        return _of_pydantic(error, path, values, is_key=is_key)
    section = _section_of(path) if problem.rule == "CFG01" else None
    if section is not None:
        message = f"unknown key here: it stands under {section}"
        problem = replace(problem, message=message, allowed=(), nearest=None)
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


def _of_pydantic(error: Any, path: Path, values: Any, *, is_key: bool) -> Problem:
    """One of pydantic's own errors, in this project's words."""
    kind: str = error["type"]
    context: dict[str, Any] = error.get("ctx", {})
    rule, message = _WORDS.get(kind, ("CFG03", error["msg"]))
    # What stands in place of a secret may be the secret itself.
    unsaid = kind == "missing" or path == ("team", "secrets")
    value: Any = UNSET if unsaid else error["input"]
    allowed: tuple[Any, ...] = ()
    nearest: Any = None
    if kind == "missing" and path == ("platform", "cluster", "context"):
        message += ": a context of the kubeconfig, or existing: NAME on a cloud"
    if kind == "missing" and path == ("platform", "cloud"):
        allowed = get_args(PlatformConfig.model_fields["cloud"].annotation)
    if kind == "union_tag_not_found":
        path, value = (*path, "kind"), UNSET
    if kind == "union_tag_invalid":
        path, value = (*path, "kind"), context["tag"]
    expected = context.get("expected") or context.get("expected_tags")
    if kind in ("literal_error", "union_tag_invalid") and expected:
        allowed = tuple(_expected(expected, path, values))
        nearest = other_words.own_word(str(value), allowed)
        nearest = nearest or closest(str(value), allowed)
        elsewhere = _of_another_section(str(value), path, values)
        if elsewhere is not None:
            message, nearest = elsewhere
            allowed = ()
    if kind in MEANT:
        nearest = MEANT[kind](value, path, _cloud(values))
    if kind in ("int_type", "bool_type") and value == nearest:
        message += ", and no text: without quotes"
    if kind == "string_type" and isinstance(value, int | float):
        message += ": quote it"
    if kind == "list_type" and isinstance(value, str):
        nearest = f"[{', '.join(words(value))}]"
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


def _section_of(path: Path) -> str | None:
    """The section that has a key which stands at the top or in the other one."""
    match path:
        case (str(key),) if key in _SECTIONS["team"]:
            return "team"
        case (str(key),) if key in _SECTIONS["platform"]:
            return "platform"
        case ("platform", str(key)) if key in _SECTIONS["team"]:
            return "team"
        case ("team", str(key)) if key in _SECTIONS["platform"]:
            return "platform"
        case _:
            return None


def _of_another_section(
    kind: str, path: Path, values: Any
) -> tuple[str, str | None] | None:
    """Where a kind stands that cannot stand here, and what can in its place."""
    on_a_cloud = _keys(_keys(values).get("platform")).get("cloud") != "kubernetes"
    match path[:2]:
        case ("team", "volumes") if kind in _PATTERN_KINDS:
            return "a pattern of this kind stands under team.patterns", None
        case ("team", "volumes") if kind in ("s3", "gcs") and not on_a_cloud:
            return "buckets of this kind are granted on their cloud", "bucket"
        # What a cloud holds is the platform's, which grants it.
        case ("team", "volumes") if kind in _CLOUD_KINDS:
            said = "storage of this kind stands under platform.storage: a team names "
            return said + "what it was granted of it", "from: NAME"
        case ("team", "patterns") if kind in _VOLUME_KINDS:
            return "a volume of this kind stands under team.volumes", None
        case _:
            return None


def _cloud(values: Any) -> str | None:
    """The cloud that an environment is on; None of none, or where it is wrong."""
    cloud = _keys(_keys(values).get("platform")).get("cloud")
    return cloud if cloud in ("aws", "gcp") else None


def _expected(listed: str, path: Path, values: Any) -> list[str]:
    """The words that pydantic lists, without those of another cloud."""
    words = [word.strip(" '") for word in listed.replace(" or ", ", ").split(",")]
    cloud = _cloud(values) if path[:1] == ("platform",) else None
    return [
        word
        for word in words
        # No kind but a key of its own.
        if word not in (FROM, PROVISIONER)
        and (cloud is None or _OF_CLOUD.get(word, cloud) == cloud)
    ]


def _of_another_cloud(path: Path, values: Any) -> Problem | None:
    """That an entry is of another cloud, whatever else it says."""
    if path[:2] not in (("platform", "storage"), ("platform", "storageClasses")):
        return None
    here, node = _cloud(values), values
    for part in path[:3]:
        node = _keys(node).get(part)
    kind = _keys(node).get("kind")
    of = _OF_CLOUD.get(kind) if isinstance(kind, str) else None
    if here is None or of in (None, here):
        return None
    found = of_another(of, here, (*path[:3], "kind"), kind)
    return replace(found, rule="AWS03" if of == "aws" else "GCP01")


def _keys(node: Any) -> dict[Any, Any]:
    """A mapping; an empty one in place of anything else."""
    return cast("dict[Any, Any]", node) if isinstance(node, dict) else {}


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
