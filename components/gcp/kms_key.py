"""A Cloud KMS key that encrypts storage."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.catalog import cloud_kms, gcs
from components.gcp.kms_key_spec import CloudKmsKeySpec


@dataclass(frozen=True, kw_only=True)
class CloudKmsKeyArgs:
    """What a CloudKmsKey is made from.

    Attributes:
        spec: The key.
        project: The id of its project.
        region: Its location: a key encrypts only what is there too.
    """

    spec: CloudKmsKeySpec
    project: str
    region: str


class CloudKmsKey(pulumi.ComponentResource):
    """A key that encrypts and decrypts, rotated every 90 days, in a ring of its own.

    Google Cloud never deletes a key or a ring: a destroy ends the key's versions, and
    with them all that it encrypts, and the names stay taken. So Pulumi names both,
    and a key of the same name in the stack is another one. To end a protected key,
    say `onDelete: delete`, deploy, and destroy.

    A key that is `existing` is named in full and not looked up: who uses a key need
    not have the right to describe it. Of one that is adopted, its rotation and its
    labels stay its owner's.

    Attributes:
        key: Full name of the key.
    """

    key: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: CloudKmsKeyArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the key, take it over, or name it.

        Args:
            name: Name of the key in the stack.
            args: What to make.
            opts: Must carry the provider of the project.
        """
        super().__init__("ml-storage:index:CloudKmsKey", name, None, opts)
        spec = args.spec
        if spec.existing is not None:
            self.key = pulumi.Output.from_input(spec.existing)
        elif spec.adopt is not None:
            self.key = gcp.kms.CryptoKey(
                f"{name}-key",
                name=spec.adopt.rpartition("/")[2],
                key_ring=cloud_kms.ring_of(spec.adopt),
                opts=pulumi.ResourceOptions(
                    parent=self,
                    protect=True,
                    import_=spec.adopt,
                    ignore_changes=[
                        *("rotationPeriod", "labels", "versionTemplate", "purpose"),
                        *("destroyScheduledDuration", "deletionPolicy"),
                    ],
                ),
            ).id
        else:
            self.key = self._made(name, args)
        self.register_outputs({"key": self.key})

    def _made(self, name: str, args: CloudKmsKeyArgs) -> pulumi.Output[str]:
        protect = args.spec.on_delete == "protect"
        kept = pulumi.ResourceOptions(parent=self, protect=protect)
        ring = gcp.kms.KeyRing(
            f"{name}-ring", project=args.project, location=args.region, opts=kept
        )
        key = gcp.kms.CryptoKey(
            f"{name}-key",
            key_ring=ring.id,
            purpose="ENCRYPT_DECRYPT",
            rotation_period=f"{cloud_kms.ROTATION_DAYS * gcs.SECONDS}s",
            deletion_policy="PREVENT" if protect else "DELETE",
            opts=kept,
        )
        return key.id
