"""The server of S3 that may be killed: what it takes for S3, and what it keeps."""

from __future__ import annotations

import os
import random
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from jobs.rclone import Failure
from tests.emulators import s3_server
from tests.emulators.s3_server import S3Server

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BUCKET = "datasets"
PART = 5 * 1024**2
_ROUNDS = 6


@pytest.fixture
def bucket(s3: S3Server) -> S3Server:
    s3.client().create_bucket(Bucket=BUCKET)
    return s3


def content(server: S3Server, key: str) -> bytes:
    return server.client().get_object(Bucket=BUCKET, Key=key)["Body"].read()


def keys(server: S3Server, prefix: str = "") -> list[str]:
    pages = server.client().get_paginator("list_objects_v2")
    listed = pages.paginate(Bucket=BUCKET, Prefix=prefix, PaginationConfig={})
    return [each["Key"] for page in listed for each in page.get("Contents", [])]


def test_a_range_is_read(bucket: S3Server) -> None:
    bucket.client().put_object(Bucket=BUCKET, Key="a", Body=b"0123456789")
    answer = bucket.client().get_object(Bucket=BUCKET, Key="a", Range="bytes=2-4")
    assert answer["Body"].read() == b"234"
    assert answer["ContentRange"] == "bytes 2-4/10"


def test_a_prefix_is_no_directory(bucket: S3Server) -> None:
    """What is called like the beginning of others is there beside them."""
    wanted = ["e", "vision/a b", "vision/raw/c", "vision2/d"]
    for key in wanted:
        bucket.client().put_object(Bucket=BUCKET, Key=key, Body=b"1")
    assert keys(bucket) == wanted
    assert keys(bucket, "vision") == wanted[1:]
    assert keys(bucket, "vision/") == wanted[1:3]


def test_parts_are_an_object_when_all_are_there(bucket: S3Server) -> None:
    client = bucket.client()
    upload = _begin(client, "large")
    parts = [_part(client, "large", upload, i, bytes([i]) * PART) for i in (1, 2)]
    assert keys(bucket) == []
    _complete(client, "large", upload, parts)
    assert content(bucket, "large") == b"\1" * PART + b"\2" * PART


def test_a_wrong_key_is_no_permission(
    bucket: S3Server, sync: Callable[..., Any], tmp_path: Path
) -> None:
    bucket.client().put_object(Bucket=BUCKET, Key="p/a", Body=b"1")
    words = (f"s3://{BUCKET}/p/", tmp_path / "to", "--attempts", "1")
    done = sync(*words, AWS_SECRET_ACCESS_KEY="another")  # noqa: S106
    assert done.returncode == Failure.DENIED, done.stderr
    assert sync(*words).returncode == 0


def test_its_reads_are_counted(bucket: S3Server) -> None:
    client = bucket.client()
    for key in ("p/a b", "p/ü", "q/a"):
        client.put_object(Bucket=BUCKET, Key=key, Body=b"123")
    for key in ("p/a b", "p/ü", "p/ü", "q/a"):
        content(bucket, key)
    client.get_object(Bucket=BUCKET, Key="q/a", Range="bytes=0-1")
    client.head_object(Bucket=BUCKET, Key="p/ü")
    with pytest.raises(client.exceptions.NoSuchKey):
        content(bucket, "p/none")
    bucket.kill()
    bucket.start()
    content(bucket, "q/a")
    assert bucket.gets(f"{BUCKET}/p/") == 3
    assert bucket.gets(f"{BUCKET}/q/a") == 3
    assert bucket.gets("others/") == 0


def test_what_went_up_comes_down(
    bucket: S3Server, sync: Callable[..., Any], tmp_path: Path
) -> None:
    wanted = {"a": os.urandom(300_000), "sub/b c": b"2", "sub/empty": b"", "ü": b"3"}
    for name, data in wanted.items():
        (tmp_path / "from" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "from" / name).write_bytes(data)
    up = sync(tmp_path / "from", f"s3://{BUCKET}/p/")
    assert up.returncode == 0, up.stderr
    assert {key: content(bucket, key) for key in keys(bucket)} == {
        f"p/{name}": data for name, data in wanted.items()
    }
    for count in (4, 0):
        down = sync(f"s3://{BUCKET}/p/", tmp_path / "to")
        assert down.returncode == 0, down.stderr
        assert down.stdout.splitlines()[-1].startswith(f"{count} files")
    there = {
        str(path.relative_to(tmp_path / "to")): path.read_bytes()
        for path in (tmp_path / "to").rglob("*")
        if path.is_file()
    }
    assert there == wanted


