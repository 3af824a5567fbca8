"""A server that speaks the API of AWS, once for all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto.server import ThreadedMotoServer

from tests.emulators.conditions import teach
from tests.emulators.emulator import Emulator


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
