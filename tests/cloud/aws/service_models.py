# botocore's shapes have properties that no type checker can see through.
# pyright: reportArgumentType=false, reportAttributeAccessIssue=false
# pyright: reportGeneralTypeIssues=false, reportIndexIssue=false
# pyright: reportOperatorIssue=false
"""What AWS's own service models, which botocore carries, allow in an input."""

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from sandbox.kubernetes_provider.values import UNKNOWN
from tests.cloud.inputs import DEFAULTS, Failure, nested, properties
from tests.cloud.kind import Kind

_NUMBERS: Final = frozenset({"integer", "long", "float", "double"})
_OWN: Final = frozenset({"region"})
"""What pulumi-aws adds to every resource; the models have no such input."""


def limits(kind: Kind, inputs: Mapping[str, Any]) -> Iterator[Failure]:
    """Yield the values that the service model of a resource does not allow.

    Args:
        kind: What the resource is.
        inputs: Its inputs, plain; what a preview does not know passes.
    """
    for key, value in inputs.items():
        if key != DEFAULTS and (shape := member(kind, key)) is not None:
            yield from _check(kind, shape, value, key, key)


def unmatched(kind: Kind, taker: type) -> Iterator[str]:
    """Yield the properties that no model describes and no table excuses."""
    for key, annotation in properties(taker).items():
        if key in _OWN or kind.members.get(key, "") is None:
            continue
        shape = member(kind, key)
        if shape is None:
            yield key
        elif key not in kind.documents and (below := nested(annotation)):
            yield from _unmatched(kind, shape, below, key)


def member(kind: Kind, key: str) -> Shape | None:
    """Return what the model says of a property, `None` if it says nothing."""
    if key in kind.members:
        place = kind.members[key]
        return None if place is None else _placed(kind, place)
    for root in kind.models:
        shape = _place(root)
        if found := _named(shape, key):
            return found
    return None


def names_error(operation: str, error: str) -> bool:
    """Tell whether a model says that an operation answers with an error.

    Args:
        operation: `service.Operation`.
        error: Its code; it is among the operation's errors, or in the words that
            document the operation.
    """
    service, _, name = operation.partition(".")
    model = _service(service).operation_model(name)
    codes = {
        code
        for shape in model.error_shapes
        for code in (shape.name, shape.metadata.get("error", {}).get("code"))
    }
    return error in codes or error in model.documentation


def _unmatched(kind: Kind, shape: Shape, taker: type, path: str) -> Iterator[str]:
    structure = _inner(shape)
    for key, annotation in properties(taker).items():
        where = f"{path}.{key}"
        if where in kind.members:
            continue
        found = _below(kind, structure, key, where)
        if found is None:
            yield where
        elif (below := nested(annotation)) is not None and below is not taker:
            yield from _unmatched(kind, found, below, where)


def _check(  # noqa: PLR0912 - a case for each shape
    kind: Kind, shape: Shape, value: Any, path: str, where: str
) -> Iterator[Failure]:
    """Yield what is wrong; `where` is the path without the lists' positions."""
    if value is UNKNOWN or value is None:
        return
    if _is_tags(shape) and isinstance(value, dict):
        assert isinstance(shape, ListShape)
        pair = shape.member
        assert isinstance(pair, StructureShape)
        one, other = _pair(pair)
        for key, text in value.items():
            yield from _check(kind, one, key, f"{path}.{key}", where)
            yield from _check(kind, other, text, f"{path}.{key}", where)
    elif isinstance(shape, ListShape):
        if not isinstance(value, list):
            yield from _check(kind, shape.member, value, path, where)
            return
        yield from _range(shape, len(value), path, "items")
        for index, item in enumerate(value):
            yield from _check(kind, shape.member, item, f"{path}[{index}]", where)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _check(kind, shape, item, f"{path}[{index}]", where)
    elif isinstance(shape, StructureShape):
        for key, item in value.items() if isinstance(value, dict) else ():
            found = _below(kind, shape, key, f"{where}.{key}")
            if found is not None:
                yield from _check(kind, found, item, f"{path}.{key}", f"{where}.{key}")
    elif isinstance(shape, MapShape):
        for key, item in value.items() if isinstance(value, dict) else ():
            yield from _check(kind, shape.key, key, f"{path}.{key}", where)
            yield from _check(kind, shape.value, item, f"{path}.{key}", where)
    elif shape.type_name == "string":
        yield from _text(shape, value, path)
    elif shape.type_name in _NUMBERS and isinstance(value, int | float):
        yield from _range(shape, value, path, "")


