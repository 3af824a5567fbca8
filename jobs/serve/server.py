"""The HTTP server of one replica: one model, a thread for each connection.

It is the standard library's: no TLS, no authentication, no batching of requests
that come together, and each connection is closed after its answer, so that a
Service spreads requests over all replicas. That is enough to serve a model inside
a cluster, and not to face the internet.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, cast

from jobs.interruption import Interruption
from jobs.serve import images, metrics
from jobs.serve.images import BadImages
from jobs.serve.metrics import Counts, Load
from jobs.serve.versions import Version
from jobs.train_cifar10.batch_file import CLASSES

_LOOK: Final = 0.1
"""Seconds between two looks at whether it has to stop."""

_PATHS: Final[Mapping[str, str]] = {
    "/healthz": "GET",
    "/metrics": "GET",
    "/model": "GET",
    "/predict": "POST",
}


@dataclass(kw_only=True)
class Serving:
    """What all requests of a replica have in common.

    Attributes:
        version: What is served.
        load: How it was loaded.
        classify: Probabilities of each class for each image.
        newer: The name of a newer version, None while there is none.
        counts: What was answered so far.
        stopping: Whether no further requests are wanted.
    """

    version: Version
    load: Load
    classify: Callable[[Sequence[bytes]], list[list[float]]]
    newer: Callable[[], str | None]
    counts: Counts
    stopping: bool = False


class Server(ThreadingHTTPServer):
    """Listens from the moment it is made.

    Args:
        port: TCP port, on all addresses; 0 takes a free one.
        serving: What requests are answered with.

    Raises:
        OSError: The port is taken.
    """

    # At the end, requests that are being answered are waited for.
    daemon_threads = False
    # As many may wait for a thread at a time.
    request_queue_size = 128
    timeout = _LOOK

    def __init__(self, port: int, serving: Serving) -> None:
        self.serving = serving
        super().__init__(("", port), _Handler)

    def run(self, interruption: Interruption, *, drain: float) -> None:
        """Answer until there is a signal, then finish.

        Args:
            interruption: Listens for the signal.
            drain: Seconds after the signal in which new requests are still
                answered, while `/healthz` tells that they are not wanted.
        """
        while not interruption.signal:
            self.handle_request()
        self.serving.stopping = True
        end = time.monotonic() + drain
        while time.monotonic() < end:
            self.handle_request()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that left."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    # A client that neither sends nor reads would keep its thread for ever.
    timeout = 10.0
    server_version = "ml-storage"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer what is asked of the replica."""
        self._route("GET")

    def do_POST(self) -> None:
        """Answer what images show."""
        self._route("POST")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: `/metrics` counts, and a log for each request is a lot."""

    def send_response(self, code: int, message: str | None = None) -> None:
        """Begin an answer, and count it."""
        # A request that was no HTTP has no path.
        asked = getattr(self, "path", "").partition("?")[0]
        path = asked if asked in _PATHS else "other"
        self._serving.counts.answered(path, int(code))
        super().send_response(code, message)

    @property
    def _serving(self) -> Serving:
        return cast("Server", self.server).serving

    def _route(self, method: str) -> None:
        path = self.path.partition("?")[0]
        wanted = _PATHS.get(path)
        serving = self._serving
        if wanted is None:
            known = ", ".join(_PATHS)
            self._say(HTTPStatus.NOT_FOUND, f"there is {known}, and nothing else")
        elif wanted != method:
            self._say(HTTPStatus.METHOD_NOT_ALLOWED, f"{path} is asked by {wanted}")
        elif path == "/healthz":
            if serving.stopping:
                self._say(HTTPStatus.SERVICE_UNAVAILABLE, "it is being stopped")
            else:
                self._say(HTTPStatus.OK, "ok")
        elif path == "/metrics":
            content = metrics.text(serving.load, serving.counts, newer=serving.newer())
            self._send(HTTPStatus.OK, content, metrics.CONTENT_TYPE)
        elif path == "/model":
            self._json(_described(serving))
        else:
            self._predict()

    def _predict(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()):
            self._say(HTTPStatus.LENGTH_REQUIRED, "say the length of the body")
            return
        if int(length) > images.MOST_BYTES:
            self._say(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"at most {images.MOST} images come at a time",
            )
            return
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self._say(HTTPStatus.BAD_REQUEST, "the body is shorter than was said")
            return
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        try:
            given = images.read(body, is_json=kind == "application/json")
        except BadImages as problem:
            self._say(HTTPStatus.BAD_REQUEST, str(problem))
            return
        serving = self._serving
        found = serving.classify(given)
        serving.counts.classified(len(given))
        answers = [
            {
                "label": CLASSES[max(range(len(row)), key=row.__getitem__)],
                "probabilities": dict(zip(CLASSES, row, strict=True)),
            }
            for row in found
        ]
        self._json({"version": serving.version.name, "predictions": answers})

    def _json(self, content: object) -> None:
        self._send(HTTPStatus.OK, json.dumps(content) + "\n", "application/json")

    def _say(self, code: HTTPStatus, sentence: str) -> None:
        self._send(code, sentence + "\n", "text/plain; charset=utf-8")

    def _send(self, code: HTTPStatus, content: str, kind: str) -> None:
        body = content.encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _described(serving: Serving) -> dict[str, Any]:
    """What `/model` tells."""
    found = serving.version.manifest
    return {
        "version": serving.version.name,
        "sha256": serving.load.sha256,
        "source": found.source,
        "files": [asdict(file) for file in found.files],
        "about": dict(found.about),
        "newer": serving.newer(),
    }
