"""Servers that speak the APIs of the clouds, once for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from tests.emulators import gcs_server, programs, s3_server
from tests.emulators.conditions import teach
from tests.emulators.emulator import Emulator
from tests.emulators.gcs_server import GcsServer
from tests.emulators.s3_server import S3Server
from tests.emulators.stores import S3, Gcs, Store


@pytest.fixture(scope="session")
def server() -> Iterator[Emulator]:
    emulator = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    emulator.start()
    host, port = emulator.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        teach(patch)
        yield Emulator(f"http://{host}:{port}")
    emulator.stop()


@pytest.fixture
def emulator(server: Emulator) -> Iterator[Emulator]:
    """The server, with nothing in it."""
    server.enforce(False)
    server.empty()
    yield server
    server.enforce(False)


@pytest.fixture(scope="session")
def cloud_storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GcsServer]:
    with gcs_server.running(tmp_path_factory.mktemp("gcs")) as server:
        yield server


@pytest.fixture
def gcs(cloud_storage: GcsServer) -> GcsServer:
    """The server of Cloud Storage, with nothing in it."""
    cloud_storage.empty()
    return cloud_storage


@pytest.fixture
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A server of S3 that can be killed, with nothing in it."""
    with s3_server.running(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(params=["gs", "s3"])
def store(request: pytest.FixtureRequest) -> Store:
    """A bucket with nothing in it, of each cloud in turn."""
    if request.param == "gs":
        return Gcs(request.getfixturevalue("gcs"))
    return S3(request.getfixturevalue("emulator"))


@pytest.fixture(scope="session")
def rclone() -> Path:
    """The directory of rclone, which belongs on PATH."""
    return programs.rclone()
