"""Datasets fetched in the image `transfer`, from servers on loopback."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import signal
import socket
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from jobs.fetch import curl, rclone
from jobs.fetch.errors import FetchError
from jobs.fetch.place import MARKER, Place
from jobs.fetch.unpack import is_archive, unpack
from tests.containers import Container

FETCH = ("python3", "-m", "jobs.fetch")
QUICK = ("--into", "/mnt/data", "--pause", "0.1")
CONTENT = os.urandom(300_000)


@pytest.fixture(scope="session")
def transfer(containers: Callable[[str], Container]) -> Container:
    return containers("transfer")


@dataclass
class Site:
    """A web server whose files and faults a test says.

    Attributes:
        files: Path: content.
        cut: Paths whose first answers end after half of what they promised: how
            many of them are left.
        ranges: Whether it can begin in the middle.
        asked: The `Range` of each request, with its path.
    """

    port: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    cut: dict[str, int] = field(default_factory=dict)
    ranges: bool = True
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


class Handler(BaseHTTPRequestHandler):
    def __init__(self, site: Site, *rest: object) -> None:
        self.site = site
        super().__init__(*rest)  # type: ignore[arg-type]

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, *, body: bool) -> None:
        content = self.site.files.get(self.path)
        if body:
            self.site.asked.append((self.path, self.headers["Range"]))
        if content is None:
            self.send_error(404)
            return
        tag = f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
        wanted, same = self.headers["Range"], self.headers["If-Range"] in (None, tag)
        start = 0
        if self.site.ranges and wanted and same:
            start = int(wanted.removeprefix("bytes=").partition("-")[0])
            self.send_response(206)
            last = len(content) - 1
            self.send_header("Content-Range", f"bytes {start}-{last}/{len(content)}")
        else:
            self.send_response(200)
        rest = content[start:]
        self.send_header("Content-Length", str(len(rest)))
        kind = "text/html" if self.path.endswith("/") else "application/octet-stream"
        self.send_header("Content-Type", kind)
        self.send_header("ETag", tag)
        self.send_header("Accept-Ranges", "bytes" if self.site.ranges else "none")
        self.end_headers()
        if not body:
            return
        if self.site.cut.get(self.path, 0):
            self.site.cut[self.path] -= 1
            rest = rest[: len(rest) // 2]
        self.wfile.write(rest)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, made)) as server:
        made.port = server.server_port
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield made
        server.shutdown()
        thread.join()


def tar_of(files: dict[str, bytes], mode: str = "w:gz") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), 0o600
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def zip_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def visible(directory: Path) -> list[str]:
    """What a program sees in a directory, hidden names apart."""
    paths = (p.relative_to(directory) for p in directory.rglob("*") if p.is_file())
    return sorted(str(p) for p in paths if not p.parts[0].startswith("."))


@pytest.mark.images
@pytest.mark.parametrize(
    "command",
    [
        ("rclone", "version"),
        ("curl", "--version"),
        ("ssh", "-V"),
        ("sh", "-c", "command -v scp sftp ssh-keyscan"),
        ("test", "-s", "/etc/ssl/certs/ca-certificates.crt"),
    ],
    ids=lambda command: command[0],
)
def test_the_image_has_the_programs(
    transfer: Container, tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = transfer.run(tmp_path, *command)
    assert done.returncode == 0, done.stderr


@pytest.mark.images
def test_a_file_arrives_whole(transfer: Container, tmp_path: Path, site: Site) -> None:
    site.files["/a.bin"] = CONTENT
    url = site.url("/a.bin")
    for _ in range(2):
        done = transfer.run(
            tmp_path, *FETCH, url, *QUICK, "--sha256", sha256(CONTENT).upper()
        )
        assert done.returncode == 0, done.stderr
    assert "already" in done.stdout
    assert len(site.asked) == 1
    data = tmp_path / "data"
    assert (data / "a.bin").read_bytes() == CONTENT
    assert visible(data) == ["a.bin"]
    assert sorted(path.name for path in data.iterdir()) == [MARKER, "a.bin"]
    assert json.loads((data / MARKER).read_text())["source"] == url


@pytest.mark.images
def test_a_wrong_digest_leaves_nothing(
    transfer: Container, tmp_path: Path, site: Site
) -> None:
    site.files["/a.tar"] = tar_of({"a": b"1"}, "w")
    done = transfer.run(
        tmp_path, *FETCH, site.url("/a.tar"), *QUICK, "--sha256", "0" * 64
    )
    assert done.returncode == 1
    assert sha256(site.files["/a.tar"]) in done.stderr
    assert visible(tmp_path / "data") == []
    assert not (tmp_path / "data" / MARKER).exists()


@pytest.mark.images
def test_a_cut_connection_is_taken_up_again(
    transfer: Container, tmp_path: Path, site: Site
) -> None:
    site.files["/a.bin"] = CONTENT
    site.cut["/a.bin"] = 3
    done = transfer.run(
        tmp_path, *FETCH, site.url("/a.bin"), *QUICK, "--sha256", sha256(CONTENT)
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "data" / "a.bin").read_bytes() == CONTENT
    assert [range_ for _, range_ in site.asked] == [
        None,
        *("bytes=150000-", "bytes=225000-", "bytes=262500-"),
    ]


@pytest.mark.images
def test_without_ranges_it_begins_again(
    transfer: Container, tmp_path: Path, site: Site
) -> None:
    site.files["/a.bin"] = CONTENT
    site.cut["/a.bin"] = 1
    site.ranges = False
    done = transfer.run(tmp_path, *FETCH, site.url("/a.bin"), *QUICK)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "data" / "a.bin").read_bytes() == CONTENT


@pytest.mark.images
def test_it_gives_up_on_a_server_that_always_hangs_up(
    transfer: Container, tmp_path: Path, site: Site
) -> None:
    site.files["/a.bin"] = CONTENT
    site.cut["/a.bin"] = 100
    site.ranges = False
    done = transfer.run(tmp_path, *FETCH, site.url("/a.bin"), *QUICK, "--attempts", "3")
    assert done.returncode == 1
    assert "gave up after 3 attempts" in done.stderr
    assert visible(tmp_path / "data") == []


@pytest.mark.images
def test_a_missing_file_is_not_asked_for_twice(
    transfer: Container, tmp_path: Path, site: Site
) -> None:
    done = transfer.run(tmp_path, *FETCH, site.url("/none"), *QUICK)
    assert done.returncode == 1
    assert "the server answers 404" in done.stderr
    assert len(site.asked) == 1


@pytest.mark.images
@pytest.mark.parametrize("name", ["a.tar.gz", "a.zip"])
def test_an_archive_is_unpacked(
    transfer: Container, tmp_path: Path, site: Site, name: str
) -> None:
    files = {"cifar/batch_1": CONTENT, "cifar/meta": b"2"}
    site.files[f"/{name}"] = tar_of(files) if "tar" in name else zip_of(files)
    done = transfer.run(tmp_path, *FETCH, site.url(f"/{name}"), *QUICK)
    assert done.returncode == 0, done.stderr
    data = tmp_path / "data"
    assert visible(data) == ["cifar/batch_1", "cifar/meta"]
    assert (data / "cifar/batch_1").read_bytes() == CONTENT
    # The program that reads it may be another user.
    assert (data / "cifar/meta").stat().st_mode & 0o044 == 0o044
    assert (data / "cifar").stat().st_mode & 0o055 == 0o055


@pytest.mark.images
@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_an_archive_that_leads_outside_is_refused(
    transfer: Container,
    tmp_path: Path,
    site: Site,
    make: Callable[[dict[str, bytes]], bytes],
) -> None:
    site.files["/a"] = make({"inside": b"1", "../../../outside": b"2"})
    done = transfer.run(tmp_path, *FETCH, site.url("/a"), *QUICK, "--unpack")
    assert done.returncode == 1
    assert "the archive is refused" in done.stderr
    assert not (tmp_path / "outside").exists()
    assert visible(tmp_path / "data") == []


@pytest.mark.images
def test_a_killed_fetch_is_taken_up_again(
    transfer: Container, tmp_path: Path, site: Site
) -> None:
    site.files["/a.bin"] = CONTENT
    site.cut["/a.bin"] = 1
    words = (*FETCH, site.url("/a.bin"), "--into", "/mnt/data", "--pause", "60")
    with transfer.start(tmp_path, *words) as process:
        part = tmp_path / "data" / ".fetch" / "download" / "a.bin"
        deadline = time.monotonic() + 60
        while not (part.exists() and part.stat().st_size == len(CONTENT) // 2):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 143
    assert visible(tmp_path / "data") == []
    done = transfer.run(tmp_path, *words)
    assert done.returncode == 0, done.stderr
    assert site.asked[-1] == ("/a.bin", "bytes=150000-")
    assert (tmp_path / "data" / "a.bin").read_bytes() == CONTENT


@pytest.mark.images
def test_a_listing_is_copied(transfer: Container, tmp_path: Path, site: Site) -> None:
    listing = b'<html><a href="a.bin">a</a> <a href="more/">more</a></html>'
    more = b'<html><a href="../">up</a> <a href="b.txt">b</a></html>'
    site.files = {"/d/": listing, "/d/more/": more}
    site.files |= {"/d/a.bin": CONTENT, "/d/more/b.txt": b"2"}
    done = transfer.run(tmp_path, *FETCH, site.url("/d/"), *QUICK)
    assert done.returncode == 0, done.stderr
    assert visible(tmp_path / "data") == ["a.bin", "more/b.txt"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def s3_server(transfer: Container, tmp_path: Path, *options: str) -> Iterator[str]:
    """A server of the S3 protocol on the directories of `tmp_path / "buckets"`."""
    port = _free_port()
    buckets = tmp_path / "buckets"
    buckets.mkdir()
    command = ("rclone", "serve", "s3", "/mnt", "--addr", f"127.0.0.1:{port}")
    with transfer.start(buckets, *command, *options, RCLONE_CONFIG="") as process:
        try:
            deadline = time.monotonic() + 60
            while True:
                assert process.poll() is None
                assert time.monotonic() < deadline
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.communicate(timeout=60)


@pytest.mark.images
def test_a_bucket_is_read_without_any_identity(
    transfer: Container, tmp_path: Path
) -> None:
    with s3_server(transfer, tmp_path) as endpoint:
        prefix = tmp_path / "buckets" / "public" / "set"
        (prefix / "more").mkdir(parents=True)
        (prefix / "a.bin").write_bytes(CONTENT)
        (prefix / "more" / "b.txt").write_text("2")
        (tmp_path / "buckets" / "public" / "c.tar").write_bytes(tar_of({"c": b"3"}))
        at = ("--endpoint", endpoint, "--pause", "0.1", "--attempts", "2")
        many = transfer.run(
            tmp_path, *FETCH, "s3://public/set/", *at, "--into", "/mnt/many"
        )
        one = transfer.run(
            tmp_path, *FETCH, "s3://public/c.tar", *at, "--into", "/mnt/one"
        )
        none = transfer.run(
            tmp_path, *FETCH, "s3://public/none/", *at, "--into", "/mnt/none"
        )
    assert many.returncode == 0, many.stderr
    assert visible(tmp_path / "many") == ["a.bin", "more/b.txt"]
    assert (tmp_path / "many" / "a.bin").read_bytes() == CONTENT
    assert one.returncode == 0, one.stderr
    assert visible(tmp_path / "one") == ["c"]
    assert none.returncode == 1
    assert none.stderr.startswith("s3://public/none/: ")
    assert visible(tmp_path / "none") == []


@pytest.mark.images
def test_a_bucket_is_read_with_a_secret(transfer: Container, tmp_path: Path) -> None:
    with s3_server(transfer, tmp_path, "--auth-key", "reader,hunter2") as endpoint:
        (tmp_path / "buckets" / "private").mkdir()
        (tmp_path / "buckets" / "private" / "a").write_text("1")
        (tmp_path / "rclone.conf").write_text(
            "[mine]\ntype = s3\nprovider = Other\naccess_key_id = reader\n"
            f"secret_access_key = hunter2\nendpoint = {endpoint}\n"
        )
        words = (*FETCH, "s3://private/", "--attempts", "1")
        refused = transfer.run(
            tmp_path, *words, "--into", "/mnt/no", "--endpoint", endpoint
        )
        done = transfer.run(
            tmp_path,
            *(*words, "--into", "/mnt/yes", "--with-secret", "--requester-pays"),
            RCLONE_CONFIG="/mnt/rclone.conf",
        )
    assert refused.returncode == 1
    assert visible(tmp_path / "no") == []
    assert done.returncode == 0, done.stderr
    assert visible(tmp_path / "yes") == ["a"]
    assert "hunter2" not in done.stdout + done.stderr


@pytest.mark.images
def test_the_configuration_of_ssh_is_one_that_ssh_takes(
    transfer: Container, tmp_path: Path
) -> None:
    from components.kubernetes.secret_spec import SshSecretSpec  # noqa: PLC0415

    key = tmp_path / "key"
    done = transfer.run(
        tmp_path, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/mnt/key"
    )
    assert done.returncode == 0, done.stderr
    spec = SshSecretSpec(
        kind="ssh", private_key="ssh-key", known_hosts="h ssh-ed25519 AAAA"
    )
    files = spec.content("host", {"ssh-key": key.read_text().strip()})
    directory = transfer.root / "run/secrets/ml-storage/host"
    directory.mkdir(parents=True)
    try:
        for name, text in files.items():
            (directory / name).write_text(text)
            (directory / name).chmod(0o400)
        config = "/run/secrets/ml-storage/host/config"
        shown = transfer.run(tmp_path, "ssh", "-F", config, "-G", "data.example.com")
        public = transfer.run(
            tmp_path, "ssh-keygen", "-y", "-f", config.replace("config", "id")
        )
    finally:
        shutil.rmtree(transfer.root / "run/secrets/ml-storage")
    assert shown.returncode == 0, shown.stderr
    assert "identityfile /run/secrets/ml-storage/host/id\n" in shown.stdout
    assert "stricthostkeychecking true\n" in shown.stdout
    assert "batchmode yes\n" in shown.stdout
    assert public.returncode == 0, public.stderr
    assert public.stdout.split()[:2] == key.with_suffix(".pub").read_text().split()[:2]


def test_which_files_are_archives() -> None:
    yes = ["a.tar", "a.TAR.GZ", "a.tgz", "a.tar.bz2", "a.tar.xz", "a.zip"]
    no = ["a.gz", "a.parquet", "a.tar.zst", "tar"]
    assert [is_archive(name) for name in (*yes, *no)] == [True] * 6 + [False] * 4


@pytest.mark.parametrize(
    "content",
    [
        b"no archive",
        gzip.compress(b"no archive"),
        tar_of({"a": CONTENT})[:-1000],
        tar_of({"a": CONTENT}, "w")[:1000],
        zip_of({"a": CONTENT})[:-100],
        zip_of({"a": CONTENT}).replace(CONTENT[:16], b"0123456789abcdef"),
    ],
    ids=["text", "gzip", "cut tar.gz", "cut tar", "cut zip", "changed zip"],
)
def test_a_damaged_archive_says_so(tmp_path: Path, content: bytes) -> None:
    archive = tmp_path / "archive"
    archive.write_bytes(content)
    with pytest.raises(FetchError, match="no whole tar or zip file"):
        unpack(archive, tmp_path / "content")


@pytest.mark.parametrize("link", ["/etc/passwd", "../../outside"])
def test_a_link_that_leads_outside_is_refused(tmp_path: Path, link: str) -> None:
    archive = tmp_path / "archive"
    with tarfile.open(archive, "w") as tar:
        info = tarfile.TarInfo("link")
        info.type, info.linkname = tarfile.SYMTYPE, link
        tar.addfile(info)
    with pytest.raises(FetchError, match="refused"):
        unpack(archive, tmp_path / "content")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.com/a%20b.zip?x=/c", "a b.zip"),
        ("https://example.com/..%2f..%2fetc", "_.._etc"),
        ("https://example.com/.hidden", "hidden"),
        ("https://example.com/%2e%2e", "data"),
    ],
)
def test_a_file_keeps_its_name(url: str, name: str) -> None:
    assert rclone.file_name(url) == name


def test_another_dataset_in_the_directory_is_kept(tmp_path: Path) -> None:
    first = Place(tmp_path, {"source": "one"})
    (first.download / "a").write_text("1")
    first.publish(first.download)
    with pytest.raises(FetchError, match="holds one already"):
        Place(tmp_path, {"source": "two"})
    assert (tmp_path / "a").read_text() == "1"


def test_a_file_of_someone_else_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine")
    place = Place(tmp_path, {"source": "one"})
    (place.download / "a").write_text("1")
    with pytest.raises(FetchError, match="there already"):
        place.publish(place.download)
    assert (tmp_path / "a").read_text() == "mine"


def test_killed_while_it_moves_it_goes_on(tmp_path: Path) -> None:
    request = {"source": "one"}
    place = Place(tmp_path, request)
    for name in ("a", "b"):
        (place.download / name).write_text(name)
    (tmp_path / ".fetch" / "publishing").write_text('"download"')
    (place.download / "a").rename(tmp_path / "a")
    again = Place(tmp_path, request)
    assert again.unfinished
    again.finish()
    assert visible(tmp_path) == ["a", "b"]
    assert Place(tmp_path, request).complete


def test_what_was_left_of_another_source_goes(tmp_path: Path) -> None:
    place = Place(tmp_path, {"source": "one"})
    (place.download / "a").write_text("1")
    assert list(Place(tmp_path, {"source": "two"}).download.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[a]\ntype = drive\n", "none"),
        ("[a]\ntype = s3\n[b]\ntype = s3\n", "a, b"),
        ("hunter2", "no configuration of rclone"),
    ],
)
def test_a_secret_with_another_remote(tmp_path: Path, text: str, words: str) -> None:
    config = tmp_path / "rclone.conf"
    config.write_text(text)
    with pytest.raises(FetchError, match=words) as caught:
        rclone.remote_of("s3://bucket/a", config=config)
    assert "hunter2" not in str(caught.value)


def test_public_buckets_of_google() -> None:
    remote = rclone.remote_of("gs://bucket/prefix/")
    assert remote.path == "dataset:bucket/prefix/"
    assert remote.environment == {
        "RCLONE_CONFIG": "",
        "RCLONE_CONFIG_DATASET_TYPE": "google cloud storage",
        "RCLONE_CONFIG_DATASET_ANONYMOUS": "true",
    }


def test_patience() -> None:
    waited: list[float] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", waited.append)
        for failures in (1, 2, 3, 9):
            curl.Attempts(pause=2).wait(failures)
    assert waited == [2, 4, 8, 60]


def test_where_curl_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from jobs.fetch.__main__ import main  # noqa: PLC0415

    monkeypatch.setenv("PATH", str(tmp_path))
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert main(["http://127.0.0.1:9/a", "--into", str(tmp_path / "data")]) == 1
    finally:
        signal.signal(signal.SIGTERM, before)
    assert "curl is not in this image" in capsys.readouterr().err
