"""What the machines of a pool are like, as a launch template says it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pulumi

from components.aws.node_pool_spec import EksNodePoolSpec
from components.aws.node_user_data import raid0, user_data
from components.catalog import eks_nodes, quantity


def launch_template_fields(
    name: str,
    spec: EksNodePoolSpec,
    *,
    security_group_id: pulumi.Input[str],
    placement_group: pulumi.Input[str] | None,
    tags: Mapping[str, str],
) -> dict[str, Any]:
    """The arguments of the launch template of a pool.

    Args:
        name: Name of the pool, which the machines are called by.
        spec: What they are like.
        security_group_id: The cluster's group. EKS adds it by itself unless the
            template states interfaces, as it does for EFA.
        placement_group: Name of the group that they stand close together in.
        tags: Tags of machines and disks: what a provider tags by default does
            not reach what a template makes.
    """
    ami = eks_nodes.AMIS[spec.ami_type]
    named = {"Name": name, **tags}
    fields: dict[str, Any] = {
        "update_default_version": True,
        "block_device_mappings": [
            {
                "device_name": ami.root_device,
                "ebs": {
                    "volume_size": math.ceil(quantity.parse(spec.disk_size) / 2**30),
                    "volume_type": "gp3",
                    "encrypted": "true",
                    "delete_on_termination": "true",
                },
            }
        ],
        # Pods are one hop further from the service than their node.
        "metadata_options": {
            "http_endpoint": "enabled",
            "http_tokens": "required",
            "http_put_response_hop_limit": 2,
        },
        "tag_specifications": [
            {"resource_type": kind, "tags": named} for kind in ("instance", "volume")
        ],
    }
    if spec.store == "raid0":
        fields["user_data"] = user_data(raid0())
    if spec.efa_interfaces:
        fields["network_interfaces"] = efa_interfaces(
            spec.efa_interfaces, security_group_id
        )
    if placement_group is not None:
        fields["placement"] = {"group_name": placement_group}
    if spec.reservation is not None:
        # EKS wants the machine of a Capacity Block in the template.
        fields["instance_type"] = spec.machine
        fields["instance_market_options"] = {"market_type": "capacity-block"}
        fields["capacity_reservation_specification"] = {
            "capacity_reservation_target": {"capacity_reservation_id": spec.reservation}
        }
    return fields


def efa_interfaces(
    count: int, security_group_id: pulumi.Input[str]
) -> list[dict[str, Any]]:
    """An EFA interface on each of `count` network cards.

    Only the first is the machine's own address. Source: eksctl 99984ad
    `pkg/cfn/builder/network_interfaces.go` (read 2026-11-22).
    """
    return [
        {
            "device_index": min(card, 1),
            "network_card_index": card,
            "interface_type": "efa",
            "delete_on_termination": "true",
            "security_groups": [security_group_id],
        }
        for card in range(count)
    ]
