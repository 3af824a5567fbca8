"""`kind: managed-lustre`: a file system of Google Cloud Managed Lustre."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from components.catalog import gcp_instances, gcp_lustre, gcp_regions
from components.catalog.gcp_instances import InstanceName
from components.catalog.problem import UNSET, Problem
from components.gcp.fields import KeyName, Zone
from components.kubernetes.cloud_volume_spec import CloudVolumeSpec
from components.spec import LARGEST_COUNT, Spec, Text

_OF_THE_INSTANCE = ("instance", "kms_key", "root_squash", "tags")


class LustreRootSquashSpec(Spec):
    """Whom root of a client is taken for."""

    uid: int = Field(default=65534, ge=0, le=LARGEST_COUNT)
    """The user id; default 65534, no one."""

    gid: int = Field(default=65534, ge=0, le=LARGEST_COUNT)
    """The group id; default 65534, no one."""

    except_for: list[Text] = Field(default_factory=list[str])
    """IPv4 addresses and networks in CIDR notation of clients whose root stays
    root; default: none."""

    def problems(self) -> Iterator[Problem]:
        """Someone who is not root, and addresses that are clients'."""
        yield from gcp_lustre.squash_problems(self.uid, self.gid, self.except_for)


class ManagedLustreSpec(CloudVolumeSpec):
    """An instance of Managed Lustre.

    Nodes of its VPC network mount it, those of its zone fastest; the network has
    private services access. It is filled by a job that copies a bucket to it
    (`jobs.sync`): Google's own import is a call that is no resource of the provider.
    """

    row: ClassVar[str] = "managed-lustre"

    kind: Literal["managed-lustre"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    capacity_gib: int | None = Field(default=None, alias="capacityGiB")
    """GiB of it: multiples of 9000 at 1000 MB/s for each TiB, of 18000 at 500, of
    36000 at 250, of 72000 at 125, of 472000 on the dynamic tier; eight times the
    step above 170 of them at 1000, 500 and 250. Required but for `existing`. It
    grows in place up to that threshold, and never shrinks."""

    throughput_per_tib: int | None = Field(default=1000, alias="throughputPerTiB")
    """MB/s for each TiB: 125, 250, 500 or 1000; default 1000. Without one (`null`)
    the tier is dynamic. A change replaces the file system."""

    zone: Zone
    """Its zone. A change replaces the file system."""

    instance: Text | None = None
    """Its id in Google Cloud, of a-z, 0-9 and `-`; default: the names of stack and
    storage. A change replaces the file system."""

    filesystem: Text | None = None
    """The name of the file system in Lustre's words, at most 8 letters and
    digits; two of one name cannot be mounted on one node. Default: `lustre`; of
    an `existing` one, what it has. A change replaces the file system."""

    root_squash: LustreRootSquashSpec | None = None
    """Whom root of a client is taken for; default: for root."""

    kms_key: KeyName | None = None
    """The key that encrypts it, by its name under `platform.keys` or its full
    name, in the same region; default: Google's own. A change replaces the file
    system."""

    mount_point: Text | None = None
    """`IP@tcp:/FILESYSTEM` of an `existing` instance: then Google Cloud is not
    asked. Default: asked."""

    @property
    def size(self) -> str:
        """What its PersistentVolumes say they hold."""
        return f"{self.capacity_gib}Gi" if self.capacity_gib else "1Pi"

    @property
    def needs_private_services(self) -> bool:
        """Whether the network must have private services access for it."""
        return self.existing is None

    @property
    def file_system_name(self) -> str | None:
        """The name that nodes know it by; None where only Google Cloud tells."""
        mounted = gcp_lustre.parse_mount_point(self.mount_point or "")
        if mounted is not None:
            return mounted[1]
        unknown = self.existing is not None or self.adopt is not None
        return self.filesystem or (None if unknown else "lustre")

    def named(self, project: str) -> InstanceName | None:
        """The instance that is used or taken over; None where it is made.

        Args:
            project: The environment's project.
        """
        text = self.existing or self.adopt
        if text is None:
            return None
        return gcp_instances.parse(text) or InstanceName(
            project=project, location=self.zone, instance=text
        )

    def problems(self) -> Iterator[Problem]:
        """What Google Cloud would not make, all of it at once."""
        yield from super().problems()
        yield from self._name_problems()
        if self.filesystem is not None:
            wrong = gcp_lustre.name_problem(self.filesystem, ("filesystem",))
            if wrong is not None:
                yield wrong
        yield from self._mount_point_problems()
        if self.existing is not None:
            yield from self._set_elsewhere()
            return
        if self.throughput_per_tib is not None:
            wrong = gcp_lustre.throughput_problem(
                self.throughput_per_tib, ("throughputPerTiB",)
            )
            if wrong is not None:
                yield wrong
        yield from gcp_lustre.size_problems(
            self.throughput_per_tib, self.capacity_gib, ("capacityGiB",)
        )
        if self.instance is not None and not gcp_instances.is_id(self.instance):
            yield Problem(
                rule="MLU02",
                message="an id has 1 to 63 of a-z, 0-9 and '-', begins with a letter "
                "and does not end with '-'",
                path=("instance",),
                value=self.instance,
                nearest=gcp_instances.nearest_id(self.instance),
                link=gcp_lustre.CREATE,
            )

    def _name_problems(self) -> Iterator[Problem]:
        """Which instance it is, and where."""
        zoned = gcp_instances.is_zone(self.zone)
        for key, text in (("existing", self.existing), ("adopt", self.adopt)):
            if text is None:
                continue
            wrong = gcp_instances.name_problem("MLU04", text, (key,), gcp_lustre.CREATE)
            if wrong is not None:
                yield wrong
            named = gcp_instances.parse(text)
            if named is not None and named.location != self.zone:
                zoned = True
                yield Problem(
                    rule="MLU04",
                    message="the instance is in another zone by its name",
                    path=("zone",),
                    value=self.zone,
                    nearest=named.location,
                    link=gcp_lustre.CREATE,
                )
        if not zoned:
            yield Problem(
                rule="MLU04",
                message="an instance is in one zone, which is a region's name and a "
                "letter",
                path=("zone",),
                value=self.zone,
                nearest=gcp_regions.near_zone(self.zone),
                link=gcp_lustre.CREATE,
            )

    def _mount_point_problems(self) -> Iterator[Problem]:
        """A mount point that no one else tells, and that says no other name."""
        if self.mount_point is None:
            return
        mounted = gcp_lustre.parse_mount_point(self.mount_point)
        message = None
        if self.existing is None:
            message = "only an existing instance has its mount point said: Google "
            message += "Cloud tells that of others"
        elif mounted is None:
            message = "the address and the file system: IP@tcp:/FILESYSTEM"
        elif self.filesystem not in (None, mounted[1]):
            message = "the mount point is of another file system than filesystem"
        if message is not None:
            yield Problem(
                rule="MLU06",
                message=message,
                path=("mountPoint",),
                value=self.mount_point,
                link=gcp_lustre.CREATE,
            )

    def _set_elsewhere(self) -> Iterator[Problem]:
        """Settings of an instance that is only used are made by its owner."""
        for name in _OF_THE_INSTANCE:
            value = getattr(self, name)
            if value not in (None, {}):
                yield Problem(
                    rule="MLU05",
                    message="the instance exists: this is set where it was made. adopt "
                    "takes it into the stack",
                    path=(str(ManagedLustreSpec.model_fields[name].alias),),
                    value=value if isinstance(value, str | int) else UNSET,
                    link=gcp_lustre.CREATE,
                )
