"""A way to a server that is as slow as a test wants, and counts what comes back."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from socketserver import BaseRequestHandler, ThreadingTCPServer

_CHUNK = 16 * 1024


@dataclass
class Relay:
    """The way.

    Attributes:
        port: Where it listens on loopback.
        rate: Bytes a second that each connection brings. Default: all it can.
        brought: Bytes that the server has answered so far, headers included.
    """

    port: int
    rate: float | None = None
    brought: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, size: int) -> None:
        """Take note of an answer, and slow it down."""
        with self._lock:
            self.brought += size
        if self.rate is not None:
            time.sleep(size / self.rate)


@contextmanager
def running(to: int) -> Iterator[Relay]:
    """A way to the server that listens at a port of loopback."""

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            client: socket.socket = self.request
            # What is on its way, and not counted as read, stays small.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _CHUNK)
            with socket.create_connection(("127.0.0.1", to)) as server:
                asks = threading.Thread(target=_pass, args=(client, server))
                asks.start()
                _pass(server, client, relay.count)
                asks.join()

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as listener:
        listener.daemon_threads = True
        relay = Relay(listener.server_address[1])
        thread = threading.Thread(target=listener.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield relay
        finally:
            listener.shutdown()
            thread.join()


def _pass(
    source: socket.socket,
    target: socket.socket,
    count: Callable[[int], None] = lambda _: None,
) -> None:
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            target.sendall(data)
            count(len(data))
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
