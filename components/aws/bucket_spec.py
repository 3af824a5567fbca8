"""`kind: s3`: a bucket of Amazon S3."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from components.aws.fields import KeyName, key_problems
from components.aws.mountpoint_spec import MountpointSpec
from components.catalog import ages, s3
from components.catalog import s3_notifications as told
from components.catalog.problem import UNSET, Path, Problem
from components.kubernetes.cloud_volume_spec import CloudVolumeSpec
from components.spec import Age, Size, Spec, Text

StorageClassName = Literal[
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
]

ArchiveTier = Literal["ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS"]


class LifecycleRuleSpec(Spec):
    """What becomes of objects with time."""

    prefix: Text | None = None
    """Objects under this prefix; default: all."""

    larger_than: Size | None = None
    """Only objects larger than this; by default S3 moves none below 128 KB."""

    after: Age | None = None
    """The age of an object at which it moves, such as `90d`; with `to`."""

    to: StorageClassName | None = None
    """The storage class that it moves to."""

    expire_after: Age | None = None
    """The age at which it is deleted, such as `365d`."""

    old_versions_after: Age | None = None
    """How long a version stays that is no longer the newest, such as `30d`."""

    abort_uploads_after: Age | None = None
    """How long an unfinished upload stays, such as `7d`."""

    @property
    def objects(self) -> tuple[str, str | None]:
        """What tells its objects from those of other rules: prefix and size."""
        return self.prefix or "", self.larger_than

    def problems(self) -> Iterator[Problem]:
        """It says something, in whole days."""
        if (self.after is None) != (self.to is None):
            key = "to" if self.to is None else "after"
            yield Problem(
                rule="BKT05",
                message="a move says when (after) and where to (to)",
                path=(key,),
                link=s3.LIFECYCLE,
            )
        ages = {
            "after": (self.after, 0),
            "expireAfter": (self.expire_after, 1),
            "oldVersionsAfter": (self.old_versions_after, 1),
            "abortUploadsAfter": (self.abort_uploads_after, 1),
        }
        for key, (text, least) in ages.items():
            problem = None if text is None else s3.age(text, least=least)
            if problem is not None:
                yield problem.under(key)
        if self.to is None and not any(text for text, _ in ages.values()):
            yield Problem(
                rule="BKT05",
                message="this rule does nothing: it says no age",
                link=s3.LIFECYCLE,
            )
        if self.larger_than is not None and self.abort_uploads_after is not None:
            yield Problem(
                rule="BKT05",
                message="an unfinished upload has no size yet: say this in a rule "
                "without largerThan",
                path=("abortUploadsAfter",),
                value=self.abort_uploads_after,
                link=s3.LIFECYCLE,
            )


class NotificationSpec(Spec):
    """Who is told of changes."""

    to: Text
    """ARN of an SQS queue, an SNS topic or a Lambda function. Its own policy has
    to let S3 tell it: S3 tries that when the bucket is told of it."""

    events: list[Text] = Field(
        default_factory=lambda: ["s3:ObjectCreated:*"], min_length=1
    )
    """The events; default `[s3:ObjectCreated:*]`."""

    prefix: Text | None = None
    """Objects under this prefix; default: all."""

    suffix: Text | None = None
    """Objects whose keys end so, such as `.tar`; default: all."""

    def problems(self) -> Iterator[Problem]:
        """A target that S3 tells, and events that it knows."""
        problem = told.target_problem(self.to)
        if problem is not None:
            yield problem.under("to")
        for index, event in enumerate(self.events):
            problem = told.event_problem(event)
            if problem is not None:
                yield problem.under("events", index)


class BucketSpec(CloudVolumeSpec):
    """A bucket of S3, private, encrypted, by TLS only."""

    row: ClassVar[str] = "s3-mountpoint"

    kind: Literal["s3"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    bucket: Text | None = None
    """The bucket's name, which no one else in the world has. Default: made of
    the stack's and its own name."""

    directory: bool = False
    """An S3 Express One Zone directory bucket, in the zone of `zoneId`; default
    `false`."""

    zone_id: Text | None = None
    """The availability zone of a directory bucket by its id, such as `usw2-az1`.
    Required where its name does not say it."""

    versioning: bool = False
    """Keep old versions of objects; default `false`. Once on, `false` is refused
    for a protected bucket: it would end what keeps its data."""

    lifecycle: list[LifecycleRuleSpec] = Field(default_factory=list[LifecycleRuleSpec])
    """What becomes of objects with time. Unfinished uploads go after 7 days in
    any case. On an adopted bucket it takes the place of all rules it has."""

    archive_after: dict[ArchiveTier, Age] = Field(
        default_factory=dict[ArchiveTier, str]
    )
    """Archive tiers of INTELLIGENT_TIERING and the days without access after which
    objects go there, such as `{ARCHIVE_ACCESS: 90d}`. A program cannot read from
    them. Default: none."""

    event_bridge: bool = False
    """Send all events to EventBridge; default `false`."""

    notifications: list[NotificationSpec] = Field(
        default_factory=list[NotificationSpec]
    )
    """Who is told of changes; default: no one."""

    kms_key: KeyName | None = None
    """The key that encrypts it, by its name under `platform.keys` or its ARN;
    default: S3's own (SSE-S3). For an `existing` bucket: the key that it is
    encrypted with, which teams may then use."""

    mount: MountpointSpec = MountpointSpec()
    """How pods mount it, where they do."""

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory bucket: by its name where it has one."""
        name = self.existing or self.adopt or self.bucket
        return self.directory or (name is not None and s3.is_directory(name))

    def problems(self) -> Iterator[Problem]:
        """Its name, its lifecycle, whom it tells, and how it is mounted."""
        yield from super().problems()
        yield from self._name_problems()
        if self.is_directory:
            yield from self._directory_problems()
        else:
            yield from self._archive_problems()
        yield from self._lifecycle_problems()
        yield from self._notification_problems()
        yield from self._managed_problems()
        yield from key_problems(self.kms_key)
        for index, problem in self.mount.option_problems(directory=self.is_directory):
            yield problem.under("mount", "options", index)

    def _name_problems(self) -> Iterator[Problem]:
        for key in ("bucket", "existing", "adopt"):
            name = getattr(self, key)
            if name is None:
                continue
            problem = s3.general_name(name)
            if self.is_directory:
                zone = self._zone_of(name)
                problem = s3.directory_name(name, zone) if zone else None
            if problem is not None:
                yield problem.under(key)
        if self.bucket is not None and self.adopt not in (None, self.bucket):
            yield Problem(
                rule="BKT17",
                message="a bucket that is adopted keeps its name: another one would "
                "replace it",
                path=("bucket",),
                value=self.bucket,
                nearest=self.adopt,
            )
        if self.zone_id is not None and not self.is_directory:
            yield Problem(
                rule="BKT04",
                message="only directory buckets (directory) are in one zone",
                path=("zoneId",),
                value=self.zone_id,
                link=s3.DIRECTORY_NAMING,
            )

    def _zone_of(self, name: str) -> str | None:
        """The id of the zone of a directory bucket, where one is said."""
        if self.zone_id is not None:
            return None if s3.zone_id(self.zone_id) else self.zone_id
        return s3.zone_of(name) if s3.is_directory(name) else None

    def _directory_problems(self) -> Iterator[Problem]:
        name = self.existing or self.adopt or self.bucket
        if self.zone_id is not None:
            problem = s3.zone_id(self.zone_id)
            if problem is not None:
                yield problem.under("zoneId")
        elif name is None or not s3.is_directory(name):
            yield Problem(
                rule="BKT04",
                message="a directory bucket is in one zone: say its id, such as "
                "usw2-az1",
                path=("zoneId",),
                link=s3.DIRECTORY_NAMING,
            )
        lacks = {
            "versioning": (self.versioning, "versions"),
            "archiveAfter": (self.archive_after, "archive tiers"),
            "eventBridge": (self.event_bridge, "events"),
            "notifications": (self.notifications, "events"),
        }
        for key, (value, what) in lacks.items():
            if value:
                yield _of_general_buckets((key,), value, what)
        for index, rule in enumerate(self.lifecycle):
            for key, value, what in (
                ("to", rule.to, "other storage classes"),
                ("oldVersionsAfter", rule.old_versions_after, "versions"),
            ):
                if value is not None:
                    yield _of_general_buckets(("lifecycle", index, key), value, what)

    def _archive_problems(self) -> Iterator[Problem]:
        for index, (tier, text) in enumerate(self.archive_after.items()):
            problem = s3.tier_days(tier, text)
            if problem is not None:
                yield problem.under("archiveAfter", tier)
            elif index == 0:
                yield _cannot_be_read(("archiveAfter", tier), text)

    def _lifecycle_problems(self) -> Iterator[Problem]:
        steps: dict[tuple[str, str | None], list[s3.Step]] = defaultdict(list)
        for index, rule in enumerate(self.lifecycle):
            if rule.to and rule.after and not self.is_directory:
                steps[rule.objects].append(
                    s3.Step(index=index, days=ages.days(rule.after), to=rule.to)
                )
                if not s3.STORAGE_CLASSES[rule.to].readable:
                    yield _cannot_be_read(("lifecycle", index, "to"), rule.to)
            if rule.expire_after is not None:
                steps[rule.objects].append(
                    s3.Step(index=index, days=ages.days(rule.expire_after), to=None)
                )
            if rule.old_versions_after is not None and not self.versioning:
                yield Problem(
                    rule="BKT12",
                    message="the bucket keeps no old versions: this does nothing "
                    "without versioning",
                    path=("lifecycle", index, "oldVersionsAfter"),
                    value=rule.old_versions_after,
                    link=s3.LIFECYCLE,
                    severity="warning",
                )
        yield from self._said_twice()
        for same in steps.values():
            for step, problem in s3.steps_problems(same):
                key = "expireAfter" if step.to is None else "after"
                key = "to" if problem.rule == "BKT08" else key
                yield problem.under("lifecycle", step.index, key)
        # One more aborts unfinished uploads.
        if len({rule.objects for rule in self.lifecycle}) >= s3.MOST_RULES:
            yield Problem(
                rule="BKT11",
                message=f"a lifecycle has at most {s3.MOST_RULES} rules, one of which "
                "ends unfinished uploads",
                path=("lifecycle",),
                value=len(self.lifecycle),
                nearest=s3.MOST_RULES - 1,
                link=s3.LIFECYCLE,
            )

    def _said_twice(self) -> Iterator[Problem]:
        """Ages that two rules say of the same objects."""
        seen: set[tuple[object, ...]] = set()
        for index, rule in enumerate(self.lifecycle):
            for key, value, of in (
                ("expireAfter", rule.expire_after, rule.objects),
                ("oldVersionsAfter", rule.old_versions_after, rule.objects),
                ("abortUploadsAfter", rule.abort_uploads_after, rule.prefix or ""),
            ):
                if value is not None and (key, of) in seen:
                    yield Problem(
                        rule="BKT20",
                        message="another rule says this of the same objects",
                        path=("lifecycle", index, key),
                        value=value,
                        link=s3.LIFECYCLE,
                    )
                if value is not None:
                    seen.add((key, of))

    def _notification_problems(self) -> Iterator[Problem]:
        entries = [
            told.Told(events=n.events, prefix=n.prefix or "", suffix=n.suffix or "")
            for n in self.notifications
        ]
        for first, second in told.overlaps(entries):
            yield Problem(
                rule="BKT18",
                message=f"S3 tells of an event once: the entry at position {first} "
                "is of some of the same events and objects",
                path=("notifications", second),
                link=told.FILTERING,
            )

    def _managed_problems(self) -> Iterator[Problem]:
        """What is said of a bucket that is only used would not come about."""
        if self.existing is None:
            return
        for field, key in (
            ("bucket", "bucket"),
            ("versioning", "versioning"),
            ("lifecycle", "lifecycle"),
            ("archive_after", "archiveAfter"),
            ("event_bridge", "eventBridge"),
            ("notifications", "notifications"),
            ("tags", "tags"),
        ):
            value = getattr(self, field)
            if value:
                yield Problem(
                    rule="BKT19",
                    message="a bucket that is used without being managed stays as it "
                    "is: adopt it, or leave this out",
                    path=(key,),
                    value=_scalar(value),
                )


def _scalar(value: object) -> object:
    """A value that fits on a line; of lists and mappings the path says enough."""
    return value if isinstance(value, str | bool) else UNSET


def _of_general_buckets(path: Path, value: object, what: str) -> Problem:
    return Problem(
        rule="BKT06",
        message=f"a directory bucket (S3 Express) has no {what}",
        path=path,
        value=_scalar(value),
        link=s3.DIRECTORY,
    )


def _cannot_be_read(path: Path, value: str) -> Problem:
    return Problem(
        rule="BKT14",
        message="what is archived cannot be read before someone restores it: a "
        "program that meets such a file fails",
        path=path,
        value=value,
        nearest="GLACIER_IR" if path[-1] == "to" else None,
        link="https://github.com/awslabs/mountpoint-s3/blob/main/doc/SEMANTICS.md",
        severity="warning",
    )
