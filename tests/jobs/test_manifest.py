"""What a directory holds, and what is found when it does not."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import manifest
from jobs.manifest import BadManifest, File, Manifest

FILES = {"a.bin": b"1" * 70_000, "sub/b c.txt": b"2", "sub/deep/empty": b""}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    directory = tmp_path / "tree"
    for name, content in (FILES | {".hidden": b"3", ".sync/part": b"4"}).items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content)
    return directory


def told(directory: Path, made: Manifest, *, contents: bool) -> list[str]:
    return list(manifest.differences(directory, made, contents=contents))


def test_every_visible_file_is_listed(tree: Path) -> None:
    made = manifest.of(tree, source="s3://datasets/p/", about={"epoch": "3"})
    assert {file.path: (file.size, file.sha256) for file in made.files} == {
        name: (len(content), hashlib.sha256(content).hexdigest())
        for name, content in FILES.items()
    }
    assert [file.path for file in made.files] == sorted(FILES)
    assert (made.source, made.about) == ("s3://datasets/p/", {"epoch": "3"})
    assert made.size == sum(map(len, FILES.values()))


def test_what_is_written_is_read(tree: Path) -> None:
    made = manifest.of(tree, source="here")
    path = tree / manifest.NAME
    manifest.write(path, made)
    assert manifest.read(path) == made
    # It does not list itself, nor leave anything beside it.
    assert manifest.of(tree, source="here") == made
    assert [p.name for p in tree.iterdir() if manifest.NAME in p.name] == [path.name]


def test_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        manifest.read(tmp_path / manifest.NAME)


def test_a_link_is_what_it_names(tree: Path) -> None:
    (tree / "link").symlink_to("a.bin")
    (tree / "broken").symlink_to("none")
    (tree / "round").symlink_to(".")
    found = {file.path: file for file in manifest.of(tree, source="here").files}
    assert set(found) == {*FILES, "link"}
    assert found["link"].sha256 == found["a.bin"].sha256


def test_differences_say_which_file_and_what(tree: Path) -> None:
    made = manifest.of(tree, source="here")
    assert told(tree, made, contents=True) == []
    (tree / "more").touch()
    assert told(tree, made, contents=True) == []
    (tree / "sub" / "b c.txt").write_bytes(b"22")
    (tree / "sub" / "deep" / "empty").unlink()
    (tree / "a.bin").write_bytes(b"9" * 70_000)
    sizes = ["sub/b c.txt has 2 bytes, not 1", "sub/deep/empty is missing"]
    assert told(tree, made, contents=False) == sizes
    first, *rest = told(tree, made, contents=True)
    assert first.startswith("a.bin has the SHA-256 ")
    assert rest == sizes


def test_a_file_where_a_directory_was(tree: Path) -> None:
    made = Manifest(source="here", files=(File("a.bin/b", 1, "0" * 64),))
    assert told(tree, made, contents=False) == ["a.bin/b is missing"]


@pytest.mark.parametrize("seed", range(20))
def test_any_changed_byte_is_found(tree: Path, seed: int) -> None:
    made = manifest.of(tree, source="here")
    chance = random.Random(seed)  # noqa: S311, bytes to spoil
    content = bytearray(FILES["a.bin"])
    content[chance.randrange(len(content))] ^= chance.randrange(1, 256)
    (tree / "a.bin").write_bytes(content)
    assert told(tree, made, contents=False) == []
    assert len(told(tree, made, contents=True)) == 1


NAMES = st.text(st.characters(exclude_characters="\0/", codec="utf-8"), min_size=1)
PATHS = st.lists(
    NAMES.filter(lambda name: name not in (".", "..")), min_size=1, max_size=3
).map("/".join)
MADE = st.builds(
    Manifest,
    source=st.text(),
    files=st.lists(
        st.builds(
            File,
            PATHS,
            st.integers(0, 2**60),
            st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
        ),
        max_size=3,
    ).map(tuple),
    about=st.dictionaries(st.text(), st.text(), max_size=3),
)


@given(MADE)
def test_it_comes_back_from_json(made: Manifest) -> None:
    assert manifest.from_json(manifest.to_json(made)) == made


@given(MADE, st.data())
def test_half_of_it_is_no_manifest(made: Manifest, data: st.DataObject) -> None:
    # The last byte ends a line.
    content = manifest.to_json(made)[:-1]
    end = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises(BadManifest):
        manifest.from_json(content[:end])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"files": [{"path": "../a"}]}, "no file of a manifest"),
        ({"path": "../a"}, "no file of a manifest"),
        ({"path": "/etc/passwd"}, "no file of a manifest"),
        ({"path": ""}, "no file of a manifest"),
        ({"path": "a\0b"}, "no file of a manifest"),
        ({"size": -1}, "no file of a manifest"),
        ({"size": "1"}, "no file of a manifest"),
        ({"sha256": "0" * 63}, "no file of a manifest"),
        ({"source": None}, "it lacks its source"),
        ({"about": []}, "it lacks its source"),
    ],
    ids=str,
)
def test_what_is_no_manifest(changed: dict[str, object], words: str) -> None:
    file = {"path": "a", "size": 1, "sha256": "0" * 64}
    file |= {key: value for key, value in changed.items() if key in file}
    whole = {"source": "here", "about": {}, "files": [file]}
    assert manifest.from_json(json.dumps({**whole, "files": []}).encode())
    whole |= {key: value for key, value in changed.items() if key in whole}
    with pytest.raises(BadManifest, match=words):
        manifest.from_json(json.dumps(whole).encode())
    for other in (b"[]", b"", b"\xff"):
        with pytest.raises(BadManifest):
            manifest.from_json(other)
