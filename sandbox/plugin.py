"""The life of a Pulumi plugin process: it starts, serves, and ends with its engine."""

import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Any, Final

import grpc
from pulumi.runtime.proto import provider_pb2

_UNLIMITED: Final = 400 * 1024 * 1024
OPTIONS: Final[Sequence[tuple[str, Any]]] = (
    ("grpc.max_receive_message_length", _UNLIMITED),
    ("grpc.max_send_message_length", _UNLIMITED),
)
"""The engine's own limits: a state of many megabytes is one message."""

CHANGE_KINDS: Final[Mapping[tuple[str, bool], Any]] = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}
"""What Pulumi calls a change, by what happens and whether it replaces."""

_LOOK_EVERY: Final = 0.1


def serve(server: grpc.Server) -> None:
    """Serve on a free port, whose number is printed, until the engine is gone.

    A plugin that outlived a killed engine would go on changing the cluster
    while the next engine reads it.
    """
    engine = os.getppid()
    port = server.add_insecure_port("127.0.0.1:0")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    threading.Thread(target=_end_with, args=(engine,), daemon=True).start()
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


def _end(_number: int, _frame: FrameType | None) -> None:
    _exit()


def _end_with(engine: int) -> None:
    while os.getppid() == engine:
        time.sleep(_LOOK_EVERY)
    _exit()


def _exit() -> None:
    """End at once: no thread that still waits can hold the process up."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
