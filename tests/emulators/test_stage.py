"""`jobs.stage` from buckets of both clouds: once, whole, checked, or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs import manifest
from jobs.rclone import Failure
from tests.containers import Container
from tests.emulators import programs
from tests.emulators.emulator import Emulator
from tests.emulators.staging import Stage, hidden, require_whole, until, visible
from tests.emulators.stores import Store
from tests.jobs.test_fetch import tar_of, zip_of

pytestmark = pytest.mark.slow

FILES = {"a.bin": os.urandom(300_000), "sub/b c.txt": b"2", "sub/ü:x": b"3"}
# Alone in a mount namespace, on a disk of 1 MB; what is left of it is listed.
_ON_A_SMALL_DISK = """
mount -t tmpfs -o size=1m none "$0" && "$@"
code=$?
ls -A "$0" >&2
exit $code
"""
NOWHERE = {
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1",
    "STORAGE_EMULATOR_HOST": "http://127.0.0.1:1",
}


@pytest.fixture
def stage(store: Store, rclone: Path, tmp_path: Path) -> Stage:
    return Stage({**programs.environment(rclone, tmp_path), **store.environment})


def put(store: Store, files: dict[str, bytes]) -> str:
    for name, content in files.items():
        store.put(f"p/{name}", content)
    return f"{store.uri}/p/"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_prefix_is_staged_once(stage: Stage, store: Store, tmp_path: Path) -> None:
    source, target = put(store, FILES), tmp_path / "new" / "to"
    assert stage.staged(source, target).startswith("3 files, 300,002 bytes in ")
    made = require_whole(target, FILES)
    assert (made.source, made.about) == (source, {})
    # The bucket is asked nothing the second time: it is not even reached.
    for again in (source, source.rstrip("/")):
        assert stage.staged(again, target, **NOWHERE).endswith(" already")
    require_whole(target, FILES)


def test_one_object(stage: Stage, store: Store, tmp_path: Path) -> None:
    source = put(store, {"a.bin": FILES["a.bin"], "a.bin2": b"2"}) + "a.bin"
    digest = sha256(FILES["a.bin"])
    stage.staged(source, tmp_path / "to", "--sha256", digest.upper())
    made = require_whole(tmp_path / "to", {"a.bin": FILES["a.bin"]})
    assert made.about == {"sha256": digest}
    stage.staged(source, tmp_path / "to", "--sha256", digest, **NOWHERE)


@pytest.mark.parametrize(("name", "make"), [("a.tar.gz", tar_of), ("a.zip", zip_of)])
def test_an_archive_is_unpacked(
    stage: Stage,
    store: Store,
    tmp_path: Path,
    name: str,
    make: Callable[[dict[str, bytes]], bytes],
) -> None:
    archive = make(FILES)
    source = put(store, {name: archive}) + name
    stage.staged(source, tmp_path / "to")
    made = require_whole(tmp_path / "to", FILES)
    assert made.about == {"sha256": sha256(archive), "unpacked": name}
    stage.staged(source, tmp_path / "as-it-is", "--no-unpack")
    require_whole(tmp_path / "as-it-is", {name: archive})
    # Whoever reads it may be another user.
    assert all(p.stat().st_mode & 0o444 for p in (tmp_path / "to").rglob("*"))


def test_several_files_are_no_archive(
    stage: Stage, store: Store, tmp_path: Path
) -> None:
    source = put(store, FILES)
    for words in (("--unpack",), ("--sha256", "0" * 64)):
        done = stage.run(source, tmp_path / "to", *words)
        assert done.returncode == Failure.OTHER
        assert "there are 3 files: one " in done.stderr
        assert visible(tmp_path / "to") == {}
    # What has arrived serves who asks for it as it is.
    stage.staged(source, tmp_path / "to")
    require_whole(tmp_path / "to", FILES)


def test_what_holds_something_else_is_not_touched(
    stage: Stage, store: Store, tmp_path: Path
) -> None:
    source, target = put(store, {"a.zip": zip_of(FILES)}) + "a.zip", tmp_path / "to"
    stage.staged(source, target)
    holds = f"{target} holds {source} already"
    for words, said in (
        ((f"{store.uri}/q/", target), f"{holds}: use a directory of its own"),
        ((source, target, "--sha256", "0" * 64), f"{holds}, with the SHA-256 "),
        ((source, target, "--no-unpack"), f"{holds}, unpacked: use a directory"),
    ):
        done = stage.run(*words, **NOWHERE)
        assert done.returncode == Failure.OTHER
        assert said in done.stderr
        require_whole(target, FILES)


def test_what_is_not_ours_is_not_mixed_with_it(
    stage: Stage, store: Store, tmp_path: Path
) -> None:
    target = tmp_path / "to"
    (target / "lost+found").mkdir(parents=True)
    (target / "mine").touch()
    done = stage.run(put(store, FILES), target, **NOWHERE)
    assert done.returncode == Failure.OTHER
    assert f"{target / 'mine'} is there already" in done.stderr
    assert sorted(path.name for path in target.iterdir()) == ["lost+found", "mine"]
    (target / "mine").unlink()
    stage.staged(put(store, FILES), target)
    require_whole(target, FILES)


def test_what_was_changed_since_is_not_taken_for_whole(
    stage: Stage, store: Store, tmp_path: Path
) -> None:
    source, target = put(store, FILES), tmp_path / "to"
    stage.staged(source, target)
    (target / "sub" / "b c.txt").write_bytes(b"22")
    done = stage.run(source, target, **NOWHERE)
    assert done.returncode == Failure.DIFFERS
    assert "sub/b c.txt has 2 bytes, not 1" in done.stderr
    (target / manifest.NAME).write_text("{")
    done = stage.run(source, target, **NOWHERE)
    assert done.returncode == Failure.OTHER
    assert "is no manifest: this is no JSON" in done.stderr


def test_the_manifest_of_the_source_has_to_agree(
    stage: Stage, store: Store, tmp_path: Path
) -> None:
    source, target = put(store, FILES), tmp_path / "to"
    stage.staged(source, tmp_path / "first")
    theirs = manifest.of(tmp_path / "first", source="train", about={"epoch": "3"})
    store.put(f"p/{manifest.NAME}", manifest.to_json(theirs))
    for changed, said in (
        (manifest.File("sub/b c.txt", 1, sha256(b"9")), "has the SHA-256 "),
        (manifest.File("sub/c", 1, sha256(b"9")), "is missing"),
    ):
        wrong = manifest.Manifest(source="train", files=(*theirs.files, changed))
        store.put(f"p/{manifest.NAME}", manifest.to_json(wrong))
        done = stage.run(source, target)
        assert done.returncode == Failure.DIFFERS
        assert f"by its manifest {changed.path} {said}" in done.stderr
        assert visible(target) == {}
        assert manifest.NAME not in hidden(target)
    store.put(f"p/{manifest.NAME}", manifest.to_json(theirs))
    stage.staged(source, target)
    made = require_whole(target, FILES)
    assert (made.source, made.about) == (source, {"epoch": "3"})


def test_a_manifest_goes_along_with_what_was_staged_before(
    stage: Stage, store: Store, tmp_path: Path
) -> None:
    """What it says of an archive is of the first staging, and not of the second."""
    stage.staged(put(store, {"a.zip": zip_of(FILES)}) + "a.zip", tmp_path / "first")
    first = manifest.read(tmp_path / "first" / manifest.NAME)
    for name, content in FILES.items():
        store.put(f"q/{name}", content)
    store.put(f"q/{manifest.NAME}", manifest.to_json(first))
    stage.staged(f"{store.uri}/q/", tmp_path / "second")
    made = require_whole(tmp_path / "second", FILES)
    assert made.files == first.files
    assert made.about == {}


def test_the_manifest_beside_an_archive_has_to_agree(
    stage: Stage, store: Store, tmp_path: Path
) -> None:
    archive = zip_of(FILES)
    source, target = put(store, {"a.zip": archive}), tmp_path / "to"
    for digest, code in (("0" * 64, Failure.DIFFERS), (sha256(archive), 0)):
        file = manifest.File("a.zip", len(archive), digest)
        theirs = manifest.Manifest(source="train", files=(file,))
        store.put(f"p/{manifest.NAME}", manifest.to_json(theirs))
        assert stage.run(source, target).returncode == code
        assert visible(target) == ({} if code else FILES)


def test_a_wrong_checksum_of_the_bucket(
    stage: Stage, store: Store, tmp_path: Path
) -> None:
    source, target = put(store, FILES), tmp_path / "to"
    store.spoil("p/a.bin")
    done = stage.run(source, target)
    assert done.returncode == Failure.DIFFERS, done.stderr
    assert "what arrived is not what was sent" in done.stderr
    assert visible(target) == {}
    assert manifest.NAME not in hidden(target)
    put(store, FILES)
    stage.staged(source, target)
    require_whole(target, FILES)


def test_a_wrong_digest(stage: Stage, store: Store, tmp_path: Path) -> None:
    source = put(store, FILES) + "a.bin"
    done = stage.run(source, tmp_path / "to", "--sha256", "0" * 64)
    assert done.returncode == Failure.DIFFERS
    found = sha256(FILES["a.bin"])
    assert done.stderr == f"{source}: its SHA-256 is {found}, not {'0' * 64}\n"
    assert list((tmp_path / "to").iterdir()) == []


def test_where_there_is_nothing(stage: Stage, store: Store, tmp_path: Path) -> None:
    for source in (
        f"{store.uri}/none/",
        f"{store.uri}/none.bin",
        f"{store.uri}-of-nobody/p/",
    ):
        done = stage.run(source, tmp_path / "to")
        assert done.returncode == Failure.MISSING, done.stderr
        assert done.stderr.startswith(f"{source}: there is nothing")
        assert list((tmp_path / "to").iterdir()) == []


@pytest.mark.parametrize("store", ["s3"], indirect=True)
def test_it_waits_for_what_is_to_come(
    stage: Stage, store: Store, tmp_path: Path
) -> None:
    source = f"{store.uri}/p/"
    done = stage.run(source, tmp_path / "to", "--wait", "1s")
    assert done.returncode == Failure.MISSING
    with stage.start(source, tmp_path / "to", "--wait", "2m") as process:
        assert process.stdout is not None
        until(lambda: "waiting for it" in process.stdout.readline())
        put(store, FILES)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, ""), out
    require_whole(tmp_path / "to", FILES)


@pytest.mark.parametrize("store", ["s3"], indirect=True)
def test_no_permission(
    stage: Stage, store: Store, emulator: Emulator, tmp_path: Path
) -> None:
    source = put(store, FILES)
    emulator.enforce(True)
    for each in (source, f"{source}a.bin"):
        done = stage.run(each, tmp_path / "to", "--wait", "1h")
        assert done.returncode == Failure.DENIED, done.stderr
        assert f"{each}: no permission, or no identity: " in done.stderr
        assert visible(tmp_path / "to") == {}
    emulator.enforce(False)
    stage.staged(source, tmp_path / "to")
    require_whole(tmp_path / "to", FILES)


@pytest.mark.parametrize("store", ["s3"], indirect=True)
def test_a_server_that_refuses_is_said_and_tried_again(
    stage: Stage, store: Store, tmp_path: Path
) -> None:
    """Before rclone is patient with it, which takes minutes, and in silence."""
    with stage.start(f"{store.uri}/p/", tmp_path / "to", **NOWHERE) as process:
        begins, line = programs.first_lines(process, 2)
    assert begins.startswith("staging ")
    assert line.startswith("the bucket is not reached, trying again: ")
    assert line.endswith("connection refused\n")


def test_without_an_identity(rclone: Path, tmp_path: Path) -> None:
    environment = {
        **programs.environment(rclone, tmp_path),
        "GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "none.json"),
    }
    for uri in ("s3://datasets/p/", "gs://datasets/p/"):
        done = Stage(environment).run(uri, tmp_path / "to")
        assert done.returncode == Failure.DENIED, done.stderr
        assert list((tmp_path / "to").iterdir()) == []


@pytest.mark.parametrize("name", ["a.bin", "a.zip"])
def test_a_full_volume_is_given_back(
    stage: Stage, store: Store, tmp_path: Path, name: str
) -> None:
    """By the download itself, or by what is unpacked."""
    content = bytes(2_000_000)
    files = {"a.bin": content, "a.zip": tar_of({"a": content})}
    disk = tmp_path / "disk"
    disk.mkdir()
    small = ("unshare", "--mount", "sh", "-c", _ON_A_SMALL_DISK, str(disk))
    done = stage.run(put(store, files) + name, disk, before=small)
    assert done.returncode == Failure.FULL, done.stderr
    assert done.stderr.count("\n") == 1, "the disk is empty"


@pytest.mark.images
def test_it_runs_in_the_image(
    containers: Callable[[str], Container],
    store: Store,
    tmp_path: Path,
) -> None:
    source = put(store, {"a.tgz": tar_of(FILES)})
    image = containers("transfer")
    command = ("python3", "-m", "jobs.stage", source, "/mnt/to")
    done = image.run(tmp_path, *command, **store.environment)
    assert done.returncode == 0, done.stderr
    require_whole(tmp_path / "to", FILES)
    command = ("python3", "-m", "jobs.wait", "/mnt/to", "--contents")
    assert image.run(tmp_path, *command).returncode == 0
