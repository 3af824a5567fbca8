"""`kind: fsx-lustre` under storageClasses: a file system for each claim."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from components.aws.fields import KeyName, Zone, key_problems
from components.aws.fsx_lustre_spec import (
    PLACES,
    BackupsSpec,
    Deployment,
    setting_problems,
)
from components.catalog import fsx_lustre, fsx_lustre_tables
from components.catalog.fsx_driver import DRIVER
from components.catalog.fsx_lustre_asked import FileSystem
from components.catalog.problem import Problem
from components.kubernetes.cloud_class_spec import CloudClassSpec
from components.kubernetes.storage_class_spec import BindingMode
from components.spec import DriverMountOption, Text


class FsxLustreClassSpec(CloudClassSpec):
    """A class of FSx for Lustre: every claim makes a file system of its own.

    The driver rounds a claim up to a size that there is: 1200 GiB, then
    multiples of 2400 (of 3600 on SCRATCH_1, of 6000 or 1800 on HDD).
    """

    provisioner: ClassVar[str] = DRIVER.name
    binding: ClassVar[BindingMode] = "Immediate"
    expandable: ClassVar[bool] = True

    kind: Literal["fsx-lustre"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    deployment: Deployment = "SCRATCH_2"
    """The deployment type; default `SCRATCH_2`."""

    storage_type: Literal["SSD", "HDD"] = "SSD"
    """What it stores on; default `SSD`. HDD is of PERSISTENT_1 only. An
    INTELLIGENT_TIERING file system is storage of the platform's, not a class."""

    throughput_per_tib: int | None = Field(default=None, alias="throughputPerTiB")
    """MB/s for each TiB. Required for persistent types, and only there: 50, 100
    or 200 on PERSISTENT_1 SSD, 12 or 40 on HDD, 125, 250, 500 or 1000 on
    PERSISTENT_2."""

    lustre_version: Text = fsx_lustre_tables.RECOMMENDED_VERSION
    """The version of Lustre that it runs; default `2.15`."""

    compression: Literal["LZ4", "NONE"] = "NONE"
    """Compression of what is written; default `NONE`."""

    drive_cache: Literal["READ", "NONE"] | None = None
    """The SSD cache of HDD storage, a fifth of its capacity. Required there."""

    metadata_iops: int | Literal["AUTOMATIC"] | None = None
    """Metadata IOPS of PERSISTENT_2: 1500, 3000, 6000 or multiples of 12000 to
    192000; default: AWS's own."""

    efa: bool = False
    """EFA and GPUDirect Storage of PERSISTENT_2, with `metadataIops`; default
    `false`. The driver does not round claims up to the sizes of EFA: 38400,
    19200, 9600 or 4800 GiB by throughput."""

    zone: Zone
    """The availability zone of the file systems, such as `us-west-2a`: pods that
    mount them run there."""

    backups: BackupsSpec | None = None
    """Automatic backups of persistent types; default: none."""

    maintenance: Text | None = None
    """The weekly window, `d:HH:MM` UTC with 1 for Monday; default: AWS chooses."""

    kms_key: KeyName | None = None
    """The key that encrypts them, by its name under `platform.keys` or its ARN;
    default: AWS's own for FSx."""

    mount_options: list[DriverMountOption] = Field(
        default_factory=lambda: list[str](("flock",))
    )
    """Options of every mount; default `[flock]`."""

    @property
    def asked(self) -> FileSystem:
        """The file systems as the catalog knows them."""
        return FileSystem(
            deployment=self.deployment,
            storage_type=self.storage_type,
            throughput_per_tib=self.throughput_per_tib,
            version=self.lustre_version,
            drive_cache=self.drive_cache,
            metadata_iops=self.metadata_iops,
            efa=self.efa,
            kms_key=self.kms_key is not None,
            sized=False,
        )

    @property
    def all_parameters(self) -> dict[str, str]:
        """The driver's parameters, without subnet, security groups and key."""
        parameters: dict[str, object] = {
            "deploymentType": self.deployment,
            "storageType": self.storage_type,
            "perUnitStorageThroughput": self.throughput_per_tib,
            "fileSystemTypeVersion": self.lustre_version,
            "dataCompressionType": self.compression,
            "driveCacheType": self.drive_cache,
            "efaEnabled": "true" if self.efa else None,
            "weeklyMaintenanceStartTime": self.maintenance,
        }
        if self.metadata_iops is not None:
            automatic = self.metadata_iops == fsx_lustre_tables.AUTOMATIC
            parameters["metadataConfigurationMode"] = (
                fsx_lustre_tables.AUTOMATIC if automatic else "USER_PROVISIONED"
            )
            parameters["metadataIops"] = None if automatic else self.metadata_iops
        backups = self.backups
        if backups is not None and backups.retention_days:
            parameters |= {
                "automaticBackupRetentionDays": backups.retention_days,
                "dailyAutomaticBackupStartTime": backups.start_time,
                "copyTagsToBackups": str(backups.copy_tags).lower(),
            }
        return {key: str(value) for key, value in parameters.items() if value}

    def problems(self) -> Iterator[Problem]:
        """What AWS would not make of a claim, all of it at once."""
        yield from super().problems()
        yield from fsx_lustre.placed(fsx_lustre.problems(self.asked), PLACES)
        yield from setting_problems(
            self.deployment, self.backups, self.maintenance, linked=False
        )
        yield from key_problems(self.kms_key)
