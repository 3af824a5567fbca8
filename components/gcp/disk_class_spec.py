"""`kind: persistent-disk` under storageClasses: a disk for each claim."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from components.catalog import gcp_disk_driver, gcp_disks
from components.catalog.gcp_disk_tables import BY_NAME, PD_BALANCED
from components.catalog.problem import UNSET, Problem
from components.gcp.fields import KeyName, Zone, key_problems
from components.kubernetes.cloud_class_spec import CloudClassSpec
from components.kubernetes.storage_class_spec import BindingMode
from components.spec import Text


class DiskClassSpec(CloudClassSpec):
    """A class of Persistent Disk or Hyperdisk.

    Every claim is a disk that is made where its pod runs: in the zone of that,
    or in two zones with `regional`.
    """

    provisioner: ClassVar[str] = gcp_disk_driver.DRIVER.name
    binding: ClassVar[BindingMode] = "WaitForFirstConsumer"
    expandable: ClassVar[bool] = True
    zone_key: ClassVar[str] = gcp_disk_driver.ZONE

    kind: Literal["persistent-disk"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    type: Text = "pd-balanced"
    """The disk type, such as `hyperdisk-balanced`; default `pd-balanced`."""

    iops: int | None = None
    """Provisioned IOPS of pd-extreme (10000 to 120000), hyperdisk-balanced (to
    160000) and hyperdisk-extreme (128 to 350000); default: Google's."""

    throughput: int | None = None
    """Provisioned MiB/s of hyperdisk-ml (400 to 1200000), hyperdisk-balanced
    (140 to 2400) and hyperdisk-throughput (20 to 2400); default: Google's."""

    zones: list[Zone] = Field(default_factory=list[str])
    """The only zones that its disks are made in; default: that of the pod.
    Required with `storagePools`."""

    regional: list[Zone] = Field(default_factory=list[str])
    """The two zones of a regional disk; default: it is in one zone. Required of
    hyperdisk-balanced-high-availability."""

    storage_pools: list[Text] = Field(default_factory=list[str])
    """Hyperdisk storage pools that the disks come from, one for each zone: names
    under `platform.storagePools`, or `projects/P/zones/Z/storagePools/S`."""

    fs_type: Literal["ext4", "xfs"] = "ext4"
    """The file system on it; default `ext4`."""

    kms_key: KeyName | None = None
    """The key that encrypts the disks, by its name under `platform.keys` or its
    full name; default: Google's own."""

    @property
    def allowed_zones(self) -> list[str]:
        """The two zones of regional disks, or those that are stated."""
        return self.regional or self.zones

    @property
    def all_parameters(self) -> dict[str, str]:
        """The driver's parameters, but for a key and the storage pools."""
        row = BY_NAME.get(self.type)
        by_parameter = bool(self.regional) and row is not None and row.zonal
        stated = {
            gcp_disk_driver.TYPE: self.type,
            gcp_disk_driver.FS_TYPE: self.fs_type,
            gcp_disk_driver.IOPS: self.iops,
            gcp_disk_driver.THROUGHPUT: None
            if self.throughput is None
            else f"{self.throughput}Mi",
            gcp_disk_driver.REPLICATION: gcp_disk_driver.REGIONAL
            if by_parameter
            else None,
        }
        return {key: str(value) for key, value in stated.items() if value is not None}

    def problems(self) -> Iterator[Problem]:
        """A performance, zones and pools that disks of the type have."""
        yield from key_problems(self.kms_key)
        wrong = gcp_disks.known_type(self.type)
        if wrong is not None:
            yield wrong
            return
        yield from gcp_disks.performance_problems(
            self.type, iops=self.iops, throughput=self.throughput
        )
        yield from self._regional()
        yield from self._pools()

    def _regional(self) -> Iterator[Problem]:
        """Two zones of one region, of a type that can be in two."""
        row, zones = BY_NAME[self.type], self.regional
        if not zones and not row.zonal:
            yield _problem(
                "PDK11", "required: disks of this type are in two zones", "regional"
            )
        if not zones:
            return
        if not row.regional:
            yield _problem(
                "PDK11",
                "there are no disks of this type in two zones",
                "type",
                self.type,
                nearest=PD_BALANCED,
            )
            return
        regions = {gcp_disks.region_of(zone) for zone in zones}
        if len(zones) != 2 or len(set(zones)) != 2 or len(regions) != 1:
            yield _problem(
                "PDK11",
                "a regional disk is in two zones of one region",
                "regional",
                zones,
            )
        if self.zones:
            yield _problem(
                "PDK11",
                "regional says in which zones the disks are",
                "zones",
                self.zones,
            )

    def _pools(self) -> Iterator[Problem]:
        """Pools of the type, and one for each zone."""
        pools, row = self.storage_pools, BY_NAME[self.type]
        if not pools:
            return
        pooled = [other for other in BY_NAME if BY_NAME[other].pooled]
        if not row.pooled:
            yield _problem(
                "PDK12",
                f"storage pools have disks of {' or '.join(pooled)} only",
                "type",
                self.type,
                nearest=pooled[0],
            )
            return
        full = [name for name in pools if "/" in name]
        for name in full:
            if gcp_disks.pool_zone(name) is None:
                yield _problem(
                    "PDK12",
                    "a pool is named in full: projects/P/zones/Z/storagePools/S",
                    "storagePools",
                    name,
                )
                return
        stated = [gcp_disks.pool_zone(name) for name in full]
        if len(set(stated)) < len(stated) or len(set(pools)) < len(pools):
            yield _problem(
                "PDK12",
                "the driver takes one storage pool of a zone",
                "storagePools",
                pools,
            )
        elif not self.zones:
            nearest = sorted({zone for zone in stated if zone is not None})
            yield _problem(
                "PDK12",
                "required with storagePools: disks are made where there is one",
                "zones",
                nearest=f"[{', '.join(nearest)}]" if nearest else None,
            )


def _problem(
    rule: str,
    message: str,
    key: str,
    value: object = UNSET,
    *,
    nearest: object = None,
) -> Problem:
    return Problem(
        rule=rule,
        message=message,
        path=(key,),
        value=value,
        nearest=nearest,
        link=gcp_disk_driver.LINK,
    )
