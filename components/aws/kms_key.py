"""A KMS key that encrypts storage."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.adopted import kept_tags
from components.aws.kms_key_spec import KmsKeySpec


@dataclass(frozen=True, kw_only=True)
class KmsKeyArgs:
    """What a KmsKey is made from.

    Attributes:
        spec: The key.
    """

    spec: KmsKeySpec


class KmsKey(pulumi.ComponentResource):
    """A symmetric key, rotated every year.

    It has AWS's default policy: the account that owns it may administer it and
    gives rights to it by IAM, which is how drivers and teams get theirs. A
    policy of its own could lock everyone out, and would name `*`, the key
    itself, as its resource.

    A key that is `existing` is named by its ARN and not looked up: who uses a
    key need not have the right to describe it.

    Attributes:
        key_arn: ARN of the key.
    """

    key_arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: KmsKeyArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the key, take it over, or name it.

        Args:
            name: Name of the key in the stack.
            args: What to make.
            opts: Must carry the provider of the region.
        """
        super().__init__("ml-storage:index:KmsKey", name, None, opts)
        spec = args.spec
        if spec.existing is not None:
            self.key_arn = pulumi.Output.from_input(spec.existing)
        else:
            key = aws.kms.Key(
                f"{name}-key",
                description=f"{name}: storage of {pulumi.get_stack()}",
                enable_key_rotation=True,
                deletion_window_in_days=spec.deletion_days,
                opts=pulumi.ResourceOptions(
                    parent=self,
                    # Without the key, nothing that it encrypts can be read again.
                    protect=spec.on_delete == "protect",
                    import_=spec.adopt,
                    # What a key is called by its owner is not ours to change.
                    ignore_changes=["description", *kept_tags(spec.adopt, {})]
                    if spec.adopt
                    else None,
                ),
            )
            self.key_arn = key.arn
            if spec.adopt is None:
                aws.kms.Alias(
                    f"{name}-alias",
                    name=f"alias/{pulumi.get_project()}-{pulumi.get_stack()}-{name}",
                    target_key_id=key.key_id,
                    opts=pulumi.ResourceOptions(parent=self),
                )
        self.register_outputs({"keyArn": self.key_arn})
