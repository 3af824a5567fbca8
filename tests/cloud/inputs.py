"""What a resource class of a Pulumi SDK takes: names, types, what is required."""

import collections.abc
import difflib
import inspect
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, get_args, get_origin

import pulumi
from pulumi._types import (  # the SDK's own reading of its input types
    input_type_py_to_pulumi_names,
    input_type_types,
    is_input_type,
)

from sandbox.kubernetes_provider.values import UNKNOWN, Secret

DEFAULTS: Final = "__defaults"
"""Where a checked input lists the properties that the provider chose itself."""

_WORDS: Final = {bool: "a boolean", int: "a whole number", str: "a string"}


@dataclass(frozen=True)
class Failure:
    """One input that is refused.

    Attributes:
        path: The property, as Pulumi writes it: `vpcConfig.subnetIds[0]`.
        reason: Why.
    """

    path: str
    reason: str


@cache
def properties(taker: type) -> Mapping[str, Any]:
    """Return the inputs that a class takes, by Pulumi's names, with their types."""
    return input_type_types(taker)


@cache
def required(taker: type) -> tuple[str, ...]:
    """Return the inputs without which there is no such resource."""
    names = input_type_py_to_pulumi_names(taker)
    parameters = list(inspect.signature(taker.__init__).parameters.values())[1:]
    return tuple(names[p.name] for p in parameters if p.default is p.empty)


def failures(taker: type, given: Mapping[str, Any]) -> Iterator[Failure]:
    """Yield what the SDK's class would not take.

    Args:
        taker: An `Args` class of the SDK.
        given: Inputs by Pulumi's names; what a preview does not know passes.
    """
    yield from _object(taker, given, "")


def nested(annotation: Any) -> type | None:
    """Return the input class that a type is, or is a list of; `None` without one."""
    for choice in choices(annotation):
        if isinstance(choice, type) and is_input_type(choice):
            return choice
        if get_origin(choice) is collections.abc.Sequence:
            return nested(get_args(choice)[0])
    return None


def choices(annotation: Any) -> list[Any]:
    """Return the plain types that an input type allows, without its wrappers."""
    if get_origin(annotation) not in (typing.Union, types.UnionType):
        return [annotation]
    found: list[Any] = []
    for part in get_args(annotation):
        if part is type(None) or get_origin(part) in (
            collections.abc.Awaitable,
            pulumi.Output,
        ):
            continue
        found += [c for c in choices(part) if c not in found]
    return found


def _object(taker: type, given: Mapping[str, Any], path: str) -> Iterator[Failure]:
    known = properties(taker)
    for key, value in given.items():
        where = f"{path}.{key}" if path else key
        if key in known:
            yield from _value(known[key], value, where)
        elif key != DEFAULTS:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            yield Failure(where, f"an invalid or unknown key {key!r}{hint}")
    for key in required(taker):
        if given.get(key) is None:
            where = f"{path}.{key}" if path else key
            yield Failure(where, f"missing required property {key!r}")


def _value(annotation: Any, value: Any, path: str) -> Iterator[Failure]:
    if isinstance(value, Secret):
        value = value.value
    if value is UNKNOWN or value is None:
        return
    answers = [list(_typed(choice, value, path)) for choice in choices(annotation)]
    if answers and all(answers):
        # The refusal that goes deepest is of the type that was meant.
        yield from max(answers, key=lambda found: max(len(f.path) for f in found))


def _typed(choice: Any, value: Any, path: str) -> Iterator[Failure]:
    origin = get_origin(choice)
    if isinstance(choice, type) and is_input_type(choice):
        if isinstance(value, dict):
            yield from _object(choice, value, path)
        else:
            yield _wrong(path, "an object", value)
    elif origin is collections.abc.Sequence:
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from _value(get_args(choice)[0], item, f"{path}[{index}]")
        else:
            yield _wrong(path, "a list", value)
    elif origin is collections.abc.Mapping:
        if isinstance(value, dict):
            for key, item in value.items():
                yield from _value(get_args(choice)[1], item, f"{path}.{key}")
        else:
            yield _wrong(path, "an object", value)
    elif isinstance(choice, type) and not _fits(choice, value):
        yield _wrong(path, _WORDS.get(choice, f"a {choice.__name__}"), value)


def _fits(choice: type, value: Any) -> bool:
    if choice is bool or isinstance(value, bool):
        return choice is bool and isinstance(value, bool)
    if issubclass(choice, float):
        return isinstance(value, int | float)
    if issubclass(choice, str):
        return isinstance(value, str)
    return isinstance(value, choice)


def _wrong(path: str, wanted: str, value: Any) -> Failure:
    return Failure(path, f"expected {wanted}, got {type(value).__name__} {value!r}")
