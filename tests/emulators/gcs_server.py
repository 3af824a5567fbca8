"""A server that speaks the API of Cloud Storage, as a test talks to it."""

from __future__ import annotations

import socket
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.request import Request, urlopen

from google.auth.credentials import AnonymousCredentials

from sandbox import gcs

with warnings.catch_warnings():
    # It misses a package that makes errors of gRPC readable, which is not used.
    warnings.simplefilter("ignore", ImportWarning)
    from google.cloud import storage

PROJECT = "ml-prod-123456"


@dataclass(frozen=True)
class GcsServer:
    """The server.

    It has no rights and no access lists, keeps no more of a bucket than whether
    it is versioned, and renames nothing.

    Attributes:
        url: Where it answers.
        directory: Where its buckets lie: a directory each, with a file for each
            object.
    """

    url: str
    directory: Path

    @property
    def environment(self) -> dict[str, str]:
        """What the libraries of Google are told of it by."""
        return {"STORAGE_EMULATOR_HOST": self.url}

    def client(self) -> Any:
        """Someone who talks to it."""
        return storage.Client(
            project=PROJECT,
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": self.url},
        )

    def spoil(self, bucket: str, key: str) -> None:
        """Change an object behind the server's back: its checksums stay."""
        with (self.directory / bucket / key).open("r+b") as file:
            first = file.read(1)
            file.seek(0)
            file.write(bytes([first[0] ^ 1]))

    def empty(self) -> None:
        """Forget everything."""
        request = Request(f"{self.url}/_internal/delete_all", method="POST")  # noqa: S310, our own server
        with urlopen(request, timeout=10) as answer:  # noqa: S310
            assert answer.status == 200


@contextmanager
def running(
    directory: Path, *, backend: Literal["filesystem", "memory"] = "filesystem"
) -> Iterator[GcsServer]:
    """A server on loopback, whose data and log lie in a directory.

    Only in memory does it keep old versions; only files can be spoilt.
    """
    program = gcs.program()
    port = _free_port()
    data = directory / "buckets"
    url = f"http://127.0.0.1:{port}"
    command = [
        *(str(program), "-scheme", "http", "-host", "127.0.0.1", "-port", str(port)),
        *("-backend", backend, "-filesystem-root", str(data)),
        *("-public-host", f"127.0.0.1:{port}", "-log-level", "warn"),
    ]
    with (
        (directory / "log").open("wb") as log,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        ) as process,
    ):
        try:
            _wait(process, url)
            yield GcsServer(url, data)
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        assert process.poll() is None, f"it ended with {process.returncode}"
        try:
            with urlopen(f"{url}/_internal/healthcheck", timeout=5):  # noqa: S310
                return
        except OSError:
            assert time.monotonic() < deadline, "it does not answer"
            time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
