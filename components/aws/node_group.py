"""A pool of nodes: a managed node group of EKS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from components.aws.launch_template import launch_template_fields
from components.aws.node_pool_spec import EksNodePoolSpec
from components.catalog import pod_devices
from components.catalog.eks_add_ons import STARTUP_EFFECT
from components.catalog.eks_labels import TAINT_EFFECTS

_CAPACITY = {
    "on-demand": "ON_DEMAND",
    "spot": "SPOT",
    "capacity-block": "CAPACITY_BLOCK",
}
_TEMPLATE = "k8s.io/cluster-autoscaler/node-template"


@dataclass(frozen=True, kw_only=True)
class NodeGroupArgs:
    """What a NodeGroup is made from.

    Attributes:
        spec: What the nodes are like.
        cluster_name: Name of the cluster.
        subnets: Private subnets by zone; those of the pool's zones are used.
        cluster_security_group_id: The group that EKS gives its nodes.
        node_role_arn: Role of the nodes.
        startup_taints: Keys of the taints that nodes begin with until a driver
            takes them away.
        tags: Tags of the machines and their disks, which a provider's default
            tags do not reach.
    """

    spec: EksNodePoolSpec
    cluster_name: pulumi.Input[str]
    subnets: Mapping[str, pulumi.Input[str]]
    cluster_security_group_id: pulumi.Input[str]
    node_role_arn: pulumi.Input[str]
    startup_taints: Sequence[str] = ()
    tags: Mapping[str, str] = field(default_factory=dict[str, str])


class NodeGroup(pulumi.ComponentResource):
    """A managed node group with a launch template of its own.

    How many nodes there are at the moment is the autoscaler's, and never set
    back. A pool that may have none tells the autoscaler what a node of it would
    be like. One that has to be replaced is made anew before the old one goes.

    Attributes:
        node_group_name: Its name in EKS.
    """

    node_group_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: NodeGroupArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the pool.

        Args:
            name: Name of the pool: its nodes carry it as a label.
            args: What its nodes are like.
            opts: Must carry the provider of the region.

        Raises:
            KeyError: There is no subnet in one of the pool's zones.
        """
        super().__init__("ml-storage:index:NodeGroup", name, None, opts)
        spec = args.spec
        template = aws.ec2.LaunchTemplate(
            f"{name}-template",
            **launch_template_fields(
                name,
                spec,
                security_group_id=args.cluster_security_group_id,
                placement_group=self._placement(name, spec),
                tags=args.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        in_block = spec.capacity == "capacity-block"
        group = aws.eks.NodeGroup(
            f"{name}-group",
            cluster_name=args.cluster_name,
            node_role_arn=args.node_role_arn,
            subnet_ids=[args.subnets[zone] for zone in spec.zones],
            ami_type=spec.ami_type,
            capacity_type=_CAPACITY[spec.capacity],
            instance_types=None if in_block else [spec.machine],
            # A number: `$Latest` would change the nodes behind the state's back.
            launch_template={
                "id": template.id,
                "version": template.latest_version.apply(str),
            },
            scaling_config={
                "min_size": spec.nodes.min,
                "max_size": spec.nodes.max,
                "desired_size": spec.nodes.min,
            },
            update_config={
                "max_unavailable": 1,
                # Machines with accelerators are seldom there twice.
                "update_strategy": "MINIMAL"
                if spec.gpus or spec.neurons or in_block
                else "DEFAULT",
            },
            labels={**spec.selector(name), **spec.labels},
            taints=taints(spec, args.startup_taints),
            opts=pulumi.ResourceOptions(
                parent=self, ignore_changes=["scalingConfig.desiredSize"]
            ),
        )
        if spec.nodes.min == 0:
            self._tell_autoscaler(name, spec, group)
        self.node_group_name = group.node_group_name
        self.register_outputs({"nodeGroupName": self.node_group_name})

    def _placement(self, name: str, spec: EksNodePoolSpec) -> pulumi.Output[str] | None:
        """Machines of a Capacity Block stand close together in any case."""
        if not spec.efa_interfaces or spec.capacity == "capacity-block":
            return None
        group = aws.ec2.PlacementGroup(
            f"{name}-placement",
            strategy="cluster",
            opts=pulumi.ResourceOptions(parent=self),
        )
        return group.name

    def _tell_autoscaler(
        self, name: str, spec: EksNodePoolSpec, group: aws.eks.NodeGroup
    ) -> None:
        scaling = group.resources.apply(_scaling_group)
        for key, value in node_template(name, spec):
            aws.autoscaling.Tag(
                f"{name}-{key}",
                autoscaling_group_name=scaling,
                tag={
                    "key": f"{_TEMPLATE}/{key}",
                    "value": value,
                    "propagate_at_launch": False,
                },
                opts=pulumi.ResourceOptions(parent=self),
            )


def taints(
    spec: EksNodePoolSpec, startup: Sequence[str]
) -> list[aws.eks.NodeGroupTaintArgs]:
    """The taints of the nodes as EKS spells them, those of the start last."""
    return [
        *(
            aws.eks.NodeGroupTaintArgs(
                key=taint.key, value=taint.value, effect=TAINT_EFFECTS[taint.effect]
            )
            for taint in spec.taints
        ),
        *(
            aws.eks.NodeGroupTaintArgs(key=key, effect=TAINT_EFFECTS[STARTUP_EFFECT])
            for key in sorted(startup)
        ),
    ]


def node_template(name: str, spec: EksNodePoolSpec) -> Iterator[tuple[str, str]]:
    """What the autoscaler has to know of a node that is not there yet.

    CPU, memory and GPUs it knows by the machine's name. Source:
    https://github.com/kubernetes/autoscaler 55c37cd
    `cluster-autoscaler/cloudprovider/aws/README.md` (read 2026-11-22).

    Args:
        name: Name of the pool.
        spec: What its nodes are like.
    """
    for key, value in {**spec.selector(name), **spec.labels}.items():
        yield f"label/{key}", value
    # A tag for each key: of several effects the first is told.
    for taint in {taint.key: taint for taint in reversed(spec.taints)}.values():
        yield f"taint/{taint.key}", f"{taint.value or ''}:{taint.effect}"
    disk = f"{spec.scratch_gb}G" if spec.scratch_gb else spec.disk_size
    yield "resources/ephemeral-storage", disk
    for resource, count in (
        (pod_devices.NEURON, spec.neurons),
        (pod_devices.EFA, spec.efa_interfaces),
    ):
        if count:
            yield f"resources/{resource}", str(count)


def _scaling_group(resources: Sequence[Any]) -> str:
    return str(resources[0].autoscaling_groups[0].name)
