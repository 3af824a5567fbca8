"""Cloud Storage FUSE: mounted buckets, and what the cluster and the nodes have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from components.catalog import gcp_iam, gcs_fuse, quantity
from components.catalog.gcs_fuse_tables import DRIVER_LINK, NEEDS, RELEASES
from components.catalog.problem import Path, Problem
from components.gcp.fuse_mount_spec import FuseMountSpec
from components.gcp.gcs_fuse_spec import GcsFuseSpec
from components.gcp.gke_cluster_spec import GkeClusterSpec
from components.gcp.node_pool_spec import GkeNodePoolSpec
from components.gcp.storage_bucket_spec import StorageBucketSpec
from components.kubernetes.access import READER, WORKLOAD
from components.kubernetes.csi_spec import CsiSpec
from components.kubernetes.granted_spec import GrantedSpec
from components.kubernetes.program_spec import ProgramSpec
from stacks.accounts import has_reader
from stacks.checks.places import pool_of
from stacks.checks.rule import Rule
from stacks.checks.stack import MountOf, Stack
from stacks.config import PlatformConfig, SeenVolume

_GB = Decimal(10**9)
_MIB = Decimal(2**20)

Fuse = StorageBucketSpec | GcsFuseSpec
"""What Cloud Storage FUSE mounts, in this project's words."""


def _mounts(stack: Stack) -> Iterator[tuple[MountOf, Fuse]]:
    """The mounts of buckets of Cloud Storage."""
    for mount in stack.mounts:
        if isinstance(mount.volume, Fuse):
            yield mount, mount.volume


def _options(volume: Fuse) -> list[str]:
    if isinstance(volume, GcsFuseSpec):
        return volume.mount_options()
    return volume.mount.mount_options(folders=volume.folders)


def _declared(stack: Stack) -> Iterator[tuple[Path, Fuse]]:
    """Every bucket that this stack says how to mount, and where it says so."""
    platform, team = stack.config.platform, stack.config.team
    for name, spec in (platform.storage if platform else {}).items():
        if isinstance(spec, StorageBucketSpec):
            yield ("platform", "storage", name), spec
    for name, volume in (team.volumes if team else {}).items():
        if isinstance(volume, GcsFuseSpec):
            yield ("team", "volumes", name), volume


def _version(stack: Stack) -> str | None:
    """The version of a cluster that there is; None where it is not said."""
    platform = stack.platform
    cluster = platform.cluster if isinstance(platform, PlatformConfig) else None
    return cluster.version if isinstance(cluster, GkeClusterSpec) else None


_KEYS: dict[str, tuple[str, ...]] = {
    "file cache": ("cache",),
    "metadata prefetch": ("prefetchMetadata",),
}


def of_the_clusters_version(stack: Stack) -> Iterator[Problem]:
    """The cluster's version of GKE has what a bucket's mount asks for."""
    version = _version(stack)
    if version is None:
        return
    for at, spec in _declared(stack):
        prefetch = spec.mount.prefetch_metadata
        for feature in gcs_fuse.features(_options(spec), prefetch=prefetch):
            first = gcs_fuse.lacks(version, feature)
            if first is None:
                continue
            own = "purpose" if spec.mount.purpose else "options"
            yield Problem(
                rule="",
                message=f"this needs {feature}, which GKE has from {first} on, and the "
                f"cluster is {version}",
                path=(*at, "mount", *_KEYS.get(feature, (own,))),
                nearest=f"version: {first}",
                link=RELEASES,
            )


def one_bucket_twice(stack: Stack) -> Iterator[Problem]:
    """One bucket as two volumes of a pod needs a version of GKE that takes it."""
    version = _version(stack)
    first = gcs_fuse.lacks(version, "one bucket twice in a pod") if version else None
    if first is None:
        return
    for owner, program in stack.programs:
        seen: dict[str, str] = {}
        for path, mount in program.mounts.items():
            bucket = _bucket(stack.volumes.get(mount.volume))
            other = seen.setdefault(bucket, mount.volume) if bucket else mount.volume
            if other != mount.volume:
                needed = NEEDS["one bucket twice in a pod"][0]
                yield Problem(
                    rule="",
                    message=f"{other} is the same bucket, which one pod mounts twice "
                    f"from GKE {needed} on only, and the cluster is {version}",
                    path=(*owner, "mounts", path),
                    value=mount.volume,
                    nearest=other,
                    link=RELEASES,
                )


