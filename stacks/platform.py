"""An environment: its cluster, its classes and the spaces of its teams."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.storage_class import StorageClass, StorageClassArgs
from components.kubernetes.team_space import TeamSpace, TeamSpaceArgs
from stacks.config import ClusterSpec, PlatformConfig


@dataclass(frozen=True, kw_only=True)
class Platform:
    """What an environment gives its teams.

    Attributes:
        config: The environment as it was declared.
        provider: The one provider of its cluster.
        classes: The StorageClasses that were made.
        spaces: The teams' spaces.
    """

    config: PlatformConfig
    provider: k8s.Provider
    classes: dict[str, StorageClass]
    spaces: dict[str, TeamSpace]


def build_platform(config: PlatformConfig) -> Platform:
    """Register everything that the environment declares."""
    provider = cluster_provider(config.cluster)
    opts = pulumi.ResourceOptions(provider=provider)
    classes = {
        name: StorageClass(name, StorageClassArgs(spec=spec), opts)
        for name, spec in config.storage_classes.items()
        if not spec.existing
    }
    spaces = {
        name: TeamSpace(name, TeamSpaceArgs(spec=spec), opts)
        for name, spec in config.teams.items()
    }
    return Platform(config=config, provider=provider, classes=classes, spaces=spaces)


def cluster_provider(cluster: ClusterSpec) -> k8s.Provider:
    """The provider of a cluster, by a context that is always named.

    Without `cluster_identifier` a kubeconfig that changed could replace the
    provider, and with it every claim. Only the path of the kubeconfig reaches
    the state, never its content.
    """
    return k8s.Provider(
        "cluster",
        kubeconfig=cluster.kubeconfig,
        context=cluster.context,
        cluster_identifier=cluster.context,
    )
