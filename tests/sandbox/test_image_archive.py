"""Small images are the same bytes wherever they are written."""

import json
import tarfile
from pathlib import Path

import pytest

from sandbox import image_archive
from sandbox.containers import images_of
from sandbox.errors import SandboxError

NAME = "localhost/test/tool:1"


def write(archive: Path, tool: Path) -> None:
    image_archive.write(
        archive,
        NAME,
        files={"bin/tool": tool},
        links={"bin/alias": "tool"},
        entrypoint=["/bin/tool"],
    )


@pytest.fixture
def tool(tmp_path: Path) -> Path:
    made = tmp_path / "tool"
    made.write_bytes(b"program")
    return made


def test_same_content_same_bytes(tmp_path: Path, tool: Path) -> None:
    write(tmp_path / "a.tar", tool)
    tool.touch()
    write(tmp_path / "b.tar", tool)
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()


def test_layer_has_files_links_and_their_directories(
    tmp_path: Path, tool: Path
) -> None:
    write(tmp_path / "a.tar", tool)
    with tarfile.open(tmp_path / "a.tar") as outer:
        layer = outer.extractfile("layer.tar")
        with tarfile.open(fileobj=layer) as inner:
            modes = {member.name: oct(member.mode) for member in inner}
            assert inner.getmember("bin/alias").linkname == "tool"
    assert modes.keys() == {"bin", "tmp", "bin/tool", "bin/alias"}
    assert (modes["bin/tool"], modes["tmp"]) == ("0o755", "0o1777")


def test_digest_is_of_the_config(tmp_path: Path, tool: Path) -> None:
    write(tmp_path / "a.tar", tool)
    before = images_of(tmp_path / "a.tar")
    with tarfile.open(tmp_path / "a.tar") as tar:
        manifest = json.load(tar.extractfile("manifest.json"))  # pyright: ignore[reportArgumentType]
    assert before == {NAME: "sha256:" + manifest[0]["Config"].removesuffix(".json")}
    tool.write_bytes(b"another program")
    write(tmp_path / "a.tar", tool)
    assert images_of(tmp_path / "a.tar") != before


def test_what_is_no_archive_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "no.tar").write_text("no")
    for name in ("no.tar", "missing.tar"):
        with pytest.raises(SandboxError, match=rf"{name} is no image archive"):
            images_of(tmp_path / name)
