"""What drivers of AWS want of a PersistentVolume that someone writes by hand.

Sources, read 2026-11-22: kubernetes-sigs/aws-fsx-csi-driver v1.9.0
`pkg/driver/node.go` (it looks up two attributes and no others); botocore 1.44.5
ec2 `VolumeId`, and the handles of aws-ebs-csi-driver v1.64.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from components.catalog.problem import Problem

DNS_NAME = "dnsname"
MOUNT_NAME = "mountname"

_FSX = (
    "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/tree/master/examples/"
    "kubernetes/static_provisioning"
)
_EBS = (
    "https://github.com/kubernetes-sigs/aws-ebs-csi-driver/tree/master/examples/"
    "kubernetes/static-provisioning"
)
_DISK = re.compile(r"vol-[0-9a-f]{8,17}")


def lustre_problems(
    handle: str, attributes: Mapping[str, str], options: Sequence[str]
) -> Iterator[Problem]:
    """What is wrong with a volume of `fsx.csi.aws.com`."""
    del handle, options  # Any id and any options of a mount.
    known = (DNS_NAME, MOUNT_NAME)
    meant: set[str] = set()
    for key in attributes:
        if key in known:
            continue
        close = get_close_matches(key.lower(), known, n=1)
        meant.update(close)
        yield Problem(
            rule="AWS35",
            message="the driver reads no such attribute",
            path=("volumeAttributes", key),
            value=attributes[key],
            allowed=known,
            nearest=close[0] if close else None,
            link=_FSX,
        )
    if DNS_NAME not in meant | set(attributes):
        yield Problem(
            rule="AWS35",
            message="required: the host name of the file system",
            path=("volumeAttributes", DNS_NAME),
            link=_FSX,
        )
    if MOUNT_NAME not in meant | set(attributes):
        yield Problem(
            rule="AWS35",
            message="the driver takes fsx where nothing is said, which only SCRATCH_1 "
            "has: the mount of any other ends with 'Is the MGS running?'",
            path=("volumeAttributes", MOUNT_NAME),
            link=_FSX,
            severity="warning",
        )


def disk_problems(
    handle: str, attributes: Mapping[str, str], options: Sequence[str]
) -> Iterator[Problem]:
    """What is wrong with a volume of `ebs.csi.aws.com`."""
    del attributes, options
    if not _DISK.fullmatch(handle):
        found = _DISK.search(handle)
        yield Problem(
            rule="AWS36",
            message="the handle of a disk is its id: vol- and 8 to 17 of 0-9 and a-f",
            path=("volumeHandle",),
            value=handle,
            nearest=found[0] if found else None,
            link=_EBS,
        )
