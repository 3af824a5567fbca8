"""A pool of nodes of GKE; of multi-host TPUs one GKE node pool for each slice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pulumi
import pulumi_gcp as gcp

from components.catalog import gcp_regions, gke_labels, gke_nodes, quantity
from components.gcp.node_pool_spec import GkeNodePoolSpec

_Driver = (
    gcp.container.NodePoolNodeConfigGuestAcceleratorGpuDriverInstallationConfigArgs
)
_DRIVERS = {
    "default": "DEFAULT",
    "latest": "LATEST",
    "none": "INSTALLATION_DISABLED",
}
_RESERVATION_NAME = "compute.googleapis.com/reservation-name"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_GIB = Decimal(2**30)


@dataclass(frozen=True, kw_only=True)
class NodePoolArgs:
    """What a NodePool is made from.

    Attributes:
        spec: What the nodes are like.
        cluster_name: Name of the cluster.
        location: The cluster's location.
        project: The project of the cluster.
        service_account: E-mail address of the nodes' account.
        boot_images: Full names of the disk images that `bootImages` names.
        labels: Labels of the machines and their disks.
    """

    spec: GkeNodePoolSpec
    cluster_name: pulumi.Input[str]
    location: pulumi.Input[str]
    project: str
    service_account: pulumi.Input[str]
    boot_images: Mapping[str, pulumi.Input[str]] = field(
        default_factory=dict[str, pulumi.Input[str]]
    )
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


class NodePool(pulumi.ComponentResource):
    """A node pool of GKE, or one for each slice of multi-host TPUs.

    How many nodes there are at the moment is the autoscaler's, and never set
    back. One that has to be replaced is made anew before the old one goes. A
    slice has all of its nodes or none.

    Attributes:
        node_pool_names: Its names in GKE.
    """

    node_pool_names: list[pulumi.Output[str]]

    def __init__(
        self, name: str, args: NodePoolArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the pool.

        Args:
            name: Name of the pool: its nodes carry it as a label.
            args: What its nodes are like.
            opts: Must carry the provider of the project and region.

        Raises:
            ValueError: The Spec names no machine.
            KeyError: A boot image is not among `boot_images`.
        """
        super().__init__("ml-storage:index:NodePool", name, None, opts)
        self._base = name
        spec = args.spec
        if spec.machine_type is None:
            raise ValueError(f"{name}: a pool is of a machine, and none is named")
        placement = self._placement(args)
        many = spec.slice is not None and spec.slice.multi_host
        roles = [str(index) for index in range(spec.slices)] if many else ["pool"]
        self.node_pool_names = [
            gcp.container.NodePool(
                f"{name}-{role}",
                cluster=args.cluster_name,
                location=args.location,
                project=args.project,
                node_locations=list(spec.zones),
                **_counts(spec),
                node_config=gcp.container.NodePoolNodeConfigArgs(
                    **node_config(name, args)
                ),
                management={
                    # GKE takes no repairs of nodes of flex-start.
                    "auto_repair": spec.capacity != "flex-start",
                    "auto_upgrade": True,
                },
                upgrade_settings=_upgrades(spec),
                placement_policy=placement,
                queued_provisioning={"enabled": True}
                if spec.capacity == "queued"
                else None,
                opts=pulumi.ResourceOptions(
                    parent=self, ignore_changes=["nodeCount", "initialNodeCount"]
                ),
            ).name
            for role in roles
        ]
        self.register_outputs({"nodePoolNames": self.node_pool_names})

    def _placement(
        self, args: NodePoolArgs
    ) -> gcp.container.NodePoolPlacementPolicyArgs | None:
        """How close its machines stand, and how they are linked."""
        spec = args.spec
        topology = workload_topology(spec)
        if topology is not None:
            policy = gcp.compute.ResourcePolicy(
                f"{self._base}-workload",
                project=args.project,
                region=gcp_regions.location_region(spec.zones[0]),
                workload_policy={
                    "type": "HIGH_THROUGHPUT",
                    "accelerator_topology": topology,
                },
                opts=pulumi.ResourceOptions(parent=self),
            )
            return gcp.container.NodePoolPlacementPolicyArgs(
                type="COMPACT", policy_name=policy.name
            )
        if spec.slice is not None and spec.slice.compact:
            return gcp.container.NodePoolPlacementPolicyArgs(
                type="COMPACT", tpu_topology=spec.slice.topology
            )
        if spec.compact:
            return gcp.container.NodePoolPlacementPolicyArgs(type="COMPACT")
        return None


def workload_topology(spec: GkeNodePoolSpec) -> str | None:
    """The topology of a workload policy; None where another placement is right."""
    if spec.slice is not None:
        return spec.slice.topology if spec.slice.workload_policy else None
    machine = spec.known_machine
    a4x = machine is not None and machine.family == "a4x"
    return gke_nodes.A4X_TOPOLOGY if a4x and spec.compact else None


