"""An instance of Filestore, and how its share is mounted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp
from pulumi_gcp.filestore import outputs

from components.catalog.filestore import REPLACED_BY
from components.catalog.filestore_driver import DRIVER
from components.catalog.filestore_volumes import handle as volume_handle
from components.gcp.filestore_spec import FilestoreSpec, NfsExportSpec
from components.kubernetes.csi_source import CsiSource
from components.kubernetes.volume_spec import Access

_HOUR = "60m"
_DIRECT = "DIRECT_PEERING"
_PRIVATE = "PRIVATE_SERVICE_ACCESS"


@dataclass(frozen=True, kw_only=True)
class FilestoreArgs:
    """What a Filestore is made from.

    Attributes:
        spec: The instance.
        project: The id of its project.
        region: The environment's region.
        network: Full name of its VPC network. Not needed where it is `existing`.
        peered_range: Name of the network's range for private services; default:
            it has none.
        kms_key: Full name of the key of its spec; default: Google's own.
    """

    spec: FilestoreSpec
    project: str
    region: str
    network: pulumi.Input[str] | None = None
    peered_range: pulumi.Input[str] | None = None
    kms_key: pulumi.Input[str] | None = None


class Filestore(pulumi.ComponentResource):
    """An instance with one share.

    An `existing` one is looked up, unless its spec says where it answers, and
    nothing of it is managed. An adopted one is imported, protected, and keeps what
    its spec does not state. With `onDelete: protect` Google Cloud's own guard of
    deletion is on, too: `onDelete: delete` and an update turn it off, before the
    instance can be destroyed.

    Attributes:
        ids: `instance`, `location`, `share` and `ip`.
    """

    ids: Mapping[str, pulumi.Output[str]]

    def __init__(
        self,
        name: str,
        args: FilestoreArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make, adopt or look up the instance.

        Args:
            name: Prefix of all names.
            args: What to make, and where.
            opts: Must carry the provider of Google Cloud.

        Raises:
            ValueError: No network where one is needed, or no range for private
                services where they are asked for.
        """
        super().__init__("ml-storage:index:Filestore", name, None, opts)
        spec = args.spec
        location = spec.location(args.region)
        named = spec.named(args.project, args.region)
        if spec.existing is not None and spec.ip is not None:
            self.ids = _outputs(
                instance=named.instance if named else spec.existing,
                location=location,
                share=spec.share_name,
                ip=spec.ip,
            )
            self.register_outputs(dict(self.ids))
            return
        found = self._instance(name, args, location)
        self.ids = _outputs(
            instance=named.instance if named else found.name,
            location=location,
            # The share of one that others made is told by Google Cloud.
            share=spec.share
            or (
                found.file_shares.apply(lambda share: share.name)
                if spec.existing
                else spec.share_name
            ),
            # There is an address when the instance is there, and not before.
            ip=found.create_time.apply(lambda _: found.networks.apply(_address)),
        )
        self.register_outputs(dict(self.ids))

    def _instance(
        self, name: str, args: FilestoreArgs, location: str
    ) -> gcp.filestore.Instance:
        spec = args.spec
        named = spec.named(args.project, args.region)
        if spec.existing is not None:
            return gcp.filestore.Instance.get(
                f"{name}-instance",
                str(named),
                opts=pulumi.ResourceOptions(parent=self),
            )
        adopted = spec.adopt is not None
        return gcp.filestore.Instance(
            f"{name}-instance",
            _properties(name, args, location),
            pulumi.ResourceOptions(
                parent=self,
                protect=adopted or spec.on_delete == "protect",
                retain_on_delete=spec.on_delete == "retain",
                import_=str(named) if adopted else None,
                ignore_changes=_kept(spec) if adopted else None,
                custom_timeouts=pulumi.CustomTimeouts(
                    create=_HOUR, update=_HOUR, delete=_HOUR
                ),
            ),
        )


def _address(networks: Sequence[outputs.InstanceNetwork]) -> str:
    """The address that an instance answers on."""
    addresses = networks[0].ip_addresses if networks else None
    if not addresses:
        raise ValueError("an instance of Filestore without an address")
    return addresses[0]


def _outputs(**ids: pulumi.Input[str]) -> dict[str, pulumi.Output[str]]:
    return {key: pulumi.Output.from_input(value) for key, value in ids.items()}


def _properties(
    name: str, args: FilestoreArgs, location: str
) -> gcp.filestore.InstanceArgs:
    """What the instance is made with; what is not said is Google's own."""
    spec = args.spec
    named = spec.named(args.project, args.region)
    guarded = spec.on_delete == "protect"
    return gcp.filestore.InstanceArgs(
        name=named.instance if named else None,
        project=named.project if named else args.project,
        location=location,
        tier=spec.tier,
        protocol=spec.protocol,
        file_shares=gcp.filestore.InstanceFileSharesArgs(
            name=spec.share_name,
            # The checks have found that there is one.
            capacity_gb=spec.capacity_gib or 0,
            nfs_export_options=[_export(option) for option in spec.nfs_export] or None,
            source_backup=spec.restore,
        ),
        networks=[_network(name, args)],
        performance_config=_performance(spec),
        kms_key_name=args.kms_key,
        deletion_protection_enabled=guarded,
        deletion_protection_reason="onDelete: protect" if guarded else None,
        deletion_policy="PREVENT" if guarded else "DELETE",
        labels=dict(spec.tags) or None,
    )


