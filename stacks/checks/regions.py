"""Regions: what an environment names is in its region, and on its cloud."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.catalog import gcp_regions
from components.catalog.problem import Path, Problem
from components.catalog.storage_kinds import BY_DRIVER
from components.gcp.disk_spec import DiskSpec
from components.gcp.filestore_spec import FilestoreSpec
from components.gcp.managed_lustre_spec import ManagedLustreSpec
from components.kubernetes.cloud_class_spec import CloudClassSpec
from components.kubernetes.csi_spec import CsiSpec
from components.kubernetes.static_volume_spec import NfsSpec
from stacks.checks import geography
from stacks.checks.clouds import NAMES
from stacks.checks.places import on_a_cloud, region_of, vpc_of_aws
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import PlatformConfig

_HOST = re.compile(r"\.(?:fsx|efs)\.([a-z]{2,4}(?:-[a-z]+)+-\d+)\.amazonaws\.com")
_HANDLES = {
    "pd.csi.storage.gke.io": re.compile(r"projects/[^/]+/(?:zones|regions)/([^/]+)/"),
    "filestore.csi.storage.gke.io": re.compile(r"modeInstance/([^/]+)/"),
    "lustre.csi.storage.gke.io": re.compile(r"[^/]+/([^/]+)/"),
}
"""Where the handles of volumes on Google Cloud say a zone or a region."""
_REGION_OPTION = re.compile(r"(?:--)?region[ =](\S+)")


def a_region(stack: Stack) -> Iterator[Problem]:
    """An environment on a cloud says its region: nothing there is without one."""
    platform = on_a_cloud(stack)
    places = geography.of(platform)
    # That of another stack is taken from there.
    if platform is None or places is None or ("platform", "region") in stack.broken:
        return
    if not platform.region and not platform.storage_stack:
        yield Problem(
            rule="",
            message=f"required on {NAMES[platform.cloud]}: the region that all of this "
            f"is in, such as {places.example}",
            path=("platform", "region"),
            link=places.link,
        )


def a_known_region(stack: Stack) -> Iterator[Problem]:
    """The region is one that there is; one newer than the table warns."""
    platform = on_a_cloud(stack)
    places = geography.of(platform)
    region = platform.region if platform is not None else None
    if places is None or not region or region in places.regions:
        return
    # A new region has a new number, or known words in another order.
    words = {word for name in places.regions for word in places.words(name) or ()}
    named = places.words(region) or []
    newer = len(named) > 1 and words.issuperset(named)
    other = geography.whose(region)
    yield Problem(
        rule="",
        message="no region of this name was known when the table was made"
        if newer
        else f"this is a region of {NAMES[other.cloud]}"
        if other is not None
        else "no region is called this",
        path=("platform", "region"),
        value=region,
        nearest=places.closest(region),
        link=places.link,
        severity="warning" if newer else "error",
    )


def region_of_its_storage(stack: Stack) -> Iterator[Problem]:
    """A cluster is in the region of the network and the storage of its other stack."""
    platform = on_a_cloud(stack)
    places = geography.of(platform)
    if platform is None or places is None or platform.storage_stack is None:
        return
    own = region_of(platform)
    regions = {places.region_of(zone) for zone in _zones_of_its_storage(platform)}
    others = regions - {None, own}
    if own is not None and others:
        (other, *_) = sorted(map(str, others))
        yield Problem(
            rule="",
            message=f"the network and the storage of {platform.storage_stack} are in "
            f"{other}: its nodes would be in no subnet, and mount nothing",
            path=("platform", "region"),
            value=platform.region,
            nearest=other,
            link=places.link,
        )


def _zones_of_its_storage(platform: PlatformConfig) -> Iterator[str]:
    """The zones in which the other stack has something."""
    network = vpc_of_aws(platform)
    yield from network.zones if network is not None else ()
    for spec in platform.storage.values():
        if isinstance(spec, FilestoreSpec | ManagedLustreSpec | DiskSpec) and spec.zone:
            yield spec.zone


def _drivers(stack: Stack) -> Iterator[tuple[Path, str]]:
    """Every CSI driver that is named, and where."""
    platform = stack.config.platform
    if platform is not None:
        for name, spec in platform.storage_classes.items():
            if not isinstance(spec, CloudClassSpec):
                at = ("platform", "storageClasses", name, "provisioner")
                yield at, spec.provisioner
        for name, spec in platform.storage.items():
            if isinstance(spec, CsiSpec):
                yield ("platform", "storage", name, "driver"), spec.driver
    for name, spec in (stack.config.team.volumes if stack.config.team else {}).items():
        if isinstance(spec, CsiSpec):
            yield ("team", "volumes", name, "driver"), spec.driver


def of_another_cloud(stack: Stack) -> Iterator[Problem]:
    """No volume is of another cloud than the cluster that mounts it."""
    if stack.platform is None or stack.platform.cloud == "kubernetes":
        return
    for at, driver in _drivers(stack):
        row = BY_DRIVER.get(driver)
        if row is None or row.cloud in ("kubernetes", stack.platform.cloud):
            continue
        own = NAMES[stack.platform.cloud]
        yield Problem(
            rule="",
            message=f"this driver mounts storage of {NAMES[row.cloud]}, and the "
            f"cluster is on {own}",
            path=at,
            value=driver,
            link=row.source.partition(" ")[0],
        )


def _regions(spec: object) -> Iterator[tuple[Path, str, str]]:
    """The regions that a volume's own words name: where, the words, the region."""
    if isinstance(spec, NfsSpec) and (found := _HOST.search(spec.server)):
        yield ("server",), spec.server, found[1]
    if isinstance(spec, CsiSpec):
        handle = _HANDLES.get(spec.driver)
        if handle is not None and (found := handle.match(spec.volume_handle)):
            region = gcp_regions.location_region(found[1])
            if region in gcp_regions.REGIONS:
                yield ("volumeHandle",), spec.volume_handle, region
        for key, text in spec.volume_attributes.items():
            if found := _HOST.search(text):
                yield ("volumeAttributes", key), text, found[1]
        for index, text in enumerate(spec.mount_options):
            if found := _REGION_OPTION.fullmatch(text):
                yield ("mountOptions", index), text, found[1]


