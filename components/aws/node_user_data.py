"""What nodes of AL2023 are told when they start.

Source: https://github.com/awslabs/amazon-eks-ami 81fec2e `nodeadm/doc/api.md` and
https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html (read
2026-11-22).
"""

from __future__ import annotations

import base64
from typing import Any

import yaml

_BOUNDARY = "ml-storage"


def raid0() -> dict[str, Any]:
    """All NVMe disks as one, with the kubelet's directory on it.

    EKS merges it with what it says itself of the cluster.
    """
    return {
        "apiVersion": "node.eks.aws/v1alpha1",
        "kind": "NodeConfig",
        "spec": {"instance": {"localStorage": {"strategy": "RAID0"}}},
    }


def user_data(config: dict[str, Any]) -> str:
    """A NodeConfig as a launch template has it: MIME of parts, in base64."""
    lines = [
        "MIME-Version: 1.0",
        f'Content-Type: multipart/mixed; boundary="{_BOUNDARY}"',
        "",
        f"--{_BOUNDARY}",
        "Content-Type: application/node.eks.aws",
        "",
        yaml.safe_dump(config, sort_keys=False),
        f"--{_BOUNDARY}--",
        "",
    ]
    return base64.b64encode("\n".join(lines).encode()).decode()
