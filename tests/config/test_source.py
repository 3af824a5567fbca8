"""Reading YAML: values, positions, and everything that a file can do wrong."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from stacks.source import MAX_BYTES, MAX_DEPTH, Position, Source, parse, read


def only(source: Source) -> tuple[Position, str]:
    """Position and message of the only problem."""
    assert len(source.problems) == 1, source.problems
    position, problem = source.problems[0]
    assert problem.rule == "CFG00"
    return position, problem.message


def test_positions() -> None:
    source = parse("a: 1\nb:\n  - x\n  - {c: [2, 3]}\n", "f")
    assert source.data == {"a": 1, "b": ["x", {"c": [2, 3]}]}
    assert source.position(("a",)) == Position(1, 4)
    assert source.position(("a",), key=True) == Position(1, 1)
    assert source.position(("b", 0)) == Position(3, 5)
    assert source.position(("b", 1, "c", 1)) == Position(4, 13)
    assert source.position(("b", 1, "c"), key=True) == Position(4, 6)


def test_what_is_missing_is_reported_at_the_key_it_is_missing_under() -> None:
    source = parse("a:\n  b:\n    c: 1\n", "f")
    assert source.position(("a", "b", "d", "e")) == Position(2, 3)
    assert source.position(("z",)) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("2026-11-22", "2026-11-22"),
        ("0b11", "0b11"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("0o17", 15),
        ("0755", 493),
        ("0x1F", 31),
        ("-12", -12),
        ("1.5", 1.5),
        (".5e3", 500.0),
        ("1e3", 1000.0),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ('"5"', "5"),
        ("!!str 5", "5"),
        ("!!float 5", 5.0),
        ("089", 89),
        ("9" * 41, "9" * 41),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    source = parse(f"a: {text}", "f")
    assert source.problems == []
    assert source.data == {"a": value}
    assert type(source.data["a"]) is type(value)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_not_a_number(text: str) -> None:
    assert math.isnan(parse(f"a: {text}", "f").data["a"])


def test_keys_are_texts() -> None:
    assert parse("1: a\ntrue: b\n~: c\n", "f").data == {"1": "a", "true": "b", "~": "c"}


def test_duplicate_keys_are_reported_with_both_lines() -> None:
    source = parse("a: 1\nb: 2\na: 3\na: 4\n", "f")
    assert [(p.line, p.column) for p, _ in source.problems] == [(3, 1), (4, 1)]
    assert "line 1" in source.problems[0][1].message
    assert source.data == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    "text",
    [
        "x: &x {b: 1, c: 3}\nz:\n  <<: *x\n  b: 2\n",
        "x: &x {b: 1, c: 3}\nz:\n  b: 2\n  <<: *x\n",
        "x: &x {b: 1}\ny: &y {b: 5, c: 3}\nz:\n  <<: [*x, *y]\n  b: 2\n",
    ],
)
def test_a_key_of_ones_own_wins_over_a_merged_one(text: str) -> None:
    source = parse(text, "f")
    assert source.problems == []
    assert source.data["z"] == {"b": 2, "c": 3}
    line = next(n for n, t in enumerate(text.splitlines(), 1) if t == "  b: 2")
    assert source.position(("z", "b")) == Position(line, 6)
    # What was merged in is right where it was written.
    merged = source.position(("z", "c"))
    assert merged is not None
    assert "c: 3" in text.splitlines()[merged.line - 1]


def test_the_first_of_several_merges_wins() -> None:
    text = "x: &x {b: 1}\ny: &y {b: 5}\nz: {<<: [*x, *y]}\n"
    assert parse(text, "f").data["z"] == {"b": 1}
    assert parse('a: {"<<": 1}', "f").data == {"a": {"<<": 1}}


def test_only_mappings_are_merged() -> None:
    assert only(parse("a: {<<: 5}", "f")) == (
        Position(1, 9),
        "only a mapping can be merged",
    )


@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object/apply:os.system [date]",
        "a: !!python/object:x.Y {b: 1}",
        "a: !!python/name:os.system x",
        "a: !!binary aGk=",
        "a: !!timestamp 2026-11-22",
        "a: !!set {b}",
        "a: !mine x",
        "a: !!int abc",
        "a: !!float abc",
        "a: !!bool 5",
    ],
)
def test_other_tags_are_refused(text: str) -> None:
    position, message = only(parse(text, "f"))
    assert position == Position(1, 4)
    assert message.startswith("a tag that is not used here: !")


def test_a_tag_on_a_key_is_refused() -> None:
    assert only(parse("!!python/name:os.system a: 1", "f"))[0] == Position(1, 1)


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("", 1, 1, "empty"),
        ("\n\n", 1, 1, "empty"),
        ("# only\n# comments\n", 1, 1, "empty"),
        ("a: [1, 2\nb: 3\n", 2, 2, "does not parse"),
        ("a: b: c\n", 1, 5, "mapping values"),
        ("a:\n\tb: 1\n", 2, 1, "cannot start any token"),
        ("a: 1\n---\nb: 2\n", 2, 1, "expected a single document"),
        ("a: *nowhere\n", 1, 4, "undefined alias"),
        ('a: "x\n', 2, 1, "does not parse"),
        ("é: ä\né: \x01\n", 2, 4, "does not allow"),
        ("[a]: 1\n", 1, 1, "a key that is not a text"),
        ("a: &a [*a]\n", 1, 4, "contains itself"),
        ("a: &a {b: *a}\n", 1, 4, "contains itself"),
        ("a: &a {<<: *a}\n", 1, 4, "contains itself"),
    ],
)
def test_what_is_wrong_has_a_place(
    text: str, line: int, column: int, words: str
) -> None:
    position, message = only(parse(text, "f"))
    assert (position.line, position.column) == (line, column)
    assert words in message


def test_a_bomb_does_not_go_off() -> None:
    lines = ["a0: &a0 [1,1,1,1,1,1,1,1,1]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    started = time.monotonic()
    source = parse("\n".join(lines), "f")
    assert time.monotonic() - started < 30
    assert "more than 200,000 values" in only(source)[1]
    assert source.data is None


def test_aliases_cannot_nest_without_end() -> None:
    lines = ["a0: &a0 [1]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 900))]
    position, message = only(parse("\n".join(lines), "f"))
    assert "nest this deeper than 64" in message
    assert position.line < 64


@pytest.mark.parametrize(
    "opening", ["[", "{a: ", "- ", "? ", "{a: ["], ids=lambda text: text.strip()
)
def test_deep_nesting_is_refused_before_it_is_composed(opening: str) -> None:
    # In a process of its own: composing this overflows the C stack.
    code = (
        "import sys; from stacks.source import parse\n"
        f"source = parse({opening!r} * 30000 + '1', 'f')\n"
        "assert source.data is None\n"
        "print(source.problems[0][1].message)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert done.stdout.strip() == f"nested deeper than {MAX_DEPTH} levels", done.stderr


@pytest.mark.parametrize("indent", ["{}- ", "{}a:\n"])
def test_the_deepest_nesting_that_is_read(indent: str) -> None:
    def nested(depth: int) -> str:
        if indent.endswith("\n"):
            opened = "".join(indent.format(" " * n) for n in range(depth))
            return f"{opened}{' ' * depth}1"
        return "- " * depth + "1"

    assert parse(nested(MAX_DEPTH), "f").problems == []
    assert "nested deeper" in only(parse(nested(MAX_DEPTH + 1), "f"))[1]


def test_a_file_of_ten_megabytes_is_refused_at_once(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.big.yaml"
    file.write_text("# padding\n" * 1024 * 1024)
    started = time.monotonic()
    source = read(file, "Pulumi.big.yaml")
    assert time.monotonic() - started < 1
    assert source.file == "Pulumi.big.yaml"
    assert f"at most {MAX_BYTES:,}" in only(source)[1]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert "No such file" in only(read(tmp_path / "none.yaml"))[1]
    assert "directory" in only(read(tmp_path))[1]
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"a: \xff\xfe\n")
    assert "not UTF-8" in only(read(binary))[1]
    wide = tmp_path / "wide.yaml"
    wide.write_text("a: 1", encoding="utf-16")
    assert "not UTF-8" in only(read(wide))[1]


def test_a_byte_order_mark_is_no_column(tmp_path: Path) -> None:
    file = tmp_path / "bom.yaml"
    file.write_text("a: 1\n", encoding="utf-8-sig")
    source = read(file)
    assert source.data == {"a": 1}
    assert source.position(("a",)) == Position(1, 4)


def test_windows_line_ends(tmp_path: Path) -> None:
    file = tmp_path / "crlf.yaml"
    file.write_bytes(b"a: 1\r\nb:\r\n  c: 2\r\n")
    assert read(file).position(("b", "c")) == Position(3, 6)


# The letters of the ends of lines that YAML knows and JSON does not are left
# out: PyYAML writes them escaped, in one line more than they stand for.
texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029"),
    max_size=10,
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False, width=32)
    | texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(texts.filter(lambda key: key != "<<"), inner, max_size=3)
    ),
    max_leaves=12,
)


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return [x for k, v in value.items() for x in _leaves(v, (*path, k))]
    if isinstance(value, list):
        return [x for i, v in enumerate(value) for x in _leaves(v, (*path, i))]
    return [(path, value)]


@given(st.dictionaries(texts, values, min_size=1, max_size=4), st.sampled_from([0, 1]))
def test_what_was_written_is_read_back(data: dict[str, Any], flow: int) -> None:
    data.pop("<<", None)
    # Every text in quotes: YAML 1.1, which PyYAML writes, leaves `1e3` bare.
    text = yaml.safe_dump(
        data, allow_unicode=True, default_flow_style=bool(flow), default_style='"'
    )
    source = parse(text, "f")
    assert source.problems == []
    assert source.data == data
    lines = text.split("\n")
    for path, value in _leaves(data):
        place = source.position(path)
        assert place is not None
        at = "\n".join(
            [lines[place.line - 1][place.column - 1 :], *lines[place.line :]]
        )
        assert at.startswith(('"', "!!", "[]", "{}"))
        if isinstance(value, str) and value.isalnum() and value.isascii():
            assert at.startswith(f'"{value}"')


@given(st.text(max_size=60) | st.text("{}[]&*!|>%@`'\"#-?:, \n\tab<~", max_size=60))
def test_no_text_raises(text: str) -> None:
    source = parse(text, "f")
    for position, _ in source.problems:
        assert 1 <= position.line <= text.count("\n") + text.count("\r") + 2
        assert position.column >= 1
