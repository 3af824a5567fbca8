"""Who may mount a share of Filestore, and the addresses that an instance has.

Sources: those of `filestore`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Literal

from components.catalog.filestore import LINK, TIERS, Tier
from components.catalog.problem import UNSET, Path, Problem

EXPORT_LINK = "https://docs.cloud.google.com/filestore/docs/create-instance-with-ip-access-control"

MOST_EXPORTS = 10
MOST_RANGES = 64

ConnectMode = Literal["DIRECT_PEERING", "PRIVATE_SERVICE_ACCESS"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Who may mount a share, and how.

    Attributes:
        ranges: Addresses and networks.
        squashed: Root of a client is taken for no one.
        anonymous: Who no one is: user and group id, where they are said.
    """

    ranges: Sequence[str]
    squashed: bool = False
    anonymous: tuple[int | None, int | None] = (None, None)


def export_problems(exports: Sequence[Export]) -> Iterator[Problem]:
    """What is wrong with who may mount a share, all options together."""
    if len(exports) > MOST_EXPORTS:
        yield _export_problem(
            f"a share has at most {MOST_EXPORTS} of them", (), len(exports)
        )
    if sum(len(export.ranges) for export in exports) > MOST_RANGES:
        yield _export_problem(
            f"a share has at most {MOST_RANGES} ranges of addresses in all of them", ()
        )
    seen: list[IPv4Network] = []
    for index, export in enumerate(exports):
        if not export.ranges:
            message = "required: the addresses that it is for"
            yield _export_problem(message, (index, "ipRanges"))
        for at, text in enumerate(export.ranges):
            path = (index, "ipRanges", at)
            network = _network(text)
            if network is None:
                yield _export_problem(
                    "an IPv4 address, or a network in CIDR notation that begins where "
                    "it says",
                    path,
                    text,
                    right=_network_of(text),
                )
            elif any(network.overlaps(other) for other in seen):
                message = "addresses stand once: Filestore refuses ranges that overlap"
                yield _export_problem(message, path, text)
            else:
                seen.append(network)
        for key, number in zip(("anonUid", "anonGid"), export.anonymous, strict=True):
            if number is not None and not export.squashed:
                yield _export_problem(
                    "only where root is squashed is there someone whom it is taken for",
                    (index, key),
                    number,
                )


def _export_problem(
    message: str, path: Path, value: object = UNSET, right: str | None = None
) -> Problem:
    return Problem(
        rule="FIL06",
        message=message,
        path=("nfsExport", *path),
        value=value,
        nearest=right,
        link=EXPORT_LINK,
    )


def _network(text: str) -> IPv4Network | None:
    try:
        return IPv4Network(text)
    except ValueError:
        return None


def _network_of(text: str) -> str | None:
    """The network that an address is in, where it was written for it."""
    try:
        return str(IPv4Network(text, strict=False))
    except ValueError:
        return None


def reserved_problems(
    tier: Tier, mode: ConnectMode | None, cidr: str | None
) -> Iterator[Problem]:
    """What is wrong with the addresses that an instance is to have."""
    if cidr is None:
        return
    row, path = TIERS[tier], ("reservedCidr",)
    if mode == "PRIVATE_SERVICE_ACCESS":
        yield Problem(
            rule="FIL07",
            message="with private services access the addresses are of the network's "
            "named range (peeredRange), and are not said here",
            path=path,
            value=cidr,
            link=LINK,
        )
        return
    network = _network(cidr)
    if network is not None and network.prefixlen == row.reserved:
        return
    around = _network_of(cidr)
    right = None
    if around is not None:
        address = around.partition("/")[0]
        right = _network_of(f"{address}/{row.reserved}")
    refused = network is None or row.reserved_sure
    yield Problem(
        rule="FIL07",
        message=f"an instance of {tier} reserves a /{row.reserved} in CIDR notation"
        + ("" if refused else ", though sources disagree"),
        path=path,
        value=cidr,
        nearest=right,
        link=LINK,
        severity="error" if refused else "warning",
    )