def _network(name: str, args: FilestoreArgs) -> gcp.filestore.InstanceNetworkArgs:
    if args.network is None:
        raise ValueError(f"the instance {name!r} needs a network")
    mode = connect_mode(args.spec, args.peered_range)
    if mode == _PRIVATE and args.peered_range is None:
        raise ValueError(f"the network of {name!r} has no range for private services")
    private = mode == _PRIVATE
    return gcp.filestore.InstanceNetworkArgs(
        network=args.network if private else _short(args.network),
        modes=["MODE_IPV4"],
        connect_mode=mode,
        reserved_ip_range=args.peered_range if private else args.spec.reserved_cidr,
    )


def connect_mode(spec: FilestoreSpec, peered_range: pulumi.Input[str] | None) -> str:
    """How an instance is in its network.

    Args:
        spec: The instance.
        peered_range: The network's range for private services, if it has one.
    """
    if spec.connect_mode is not None:
        return spec.connect_mode
    if spec.reserved_cidr is not None or peered_range is None:
        return _DIRECT
    return _PRIVATE


def _short(network: pulumi.Input[str]) -> pulumi.Output[str]:
    """The name of a network without its project, as direct peering takes it."""
    return pulumi.Output.from_input(network).apply(lambda full: full.rpartition("/")[2])


def _performance(
    spec: FilestoreSpec,
) -> gcp.filestore.InstancePerformanceConfigArgs | None:
    if spec.iops is not None:
        return gcp.filestore.InstancePerformanceConfigArgs(
            fixed_iops=gcp.filestore.InstancePerformanceConfigFixedIopsArgs(
                max_iops=spec.iops
            )
        )
    if spec.iops_per_tib is not None:
        return gcp.filestore.InstancePerformanceConfigArgs(
            iops_per_tb=gcp.filestore.InstancePerformanceConfigIopsPerTbArgs(
                max_iops_per_tb=spec.iops_per_tib
            )
        )
    return None


def _export(
    option: NfsExportSpec,
) -> gcp.filestore.InstanceFileSharesNfsExportOptionArgs:
    return gcp.filestore.InstanceFileSharesNfsExportOptionArgs(
        ip_ranges=list(option.ip_ranges),
        access_mode=option.access,
        squash_mode=option.squash,
        anon_uid=option.anon_uid,
        anon_gid=option.anon_gid,
    )


def _kept(spec: FilestoreSpec) -> list[str]:
    """Properties that stay as others made them: what is not stated, or not changed."""
    unsaid = {
        "performanceConfig": spec.iops is None and spec.iops_per_tib is None,
        "fileShares.nfsExportOptions": not spec.nfs_export,
    }
    return [
        *REPLACED_BY,
        *("deletionProtectionEnabled", "deletionProtectionReason", "deletionPolicy"),
        # Of these no spec says anything.
        *("description", "directoryServices", "desiredReplicaState"),
        *(name for name, is_unsaid in unsaid.items() if is_unsaid),
    ]


def class_parameters(
    *,
    network: pulumi.Input[str],
    peered_range: pulumi.Input[str] | None = None,
    kms_key: pulumi.Input[str] | None = None,
) -> dict[str, pulumi.Input[str]]:
    """What the driver is told beside the parameters of a class.

    Args:
        network: Full name of the cluster's VPC network.
        peered_range: Name of its range for private services; default: it has none,
            and instances are peered with directly.
        kms_key: Full name of the class's key; default: Google's own.
    """
    parameters: dict[str, pulumi.Input[str]] = {
        "network": _short(network),
        "connect-mode": _DIRECT,
    }
    if peered_range is not None:
        parameters = {
            "network": network,
            "connect-mode": _PRIVATE,
            "reserved-ip-range": peered_range,
        }
    if kms_key is not None:
        parameters["instance-encryption-kms-key"] = kms_key
    return parameters


def csi_source(
    spec: FilestoreSpec,
    ids: Mapping[str, pulumi.Input[str]],
    *,
    access: Access,
    prefix: str | None = None,
) -> CsiSource:
    """How a PersistentVolume mounts a share.

    Nodes of every zone of the network mount it, as the driver's own samples do:
    the volume is bound to none.

    Args:
        spec: The instance.
        ids: Its `instance`, `location`, `share` and `ip`.
        access: What the volume is for; never more than the spec says.
        prefix: Must be None: the driver mounts a share whole.

    Raises:
        ValueError: A prefix.
    """
    if prefix is not None:
        raise ValueError(f"a share of {spec.kind} is mounted whole")
    parts = (ids["location"], ids["instance"], ids["share"])
    return CsiSource(
        driver=DRIVER.name,
        handle=pulumi.Output.all(*parts).apply(lambda each: volume_handle(*each)),
        attributes={
            "ip": ids["ip"],
            "volume": ids["share"],
            "fileProtocol": spec.protocol,
        },
        read_only=spec.narrowed(access) == "read-only",
    )
