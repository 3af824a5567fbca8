"""A cloud's storage: the keys, buckets and file systems that it names are there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from components.aws.bucket_spec import BucketSpec
from components.aws.ebs_class_spec import EbsClassSpec
from components.aws.efs_class_spec import EfsClassSpec
from components.aws.efs_spec import EfsSpec
from components.aws.fsx_lustre_class_spec import FsxLustreClassSpec
from components.aws.fsx_lustre_spec import FsxLustreSpec
from components.catalog import cloud_kms, efs, gcp_regions, kms
from components.catalog.problem import Path, Problem
from components.gcp.disk_class_spec import DiskClassSpec
from components.gcp.disk_spec import DiskSpec
from components.gcp.filestore_class_spec import FilestoreClassSpec
from components.gcp.filestore_spec import FilestoreSpec
from components.gcp.managed_lustre_spec import ManagedLustreSpec
from components.gcp.storage_bucket_spec import StorageBucketSpec
from components.spec import closest
from stacks.checks.places import has_data, on_a_cloud, on_aws, region_of
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import CloudCluster, CloudStorage, PlatformConfig

_CMEK = "https://docs.cloud.google.com/kms/docs/cmek"
_PLACED = {"location", "locations"}
"""What says of a bucket where it is."""

_LINKED = "https://docs.aws.amazon.com/fsx/latest/LustreGuide/create-dra-linked-data-repo.html"


_ENCRYPTED = FsxLustreClassSpec | EbsClassSpec | FilestoreClassSpec | DiskClassSpec
"""Classes whose volumes can have a key of one's own."""


def _keys_named(platform: PlatformConfig) -> Iterator[tuple[Path, str]]:
    """Every key that storage, a cluster or a class of this stack names, and where."""
    for name, spec in platform.storage.items() if has_data(platform) else ():
        if isinstance(spec, CloudStorage):
            yield from _named(("platform", "storage", name), spec.kms_key)
    cluster = platform.cluster
    if isinstance(cluster, CloudCluster) and cluster.create is not None:
        yield from _named(("platform", "cluster", "create"), cluster.create.kms_key)
    for name, spec in platform.storage_classes.items():
        if isinstance(spec, _ENCRYPTED):
            yield from _named(("platform", "storageClasses", name), spec.kms_key)


def _named(at: Path, key: str | None) -> Iterator[tuple[Path, str]]:
    if key is not None:
        yield (*at, "kmsKey"), key


def known_key(stack: Stack) -> Iterator[Problem]:
    """`kmsKey` names one of the platform's keys, or is the whole name of another."""
    platform = on_a_cloud(stack)
    if platform is None:
        return
    known = stack.names("platform", "keys")
    whole = "ARN" if platform.cloud == "aws" else "full name, projects/P/locations/L/…"
    for at, key in _keys_named(platform):
        # What is written as an ARN, an alias or a full name is judged as one.
        aws = ":" in key or key.startswith("alias/")
        if key not in known and not (aws if platform.cloud == "aws" else "/" in key):
            yield Problem(
                rule="",
                message="no such key under platform.keys (one of someone else's is "
                f"given by its {whole})",
                path=at,
                value=key,
                allowed=tuple(sorted(known)),
                nearest=closest(key, known),
                link=kms.LINK if platform.cloud == "aws" else cloud_kms.LINK,
            )


def key_of_the_region(stack: Stack) -> Iterator[Problem]:
    """A key encrypts only what is in its own region."""
    platform = on_a_cloud(stack)
    own = region_of(platform)
    if platform is None or own is None:
        return
    named = [
        *_keys_named(platform),
        *(
            (("platform", "keys", name, "existing"), key.existing)
            for name, key in (platform.keys.items() if has_data(platform) else ())
            if key.existing is not None
        ),
    ]
    for at, key in named:
        region = _region_of_key(key)
        if region not in (None, own) and not _of_its_own_location(platform, at):
            yield Problem(
                rule="",
                message=f"this key is in {region}, and the environment is in "
                f"{own}: a key encrypts only what is in its own region",
                path=at,
                value=key,
                link="https://docs.aws.amazon.com/kms/latest/developerguide/"
                "multi-region-keys-overview.html"
                if platform.cloud == "aws"
                else _CMEK,
            )


def _region_of_key(key: str) -> str | None:
    """The one region that a key is in, by its ARN or its full name."""
    if kms.is_key_arn(key):
        return key.split(":")[3]
    location = cloud_kms.location_of(key)
    return location if location in gcp_regions.REGIONS else None


def _of_its_own_location(platform: PlatformConfig, at: Path) -> bool:
    """Whether a key may be for a bucket that is elsewhere than the environment."""
    buckets = {
        name: spec
        for name, spec in platform.storage.items()
        if isinstance(spec, StorageBucketSpec) and spec.model_fields_set & _PLACED
    }
    _, section, name, *_ = at
    if section == "keys":
        return any(spec.kms_key == name for spec in buckets.values())
    return section == "storage" and name in buckets


