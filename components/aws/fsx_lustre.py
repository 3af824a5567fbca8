"""A file system of FSx for Lustre, the buckets linked to it, and how it is mounted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.aws.adopted import kept_tags
from components.aws.fsx_lustre_spec import FsxLustreSpec, LinkSpec
from components.aws.lustre_security_group import (
    LustreSecurityGroup,
    LustreSecurityGroupArgs,
)
from components.catalog.fsx_driver import DRIVER
from components.catalog.fsx_lustre_tables import AUTOMATIC, PERSISTENT
from components.kubernetes.csi_source import CsiSource
from components.kubernetes.volume_spec import Access

_HOUR = "60m"


@dataclass(frozen=True, kw_only=True)
class FsxLustreArgs:
    """What an FsxLustre is made from.

    Attributes:
        spec: The file system.
        vpc_id: The network of its security group. Not needed where it is
            `existing` or adopted.
        subnet_id: The subnet in its zone. Not needed where it is `existing`.
        kms_key_arn: The key of its spec; default: AWS's own for FSx.
        buckets: Names of the buckets that its links refer to, by the names of
            their storage.
    """

    spec: FsxLustreSpec
    vpc_id: pulumi.Input[str] | None = None
    subnet_id: pulumi.Input[str] | None = None
    kms_key_arn: pulumi.Input[str] | None = None
    buckets: Mapping[str, pulumi.Input[str]] = field(
        default_factory=dict[str, pulumi.Input[str]]
    )


class FsxLustre(pulumi.ComponentResource):
    """A file system in one subnet, its security group and its links.

    An `existing` one is looked up and nothing of it is managed. An adopted one
    keeps the security groups and tags that it has: FSx tells no one which
    groups those are. Its `adopt` stays in the configuration.

    Attributes:
        ids: `fileSystemId`, `dnsName` and `mountName`; `securityGroupId` too,
            where the group was made here.
    """

    ids: Mapping[str, pulumi.Output[str]]

    def __init__(
        self,
        name: str,
        args: FsxLustreArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make, adopt or look up the file system.

        Args:
            name: Prefix of all names.
            args: What to make, and where.
            opts: Must carry the provider of AWS.

        Raises:
            ValueError: No subnet or network where one is needed, or a link to
                a bucket that `buckets` does not name.
        """
        spec = args.spec
        missing = {link.bucket for link in spec.linked_to if link.bucket}
        missing -= args.buckets.keys()
        if missing:
            raise ValueError(f"links to buckets without a name: {sorted(missing)}")
        super().__init__("ml-storage:index:FsxLustre", name, None, opts)
        group = self._group(name, args)
        made = self._file_system(name, args, group)
        ids = {
            # One that is looked up has its id without a call to AWS.
            "fileSystemId": pulumi.Output.from_input(spec.existing or made.id),
            "dnsName": made.dns_name,
            "mountName": made.mount_name,
        }
        if group is not None:
            ids["securityGroupId"] = group.security_group_id
        self.ids = ids
        for link in spec.linked_to:
            self._link(name, args, link, made)
        self.register_outputs(dict(self.ids))

    def _group(self, name: str, args: FsxLustreArgs) -> LustreSecurityGroup | None:
        spec = args.spec
        if spec.existing is not None or spec.adopt is not None:
            return None
        if args.vpc_id is None:
            raise ValueError(f"the file system {name!r} needs a vpc_id")
        return LustreSecurityGroup(
            f"{name}-lustre",
            LustreSecurityGroupArgs(vpc_id=args.vpc_id, efa=spec.efa),
            pulumi.ResourceOptions(parent=self),
        )

    def _file_system(
        self, name: str, args: FsxLustreArgs, group: LustreSecurityGroup | None
    ) -> aws.fsx.LustreFileSystem:
        spec = args.spec
        if spec.existing is not None:
            return aws.fsx.LustreFileSystem.get(
                f"{name}-file-system",
                spec.existing,
                opts=pulumi.ResourceOptions(parent=self),
            )
        if args.subnet_id is None:
            raise ValueError(f"the file system {name!r} needs a subnet_id")
        return aws.fsx.LustreFileSystem(
            f"{name}-file-system",
            _properties(name, args, group, args.subnet_id),
            pulumi.ResourceOptions(
                parent=self,
                # FSx looks at the rules while it makes the file system.
                depends_on=group.rules if group is not None else None,
                protect=spec.on_delete == "protect",
                retain_on_delete=spec.on_delete == "retain",
                import_=spec.adopt,
                ignore_changes=_kept(spec),
                custom_timeouts=pulumi.CustomTimeouts(
                    create=_HOUR, update=_HOUR, delete=_HOUR
                ),
            ),
        )

    def _link(
        self,
        name: str,
        args: FsxLustreArgs,
        link: LinkSpec,
        made: aws.fsx.LustreFileSystem,
    ) -> None:
        directory = link.link.directory
        aws.fsx.DataRepositoryAssociation(
            f"{name}-link-{directory.strip('/') or 'root'}",
            file_system_id=made.id,
            file_system_path=directory,
            data_repository_path=_repository(link, args.buckets),
            batch_import_meta_data_on_create=link.import_metadata,
            delete_data_in_filesystem=False,
            s3=_followed(link),
            tags=dict(args.spec.tags),
            opts=pulumi.ResourceOptions(
                parent=self,
                # What is left in the cloud stays as it is.
                retain_on_delete=args.spec.on_delete == "retain",
                custom_timeouts=pulumi.CustomTimeouts(create=_HOUR, delete=_HOUR),
            ),
        )


