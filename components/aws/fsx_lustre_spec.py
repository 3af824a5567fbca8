"""`kind: fsx-lustre`: a file system of Amazon FSx for Lustre."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from pydantic import Field

from components.aws.fields import KeyName, Zone, key_problems
from components.catalog import (
    fsx_lustre,
    fsx_lustre_links,
    fsx_lustre_settings,
    fsx_lustre_tables,
)
from components.catalog.fsx_lustre_asked import FileSystem
from components.catalog.fsx_lustre_links import Link
from components.catalog.fsx_lustre_settings import Backups
from components.catalog.problem import UNSET, Path, Problem
from components.kubernetes.cloud_volume_spec import CloudVolumeSpec
from components.spec import Name, Spec, Text

Event = Literal["NEW", "CHANGED", "DELETED"]
Deployment = Literal["SCRATCH_1", "SCRATCH_2", "PERSISTENT_1", "PERSISTENT_2"]
StorageType = Literal["SSD", "HDD", "INTELLIGENT_TIERING"]

BACKUP_PLACES: Mapping[str, Path] = {
    "retention_days": ("backups", "retentionDays"),
    "start_time": ("backups", "startTime"),
    "copy_tags": ("backups", "copyTags"),
}
"""Where YAML says what `backup_problems` judges."""

PLACES: Mapping[str, Path] = {
    "deployment": ("deployment",),
    "storage_type": ("storageType",),
    "capacity": ("capacityGiB",),
    "throughput_per_tib": ("throughputPerTiB",),
    "throughput": ("throughput",),
    "version": ("lustreVersion",),
    "drive_cache": ("driveCache",),
    "metadata_iops": ("metadataIops",),
    "efa": ("efa",),
    "cache_mode": ("readCache", "mode"),
    "cache_size": ("readCache", "sizeGiB"),
    "kms_key": ("kmsKey",),
    "links": ("linkedTo",),
    **BACKUP_PLACES,
}
"""Where YAML says what the catalog judges."""


class LinkSpec(Spec):
    """A data repository association: a bucket seen as a directory."""

    bucket: Name | None = None
    """A bucket under `platform.storage`. Either this or `uri`."""

    uri: Text | None = None
    """A bucket of someone else's with its prefix, such as `s3://imagenet/train/`.
    Either this or `bucket`."""

    prefix: Text | None = None
    """The part of `bucket` that is linked; default: all of it."""

    path: Text = "/"
    """The directory of the file system that shows it; default `/`, the whole,
    which then has no other link."""

    auto_import: list[Event] = Field(
        default_factory=lambda: list[Event](("NEW", "CHANGED"))
    )
    """Changes of the bucket that the file system follows by itself; default
    `[NEW, CHANGED]`."""

    auto_export: list[Event] = Field(default_factory=list[Event])
    """Changes of the file system that go to the bucket by themselves; default:
    none."""

    import_metadata: bool = True
    """List what the bucket holds when the link is made; default `true`."""

    @property
    def link(self) -> Link:
        """The link as the catalog knows it."""
        return Link(
            path=self.path, bucket=self.bucket, prefix=self.prefix, uri=self.uri
        )


class BackupsSpec(Spec):
    """Automatic backups of a persistent file system that is linked to no bucket."""

    retention_days: int
    """Days that a backup is kept, 0 to 90; 0 for no backups."""

    start_time: Text | None = None
    """When they are taken, `HH:MM` UTC; default: AWS chooses."""

    copy_tags: bool = True
    """Put the tags of the file system on its backups; default `true`."""

    @property
    def backups(self) -> Backups:
        """The backups as the catalog knows them."""
        stated = self.copy_tags and "copy_tags" in self.model_fields_set
        return Backups(
            retention_days=self.retention_days,
            start_time=self.start_time,
            copy_tags=stated or None,
        )


class ReadCacheSpec(Spec):
    """The SSD read cache of an INTELLIGENT_TIERING file system."""

    mode: Literal["NO_CACHE", "USER_PROVISIONED", "PROPORTIONAL_TO_THROUGHPUT_CAPACITY"]
    """How large it is: as its throughput is, as `sizeGiB` says, or none."""

    size_gib: int | None = Field(default=None, alias="sizeGiB")
    """GiB of it, with `USER_PROVISIONED`: 32 to 131072 for every 4000 MB/s of
    the file system's throughput."""


