"""What a replica counts, in the text format of Prometheus.

Source, read 2026-11-22: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, kw_only=True)
class Load:
    """How the model was loaded.

    Attributes:
        version: The version's name.
        sha256: That of the list of its files.
        seconds: For finding, comparing and reading it, and a first answer.
        size: Bytes of its files that were read.
    """

    version: str
    sha256: str
    seconds: float
    size: int


@dataclass
class Counts:
    """What was answered so far; several threads count."""

    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    images: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answered(self, path: str, code: int) -> None:
        """Count a request.

        Args:
            path: One of the server's own, so that there are not ever more.
            code: The status of the answer.
        """
        with self._lock:
            self.requests[path, code] += 1

    def classified(self, images: int) -> None:
        """Count images."""
        with self._lock:
            self.images += images

    def so_far(self) -> tuple[dict[tuple[str, int], int], int]:
        """Return the requests by path and status, and the images."""
        with self._lock:
            return dict(self.requests), self.images


def text(load: Load, counts: Counts, *, newer: str | None) -> str:
    """Return all of it.

    Args:
        load: How the model was loaded.
        counts: What was answered.
        newer: The version that has taken the place of the one served, if any.
    """
    return "\n".join(_lines(load, counts, newer)) + "\n"


def _lines(load: Load, counts: Counts, newer: str | None) -> Iterator[str]:
    served = {"version": load.version, "sha256": load.sha256}
    yield from _metric(
        "model_loads_total", "counter", "Times that a model was loaded.", served, 1
    )
    yield from _metric(
        "model_load_seconds",
        "gauge",
        "How long the load took.",
        served,
        round(load.seconds, 3),
    )
    yield from _metric(
        "model_bytes_read", "gauge", "Bytes that the load read.", served, load.size
    )
    yield from _metric(
        "model_newer",
        "gauge",
        "1 while a newer version is there, which a restart takes up.",
        {"version": newer} if newer is not None else {},
        0 if newer is None else 1,
    )
    requests, images = counts.so_far()
    yield from _metric(
        "images_total", "counter", "Images that were classified.", {}, images
    )
    name = "ml_storage_requests_total"
    yield from (f"# HELP {name} Requests by path and status.", f"# TYPE {name} counter")
    for (path, code), number in sorted(requests.items()):
        yield f"{name}{_labels({'path': path, 'code': str(code)})} {number}"


def _metric(
    name: str, kind: str, about: str, labels: Mapping[str, str], value: float
) -> Iterator[str]:
    full = f"ml_storage_{name}"
    yield f"# HELP {full} {about}"
    yield f"# TYPE {full} {kind}"
    yield f"{full}{_labels(labels)} {value}"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    pairs = (f'{key}="{_escaped(value)}"' for key, value in labels.items())
    return f"{{{','.join(pairs)}}}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
