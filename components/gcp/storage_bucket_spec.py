"""`kind: gcs`: a bucket of Cloud Storage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from components.catalog import ages, gcs, gcs_names
from components.catalog import gcs_notifications as told
from components.catalog.problem import UNSET, Path, Problem
from components.gcp.bucket_rules_spec import (
    AnywhereCacheSpec,
    GcsLifecycleRuleSpec,
    GcsNotificationSpec,
)
from components.gcp.fields import KeyName, Zone, key_problems
from components.gcp.fuse_mount_spec import FuseMountSpec
from components.kubernetes.cloud_volume_spec import CloudVolumeSpec
from components.kubernetes.mountable import PodNeeds
from components.kubernetes.volume_spec import Access
from components.spec import Age, Spec, Text

BucketClass = Literal["STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE", "RAPID"]


class RetentionSpec(Spec):
    """No object is deleted or overwritten before it is this old."""

    period: Age
    """The age, such as `365d`."""

    locked: bool = False
    """Nobody can shorten it any more, nor delete the bucket before: this cannot be
    taken back. Default `false`."""

    def problems(self) -> Iterator[Problem]:
        """Whole days, of a hundred years at most."""
        problem = gcs.retention(self.period)
        if problem is not None:
            yield problem.under("period")


class AutoclassSpec(Spec):
    """Cloud Storage moves objects that nobody reads to colder classes, and back."""

    to: Literal["NEARLINE", "ARCHIVE"] = "NEARLINE"
    """The coldest class that they reach; default `NEARLINE`."""


class StorageBucketSpec(CloudVolumeSpec):
    """A bucket of Cloud Storage: uniform access, never public.

    Pods mount it with Cloud Storage FUSE, or are told its URI (`uris`).
    """

    row: ClassVar[str] = "gcs-fuse"

    kind: Literal["gcs"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    bucket: Text | None = None
    """The bucket's name, which no one else in the world has. Default: made of the
    storage's name, `bucket` and seven more characters."""

    location: Text | None = None
    """A region such as `us-central1`, or a multi-region: `US`, `EU`, `ASIA`. Default:
    the environment's region, which is where its nodes are. It cannot be changed."""

    locations: list[Text] = Field(default_factory=list[str])
    """Two regions of one continent that hold every object, instead of `location`."""

    zone: Zone | None = None
    """The zone of a bucket of the class `RAPID`, which lies next to its nodes."""

    storage_class: BucketClass = "STANDARD"
    """The class of its objects; default `STANDARD`. `RAPID` is in one `zone`."""

    hierarchical_namespace: bool | None = None
    """It has folders of its own, which are renamed at once, and takes more requests
    from the start; default `true` for a bucket that is made. It cannot be changed."""

    autoclass: AutoclassSpec | None = None
    """Objects that nobody reads move to colder classes by themselves; default: they
    stay."""

    versioning: bool = False
    """Keep old versions of objects; default `false`."""

    soft_delete: Age | None = None
    """How long deleted objects can be brought back, and are billed: 7d to 90d, or
    `0d`. Default: Google's, 7 days."""

    retention: RetentionSpec | None = None
    """How long no object may be deleted or overwritten; default: it may."""

    lifecycle: list[GcsLifecycleRuleSpec] = Field(
        default_factory=list[GcsLifecycleRuleSpec]
    )
    """What becomes of objects with time. Unfinished uploads go after 7 days in any
    case. On an adopted bucket it takes the place of all rules it has."""

    anywhere_caches: dict[Zone, AnywhereCacheSpec] = Field(
        default_factory=dict[str, AnywhereCacheSpec]
    )
    """Caches near the nodes, by their zones; default: none."""

    notifications: list[GcsNotificationSpec] = Field(
        default_factory=list[GcsNotificationSpec]
    )
    """Who is told of changes; default: no one."""

    kms_key: KeyName | None = None
    """The key that encrypts it, by its name under `platform.keys` or in full; default:
    Google's own. It is in the location of the bucket."""

    mount: FuseMountSpec = FuseMountSpec()
    """How pods mount it, where they do."""

    @property
    def made(self) -> bool:
        """Whether the stack makes it."""
        return self.existing is None and self.adopt is None

    @property
    def folders(self) -> bool | None:
        """Whether it has a hierarchical namespace; None where that is not known."""
        default = True if self.made else None
        stated = self.hierarchical_namespace
        return default if stated is None else stated

    def pod_needs(self, access: Access) -> PodNeeds:
        """The container that mounts it, and the room for its cache."""
        del access
        return self.mount.pod_needs()

    def problems(self) -> Iterator[Problem]:
        """Its name and place, what it keeps, and how it is mounted."""
        yield from super().problems()
        yield from self._name_problems()
        yield from self._place_problems()
        yield from self._class_problems()
        yield from self._keeping_problems()
        yield from self._lifecycle_problems()
        yield from self._notification_problems()
        yield from self._managed_problems()
        yield from key_problems(self.kms_key)
        yield from self._mount_problems()

    def _name_problems(self) -> Iterator[Problem]:
        for key in ("bucket", "existing", "adopt"):
            name = getattr(self, key)
            problem = None if name is None else gcs_names.bucket_name(name)
            # Whoever has a name with dots has shown that the domain is theirs.
            if problem is not None and (key == "bucket" or problem.rule == "GCS01"):
                yield problem.under(key)
        if self.bucket is not None and self.adopt not in (None, self.bucket):
            yield Problem(
                rule="GCS19",
                message="a bucket that is adopted keeps its name: another one would "
                "replace it",
                path=("bucket",),
                value=self.bucket,
                nearest=self.adopt,
            )

    def _place_problems(self) -> Iterator[Problem]:
        if self.location is not None:
            problem = gcs.location(self.location)
            if problem is not None:
                yield problem.under("location")
        if self.locations:
            problem = gcs.two_regions(self.locations)
            if problem is not None:
                yield problem.under("locations")
        for key, value in (("locations", self.locations), ("zone", self.zone)):
            if value and self.location is not None:
                yield Problem(
                    rule="GCS20",
                    message="a bucket is in one place: the zone says its region, and "
                    "two regions are said by locations alone",
                    path=("location",),
                    value=self.location,
                    link=gcs.LOCATIONS,
                )
                return
            if key == "zone" and value and self.locations:
                yield Problem(
                    rule="GCS20",
                    message="a bucket is in a zone or in two regions",
                    path=("zone",),
                    value=self.zone,
                    link=gcs.LOCATIONS,
                )

    def _class_problems(self) -> Iterator[Problem]:
        rapid = self.storage_class == "RAPID"
        if rapid and self.zone is None and self.existing is None:
            yield Problem(
                rule="GCS06",
                message="a bucket of the class RAPID is in one zone: say which",
                path=("zone",),
                link=gcs.RAPID,
            )
        if self.zone is not None and not rapid:
            yield Problem(
                rule="GCS06",
                message="only buckets of the class RAPID are in one zone",
                path=("zone",),
                value=self.zone,
                nearest="storageClass: RAPID",
                link=gcs.RAPID,
            )
        if rapid and self.hierarchical_namespace is False:
            yield Problem(
                rule="GCS06",
                message="a bucket of the class RAPID has a hierarchical namespace",
                path=("hierarchicalNamespace",),
                value=False,
                nearest="true",
                link=gcs.RAPID,
            )
        if self.autoclass is not None and self.storage_class != "STANDARD":
            yield Problem(
                rule="GCS13",
                message="with Autoclass every object begins in STANDARD, and Cloud "
                "Storage refuses another class of the bucket",
                path=("storageClass",),
                value=self.storage_class,
                nearest="STANDARD",
                link=gcs.AUTOCLASS,
            )

    def _keeping_problems(self) -> Iterator[Problem]:
        if self.soft_delete is not None:
            problem = gcs.soft_delete(self.soft_delete)
            if problem is not None:
                yield problem.under("softDelete")
        elif self.made and self.mount.purpose == "checkpoints":
            yield Problem(
                rule="GCS21",
                message="checkpoints are overwritten and deleted all the time, and "
                "each stays and is billed for 7 days more: say how long that is to be",
                path=("softDelete",),
                nearest="0d",
                link=gcs.SOFT_DELETE,
                severity="warning",
            )
        if self.made and self.folders:
            for key, value in (
                ("versioning", self.versioning),
                ("retention", self.retention),
            ):
                if value:
                    yield Problem(
                        rule="GCS12",
                        message="buckets with a hierarchical namespace are not known "
                        "to have this",
                        path=(key,),
                        value=_scalar(value),
                        nearest="hierarchicalNamespace: false",
                        link=gcs.FOLDERS,
                        severity="warning",
                    )
        if self.retention and self.retention.locked and self.on_delete == "delete":
            yield Problem(
                rule="GCS24",
                message="nobody can delete a bucket whose retention is locked while an "
                "object in it is younger",
                path=("onDelete",),
                value=self.on_delete,
                nearest="retain",
                link=gcs.RETENTION,
            )

    def _lifecycle_problems(self) -> Iterator[Problem]:
        steps: dict[tuple[str, str, str | None], list[gcs.Step]] = defaultdict(list)
        for index, rule in enumerate(self.lifecycle):
            if rule.to and rule.after and self.autoclass is not None:
                yield Problem(
                    rule="GCS13",
                    message="Autoclass moves objects by itself, and rules that move "
                    "them beside it are not known to work",
                    path=("lifecycle", index, "to"),
                    value=rule.to,
                    link=gcs.AUTOCLASS,
                    severity="warning",
                )
            elif rule.to and rule.after:
                days = ages.days(rule.after)
                steps[rule.objects].append(gcs.Step(index=index, days=days, to=rule.to))
            if rule.expire_after is not None:
                days = ages.days(rule.expire_after)
                steps[rule.objects].append(gcs.Step(index=index, days=days, to=None))
            for key, value in (
                ("oldVersionsAfter", rule.old_versions_after),
                ("newerVersions", rule.newer_versions),
            ):
                if value is not None and not self.versioning:
                    yield Problem(
                        rule="GCS22",
                        message="the bucket keeps no old versions: this does nothing "
                        "without versioning",
                        path=("lifecycle", index, key),
                        value=value,
                        link=gcs.LIFECYCLE,
                        severity="warning",
                    )
        for same in steps.values():
            for step, problem in gcs.steps_problems(same, self.storage_class):
                key = "expireAfter" if step.to is None else "after"
                key = "to" if problem.rule == "GCS08" and step.to else key
                yield problem.under("lifecycle", step.index, key)

    def _notification_problems(self) -> Iterator[Problem]:
        if len(self.notifications) > told.MOST:
            yield Problem(
                rule="GCS27",
                message=f"a bucket has at most {told.MOST} notifications",
                path=("notifications",),
                value=len(self.notifications),
                nearest=told.MOST,
                link=told.LINK,
            )
        for event in told.EVENTS:
            of_it = [i for i, n in enumerate(self.notifications) if event in n.events]
            if len(of_it) > told.MOST_PER_EVENT:
                yield Problem(
                    rule="GCS27",
                    message="a bucket tells of one event at most "
                    f"{told.MOST_PER_EVENT} times",
                    path=("notifications", of_it[told.MOST_PER_EVENT]),
                    link=told.LINK,
                )

    def _managed_problems(self) -> Iterator[Problem]:
        """What is said of a bucket that is only used would not come about."""
        if self.existing is None:
            return
        for field, key in (
            ("bucket", "bucket"),
            ("autoclass", "autoclass"),
            ("versioning", "versioning"),
            ("soft_delete", "softDelete"),
            ("retention", "retention"),
            ("lifecycle", "lifecycle"),
            ("anywhere_caches", "anywhereCaches"),
            ("notifications", "notifications"),
            ("kms_key", "kmsKey"),
            ("tags", "tags"),
        ):
            value = getattr(self, field)
            if value:
                yield Problem(
                    rule="GCS18",
                    message="a bucket that is used without being managed stays as it "
                    "is: adopt it, or leave this out",
                    path=(key,),
                    value=_scalar(value),
                )

    def _mount_problems(self) -> Iterator[Problem]:
        writes = self.access == "read-write"
        for problem in self.mount.option_problems(writes=writes, folders=self.folders):
            yield problem.under("mount")
        if self.mount.purpose == "checkpoints" and self.folders is False:
            path: Path = ("hierarchicalNamespace",)
            yield Problem(
                rule="FUS14",
                message="a directory cannot be renamed in a bucket without a "
                "hierarchical namespace: what saves a checkpoint under another name, "
                "and renames it when it is whole, fails",
                path=path,
                value=False,
                nearest="true",
                link=gcs.FOLDERS,
                severity="warning",
            )


def _scalar(value: object) -> object:
    """A value that fits on a line; of lists and mappings the path says enough."""
    return value if isinstance(value, str | bool) else UNSET