class RootSquashSpec(Spec):
    """Whom the file system takes root for."""

    user: Text
    """`UID:GID` that root of a client becomes, neither of them 0."""

    except_for: list[Text] = Field(default_factory=list[str])
    """Clients whose root stays root, by their NIDs such as `10.0.1.6@tcp` or
    `10.0.[2-10].[1-255]@tcp`; 64 at most. Default: none."""


class FsxLustreSpec(CloudVolumeSpec):
    """A file system of FSx for Lustre."""

    row: ClassVar[str] = "fsx-lustre"

    kind: Literal["fsx-lustre"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    deployment: Deployment = "PERSISTENT_2"
    """The deployment type; default `PERSISTENT_2`. A change replaces the file
    system."""

    storage_type: StorageType = "SSD"
    """What it stores on; default `SSD`. HDD is of PERSISTENT_1 only,
    INTELLIGENT_TIERING of PERSISTENT_2. A change replaces the file system."""

    capacity_gib: int | None = Field(default=None, alias="capacityGiB")
    """GiB of it: 1200 or multiples of 2400; of 3600 on SCRATCH_1, which has
    2400 too; of 6000 or 1800 on HDD. With EFA 38400, 19200, 9600 or 4800 by
    throughput. Not with INTELLIGENT_TIERING, which grows by itself. A higher
    value grows it in place, a lower one replaces the file system."""

    throughput_per_tib: int | None = Field(default=None, alias="throughputPerTiB")
    """MB/s for each TiB. Required for persistent types, and only there: 50, 100
    or 200 on PERSISTENT_1 SSD, 12 or 40 on HDD, 125, 250, 500 or 1000 on
    PERSISTENT_2."""

    throughput: int | None = None
    """MB/s of the whole, a multiple of 4000, with INTELLIGENT_TIERING only."""

    lustre_version: Text = fsx_lustre_tables.RECOMMENDED_VERSION
    """The version of Lustre that it runs; default `2.15`. A lower version
    replaces the file system, a higher one is an upgrade in place."""

    compression: Literal["LZ4", "NONE"] = "NONE"
    """Compression of what is written; default `NONE`."""

    drive_cache: Literal["READ", "NONE"] | None = None
    """The SSD cache of HDD storage, a fifth of its capacity. Required there."""

    metadata_iops: int | Literal["AUTOMATIC"] | None = None
    """Metadata IOPS of a PERSISTENT_2 file system: 1500, 3000, 6000 or multiples
    of 12000 to 192000; 6000 or 12000 with INTELLIGENT_TIERING, where they are
    required. Default: AWS's own. A lower value replaces the file system."""

    read_cache: ReadCacheSpec | None = None
    """The read cache of INTELLIGENT_TIERING. Required there."""

    efa: bool = False
    """EFA and GPUDirect Storage of a PERSISTENT_2 file system, with
    `metadataIops`. Chosen once, when the file system is made; default `false`."""

    zone: Zone
    """The availability zone that it is in, such as `us-west-2a`: pods that mount
    it run there. A change replaces the file system."""

    backups: BackupsSpec | None = None
    """Automatic backups of a persistent file system; default: none."""

    maintenance: Text | None = None
    """The weekly window, `d:HH:MM` UTC with 1 for Monday; default: AWS chooses."""

    kms_key: KeyName | None = None
    """The key that encrypts it, by its name under `platform.keys` or its ARN;
    default: AWS's own for FSx. A change replaces the file system."""

    root_squash: RootSquashSpec | None = None
    """Whom root of a client is taken for; default: for root."""

    log_level: Literal["WARN_ONLY", "ERROR_ONLY", "WARN_ERROR"] | None = None
    """Which events of its links to buckets are logged, in the CloudWatch group
    `/aws/fsx/lustre`; default: none."""

    linked_to: list[LinkSpec] = Field(default_factory=list[LinkSpec])
    """Buckets that it shows as directories, 8 at most; not on SCRATCH_1, and a
    linked file system has no backups."""

    @property
    def size(self) -> str:
        """What its PersistentVolumes say they hold."""
        return f"{self.capacity_gib}Gi" if self.capacity_gib else "1Pi"

    @property
    def asked(self) -> FileSystem:
        """The file system as the catalog knows it."""
        cache = self.read_cache
        return FileSystem(
            deployment=self.deployment,
            storage_type=self.storage_type,
            capacity=self.capacity_gib,
            throughput_per_tib=self.throughput_per_tib,
            throughput=self.throughput,
            version=self.lustre_version,
            drive_cache=self.drive_cache,
            metadata_iops=self.metadata_iops,
            efa=self.efa,
            cache_mode=cache.mode if cache else None,
            cache_size=cache.size_gib if cache else None,
            kms_key=self.kms_key is not None,
        )

    def problems(self) -> Iterator[Problem]:
        """What AWS would not make, all of it at once."""
        yield from super().problems()
        for key, id_ in (("existing", self.existing), ("adopt", self.adopt)):
            if id_ is not None and not re.fullmatch(r"fs-[0-9a-f]{8,17}", id_):
                yield Problem(
                    rule="FSX22",
                    message="the id of a file system is fs- and 8 to 17 of 0-9 and a-f",
                    path=(key,),
                    value=id_,
                    link=fsx_lustre_tables.FILE_SYSTEM,
                )
        if self.existing is not None:
            yield from self._set_elsewhere()
            return
        yield from fsx_lustre.placed(fsx_lustre.problems(self.asked), PLACES)
        yield from self._setting_problems()
        yield from key_problems(self.kms_key)
        links = [link.link for link in self.linked_to]
        yield from fsx_lustre.placed(
            fsx_lustre_links.link_problems(self.asked, links), PLACES
        )

    def _setting_problems(self) -> Iterator[Problem]:
        yield from setting_problems(
            self.deployment, self.backups, self.maintenance, bool(self.linked_to)
        )
        squash = self.root_squash
        if squash is not None:
            places: dict[str, Path] = {"user": ("user",), "except_for": ("exceptFor",)}
            found = fsx_lustre_settings.squash_problems(squash.user, squash.except_for)
            for problem in fsx_lustre.placed(found, places):
                yield problem.under("rootSquash")

    def _set_elsewhere(self) -> Iterator[Problem]:
        """Settings of a file system that is only used are made by its owner."""
        for name in (
            *("compression", "drive_cache", "metadata_iops", "read_cache", "backups"),
            *("maintenance", "kms_key", "root_squash", "log_level", "linked_to"),
            "tags",
        ):
            value = getattr(self, name)
            if name in self.model_fields_set and value:
                yield Problem(
                    rule="FSX21",
                    message="the file system exists: this is set where it was made. "
                    "adopt takes it into the stack",
                    path=(str(type(self).model_fields[name].alias),),
                    value=value if isinstance(value, str | int) else UNSET,
                )
        # Which version it runs decides who can mount it.
        if "lustre_version" in self.model_fields_set:
            yield from fsx_lustre.placed(
                fsx_lustre.version_problems(self.asked), PLACES
            )


def setting_problems(
    deployment: str,
    backups: BackupsSpec | None,
    maintenance: str | None,
    linked: bool,
) -> Iterator[Problem]:
    """What is wrong with the backups and the maintenance of a file system."""
    if backups is not None:
        found = fsx_lustre_settings.backup_problems(
            backups.backups, deployment=deployment, linked=linked
        )
        yield from fsx_lustre.placed(found, BACKUP_PLACES)
    if maintenance is not None:
        wrong = fsx_lustre_settings.maintenance_problem(maintenance)
        if wrong is not None:
            yield wrong.under("maintenance")
