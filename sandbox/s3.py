"""A server that speaks the API of S3: Versity S3 Gateway, built here.

A bucket is a directory and an object a file in it, so that what is stored outlives
the server however it ends. The sandbox has one where its pods reach it; tests run
others on loopback.
"""

import http.client
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sandbox import control_plane, gobuild
from sandbox.credentials import write_private
from sandbox.errors import SandboxError
from sandbox.network import HOST
from sandbox.processes import Processes
from sandbox.progress import step

NAME = "versitygw"
"""Name of its process."""
PORT = 9000
URL = f"http://{HOST}:{PORT}"
"""Where pods reach the sandbox's own."""
REGION = "us-east-1"
"""The one region that it is in: what clients sign for that are told of none."""
HEALTH = "/.health"
"""What answers without a key once it serves; no bucket can have this name."""

_MODULE = Path(__file__).parent / "s3"
_PACKAGES = {NAME: "github.com/versity/versitygw/cmd/versitygw"}
_PROBE = "user.ml-storage"


def program() -> Path:
    """Return the path of the server, built when it is first asked for.

    Raises:
        MissingTool: There is no Go on this machine.
        SandboxError: The build failed.
    """
    built = gobuild.build(_MODULE, _PACKAGES, ldflags="-s -w", label="the server of S3")
    return built / NAME


@dataclass(frozen=True)
class Keys:
    """What the one user of a server, who may do everything, is known by."""

    access: str
    secret: str = field(repr=False)


def command(directory: Path, address: str) -> list[str]:
    """Return the server's command line, and make its directories.

    Args:
        directory: `buckets/` in it has the data, `access.log` every request.
        address: Where it listens, e.g. `127.0.0.1:9000`.
    """
    buckets = directory / "buckets"
    buckets.mkdir(parents=True, exist_ok=True)
    words = [str(program()), "--port", address, "--region", REGION, "--quiet"]
    words += ["--health", HEALTH, "--keep-alive", "--disable-acl"]
    words += ["--access-log", str(access_log(directory)), "posix"]
    if not _has_attributes(buckets):
        beside = directory / "attributes"
        beside.mkdir(exist_ok=True)
        words += ["--sidecar", str(beside)]
    return [*words, str(buckets)]


def environment(keys: Keys) -> dict[str, str]:
    """Return what the server learns its keys by: never from an argument."""
    return {"ROOT_ACCESS_KEY_ID": keys.access, "ROOT_SECRET_ACCESS_KEY": keys.secret}


def access_log(directory: Path) -> Path:
    """Return the file with a line for each request, in the format of S3's own."""
    return directory / "access.log"


def answers(address: str, port: int) -> bool:
    """Return whether a server serves there."""
    connection = http.client.HTTPConnection(address, port, timeout=2)
    try:
        connection.request("GET", HEALTH)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@dataclass(frozen=True)
class S3:
    """The server of one sandbox.

    Attributes:
        directory: Where its data and keys are kept.
    """

    directory: Path

    def keys(self) -> Keys:
        """Return its keys, which are made at random when they are first asked for."""
        file = self.directory / "keys.json"
        if not file.exists():
            made = Keys(f"sandbox-{secrets.token_hex(6)}", secrets.token_urlsafe(30))
            write_private(file, json.dumps(asdict(made)))
        return Keys(**json.loads(file.read_text()))

    def make_bucket(self, name: str) -> None:
        """Make a bucket, or leave it if it is there."""
        (self.directory / "buckets" / name).mkdir(parents=True, exist_ok=True)

    def runs(self, processes: Processes) -> bool:
        """Return whether it runs and answers."""
        return processes.find(NAME) is not None and answers(HOST, PORT)

    def start(self, processes: Processes, *, timeout: float = 30) -> None:
        """Start it on the data that it has, and wait until it answers.

        Args:
            processes: Where it is recorded.
            timeout: Seconds to wait.

        Raises:
            SandboxError: It did not start; the message says what.
        """
        control_plane.require_free({PORT: HOST})
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o700)
        # What it has is of this run alone, as the logs of others.
        access_log(self.directory).unlink(missing_ok=True)
        words = command(self.directory, f"{HOST}:{PORT}")
        processes.spawn(NAME, words, environment(self.keys()))
        deadline = time.monotonic() + timeout
        while not answers(HOST, PORT):
            processes.require(NAME)
            if time.monotonic() > deadline:
                raise SandboxError(
                    f"The S3 server does not answer after {timeout:.0f} s; see "
                    f"{processes.log(NAME)}"
                )
            time.sleep(0.05)


def start(server: S3, processes: Processes) -> None:
    """Start the sandbox's server, or leave it if it runs.

    Raises:
        MissingTool: There is no Go on this machine.
        SandboxError: It did not start; the message says what.
    """
    if server.runs(processes):
        return
    # Built before the step, which would show its time as its own.
    program()
    with step(f"Starting the S3 server {URL}"):
        processes.stop(NAME)
        server.start(processes)


def _has_attributes(directory: Path) -> bool:
    """Whether its file system keeps what a user notes of a file: a tmpfs may not.

    Only there does an object appear together with its checksum.
    """
    try:
        os.setxattr(directory, _PROBE, b"1")
        os.removexattr(directory, _PROBE)
    except OSError:
        return False
    return True
