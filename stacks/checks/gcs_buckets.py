"""Buckets of Cloud Storage: where they are, and what is granted of them."""

from __future__ import annotations

from collections.abc import Iterator

from components.catalog import cloud_kms, gcp_iam, gcp_regions, gcs, gcs_names
from components.catalog.problem import Problem
from components.gcp.gke_cluster_spec import GkeClusterSpec
from components.gcp.kms_key_spec import CloudKmsKeySpec
from components.gcp.storage_bucket_spec import StorageBucketSpec
from stacks.checks.places import has_data, on_gcp, region_of
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import PlatformConfig

_KEYS = "https://cloud.google.com/storage/docs/encryption/customer-managed-keys"


def _buckets(platform: PlatformConfig) -> Iterator[tuple[str, StorageBucketSpec]]:
    """The buckets of an environment, by their names."""
    for name, spec in platform.storage.items():
        if isinstance(spec, StorageBucketSpec):
            yield name, spec


def _granted(platform: PlatformConfig) -> Iterator[tuple[str, str]]:
    """Every grant of every team: whose, and of what."""
    for team, space in platform.teams.items():
        for name in space.grants:
            yield team, name


def near_its_nodes(stack: Stack) -> Iterator[Problem]:
    """A bucket is in the region of the nodes that mount it."""
    platform = on_gcp(stack)
    if platform is None:
        return
    cluster = platform.cluster
    where = cluster.location if isinstance(cluster, GkeClusterSpec) else None
    region = gcp_regions.location_region(where) if where else region_of(platform)
    if region not in gcp_regions.REGIONS:
        return
    for name, spec in _buckets(platform):
        stated = _stated(spec)
        if stated is None:
            continue
        key, value, regions = stated
        many = {gcs.continent(region), *_pairs(region)}
        if region in regions or regions & many:
            continue
        yield Problem(
            rule="",
            message=f"its nodes are in {region}: every byte that they read comes from "
            "another region, slower, and is billed",
            path=("platform", "storage", name, key),
            value=value,
            nearest=region if key == "location" else None,
            link=gcs.LOCATIONS,
            severity="warning",
        )


def _pairs(region: str) -> tuple[str, ...]:
    """The pairs of regions that Google has made on the continent of a region."""
    begin = {"US": "NAM", "EU": "EUR", "ASIA": "ASIA"}.get(gcs.continent(region))
    return tuple(p for p in gcs.DUAL_REGIONS if begin and p.startswith(begin))


def _stated(spec: StorageBucketSpec) -> tuple[str, object, set[str]] | None:
    """Where a bucket is said to be: the key, its value, and the regions."""
    if spec.zone is not None:
        return "zone", spec.zone, {gcp_regions.location_region(spec.zone)}
    if spec.locations:
        regions = {text.lower() for text in spec.locations}
        return "locations", spec.locations, regions
    if spec.location is None:
        return None
    return "location", spec.location, {spec.location.lower(), spec.location.upper()}


def caches_of_its_location(stack: Stack) -> Iterator[Problem]:
    """An Anywhere Cache is in a zone of the bucket's region, or of its continent."""
    platform = on_gcp(stack)
    region = region_of(platform)
    if platform is None or region is None or not has_data(platform):
        return
    for name, spec in _buckets(platform):
        stated = _stated(spec)
        regions = stated[2] if stated else {region}
        for zone in spec.anywhere_caches:
            of = gcp_regions.region_of(zone)
            if of is not None and not regions & {of, gcs.continent(of), *_pairs(of)}:
                yield Problem(
                    rule="",
                    message=f"this zone is of {of}, where the bucket is not",
                    path=("platform", "storage", name, "anywhereCaches", zone),
                    link=gcs.CACHE,
                )


def key_of_its_location(stack: Stack) -> Iterator[Problem]:
    """A key encrypts a bucket in the key's own location, and no other."""
    platform = on_gcp(stack)
    region = region_of(platform)
    if platform is None or region is None or not has_data(platform):
        return
    for name, spec in _buckets(platform):
        if spec.kms_key is None or spec.locations or spec.zone is not None:
            continue
        place = spec.location or region
        own = platform.keys.get(spec.kms_key)
        full = spec.kms_key
        if isinstance(own, CloudKmsKeySpec):
            full = own.existing or own.adopt or ""
            # One that is made is in the environment's region.
            location = cloud_kms.location_of(full) if full else region
        else:
            location = cloud_kms.location_of(full)
        if location is None or location == place.lower():
            continue
        # A key of another region than the environment's is told as such.
        if spec.location is None and location in gcp_regions.REGIONS:
            continue
        yield Problem(
            rule="",
            message=f"this key is in {location}, and the bucket in {place}: "
            "Cloud Storage takes a key of the bucket's own location",
            path=("platform", "storage", name, "kmsKey"),
            value=spec.kms_key,
            link=_KEYS,
        )


def a_part_that_can_be_granted(stack: Stack) -> Iterator[Problem]:
    """A granted part of a bucket is a managed folder, which has a role of its own."""
    platform = on_gcp(stack)
    for team, name in _granted(platform) if platform else ():
        grant = platform.teams[team].grants[name] if platform else None
        if platform is None or grant is None or grant.prefix is None:
            continue
        if not isinstance(platform.storage.get(name), StorageBucketSpec):
            continue
        problem = gcs_names.folder_problem(grant.prefix)
        if problem is not None:
            yield problem.under("platform", "teams", team, "grants", name, "prefix")


def a_role_of_a_bucket(stack: Stack) -> Iterator[Problem]:
    """Buckets of Cloud Storage are granted with roles: nothing else is."""
    platform = stack.config.platform
    for team, name in _granted(platform) if platform else ():
        spec = platform.storage.get(name) if platform else None
        grant = platform.teams[team].grants[name] if platform else None
        if spec is None or grant is None or grant.role is None:
            continue
        if not isinstance(spec, StorageBucketSpec):
            yield Problem(
                rule="",
                message="only buckets of Cloud Storage (kind: gcs) are granted with a "
                "role: access says what the team may do",
                path=("platform", "teams", team, "grants", name, "role"),
                value=grant.role,
                link=gcp_iam.ROLES_LINK,
            )


RULES = (
    Rule("FUS21", "slow reads that are billed by the byte", near_its_nodes),
    Rule("GCS23", "a cache that Cloud Storage refuses", caches_of_its_location),
    Rule("GKY03", "a bucket that no one can write to", key_of_its_location),
    Rule("GCS25", "a grant that cannot be made", a_part_that_can_be_granted),
    Rule("WID05", "a role that no one is given", a_role_of_a_bucket),
)
