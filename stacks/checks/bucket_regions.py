"""Buckets: what belongs to one is in its region."""

from __future__ import annotations

from collections.abc import Iterator

from components.aws.bucket_spec import BucketSpec
from components.catalog import aws_regions, s3, s3_notifications
from components.catalog.problem import Problem
from stacks.checks.places import has_data, on_aws, region_of
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack

_ARN_PARTS = 6


def _buckets(stack: Stack) -> Iterator[tuple[str, BucketSpec, str]]:
    """The buckets of the platform, by their names, and the region they are in."""
    platform = on_aws(stack)
    region = region_of(platform)
    if platform is None or region is None or not has_data(platform):
        return
    for name, spec in platform.storage.items():
        if isinstance(spec, BucketSpec):
            yield name, spec, region


def zone_of_the_region(stack: Stack) -> Iterator[Problem]:
    """A directory bucket is in a zone of the region."""
    for name, spec, region in _buckets(stack):
        named = spec.bucket or ""
        by_name = s3.zone_of(named) if named.endswith(s3.DIRECTORY_SUFFIX) else ""
        zone, key = (spec.zone_id, "zoneId") if spec.zone_id else (by_name, "bucket")
        other = aws_regions.region_of_zone_id(zone)
        if other is None or other == region:
            continue
        yield Problem(
            rule="",
            message=f"{zone} is the id of a zone of {other}, and the environment is in "
            f"{region}",
            path=("platform", "storage", name, key),
            value=spec.zone_id if key == "zoneId" else named,
            link=aws_regions.LINK,
            severity="warning",
        )


def told_in_the_region(stack: Stack) -> Iterator[Problem]:
    """S3 tells queues, topics and functions of the bucket's own region."""
    for name, spec, region in _buckets(stack):
        for index, told in enumerate(spec.notifications):
            parts = told.to.split(":")
            if len(parts) < _ARN_PARTS or parts[3] == region:
                continue
            yield Problem(
                rule="",
                message=f"this is in {parts[3]}, and the bucket is in {region}: S3 "
                "tells what is in its own region, and EventBridge takes it further",
                path=("platform", "storage", name, "notifications", index, "to"),
                value=told.to,
                nearest=told.to.replace(f":{parts[3]}:", f":{region}:", 1),
                link=s3_notifications.LINK,
            )


RULES = (
    Rule("AWS37", "a directory bucket that S3 does not make", zone_of_the_region),
    Rule("AWS38", "notifications that S3 refuses", told_in_the_region),
)
