"""An instance of Google Cloud Managed Lustre, and how it is mounted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.catalog import gcp_instances
from components.catalog.gcp_lustre import REPLACED_BY, parse_mount_point
from components.catalog.gcp_lustre_driver import DRIVER
from components.catalog.gcp_lustre_driver import handle as volume_handle
from components.gcp.managed_lustre_spec import LustreRootSquashSpec, ManagedLustreSpec
from components.kubernetes.csi_source import CsiSource
from components.kubernetes.volume_spec import Access


@dataclass(frozen=True, kw_only=True)
class ManagedLustreArgs:
    """What a ManagedLustre is made from.

    Attributes:
        spec: The instance.
        project: The id of its project.
        network: Full name of its VPC network, which has private services access.
            Not needed where it is `existing`.
        kms_key: Full name of the key of its spec; default: Google's own.
    """

    spec: ManagedLustreSpec
    project: str
    network: pulumi.Input[str] | None = None
    kms_key: pulumi.Input[str] | None = None


class ManagedLustre(pulumi.ComponentResource):
    """An instance in one zone.

    An `existing` one is looked up, unless its spec says where it answers, and
    nothing of it is managed. An adopted one is imported, protected, and keeps what
    its spec does not state. With `onDelete: protect` the provider refuses to
    delete it, too: `onDelete: delete` and an update turn that off, before the
    instance can be destroyed.

    Attributes:
        ids: `project`, `location`, `instance`, `mountPoint` and `filesystem`.
    """

    ids: Mapping[str, pulumi.Output[str]]

    def __init__(
        self,
        name: str,
        args: ManagedLustreArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make, adopt or look up the instance.

        Args:
            name: Name of the storage.
            args: What to make, and where.
            opts: Must carry the provider of Google Cloud.

        Raises:
            ValueError: No network where one is needed.
        """
        super().__init__("ml-storage:index:ManagedLustre", name, None, opts)
        spec = args.spec
        named = spec.named(args.project) or gcp_instances.InstanceName(
            project=args.project,
            location=spec.zone,
            # The provider gives it no name of its own.
            instance=spec.instance or gcp_instances.id_of(pulumi.get_stack(), name),
        )
        mount_point: pulumi.Input[str] | None = spec.mount_point
        if mount_point is None:
            mount_point = self._instance(name, args, named).mount_point
        told = pulumi.Output.from_input(mount_point)
        self.ids = {
            "project": pulumi.Output.from_input(named.project),
            "location": pulumi.Output.from_input(named.location),
            "instance": pulumi.Output.from_input(named.instance),
            "mountPoint": told,
            "filesystem": pulumi.Output.from_input(spec.file_system_name)
            if spec.file_system_name
            else told.apply(lambda text: _parts(text)[1]),
        }
        self.register_outputs(dict(self.ids))

    def _instance(
        self, name: str, args: ManagedLustreArgs, named: gcp_instances.InstanceName
    ) -> gcp.lustre.Instance:
        spec = args.spec
        if spec.existing is not None:
            return gcp.lustre.Instance.get(
                f"{name}-instance",
                str(named),
                opts=pulumi.ResourceOptions(parent=self),
            )
        if args.network is None:
            raise ValueError(f"the instance {name!r} needs a network")
        adopted = spec.adopt is not None
        per_tib = spec.throughput_per_tib
        return gcp.lustre.Instance(
            f"{name}-instance",
            instance_id=named.instance,
            project=named.project,
            location=named.location,
            # The checks have found that there is one.
            capacity_gib=str(spec.capacity_gib or 0),
            per_unit_storage_throughput=None if per_tib is None else str(per_tib),
            dynamic_tier_options={"mode": "DEFAULT_CACHE"} if per_tib is None else None,
            filesystem=spec.file_system_name or "lustre",
            network=args.network,
            kms_key=args.kms_key,
            access_rules_options=_squash(spec.root_squash),
            deletion_policy="PREVENT" if spec.on_delete == "protect" else "DELETE",
            labels=dict(spec.tags) or None,
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=adopted or spec.on_delete == "protect",
                retain_on_delete=spec.on_delete == "retain",
                import_=str(named) if adopted else None,
                ignore_changes=_kept(spec) if adopted else None,
                # A zone has one instance of a name.
                delete_before_replace=True,
                custom_timeouts=pulumi.CustomTimeouts(
                    create="120m", update="60m", delete="60m"
                ),
            ),
        )


def _squash(
    squash: LustreRootSquashSpec | None,
) -> gcp.lustre.InstanceAccessRulesOptionsArgs | None:
    if squash is None:
        return None
    rule = gcp.lustre.InstanceAccessRulesOptionsAccessRuleArgs(
        name="root_stays_root",
        ip_address_ranges=list(squash.except_for),
        squash_mode="NO_SQUASH",
    )
    return gcp.lustre.InstanceAccessRulesOptionsArgs(
        default_squash_mode="ROOT_SQUASH",
        default_squash_uid=squash.uid,
        default_squash_gid=squash.gid,
        access_rules=[rule] if squash.except_for else None,
    )


def _kept(spec: ManagedLustreSpec) -> list[str]:
    """Properties that stay as others made them: what is not stated, or not changed."""
    unsaid = ["accessRulesOptions"] if spec.root_squash is None else []
    return [
        *(*REPLACED_BY, "deletionPolicy", *unsaid),
        # Of these no spec says anything.
        *("description", "maintenancePolicy", "placementPolicy"),
        *("gkeSupportEnabled", "targetVersion"),
    ]


def _parts(mount_point: str) -> tuple[str, str]:
    """Address and file system of a mount point that Google Cloud tells."""
    parts = parse_mount_point(mount_point)
    if parts is None:
        raise ValueError(f"{mount_point!r} is no mount point of Lustre")
    return parts


def class_parameters(*, network: pulumi.Input[str]) -> dict[str, pulumi.Input[str]]:
    """What the driver is told beside the parameters of a class.

    Args:
        network: Full name of the cluster's VPC network; without it the driver
            takes the one that is called default.
    """
    return {"network": network}


def csi_source(
    spec: ManagedLustreSpec,
    ids: Mapping[str, pulumi.Input[str]],
    *,
    access: Access,
    prefix: str | None = None,
) -> CsiSource:
    """How a PersistentVolume mounts a file system.

    Nodes of every zone of the network mount it, as the driver's own samples do:
    the volume is bound to none. Its handle is the same for every team, since a
    node mounts a file system once.

    Args:
        spec: The instance.
        ids: Its `project`, `location`, `instance`, `mountPoint` and `filesystem`.
        access: What the volume is for; never more than the spec says.
        prefix: Must be None: the driver mounts a file system whole.

    Raises:
        ValueError: A prefix.
    """
    if prefix is not None:
        raise ValueError(f"a file system of {spec.kind} is mounted whole")
    parts = (ids["project"], ids["location"], ids["instance"])
    mount_point = pulumi.Output.from_input(ids["mountPoint"])
    return CsiSource(
        driver=DRIVER.name,
        handle=pulumi.Output.all(*parts).apply(lambda each: volume_handle(*each)),
        attributes={
            "ip": mount_point.apply(lambda text: _parts(text)[0]),
            "filesystem": ids["filesystem"],
        },
        read_only=spec.narrowed(access) == "read-only",
    )
