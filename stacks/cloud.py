"""What an environment has of a cloud, whichever it is, or of none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import pulumi
import pulumi_kubernetes as k8s

from components.catalog.add_ons import AddOnName
from components.kubernetes.add_on import AddOnArgs
from components.kubernetes.add_on_spec import AddOnSpec
from components.kubernetes.csi_source import CsiSource
from components.kubernetes.storage_class import StorageClassArgs
from components.kubernetes.team_space_spec import GrantSpec, TeamSpaceSpec
from stacks.config import AnyClass, CloudStorage, ClusterSpec, PlatformConfig


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who the pods of a team are to the cloud.

    Attributes:
        made: What has to be there before they run; None for nothing.
        annotations: What their account says of it.
        reader: What the account of those that only read says of it; None where
            there is no such account.
    """

    made: pulumi.Resource | None = None
    annotations: Mapping[str, pulumi.Input[str]] = field(
        default_factory=dict[str, pulumi.Input[str]]
    )
    reader: Mapping[str, pulumi.Input[str]] | None = None


class Cloud(Protocol):
    """What an environment has of a cloud, where it has one.

    Attributes:
        provider: The one provider of its cluster; None where there is none.
        ready: What has to be there before any object of the cluster.
    """

    provider: k8s.Provider | None
    ready: list[pulumi.Resource]

    def ids(self) -> Mapping[str, Any]:
        """What the cloud calls what the environment gives."""
        ...

    def outputs(self) -> Mapping[str, Any]:
        """What the stack exports of it."""
        ...

    def installs(self, add_on: AddOnName) -> bool:
        """Whether the cloud installs an add-on, instead of Helm."""
        ...

    def add_on_args(self, add_on: AddOnName, spec: AddOnSpec) -> AddOnArgs:
        """What an add-on with a chart is made from."""
        ...

    def class_args(
        self, name: str, spec: AnyClass
    ) -> tuple[StorageClassArgs, list[pulumi.Resource]]:
        """What a class is made from, and what has to be there first."""
        ...

    def mounting(
        self, storage: str, spec: CloudStorage, team: str, grant: GrantSpec
    ) -> tuple[CsiSource, list[pulumi.Resource]]:
        """How a team mounts what it was granted, and what has to be there first."""
        ...

    def identity(self, team: str, spec: TeamSpaceSpec) -> Identity:
        """The identity of a team's pods."""
        ...


class AnyKubernetes:
    """A cluster that exists, and no cloud around it."""

    def __init__(self, config: PlatformConfig) -> None:
        """Reach the cluster of `config` by its context."""
        cluster = config.cluster
        if not isinstance(cluster, ClusterSpec):
            raise TypeError("a cluster without a cloud is named by its context")
        self.context = cluster.context
        self.provider: k8s.Provider | None = cluster_provider(cluster)
        self.ready: list[pulumi.Resource] = []

    def ids(self) -> Mapping[str, Any]:
        """None."""
        return {}

    def outputs(self) -> Mapping[str, Any]:
        """The context."""
        return {"context": self.context}

    def installs(self, add_on: AddOnName) -> bool:
        """Helm does."""
        del add_on
        return False

    def add_on_args(self, add_on: AddOnName, spec: AddOnSpec) -> AddOnArgs:
        """The add-on as it is declared."""
        return AddOnArgs(spec=spec, add_on=add_on)

    def class_args(
        self, name: str, spec: AnyClass
    ) -> tuple[StorageClassArgs, list[pulumi.Resource]]:
        """The class as it is declared."""
        del name
        return StorageClassArgs(spec=spec), []

    def mounting(
        self, storage: str, spec: CloudStorage, team: str, grant: GrantSpec
    ) -> tuple[CsiSource, list[pulumi.Resource]]:
        """There is no cloud's storage."""
        raise ValueError(f"{storage} ({spec.kind}) is granted without its cloud")

    def identity(self, team: str, spec: TeamSpaceSpec) -> Identity:
        """None."""
        del team, spec
        return Identity()


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
