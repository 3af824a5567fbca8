"""What a file system of Amazon EFS can be.

Sources, read 2026-11-22: the EFS API reference (service model of botocore
1.44.5: CreateFileSystem, CreateMountTarget), and
https://docs.aws.amazon.com/efs/latest/ug/create-file-system-policy.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, TypeVar

from components.catalog.problem import Path, Problem

LINK = "https://docs.aws.amazon.com/efs/latest/ug/performance.html"
ZONES_LINK = "https://docs.aws.amazon.com/efs/latest/ug/availability-durability.html"
ID_LINK = "https://docs.aws.amazon.com/efs/latest/ug/API_FileSystemDescription.html"

Performance = Literal["generalPurpose", "maxIO"]
Throughput = Literal["bursting", "elastic", "provisioned"]

PROVISIONED = (1, 3414)
"""MiB/s of provisioned throughput: the least, and the most that no region's
quota is above. The quota can be raised, so that more is not refused."""

PORTS = ((2049, 2049),)
"""TCP ports that clients reach its mount targets on: NFS. Source:
aws/agent-toolkit-for-aws d6ad2e4 troubleshooting-efs/SKILL.md (2026-11-22)."""

REPLACED_BY = (
    "availabilityZoneName",
    "creationToken",
    "encrypted",
    "kmsKeyId",
    "performanceMode",
)
"""Inputs of `aws.efs.FileSystem` of which a change makes another, empty file system.

Source: ForceNew in https://github.com/hashicorp/terraform-provider-aws 0389f46
internal/service/efs/file_system.go, read 2026-11-22; the API changes nothing of a
file system but its throughput.
"""

_ID = re.compile(r"fs-[0-9a-f]{8,40}")

_T = TypeVar("_T")


def mode_problems(
    performance: Performance,
    throughput: Throughput,
    provisioned: int | None,
    zone: str | None,
) -> Iterator[Problem]:
    """What does not go together of the modes of a file system.

    Args:
        performance: The performance mode.
        throughput: The throughput mode.
        provisioned: MiB/s of provisioned throughput.
        zone: The zone of a One Zone file system; None for one of a region.
    """
    if performance == "maxIO":
        refused = None
        if throughput == "elastic":
            refused = "EFS01", "elastic throughput", LINK
        elif zone is not None:
            refused = "EFS02", "a One Zone file system", ZONES_LINK
        if refused is not None:
            rule, what, link = refused
            yield Problem(
                rule=rule,
                message=f"{what} has the performance mode generalPurpose only",
                path=("performance",),
                value=performance,
                nearest="generalPurpose",
                link=link,
            )
    yield from _provisioned_problems(throughput, provisioned)


def _provisioned_problems(
    throughput: Throughput, provisioned: int | None
) -> Iterator[Problem]:
    path, (least, most) = ("provisionedMiBps",), PROVISIONED
    if throughput == "provisioned" and provisioned is None:
        yield Problem(
            rule="EFS03",
            message="required: how much throughput is provisioned",
            path=path,
            link=LINK,
        )
    elif provisioned is not None and throughput != "provisioned":
        yield Problem(
            rule="EFS03",
            message="only provisioned throughput has an amount",
            path=("throughput",),
            value=throughput,
            nearest="provisioned",
            link=LINK,
        )
    elif provisioned is not None and provisioned < least:
        yield Problem(
            rule="EFS04",
            message=f"provisioned throughput is at least {least} MiB/s",
            path=path,
            value=provisioned,
            nearest=least,
            link=LINK,
        )
    elif provisioned is not None and provisioned > most:
        yield Problem(
            rule="EFS04",
            message=f"no region provisions more than {most} MiB/s unless AWS has "
            "raised the account's quota",
            path=path,
            value=provisioned,
            nearest=most,
            link=LINK,
            severity="warning",
        )


def id_problem(text: str, path: Path) -> Problem | None:
    """What is wrong with `text` as the id of a file system."""
    if _ID.fullmatch(text):
        return None
    # An ARN ends with the id, the name of its server begins with it.
    inside = re.search(r"(?<![\w-])fs-[0-9a-f]{8,40}(?![\w-])", text.lower())
    return Problem(
        rule="EFS09",
        message="a file system's id is fs- and 8 to 40 digits of 0-9 and a-f",
        path=path,
        value=text,
        nearest=inside[0] if inside else None,
        link=ID_LINK,
    )


def mount_targets(subnets: Mapping[str, _T], zone: str | None) -> dict[str, _T]:
    """The subnets that get a mount target: one for each zone, by zone.

    Args:
        subnets: Subnets of the network, by zone. A zone has one mount target,
            and a mapping has one subnet for it.
        zone: The zone of a One Zone file system, which has no other.

    Raises:
        ValueError: The network has no subnet in `zone`, or none at all.
    """
    if zone is not None:
        if zone not in subnets:
            raise ValueError(f"no subnet in {zone}: {zones_text(subnets)}")
        return {zone: subnets[zone]}
    if not subnets:
        raise ValueError("a file system of EFS is mounted from subnets: none is given")
    return dict(sorted(subnets.items()))


def zones_text(zones: Iterable[str]) -> str:
    """The zones that there are, in words."""
    return f"there are subnets in {', '.join(sorted(zones)) or 'no zone'}"


def file_system_policy(arn: str) -> dict[str, object]:
    """The policy of a file system: by TLS only, through its mount targets only.

    Clients name no IAM identity, as the CSI driver's mounts do not: who reaches
    the mount targets is the security groups' business. It is what the console
    writes for "enforce in-transit encryption for all clients".

    Args:
        arn: The ARN of the file system, the policy's only resource.
    """
    actions = [
        f"elasticfilesystem:Client{action}"
        for action in ("Mount", "Write", "RootAccess")
    ]
    common = {"Principal": {"AWS": "*"}, "Action": actions, "Resource": arn}
    by_mount_target = {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}
    in_the_clear = {"Bool": {"aws:SecureTransport": "false"}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "MountTargets",
                "Effect": "Allow",
                **common,
                "Condition": by_mount_target,
            },
            {
                "Sid": "OnlyByTls",
                "Effect": "Deny",
                **common,
                "Condition": in_the_clear,
            },
        ],
    }
