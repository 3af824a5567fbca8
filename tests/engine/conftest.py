"""The sandbox for tests that need a real Kubernetes."""

import fcntl
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from sandbox import cluster as sandbox
from sandbox import debian, image_archive
from sandbox.lifecycle import Sandbox
from sandbox.paths import state_dir
from tests.engine.examples import Example, renamed
from tests.engine.stacks import Stack

BUSYBOX = "localhost/ml-storage/busybox:test"
_APPLETS = (
    *("sh", "cat", "echo", "ls", "sleep", "test", "true", "false", "mkdir", "id"),
    *("hostname", "nc", "nslookup", "wget"),
)


@pytest.fixture(scope="session")
def alone() -> Iterator[None]:
    """There is one sandbox, and tests stop and kill it: they run in one process."""
    state_dir().mkdir(parents=True, exist_ok=True)
    with (state_dir() / "tests.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pytest.fail("another process tests on the sandbox: --dist loadgroup")
        yield


@pytest.fixture(scope="session")
def cluster(alone: None) -> Iterator[sandbox.Cluster]:
    """The sandbox; one that ran before goes on running after the tests."""
    ran = sandbox.status().ready
    yield sandbox.start()
    if not ran:
        sandbox.stop()


@pytest.fixture
def api(cluster: sandbox.Cluster) -> Iterator[client.ApiClient]:
    """A client of the sandbox."""
    with sandbox.client() as connection:
        yield connection


@pytest.fixture(scope="session")
def busybox(cluster: sandbox.Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a small image with a shell, which the sandbox has."""
    archive = tmp_path_factory.mktemp("images") / "busybox.tar"
    write_busybox(archive)
    sandbox.import_image(archive)
    return BUSYBOX


@pytest.fixture
def namespace(api: client.ApiClient, request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace of the test's own, deleted after it with all it holds."""
    core: Any = client.CoreV1Api(api)
    made = core.create_namespace(
        client.V1Namespace(metadata=client.V1ObjectMeta(generate_name="test-"))
    )
    yield made.metadata.name
    # A test may have left the sandbox stopped, and the client's connection dead.
    sandbox.start()
    with sandbox.client() as connection:
        client.CoreV1Api(connection).delete_namespace(
            made.metadata.name, grace_period_seconds=0
        )


@pytest.fixture
def example(
    cluster: sandbox.Cluster, api: client.ApiClient, tmp_path: Path
) -> Iterator[Example]:
    """An example under a name of its own, on directories of its own."""
    made: list[Stack] = []

    def make(title: str) -> Stack:
        made.append(renamed(title, tmp_path))
        return made[-1]

    yield make
    for stack in made:
        stack.remove(api)


@pytest.fixture(scope="session")
def patterns(
    cluster: sandbox.Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """The example `patterns` under a name of its own, once for all its tests."""
    stack = renamed("patterns", tmp_path_factory.mktemp("patterns"))
    yield stack
    # A test may have left the sandbox stopped.
    sandbox.start()
    with sandbox.client() as connection:
        stack.remove(connection)
    bucket = Sandbox().s3.directory / "buckets" / stack.name
    shutil.rmtree(bucket, ignore_errors=True)


def write_busybox(
    archive: Path, name: str = BUSYBOX, files: Mapping[str, Path] | None = None
) -> None:
    root = debian.fetch(["busybox-static"], label="busybox")
    image_archive.write(
        archive,
        name,
        files={"bin/busybox": root / "bin/busybox", **(files or {})},
        links={f"bin/{applet}": "busybox" for applet in _APPLETS},
        entrypoint=["/bin/sh"],
    )
