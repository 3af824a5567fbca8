"""Disks, images and pools of Google Cloud: named, and had by whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from components.catalog import gcp_disks
from components.catalog.gcp_disk_tables import BY_NAME, SHARING_LINK
from components.catalog.problem import Path, Problem
from components.gcp.disk_class_spec import DiskClassSpec
from components.gcp.disk_spec import DiskSpec
from components.gcp.node_pool_spec import GkeNodePoolSpec
from components.spec import closest
from stacks.checks.places import has_data
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import EnvironmentConfig, PlatformConfig

_IMAGES_LINK = "https://docs.cloud.google.com/compute/docs/images/create-custom"
_BOOT_LINK = (
    "https://docs.cloud.google.com/kubernetes-engine/docs/how-to/"
    "data-container-image-preloading"
)
_POOLS_LINK = (
    "https://docs.cloud.google.com/kubernetes-engine/docs/how-to/persistent-volumes/"
    "hyperdisk-storage-pools"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _User:
    """Who has a disk.

    Attributes:
        of: Who, in words.
        writes: Whether it may write.
        at: Where that stands.
    """

    of: str
    writes: bool
    at: Path


def _disks(environment: EnvironmentConfig | None) -> Mapping[str, DiskSpec]:
    storage = environment.storage if environment else {}
    return {name: s for name, s in storage.items() if isinstance(s, DiskSpec)}


def _users(platform: PlatformConfig, name: str) -> Iterator[_User]:
    """The teams that are granted a disk, and the TPU VMs that have it."""
    for team, space in platform.teams.items():
        grant = space.grants.get(name)
        if grant is not None:
            yield _User(
                of=f"the team {team}",
                writes=grant.access == "read-write",
                at=("platform", "teams", team, "grants", name),
            )
    for vm, spec in platform.tpu_vms.items():
        for index, disk in enumerate(spec.disks):
            if disk.disk == name:
                yield _User(
                    of=f"the TPU VM {vm}",
                    writes=not disk.read_only,
                    at=("platform", "tpuVms", vm, "disks", index),
                )


def one_writes_or_all_read(stack: Stack) -> Iterator[Problem]:
    """A disk that someone writes is had by no one else; others read it together.

    Compute Engine attaches a disk to one node, or to many that only read it.
    """
    platform = stack.config.platform
    if platform is None:
        return
    for name, disk in _disks(stack.platform).items():
        users = list(_users(platform, name))
        if disk.access == "read-only":
            continue
        writer = next((user for user in users if user.writes), None)
        if writer is not None:
            for user in users:
                if user is not writer:
                    yield _too_many(name, user, writer)
        elif users and has_data(platform):
            yield _no_one_writes(name, disk, len(users))


def _too_many(name: str, user: _User, writer: _User) -> Problem:
    return Problem(
        rule="",
        message=f"{writer.of} writes the disk, which is then on one node: {user.of} "
        f"has it only when all read it, {name} with access: read-only",
        path=user.at,
        link=SHARING_LINK,
    )


def _no_one_writes(name: str, disk: DiskSpec, users: int) -> Problem:
    # Hyperdisk says itself who may have it, and ML is changed by the driver.
    sure = users > 1 or BY_NAME[disk.type].hyperdisk
    return Problem(
        rule="",
        message="all who have the disk only read it, and it is not read-only itself: "
        "one node has it at a time",
        path=("platform", "storage", name, "access"),
        value=disk.access,
        nearest="read-only",
        link=SHARING_LINK,
        severity="error" if sure else "warning",
    )


def written_on_one_node(stack: Stack) -> Iterator[Problem]:
    """A disk that is written is mounted by pods of one node."""
    for mount in stack.mounts:
        volume, program = mount.volume, mount.program
        if not isinstance(volume, DiskSpec) or volume.access == "read-only":
            continue
        if program.pods < 2:
            continue
        several = program.nodes.count > 1
        yield Problem(
            rule="",
            message=f"the disk is on one node at a time, and {mount.of} has "
            f"{program.pods} pods"
            + ("" if several else ": all must fit on that node, or wait"),
            path=mount.at,
            value=mount.mount.volume,
            link=SHARING_LINK,
            severity="error" if several else "warning",
        )


def known_disks_and_images(stack: Stack) -> Iterator[Problem]:
    """Images are of disks that there are, and disks and nodes of such images."""
    platform = stack.config.platform
    if platform is None:
        return
    images = stack.names("platform", "diskImages")
    disks = _disks(stack.platform)
    storage = stack.names("platform", "storage")
    for name, image in platform.disk_images.items():
        known = {*disks, *(storage - set(platform.storage))}
        if "/" not in image.of and image.of not in known:
            yield Problem(
                rule="",
                message="no such disk under platform.storage (kind: persistent-disk; "
                "another is given by its full name)",
                path=("platform", "diskImages", name, "of"),
                value=image.of,
                allowed=tuple(sorted(known)),
                nearest=closest(image.of, known),
                link=_IMAGES_LINK,
            )
    for name, disk in disks.items() if has_data(platform) else ():
        at = ("platform", "storage", name, "image")
        if disk.image is None or "/" in disk.image:
            continue
        if disk.image not in images:
            yield _no_image(at, disk.image, images, _IMAGES_LINK)
        elif _of_itself(platform, disks, name):
            yield Problem(
                rule="",
                message="the image is made of this very disk, or of one made from it: "
                "neither can be made first",
                path=at,
                value=disk.image,
                link=_IMAGES_LINK,
            )
    environment = stack.platform
    shared = {*images, *(environment.disk_images if environment else ())}
    for name, pool in platform.node_pools.items():
        if not isinstance(pool, GkeNodePoolSpec):
            continue
        for index, image in enumerate(pool.boot_images):
            if "/" not in image and image not in shared:
                at = ("platform", "nodePools", name, "bootImages", index)
                yield _no_image(at, image, shared, _BOOT_LINK)


def _of_itself(
    platform: PlatformConfig, disks: Mapping[str, DiskSpec], name: str
) -> bool:
    """Whether a disk is made from an image that is, in the end, of itself."""
    place, seen = name, set[str]()
    while place not in seen:
        seen.add(place)
        disk = disks.get(place)
        image = platform.disk_images.get((disk.image if disk else None) or "")
        if image is None:
            return False
        place = image.of
    return place == name


def _no_image(at: Path, image: str, images: set[str], link: str) -> Problem:
    return Problem(
        rule="",
        message="no such image under platform.diskImages (another is given by its "
        "full name, projects/P/global/images/I)",
        path=at,
        value=image,
        allowed=tuple(sorted(images)),
        nearest=closest(image, images),
        link=link,
    )


def pools_of_classes(stack: Stack) -> Iterator[Problem]:
    """The storage pools of a class are there, of its type and in its zones."""
    platform, environment = stack.config.platform, stack.platform
    if platform is None or environment is None:
        return
    known = stack.names("platform", "storagePools")
    for name, spec in platform.storage_classes.items():
        if not isinstance(spec, DiskClassSpec) or not spec.storage_pools:
            continue
        at = ("platform", "storageClasses", name)
        zones: set[str | None] = set()
        whole = True
        for index, called in enumerate(spec.storage_pools):
            pool = environment.storage_pools.get(called)
            zones.add(pool.zone if pool else gcp_disks.pool_zone(called))
            if pool is None and "/" not in called:
                whole = False
                if called not in known:
                    yield Problem(
                        rule="",
                        message="no such pool under platform.storagePools (another is "
                        "given by its full name)",
                        path=(*at, "storagePools", index),
                        value=called,
                        allowed=tuple(sorted(known)),
                        nearest=closest(called, known),
                        link=_POOLS_LINK,
                    )
            elif pool is not None and pool.type != spec.type:
                whole = False
                yield Problem(
                    rule="",
                    message=f"the pool has disks of {pool.type}, and the class makes "
                    f"{spec.type}",
                    path=(*at, "storagePools", index),
                    value=called,
                    nearest=f"type: {pool.type}",
                    link=_POOLS_LINK,
                )
        without = [zone for zone in spec.zones if zone not in zones]
        if whole and without:
            had = sorted(zone for zone in zones if zone is not None)
            yield Problem(
                rule="",
                message=f"the class has no storage pool in {', '.join(without)}: the "
                "driver makes no disk there",
                path=(*at, "zones"),
                value=spec.zones,
                allowed=tuple(had),
                nearest=f"[{', '.join(had)}]",
                link=_POOLS_LINK,
            )


RULES = (
    Rule("PDK25", "a pod that waits for a disk of others", one_writes_or_all_read),
    Rule("PDK26", "pods that wait for the node with the disk", written_on_one_node),
    Rule(
        "PDK27",
        "a disk, an image or a node of what there is not",
        known_disks_and_images,
    ),
    Rule("PDK31", "a class whose claims stay Pending for a pool", pools_of_classes),
)
