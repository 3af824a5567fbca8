"""`kind: filestore` under storageClasses: an instance, or a share, for each claim."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from components.catalog import filestore, filestore_driver, filestore_settings
from components.catalog.filestore import Protocol, Tier
from components.catalog.problem import Problem
from components.gcp.fields import KeyName, Zone
from components.kubernetes.cloud_class_spec import CloudClassSpec
from components.kubernetes.storage_class_spec import BindingMode
from components.spec import Size


class FilestoreClassSpec(CloudClassSpec):
    """A class of Filestore: every claim has an instance, or a share of one.

    An instance is made where the first pod of its claim runs, and at least as
    large as its tier's smallest.
    """

    provisioner: ClassVar[str] = filestore_driver.DRIVER.name
    binding: ClassVar[BindingMode] = "WaitForFirstConsumer"
    expandable: ClassVar[bool] = True
    zone_key: ClassVar[str] = filestore_driver.ZONE_KEY

    kind: Literal["filestore"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    tier: Tier = "ZONAL"
    """The service tier; default `ZONAL`."""

    zone: Zone | None = None
    """The only zone in which its instances are made; default: that of the pod. Not
    of `REGIONAL` and `ENTERPRISE`, which are in the region."""

    protocol: Protocol = "NFS_V3"
    """NFS as pods mount it; default `NFS_V3`. Basic tiers have no `NFS_V4_1`."""

    multishare: bool = False
    """Claims are shares of instances that they have together (`ENTERPRISE`);
    default `false`."""

    max_share_size: Size | None = None
    """The most a share may hold, with `multishare`: 128Gi, 256Gi, 512Gi or
    1024Gi. Default: 1024Gi, ten shares for an instance."""

    kms_key: KeyName | None = None
    """The key that encrypts it, by its name under `platform.keys` or its full
    name; default: Google's own. Basic tiers take none."""

    @property
    def allowed_zones(self) -> Sequence[str]:
        """The zone that is stated."""
        return () if self.zone is None else (self.zone,)

    @property
    def all_parameters(self) -> dict[str, str]:
        """The driver's parameters, without network, addresses and key."""
        parameters = {"tier": self.tier.lower()}
        if self.protocol != "NFS_V3":
            parameters["protocol"] = self.protocol
        if self.multishare:
            parameters["multishare"] = "true"
        gib = filestore_driver.gib_of(self.max_share_size)
        if gib is not None:
            parameters["max-volume-size"] = f"{gib}Gi"
        return parameters

    def problems(self) -> Iterator[Problem]:
        """What Filestore would not make of a claim, all of it at once."""
        yield from super().problems()
        yield from filestore.zone_problems(self.tier, self.zone, required=False)
        yield from filestore.protocol_problems(self.tier, self.protocol)
        yield from filestore.key_problems(self.tier, self.kms_key)
        yield from filestore_settings.multishare_problems(
            self.tier,
            self.multishare,
            filestore_driver.gib_of(self.max_share_size),
            text=self.max_share_size,
        )