def _counts(spec: GkeNodePoolSpec) -> dict[str, Any]:
    """How many nodes there are: now, at least and at most.

    A slice that is several nodes has them all; where it waits for room, GKE makes
    all of them or none.
    """
    made = spec.slice
    if made is not None and made.multi_host and not spec.waits:
        return {"node_count": made.hosts}
    # Where flex-start TPUs are asked for by totals the provider never has done.
    per_zone = made is not None and spec.capacity == "flex-start"
    if made is not None and made.multi_host:
        least, most = 0, made.hosts
    elif spec.nodes is not None:
        least, most = spec.nodes.min, spec.nodes.max
    else:
        raise ValueError("a pool has nodes, and how many is not said")
    zones = len(spec.zones)
    bounds = (
        {"min_node_count": least // zones, "max_node_count": -(-most // zones)}
        if per_zone
        else {"total_min_node_count": least, "total_max_node_count": most}
    )
    counts: dict[str, Any] = {
        "autoscaling": {
            **bounds,
            # What is scarce is taken wherever there is some.
            "location_policy": "ANY"
            if spec.device or spec.capacity != "on-demand"
            else "BALANCED",
        }
    }
    if not spec.waits:
        # Of each zone, and not more than there may be in all.
        counts["node_count"] = min(-(-least // zones), most // zones)
    return counts


def _upgrades(spec: GkeNodePoolSpec) -> gcp.container.NodePoolUpgradeSettingsArgs:
    """How nodes are replaced: machines with accelerators are seldom there twice."""
    scarce = spec.device is not None or spec.capacity != "on-demand"
    return gcp.container.NodePoolUpgradeSettingsArgs(
        strategy="SURGE",
        max_surge=0 if scarce else 1,
        max_unavailable=1 if scarce else 0,
    )


def node_config(name: str, args: NodePoolArgs) -> dict[str, Any]:
    """What a node is like, as the arguments of GKE's node configuration.

    Args:
        name: Name of the pool.
        args: What its nodes are like.
    """
    spec = args.spec
    return {
        "machine_type": spec.machine_type,
        "image_type": "COS_CONTAINERD",
        "disk_size_gb": math.ceil(quantity.parse(spec.disk_size) / _GIB),
        "disk_type": spec.boot_type,
        "service_account": args.service_account,
        "oauth_scopes": [_SCOPE],
        "labels": _labels(name, spec),
        "resource_labels": dict(args.labels) or None,
        "taints": taints(spec) or None,
        "metadata": {"disable-legacy-endpoints": "true"},
        "workload_metadata_config": {"mode": "GKE_METADATA"},
        "shielded_instance_config": {
            "enable_secure_boot": True,
            "enable_integrity_monitoring": True,
        },
        "gvnic": {"enabled": True},
        "spot": True if spec.capacity == "spot" else None,
        "flex_start": True if spec.capacity == "flex-start" else None,
        "guest_accelerators": _gpus(spec),
        **_local_ssds(spec),
        **_reservation(spec),
        **_boot_images(args),
    }


def _labels(name: str, spec: GkeNodePoolSpec) -> dict[str, str]:
    """Its labels; those of TPUs and GPUs GKE writes by itself."""
    ours = {k: v for k, v in spec.selector(name).items() if not _gkes(k)}
    # The taint comes of itself, the label does not.
    queued = {gke_labels.QUEUED: "true"} if spec.capacity == "queued" else {}
    return {**ours, **queued, **spec.labels}


def _gkes(key: str) -> bool:
    return key.startswith("cloud.google.com/")


def taints(spec: GkeNodePoolSpec) -> list[gcp.container.NodePoolNodeConfigTaintArgs]:
    """The taints of the nodes as GKE spells them, without those that it gives."""
    declared = [(spec.device, gke_labels.DEVICE_VALUE)] if spec.device else []
    return [
        *(
            gcp.container.NodePoolNodeConfigTaintArgs(
                key=key, value=value, effect="NO_SCHEDULE"
            )
            for key, value in declared
        ),
        *(
            gcp.container.NodePoolNodeConfigTaintArgs(
                key=taint.key,
                value=taint.value or "",
                effect=gke_labels.TAINT_EFFECTS[taint.effect],
            )
            for taint in spec.more_taints
        ),
    ]


def _gpus(
    spec: GkeNodePoolSpec,
) -> list[gcp.container.NodePoolNodeConfigGuestAcceleratorArgs] | None:
    if spec.accelerator is None:
        return None
    return [
        gcp.container.NodePoolNodeConfigGuestAcceleratorArgs(
            type=spec.accelerator,
            count=spec.gpus,
            gpu_driver_installation_config=_Driver(
                gpu_driver_version=_DRIVERS[spec.gpu_driver]
            ),
        )
    ]


def _local_ssds(spec: GkeNodePoolSpec) -> dict[str, Any]:
    count = {"local_ssd_count": spec.ssds}
    if spec.store == "ephemeral":
        return {"ephemeral_storage_local_ssd_config": count}
    if spec.store == "block":
        return {"local_nvme_ssd_block_config": count}
    return {}


def _reservation(spec: GkeNodePoolSpec) -> dict[str, Any]:
    if spec.capacity == "on-demand":
        return {}
    if spec.capacity == "reservation":
        affinity: dict[str, Any] = {
            "consume_reservation_type": "SPECIFIC_RESERVATION",
            "key": _RESERVATION_NAME,
            "values": [spec.reservation],
        }
    else:
        affinity = {"consume_reservation_type": "NO_RESERVATION"}
    return {"reservation_affinity": affinity}


def _boot_images(args: NodePoolArgs) -> dict[str, Any]:
    """Disks with images on them, which containerd reads by image streaming."""
    if not args.spec.boot_images:
        return {}
    return {
        "gcfs_config": {"enabled": True},
        "secondary_boot_disks": [
            gcp.container.NodePoolNodeConfigSecondaryBootDiskArgs(
                disk_image=args.boot_images[image], mode="CONTAINER_IMAGE_CACHE"
            )
            for image in args.spec.boot_images
        ],
    }
