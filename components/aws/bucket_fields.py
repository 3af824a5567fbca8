"""A bucket's lifecycle and notifications in the words of the provider."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.aws.bucket_spec import BucketSpec, LifecycleRuleSpec
from components.catalog import ages, quantity
from components.catalog import s3_notifications as told

ABORT_AFTER = 7
"""Days after which an unfinished upload goes, where no rule says otherwise: its
parts are billed, and no listing shows them."""


def lifecycle_rules(rules: Sequence[LifecycleRuleSpec]) -> list[Any]:
    """The rules of a lifecycle, one for each set of objects, by stable ids.

    Several rules of the YAML that are of the same objects are one rule of S3,
    which moves them on from class to class.
    """
    groups: dict[tuple[str, str | None], list[LifecycleRuleSpec]] = {}
    for rule in rules:
        groups.setdefault(rule.objects, []).append(rule)
    made = [_rule(*objects, same) for objects, same in groups.items()]
    if not any(r.abort_uploads_after and not r.prefix for r in rules):
        whole = next((r for r in made if r["filter"] == {}), None)
        if whole is None:
            whole = _rule("", None, ())
            made.append(whole)
        whole["abort_incomplete_multipart_upload"] = {
            "days_after_initiation": ABORT_AFTER
        }
    return made


def _rule(
    prefix: str, larger_than: str | None, same: Sequence[LifecycleRuleSpec]
) -> dict[str, Any]:
    size = f" larger than {larger_than}" if larger_than else ""
    made: dict[str, Any] = {
        "id": f"{prefix or 'all'}{size}",
        "status": "Enabled",
        "filter": _filter(prefix, larger_than),
    }
    moves = [
        {"days": ages.days(rule.after), "storage_class": rule.to}
        for rule in same
        if rule.after is not None and rule.to is not None
    ]
    if moves:
        made["transitions"] = sorted(moves, key=lambda move: move["days"])
    for rule in same:
        if rule.expire_after:
            made["expiration"] = {"days": ages.days(rule.expire_after)}
        if rule.old_versions_after:
            made["noncurrent_version_expiration"] = {
                "noncurrent_days": ages.days(rule.old_versions_after)
            }
        if rule.abort_uploads_after:
            made["abort_incomplete_multipart_upload"] = {
                "days_after_initiation": ages.days(rule.abort_uploads_after)
            }
    return made


def _filter(prefix: str, larger_than: str | None) -> dict[str, Any]:
    size = None if larger_than is None else int(quantity.parse(larger_than))
    if prefix and size is not None:
        return {"and_": {"prefix": prefix, "object_size_greater_than": size}}
    if size is not None:
        return {"object_size_greater_than": size}
    return {"prefix": prefix} if prefix else {}


_FIELDS: dict[told.Target, tuple[str, str]] = {
    "queue": ("queues", "queue_arn"),
    "topic": ("topics", "topic_arn"),
    "function": ("lambda_functions", "lambda_function_arn"),
}


def notification_fields(spec: BucketSpec) -> dict[str, Any]:
    """Whom a bucket tells: the arguments of its one `BucketNotification`."""
    fields: dict[str, Any] = {"eventbridge": True} if spec.event_bridge else {}
    for entry in spec.notifications:
        kind = told.target(entry.to)
        if kind is None:
            raise ValueError(f"S3 does not tell {entry.to!r}")
        name, key = _FIELDS[kind]
        made: dict[str, Any] = {key: entry.to, "events": list(entry.events)}
        if entry.prefix:
            made["filter_prefix"] = entry.prefix
        if entry.suffix:
            made["filter_suffix"] = entry.suffix
        fields.setdefault(name, []).append(made)
    return fields
