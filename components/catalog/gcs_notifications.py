"""What Cloud Storage tells others of, and whom.

Source, read 2026-11-22: https://cloud.google.com/storage/docs/pubsub-notifications
and the arguments of `gcp.storage.Notification` in pulumi-gcp 10.2.0.
"""

from __future__ import annotations

import difflib
import re

from components.catalog.problem import Problem

LINK = "https://cloud.google.com/storage/docs/pubsub-notifications"

EVENTS = (
    "OBJECT_FINALIZE",
    "OBJECT_METADATA_UPDATE",
    "OBJECT_DELETE",
    "OBJECT_ARCHIVE",
)
"""Every event that a bucket can be asked to tell of."""

MOST = 100
"""Notifications of one bucket."""

MOST_PER_EVENT = 10
"""Notifications of one bucket that tell of one event."""

_TOPIC = re.compile(
    r"projects/(?P<project>[a-z0-9.:-]+)/topics/(?P<name>[A-Za-z][A-Za-z0-9._~+%-]{2,254})"
)


def topic_problem(topic: str) -> Problem | None:
    """What is wrong with `topic` as whom a bucket tells."""
    found = _TOPIC.fullmatch(topic)
    if found is not None and not found["name"].startswith("goog"):
        return None
    short = re.sub(r"^/{0,2}(pubsub\.googleapis\.com/)?", "", topic)
    return Problem(
        rule="GCS15",
        message="Cloud Storage tells a topic of Pub/Sub, by its full name: "
        "projects/PROJECT/topics/TOPIC",
        value=topic,
        nearest=short if short != topic and _TOPIC.fullmatch(short) else None,
        link=LINK,
    )


def event_problem(event: str) -> Problem | None:
    """What is wrong with `event` as the name of one."""
    if event in EVENTS:
        return None
    found = difflib.get_close_matches(event.upper(), EVENTS, n=1, cutoff=0.7)
    return Problem(
        rule="GCS16",
        message="Cloud Storage tells of no such event",
        value=event,
        allowed=EVENTS,
        nearest=found[0] if found else None,
        link=LINK,
    )
