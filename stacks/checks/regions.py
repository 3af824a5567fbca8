"""Regions: what an environment names is in its region, and on its cloud."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.catalog import aws_regions
from components.catalog.problem import Path, Problem
from components.catalog.storage_kinds import BY_DRIVER
from components.kubernetes.cloud_class_spec import CloudClassSpec
from components.kubernetes.csi_spec import CsiSpec
from components.kubernetes.static_volume_spec import NfsSpec
from stacks.checks.places import on_aws, region_of
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack

_HOST = re.compile(r"\.(?:fsx|efs)\.([a-z]{2,4}(?:-[a-z]+)+-\d+)\.amazonaws\.com")
_REGION_OPTION = re.compile(r"(?:--)?region[ =](\S+)")
_CLOUDS = {"aws": "AWS", "gcp": "Google Cloud", "azure": "Azure"}


def a_region(stack: Stack) -> Iterator[Problem]:
    """An environment on AWS says its region: nothing there is without one."""
    platform = on_aws(stack)
    # That of another stack is taken from there.
    if platform is None or ("platform", "region") in stack.broken:
        return
    if not platform.region and not platform.storage_stack:
        yield Problem(
            rule="",
            message="required on AWS: the region that all of this is in, such as "
            "us-west-2",
            path=("platform", "region"),
            link=aws_regions.LINK,
        )


def a_known_region(stack: Stack) -> Iterator[Problem]:
    """The region is one that there is; one newer than the table warns."""
    platform = on_aws(stack)
    if (
        platform is None
        or not platform.region
        or platform.region in aws_regions.REGIONS
    ):
        return
    # A new region has a new number, or known words in another order.
    words = {word for name in aws_regions.REGIONS for word in name.split("-")[:-1]}
    *named, number = platform.region.split("-")
    newer = len(named) > 1 and words.issuperset(named) and number.isdecimal()
    yield Problem(
        rule="",
        message="no region of this name was known when the table was made"
        if newer
        else "no region is called this",
        path=("platform", "region"),
        value=platform.region,
        nearest=aws_regions.closest(platform.region),
        link=aws_regions.LINK,
        severity="warning" if newer else "error",
    )


def region_of_its_storage(stack: Stack) -> Iterator[Problem]:
    """A cluster is in the region of the network and the storage of its other stack."""
    platform = on_aws(stack)
    if platform is None or platform.storage_stack is None or platform.network is None:
        return
    own = region_of(platform)
    regions = {aws_regions.region_of(zone) for zone in platform.network.zones}
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
            link=aws_regions.LINK,
        )


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
        own = _CLOUDS[stack.platform.cloud]
        yield Problem(
            rule="",
            message=f"this driver mounts storage of {_CLOUDS[row.cloud]}, and the "
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
        for key, text in spec.volume_attributes.items():
            if found := _HOST.search(text):
                yield ("volumeAttributes", key), text, found[1]
        for index, text in enumerate(spec.mount_options):
            if found := _REGION_OPTION.fullmatch(text):
                yield ("mountOptions", index), text, found[1]


def of_another_region(stack: Stack) -> Iterator[Problem]:
    """Storage is in the region of the cluster that mounts it."""
    region = region_of(stack.platform)
    if region is None:
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
            if other != region:
                yield Problem(
                    rule="",
                    message=f"this is in {other}, and the cluster is in {region}: "
                    "where it can be reached at all, every byte is paid for and late",
                    path=(*at, *path),
                    value=text,
                    nearest=text.replace(other, region),
                    link=aws_regions.LINK,
                    severity="warning",
                )


RULES = (
    Rule("AWS01", "a provider that does not know where to go", a_region),
    Rule("AWS02", "requests to a region that there is not", a_known_region),
    Rule("AWS06", "a volume that the nodes cannot mount", of_another_cloud),
    Rule("AWS07", "a volume far from those who read it", of_another_region),
    Rule("AWS24", "nodes far from the storage of their stack", region_of_its_storage),
)