def _text(shape: Shape, value: Any, path: str) -> Iterator[Failure]:
    if isinstance(value, bool | dict):
        return
    text = str(value)
    allowed: list[str] = getattr(shape, "enum", [])
    if allowed and text not in allowed:
        yield Failure(path, f"expected one of {allowed}, got {text!r}")
        return
    yield from _range(shape, len(text), path, "characters")
    pattern = _pattern(shape.metadata.get("pattern", ""))
    if pattern is not None and not pattern.fullmatch(text):
        yield Failure(path, f"{text!r} does not match {pattern.pattern}")


def _range(shape: Shape, size: float, path: str, unit: str) -> Iterator[Failure]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield Failure(path, f"expected at least {low} {unit}, got {size}".strip())
    if high is not None and size > high:
        yield Failure(path, f"expected at most {high} {unit}, got {size}".strip())


@functools.cache
def _pattern(text: str) -> re.Pattern[str] | None:
    """Return a pattern that Python can read; Java's classes it cannot."""
    try:
        return re.compile(text) if text else None
    except re.error:
        return None


def _below(kind: Kind, shape: Shape, key: str, where: str) -> Shape | None:
    if where in kind.members:
        place = kind.members[where]
        return None if place is None else _placed(kind, place)
    return _named(_inner(shape), key)


def _inner(shape: Shape) -> Shape:
    return _inner(shape.member) if isinstance(shape, ListShape) else shape


def _named(shape: Shape, key: str) -> Shape | None:
    """Return the member whose name is the key's, whatever its case and number."""
    if not isinstance(shape, StructureShape):
        return None
    wanted = _forms(key)
    for name, found in shape.members.items():
        if name.lower() in wanted:
            return found
    return None


def _forms(key: str) -> set[str]:
    low = key.lower()
    found = {low, f"{low}s"}
    if low.endswith("ies"):
        found.add(f"{low[:-3]}y")
    if low.endswith("s"):
        found |= {low[:-1], f"{low[:-1]}set"}
    return found


def _is_tags(shape: Shape) -> bool:
    if not isinstance(shape, ListShape) or not isinstance(shape.member, StructureShape):
        return False
    return {name.lower() for name in shape.member.members} == {"key", "value"}


def _pair(shape: StructureShape) -> tuple[Shape, Shape]:
    by_name = {name.lower(): found for name, found in shape.members.items()}
    return by_name["key"], by_name["value"]


def _placed(kind: Kind, place: str) -> Shape:
    return _place(place if ":" in place else f"{kind.models[0]}:{place}")


@functools.cache
def _place(text: str) -> Shape:
    """Return the shape at `service.Operation:Member.Member`.

    Raises:
        KeyError: The model has no such place; a table is wrong.
    """
    operation, _, path = text.partition(":")
    service, _, name = operation.partition(".")
    shape: Any = _service(service).operation_model(name).input_shape
    for part in path.split(".") if path else ():
        shape = _inner(shape)
        assert isinstance(shape, StructureShape), text
        shape = shape.members[part]
    return shape


@functools.cache
def _service(name: str) -> ServiceModel:
    # A session does the same, and loads all of botocore for it.
    return ServiceModel(Loader().load_service_model(name, "service-2"), name)