def of_another_region(stack: Stack) -> Iterator[Problem]:
    """Storage is in the region of the cluster that mounts it."""
    region = region_of(stack.platform)
    places = geography.of(stack.platform)
    if region is None or places is None:
        return
    platform, team = stack.config.platform, stack.config.team
    specs: list[tuple[Path, object]] = [
        *(
            (("platform", "storage", name), spec)
            for name, spec in (platform.storage if platform else {}).items()
        ),
        *(
            (("team", "volumes", name), spec)
            for name, spec in (team.volumes if team else {}).items()
        ),
    ]
    for at, spec in specs:
        for path, text, other in _regions(spec):
            mine = geography.whose(other) in (None, places)
            if other != region and mine:
                yield Problem(
                    rule="",
                    message=f"this is in {other}, and the cluster is in {region}: "
                    "where it can be reached at all, every byte is paid for and late",
                    path=(*at, *path),
                    value=text,
                    # Another region's disk is another disk.
                    nearest=None
                    if path == ("volumeHandle",)
                    else text.replace(other, region),
                    link=places.link,
                    severity="warning",
                )


RULES = (
    Rule("AWS01", "a provider that does not know where to go", a_region),
    Rule("AWS02", "requests to a region that there is not", a_known_region),
    Rule("AWS06", "a volume that the nodes cannot mount", of_another_cloud),
    Rule("AWS07", "a volume far from those who read it", of_another_region),
    Rule("AWS24", "nodes far from the storage of their stack", region_of_its_storage),
)
