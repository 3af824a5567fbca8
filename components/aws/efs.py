"""A file system of Amazon EFS with the ways into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.aws.adopted import kept_tags
from components.aws.efs_spec import EfsLifecycleSpec, EfsSpec
from components.catalog.efs import REPLACED_BY, file_system_policy, mount_targets
from components.catalog.efs_driver import DRIVER
from components.catalog.efs_lifecycle import transition
from components.catalog.efs_volumes import Handle
from components.kubernetes.csi_source import CsiSource
from components.kubernetes.volume_spec import Access


@dataclass(frozen=True, kw_only=True)
class EfsArgs:
    """What an Efs is made from.

    Attributes:
        spec: The file system.
        vpc_id: The network of its mount targets. Required where it is made.
        subnets: Subnets of the network, by zone: each gets a mount target, or
            the one of the spec's zone alone. Required where it is made.
        kms_key_arn: The key that encrypts it; default: AWS's own for EFS.
    """

    spec: EfsSpec
    vpc_id: pulumi.Input[str] | None = None
    subnets: Mapping[str, pulumi.Input[str]] = field(
        default_factory=dict[str, pulumi.Input[str]]
    )
    kms_key_arn: pulumi.Input[str] | None = None


class Efs(pulumi.ComponentResource):
    """A file system, its mount targets and the policy of its mounts.

    One that exists is looked up. One that is adopted is imported, protected, and
    nothing is made beside it: it has mount targets already, and a zone has one.

    Attributes:
        ids: What mounts it: `fileSystemId`, and `securityGroupId` of its mount
            targets where they are made here.
    """

    ids: Mapping[str, pulumi.Output[str]]

    def __init__(
        self,
        name: str,
        args: EfsArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make, adopt or look up the file system.

        Args:
            name: Name of the storage.
            args: What to make.
            opts: Must carry the provider of the region.

        Raises:
            ValueError: The network has no subnet for a mount target.
        """
        super().__init__("ml-storage:index:Efs", name, None, opts)
        spec, child = args.spec, pulumi.ResourceOptions(parent=self)
        if spec.existing is not None:
            aws.efs.FileSystem.get(f"{name}-file-system", spec.existing, opts=child)
            # Its id is known without a call to AWS.
            self.ids = {"fileSystemId": pulumi.Output.from_input(spec.existing)}
            self.register_outputs(dict(self.ids))
            return
        made = self._file_system(name, args)
        self.ids = {"fileSystemId": made.id}
        if spec.adopt is None:
            aws.efs.FileSystemPolicy(
                f"{name}-policy",
                file_system_id=made.id,
                policy=pulumi.Output.json_dumps(made.arn.apply(file_system_policy)),
                # Data that is kept is still reached by TLS only.
                opts=pulumi.ResourceOptions(
                    parent=self,
                    protect=spec.on_delete == "protect",
                    retain_on_delete=spec.on_delete == "retain",
                ),
            )
            aws.efs.BackupPolicy(
                f"{name}-backup-policy",
                file_system_id=made.id,
                backup_policy={"status": "ENABLED" if spec.backups else "DISABLED"},
                opts=child,
            )
            group = self._mount_targets(name, args, made)
            self.ids = {**self.ids, "securityGroupId": group.id}
        self.register_outputs(dict(self.ids))

    def _file_system(self, name: str, args: EfsArgs) -> aws.efs.FileSystem:
        spec = args.spec
        adopted = spec.adopt is not None
        return aws.efs.FileSystem(
            f"{name}-file-system",
            performance_mode=spec.performance,
            throughput_mode=spec.throughput,
            provisioned_throughput_in_mibps=spec.provisioned_mibps,
            availability_zone_name=spec.zone,
            encrypted=True,
            kms_key_id=args.kms_key_arn,
            lifecycle_policies=_lifecycle(spec.lifecycle),
            tags={"Name": name, **spec.tags},
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=adopted or spec.on_delete == "protect",
                retain_on_delete=spec.on_delete == "retain",
                import_=spec.adopt,
                # What cannot be changed stays what it was when others made it.
                ignore_changes=[*REPLACED_BY, *kept_tags(spec.adopt, spec.tags)]
                if adopted
                else None,
            ),
        )

    def _mount_targets(
        self, name: str, args: EfsArgs, file_system: aws.efs.FileSystem
    ) -> aws.ec2.SecurityGroup:
        """A mount target for each zone, in a group that lets no one in by itself.

        Whoever owns the clients adds the rules that let them in.
        """
        group = aws.ec2.SecurityGroup(
            f"{name}-security-group",
            description=f"Mount targets of the EFS file system {name}",
            vpc_id=args.vpc_id,
            tags={"Name": name, **args.spec.tags},
            opts=pulumi.ResourceOptions(parent=self),
        )
        for zone, subnet in mount_targets(args.subnets, args.spec.zone).items():
            aws.efs.MountTarget(
                f"{name}-mount-target-{zone}",
                file_system_id=file_system.id,
                subnet_id=subnet,
                security_groups=[group.id],
                opts=pulumi.ResourceOptions(
                    parent=self,
                    # A zone has one: another cannot be made beside it.
                    delete_before_replace=True,
                ),
            )
        return group


def _lifecycle(
    spec: EfsLifecycleSpec | None,
) -> list[aws.efs.FileSystemLifecyclePolicyArgs]:
    """The transitions: the API takes one in each policy."""
    policies: list[aws.efs.FileSystemLifecyclePolicyArgs] = []
    if spec is None:
        return policies
    policy = aws.efs.FileSystemLifecyclePolicyArgs
    if spec.to_infrequent_access is not None:
        after = transition(spec.to_infrequent_access)
        policies.append(policy(transition_to_ia=after))
    if spec.to_archive is not None:
        policies.append(policy(transition_to_archive=transition(spec.to_archive)))
    if policies and spec.back_on_access:
        policies.append(policy(transition_to_primary_storage_class="AFTER_1_ACCESS"))
    return policies


def csi_source(
    spec: EfsSpec,
    ids: Mapping[str, pulumi.Input[str]],
    *,
    access: Access,
    access_point_id: pulumi.Input[str] | None = None,
) -> CsiSource:
    """What a PersistentVolume says that mounts the file system.

    Args:
        spec: The file system.
        ids: Its `fileSystemId`.
        access: What the volume is for; the spec's own may narrow it.
        access_point_id: An access point, of which the volume is the directory;
            default: the whole file system. A node tells volumes apart by
            driver and handle: volumes of one pod take access points of their
            own.
    """
    whole = pulumi.Output.from_input(ids["fileSystemId"])
    return CsiSource(
        driver=DRIVER.name,
        handle=pulumi.Output.all(whole, access_point_id).apply(
            lambda parts: str(Handle(file_system=parts[0], access_point=parts[1]))
        ),
        attributes={"encryptInTransit": "true"},
        read_only=spec.narrowed(access) == "read-only",
        zones=[] if spec.zone is None else [spec.zone],
    )
