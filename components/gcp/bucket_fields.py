"""A bucket in the words of the provider: its place, and what becomes of objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.catalog import ages, gcp_regions, gcs, quantity
from components.gcp.bucket_rules_spec import GcsLifecycleRuleSpec
from components.gcp.storage_bucket_spec import StorageBucketSpec

ABORT_AFTER = 7
"""Days after which an unfinished upload goes, where no rule says otherwise: its
parts are billed, and no listing shows them."""


def place_fields(spec: StorageBucketSpec, region: str) -> dict[str, Any]:
    """Where a bucket is: in a region, in two, in many, or in a zone of one.

    Args:
        spec: The bucket.
        region: The environment's.
    """
    if spec.zone is not None:
        of = gcp_regions.location_region(spec.zone)
        placement = {"data_locations": [spec.zone.upper()]}
        return {"location": of.upper(), "custom_placement_config": placement}
    if spec.locations:
        placement = {"data_locations": [text.upper() for text in spec.locations]}
        return {
            "location": gcs.continent(spec.locations[0]),
            "custom_placement_config": placement,
        }
    return {"location": (spec.location or region).upper()}


def lifecycle_rules(
    rules: Sequence[GcsLifecycleRuleSpec], *, versions: bool
) -> list[Any]:
    """The rules of a lifecycle: one for each thing that one of the YAML says.

    Args:
        rules: What the YAML says.
        versions: Whether the bucket keeps old versions: then an age deletes only
            what is the newest, which becomes an old one.
    """
    made = [entry for rule in rules for entry in _rules(rule, versions=versions)]
    whole = (r.objects == ("", "", None) and r.abort_uploads_after for r in rules)
    if not any(whole):
        made.append(_abort(ABORT_AFTER, {}))
    return made


def _rules(rule: GcsLifecycleRuleSpec, *, versions: bool) -> list[Any]:
    which: dict[str, Any] = {}
    if rule.prefix:
        which["matches_prefixes"] = [rule.prefix]
    if rule.suffix:
        which["matches_suffixes"] = [rule.suffix]
    of_uploads = dict(which)
    if rule.larger_than:
        which["size_above_bytes"] = int(quantity.parse(rule.larger_than))
    made: list[Any] = []
    if rule.after is not None and rule.to is not None:
        action = {"type": "SetStorageClass", "storage_class": rule.to}
        made.append({"action": action, "condition": {**_age(rule.after), **which}})
    if rule.expire_after is not None:
        live = {"with_state": "LIVE"} if versions else {}
        condition = {**_age(rule.expire_after), **live, **which}
        made.append({"action": {"type": "Delete"}, "condition": condition})
    old = _old_versions(rule)
    if old:
        condition = {**old, "with_state": "ARCHIVED", **which}
        made.append({"action": {"type": "Delete"}, "condition": condition})
    if rule.abort_uploads_after is not None:
        made.append(_abort(ages.days(rule.abort_uploads_after), of_uploads))
    return made


def _abort(days: int, which: dict[str, Any]) -> Any:
    return {
        "action": {"type": "AbortIncompleteMultipartUpload"},
        "condition": {"age": days, **which},
    }


def _age(text: str) -> dict[str, Any]:
    """An age; the provider leaves out a zero unless it is told to send it."""
    days = ages.days(text)
    return {"age": days, **({} if days else {"send_age_if_zero": True})}


def _old_versions(rule: GcsLifecycleRuleSpec) -> dict[str, Any]:
    condition: dict[str, Any] = {}
    if rule.old_versions_after is not None:
        days = ages.days(rule.old_versions_after)
        condition["days_since_noncurrent_time"] = days
        if days == 0:
            condition["send_days_since_noncurrent_time_if_zero"] = True
    if rule.newer_versions is not None:
        condition["num_newer_versions"] = rule.newer_versions
        if rule.newer_versions == 0:
            condition["send_num_newer_versions_if_zero"] = True
    return condition
