"""A container beside a program's own: one that ends before it, or stays with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Helper:
    """A container that runs before a program, or as long as it does.

    It runs as the program's user and with the pod's identity.

    Attributes:
        role: What it does, in a word: `wait`.
        of: What it does that for. Both together are the container's name, cut
            where that is too long.
        image: Its container image.
        command: Its program, with arguments; `$(VARIABLE)` stands for a value of
            its environment.
        paths: The directories of the program that it mounts, at the same paths.
        read_only: Mount them read-only, whatever the program does.
        uris: The variables that hold the URIs of the buckets that it reaches:
            with them it has the program's other URIs and secrets. Without, it has
            no secrets.
        stays: Whether it runs beside the program and ends after it (a native
            sidecar), instead of ending before the program starts.
        longest: Seconds that it may take before the program starts, where that is
            more than a moment.
        resources: Its `resources`, as Kubernetes writes them.
    """

    role: str
    of: str
    image: str
    command: Sequence[str]
    paths: Sequence[str] = ()
    read_only: bool = False
    uris: Sequence[str] = ()
    stays: bool = False
    longest: int = 0
    resources: Mapping[str, Any] = field(default_factory=dict[str, Any])