def _properties(
    name: str,
    args: FsxLustreArgs,
    group: LustreSecurityGroup | None,
    subnet_id: pulumi.Input[str],
) -> aws.fsx.LustreFileSystemArgs:
    """What the file system is made with; what is not said is AWS's own."""
    spec = args.spec
    persistent = spec.deployment in PERSISTENT
    backups, squash, cache = spec.backups, spec.root_squash, spec.read_cache
    return aws.fsx.LustreFileSystemArgs(
        subnet_ids=subnet_id,
        security_group_ids=[group.security_group_id] if group is not None else None,
        deployment_type=spec.deployment,
        storage_type=spec.storage_type,
        storage_capacity=spec.capacity_gib,
        per_unit_storage_throughput=spec.throughput_per_tib,
        throughput_capacity=spec.throughput,
        file_system_type_version=spec.lustre_version,
        data_compression_type=spec.compression,
        drive_cache_type=spec.drive_cache,
        efa_enabled=True if spec.efa else None,
        kms_key_id=args.kms_key_arn,
        weekly_maintenance_start_time=spec.maintenance,
        metadata_configuration=_metadata(spec),
        data_read_cache_configuration=aws.fsx.LustreFileSystemDataReadCacheConfigurationArgs(
            sizing_mode=cache.mode, size=cache.size_gib
        )
        if cache
        else None,
        root_squash_configuration=aws.fsx.LustreFileSystemRootSquashConfigurationArgs(
            root_squash=squash.user, no_squash_nids=list(squash.except_for) or None
        )
        if squash
        else None,
        log_configuration=aws.fsx.LustreFileSystemLogConfigurationArgs(
            level=spec.log_level
        )
        if spec.log_level
        else None,
        # Sources differ on how long AWS keeps backups when nothing is said.
        automatic_backup_retention_days=(backups.retention_days if backups else 0)
        if persistent
        else None,
        daily_automatic_backup_start_time=backups.start_time if backups else None,
        # A change of it would replace the file system: it is always said.
        copy_tags_to_backups=bool(backups and backups.copy_tags)
        if persistent
        else None,
        skip_final_backup=spec.on_delete == "delete" if persistent else None,
        tags={"Name": name, **spec.tags},
    )


def _metadata(
    spec: FsxLustreSpec,
) -> aws.fsx.LustreFileSystemMetadataConfigurationArgs | None:
    iops = spec.metadata_iops
    if iops is None:
        return None
    if iops == AUTOMATIC:
        return aws.fsx.LustreFileSystemMetadataConfigurationArgs(mode=AUTOMATIC)
    return aws.fsx.LustreFileSystemMetadataConfigurationArgs(
        mode="USER_PROVISIONED", iops=iops
    )


def _kept(spec: FsxLustreSpec) -> list[str]:
    """Properties whose changes are not looked at.

    FSx does not tell which groups a file system has, and another group would
    replace it. Whether one that is adopted has a final backup is not told either.
    """
    adopted = ["skipFinalBackup"] if spec.adopt else []
    return ["securityGroupIds", *adopted, *kept_tags(spec.adopt, spec.tags)]


def _repository(
    link: LinkSpec, buckets: Mapping[str, pulumi.Input[str]]
) -> pulumi.Input[str]:
    """The `s3://` path of a link."""
    if link.uri is not None:
        return link.uri
    prefix = f"/{link.prefix.strip('/')}/" if link.prefix else ""
    return pulumi.Output.concat("s3://", buckets[link.bucket or ""], prefix)


def _followed(
    link: LinkSpec,
) -> aws.fsx.DataRepositoryAssociationS3ArgsDict | None:
    """What goes from one side of a link to the other by itself; None for nothing."""
    policies: aws.fsx.DataRepositoryAssociationS3ArgsDict = {}
    if link.auto_import:
        policies["auto_import_policy"] = {"events": list(link.auto_import)}
    if link.auto_export:
        policies["auto_export_policy"] = {"events": list(link.auto_export)}
    return policies or None


def csi_source(
    spec: FsxLustreSpec,
    ids: Mapping[str, pulumi.Input[str]],
    *,
    access: Access,
    prefix: str | None = None,
) -> CsiSource:
    """How a PersistentVolume mounts a file system.

    Args:
        spec: The file system.
        ids: Its `fileSystemId`, `dnsName` and `mountName`.
        access: What the volume is for; never more than the spec says.
        prefix: Must be None: the driver mounts a file system whole.

    Raises:
        ValueError: A prefix.
    """
    if prefix is not None:
        raise ValueError(f"a file system of {spec.kind} is mounted whole")
    return CsiSource(
        driver=DRIVER.name,
        handle=ids["fileSystemId"],
        attributes={"dnsname": ids["dnsName"], "mountname": ids["mountName"]},
        mount_options=["flock"],
        read_only=spec.narrowed(access) == "read-only",
        zones=[spec.zone],
    )
