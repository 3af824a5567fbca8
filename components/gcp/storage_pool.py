"""A Hyperdisk storage pool."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.gcp.storage_pool_spec import StoragePoolSpec


@dataclass(frozen=True, kw_only=True)
class StoragePoolArgs:
    """What a StoragePool is made from.

    Attributes:
        spec: The pool.
        project: The project that it is in.
    """

    spec: StoragePoolSpec
    project: str


class StoragePool(pulumi.ComponentResource):
    """A pool of capacity and performance, which the disks of a class share.

    It holds the data of its disks, so the provider refuses to delete it too:
    to get rid of one, set `onDelete: delete`, deploy that, then take it out.

    Attributes:
        pool: Its full name, `projects/P/zones/Z/storagePools/S`.
    """

    pool: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: StoragePoolArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the pool.

        Args:
            name: Name of the pool in the stack.
            args: What to make.
            opts: Must carry the provider of the project.
        """
        super().__init__("ml-storage:index:StoragePool", name, None, opts)
        spec = args.spec
        made = gcp.compute.StoragePool(
            f"{name}-pool",
            project=args.project,
            zone=spec.zone,
            storage_pool_type=spec.type,
            # The API has its 64-bit numbers as texts.
            pool_provisioned_capacity_gb=str(spec.capacity_gib),
            pool_provisioned_throughput=str(spec.throughput),
            pool_provisioned_iops=None if spec.iops is None else str(spec.iops),
            deletion_protection=spec.on_delete != "delete",
            labels=spec.tags or None,
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=spec.on_delete == "protect",
                retain_on_delete=spec.on_delete == "retain",
            ),
        )
        self.pool = made.id
        self.register_outputs({"pool": self.pool})