def _bucket(volume: SeenVolume | None) -> str | None:
    """The name of the bucket that a volume mounts, where it is known."""
    if isinstance(volume, StorageBucketSpec):
        return volume.bucket or volume.existing or volume.adopt
    if isinstance(volume, CsiSpec) and volume.driver == gcs_fuse.DRIVER:
        return gcs_fuse.bucket_of(volume.volume_handle)
    return volume.bucket if isinstance(volume, GcsFuseSpec) else None


def as_whom_it_was_granted(stack: Stack) -> Iterator[Problem]:
    """A pod that mounts a granted bucket runs as an account that was given a role."""
    said: set[Path] = set()
    team = stack.config.team
    if team is None or stack.platform is None:
        return
    reader = has_reader(stack.platform, team.name)
    for mount, volume in _mounts(stack):
        account = mount.program.service_account
        if isinstance(volume, GcsFuseSpec) or account in (None, WORKLOAD):
            continue
        if mount.owner in said or (account == READER and reader and not mount.writes):
            continue
        said.add(mount.owner)
        writes = account == READER and reader
        yield Problem(
            rule="",
            message=f"{READER} only reads, and {mount.mount.volume} is mounted "
            "read-write: every write would be refused"
            if writes
            else f"the team's roles are those of {WORKLOAD}"
            f"{f' and {READER}' if reader else ''}: a pod of another account may not "
            f"read the bucket that it mounts ({mount.mount.volume})",
            path=(*mount.owner, "serviceAccount"),
            value=account,
            nearest=WORKLOAD,
            link=gcp_iam.WORKLOAD_IDENTITY,
        )


@dataclass(frozen=True, slots=True)
class _Cached:
    """A volume of a program that has a cache.

    Attributes:
        at: Where the program mounts it.
        name: The volume's name.
        mount: How it is mounted.
        medium: Where the cache is.
        room: Bytes that the cache takes.
    """

    at: Path
    name: str
    mount: FuseMountSpec
    medium: str
    room: Decimal


def _caches(stack: Stack, owner: Path, program: ProgramSpec) -> list[_Cached]:
    """The caches of a program's volumes, one for each volume."""
    found: dict[str, _Cached] = {}
    for path, mount in program.mounts.items():
        volume = stack.volumes.get(mount.volume)
        if not isinstance(volume, Fuse) or volume.mount.cache is None:
            continue
        cache = volume.mount.cache
        found.setdefault(
            mount.volume,
            _Cached(
                at=(*owner, "mounts", path),
                name=mount.volume,
                mount=volume.mount,
                medium=cache.medium,
                room=gcs_fuse.cache_room(quantity.parse(cache.size)),
            ),
        )
    return list(found.values())


def one_medium(stack: Stack) -> Iterator[Problem]:
    """The caches of a pod are on one volume, and so on disk or in memory."""
    for owner, program in stack.programs:
        caches = _caches(stack, owner, program)
        for cache in caches[1:]:
            if cache.medium != caches[0].medium:
                yield Problem(
                    rule="",
                    message=f"its cache is in the pod's {cache.medium}, and that of "
                    f"{caches[0].name} in its {caches[0].medium}: a pod has one volume "
                    f"for all caches ({gcs_fuse.CACHE_VOLUME})",
                    path=cache.at,
                    value=cache.name,
                    link=DRIVER_LINK,
                )
                break


