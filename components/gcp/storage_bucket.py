"""A bucket of Cloud Storage, with everything that guards it, and how it is mounted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_gcp as gcp

from components.catalog import ages, gcp_iam, gcs, gcs_fuse, gcs_names
from components.gcp.bucket_fields import lifecycle_rules, place_fields
from components.gcp.storage_bucket_spec import StorageBucketSpec
from components.kubernetes.csi_source import CsiSource
from components.kubernetes.volume_spec import Access

LONGEST_NAME = 48
"""The longest name of a component whose bucket Pulumi names: it adds `-bucket-`
and seven characters, and a bucket's name has at most 63."""


@dataclass(frozen=True, kw_only=True)
class StorageBucketArgs:
    """What a StorageBucket is made from.

    Attributes:
        spec: The bucket.
        project: The id of its project.
        region: The environment's region, where the spec names no place.
        kms_key: The full name of the key that encrypts it, known only when Cloud
            Storage may use it; default: Google's own.
    """

    spec: StorageBucketSpec
    project: str
    region: str
    kms_key: pulumi.Input[str] | None = None


class StorageBucket(pulumi.ComponentResource):
    """A bucket with uniform access that is never public.

    To get rid of one that is protected, say `onDelete: delete`, deploy, and destroy:
    the provider's own guard (`deletionPolicy`) goes with Pulumi's.

    An `adopt`ed bucket is imported, and managed in what the YAML states: versioning,
    lifecycle, soft delete, retention, Autoclass, `kmsKey`, tags. The rest stays as
    its owner made it, its access control too: what pods write by their own identity
    needs uniform access there. An `existing` bucket is named, and nothing of it is
    managed.

    Attributes:
        ids: `bucket`, its name.
    """

    ids: Mapping[str, pulumi.Output[str]]

    def __init__(
        self,
        name: str,
        args: StorageBucketArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make, take over or name the bucket.

        Args:
            name: Name of the bucket in the stack.
            args: What to make.
            opts: Must carry the provider of the project.

        Raises:
            ValueError: A name from which no bucket's name can be made, or a
                `kmsKey` without its full name.
        """
        super().__init__("ml-storage:index:StorageBucket", name, None, opts)
        self.spec = spec = args.spec
        if spec.existing is not None:
            self.ids = {"bucket": pulumi.Output.from_input(spec.existing)}
            self.register_outputs(dict(self.ids))
            return
        if spec.kms_key is not None and args.kms_key is None:
            raise ValueError(f"the bucket {name!r} names a key: hand its name over")
        bucket = gcp.storage.Bucket(
            f"{name}-bucket",
            **_fields(name, args),
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=spec.on_delete == "protect",
                retain_on_delete=spec.on_delete == "retain",
                import_=spec.adopt,
                ignore_changes=_left_alone(spec) if spec.adopt else None,
            ),
        )
        self.ids = {"bucket": bucket.name}
        self._caches(name)
        self._notifications(name, args.project)
        self.register_outputs(dict(self.ids))

    def _caches(self, name: str) -> None:
        for zone, cache in self.spec.anywhere_caches.items():
            gcp.storage.AnywhereCache(
                f"{name}-cache-{zone}",
                bucket=self.ids["bucket"],
                zone=zone,
                ttl=f"{gcs.cache_seconds(cache.ttl)}s",
                ingest_on_write=cache.ingest_on_write,
                opts=pulumi.ResourceOptions(parent=self),
            )

    def _notifications(self, name: str, project: str) -> None:
        """Whom the bucket tells: Cloud Storage tries that when it is told of it."""
        if not self.spec.notifications:
            return
        agent = gcp.storage.get_project_service_account_output(
            project=project, opts=pulumi.InvokeOptions(parent=self)
        )
        publishers: dict[str, pulumi.Resource] = {}
        for topic in sorted({entry.to for entry in self.spec.notifications}):
            publishers[topic] = gcp.pubsub.TopicIAMMember(
                f"{name}-publisher-{_digest(topic)}",
                topic=topic,
                role=gcp_iam.PUBLISH,
                member=agent.member,
                opts=pulumi.ResourceOptions(parent=self),
            )
        # Named by what they say: in another order they are still the same.
        entries = {
            _digest(n.to, n.prefix or "", *sorted(n.events)): n
            for n in self.spec.notifications
        }
        for digest, entry in entries.items():
            gcp.storage.Notification(
                f"{name}-notification-{digest}",
                bucket=self.ids["bucket"],
                topic=entry.to,
                payload_format="JSON_API_V1",
                event_types=list(entry.events),
                object_name_prefix=entry.prefix,
                opts=pulumi.ResourceOptions(
                    parent=self, depends_on=[publishers[entry.to]]
                ),
            )


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:8]


def _fields(name: str, args: StorageBucketArgs) -> dict[str, Any]:
    """The arguments of the bucket."""
    spec = args.spec
    fields: dict[str, Any] = {
        "project": args.project,
        **place_fields(spec, args.region),
        "storage_class": spec.storage_class,
        "uniform_bucket_level_access": True,
        "public_access_prevention": "enforced",
    }
    fixed = spec.adopt or spec.bucket
    if fixed is not None:
        fields["name"] = fixed
    elif len(name) > LONGEST_NAME:
        raise ValueError(f"{name!r} is too long to name a bucket by: give it one")
    elif (problem := gcs_names.bucket_name(f"{name}-bucket-0a1b2c3")) is not None:
        raise ValueError(f"{name!r}: {problem.message}")
    if spec.made:
        fields["hierarchical_namespace"] = {"enabled": bool(spec.folders)}
        guarded = spec.on_delete == "protect"
        fields["deletion_policy"] = "PREVENT" if guarded else "DELETE"
    if spec.on_delete == "delete":
        fields["force_destroy"] = True
    if spec.made or spec.lifecycle:
        fields["lifecycle_rules"] = lifecycle_rules(
            spec.lifecycle, versions=spec.versioning
        )
    if spec.made or spec.versioning:
        fields["versioning"] = {"enabled": spec.versioning}
    if spec.tags:
        fields["labels"] = dict(spec.tags)
    if args.kms_key is not None:
        fields["encryption"] = {"default_kms_key_name": args.kms_key}
    return {**fields, **_kept(spec)}


def _kept(spec: StorageBucketSpec) -> dict[str, Any]:
    """What the bucket does with objects by itself."""
    fields: dict[str, Any] = {}
    if spec.soft_delete is not None:
        seconds = ages.days(spec.soft_delete) * gcs.SECONDS
        fields["soft_delete_policy"] = {"retention_duration_seconds": seconds}
    if spec.retention is not None:
        fields["retention_policy"] = {
            "retention_period": str(ages.days(spec.retention.period) * gcs.SECONDS),
            "is_locked": spec.retention.locked,
        }
    if spec.autoclass is not None:
        fields["autoclass"] = {
            "enabled": True,
            "terminal_storage_class": spec.autoclass.to,
        }
    return fields


_UNSTATED = {
    "location": "location",
    "locations": "customPlacementConfig",
    "storage_class": "storageClass",
    "autoclass": "autoclass",
    "versioning": "versioning",
    "soft_delete": "softDeletePolicy",
    "retention": "retentionPolicy",
    "lifecycle": "lifecycleRules",
    "kms_key": "encryption",
    "tags": "labels",
}
_NEVER_STATED = (
    *("uniformBucketLevelAccess", "publicAccessPrevention", "hierarchicalNamespace"),
    *("cors", "website", "logging", "requesterPays", "rpo", "ipFilter"),
    *("defaultEventBasedHold", "enableObjectRetention", "forceDestroy"),
)


def _left_alone(spec: StorageBucketSpec) -> list[str]:
    """What an adopted bucket keeps, whatever it is there."""
    stated = spec.model_fields_set
    return sorted(
        {wire for field, wire in _UNSTATED.items() if field not in stated}
        | set(_NEVER_STATED)
    )


def csi_source(
    spec: StorageBucketSpec,
    ids: Mapping[str, pulumi.Input[str]],
    *,
    access: Access,
    prefix: str | None,
    namespace: str,
    claim: str,
) -> CsiSource:
    """How Cloud Storage FUSE mounts the bucket, for one claim.

    The pods' own identity opens it. What only reads is mounted `ro` by an option:
    a PersistentVolume's `readOnly` reaches the driver where the pod's claim says it
    too, and otherwise the files only seem writable.

    Args:
        spec: The bucket.
        ids: What `StorageBucket.ids` says.
        access: What the claim is for.
        prefix: The part of the bucket that is the whole volume; None for all.
        namespace: Namespace of the claim.
        claim: Name of the claim.
    """
    reads = spec.narrowed(access) == "read-only"
    options = spec.mount.mount_options(folders=spec.folders)
    if prefix is not None:
        options.append(f"only-dir={prefix.strip('/')}")
    if reads:
        options.append("ro")
    return CsiSource(
        driver=gcs_fuse.DRIVER,
        # The driver reads the bucket's name up to the colon; a node tells volumes
        # apart by the handle.
        handle=pulumi.Output.concat(ids["bucket"], ":", namespace, "-", claim),
        attributes=spec.mount.attributes(),
        mount_options=options,
        read_only=reads,
    )
