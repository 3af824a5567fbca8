"""A bucket of S3, with everything that guards it, and how it is mounted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
import pulumi_aws as aws

from components.aws.adopted import kept_tags
from components.aws.bucket_fields import lifecycle_rules, notification_fields
from components.aws.bucket_spec import BucketSpec
from components.aws.mountpoint_spec import MountpointSpec
from components.catalog import ages, iam, mountpoint, quantity, s3
from components.catalog.problem import Problem
from components.kubernetes.csi_source import CsiSource
from components.kubernetes.volume_spec import Access

LONGEST_NAME = 48
"""The longest name of a component whose bucket Pulumi names: it adds `-bucket-`
and seven characters, and a bucket's name has at most 63."""


@dataclass(frozen=True, kw_only=True)
class BucketArgs:
    """What a Bucket is made from.

    Attributes:
        spec: The bucket.
        kms_key_arn: The key that encrypts it; default: S3's own.
    """

    spec: BucketSpec
    kms_key_arn: pulumi.Input[str] | None = None


class Bucket(pulumi.ComponentResource):
    """A bucket that is private, encrypted, and reached by TLS only.

    What guards the data shares its protection: the block on public access, the
    TLS-only policy, the encryption, the ownership and the versioning. Otherwise
    a destroy that leaves the protected bucket would leave it open, and without
    its old versions. Its lifecycle and notifications are not protected: without
    them nothing is lost.

    An `adopt`ed bucket is imported with what the YAML states: versioning,
    lifecycle, archive tiers, notifications, `kmsKey`. S3 keeps one of each, so
    stating one takes the place of what the bucket has. The rest, and its policy
    and block on public access, stay as its owner made them. An `existing`
    bucket is looked up, and nothing of it is managed.

    Attributes:
        ids: `bucket` (its name), `arn` and `region`.
    """

    ids: Mapping[str, pulumi.Output[str]]

    def __init__(
        self,
        name: str,
        args: BucketArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make, take over or look up the bucket.

        Args:
            name: Name of the bucket in the stack.
            args: What to make.
            opts: Must carry the provider of the region.

        Raises:
            ValueError: A name from which no bucket's name can be made, or a
                `kmsKey` without its ARN.
        """
        super().__init__("ml-storage:index:Bucket", name, None, opts)
        self.spec = spec = args.spec
        if spec.kms_key is not None and args.kms_key_arn is None and not spec.existing:
            raise ValueError(f"the bucket {name!r} names a key: hand its ARN over")
        made = _bucket(name, spec, self._kept(spec, takes_over=True))
        self.ids = {"bucket": made.bucket, "arn": made.arn, "region": _region(made)}
        if spec.existing is None:
            self._guards(name, args)
            self._habits(name, spec)
        self.register_outputs(dict(self.ids))

    def _kept(
        self, spec: BucketSpec, *, takes_over: bool = False
    ) -> pulumi.ResourceOptions:
        """Options of what goes, or stays, with the data."""
        return pulumi.ResourceOptions(
            parent=self,
            protect=spec.on_delete == "protect" and spec.existing is None,
            retain_on_delete=spec.on_delete == "retain" and spec.existing is None,
            import_=spec.adopt if takes_over else None,
            ignore_changes=kept_tags(spec.adopt, spec.tags) if takes_over else None,
        )

    def _guards(self, name: str, args: BucketArgs) -> None:
        """What keeps the data private, encrypted, and its old versions."""
        spec, bucket, kept = args.spec, self.ids["bucket"], self._kept(args.spec)
        whole = spec.adopt is None
        # A directory bucket has all of this by itself, and no other way than TLS.
        if whole and not spec.is_directory:
            block = aws.s3.BucketPublicAccessBlock(
                f"{name}-public-access",
                bucket=bucket,
                block_public_acls=True,
                block_public_policy=True,
                ignore_public_acls=True,
                restrict_public_buckets=True,
                opts=kept,
            )
            aws.s3.BucketOwnershipControls(
                f"{name}-ownership",
                bucket=bucket,
                rule={"object_ownership": "BucketOwnerEnforced"},
                opts=kept,
            )
            aws.s3.BucketPolicy(
                f"{name}-policy",
                bucket=bucket,
                policy=self.ids["arn"].apply(
                    lambda arn: json.dumps(iam.tls_only(arn), sort_keys=True)
                ),
                # S3 refuses to change both at a time.
                opts=pulumi.ResourceOptions.merge(
                    kept, pulumi.ResourceOptions(depends_on=[block])
                ),
            )
        if args.kms_key_arn is not None or (whole and not spec.is_directory):
            aws.s3.BucketServerSideEncryptionConfiguration(
                f"{name}-encryption",
                bucket=bucket,
                rules=[_encryption(args.kms_key_arn)],
                opts=kept,
            )
        if spec.versioning:
            aws.s3.BucketVersioning(
                f"{name}-versioning",
                bucket=bucket,
                versioning_configuration={"status": "Enabled"},
                opts=kept,
            )

    def _habits(self, name: str, spec: BucketSpec) -> None:
        """What becomes of objects with time, and who is told of them."""
        opts = pulumi.ResourceOptions(parent=self)
        bucket = self.ids["bucket"]
        if spec.adopt is None or spec.lifecycle:
            aws.s3.BucketLifecycleConfiguration(
                f"{name}-lifecycle",
                bucket=bucket,
                rules=lifecycle_rules(spec.lifecycle),
                opts=opts,
            )
        if spec.archive_after:
            aws.s3.BucketIntelligentTieringConfiguration(
                f"{name}-archive",
                bucket=bucket,
                name="archive",
                tierings=[
                    {"access_tier": tier, "days": ages.days(after)}
                    for tier, after in spec.archive_after.items()
                ],
                opts=opts,
            )
        if spec.event_bridge or spec.notifications:
            # S3 keeps one for each bucket: two would take turns.
            aws.s3.BucketNotification(
                f"{name}-notification",
                bucket=bucket,
                **notification_fields(spec),
                opts=opts,
            )


def _bucket(
    name: str, spec: BucketSpec, opts: pulumi.ResourceOptions
) -> aws.s3.Bucket | aws.s3.DirectoryBucket:
    """The bucket itself."""
    resource = f"{name}-bucket"
    if spec.existing is not None:
        kind = aws.s3.DirectoryBucket if spec.is_directory else aws.s3.Bucket
        return kind.get(resource, spec.existing, opts=opts)
    fixed = spec.adopt or spec.bucket
    shared: dict[str, Any] = {"tags": dict(spec.tags)} if spec.tags else {}
    if spec.on_delete == "delete":
        shared["force_destroy"] = True
    if spec.is_directory:
        zone = spec.zone_id or s3.zone_of(fixed or "")
        full = fixed or s3.directory_bucket(f"{pulumi.get_stack()}-{name}", zone)
        _refuse(s3.directory_name(full, zone))
        return aws.s3.DirectoryBucket(
            resource,
            bucket=full,
            location={"name": zone, "type": "AvailabilityZone"},
            **shared,
            opts=opts,
        )
    if fixed is None:
        if len(name) > LONGEST_NAME:
            raise ValueError(f"{name!r} is too long to name a bucket by: give it one")
        _refuse(s3.general_name(f"{resource}-0a1b2c3"))
    else:
        shared["bucket"] = fixed
    return aws.s3.Bucket(resource, **shared, opts=opts)


def _refuse(problem: Problem | None) -> None:
    if problem is not None:
        raise ValueError(f"{problem.value!r}: {problem.message}")


def _region(bucket: aws.s3.Bucket | aws.s3.DirectoryBucket) -> pulumi.Output[str]:
    if isinstance(bucket, aws.s3.DirectoryBucket):
        return bucket.region
    # Its own: that of `region` is the provider's.
    return bucket.bucket_region


def _encryption(key: pulumi.Input[str] | None) -> Any:
    """SSE-S3, or SSE-KMS with a key of the bucket's, which asks KMS less often."""
    if key is None:
        default: dict[str, Any] = {"sse_algorithm": "AES256"}
    else:
        default = {"sse_algorithm": "aws:kms", "kms_master_key_id": key}
    return {
        "apply_server_side_encryption_by_default": default,
        "bucket_key_enabled": key is not None,
    }


def csi_source(
    spec: BucketSpec,
    ids: Mapping[str, pulumi.Input[str]],
    *,
    access: Access,
    prefix: str | None,
    namespace: str,
    claim: str,
    region: pulumi.Input[str],
    identity: Literal["pod-identity", "irsa"],
) -> CsiSource:
    """How Mountpoint mounts the bucket, for one claim.

    The pods' own identity opens it, never the driver's, so that a team sees what
    it was granted. Everyone in a pod may look into the mount (`allow-other`);
    its files belong to the user of `mount.uid`, who may write.

    Args:
        spec: The bucket.
        ids: What `Bucket.ids` says.
        access: What the claim is for.
        prefix: The part of the bucket that is the whole volume; None for all.
        namespace: Namespace of the claim.
        claim: Name of the claim.
        region: The region of the bucket.
        identity: How pods get their identity on the cluster.
    """
    narrowed = spec.narrowed(access)
    attributes: dict[str, pulumi.Input[str]] = {
        "bucketName": ids["bucket"],
        "authenticationSource": "pod",
        **_cache(spec.mount),
    }
    if identity == "irsa":
        attributes["stsRegion"] = region
    return CsiSource(
        driver=mountpoint.DRIVER,
        # The driver reads the bucket from the attributes; a node tells volumes
        # apart by the handle.
        handle=pulumi.Output.concat(ids["bucket"], "-", namespace, "-", claim),
        attributes=attributes,
        mount_options=[
            pulumi.Output.concat("region=", region),
            *_options(spec.mount, narrowed, iam.as_prefix(prefix)),
        ],
        read_only=narrowed == "read-only",
    )


def _cache(mount: MountpointSpec) -> dict[str, str]:
    if mount.cache is None:
        return {}
    attributes = {"cache": "emptyDir", "cacheEmptyDirSizeLimit": mount.cache}
    if mount.cache_medium == "memory":
        attributes["cacheEmptyDirMedium"] = "Memory"
    return attributes


def _options(mount: MountpointSpec, access: Access, prefix: str) -> list[str]:
    writes = access == "read-write"
    part = mount.write_part_size
    ttl = mount.metadata_ttl and mountpoint.ttl_seconds(mount.metadata_ttl)
    flags = {
        "allow-other": True,
        "read-only": not writes,
        "allow-delete": writes and mount.allow_delete,
        "allow-overwrite": writes and mount.allow_overwrite,
    }
    values = {
        "prefix": prefix or None,
        "uid": mount.uid,
        "gid": mount.gid,
        "write-part-size": int(quantity.parse(part)) if part and writes else None,
        "metadata-ttl": ttl,
    }
    return [
        *(flag for flag, given in flags.items() if given),
        *(f"{key}={value}" for key, value in values.items() if value is not None),
        *mount.options,
    ]
