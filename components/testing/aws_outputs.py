"""What AWS answers when a thing is made, as far as this project reads it.

Ids and names are made of the resource's own name, so that they are the same in
every run; they have the form that AWS's own have.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

ACCOUNT = "123456789012"
REGION = "us-west-2"

_PREFIXES = {
    "aws:fsx/lustreFileSystem:LustreFileSystem": "fs",
    "aws:efs/fileSystem:FileSystem": "fs",
    "aws:efs/accessPoint:AccessPoint": "fsap",
    "aws:efs/mountTarget:MountTarget": "fsmt",
    "aws:ec2/vpc:Vpc": "vpc",
    "aws:ec2/subnet:Subnet": "subnet",
    "aws:ec2/securityGroup:SecurityGroup": "sg",
    "aws:ec2/launchTemplate:LaunchTemplate": "lt",
}
_NAMED = ("bucket", "name", "clusterName", "nodeGroupName")


def aws_id(kind: str, name: str) -> str:
    """The id that AWS would give to `name`, such as `fs-0123456789abcdef0`.

    Args:
        kind: The type of the resource.
        name: Its name in the program.
    """
    prefix = _PREFIXES.get(kind)
    if prefix is None:
        return f"{name}-id"
    digest = hashlib.sha256(f"{kind} {name}".encode()).hexdigest()
    return f"{prefix}-0{digest[:16]}"


def aws_outputs(kind: str, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What AWS adds to the inputs of a resource.

    Args:
        kind: The type of the resource.
        name: Its name in the program.
        given: Its inputs.
    """
    word = kind.rpartition(":")[2]
    service = kind.split(":")[1].partition("/")[0]
    named = next((given[key] for key in _NAMED if key in given), f"{name}-0a1b2c3")
    made: dict[str, Any] = {
        "arn": f"arn:aws:{service}:{REGION}:{ACCOUNT}:{word.lower()}/{named}"
    }
    if word == "Bucket":
        made |= {"bucket": named, "arn": f"arn:aws:s3:::{named}"}
        made["bucketRegion"] = REGION
    elif word == "DirectoryBucket":
        made["arn"] = f"arn:aws:s3express:{REGION}:{ACCOUNT}:bucket/{named}"
    elif kind == "aws:kms/key:Key":
        made["arn"] = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{_uuid(name)}"
    elif word in ("Role", "Policy"):
        made |= {"name": named, "arn": f"arn:aws:iam::{ACCOUNT}:role/{named}"}
    elif word == "LustreFileSystem":
        file_system = aws_id(kind, name)
        domain = f"{file_system}.fsx.{REGION}.amazonaws.com"
        made |= {"dnsName": domain, "mountName": "abcdefgh"}
    elif word == "Cluster":
        made |= _cluster(named)
    elif word == "LaunchTemplate":
        made |= {"latestVersion": 1, "name": named}
    elif word == "NodeGroup":
        group = {"autoscalingGroups": [{"name": f"eks-{name}"}]}
        made |= {"nodeGroupName": named, "resources": [group]}
    return made


def _uuid(name: str) -> str:
    digest = hashlib.sha256(name.encode()).hexdigest()
    lengths = (0, 8, 12, 16, 20, 32)
    return "-".join(digest[a:b] for a, b in pairwise(lengths))


def _cluster(name: str) -> dict[str, Any]:
    domain = f"0123456789ABCDEF0123456789ABCDEF.gr7.{REGION}.eks.amazonaws.com"
    issuer = f"https://oidc.eks.{REGION}.amazonaws.com/id/0123456789ABCDEF"
    return {
        "name": name,
        "endpoint": f"https://{domain}",
        "certificateAuthority": {"data": "Q0E="},
        "identities": [{"oidcs": [{"issuer": issuer}]}],
        "vpcConfig": {"clusterSecurityGroupId": "sg-0c1d2e3f4a5b6c7d8"},
    }
