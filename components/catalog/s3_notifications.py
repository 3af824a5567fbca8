"""What S3 tells others of, and whom.

Sources, read 2026-11-22: `Event` and `PutBucketNotificationConfiguration` of the
API in botocore 1.44.5,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html, and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from components.catalog.problem import Problem

LINK = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html"
FILTERING = (
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
    "notification-how-to-filtering.html"
)

Target = Literal["queue", "topic", "function"]

EVENTS: tuple[str, ...] = (
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:Put",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
    "s3:ObjectRestore:*",
    "s3:ObjectRestore:Post",
    "s3:ObjectRestore:Completed",
    "s3:ObjectRestore:Delete",
    "s3:ReducedRedundancyLostObject",
    "s3:Replication:*",
    "s3:Replication:OperationFailedReplication",
    "s3:Replication:OperationNotTracked",
    "s3:Replication:OperationMissedThreshold",
    "s3:Replication:OperationReplicatedAfterThreshold",
    "s3:LifecycleTransition",
    "s3:LifecycleExpiration:*",
    "s3:LifecycleExpiration:Delete",
    "s3:LifecycleExpiration:DeleteMarkerCreated",
    "s3:IntelligentTiering",
    "s3:ObjectAcl:Put",
    "s3:ObjectTagging:*",
    "s3:ObjectTagging:Put",
    "s3:ObjectTagging:Delete",
    "s3:ObjectAnnotation:*",
    "s3:ObjectAnnotation:Put",
    "s3:ObjectAnnotation:Delete",
    "s3:ObjectRetention:Put",
)
"""Every event that a bucket can be asked to tell of."""

_TARGET = re.compile(
    r"arn:aws[a-z-]*:(?P<service>sqs|sns|lambda):[a-z0-9-]+:\d{12}:"
    r"(?P<name>(function:)?[A-Za-z0-9_.:$-]+)"
)
_KINDS: dict[str, Target] = {"sqs": "queue", "sns": "topic", "lambda": "function"}


def target(arn: str) -> Target | None:
    """What an ARN names that S3 can tell; None for anything else."""
    found = _TARGET.fullmatch(arn)
    if found is None:
        return None
    kind = _KINDS[found["service"]]
    function = found["name"].startswith("function:")
    return kind if function == (kind == "function") else None


def target_problem(arn: str) -> Problem | None:
    """What is wrong with `arn` as whom a bucket tells."""
    if target(arn) is None:
        return Problem(
            rule="BKT15",
            message="S3 tells an SQS queue, an SNS topic or a Lambda function, by its "
            "ARN",
            value=arn,
            link=LINK,
        )
    if arn.endswith(".fifo"):
        return Problem(
            rule="BKT15",
            message="S3 tells no FIFO queue and no FIFO topic: EventBridge can",
            value=arn,
            nearest=arn.removesuffix(".fifo"),
            link=LINK,
        )
    return None


def event_problem(event: str) -> Problem | None:
    """What is wrong with `event` as the name of one."""
    if event in EVENTS:
        return None
    by_lower = {e.lower(): e for e in EVENTS}
    found = difflib.get_close_matches(event.lower(), by_lower, n=1, cutoff=0.5)
    return Problem(
        rule="BKT16",
        message="S3 tells of no such event",
        value=event,
        allowed=EVENTS,
        nearest=by_lower[found[0]] if found else None,
        link=LINK,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One entry of a bucket's notifications.

    Attributes:
        events: The events.
        prefix: How the keys of the objects begin.
        suffix: How they end.
    """

    events: Sequence[str]
    prefix: str = ""
    suffix: str = ""


def overlaps(entries: Sequence[Told]) -> Iterator[tuple[int, int]]:
    """Pairs of entries, by position, that S3 refuses beside each other.

    It tells of an event once: two entries may not both be meant.
    """
    for second, entry in enumerate(entries):
        for first, earlier in enumerate(entries[:second]):
            if _meet(earlier, entry):
                yield first, second
                break


def _meet(one: Told, other: Told) -> bool:
    events = any(_same(a, b) for a in one.events for b in other.events)
    prefixes = one.prefix.startswith(other.prefix) or other.prefix.startswith(
        one.prefix
    )
    suffixes = one.suffix.endswith(other.suffix) or other.suffix.endswith(one.suffix)
    return events and prefixes and suffixes


def _same(one: str, other: str) -> bool:
    """Whether two names of events can mean one event."""
    return one == other or any(
        a.endswith(":*") and b.startswith(a[:-1])
        for a, b in ((one, other), (other, one))
    )
