"""`kind: filestore`: a file system of Filestore."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from components.catalog import (
    filestore,
    filestore_exports,
    filestore_settings,
    gcp_instances,
)
from components.catalog.filestore import TIERS, Protocol, Tier
from components.catalog.filestore_exports import ConnectMode, Export
from components.catalog.filestore_settings import SHARE_OF_CLAIMS
from components.catalog.filestore_volumes import is_address
from components.catalog.gcp_instances import InstanceName
from components.catalog.problem import UNSET, Problem
from components.gcp.fields import KeyName, Zone
from components.kubernetes.cloud_volume_spec import CloudVolumeSpec
from components.spec import Spec, Text

__all__ = ["FilestoreSpec", "NfsExportSpec", "Tier"]

_OF_THE_INSTANCE = (
    *("iops", "iops_per_tib", "kms_key", "nfs_export", "restore"),
    *("connect_mode", "reserved_cidr", "tags"),
)


class NfsExportSpec(Spec):
    """Who may mount the share, and how."""

    ip_ranges: list[Text] = Field(default_factory=list[str])
    """IPv4 addresses and networks in CIDR notation of the clients. Required. No
    two overlap, and there are at most 64 in all options of the share."""

    access: Literal["READ_WRITE", "READ_ONLY"] = "READ_WRITE"
    """What they may do; default `READ_WRITE`."""

    squash: Literal["NO_ROOT_SQUASH", "ROOT_SQUASH"] = "NO_ROOT_SQUASH"
    """Whether root of a client is taken for no one (`ROOT_SQUASH`); default
    `NO_ROOT_SQUASH`, with which kubelet can give a volume to a pod's group."""

    anon_uid: int | None = Field(default=None, ge=0)
    """User id of no one, with `ROOT_SQUASH`; default: 65534."""

    anon_gid: int | None = Field(default=None, ge=0)
    """Group id of no one, with `ROOT_SQUASH`; default: 65534."""

    @property
    def export(self) -> Export:
        """The option as the catalog knows it."""
        return Export(
            ranges=self.ip_ranges,
            squashed=self.squash == "ROOT_SQUASH",
            anonymous=(self.anon_uid, self.anon_gid),
        )


