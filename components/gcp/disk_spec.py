"""`kind: persistent-disk`: a disk that the platform makes, such as a model's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from components.catalog import gcp_disks
from components.catalog.gcp_disk_tables import TYPES_LINK
from components.catalog.problem import Problem
from components.catalog.storage_kinds import AccessMode
from components.gcp.fields import KeyName, Zone, key_problems
from components.kubernetes.cloud_volume_spec import CloudVolumeSpec
from components.spec import Text

_IMAGE = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_FULL_IMAGE = re.compile(r"projects/[^/]+/global/images/(family/)?[^/]+")
_SNAPSHOT = re.compile(r"projects/[^/]+/global/snapshots/[^/]+")
_OF_THE_DISK = ("size_gib", "iops", "throughput", "image", "snapshot", "kms_key")


class DiskSpec(CloudVolumeSpec):
    """A Persistent Disk or Hyperdisk that pods mount as it is.

    It is in one zone, and so are the nodes whose pods mount it. Several nodes
    have it at once only where all of them read: `access: read-only`. It is
    filled by being made from an image or a snapshot; or it is first deployed
    `read-write`, granted to the one team that fills it, and made `read-only`
    by a later deployment: Hyperdisk changes its access mode in place.

    A larger size and another performance change the disk as it is; another
    type, zone, image or snapshot, and a smaller size, are another disk, which
    `onDelete: protect` refuses.
    """

    row: ClassVar[str] = "persistent-disk"

    kind: Literal["persistent-disk"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    existing: str | None = Field(default=None, min_length=1)
    """The full name of a disk that is used without being managed:
    `projects/P/zones/Z/disks/D`. Its `type` tells which machines attach it."""

    adopt: str | None = Field(default=None, min_length=1)
    """The full name of a disk that is imported into the stack, protected."""

    type: Text = "pd-balanced"
    """The disk type, such as `hyperdisk-ml`; default `pd-balanced`."""

    size_gib: int | None = Field(default=None, alias="sizeGiB")
    """The size in GiB. Required but for `existing`, `adopt` and what is made from
    an image or a snapshot."""

    zone: Zone
    """Its zone."""

    iops: int | None = None
    """Provisioned IOPS of pd-extreme (10000 to 120000), hyperdisk-balanced (to
    160000) and hyperdisk-extreme (128 to 350000); default: Google's."""

    throughput: int | None = None
    """Provisioned MiB/s of hyperdisk-ml (400 to 1200000), hyperdisk-balanced
    (140 to 2400) and hyperdisk-throughput (20 to 2400); default: Google's."""

    image: Text | None = None
    """The image that it is made from: a name under `platform.diskImages`, or
    `projects/P/global/images/I`."""

    snapshot: Text | None = None
    """The snapshot that it is made from: `projects/P/global/snapshots/S`."""

    fs_type: Literal["ext4", "xfs"] = "ext4"
    """The file system on it; default `ext4`."""

    kms_key: KeyName | None = None
    """The key that encrypts it, by its name under `platform.keys` or its full
    name; default: Google's own."""

    @property
    def access_modes(self) -> list[AccessMode]:
        """Many nodes read it, or one writes."""
        return ["ReadOnlyMany"] if self.access == "read-only" else ["ReadWriteOnce"]

    def problems(self) -> Iterator[Problem]:
        """A type, a size and a performance that go together; one source."""
        yield from super().problems()
        yield from self._names()
        wrong_type = gcp_disks.known_type(self.type, zonal=True)
        if wrong_type is not None:
            yield wrong_type
        if self.existing is not None:
            yield from self._stays()
            return
        yield from self._sources()
        yield from key_problems(self.kms_key)
        if wrong_type is not None:
            return
        if self.size_gib is not None:
            wrong_size = gcp_disks.size_problem(self.type, self.size_gib)
            if wrong_size is not None:
                yield wrong_size
        yield from gcp_disks.performance_problems(
            self.type,
            iops=self.iops,
            throughput=self.throughput,
            gib=self.size_gib,
        )
        if self.access == "read-only":
            alone = gcp_disks.sharing_problem(
                self.type, "readers", ("access",), self.access
            )
            if alone is not None:
                yield alone

    def _names(self) -> Iterator[Problem]:
        """The full name of a disk says the zone that stands beside it."""
        for key, name in (("existing", self.existing), ("adopt", self.adopt)):
            if name is None:
                continue
            zone = gcp_disks.disk_zone(name)
            if zone is None:
                yield Problem(
                    rule="PDK13",
                    message="a disk is named in full: projects/P/zones/Z/disks/D",
                    path=(key,),
                    value=name,
                    link=TYPES_LINK,
                )
            elif zone != self.zone:
                yield Problem(
                    rule="PDK13",
                    message=f"the disk is in {zone}, by its name",
                    path=("zone",),
                    value=self.zone,
                    nearest=zone,
                    link=TYPES_LINK,
                )

    def _stays(self) -> Iterator[Problem]:
        """What others made is what they made it."""
        for name in _OF_THE_DISK:
            value = getattr(self, name)
            if value is not None:
                field = DiskSpec.model_fields[name]
                yield Problem(
                    rule="PDK08",
                    message="others made the disk: this is set there",
                    path=(str(field.validation_alias or name),),
                    value=value,
                    link=TYPES_LINK,
                )

    def _sources(self) -> Iterator[Problem]:
        """What it is made from, or how large it is."""
        if self.image is not None and self.snapshot is not None:
            yield Problem(
                rule="PDK08",
                message="a disk is made from an image or from a snapshot, not both",
                path=("snapshot",),
                value=self.snapshot,
                link=TYPES_LINK,
            )
        if self.image is not None and not (
            _IMAGE.fullmatch(self.image) or _FULL_IMAGE.fullmatch(self.image)
        ):
            yield _not_a_name(
                "image", self.image, "platform.diskImages", "projects/P/global/images/I"
            )
        if self.snapshot is not None and not _SNAPSHOT.fullmatch(self.snapshot):
            full = "projects/P/global/snapshots/S"
            yield _not_a_name("snapshot", self.snapshot, None, full)
        made_of = (self.image, self.snapshot, self.adopt)
        if self.size_gib is None and not any(made_of):
            yield Problem(
                rule="CFG02",
                message="required for a disk that is made from nothing",
                path=("sizeGiB",),
            )


def _not_a_name(key: str, value: str, section: str | None, full: str) -> Problem:
    of_this = f"a name under {section}, or " if section else "named in full: "
    return Problem(
        rule="PDK09",
        message=f"it is {of_this}{full}",
        path=(key,),
        value=value,
        link=TYPES_LINK,
    )
