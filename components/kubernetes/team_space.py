"""A team's namespace and its guardrails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.access import DEPLOYER, READER, WORKLOAD, role_rules
from components.kubernetes.labels import TEAM
from components.kubernetes.limit_range import limit_range_fields
from components.kubernetes.team_space_spec import (
    DeployersSpec,
    QuotaSpec,
    TeamSpaceSpec,
)

POD_SECURITY = "pod-security.kubernetes.io/enforce"


@dataclass(frozen=True, kw_only=True)
class TeamSpaceArgs:
    """What a TeamSpace is made from.

    Attributes:
        spec: The namespace and its guardrails.
        workload_annotations: Annotations of the ServiceAccount that the team's
            pods run as, such as `eks.amazonaws.com/role-arn`; default: none.
        reader_annotations: Annotations of the ServiceAccount of programs that
            only read buckets, which may be empty; default: there is no such
            account.
    """

    spec: TeamSpaceSpec
    workload_annotations: Mapping[str, pulumi.Input[str]] = field(
        default_factory=dict[str, pulumi.Input[str]]
    )
    reader_annotations: Mapping[str, pulumi.Input[str]] | None = None


class TeamSpace(pulumi.ComponentResource):
    """The namespace named after the team, protected, with its guardrails.

    These are a ResourceQuota, a LimitRange, a ServiceAccount for the team's
    pods, one for those that only read buckets where the cloud tells them apart,
    and one with a Role for whatever deploys the team's stack.

    Attributes:
        namespace: Name of the namespace, known when it exists.
    """

    namespace: pulumi.Output[str]

    def __init__(
        self, name: str, args: TeamSpaceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the space of the team called `name`.

        Args:
            name: The team's name, and the namespace's.
            args: What to make.
            opts: Must carry the provider of the cluster.
        """
        super().__init__("ml-storage:index:TeamSpace", name, None, opts)
        namespace = self._namespace(name, args.spec)
        self.namespace = namespace.metadata["name"]
        inside = pulumi.ResourceOptions(parent=self, depends_on=[namespace])
        hard = quota_limits(args.spec.quota)
        if hard:
            k8s.core.v1.ResourceQuota(
                f"{name}-quota",
                metadata={"name": "team", "namespace": self.namespace},
                spec={"hard": hard},
                opts=inside,
            )
        limits = limit_range_fields(args.spec.limits) if args.spec.limits else {}
        if limits:
            k8s.core.v1.LimitRange(
                f"{name}-limits",
                metadata={"name": "team", "namespace": self.namespace},
                spec=cast("Any", limits),
                opts=inside,
            )
        self._account(name, WORKLOAD, args.workload_annotations, inside)
        if args.reader_annotations is not None:
            self._account(name, READER, args.reader_annotations, inside)
        self._deployer(name, args.spec.deployers, inside)
        self.register_outputs({"namespace": self.namespace})

    def _namespace(self, name: str, spec: TeamSpaceSpec) -> k8s.core.v1.Namespace:
        if spec.existing:
            return k8s.core.v1.Namespace.get(
                f"{name}-namespace", name, opts=pulumi.ResourceOptions(parent=self)
            )
        labels = {TEAM: name, POD_SECURITY: spec.pod_security}
        return k8s.core.v1.Namespace(
            f"{name}-namespace",
            metadata={"name": name, "labels": labels},
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=spec.on_delete == "protect",
                import_=name if spec.adopt else None,
                # An adopted namespace keeps the labels others gave it.
                ignore_changes=(
                    ["metadata.labels", "metadata.annotations"] if spec.adopt else None
                ),
            ),
        )

    def _account(
        self,
        name: str,
        account: str,
        annotations: Mapping[str, pulumi.Input[str]],
        inside: pulumi.ResourceOptions,
    ) -> None:
        metadata: Any = {"name": account, "namespace": self.namespace}
        if annotations:
            metadata["annotations"] = dict(annotations)
        k8s.core.v1.ServiceAccount(
            f"{name}-{account}",
            metadata=metadata,
            automount_service_account_token=False,
            opts=inside,
        )

    def _deployer(
        self, name: str, deployers: DeployersSpec, inside: pulumi.ResourceOptions
    ) -> None:
        metadata: Any = {"name": DEPLOYER, "namespace": self.namespace}
        k8s.core.v1.ServiceAccount(
            f"{name}-deployer",
            metadata=metadata,
            automount_service_account_token=False,
            opts=inside,
        )
        role = k8s.rbac.v1.Role(
            f"{name}-deployer-role", metadata=metadata, rules=role_rules(), opts=inside
        )
        group = "rbac.authorization.k8s.io"
        named = [("User", user) for user in deployers.users]
        named += [("Group", entry) for entry in deployers.groups]
        subjects: Any = [
            {"kind": "ServiceAccount", **metadata},
            *({"kind": k, "name": n, "apiGroup": group} for k, n in named),
        ]
        k8s.rbac.v1.RoleBinding(
            f"{name}-deployer-binding",
            metadata=metadata,
            role_ref={"api_group": group, "kind": "Role", "name": DEPLOYER},
            subjects=subjects,
            opts=pulumi.ResourceOptions.merge(
                inside, pulumi.ResourceOptions(depends_on=[role])
            ),
        )


def quota_limits(quota: QuotaSpec) -> dict[str, str]:
    """The `hard` limits of a ResourceQuota."""
    hard = {
        f"{name}.storageclass.storage.k8s.io/requests.storage": size
        for name, size in quota.storage.items()
    }
    if quota.gpus is not None:
        hard["requests.nvidia.com/gpu"] = str(quota.gpus)
    return hard