class FilestoreSpec(CloudVolumeSpec):
    """An instance of Filestore with one share.

    Nodes of every zone in its VPC network mount it; those of its own zone are
    nearest. With `onDelete: protect` Google Cloud refuses to delete it, too.
    """

    row: ClassVar[str] = "filestore"

    kind: Literal["filestore"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    tier: Tier = "ZONAL"
    """The service tier; default `ZONAL`. `HIGH_SCALE_SSD` is what `ZONAL` from
    10240 GiB on was called. A change replaces the instance."""

    capacity_gib: int | None = Field(default=None, alias="capacityGiB")
    """GiB of it: 1024 to 65433 of `BASIC_HDD`, 2560 to 65433 of `BASIC_SSD`; 1024
    to 9984 in steps of 256, or 10240 to 102400 in steps of 2560 of `ZONAL` and
    `REGIONAL`; 1024 to 10240 in steps of 256 of `ENTERPRISE`. Required but for
    `existing`. A change is made in place: basic tiers only grow, and `ZONAL` and
    `REGIONAL` stay in the range that they were made in."""

    zone: Zone | None = None
    """Its zone; required for all tiers but `REGIONAL` and `ENTERPRISE`, which are
    in the environment's region. A change replaces the instance."""

    share: Text | None = None
    """The name of its share: at most 63 of a-z, 0-9 and `_`, 16 on the basic
    tiers. Default: `vol1`; of an `existing` instance, what it has. A change
    replaces the instance."""

    protocol: Protocol = "NFS_V3"
    """NFS as pods mount it; default `NFS_V3`. Basic tiers have no `NFS_V4_1`. A
    change replaces the instance."""

    iops: int | None = None
    """Provisioned IOPS, multiples of 1000 (`ZONAL`, `REGIONAL`); default: what the
    capacity gives."""

    iops_per_tib: int | None = Field(default=None, alias="iopsPerTiB")
    """Provisioned IOPS for each TiB, instead of `iops`: 4000 to 17000 below 10240
    GiB, else 3000 to 7500 (`ZONAL`, `REGIONAL`)."""

    connect_mode: ConnectMode | None = None
    """How it is in the network: `PRIVATE_SERVICE_ACCESS` by the network's range
    for private services, or `DIRECT_PEERING` by addresses of its own. Default:
    private services access where the network has it. A change replaces the
    instance."""

    reserved_cidr: Text | None = None
    """Its addresses with `DIRECT_PEERING`, in CIDR notation: a /29 of basic tiers,
    a /24 of `HIGH_SCALE_SSD`, a /26 of the others. Default: Google's choice."""

    nfs_export: list[NfsExportSpec] = Field(default_factory=list[NfsExportSpec])
    """Who may mount the share, at most 10 options; default: every client of the
    network, as root."""

    restore: Text | None = None
    """A backup that it is made from,
    `projects/PROJECT/locations/REGION/backups/BACKUP`; default: none, empty. A
    change replaces the instance."""

    kms_key: KeyName | None = None
    """The key that encrypts it, by its name under `platform.keys` or its full
    name; default: Google's own. Basic tiers take none. A change replaces the
    instance."""

    ip: Text | None = None
    """The address of an `existing` instance, with its `share`: then Google Cloud is
    not asked. Default: asked."""

    @property
    def size(self) -> str:
        """What its PersistentVolumes say they hold."""
        return f"{self.capacity_gib}Gi" if self.capacity_gib else "1Pi"

    @property
    def needs_private_services(self) -> bool:
        """Whether the network must have private services access for it."""
        made = self.existing is None
        return made and self.connect_mode == "PRIVATE_SERVICE_ACCESS"

    def location(self, region: str) -> str:
        """Its zone, or the region where its tier is in one.

        Args:
            region: The environment's region.
        """
        named = gcp_instances.parse(self.existing or self.adopt or "")
        if named is not None:
            return named.location
        return self.zone if TIERS[self.tier].zonal and self.zone else region

    def named(self, project: str, region: str) -> InstanceName | None:
        """The instance that is used or taken over; None where it is made.

        Args:
            project: The environment's project.
            region: Its region.
        """
        text = self.existing or self.adopt
        if text is None:
            return None
        return gcp_instances.parse(text) or InstanceName(
            project=project, location=self.location(region), instance=text
        )

    @property
    def share_name(self) -> str:
        """The name of the share, where it is made here or stated."""
        return self.share or SHARE_OF_CLAIMS

    def problems(self) -> Iterator[Problem]:
        """What Filestore would not make, all of it at once."""
        yield from super().problems()
        yield from self._name_problems()
        yield from filestore.protocol_problems(self.tier, self.protocol)
        if self.share is not None:
            yield from filestore_settings.share_problems(self.tier, self.share)
        yield from self._address_problems()
        if self.existing is not None:
            yield from self._set_elsewhere()
            return
        yield from filestore.size_problems(
            self.tier, self.capacity_gib, ("capacityGiB",)
        )
        yield from filestore_settings.iops_problems(
            self.tier, self.capacity_gib, self.iops, self.iops_per_tib
        )
        yield from filestore.key_problems(self.tier, self.kms_key)
        yield from filestore_exports.reserved_problems(
            self.tier, self.connect_mode, self.reserved_cidr
        )
        yield from filestore_exports.export_problems(
            [option.export for option in self.nfs_export]
        )
        yield from filestore_settings.backup_problems(self.restore)

    def _name_problems(self) -> Iterator[Problem]:
        """Which instance it is, and where."""
        wrong = None
        for key, text in (("existing", self.existing), ("adopt", self.adopt)):
            if text is not None:
                wrong = gcp_instances.name_problem(
                    "FIL09", text, (key,), filestore.INSTANCE
                )
                if wrong is not None:
                    yield wrong
        named = gcp_instances.parse(self.existing or self.adopt or "")
        if named is not None and self.zone not in (None, named.location):
            yield Problem(
                rule="FIL09",
                message="the instance is in another location by its name",
                path=("zone",),
                value=self.zone,
                nearest=named.location,
                link=filestore.INSTANCE,
            )
        elif named is not None:
            yield from self._tier_problems(named.location)
        elif wrong is None:
            yield from filestore.zone_problems(self.tier, self.zone)

    def _tier_problems(self, location: str) -> Iterator[Problem]:
        """A tier that an instance with a full name cannot have where it is."""
        zonal = gcp_instances.is_zone(location)
        # Of what is only used, the tier is not looked at unless it is said.
        said = self.adopt is not None or "tier" in self.model_fields_set
        if said and TIERS[self.tier].zonal != zonal:
            yield Problem(
                rule="FIL09",
                message=f"the instance is in a {'zone' if zonal else 'region'} by its "
                f"name, and {self.tier} is in a {'region' if zonal else 'zone'}",
                path=("tier",),
                value=self.tier if "tier" in self.model_fields_set else UNSET,
                nearest="ZONAL" if zonal else "REGIONAL",
                link=filestore.INSTANCE,
            )

    def _address_problems(self) -> Iterator[Problem]:
        """An address that no one else tells, with the share that is behind it."""
        if self.ip is None:
            return
        message = None
        if self.existing is None:
            message = "only an existing instance has its address said: Google Cloud "
            message += "tells that of others"
        elif not is_address(self.ip):
            message = "an IP address: the driver takes no name"
        if message is not None:
            yield Problem(
                rule="FIL10",
                message=message,
                path=("ip",),
                value=self.ip,
                link=filestore.INSTANCE,
            )
        elif self.share is None:
            yield Problem(
                rule="FIL10",
                message="required beside ip: with it Google Cloud is not asked for the "
                "share",
                path=("share",),
                link=filestore.INSTANCE,
            )

    def _set_elsewhere(self) -> Iterator[Problem]:
        """Settings of an instance that is only used are made by its owner."""
        for name in _OF_THE_INSTANCE:
            value = getattr(self, name)
            if value not in (None, [], {}):
                yield Problem(
                    rule="FIL08",
                    message="the instance exists: this is set where it was made. adopt "
                    "takes it into the stack",
                    path=(str(FilestoreSpec.model_fields[name].alias),),
                    value=value if isinstance(value, str | int) else UNSET,
                    link=filestore.INSTANCE,
                )