def test_another_server_goes_on_with_the_data(tmp_path: Path) -> None:
    with s3_server.running(tmp_path) as first:
        first.client().create_bucket(Bucket=BUCKET)
        first.client().put_object(Bucket=BUCKET, Key="a", Body=b"1")
    with s3_server.running(tmp_path) as second:
        assert content(second, "a") == b"1"


@pytest.mark.parametrize("seed", range(_ROUNDS))
def test_killed_at_any_moment_it_shows_whole_objects_only(
    bucket: S3Server, seed: int
) -> None:
    """What it said it has, it has; what it was cut off in, is as it was before."""
    chosen = random.Random(seed)  # noqa: S311 - it is repeatable
    uploads = [_Uploads(f"small-{i}", 300_000, parts=False) for i in range(2)]
    uploads += [_Uploads("large", PART + 1000, parts=True)]
    threads = [threading.Thread(target=each.run, args=(bucket,)) for each in uploads]
    for thread in threads:
        thread.start()
    enough = chosen.randrange(5, 20)
    deadline = time.monotonic() + 60
    while sum(each.confirmed for each in uploads) < enough:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    time.sleep(chosen.random() * 0.05)
    bucket.kill()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    bucket.start()
    for each in uploads:
        if each.confirmed:
            assert each.number(content(bucket, each.key)) >= each.confirmed
    for key in keys(bucket):
        # A name of its own has what was about to take the place of another.
        named = [u for u in uploads if key == u.key or f".{u.key}." in key]
        assert len(named) == 1, key
        assert named[0].number(content(bucket, key)) > 0


@dataclass
class _Uploads:
    """Versions of one object, one after the other, until the server is gone.

    Attributes:
        key: The object's name.
        size: Bytes of each version, a multiple of 8.
        parts: Whether it goes up in parts.
        confirmed: The last version that the server said it has.
    """

    key: str
    size: int
    parts: bool
    confirmed: int = field(default=0)

    def run(self, server: S3Server) -> None:
        client = server.client()
        try:
            while True:
                self._upload(client, self.confirmed + 1)
                self.confirmed += 1
        except (BotoCoreError, ClientError):
            return

    def number(self, data: bytes) -> int:
        """Which version it is, all of it."""
        assert len(data) == self.size
        (number,) = {found for (found,) in struct.iter_unpack(">Q", data)}
        return number

    def _upload(self, client: Any, number: int) -> None:
        data = struct.pack(">Q", number) * (self.size // 8)
        if not self.parts:
            client.put_object(Bucket=BUCKET, Key=self.key, Body=data)
            return
        upload = _begin(client, self.key)
        sent = [
            _part(client, self.key, upload, 1 + i // PART, data[i : i + PART])
            for i in range(0, self.size, PART)
        ]
        _complete(client, self.key, upload, sent)


def _begin(client: Any, key: str) -> str:
    return client.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]


def _part(
    client: Any, key: str, upload: str, number: int, data: bytes
) -> dict[str, Any]:
    answer = client.upload_part(
        Bucket=BUCKET, Key=key, UploadId=upload, PartNumber=number, Body=data
    )
    return {"PartNumber": number, "ETag": answer["ETag"]}


def _complete(client: Any, key: str, upload: str, parts: list[dict[str, Any]]) -> None:
    client.complete_multipart_upload(
        Bucket=BUCKET, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}
    )


@pytest.fixture
def sync(bucket: S3Server, rclone: Path, tmp_path: Path) -> Callable[..., Any]:
    """`jobs.sync`, in an environment that names the server and nothing else."""
    path = os.pathsep.join([str(rclone), os.environ["PATH"]])
    own = {"PATH": path, "HOME": str(tmp_path), **bucket.environment}

    def run(*words: object, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "jobs.sync", *map(str, words)],
            env=own | more,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run
