"""Buckets of two clouds, as a test that runs on both talks to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from tests.emulators.emulator import REGION, Emulator
from tests.emulators.gcs_server import GcsServer

BUCKET = "datasets"


class Store(Protocol):
    """An emulator with a bucket.

    Attributes:
        uri: The bucket's URI.
        environment: What a program finds it and its identity by.
    """

    uri: str
    environment: dict[str, str]

    def put(self, key: str, content: bytes) -> None:
        """Write an object."""
        ...

    def objects(self) -> dict[str, bytes]:
        """All that is visible, with its content."""
        ...

    def spoil(self, key: str) -> None:
        """Change an object without its checksum."""
        ...


@dataclass
class Gcs:
    """A bucket of Cloud Storage."""

    server: GcsServer

    def __post_init__(self) -> None:
        self.uri = f"gs://{BUCKET}"
        self.environment = self.server.environment
        self.bucket: Any = self.server.client().create_bucket(BUCKET)

    def put(self, key: str, content: bytes) -> None:
        self.bucket.blob(key).upload_from_string(content)

    def objects(self) -> dict[str, bytes]:
        return {b.name: b.download_as_bytes() for b in self.bucket.list_blobs()}

    def spoil(self, key: str) -> None:
        self.server.spoil(BUCKET, key)


@dataclass
class S3:
    """A bucket of S3."""

    server: Emulator

    def __post_init__(self) -> None:
        self.uri = f"s3://{BUCKET}"
        self.environment = {
            "AWS_ENDPOINT_URL_S3": self.server.url,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        self.client = self.server.client("s3")
        self.client.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )

    def put(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket=BUCKET, Key=key, Body=content)

    def objects(self) -> dict[str, bytes]:
        listed = self.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return {
            each["Key"]: self.client.get_object(Bucket=BUCKET, Key=each["Key"])[
                "Body"
            ].read()
            for each in listed
        }

    def spoil(self, key: str) -> None:
        held = self.held(key)
        content, etag = held.value, held.etag
        held.value = bytes([content[0] ^ 1]) + content[1:]
        held._etag = etag.strip('"')

    def held(self, key: str) -> Any:
        """What the server has of an object: it is a thread of this process."""
        return s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[BUCKET].keys[key]
