"""A YAML file read with the position of every key and value.

The scalars are those of YAML 1.2, as the Pulumi CLI reads them: `yes`, `on`
and `12:30` are texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, ClassVar, cast

import yaml

from components.catalog.problem import Path, Problem

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64
# An alias is counted at each use: ten lines of YAML can stand for billions.
MAX_VALUES = 200_000
# Longer numbers are texts: no field takes one, and Python refuses 4,301 digits.
MAX_DIGITS = 40

_CORE_SCHEMA: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("null", re.compile(r"~|null|Null|NULL|"), "~nN\0"),
    ("bool", re.compile(r"true|True|TRUE|false|False|FALSE"), "tTfF"),
    ("int", re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"), "-+0123456789"),
    (
        "float",
        re.compile(
            r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
            r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
        ),
        "-+0123456789.",
    ),
)

_Base: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):
    """Composes nodes under the core schema of YAML 1.2."""

    # A dictionary of its own, or YAML 1.1 would stay in force beside it.
    yaml_implicit_resolvers: ClassVar[dict[str, list[Any]]] = {}


for _tag, _pattern, _first in _CORE_SCHEMA:
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}",
        re.compile(rf"^(?:{_pattern.pattern})$"),
        ["" if character == "\0" else character for character in _first],
    )


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file, counted from 1."""

    line: int
    column: int


@dataclass(slots=True)
class Source:
    """A YAML file: its values, where each stands, and what is wrong with it.

    Attributes:
        file: The name shown in messages.
        data: The document as plain Python; None when it could not be read.
        values: Position of the value at each path.
        keys: Position of the key that leads to each path.
        problems: What is wrong with the YAML itself, and where.
    """

    file: str
    data: Any = None
    values: dict[Path, Position] = field(default_factory=dict[Path, Position])
    keys: dict[Path, Position] = field(default_factory=dict[Path, Position])
    problems: list[tuple[Position, Problem]] = field(
        default_factory=list[tuple[Position, Problem]]
    )

    def position(self, path: Path, *, key: bool = False) -> Position | None:
        """Where `path` stands: its value, or its key, or the nearest parent.

        None when not even the first key is in the file.
        """
        while path:
            first, second = (
                (self.keys, self.values) if key else (self.values, self.keys)
            )
            found = first.get(path) or second.get(path)
            if found is not None:
                return found
            # A missing key is reported at the key it is missing under.
            path, key = path[:-1], True
        return None


def read(file: FilePath, shown: str | None = None) -> Source:
    """Read `file`, which the messages call `shown` (default: its own name)."""
    name = shown or str(file)
    try:
        size = file.stat().st_size
        if size > MAX_BYTES:
            return _unreadable(
                name,
                f"the file has {size:,} bytes; a stack's configuration has at "
                f"most {MAX_BYTES:,}",
            )
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        return _unreadable(name, f"cannot be read: {error.strerror}")
    except UnicodeDecodeError as error:
        return _unreadable(name, f"is not UTF-8 text (byte {error.start})")
    return parse(text, name)


def parse(text: str, file: str) -> Source:
    """Read YAML from `text`; `file` is only the name shown in messages."""
    source = Source(file)
    try:
        depth = _too_deep(text)
        if depth is not None:
            _add(source, depth, f"nested deeper than {MAX_DEPTH} levels")
            return source
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                source.problems.append(
                    (Position(1, 1), _problem("the file is empty: it needs `config:`"))
                )
                return source
            source.data = _Builder(loader, source).build(node, ())
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        _add(source, mark, f"YAML that does not parse: {error.problem}")
    except yaml.reader.ReaderError as error:
        position = text[: error.position].count("\n") + 1
        column = error.position - text.rfind("\n", 0, error.position)
        source.problems.append(
            (
                Position(position, column),
                _problem(f"a character that YAML does not allow: {error.reason}"),
            )
        )
    except _TooManyValuesError:
        source.data = None
        source.problems = [
            (
                Position(1, 1),
                _problem(
                    "aliases make this document stand for more than "
                    f"{MAX_VALUES:,} values"
                ),
            )
        ]
    return source


class _TooManyValuesError(Exception):
    """The document expands to more values than any configuration has."""


def _problem(message: str) -> Problem:
    return Problem(rule="CFG00", message=message)


def _unreadable(file: str, message: str) -> Source:
    return Source(file, problems=[(Position(1, 1), _problem(message))])


def _add(source: Source, mark: Any, message: str) -> None:
    position = Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)
    source.problems.append((position, _problem(message)))


def _too_deep(text: str) -> Any:
    """The mark where nesting passes the limit, or None.

    Composing recurses in C: depth is counted first, on the flat events.
    """
    # Depth needs that many indents or brackets: a file that has few of either
    # is not parsed twice.
    if text.count("[") + text.count("{") < MAX_DEPTH and " " * MAX_DEPTH not in text:
        return None
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                return event.start_mark
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


def _integer(text: str) -> int:
    if text[:2] in ("0o", "0x"):
        return int(text, 0)
    # The Pulumi CLI still reads a leading zero as octal.
    octal = re.fullmatch(r"[-+]?0[0-7]+", text)
    return int(text, 8) if octal else int(text)


class _Builder:
    """Turns nodes into plain values and remembers where each stood."""

    def __init__(self, loader: Any, source: Source) -> None:
        self.loader = loader
        self.source = source
        self.count = 0
        self.open: set[int] = set()

    def build(self, node: Any, path: Path) -> Any:
        self.count += 1
        if self.count > MAX_VALUES:
            raise _TooManyValuesError
        mark = node.start_mark
        self.source.values[path] = Position(mark.line + 1, mark.column + 1)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if id(node) in self.open:
            _add(self.source, mark, "an alias that contains itself")
            return None
        self.open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.build(n, (*path, i)) for i, n in enumerate(node.value)]
            return self._mapping(node, path)
        finally:
            self.open.discard(id(node))

    def _scalar(self, node: Any, path: Path) -> Any:
        tag: str = node.tag
        text: str = node.value
        kind = tag.rpartition(":")[2]
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind == "int" and len(text) <= MAX_DIGITS:
            return _integer(text)
        if kind == "float":
            return float(text.replace(".inf", "inf").replace(".nan", "nan"))
        if kind not in ("str", "int"):
            _add(self.source, node.start_mark, f"a tag that is not used here: {tag}")
        return text

    def _mapping(self, node: Any, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            mark = key_node.start_mark
            if not isinstance(key_node, yaml.ScalarNode):
                _add(self.source, mark, "a key that is not a text")
                continue
            key = str(key_node.value)
            if key == "<<" and not key_node.style:
                for other in self._merges(value_node, path):
                    merged = {**other, **merged}
                continue
            here = (*path, key)
            if key in result:
                first = self.source.keys[here].line
                _add(
                    self.source,
                    mark,
                    f"duplicate key {key!r}: it stands on line {first} already",
                )
                continue
            self.source.keys[here] = Position(mark.line + 1, mark.column + 1)
            result[key] = self.build(value_node, here)
        return {**merged, **result}

    def _merges(self, node: Any, path: Path) -> Iterator[dict[str, Any]]:
        """The mappings that `<<` merges in; a key of one's own wins."""
        own = self.source.values[path]
        built = self.build(node, path)
        self.source.values[path] = own
        several = cast("list[Any]", built) if isinstance(built, list) else [built]
        for value in several:
            if isinstance(value, dict):
                yield cast("dict[str, Any]", value)
            else:
                _add(self.source, node.start_mark, "only a mapping can be merged")
