"""What the project's programs take for granted of Cloud Storage, on its API.

The emulator judges names, ranges, generations of what is written, compositions
and checksums. It does not judge who asks, how a bucket is set up, conditions of a
deletion, or what a folder's rename does.
"""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from google.api_core.exceptions import (
    BadRequest,
    Conflict,
    NotFound,
    PreconditionFailed,
)
from google.cloud.storage.exceptions import DataCorruption

from tests.emulators.gcs_server import GcsServer

pytestmark = pytest.mark.slow

CHUNK = 256 * 1024


@pytest.fixture
def bucket(gcs: GcsServer) -> Any:
    return gcs.client().create_bucket("datasets")


def put(bucket: Any, key: str, content: bytes, **more: Any) -> Any:
    blob = bucket.blob(key)
    blob.upload_from_string(content, **more)
    return blob


def names(listing: Any) -> list[str]:
    return [blob.name for blob in listing]


def test_a_prefix_is_listed_as_a_directory_is(bucket: Any) -> None:
    for key in ("vision/a", "vision/raw/b", "vision/raw/c", "vision2/d", "e"):
        put(bucket, key, b"1")
    assert names(bucket.list_blobs(prefix="vision/")) == [
        *("vision/a", "vision/raw/b", "vision/raw/c")
    ]
    listing = bucket.list_blobs(prefix="vision/", delimiter="/")
    assert names(listing) == ["vision/a"]
    assert listing.prefixes == {"vision/raw/"}


def test_pages_of_a_listing_have_each_name_once(bucket: Any) -> None:
    keys = [f"shard-{number:03}" for number in range(25)]
    for key in keys:
        put(bucket, key, b"1")
    pages = list(bucket.list_blobs(page_size=10).pages)
    assert [key for page in pages for key in names(page)] == keys
    assert len(pages) == 3


def test_a_range_is_what_was_asked_for(bucket: Any) -> None:
    content = os.urandom(10_000)
    blob = put(bucket, "a", content)
    assert blob.download_as_bytes(start=100, end=199) == content[100:200]
    assert blob.download_as_bytes(start=9_990) == content[-10:]


def test_of_many_writers_of_a_marker_one_wins(bucket: Any) -> None:
    """A marker is written with `ifGenerationMatch=0`: where there is none yet."""

    def write(number: int) -> bool:
        try:
            put(bucket, "_COMPLETE", str(number).encode(), if_generation_match=0)
        except PreconditionFailed:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(write, range(64)))
    assert won.count(True) == 1
    content = bucket.blob("_COMPLETE").download_as_bytes()
    assert content == str(won.index(True)).encode()


def test_who_has_not_seen_the_last_write_overwrites_nothing(bucket: Any) -> None:
    seen = put(bucket, "latest", b"100").generation
    put(bucket, "latest", b"200", if_generation_match=seen)
    with pytest.raises(PreconditionFailed):
        put(bucket, "latest", b"150", if_generation_match=seen)
    assert bucket.blob("latest").download_as_bytes() == b"200"


def test_32_parts_make_one_object_and_33_none(bucket: Any) -> None:
    contents = [os.urandom(1_000) for _ in range(33)]
    parts = [put(bucket, f"part-{i:02}", part) for i, part in enumerate(contents)]
    whole = bucket.blob("whole")
    whole.compose(parts[:32])
    assert whole.download_as_bytes() == b"".join(contents[:32])
    with pytest.raises(BadRequest, match="32"):
        bucket.blob("more").compose(parts)
    with pytest.raises(NotFound):
        bucket.blob("more").download_as_bytes()


def test_a_checksum_that_does_not_fit_is_refused(bucket: Any) -> None:
    blob = bucket.blob("a")
    blob.md5_hash = b64encode(
        hashlib.md5(b"2", usedforsecurity=False).digest()
    ).decode()
    with pytest.raises(BadRequest, match="MD5"):
        blob.upload_from_string(b"1")
    assert not bucket.blob("a").exists()


@pytest.mark.parametrize("checksum", ["md5", "crc32c"])
def test_what_was_spoilt_is_noticed_by_who_reads_it(
    gcs: GcsServer, bucket: Any, checksum: str
) -> None:
    blob = put(bucket, "a", os.urandom(1_000))
    blob.download_as_bytes(checksum=checksum)
    gcs.spoil("datasets", "a")
    with pytest.raises(DataCorruption, match=checksum.upper()):
        blob.download_as_bytes(checksum=checksum)


def test_an_upload_that_was_cut_off_goes_on(gcs: GcsServer, bucket: Any) -> None:
    """Parts that arrived are kept, and nobody sees them before the last is there.

    Whoever goes on knows here where it stopped: asked for it, the emulator would
    take the question for the end of the upload.
    """
    content = os.urandom(4 * CHUNK)
    session = bucket.blob("a").create_resumable_upload_session(
        size=len(content), if_generation_match=0
    )
    assert session.startswith(gcs.url)
    for number in (0, 1):
        assert _send(session, content, number) == 308
    assert not bucket.blob("a").exists()
    for number in (2, 3):
        last = _send(session, content, number)
    assert last == 200
    assert bucket.blob("a").download_as_bytes() == content


def test_the_slower_of_two_long_uploads_is_refused(bucket: Any) -> None:
    """What must not be there is looked at when the upload ends, too."""
    content = os.urandom(2 * CHUNK)
    sessions = [
        bucket.blob("a").create_resumable_upload_session(
            size=len(content), if_generation_match=0
        )
        for _ in range(2)
    ]
    answers = [
        _send(session, content, number) for number in (0, 1) for session in sessions
    ]
    assert answers == [308, 308, 200, 412]


def _send(session: str, content: bytes, number: int) -> int:
    """Send a part, by a connection of its own; the status of the answer."""
    start, end = number * CHUNK, (number + 1) * CHUNK
    answer = requests.put(
        session,
        data=content[start:end],
        headers={"Content-Range": f"bytes {start}-{end - 1}/{len(content)}"},
        timeout=10,
        allow_redirects=False,
    )
    return answer.status_code


def test_a_bucket_with_objects_is_not_deleted(bucket: Any) -> None:
    put(bucket, "a", b"1")
    # Google answers 409, the emulator 412.
    with pytest.raises((Conflict, PreconditionFailed)):
        bucket.delete()
    assert names(bucket.list_blobs()) == ["a"]
