"""A team's volumes and snapshots, each after what it is made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any, Protocol, runtime_checkable

import pulumi

from components.kubernetes.claim import Claim, ClaimArgs
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.cloud_volume_spec import CloudVolumeSpec
from components.kubernetes.dataset_spec import DatasetSpec
from components.kubernetes.granted_spec import Granted, GrantedSpec, narrower
from components.kubernetes.mountable import Mountable, driver_needs
from components.kubernetes.snapshot import Snapshot, SnapshotArgs
from components.kubernetes.static_volume import StaticVolume, StaticVolumeArgs
from components.kubernetes.static_volume_spec import StaticVolumeSpec
from components.spec import Spec
from stacks.config import PodVolume, TeamConfig, UriVolume, Volume
from stacks.platform import Environment

_Key = tuple[str, str]


@runtime_checkable
class Claimed(Mountable, Protocol):
    """A component whose pods mount a claim of its own."""

    claim_name: str
    volume_name: pulumi.Output[str]


COMPONENTS: tuple[tuple[type[Spec], Callable[..., Any], Callable[..., Any]], ...] = (
    (StaticVolumeSpec, StaticVolume, StaticVolumeArgs),
)
"""A kind of volume, the component that makes it, and the arguments of that: the
spec and the team's namespace. A new kind is added here. A claim takes more, and
what each pod has of its own takes no component."""


@dataclass(kw_only=True)
class Volumes:
    """What a team can mount, by the name of the volume.

    Attributes:
        mountable: The volumes that pods mount.
        snapshots: The snapshots.
        after: What has to be there before a pod mounts a volume.
        keys: The secret by which programs reach a bucket, or fetch a dataset.
    """

    mountable: dict[str, Mountable] = field(default_factory=dict[str, Mountable])
    snapshots: dict[str, Snapshot] = field(default_factory=dict[str, Snapshot])
    after: dict[str, list[pulumi.Resource]] = field(
        default_factory=dict[str, list[pulumi.Resource]]
    )
    keys: dict[str, str | None] = field(default_factory=dict[str, str | None])

    def secret_of(self, name: str) -> str | None:
        """The team's secret by which the pods reach what is in it; None for none."""
        return self.keys.get(name)


def build_volumes(
    config: TeamConfig, environment: Environment, opts: pulumi.ResourceOptions
) -> Volumes:
    """Register the team's volumes and snapshots.

    Args:
        config: The team.
        environment: What it builds upon.
        opts: Options of everything that is made.
    """
    built = Volumes()
    for section, name in _in_order(config):
        if section == "volumes":
            _build_volume(name, config, environment, built, opts)
        else:
            _build_snapshot(name, config, environment, built, opts)
    return built


def _in_order(config: TeamConfig) -> list[_Key]:
    """Claims before their snapshots, snapshots before what is restored from them."""
    before: dict[_Key, set[_Key]] = {
        ("volumes", name): set() for name in config.volumes
    }
    for name, snapshot in config.snapshots.items():
        before["snapshots", name] = {("volumes", snapshot.of)} if snapshot.of else set()
    for name, volume in config.volumes.items():
        if isinstance(volume, ClaimSpec) and volume.restore:
            before["volumes", name] = {("snapshots", volume.restore)}
    return list(TopologicalSorter(before).static_order())


def _build_volume(
    name: str,
    config: TeamConfig,
    environment: Environment,
    built: Volumes,
    opts: pulumi.ResourceOptions,
) -> None:
    spec = config.volumes[name]
    built.after[name] = []
    if isinstance(spec, UriVolume | DatasetSpec):
        built.keys[name] = spec.secret
    if isinstance(spec, UriVolume):
        # It is reached by its URI: there is nothing to mount, and nothing to make.
        return
    if isinstance(spec, GrantedSpec):
        built.mountable[name] = _granted(spec, config.name, environment)
        # Its claim is made by whoever made the team's space.
        built.after[name] = environment.after(("teams", config.name, spec.source))
    elif isinstance(spec, ClaimSpec):
        snapshot = built.snapshots.get(spec.restore or "")
        claim = Claim(
            name,
            ClaimArgs(
                spec=spec,
                namespace=config.name,
                snapshot_name=snapshot.snapshot_name if snapshot else None,
            ),
            _later(
                opts,
                environment.after(("storageClasses", spec.storage_class or "")),
                [snapshot] if snapshot else [],
            ),
        )
        built.mountable[name] = claim
        built.after[name] = [claim]
    elif isinstance(spec, PodVolume):
        built.mountable[name] = spec
    else:
        made = _component(name, spec, config.name, opts)
        built.mountable[name] = made
        built.after[name] = [made]


def _component(name: str, spec: Spec, team: str, opts: pulumi.ResourceOptions) -> Any:
    """What makes the volume `name` of `team`."""
    for kind, component, args in COMPONENTS:
        if isinstance(spec, kind):
            return component(name, args(spec=spec, namespace=team), opts)
    raise TypeError(f"no component makes {type(spec).__name__}: add it to COMPONENTS")


def _granted(spec: GrantedSpec, team: str, environment: Environment) -> Granted:
    shared = environment.config.storage[spec.source]
    given = narrower(
        environment.config.teams[team].grants[spec.source].access, shared.access
    )
    access = narrower(spec.access or given, given)
    needs = (
        shared.pod_needs(access)
        if isinstance(shared, CloudVolumeSpec)
        else driver_needs(getattr(shared, "driver", None))
    )
    return Granted(spec.source, shared.access_modes, access, needs)


def _build_snapshot(
    name: str,
    config: TeamConfig,
    environment: Environment,
    built: Volumes,
    opts: pulumi.ResourceOptions,
) -> None:
    spec = config.snapshots[name]
    claim = built.mountable.get(spec.of or "")
    built.snapshots[name] = Snapshot(
        name,
        SnapshotArgs(
            spec=spec,
            namespace=config.name,
            claim_name=claim.claim_name if isinstance(claim, Claim) else None,
        ),
        _later(
            opts,
            environment.after(("snapshotClasses", spec.snapshot_class or "")),
            built.after.get(spec.of or "", []),
        ),
    )


def _later(
    opts: pulumi.ResourceOptions, *after: list[pulumi.Resource] | list[Snapshot]
) -> pulumi.ResourceOptions:
    more = [resource for resources in after for resource in resources]
    if not more:
        return opts
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=more))


def describe_volume(spec: Volume, volume: Mountable | None) -> dict[str, object]:
    """What others need to know of a volume: its kind and the names of its objects.

    Args:
        spec: What it is.
        volume: What pods mount; None of a bucket, which has a URI instead.
    """
    if isinstance(spec, GrantedSpec):
        return {"from": spec.source, "claim": spec.source}
    described: dict[str, object] = {"kind": spec.kind}
    if isinstance(spec, UriVolume):
        described["uri"] = spec.at()
    if isinstance(volume, Claimed):
        described["claim"] = volume.claim_name
        described["persistentVolume"] = volume.volume_name
    return described
