"""A server that speaks the API of S3 and keeps its data when it is killed."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from sandbox import s3

KEYS = s3.Keys("ml-storage-test", "ml-storage-test-secret")

# Owner, bucket, [time], address, who, request, what, key, URI, status.
_REQUEST = re.compile(
    r"^\S+ (?P<bucket>\S+) \[[^]]*\] \S+ \S+ \S+ (?P<action>\S+) (?P<key>.*) "
    r"/\S* (?P<status>\d{3}) "
)


@dataclass
class S3Server:
    """The server.

    It has one user, who may do everything, and one region. Of another access key
    it says that there is nothing, where S3 says that it is not permitted; of a
    wrong secret key it says what S3 does.

    Attributes:
        directory: `buckets/` in it has a directory for each bucket, with a file
            for each object.
        port: Where it listens on loopback.
    """

    directory: Path
    port: int
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What programs find it and their identity by."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ENDPOINT_URL_S3": self.url,
            "AWS_REGION": s3.REGION,
            "AWS_ACCESS_KEY_ID": KEYS.access,
            "AWS_SECRET_ACCESS_KEY": KEYS.secret,
        }

    def client(self) -> Any:
        """Someone who talks to it, and does not try again."""
        return talk(self.url, KEYS)

    def start(self) -> None:
        """Start it, on the data that it has, and wait until it answers."""
        assert self._process is None, "it runs"
        command = s3.command(self.directory, f"127.0.0.1:{self.port}")
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=s3.environment(KEYS),
            )
        self._wait(self._process)

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=30)
            self._process = None

    def stop(self) -> None:
        """Let it end; one that was killed is no error."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)
            self._process = None

    def gets(self, prefix: str) -> int:
        """How many requests read (part of) an object, by its own account.

        Args:
            prefix: Bucket and the beginning of keys, e.g. `datasets/cifar10/`.
        """
        return gets(s3.access_log(self.directory), prefix)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, (self.directory / "log").read_text()
            if s3.answers("127.0.0.1", self.port):
                return
            assert time.monotonic() < deadline, "it does not answer"
            time.sleep(0.02)


@contextmanager
def running(directory: Path, *, port: int | None = None) -> Iterator[S3Server]:
    """A server on loopback, whose data and logs lie in a directory.

    Args:
        directory: What an earlier server left there is served again.
        port: Default: any that is free; it stays the same over a restart.
    """
    server = S3Server(directory.absolute(), port or _free_port())
    try:
        server.start()
        yield server
    finally:
        server.stop()


def talk(url: str, keys: s3.Keys) -> Any:
    """Someone who talks to a server at this URL, and does not try again."""
    return boto3.client(
        "s3",
        region_name=s3.REGION,
        endpoint_url=url,
        aws_access_key_id=keys.access,
        aws_secret_access_key=keys.secret,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0}),
    )


def gets(log: Path, prefix: str) -> int:
    """How many requests read (part of) an object, by a server's access log.

    Args:
        log: The log.
        prefix: Bucket and the beginning of keys, e.g. `datasets/cifar10/`.
    """
    return sum(
        found["action"] == "s3_GetObject"
        and found["status"] in ("200", "206")
        and f"{found['bucket']}/{found['key']}".startswith(prefix)
        for found in map(_REQUEST.match, log.read_text().splitlines())
        if found is not None
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