def cache_of_the_nodes(stack: Stack) -> Iterator[Problem]:
    """The caches of a pod fit on the nodes of its pool: on their disk, or in memory."""
    for owner, program in stack.programs:
        pool = pool_of(stack, program)
        caches = _caches(stack, owner, program)
        if not caches or not isinstance(pool, GkeNodePoolSpec):
            continue
        largest = max(caches, key=lambda cache: cache.room)
        has, what = _room(pool, largest.medium)
        asked = sum((cache.room for cache in caches), _beside(program, caches))
        if has is None or asked <= has:
            continue
        left = has - (asked - largest.room)
        size = int(left * 10 / 11 // _MIB) if left > 0 else 0
        yield Problem(
            rule="",
            message=f"with the pod's caches it asks for {_gib(asked)}, and {what} "
            f"{_gib(has)}: the pod would never start",
            path=largest.at,
            value=largest.name,
            nearest=f"cache: {{size: {_text(size)}, medium: {largest.medium}}}"
            if size
            else None,
            link=gcs_fuse.TROUBLE,
        )


def _beside(program: ProgramSpec, caches: Sequence[_Cached]) -> Decimal:
    """What the pod asks for of the same kind, beside its caches."""
    if caches[0].medium == "disk":
        return gcs_fuse.OWN_DISK * len(caches)
    stated = program.resources.requests.memory
    own = quantity.parse(stated) if stated else Decimal(0)
    return own + sum((c.mount.sidecar_memory - c.room for c in caches), Decimal(0))


def _room(pool: GkeNodePoolSpec, medium: str) -> tuple[Decimal | None, str]:
    """Bytes that a node has for caches at the very most, and of what."""
    machine = pool.known_machine
    if medium == "memory":
        memory = machine.memory_mib * _MIB if machine else None
        return memory, "a node has memory of"
    if pool.scratch_gb:
        return pool.scratch_gb * _GB, "the local SSDs of a node have"
    return quantity.parse(pool.disk_size), "the boot disk of a node has"


def _gib(value: Decimal) -> str:
    return f"{value / 2**30:.0f} GiB"


def _text(mib: int) -> str:
    return f"{mib // 1024}Gi" if mib >= 1024 else f"{mib}Mi"


def of_the_platforms_own(stack: Stack) -> Iterator[Problem]:
    """A bucket of the platform's is granted, and mounted by `from:`."""
    team, platform = stack.config.team, stack.platform
    if team is None or platform is None:
        return
    known = {
        bucket: name
        for name, spec in platform.storage.items()
        if isinstance(spec, StorageBucketSpec) and (bucket := _bucket(spec))
    }
    for name, volume in team.volumes.items():
        if isinstance(volume, GcsFuseSpec) and volume.bucket in known:
            source = known[volume.bucket]
            yield Problem(
                rule="",
                message=f"this is the platform's {source}, to which the pods have a "
                "right only as far as it was granted: mount what was granted",
                path=("team", "volumes", name, "bucket"),
                value=volume.bucket,
                nearest=f"{{from: {source}}}",
                link=DRIVER_LINK,
            )


def a_role_that_mounts(stack: Stack) -> Iterator[Problem]:
    """What is mounted was granted with a role that lists, overwrites and deletes."""
    team, space = stack.config.team, stack.space
    if team is None or space is None:
        return
    for mount, _ in _mounts(stack):
        named = team.volumes.get(mount.mount.volume)
        if not isinstance(named, GrantedSpec):
            continue
        if space.grants[named.source].role != "objectCreator":
            continue
        yield Problem(
            rule="",
            message="it was granted with the role objectCreator, which creates files "
            "and no more: the mount cannot list them, nor write one anew, and no old "
            "checkpoint can be deleted",
            path=mount.at,
            value=mount.mount.volume,
            nearest="role: objectUser",
            link=gcp_iam.ROLES_LINK,
        )


def made_by_no_class(stack: Stack) -> Iterator[Problem]:
    """A class makes volumes: the driver of Cloud Storage FUSE makes none."""
    platform = stack.config.platform
    for name, spec in (platform.storage_classes if platform else {}).items():
        if spec.provisioner == gcs_fuse.DRIVER and not spec.existing:
            yield Problem(
                rule="",
                message="this driver makes no buckets: a bucket stands under "
                "platform.storage, and teams are granted it",
                path=("platform", "storageClasses", name),
                nearest="storage: {NAME: {kind: gcs}}",
                link=DRIVER_LINK,
            )


RULES = (
    Rule("FUS16", "a mount that does not start", of_the_clusters_version),
    Rule("FUS23", "a pod that waits for ever for a bucket", one_bucket_twice),
    Rule("FUS17", "a pod without the roles of its team", as_whom_it_was_granted),
    Rule("FUS18", "caches that cannot be in one pod", one_medium),
    Rule("FUS19", "a pod that no node has room for", cache_of_the_nodes),
    Rule("FUS22", "a mount without the right to it", of_the_platforms_own),
    Rule("FUS24", "claims that stay Pending for ever", made_by_no_class),
    Rule("WID04", "a mount that can neither list nor delete", a_role_that_mounts),
)
