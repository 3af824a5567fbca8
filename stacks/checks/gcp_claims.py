"""Claims on file systems of Google Cloud: their sizes are some that are made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from components.catalog import (
    filestore,
    filestore_driver,
    gcp_lustre,
    gcp_lustre_driver,
    quantity,
)
from components.catalog.problem import Path, Problem
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.ephemeral_spec import EphemeralSpec
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import NEUTRAL

_FILESTORE = filestore_driver.DRIVER.name
_LUSTRE = gcp_lustre_driver.DRIVER.name
_THROUGHPUT = "perUnitStorageThroughput"
_LEAST_SHARE = {False: 100, True: 10}
"""GiB of a share at least: where the class says how large they are at most, fewer.
Source: kubernetes-sigs/gcp-filestore-csi-driver 2edb466 pkg/util/multishare_defs.go."""

_LARGEST_SHARE = 1024
_LEAST_OF_OTHERS = 1024


def size_that_is_made(stack: Stack) -> Iterator[Problem]:
    """A claim's size is one of those of its class: drivers round none to a step."""
    classes = stack.platform.storage_classes if stack.platform else {}
    for name, volume in stack.volumes.items():
        if not isinstance(volume, ClaimSpec | EphemeralSpec):
            continue
        of = classes.get(volume.storage_class or "")
        # Of a class that the cluster has, the parameters may not be said.
        if of is None or of.existing or volume.size is None:
            continue
        # A size that is wrong in itself is said once.
        if volume.size == NEUTRAL["team", "volumes", "*", "size"]:
            continue
        at, size = ("team", "volumes", name, "size"), quantity.parse(volume.size)
        found: Iterator[Problem] = iter(())
        if of.provisioner == _FILESTORE:
            found = _of_filestore(of.all_parameters, -(-int(size) // 2**30), at)
        elif of.provisioner == _LUSTRE:
            found = _of_lustre(of.all_parameters, int(size // 2**30), at)
        for problem in found:
            near = None if problem.nearest is None else f"{problem.nearest}Gi"
            yield replace(problem, value=volume.size, nearest=near)


def _of_filestore(given: Mapping[str, str], gib: int, at: Path) -> Iterator[Problem]:
    """An instance of its own, or a share of one."""
    tier = filestore_driver.tier_of(given)
    if given.get("multishare", "").lower() == "true":
        most = filestore_driver.gib_of(given.get("max-volume-size"))
        least, largest = _LEAST_SHARE[most is not None], most or _LARGEST_SHARE
        if not least <= gib <= largest:
            yield Problem(
                rule="",
                message=f"a share of its class holds {least} to {largest} GiB: the "
                "driver makes no other",
                path=at,
                nearest=min(max(gib, least), largest),
                link=filestore_driver.LINK,
            )
    elif tier is not None:
        made = filestore_driver.class_gib(tier, gib)
        # The least that the driver makes, it makes by itself; it makes smaller ones
        # of BASIC_HDD than others do.
        if made == gib and (tier != "BASIC_HDD" or gib > _LEAST_OF_OTHERS):
            yield from filestore.size_problems(tier, made, at)


def _of_lustre(given: Mapping[str, str], gib: int, at: Path) -> Iterator[Problem]:
    """A file system of its own, for whose size the class has a throughput."""
    text = given.get(_THROUGHPUT, "")
    if text.isdecimal():
        yield from gcp_lustre.size_problems(int(text), gib, at)


RULES = (Rule("GCP64", "a claim that stays Pending for its size", size_that_is_made),)
