"""The AWS identity of a team's pods."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pulumi
import pulumi_aws as aws

from components.catalog import iam, iam_trust
from components.kubernetes.volume_spec import Access

ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"
"""The annotation by which a service account says its role to IRSA."""


@dataclass(frozen=True, kw_only=True)
class GrantedBucket:
    """A bucket that a team may use.

    Attributes:
        bucket_arn: ARN of the bucket.
        access: Whether the team may write.
        prefix: The part of it; default: all of it.
        kms_key_arn: The key that encrypts it; default: S3's own.
    """

    bucket_arn: pulumi.Input[str]
    access: Access
    prefix: str | None = None
    kms_key_arn: pulumi.Input[str] | None = None


@dataclass(frozen=True, kw_only=True)
class TeamIdentityArgs:
    """What a TeamIdentity is made from.

    Attributes:
        namespace: The team's namespace.
        service_account: The service account of its pods; default `workload`.
        grants: The buckets it may use, by the names of the storage.
        identity: `pod-identity`, or `irsa`.
        cluster_name: Name of the cluster. Required with `pod-identity`.
        cluster_arn: ARN of the cluster. Required with `pod-identity`.
        oidc_provider_arn: The cluster's OIDC provider in IAM. Required with
            `irsa`.
        oidc_issuer: Its issuer. Required with `irsa`.
        tags: Tags of the team's.
    """

    namespace: str
    service_account: str = "workload"
    grants: Mapping[str, GrantedBucket] = field(
        default_factory=dict[str, GrantedBucket]
    )
    identity: Literal["pod-identity", "irsa"] = "pod-identity"
    cluster_name: pulumi.Input[str] | None = None
    cluster_arn: pulumi.Input[str] | None = None
    oidc_provider_arn: pulumi.Input[str] | None = None
    oidc_issuer: pulumi.Input[str] | None = None
    tags: Mapping[str, str] = field(default_factory=dict[str, str])


class TeamIdentity(pulumi.ComponentResource):
    """A role that the pods of one service account take on, and no one else.

    It may use exactly the buckets and prefixes that were granted; without any
    grant it may do nothing. It holds no data, so it is not protected: a grant
    that is taken back is gone with the next deployment.

    Attributes:
        role_arn: ARN of the role.
        annotations: What the service account has to say: the role, with IRSA.
    """

    role_arn: pulumi.Output[str]
    annotations: Mapping[str, pulumi.Output[str]]

    def __init__(
        self,
        name: str,
        args: TeamIdentityArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the role, its policy, and what binds it to the service account.

        Args:
            name: Name of the team.
            args: What to make.
            opts: Must carry the provider of the region.

        Raises:
            TypeError: What the kind of identity needs of the cluster is missing.
            ValueError: A prefix that a policy would read as a pattern.
        """
        super().__init__("ml-storage:index:TeamIdentity", name, None, opts)
        for grant in args.grants.values():
            problem = iam.prefix_problem(iam.as_prefix(grant.prefix))
            if problem is not None:
                raise ValueError(f"{grant.prefix!r}: {problem.message}")
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            f"{name}-role",
            description=f"pods of {args.namespace}/{args.service_account}",
            assume_role_policy=_trust(args),
            tags=dict(args.tags) or None,
            opts=child,
        )
        self.role_arn = role.arn
        allowed: list[pulumi.Resource] = []
        if args.grants:
            policy = aws.iam.RolePolicy(
                f"{name}-policy",
                role=role.name,
                policy=_policy(args.grants),
                opts=child,
            )
            allowed.append(policy)
        if args.identity == "pod-identity":
            self.annotations = {}
            aws.eks.PodIdentityAssociation(
                f"{name}-association",
                cluster_name=_required(args.cluster_name, "cluster_name"),
                namespace=args.namespace,
                service_account=args.service_account,
                role_arn=role.arn,
                # A pod that starts finds its rights there.
                opts=pulumi.ResourceOptions(parent=self, depends_on=allowed),
            )
        else:
            self.annotations = {ROLE_ANNOTATION: role.arn}
        self.register_outputs({"roleArn": self.role_arn})


def _required(value: pulumi.Input[str] | None, what: str) -> pulumi.Input[str]:
    if value is None:
        raise TypeError(f"this kind of identity needs {what}")
    return value


def _trust(args: TeamIdentityArgs) -> pulumi.Output[str]:
    """Who may take on the role."""
    account = {"namespace": args.namespace, "service_account": args.service_account}
    if args.identity == "pod-identity":
        return pulumi.Output.from_input(
            _required(args.cluster_arn, "cluster_arn")
        ).apply(lambda arn: _text(iam_trust.pod_identity(cluster_arn=arn, **account)))
    return pulumi.Output.all(
        provider_arn=_required(args.oidc_provider_arn, "oidc_provider_arn"),
        issuer=_required(args.oidc_issuer, "oidc_issuer"),
    ).apply(lambda oidc: _text(iam_trust.irsa(**oidc, **account)))


def _policy(grants: Mapping[str, GrantedBucket]) -> pulumi.Output[str]:
    """What the role may do, in the order of the storage's names."""
    names = sorted(grants)

    def render(found: list[dict[str, Any]]) -> str:
        return _text(
            iam.bucket_access(
                [
                    iam.BucketGrant(
                        bucket_arn=ids["bucket"],
                        access=grants[name].access,
                        prefix=grants[name].prefix,
                        kms_key_arn=ids["key"],
                    )
                    for name, ids in zip(names, found, strict=True)
                ]
            )
        )

    return pulumi.Output.all(
        *(
            pulumi.Output.all(
                bucket=grants[name].bucket_arn, key=grants[name].kms_key_arn
            )
            for name in names
        )
    ).apply(render)


def _text(document: iam.Document) -> str:
    return json.dumps(document, sort_keys=True)
