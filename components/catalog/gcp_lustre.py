"""What an instance of Google Cloud Managed Lustre can be.

Sources, read 2026-11-22: docs.cloud.google.com/managed-lustre/docs/performance-tiers
and increase-capacity; pulumi-gcp 10.2.0 `gcp.lustre.Instance`; the types of
google-cloud-lustre 0.4.3. Up to `OLDER_MOST` all of them agree; above it only the
first page does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from ipaddress import IPv4Network

from components.catalog.bands import Band, among, nearest, words
from components.catalog.problem import UNSET, Path, Problem

AS_OF = "2026-11-22"
_DOCS = "https://docs.cloud.google.com/managed-lustre/docs"
LINK = f"{_DOCS}/performance-tiers"
GROW = f"{_DOCS}/increase-capacity"
CREATE = f"{_DOCS}/create-instance"
ROOT_SQUASH = f"{_DOCS}/access-control"

THROUGHPUTS = (125, 250, 500, 1000)
"""MB/s for each TiB, of which one is chosen."""

DYNAMIC = 25
"""MB/s for each TiB of the dynamic tier, which is chosen by stating none."""


def _tier(step: int, threshold: int, larger: int, most: int) -> tuple[Band, ...]:
    """Multiples of a step up to a threshold, and of a larger one above it."""
    return (
        Band(step, threshold, step),
        Band(threshold // larger * larger + larger, most, larger),
    )


TIERS: Mapping[int, tuple[Band, ...]] = {
    1000: _tier(9_000, 1_530_000, 72_000, 10_008_000),
    500: _tier(18_000, 3_060_000, 144_000, 20_016_000),
    250: _tier(36_000, 6_120_000, 288_000, 40_032_000),
    125: (Band(72_000, 12_240_000, 72_000),),
    DYNAMIC: (Band(472_000, 84_016_000, 472_000),),
}
"""GiB that an instance can have, by its MB/s for each TiB."""

OLDER_MOST: Mapping[int, int] = {
    1000: 954_000,
    500: 1_908_000,
    250: 3_816_000,
    125: 7_632_000,
}
"""The most that older pages and the provider's documentation know of."""

REPLACED_BY = (
    *("instanceId", "location", "filesystem", "network", "kmsKey", "project"),
    *("perUnitStorageThroughput", "dynamicTierOptions"),
)
"""Inputs of `gcp.lustre.Instance` of which a change makes another, empty file
system. Source: ForceNew in hashicorp/terraform-provider-google-beta 0123f38
services/lustre/resource_lustre_instance.go, read 2026-11-22; that the dynamic tier
is chosen once is the API's word (google-cloud-lustre 0.4.3). Capacity grows in
place, root squash and labels change in place."""

LONGEST_NAME = 8
"""Characters of the name of a file system."""


def throughput_problem(per_tib: int, path: Path) -> Problem | None:
    """What is wrong with `per_tib` as the MB/s for each TiB of an instance."""
    if per_tib in THROUGHPUTS:
        return None
    return Problem(
        rule="MLU11",
        message="Managed Lustre has 125, 250, 500 or 1000 MB/s for each TiB",
        path=path,
        value=per_tib,
        nearest=min(THROUGHPUTS, key=lambda one: (abs(one - per_tib), -one)),
        allowed=THROUGHPUTS,
        link=LINK,
    )


def size_problems(
    per_tib: int | None, gib: int | None, path: Path
) -> Iterator[Problem]:
    """What is wrong with `gib` as the size of an instance; None is missing.

    Args:
        per_tib: MB/s for each TiB; None for the dynamic tier. One that there is
            not has no sizes, and is judged by itself.
        gib: GiB.
        path: Where it stands.
    """
    tier = DYNAMIC if per_tib is None else per_tib
    bands = TIERS.get(tier)
    if bands is None:
        return
    what = f"Managed Lustre at {tier} MB/s for each TiB"
    if tier == DYNAMIC:
        what = "the dynamic tier of Managed Lustre"
    if gib is None or not among(gib, bands):
        required = "required: " if gib is None else ""
        yield Problem(
            rule="MLU01",
            message=f"{required}{what} comes in {words(bands)} GiB",
            path=path,
            value=UNSET if gib is None else gib,
            nearest=nearest(gib or 0, bands),
            link=LINK,
        )
    elif gib > OLDER_MOST.get(tier, gib):
        yield Problem(
            rule="MLU01",
            message=f"other pages end {what} at {OLDER_MOST[tier]:,} GiB",
            path=path,
            value=gib,
            nearest=OLDER_MOST[tier],
            link=LINK,
            severity="warning",
        )