def linked_to_a_bucket(stack: Stack) -> Iterator[Problem]:
    """A file system is linked to a bucket of the platform's, and nothing else."""
    platform = on_aws(stack)
    if platform is None or not has_data(platform):
        return
    known = stack.names("platform", "storage")
    buckets = [n for n, s in platform.storage.items() if isinstance(s, BucketSpec)]
    for name, spec in platform.storage.items():
        links = spec.linked_to if isinstance(spec, FsxLustreSpec) else ()
        for index, link in enumerate(links):
            if link.bucket is None:
                continue
            to = platform.storage.get(link.bucket)
            problem = Problem(
                rule="",
                message="no such bucket under platform.storage (one of someone else's "
                "is given by its uri)",
                path=("platform", "storage", name, "linkedTo", index, "bucket"),
                value=link.bucket,
                allowed=tuple(sorted(buckets)),
                nearest=closest(link.bucket, buckets),
                link=_LINKED,
            )
            if link.bucket not in known:
                yield problem
            elif to is not None and not isinstance(to, BucketSpec):
                yield replace(problem, message=f"{link.bucket} is no bucket of S3")


def linked_to_a_general_bucket(stack: Stack) -> Iterator[Problem]:
    """A link to a directory bucket is not known to work."""
    platform = on_aws(stack)
    if platform is None or not has_data(platform):
        return
    for name, spec in platform.storage.items():
        links = spec.linked_to if isinstance(spec, FsxLustreSpec) else ()
        for index, link in enumerate(links):
            to = platform.storage.get(link.bucket or "")
            if isinstance(to, BucketSpec) and to.directory:
                yield Problem(
                    rule="",
                    message="this is a directory bucket, and no page of AWS says that "
                    "FSx can be linked to one: its changes are not announced",
                    path=("platform", "storage", name, "linkedTo", index, "bucket"),
                    value=link.bucket,
                    link=_LINKED,
                    severity="warning",
                )


def class_of_a_file_system(stack: Stack) -> Iterator[Problem]:
    """A class of EFS is of a file system that is there, and is EFS."""
    platform = on_aws(stack)
    if platform is None:
        return
    known = stack.names("platform", "storage")
    file_systems = [n for n, s in platform.storage.items() if isinstance(s, EfsSpec)]
    for name, spec in platform.storage_classes.items():
        if not isinstance(spec, EfsClassSpec) or spec.of is None:
            continue
        of = platform.storage.get(spec.of)
        # What the stack of the storage has is not known where it is not at hand.
        unknown = not has_data(platform) and not platform.storage
        if isinstance(of, EfsSpec) or unknown or (of is None and spec.of in known):
            continue
        yield Problem(
            rule="",
            message="no such file system of EFS under platform.storage"
            if of is None
            else f"{spec.of} is no file system of EFS",
            path=("platform", "storageClasses", name, "of"),
            value=spec.of,
            allowed=tuple(sorted(file_systems)),
            nearest=closest(spec.of, file_systems)
            if efs.id_problem(spec.of, ()) is not None
            else f"fileSystem: {spec.of}",
        )


def one_bucket_each(stack: Stack) -> Iterator[Problem]:
    """No two entries make one bucket: each would undo what the other set."""
    platform = on_a_cloud(stack)
    if platform is None or not has_data(platform):
        return
    first: dict[str, str] = {}
    for name, spec in platform.storage.items():
        if not isinstance(spec, BucketSpec | StorageBucketSpec):
            continue
        bucket = spec.bucket or spec.adopt or spec.existing
        other = first.setdefault(bucket, name) if bucket is not None else name
        if other == name:
            continue
        key = next(
            key
            for key, value in (
                ("bucket", spec.bucket),
                ("adopt", spec.adopt),
                ("existing", spec.existing),
            )
            if value is not None
        )
        yield Problem(
            rule="",
            message=f"{other} is this bucket already: a part of it for a team is "
            "granted by a prefix",
            path=("platform", "storage", name, key),
            value=bucket,
        )


_A_BUCKET = "a bucket (kind: gcs)"
_WHOLE: dict[type, tuple[str, str]] = {
    FsxLustreSpec: ("FSx for Lustre", "EFS and S3"),
    FilestoreSpec: ("Filestore", _A_BUCKET),
    ManagedLustreSpec: ("Managed Lustre", _A_BUCKET),
    DiskSpec: ("a disk", _A_BUCKET),
}
"""What has no parts to grant, and what has."""


def mounted_whole(stack: Stack) -> Iterator[Problem]:
    """What has no directory that can be enforced is granted whole: Lustre, disks."""
    platform = on_a_cloud(stack)
    for team, space in (platform.teams if platform else {}).items():
        for name, grant in space.grants.items():
            spec = platform.storage.get(name) if platform else None
            whole = _WHOLE.get(type(spec))
            if whole is not None and grant.prefix is not None:
                yield Problem(
                    rule="",
                    message=f"{whole[0]} is mounted whole: a prefix would not keep "
                    f"the team out of the rest; {whole[1]} can grant a part",
                    path=("platform", "teams", team, "grants", name, "prefix"),
                    value=grant.prefix,
                )


RULES = (
    Rule("AWS10", "a key that is not there", known_key),
    Rule("AWS11", "a key that cannot encrypt it", key_of_the_region),
    Rule("AWS12", "a link to nothing", linked_to_a_bucket),
    Rule("AWS13", "a link that may be refused", linked_to_a_general_bucket),
    Rule("AWS14", "a class whose claims have no file system", class_of_a_file_system),
    Rule("AWS15", "a bucket that two entries set up", one_bucket_each),
    Rule("AWS16", "a team that sees all where it was given a part", mounted_whole),
)
