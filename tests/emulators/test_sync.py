"""`jobs.sync` between directories and buckets of both clouds."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from jobs.rclone import Failure
from tests.containers import Container
from tests.emulators import programs
from tests.emulators.emulator import Emulator
from tests.emulators.programs import Program
from tests.emulators.stores import S3, Store

pytestmark = pytest.mark.slow

CONTENT = os.urandom(300_000)
# Alone in a mount namespace, on a disk of 1 MB; what is left of it is listed.
_ON_A_SMALL_DISK = """
mount -t tmpfs -o size=1m none "$0" && "$@"
code=$?
ls -A "$0" >&2
exit $code
"""


@dataclass(frozen=True)
class Sync(Program):
    """`jobs.sync`, which is not patient."""

    words: tuple[str, ...] = ("-m", "jobs.sync")
    options: tuple[str, ...] = ("--pause", "0.1")

    def copied(self, *words: object, **more: Any) -> int:
        """Run it; how many files were copied."""
        done = self.run(*words, **more)
        assert done.returncode == 0, done.stderr
        return int(done.stdout.splitlines()[-1].partition(" files")[0])


@pytest.fixture
def sync(store: Store, rclone: Path, tmp_path: Path) -> Sync:
    return Sync({**programs.environment(rclone, tmp_path), **store.environment})


def files(directory: Path) -> dict[str, bytes]:
    """What a program sees in a directory, hidden or not."""
    paths = (path for path in directory.rglob("*") if path.is_file())
    return {str(p.relative_to(directory)): p.read_bytes() for p in paths}


def visible(directory: Path) -> dict[str, bytes]:
    return {name: c for name, c in files(directory).items() if name[0] != "."}


def sizes(directory: Path) -> list[int]:
    """The sizes of all files there while they change."""
    found: list[int] = []
    for path in directory.rglob("*"):
        with suppress(FileNotFoundError):
            found.append(path.stat().st_size)
    return found


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    directory = tmp_path / "tree"
    for name, content in {
        "a.bin": CONTENT,
        "sub/b c.txt": b"2",
        "sub/empty": b"",
        "sub/ü:x": b"3",
    }.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content)
    return directory


def test_what_went_up_comes_down(
    sync: Sync, store: Store, tree: Path, tmp_path: Path
) -> None:
    there = f"{store.uri}/vision/"
    assert sync.copied(tree, there) == 4
    assert store.objects() == {f"vision/{k}": v for k, v in files(tree).items()}
    assert sync.copied(there, tmp_path / "back") == 4
    assert files(tmp_path / "back") == files(tree)
    # Nothing is moved twice, either way.
    assert sync.copied(there, tmp_path / "back") == 0
    assert sync.copied(tmp_path / "back", there) == 0
    assert sync.copied(tree, there) == 0


def test_what_is_new_or_changed_replaces_what_was(
    sync: Sync, store: Store, tmp_path: Path
) -> None:
    store.put("p/a", b"1111")
    store.put("p/b", b"2222")
    target = tmp_path / "to"
    target.mkdir()
    (target / "mine").write_bytes(b"kept")
    assert sync.copied(f"{store.uri}/p/", target) == 2
    time.sleep(1.1)  # Times of S3 are whole seconds.
    store.put("p/a", b"3333")
    store.put("p/c", b"4444")
    assert sync.copied(f"{store.uri}/p/", target) == 2
    wanted = {"a": b"3333", "b": b"2222", "c": b"4444", "mine": b"kept"}
    assert files(target) == wanted
    (target / "b").write_bytes(b"5555")
    assert sync.copied(target, f"{store.uri}/p/") == 2
    assert store.objects() == {f"p/{k}": v for k, v in files(target).items()}


def test_one_object_is_a_file_of_its_name(
    sync: Sync, store: Store, tmp_path: Path
) -> None:
    store.put("models/a.bin", CONTENT)
    store.put("models/a.bin2", b"another")
    assert sync.copied(f"{store.uri}/models/a.bin", tmp_path / "to") == 1
    assert files(tmp_path / "to") == {"a.bin": CONTENT}
    assert sync.copied(tmp_path / "to" / "a.bin", f"{store.uri}/copies/") == 1
    assert store.objects()["copies/a.bin"] == CONTENT


def test_a_link_goes_up_as_what_it_names(
    sync: Sync, store: Store, tmp_path: Path
) -> None:
    (tmp_path / "blob").write_bytes(CONTENT)
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "model").symlink_to(tmp_path / "blob")
    assert sync.copied(tmp_path / "from", f"{store.uri}/m/") == 1
    assert store.objects() == {"m/model": CONTENT}


def test_what_is_being_written_does_not_go_up(
    sync: Sync, store: Store, tmp_path: Path
) -> None:
    source = tmp_path / "from"
    source.mkdir()
    (source / "step-00000100").write_bytes(b"1")
    (source / ".step-00000200.tmp-17").write_bytes(b"half")
    (source / ".sync").mkdir()
    (source / ".sync" / "a").touch()
    (source / ".sync.lock").touch()
    assert sync.copied(source, f"{store.uri}/c/") == 1
    assert store.objects() == {"c/step-00000100": b"1"}


def test_where_there_is_nothing_yet(sync: Sync, store: Store, tmp_path: Path) -> None:
    for words in (
        (f"{store.uri}/none/", tmp_path / "to"),
        (f"{store.uri}/none.bin", tmp_path / "to"),
        (tmp_path / "none", f"{store.uri}/to/"),
    ):
        done = sync.run(*words)
        assert done.returncode == Failure.MISSING
        assert done.stderr == f"{words[0]}: there is nothing\n"
        assert sync.copied(*words, "--may-be-empty") == 0
    assert files(tmp_path / "to") == {}
    assert store.objects() == {}


def test_a_bucket_that_is_not_there(sync: Sync, store: Store, tree: Path) -> None:
    other = f"{store.uri}-of-nobody/p/"
    for words in ((other, tree), (tree, other)):
        done = sync.run(*words, "--may-be-empty", "--attempts", "1")
        assert done.returncode == Failure.MISSING, done.stderr
        assert done.stderr.startswith(f"{words[0]}: there is nothing: ")


def test_a_wrong_checksum_leaves_all_as_it_was(
    sync: Sync, store: Store, tmp_path: Path
) -> None:
    target = tmp_path / "to"
    store.put("p/a", b"1")
    assert sync.copied(f"{store.uri}/p/", target) == 1
    store.put("p/b", CONTENT)
    store.spoil("p/b")
    store.put("p/c", b"3")
    done = sync.run(f"{store.uri}/p/", target, "--attempts", "2")
    assert done.returncode == Failure.DIFFERS, done.stderr
    assert "what arrived is not what was sent" in done.stderr
    assert visible(target) == {"a": b"1"}
    store.put("p/b", CONTENT)
    # The one that was whole is not asked for again.
    assert sync.copied(f"{store.uri}/p/", target) == 1
    assert files(target) == {"a": b"1", "b": CONTENT, "c": b"3"}


@pytest.mark.parametrize("store", ["s3"], indirect=True)
def test_a_bucket_with_a_key_of_its_own(
    sync: Sync, store: Store, tmp_path: Path
) -> None:
    """The ETag of what a key of KMS encrypts is no MD5, and looks like one."""
    assert isinstance(store, S3)
    store.put("p/a", CONTENT)
    store.held("p/a")._etag = "0" * 32
    assert sync.copied(f"{store.uri}/p/", tmp_path / "to") == 1
    assert files(tmp_path / "to") == {"a": CONTENT}
    assert sync.copied(f"{store.uri}/p/", tmp_path / "to") == 0


def test_a_full_disk_is_given_back(sync: Sync, store: Store, tmp_path: Path) -> None:
    store.put("p/a", b"1")
    store.put("p/b", os.urandom(2_000_000))
    disk = tmp_path / "disk"
    disk.mkdir()
    small = ("unshare", "--mount", "sh", "-c", _ON_A_SMALL_DISK, str(disk))
    done = sync.run(f"{store.uri}/p/", disk, "--attempts", "1", before=small)
    assert done.returncode == Failure.FULL, done.stderr
    # What is listed after the message.
    assert done.stderr.splitlines()[1:] == []
    assert "there is no room for it: " in done.stderr


@pytest.mark.parametrize("store", ["s3"], indirect=True)
def test_no_permission_on_s3(
    sync: Sync, store: Store, emulator: Emulator, tree: Path, tmp_path: Path
) -> None:
    store.put("p/a", b"1")
    emulator.enforce(True)
    _refused(sync, store.uri, tree, tmp_path)
    emulator.enforce(False)
    assert set(store.objects()) == {"p/a"}


# As Google answers who lacks the right, in the error format of its JSON API.
_FORBIDDEN = json.dumps(
    {
        "error": {
            "code": 403,
            "message": "ns/vision/sa/reader does not have storage.objects.list "
            "access to the Google Cloud Storage bucket.",
            "errors": [{"domain": "global", "reason": "forbidden"}],
        }
    }
).encode()


class _Forbidding(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.send_response(403)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(_FORBIDDEN)))
        self.end_headers()
        self.wfile.write(_FORBIDDEN)

    do_POST = do_PUT = do_GET  # noqa: N815 - the names that the base class looks for

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_no_permission_on_cloud_storage(
    rclone: Path, tree: Path, tmp_path: Path
) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Forbidding) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        environment = {
            **programs.environment(rclone, tmp_path),
            "STORAGE_EMULATOR_HOST": f"127.0.0.1:{server.server_port}",
        }
        try:
            _refused(Sync(environment), "gs://datasets", tree, tmp_path)
        finally:
            server.shutdown()
            thread.join()


def _refused(sync: Sync, uri: str, tree: Path, tmp_path: Path) -> None:
    for words in ((f"{uri}/p/", tmp_path / "to"), (tree, f"{uri}/q/")):
        done = sync.run(*words, "--attempts", "1")
        assert done.returncode == Failure.DENIED, done.stderr
        assert ": no permission, or no identity: " in done.stderr
    assert files(tmp_path / "to") == {}


@pytest.mark.parametrize("store", ["s3"], indirect=True)
def test_a_server_that_refuses_is_said_and_tried_again(
    sync: Sync, store: Store, tree: Path, tmp_path: Path
) -> None:
    """Before rclone is patient with it, which takes minutes, and in silence."""
    nowhere = {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"}
    for words in ((f"{store.uri}/p/", tmp_path / "to"), (tree, f"{store.uri}/p/")):
        with sync.start(*words, **nowhere) as process:
            (line,) = programs.first_lines(process, 1)
        assert line.startswith("the bucket is not reached, trying again: ")
        assert line.endswith("connection refused\n")


def test_without_an_identity(rclone: Path, tmp_path: Path) -> None:
    environment = {
        **programs.environment(rclone, tmp_path),
        "GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "none.json"),
    }
    for uri in ("s3://datasets/p/", "gs://datasets/p/"):
        done = Sync(environment).run(uri, tmp_path / "to", "--attempts", "1")
        assert done.returncode == Failure.DENIED, done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_killed_while_it_comes_down_it_goes_on(
    sync: Sync, store: Store, tmp_path: Path, number: signal.Signals
) -> None:
    wanted = {f"shard-{i}": os.urandom(200_000) for i in range(10)}
    for name, content in wanted.items():
        store.put(f"p/{name}", content)
    target = tmp_path / "to"
    words = (f"{store.uri}/p/", target)
    slow = {"RCLONE_BWLIMIT": "400k", "RCLONE_TRANSFERS": "2"}
    with sync.start(*words, **slow) as process:
        until(lambda: sizes(target).count(200_000) > 2)
        os.killpg(process.pid, number)
        process.communicate(timeout=60)
    assert process.returncode in (143, -number)
    assert visible(target) == {}
    # Half of a file may lie there hidden; it is of no use to anyone.
    assert 0 < sync.copied(*words) < 8
    assert files(target) == wanted


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_killed_while_it_goes_up_it_goes_on(
    sync: Sync, store: Store, tmp_path: Path, number: signal.Signals
) -> None:
    source = tmp_path / "from"
    source.mkdir()
    for i in range(10):
        (source / f"shard-{i}").write_bytes(os.urandom(200_000))
    words = (source, f"{store.uri}/p/")
    wanted = {f"p/{name}": content for name, content in files(source).items()}
    slow = {"RCLONE_BWLIMIT": "400k", "RCLONE_TRANSFERS": "2"}
    with sync.start(*words, **slow) as process:
        until(lambda: len(store.objects()) > 2)
        os.killpg(process.pid, number)
        process.communicate(timeout=60)
    there = store.objects()
    assert 2 < len(there) < 10
    assert there.items() <= wanted.items()
    assert sync.copied(*words) == 10 - len(there)
    assert store.objects() == wanted


def test_one_large_file_is_visible_when_it_is_whole(
    sync: Sync, store: Store, tmp_path: Path
) -> None:
    """It goes up in parts, and is killed between them."""
    source = tmp_path / "from"
    source.mkdir()
    (source / "large").write_bytes(os.urandom(12 * 1024**2))
    words = (source, f"{store.uri}/p/")
    parts = {
        "RCLONE_GCS_CHUNK_SIZE": "256k",
        "RCLONE_S3_UPLOAD_CUTOFF": "5M",
        "RCLONE_BWLIMIT": "4M",
    }
    with sync.start(*words, **parts) as process:
        time.sleep(1.5)
        assert process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
    assert store.objects() == {}
    assert sync.copied(*words, RCLONE_S3_UPLOAD_CUTOFF="5M") == 1
    assert store.objects() == {"p/large": (source / "large").read_bytes()}
    # Its checksum went along, for S3 has none for an object of parts.
    assert sync.copied(f"{store.uri}/p/", tmp_path / "to") == 1
    assert files(tmp_path / "to") == files(source)


def test_two_at_once_wait_for_each_other(
    sync: Sync, store: Store, tmp_path: Path
) -> None:
    store.put("p/a", CONTENT)
    words = (f"{store.uri}/p/", tmp_path / "to")
    with sync.start(*words, RCLONE_BWLIMIT="200k") as first:
        until((tmp_path / "to" / ".sync.lock").exists)
        done = sync.run(*words)
        first.communicate(timeout=60)
    assert (first.returncode, done.returncode) == (0, 0)
    assert "another program fills" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("0 files")
    assert files(tmp_path / "to") == {"a": CONTENT}


def test_a_killed_program_keeps_others_away_while_its_rclone_writes(
    sync: Sync, store: Store, tmp_path: Path
) -> None:
    store.put("p/a", CONTENT)
    words = (f"{store.uri}/p/", tmp_path / "to")
    with sync.start(*words, RCLONE_BWLIMIT="150k") as first:
        until(lambda: len(sizes(tmp_path / "to")) > 3)
        first.kill()
        first.communicate(timeout=60)
    done = sync.run(*words)
    assert done.returncode == 0, done.stderr
    assert "another program fills" in done.stdout
    assert files(tmp_path / "to") == {"a": CONTENT}


@pytest.mark.images
def test_it_runs_in_the_image(
    containers: Callable[[str], Container],
    store: Store,
    tree: Path,
    tmp_path: Path,
) -> None:
    command = (*("python3", "-m", "jobs.sync"), f"{store.uri}/p/")
    image = containers("transfer")
    up = image.run(tree, *command[:3], "/mnt", command[3], **store.environment)
    assert up.returncode == 0, up.stderr
    down = image.run(tmp_path, *command, "/mnt/to", **store.environment)
    assert down.returncode == 0, down.stderr
    assert files(tmp_path / "to") == files(tree)
