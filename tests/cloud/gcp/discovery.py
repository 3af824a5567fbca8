"""What Google's own API discovery documents allow in an input.

`google-api-python-client` carries them. They are read as files: the client itself
is never loaded.
"""

import functools
import importlib.util
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sandbox.kubernetes_provider.values import UNKNOWN
from tests.cloud.inputs import DEFAULTS, Failure, nested, properties
from tests.cloud.kind import Kind

_INTEGERS: Final = {
    "int32": (-(2**31), 2**31 - 1),
    "uint32": (0, 2**32 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint64": (0, 2**64 - 1),
}
_DURATION: Final = re.compile(r"-?\d+(\.\d{1,9})?s")


@dataclass(frozen=True)
class Shape:
    """What a document says of one value.

    Attributes:
        document: Name of the document: `compute.v1`.
        schema: The JSON of it, with every `$ref` at its top followed.
    """

    document: str
    schema: Mapping[str, Any]

    def get(self, name: str) -> "Shape | None":
        """Return what it says of a property, under its very name."""
        found = self.schema.get("properties", {}).get(name)
        return None if found is None else _shape(self.document, found)

    @property
    def items(self) -> "Shape | None":
        """What it says of the items of a list."""
        found = self.schema.get("items")
        return None if found is None else _shape(self.document, found)

    @property
    def values(self) -> "Shape | None":
        """What it says of the values of an object with keys of the user's."""
        found = self.schema.get("additionalProperties")
        return None if found is None else _shape(self.document, found)


def limits(kind: Kind, inputs: Mapping[str, Any]) -> Iterator[Failure]:
    """Yield the values that the discovery document of a resource does not allow.

    Args:
        kind: What the resource is.
        inputs: Its inputs, plain; what a preview does not know passes.
    """
    for key, value in inputs.items():
        if key != DEFAULTS and (shape := member(kind, key)) is not None:
            yield from _check(kind, shape, value, key, key)


def unmatched(kind: Kind, taker: type) -> Iterator[str]:
    """Yield the properties that no document describes and no table excuses."""
    for key, annotation in properties(taker).items():
        if kind.members.get(key, "") is None:
            continue
        shape = member(kind, key)
        if shape is None:
            yield key
        elif below := nested(annotation):
            yield from _unmatched(kind, shape, below, key)


def member(kind: Kind, key: str) -> Shape | None:
    """Return what the document says of a property, `None` if it says nothing."""
    if key in kind.members:
        place = kind.members[key]
        return None if place is None else placed(kind, place)
    for root in kind.models:
        if found := _named(_place(root), key):
            return found
    return None


def placed(kind: Kind, place: str) -> Shape:
    """Return the shape at a place, of a document or in the kind's first schema.

    Raises:
        KeyError: The document has no such place; a table is wrong.
    """
    return _place(place if ":" in place else f"{kind.models[0]}.{place}")


def _unmatched(kind: Kind, shape: Shape, taker: type, path: str) -> Iterator[str]:
    for key, annotation in properties(taker).items():
        where = f"{path}.{key}"
        if kind.members.get(where, "") is None:
            continue
        found = _below(kind, shape, key, where)
        if found is None:
            yield where
        elif (below := nested(annotation)) is not None and below is not taker:
            yield from _unmatched(kind, found, below, where)


def _check(
    kind: Kind, shape: Shape, value: Any, path: str, where: str
) -> Iterator[Failure]:
    """Yield what is wrong; `where` is the path without the lists' positions."""
    if value is UNKNOWN or value is None:
        return
    if isinstance(value, list):
        inner = shape.items or shape
        for index, item in enumerate(value):
            yield from _check(kind, inner, item, f"{path}[{index}]", where)
    elif isinstance(value, dict):
        inner = shape.items or shape
        for key, item in value.items():
            found = inner.values or _below(kind, inner, key, f"{where}.{key}")
            if found is not None:
                yield from _check(kind, found, item, f"{path}.{key}", f"{where}.{key}")
    elif shape.items is not None:
        yield from _check(kind, shape.items, value, path, where)
    elif not isinstance(value, bool):
        yield from _scalar(shape.schema, value, path)


def _scalar(schema: Mapping[str, Any], value: Any, path: str) -> Iterator[Failure]:
    text, form = str(value), schema.get("format", "")
    allowed: list[str] = schema.get("enum", [])
    if allowed and text not in allowed:
        yield Failure(path, f"expected one of {allowed}, got {text!r}")
    elif form in _INTEGERS:
        low, high = _INTEGERS[form]
        number = _whole(value)
        if number is None or not low <= number <= high:
            yield Failure(path, f"expected a whole number ({form}), got {value!r}")
    elif form == "google-duration" and not _DURATION.fullmatch(text):
        yield Failure(path, f"expected seconds, as in '3.5s', got {text!r}")
    pattern: str = schema.get("pattern", "")
    if pattern and not re.fullmatch(pattern, text):
        yield Failure(path, f"{text!r} does not match {pattern}")


def _whole(value: Any) -> int | None:
    """Return a whole number, which the SDK may hold as a text."""
    if isinstance(value, str):
        return int(value) if re.fullmatch(r"-?\d+", value) else None
    return int(value) if value == int(value) else None


def _below(kind: Kind, shape: Shape, key: str, where: str) -> Shape | None:
    if where in kind.members:
        place = kind.members[where]
        return None if place is None else placed(kind, place)
    return _named(shape, key)


def _named(shape: Shape, key: str) -> Shape | None:
    """Return the property whose name is the key's, whatever its case and number."""
    inner = shape.items or shape
    wanted = _forms(key)
    for name in inner.schema.get("properties", {}):
        if name.lower() in wanted:
            return inner.get(name)
    return None


def _forms(key: str) -> set[str]:
    low = key.lower()
    found = {low, f"{low}s"}
    if low.endswith("ies"):
        found.add(f"{low[:-3]}y")
    if low.endswith("es"):
        found.add(low[:-2])
    if low.endswith("s"):
        found.add(low[:-1])
    return found


def _shape(document: str, schema: Mapping[str, Any]) -> Shape:
    while "$ref" in schema:
        schema = _document(document)["schemas"][schema["$ref"]]
    return Shape(document, schema)


@functools.cache
def _place(text: str) -> Shape:
    """Return the shape at `document:Schema.property.property`.

    Raises:
        KeyError: The document has no such place; a table is wrong.
    """
    document, _, path = text.partition(":")
    name, *rest = path.split(".")
    shape = _shape(document, _document(document)["schemas"][name])
    for part in rest:
        found = (shape.items or shape).get(part)
        if found is None:
            raise KeyError(text)
        shape = found
    return shape


@functools.cache
def _document(name: str) -> Mapping[str, Any]:
    spec = importlib.util.find_spec("googleapiclient")
    if spec is None or not spec.submodule_search_locations:
        raise LookupError("google-api-python-client is not installed")
    package = Path(spec.submodule_search_locations[0])
    return json.loads(
        (package / "discovery_cache" / "documents" / f"{name}.json").read_text()
    )
