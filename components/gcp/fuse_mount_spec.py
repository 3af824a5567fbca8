"""`mount` of a bucket: how pods mount it with Cloud Storage FUSE."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Literal

from pydantic import Field

from components.catalog import gcs_fuse, quantity
from components.catalog import gcs_fuse_options as fuse
from components.catalog.problem import Problem
from components.kubernetes.mountable import PodNeeds, SharedScratch
from components.spec import Cores, DriverMountOption, Size, Spec


class FuseCacheSpec(Spec):
    """A cache of files on the node."""

    size: Size
    """The most it holds. The pod's volume for it is a tenth larger."""

    medium: Literal["disk", "memory"] = "disk"
    """`disk` is the pod's ephemeral storage (local SSD where the pool has put it
    there), `memory` counts into the memory of the container that mounts the bucket;
    default `disk`."""


class FuseSidecarSpec(Spec):
    """What the container that mounts the bucket gets, beside its caches.

    A pod has one such container, whatever the number of its buckets: what each of
    them says is added up, and one that says nothing counts with GKE's own.
    """

    cpu: Cores | None = None
    """CPU cores; default: GKE's, 250m without a limit (on Autopilot, with one)."""

    memory: Size | None = None
    """Memory; default: GKE's, 256Mi without a limit (on Autopilot, with one). With a
    cache in memory there is a limit: 256Mi, or 1Gi with a purpose, and the cache."""


class FuseMountSpec(Spec):
    """How pods mount a bucket."""

    purpose: Literal["training", "serving", "checkpoints"] | None = None
    """The options that Google recommends for this; default: those that are safe
    for anything. `training` and `serving` believe for ever what they have once seen
    of a file: they are for files that do not change."""

    cache: FuseCacheSpec | None = None
    """A cache of files; default: none."""

    prefetch_metadata: bool = False
    """List all objects when it is mounted; default `false`."""

    options: list[DriverMountOption] = Field(default_factory=list[str])
    """Further options of Cloud Storage FUSE, as it takes them on its command line
    (`max-conns-per-host=100`) or in its config file
    (`file-cache:max-parallel-downloads:16`). One that a purpose has too takes its
    place."""

    sidecar: FuseSidecarSpec = FuseSidecarSpec()
    """What the container that mounts it gets."""

    def problems(self) -> Iterator[Problem]:
        """Options that Cloud Storage FUSE takes on GKE, and room for it."""
        for index, text in enumerate(self.options):
            problem = fuse.own_words(text) or fuse.option_problem(text)
            if problem is not None:
                yield problem.under("options", index)
        memory = self.sidecar.memory
        if memory is not None and quantity.parse(memory) < gcs_fuse.OWN_MEMORY:
            yield Problem(
                rule="FUS13",
                message="GKE gives it more by itself: with less, it is killed in the "
                "middle of a job, and the mount is gone until the pod is made anew",
                path=("sidecar", "memory"),
                value=memory,
                nearest="256Mi",
                link=gcs_fuse.TROUBLE,
                severity="warning",
            )

    def mount_options(self, *, folders: bool | None = None) -> list[str]:
        """The options of the mount, without those that depend on who mounts it.

        Args:
            folders: Whether the bucket has folders of its own; None where it is
                not known.
        """
        own = gcs_fuse.purpose_options(
            self.purpose,
            cache=self.cache is not None,
            existing_folders=folders is not True,
        )
        if self.cache is not None:
            own += gcs_fuse.cache_options(quantity.parse(self.cache.size))
        stated = {option.flag for o in self.options if (option := fuse.find(o))}
        stated |= {fuse.split(o)[0] for o in self.options}
        kept = [
            o
            for o in own
            if getattr(fuse.find(o), "flag", fuse.split(o)[0]) not in stated
        ]
        return [*kept, *self.options]

    def option_problems(
        self, *, writes: bool, folders: bool | None = None
    ) -> Iterator[Problem]:
        """What only the bucket shows of the options.

        Args:
            writes: Whether something may write through the mount.
            folders: Whether the bucket has folders of its own.
        """
        found = fuse.together_problems(
            self.options, cache=self.cache is not None, writes=writes, folders=folders
        )
        for index, problem in found:
            yield problem.under("options", index)

    def attributes(self) -> Mapping[str, str]:
        """The attributes of the volume that the driver reads.

        The driver's own look at the bucket is left out: it asks for the whole of it,
        and a team that was granted a part has no right to that. Cloud Storage FUSE
        looks itself when it starts. With thousands of pods the driver's would also
        ask more of the token service than that answers.
        """
        attributes = {"skipCSIBucketAccessCheck": "true"}
        if self.prefetch_metadata:
            attributes["gcsfuseMetadataPrefetchOnMount"] = "true"
        return attributes

    @property
    def sidecar_memory(self) -> Decimal:
        """Bytes of memory that it needs in the container, its cache included."""
        own = gcs_fuse.METADATA_MEMORY if self.purpose else gcs_fuse.OWN_MEMORY
        stated = self.sidecar.memory
        memory = own if stated is None else quantity.parse(stated)
        if self.cache is not None and self.cache.medium == "memory":
            memory += gcs_fuse.cache_room(quantity.parse(self.cache.size))
        return memory

    @property
    def sidecar_disk(self) -> Decimal:
        """Bytes of the node's disk that it needs, its cache included."""
        disk = gcs_fuse.OWN_DISK
        if self.cache is not None and self.cache.medium == "disk":
            disk += gcs_fuse.cache_room(quantity.parse(self.cache.size))
        return disk

    def pod_needs(self) -> PodNeeds:
        """The container that mounts it, and the room for its cache."""
        cpu = self.sidecar.cpu
        parts = {
            gcs_fuse.CPU: gcs_fuse.OWN_CPU if cpu is None else quantity.parse(cpu),
            gcs_fuse.MEMORY: self.sidecar_memory,
            gcs_fuse.DISK: self.sidecar_disk,
        }
        medium = self.cache.medium if self.cache else None
        stated = {
            gcs_fuse.CPU: cpu is not None,
            gcs_fuse.MEMORY: self.sidecar.memory is not None or medium == "memory",
            gcs_fuse.DISK: medium == "disk",
        }
        scratch: dict[str, SharedScratch] = {}
        if self.cache is not None:
            room = gcs_fuse.cache_room(quantity.parse(self.cache.size))
            scratch[gcs_fuse.CACHE_VOLUME] = SharedScratch(
                size=room, medium=self.cache.medium
            )
        return PodNeeds(
            annotations={gcs_fuse.ENABLED: "true"},
            quantities={k: v for k, v in parts.items() if stated[k]},
            quantities_besides={k: v for k, v in parts.items() if not stated[k]},
            scratch=scratch,
            read_only_claim=True,
        )
