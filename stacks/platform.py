"""An environment: its cluster, its classes and storage, the spaces of its teams."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.add_on import AddOn
from components.kubernetes.cloud_volume_spec import CloudVolumeSpec
from components.kubernetes.snapshot_class import SnapshotClass, SnapshotClassArgs
from components.kubernetes.static_volume import StaticVolume, StaticVolumeArgs
from components.kubernetes.storage_class import StorageClass
from components.kubernetes.team_space import TeamSpace, TeamSpaceArgs
from components.kubernetes.team_space_spec import TeamSpaceSpec
from stacks.cloud import AnyKubernetes, Cloud
from stacks.config import EnvironmentConfig, PlatformConfig


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What a team builds upon: made by this stack, or by another.

    Attributes:
        config: What the environment gives.
        provider: The one provider of its cluster; None where there is none.
        made: What of it this stack makes, by section and name.
        ready: What has to be there before any object of the cluster.
        ids: What the cloud calls what it gives, by section and name.
        outputs: What the stack exports of it, beside its contract.
    """

    config: EnvironmentConfig
    provider: k8s.Provider | None
    made: dict[tuple[str, ...], pulumi.Resource] = field(
        default_factory=dict[tuple[str, ...], pulumi.Resource]
    )
    ready: list[pulumi.Resource] = field(default_factory=list[pulumi.Resource])
    ids: Mapping[str, Any] = field(default_factory=dict[str, Any])
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def after(self, *names: tuple[str, ...]) -> list[pulumi.Resource]:
        """Those of the named things that this stack makes, to be waited for."""
        return [self.made[name] for name in names if name in self.made]


def build_platform(
    config: PlatformConfig, given: Mapping[str, Any] | None = None
) -> Environment:
    """Register everything that the environment declares.

    Args:
        config: The environment.
        given: What the cloud calls the network, keys and storage that another
            stack has (`storageStack`).
    """
    cloud = _cloud(config, given or {})
    built = Environment(
        config=config,
        provider=cloud.provider,
        ready=cloud.ready,
        ids=cloud.ids(),
        outputs=cloud.outputs(),
    )
    if cloud.provider is None:
        return built
    _build_add_ons(config, cloud, built)
    # Classes of CRDs, and pods that wait for a device, come after what brings them.
    opts = _options(built, list(built.made.values()))
    for name, spec in config.storage_classes.items():
        if not spec.existing:
            args, after = cloud.class_args(name, spec)
            built.made["storageClasses", name] = StorageClass(
                name, args, _later(opts, after)
            )
    for name, spec in config.snapshot_classes.items():
        if not spec.existing:
            built.made["snapshotClasses", name] = SnapshotClass(
                name, SnapshotClassArgs(spec=spec), opts
            )
    for name, spec in config.teams.items():
        _build_team_space(name, spec, cloud, built, opts)
    return built


def _cloud(config: PlatformConfig, given: Mapping[str, Any]) -> Cloud:
    # A stack without a cloud does not load its SDK.
    if config.cloud == "aws":
        return importlib.import_module("stacks.aws.environment").build_aws(
            config, given
        )
    if config.cloud == "gcp":
        return importlib.import_module("stacks.gcp.environment").build_gcp(
            config, given
        )
    return AnyKubernetes(config)


def _options(
    built: Environment, after: list[pulumi.Resource]
) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(
        provider=built.provider, depends_on=[*built.ready, *after]
    )


def _later(
    opts: pulumi.ResourceOptions, after: Sequence[pulumi.Resource]
) -> pulumi.ResourceOptions:
    more = pulumi.ResourceOptions(depends_on=list(after))
    return pulumi.ResourceOptions.merge(opts, more)


def _build_add_ons(config: PlatformConfig, cloud: Cloud, built: Environment) -> None:
    for name, spec in config.add_ons.items():
        if spec.install and not cloud.installs(name):
            args = cloud.add_on_args(name, spec)
            built.made["addOns", name] = AddOn(name, args, _options(built, []))


def _build_team_space(
    name: str,
    spec: TeamSpaceSpec,
    cloud: Cloud,
    built: Environment,
    opts: pulumi.ResourceOptions,
) -> None:
    """The space of a team, its identity, and the volumes that it was granted."""
    identity = cloud.identity(name, spec)
    space = TeamSpace(
        name,
        TeamSpaceArgs(
            spec=spec,
            workload_annotations=identity.annotations,
            reader_annotations=identity.reader,
        ),
        opts,
    )
    built.made["teams", name] = space
    before = [space, *([identity.made] if identity.made is not None else [])]
    for storage, grant in spec.grants.items():
        shared = built.config.storage[storage]
        csi, after = None, list[pulumi.Resource]()
        if isinstance(shared, CloudVolumeSpec):
            csi, after = cloud.mounting(storage, shared, name, grant)
        built.made["teams", name, storage] = StaticVolume(
            f"{storage}-{name}",
            StaticVolumeArgs(
                spec=shared,
                namespace=name,
                claim_name=storage,
                access=grant.access,
                prefix=grant.prefix,
                csi=csi,
            ),
            _later(opts, [*before, *after]),
        )
