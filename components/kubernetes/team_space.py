"""A team's namespace and its quota."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.labels import TEAM
from components.kubernetes.team_space_spec import QuotaSpec, TeamSpaceSpec


@dataclass(frozen=True, kw_only=True)
class TeamSpaceArgs:
    """What a TeamSpace is made from."""

    spec: TeamSpaceSpec


class TeamSpace(pulumi.ComponentResource):
    """The namespace named after the team, protected, and its ResourceQuota.

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
        if args.spec.existing:
            namespace = k8s.core.v1.Namespace.get(
                f"{name}-namespace", name, opts=pulumi.ResourceOptions(parent=self)
            )
        else:
            namespace = k8s.core.v1.Namespace(
                f"{name}-namespace",
                metadata={"name": name, "labels": {TEAM: name}},
                opts=pulumi.ResourceOptions(
                    parent=self,
                    protect=args.spec.on_delete == "protect",
                    import_=name if args.spec.adopt else None,
                    # An adopted namespace keeps the labels others gave it.
                    ignore_changes=(
                        ["metadata.labels", "metadata.annotations"]
                        if args.spec.adopt
                        else None
                    ),
                ),
            )
        self.namespace = namespace.metadata["name"]
        hard = quota_limits(args.spec.quota)
        if hard:
            k8s.core.v1.ResourceQuota(
                f"{name}-quota",
                metadata={"name": "team", "namespace": self.namespace},
                spec={"hard": hard},
                opts=pulumi.ResourceOptions(parent=self, depends_on=[namespace]),
            )
        self.register_outputs({"namespace": self.namespace})


def quota_limits(quota: QuotaSpec) -> dict[str, str]:
    """The `hard` limits of a ResourceQuota."""
    hard = {
        f"{name}.storageclass.storage.k8s.io/requests.storage": size
        for name, size in quota.storage.items()
    }
    if quota.gpus is not None:
        hard["requests.nvidia.com/gpu"] = str(quota.gpus)
    return hard
