"""What becomes of a bucket's objects with time, who is told, and its caches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from components.catalog import gcs
from components.catalog import gcs_notifications as told
from components.catalog.problem import Problem
from components.spec import Age, Size, Spec, Text

ColdClass = Literal["NEARLINE", "COLDLINE", "ARCHIVE"]


class GcsLifecycleRuleSpec(Spec):
    """What becomes of objects with time."""

    prefix: Text | None = None
    """Objects under this prefix; default: all."""

    suffix: Text | None = None
    """Objects whose names end so, such as `.tmp`; default: all."""

    larger_than: Size | None = None
    """Only objects larger than this; default: of any size."""

    after: Age | None = None
    """The age of an object at which it moves, such as `90d`; with `to`."""

    to: ColdClass | None = None
    """The storage class that it moves to."""

    expire_after: Age | None = None
    """The age at which it is deleted, such as `365d`. In a bucket with versions it
    becomes an old version then."""

    old_versions_after: Age | None = None
    """How long a version stays that is no longer the newest, such as `30d`; `0d`
    deletes it at once."""

    newer_versions: int | None = Field(default=None, ge=0)
    """A version that is no longer the newest goes where so many are newer, the
    present one included. With `oldVersionsAfter`, both have to be so."""

    abort_uploads_after: Age | None = None
    """How long an unfinished upload stays, such as `7d`."""

    @property
    def objects(self) -> tuple[str, str, str | None]:
        """What tells its objects from those of other rules."""
        return self.prefix or "", self.suffix or "", self.larger_than

    def problems(self) -> Iterator[Problem]:
        """It says something, in whole days."""
        if (self.after is None) != (self.to is None):
            key = "to" if self.to is None else "after"
            yield Problem(
                rule="GCS17",
                message="a move says when (after) and where to (to)",
                path=(key,),
                link=gcs.LIFECYCLE,
            )
        ages = {
            "after": (self.after, 0),
            "expireAfter": (self.expire_after, 1),
            "oldVersionsAfter": (self.old_versions_after, 0),
            "abortUploadsAfter": (self.abort_uploads_after, 1),
        }
        for key, (text, least) in ages.items():
            problem = None if text is None else gcs.age(text, least=least)
            if problem is not None:
                yield problem.under(key)
        said = [text for text, _ in ages.values()]
        if self.to is None and self.newer_versions is None and not any(said):
            yield Problem(
                rule="GCS17",
                message="this rule does nothing: it says no age",
                link=gcs.LIFECYCLE,
            )
        if self.larger_than is not None and self.abort_uploads_after is not None:
            yield Problem(
                rule="GCS17",
                message="an unfinished upload has no size yet: say this in a rule "
                "without largerThan",
                path=("abortUploadsAfter",),
                value=self.abort_uploads_after,
                link=gcs.LIFECYCLE,
            )


class GcsNotificationSpec(Spec):
    """Who is told of changes."""

    to: Text
    """A topic of Pub/Sub by its full name, `projects/P/topics/T`. The stack lets
    Cloud Storage publish there."""

    events: list[Text] = Field(
        default_factory=lambda: ["OBJECT_FINALIZE"], min_length=1
    )
    """The events; default `[OBJECT_FINALIZE]`: an object is there, or is there
    anew."""

    prefix: Text | None = None
    """Objects under this prefix; default: all."""

    def problems(self) -> Iterator[Problem]:
        """A topic, and events that there are."""
        problem = told.topic_problem(self.to)
        if problem is not None:
            yield problem.under("to")
        for index, event in enumerate(self.events):
            problem = told.event_problem(event)
            if problem is not None:
                yield problem.under("events", index)


class AnywhereCacheSpec(Spec):
    """A cache of a bucket in one zone, near its nodes; what it holds is billed."""

    ttl: Text = "24h"
    """How long it keeps what nobody reads, 1h to 7d; default `24h`."""

    ingest_on_write: bool = False
    """It takes in what is written too, and not only what is read; default
    `false`."""

    def problems(self) -> Iterator[Problem]:
        """A time that the cache takes."""
        problem = gcs.cache_ttl(self.ttl)
        if problem is not None:
            yield problem.under("ttl")
