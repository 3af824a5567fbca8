"""Clusters of EKS: names, versions and what fits which of them.

Sources (read 2026-11-22): botocore 1.44.5 `data/eks` for names and enums;
https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html for
versions (1.35 by https://endoflife.date/amazon-eks); for AL2 eksctl 99984ad
`pkg/apis/eksctl.io/v1alpha5/types.go`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from components.catalog.aws_networks import as_network, nearest_network
from components.catalog.problem import Path, Problem

AS_OF = date(2026, 11, 22)
"""The day for which versions are judged. Today is not asked, so that a
configuration is not right one day and wrong the next without a change of
either it or this table."""

LINK = "https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html"
ACCESS_LINK = "https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html"
ENDPOINT_LINK = "https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html"
NAME_LINK = "https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html"

_NAME = re.compile(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}")
_VERSION = re.compile(r"1\.\d+")
_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+")
_SESSION = re.compile(r"arn:(aws[a-z-]*):sts::(\d{12}):assumed-role/([\w+=,.@-]+)/.*")

# eksctl's AmazonLinux2EOLVersion: from this version on there is no AMI of AL2.
_WITHOUT_AL2 = (1, 33)


@dataclass(frozen=True, slots=True)
class Version:
    """A version of Kubernetes on EKS.

    Attributes:
        name: Such as `1.34`.
        standard_until: The last day of standard support; None where it is not
            known.
        extended_until: The last day of extended support, at a higher price.
    """

    name: str
    standard_until: date | None
    extended_until: date | None


_ROWS = (
    Version("1.30", date(2025, 7, 23), date(2026, 7, 23)),
    Version("1.31", date(2025, 11, 26), date(2026, 11, 26)),
    Version("1.32", date(2026, 3, 23), date(2027, 3, 23)),
    Version("1.33", date(2026, 7, 29), date(2027, 7, 29)),
    Version("1.34", date(2026, 12, 2), date(2027, 12, 2)),
    Version("1.35", date(2027, 3, 27), date(2028, 3, 27)),
    # Named as supported by drivers and by translations of the page above.
    Version("1.36", None, None),
)

VERSIONS: dict[str, Version] = {row.name: row for row in _ROWS}
"""The versions that are known, the oldest first."""

NEWEST = "1.35"
"""The newest version whose dates are known."""


def name_problem(name: str) -> Problem | None:
    """What is wrong with `name` as the name of a cluster."""
    if _NAME.fullmatch(name):
        return None
    kept = re.sub(r"[^A-Za-z0-9_-]+", "-", name.rpartition(":cluster/")[2]).lstrip(
        "-_"
    )[:100]
    return Problem(
        rule="EKS02",
        message="a cluster's name has at most 100 letters, digits, '-' and '_', and "
        "begins with a letter or digit",
        value=name,
        nearest=kept.rstrip("-") or None,
        link=NAME_LINK,
    )


def version_problem(version: str) -> Problem | None:
    """What is wrong with `version` of a cluster that is to be made.

    A version that is newer than the table warns; one whose support has ended
    is refused, since EKS makes no cluster of it.
    """
    row = VERSIONS.get(version)
    if row is not None:
        return _ended(row)
    if not _VERSION.fullmatch(version):
        found = re.search(r"1\.\d+", version)
        return Problem(
            rule="EKS03",
            message="a version of EKS is two numbers, such as 1.34",
            value=version,
            nearest=found.group() if found else NEWEST,
            allowed=tuple(VERSIONS),
            link=LINK,
        )
    if _numbers(version) > _numbers(_ROWS[-1].name):
        return Problem(
            rule="EKS04",
            message="this version is newer than what is known of EKS "
            f"({AS_OF.isoformat()})",
            value=version,
            nearest=NEWEST,
            link=LINK,
            severity="warning",
        )
    return _over(version)


def _ended(row: Version) -> Problem | None:
    if row.standard_until is None or row.extended_until is None:
        return None
    if row.extended_until < AS_OF:
        return _over(row.name)
    if row.standard_until < AS_OF:
        return Problem(
            rule="EKS04",
            message=f"standard support ended on {row.standard_until.isoformat()}: "
            "extended support costs six times as much, until "
            f"{row.extended_until.isoformat()}",
            value=row.name,
            nearest=NEWEST,
            link=LINK,
            severity="warning",
        )
    return None


def _over(version: str) -> Problem:
    return Problem(
        rule="EKS04",
        message="EKS makes no cluster of this version any more",
        value=version,
        nearest=NEWEST,
        link=LINK,
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def access_problems(cidrs: Sequence[str], path: Path) -> Iterator[Problem]:
    """What is wrong with the addresses that reach an API server from outside."""
    for index, cidr in enumerate(cidrs):
        network = as_network(cidr)
        if network is None:
            yield Problem(
                rule="EKS05",
                message="who reaches the API server is an IPv4 network in CIDR "
                "notation with no bits of a host, such as 203.0.113.0/24",
                path=(*path, index),
                value=cidr,
                nearest=_host(cidr) or nearest_network(cidr),
                link=ENDPOINT_LINK,
            )
        elif network.prefixlen == 0:
            yield Problem(
                rule="EKS06",
                message="the whole internet reaches the API server: only its "
                "credentials keep it closed",
                path=(*path, index),
                value=cidr,
                link=ENDPOINT_LINK,
                severity="warning",
            )


def _host(text: str) -> str | None:
    """One address, as the network of it alone."""
    network = as_network(f"{text}/32")
    return str(network) if network else None


def principal_problem(arn: str) -> Problem | None:
    """What is wrong with `arn` as whom an access entry is for."""
    if _PRINCIPAL.fullmatch(arn):
        return None
    session = _SESSION.fullmatch(arn)
    role = f"arn:{session[1]}:iam::{session[2]}:role/{session[3]}" if session else None
    return Problem(
        rule="EKS07",
        message="an access entry is for a role or a user of IAM: a session of a role "
        "is none of them"
        if session
        else "an access entry is for the ARN of a role or a user of IAM, such as "
        "arn:aws:iam::123456789012:role/platform",
        value=arn,
        nearest=role,
        link=ACCESS_LINK,
    )


def zones_problem(zones: Sequence[str]) -> Problem | None:
    """What is wrong with `zones` of the subnets of a cluster that is to be made."""
    if len(set(zones)) >= 2:
        return None
    return Problem(
        rule="EKS08",
        message="EKS makes a cluster in subnets of two zones at least",
        value=list(zones),
        link="https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html",
    )


def has_al2(version: str) -> bool:
    """Whether there are AMIs of Amazon Linux 2 for a version of Kubernetes."""
    return not _VERSION.fullmatch(version) or _numbers(version) < _WITHOUT_AL2


def al2_problem(ami: str, version: str) -> Problem | None:
    """What is wrong with nodes of the AMI type `ami` in a cluster of `version`."""
    if not ami.startswith("AL2_") or has_al2(version):
        return None
    return Problem(
        rule="POL22",
        message=f"there is no Amazon Linux 2 for Kubernetes {version}: 1.32 is the "
        "last that has it",
        value=ami,
        nearest=_SUCCESSORS[ami],
        link="https://docs.aws.amazon.com/eks/latest/userguide/eks-ami-deprecation-faqs.html",
    )


_SUCCESSORS = {
    "AL2_x86_64": "AL2023_x86_64_STANDARD",
    "AL2_x86_64_GPU": "AL2023_x86_64_NVIDIA",
    "AL2_ARM_64": "AL2023_ARM_64_STANDARD",
}
