"""A YAML file read with the position of every key and value.

The scalars are those of YAML 1.2, as the Pulumi CLI reads them: `yes`, `on`
and `12:30` are texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
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

_TAG = "tag:yaml.org,2002:"
_PATTERNS = {kind: pattern for kind, pattern, _ in _CORE_SCHEMA}

_Base: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):
    """Composes nodes under the core schema of YAML 1.2."""

    # A dictionary of its own, or YAML 1.1 would stay in force beside it.
    yaml_implicit_resolvers: ClassVar[dict[str, list[Any]]] = {}


for _tag, _pattern, _first in _CORE_SCHEMA:
    _Loader.add_implicit_resolver(
        f"{_TAG}{_tag}",
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
        # Some editors begin a file with a byte order mark.
        text = file.read_text(encoding="utf-8-sig")
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
        what = error.problem or ""
        if what.startswith("but ") and error.context:
            what = f"{error.context} {what}"
        _add(source, mark, f"YAML that does not parse: {what}")
    except yaml.reader.ReaderError as error:
        source.problems.append(
            (
                _unprintable(text),
                _problem(f"a character that YAML does not allow: {error.reason}"),
            )
        )
    except _TooLargeError as error:
        source.problems = [(error.position, _problem(str(error)))]
    return source


class _TooLargeError(Exception):
    """The document expands to more than any configuration is."""

    def __init__(self, position: Position, message: str) -> None:
        super().__init__(message)
        self.position = position


def _unprintable(text: str) -> Position:
    """Where the first character stands that YAML does not allow."""
    # The error itself counts bytes or characters, as its reader pleases.
    match = yaml.reader.Reader.NON_PRINTABLE.search(text)
    offset = match.start() if match else 0
    line = text.count("\n", 0, offset) + 1
    return Position(line, offset - text.rfind("\n", 0, offset))


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
    # Depth needs that many indents, brackets or dashes: a file that has few of
    # them is not parsed twice.
    openings = sum(text.count(opening) for opening in ("[", "{", "- ", "? "))
    if openings < MAX_DEPTH and " " * MAX_DEPTH not in text:
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


def _float(text: str) -> float:
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


def _integer(text: str) -> int | str:
    if len(text) > MAX_DIGITS:
        return text
    if text[:2] in ("0o", "0x"):
        return int(text, 0)
    # The Pulumi CLI still reads a leading zero as octal.
    octal = re.fullmatch(r"[-+]?0[0-7]+", text)
    return int(text, 8) if octal else int(text)


_VALUES: dict[str, Callable[[str], Any]] = {
    "null": lambda _: None,
    "bool": lambda text: text.lower() == "true",
    "int": _integer,
    "float": _float,
}
"""The value of a plain scalar, by the kind that the core schema sees in it."""


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
            raise _TooLargeError(
                Position(1, 1),
                f"aliases make this document stand for more than {MAX_VALUES:,} values",
            )
        mark = node.start_mark
        position = Position(mark.line + 1, mark.column + 1)
        if len(path) > MAX_DEPTH:
            raise _TooLargeError(
                position, f"aliases nest this deeper than {MAX_DEPTH} levels"
            )
        self.source.values[path] = position
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if node.tag not in (f"{_TAG}seq", f"{_TAG}map"):
            self._wrong_tag(node)
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

    def _wrong_tag(self, node: Any) -> None:
        tag = node.tag.replace(_TAG, "!!")
        _add(self.source, node.start_mark, f"a tag that is not used here: {tag}")

    def _scalar(self, node: Any) -> Any:
        text: str = node.value
        kind: str = node.tag.removeprefix(_TAG)
        if kind == "str":
            return text
        pattern = _PATTERNS.get(kind)
        if pattern is None or not pattern.fullmatch(text):
            self._wrong_tag(node)
            return text
        return _VALUES[kind](text)

    def _mapping(self, node: Any, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        # What is merged in comes first: a key of one's own keeps its position.
        merged = self._merged(node, path)
        for key_node, value_node in node.value:
            mark = key_node.start_mark
            if _is_merge(key_node):
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                _add(self.source, mark, "a key that is not a text")
                continue
            key = self._key(key_node)
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

    def _key(self, node: Any) -> str:
        """A key as it is written: `1` and `true` are names here."""
        if node.tag.removeprefix(_TAG) not in ("str", *_PATTERNS):
            self._wrong_tag(node)
        return node.value

    def _merged(self, node: Any, path: Path) -> dict[str, Any]:
        """What `<<` merges into a mapping; the first of several wins."""
        own = self.source.values[path]
        merged: dict[str, Any] = {}
        others: list[Any] = []
        for key_node, value_node in node.value:
            if _is_merge(key_node):
                several = isinstance(value_node, yaml.SequenceNode)
                others += value_node.value if several else [value_node]
        for other in reversed(others):
            value = self.build(other, path)
            if isinstance(value, dict):
                merged |= cast("dict[str, Any]", value)
            elif id(other) not in self.open:
                _add(self.source, other.start_mark, "only a mapping can be merged")
        self.source.values[path] = own
        return merged


def _is_merge(key_node: Any) -> bool:
    return (
        isinstance(key_node, yaml.ScalarNode)
        and key_node.value == "<<"
        and not key_node.style
    )
