"""The service account of a cluster's nodes."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

# What a node needs to write logs and metrics, and to pull images of Artifact
# Registry. Source: GoogleCloudPlatform/cluster-toolkit 1047080 examples/gke-a4x
# (its account of a node pool, less its roles on storage), read 2026-11-22.
_ROLES = (
    "roles/logging.logWriter",
    "roles/monitoring.metricWriter",
    "roles/monitoring.viewer",
    "roles/stackdriver.resourceMetadata.writer",
    "roles/artifactregistry.reader",
)


@dataclass(frozen=True, kw_only=True)
class NodeAccountArgs:
    """What a NodeAccount is made from.

    Attributes:
        project: The project of the cluster.
    """

    project: str


class NodeAccount(pulumi.ComponentResource):
    """The account of nodes: to report on themselves, and nothing that pods would want.

    Pods have identities of their own. It has no role on any storage, and no key.

    Attributes:
        email: Its e-mail address, by which node pools name it.
    """

    email: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: NodeAccountArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the account.

        Args:
            name: What the names of its parts begin with.
            args: Where it is.
            opts: Must carry the provider of the project.
        """
        super().__init__("ml-storage:index:NodeAccount", name, None, opts)
        account = gcp.serviceaccount.Account(
            f"{name}-nodes",
            display_name=f"Nodes of {name}",
            project=args.project,
            opts=pulumi.ResourceOptions(parent=self),
        )
        for role in _ROLES:
            gcp.projects.IAMMember(
                f"{name}-nodes-{role.partition('/')[2]}",
                project=args.project,
                role=role,
                member=account.member,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.email = account.email
        self.register_outputs({"email": self.email})
