"""An environment: its cluster, its classes and storage, the spaces of its teams."""

from __future__ import annotations

from dataclasses import dataclass, field

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.add_on import AddOn, AddOnArgs
from components.kubernetes.snapshot_class import SnapshotClass, SnapshotClassArgs
from components.kubernetes.static_volume import StaticVolume, StaticVolumeArgs
from components.kubernetes.storage_class import StorageClass, StorageClassArgs
from components.kubernetes.team_space import TeamSpace, TeamSpaceArgs
from stacks.config import ClusterSpec, EnvironmentConfig, PlatformConfig


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What a team builds upon: made by this stack, or by another.

    Attributes:
        config: What the environment gives.
        provider: The one provider of its cluster.
        made: What of it this stack makes, by section and name.
    """

    config: EnvironmentConfig
    provider: k8s.Provider
    made: dict[tuple[str, ...], pulumi.Resource] = field(
        default_factory=dict[tuple[str, ...], pulumi.Resource]
    )

    def after(self, *names: tuple[str, ...]) -> list[pulumi.Resource]:
        """Those of the named things that this stack makes, to be waited for."""
        return [self.made[name] for name in names if name in self.made]


def build_platform(config: PlatformConfig) -> Environment:
    """Register everything that the environment declares."""
    provider = cluster_provider(config.cluster)
    built = Environment(config=config, provider=provider)
    for name, spec in config.add_ons.items():
        if spec.install:
            built.made["addOns", name] = AddOn(
                name,
                AddOnArgs(spec=spec, add_on=name),
                pulumi.ResourceOptions(provider=provider),
            )
    # Classes of CRDs, and pods that wait for a device, come after what brings them.
    opts = pulumi.ResourceOptions(
        provider=provider, depends_on=list(built.made.values())
    )
    for name, spec in config.storage_classes.items():
        if not spec.existing:
            built.made["storageClasses", name] = StorageClass(
                name, StorageClassArgs(spec=spec), opts
            )
    for name, spec in config.snapshot_classes.items():
        if not spec.existing:
            built.made["snapshotClasses", name] = SnapshotClass(
                name, SnapshotClassArgs(spec=spec), opts
            )
    for name, spec in config.teams.items():
        space = TeamSpace(name, TeamSpaceArgs(spec=spec), opts)
        built.made["teams", name] = space
        for storage, grant in spec.grants.items():
            built.made["teams", name, storage] = StaticVolume(
                f"{storage}-{name}",
                StaticVolumeArgs(
                    spec=config.storage[storage],
                    namespace=name,
                    claim_name=storage,
                    access=grant.access,
                    prefix=grant.prefix,
                ),
                pulumi.ResourceOptions(provider=provider, depends_on=[space]),
            )
    return built


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
