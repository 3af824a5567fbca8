"""What a pod can mount, and what the pod needs for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, Protocol

from components.catalog import driver_checks
from components.catalog.storage_kinds import AccessMode
from components.kubernetes.volume_spec import Access, Writers


class PodSecret(Protocol):
    """A secret as a pod sees it, which is without its values."""

    @property
    def secret_name(self) -> str:
        """Name of the Secret in the pod's namespace."""
        ...

    @property
    def mount_path(self) -> str | None:
        """The directory of its files in a container; None when it has none."""
        ...

    @property
    def anyone_reads(self) -> bool:
        """Whether every user in the container may read its files."""
        ...

    def environment(self) -> list[dict[str, Any]]:
        """Its environment variables, as a container's `env` has them."""
        ...


@dataclass(frozen=True, kw_only=True)
class InitContainer:
    """A container that fills a volume, and ends before the program starts.

    Attributes:
        image: Its container image.
        command: Its program, with arguments.
        path: Where it mounts the volume, read-write.
        resources: Its `resources`, as Kubernetes writes them.
        secrets: What it gets besides; the program does not get them.
    """

    image: str
    command: Sequence[str]
    path: str
    resources: Mapping[str, Any] = field(default_factory=dict[str, Any])
    secrets: Sequence[PodSecret] = ()


@dataclass(frozen=True, kw_only=True)
class SharedScratch:
    """An `emptyDir` of the pod's that volumes share, each with a part of it.

    Attributes:
        size: Bytes of the volume's part: the parts of all are added up.
        medium: `disk` is the node's, `memory` counts as memory of whichever
            container writes there.
    """

    size: Decimal
    medium: Literal["disk", "memory"] = "disk"


@dataclass(frozen=True, kw_only=True)
class PodNeeds:
    """What a volume asks of every pod that mounts it.

    Attributes:
        annotations: Annotations of the pod, not of its owner.
        service_account: The ServiceAccount whose identity mounts it.
        node_selector: Labels of the nodes that can mount it.
        tolerations: Taints of those nodes.
        memory: Bytes that it takes from the pod's memory limit.
        ephemeral_storage: Bytes that it takes from the node's disk.
        init_containers: What fills it, one after the other.
        quantities: Annotations of the pod that hold a quantity, of which the
            volume needs a part of its own: the parts of all are added up.
        quantities_besides: The volume's part of such an annotation where
            another volume of the pod states it in `quantities`.
        scratch: `emptyDir` volumes that the pod has besides, by name. Their sizes
            are in no container's limits: a container that mounts none of them
            writes there.
        read_only_claim: Where the pod only reads it, its claim is said to be
            read-only, and so the driver mounts it. Not every driver's volumes
            can be read then by the group that the pod gives them (`fsGroup`).
    """

    annotations: Mapping[str, str] = field(default_factory=dict[str, str])
    service_account: str | None = None
    node_selector: Mapping[str, str] = field(default_factory=dict[str, str])
    tolerations: Sequence[Mapping[str, Any]] = ()
    memory: Decimal = Decimal(0)
    ephemeral_storage: Decimal = Decimal(0)
    init_containers: Sequence[InitContainer] = ()
    quantities: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])
    quantities_besides: Mapping[str, Decimal] = field(
        default_factory=dict[str, Decimal]
    )
    scratch: Mapping[str, SharedScratch] = field(
        default_factory=dict[str, SharedScratch]
    )
    read_only_claim: bool = False


class Mountable(Protocol):
    """Anything a pod can mount: a claim, scratch, a bucket."""

    @property
    def access_modes(self) -> list[AccessMode]:
        """Who may mount it at once."""
        ...

    @property
    def read_only(self) -> bool:
        """Whether every mount of it is read-only."""
        ...

    def volume_source(self) -> dict[str, Any]:
        """The entry of `spec.volumes` without its name."""
        ...

    def pod_needs(self) -> PodNeeds:
        """What the pod needs for it."""
        ...


def driver_needs(driver: str | None) -> PodNeeds:
    """What a CSI driver asks of every pod that mounts a volume of it."""
    return PodNeeds(annotations=driver_checks.ANNOTATIONS.get(driver or "", {}))


class _ClaimedSpec(Protocol):
    @property
    def access_modes(self) -> list[AccessMode]: ...

    @property
    def access(self) -> Access: ...


class MountedByClaim:
    """The part of a component that is mounted by the name of its claim.

    Attributes:
        claim_name: Name of the claim.
        spec: What the volume was made from.
    """

    claim_name: str
    spec: _ClaimedSpec

    @property
    def access_modes(self) -> list[AccessMode]:
        """Who may mount it at once."""
        return self.spec.access_modes

    @property
    def read_only(self) -> bool:
        """Whether every mount of it is read-only."""
        return self.spec.access == "read-only"

    def volume_source(self) -> dict[str, Any]:
        """The claim, by name."""
        source: dict[str, Any] = {"claimName": self.claim_name}
        if self.read_only:
            source["readOnly"] = True
        return {"persistentVolumeClaim": source}

    def pod_needs(self) -> PodNeeds:
        """Nothing but the claim, and what its driver asks of every pod."""
        return driver_needs(getattr(self.spec, "driver", None))


@dataclass(frozen=True, kw_only=True)
class Mount:
    """One mount of a container.

    Attributes:
        name: Name of the volume within the pod.
        path: Where the container sees it.
        volume: What is mounted.
        read_only: Mount it read-only.
        sub_path: The directory of the volume that is mounted, instead of all.
        writers: How the writing pods share it.
    """

    name: str
    path: str
    volume: Mountable
    read_only: bool = False
    sub_path: str | None = None
    writers: Writers | None = None