def resize_refusal(per_tib: int | None, old: int, new: int) -> str | None:
    """Why an instance cannot go from `old` to `new` GiB; None when it can.

    Source: the page `increase-capacity`.

    Args:
        per_tib: MB/s for each TiB; None for the dynamic tier.
        old: GiB that it has.
        new: GiB that it is to have.
    """
    if new < old:
        return "an instance grows, and never shrinks"
    first = TIERS[DYNAMIC if per_tib is None else per_tib][0]
    if old <= first.most < new:
        return f"an instance made with at most {first.most:,} GiB grows up to these"
    return None


def throughput(per_tib: int | None, gib: int) -> Fraction:
    """MB/s of an instance."""
    return Fraction(gib, 1024) * (DYNAMIC if per_tib is None else per_tib)


def name_problem(
    name: str, path: Path, *, rule: str = "MLU03", link: str = CREATE
) -> Problem | None:
    """What is wrong with the name of a file system, as Lustre's clients know it.

    The API takes letters and digits, the driver wants a letter first.
    """
    if re.fullmatch(rf"[A-Za-z][A-Za-z0-9]{{0,{LONGEST_NAME - 1}}}", name):
        return None
    kept = re.sub(r"[^A-Za-z0-9]", "", name).lstrip("0123456789")
    return Problem(
        rule=rule,
        message=f"a file system has a name of at most {LONGEST_NAME} letters and "
        "digits that begins with a letter",
        path=path,
        value=name,
        nearest=kept[:LONGEST_NAME] or "lustre",
        link=link,
    )


def mounted_twice(names: Mapping[str, str]) -> dict[str, list[str]]:
    """Volumes whose file systems have one name, by that name.

    A node mounts one file system of a name: the mount of a second one, of another
    instance, is refused. Source: hasMountWithSameFSName in
    GoogleCloudPlatform/lustre-csi-driver 89f1eb7 pkg/csi_driver/node.go.

    Args:
        names: Names of file systems by what is mounted: the instance, or the
            volume where there is one for each instance.
    """
    by_name: dict[str, list[str]] = {}
    for volume, name in names.items():
        by_name.setdefault(name, []).append(volume)
    return {name: volumes for name, volumes in by_name.items() if len(volumes) > 1}


_MOUNT_POINT = re.compile(r"(?P<ip>[0-9a-fA-F.:]+)@tcp:/(?P<name>[A-Za-z0-9]+)")


def parse_mount_point(text: str) -> tuple[str, str] | None:
    """Address and file system of `IP@tcp:/NAME`; None for what is not one."""
    found = _MOUNT_POINT.fullmatch(text)
    return (found["ip"], found["name"]) if found else None


def squash_problems(
    user: int, group: int, except_for: Sequence[str]
) -> Iterator[Problem]:
    """What is wrong with whom root of a client is taken for.

    Args:
        user: User id.
        group: Group id.
        except_for: Addresses of clients whose root stays root.
    """
    for key, number in (("uid", user), ("gid", group)):
        if number == 0:
            yield Problem(
                rule="MLU09",
                message="root is taken for someone who is not root",
                path=(key,),
                value=number,
                nearest=65534,
                link=ROOT_SQUASH,
            )
    seen: list[IPv4Network] = []
    for index, text in enumerate(except_for):
        network = _network(text)
        if network is None or any(network.overlaps(other) for other in seen):
            yield Problem(
                rule="MLU09",
                message="an IPv4 address, or a network in CIDR notation, of clients: "
                "each once",
                path=("exceptFor", index),
                value=text,
                link=ROOT_SQUASH,
            )
        else:
            seen.append(network)


def _network(text: str) -> IPv4Network | None:
    try:
        return IPv4Network(text)
    except ValueError:
        return None
