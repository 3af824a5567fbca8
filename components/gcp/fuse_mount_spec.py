"""`mount` of a bucket: how pods mount it with Cloud Storage FUSE."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from components.spec import Cores, Size, Spec, Text


class FuseCacheSpec(Spec):
    """A cache of files on the node."""

    size: Size
    """The most it holds."""

    medium: Literal["disk", "memory"] = "disk"
    """`disk` is the pod's ephemeral storage (local SSD where the pool has put it
    there), `memory` counts into the pod's memory; default `disk`."""


class FuseSidecarSpec(Spec):
    """What the container that mounts the bucket gets, beside its caches."""

    cpu: Cores | None = None
    """CPU cores; default: GKE's, 250m."""

    memory: Size | None = None
    """Memory; default: GKE's, 256Mi, and what the caches need."""


class FuseMountSpec(Spec):
    """How pods mount a bucket."""

    purpose: Literal["training", "serving", "checkpoints"] | None = None
    """The options that Google recommends for this; default: those that are safe
    for anything."""

    cache: FuseCacheSpec | None = None
    """A cache of files; default: none."""

    prefetch_metadata: bool = False
    """List all objects when it is mounted; default `false`."""

    options: list[Text] = Field(default_factory=list[str])
    """Further options of Cloud Storage FUSE."""

    sidecar: FuseSidecarSpec = FuseSidecarSpec()
    """What the container that mounts it gets."""
