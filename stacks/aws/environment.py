"""An environment on AWS, as the rest of a stack sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from components.aws.driver_identity import AUTOSCALER
from components.aws.eks_cluster_spec import EksClusterSpec
from components.catalog.add_ons import CLUSTER_AUTOSCALER, AddOnName
from components.catalog.eks_add_ons import EKS_ADD_ONS
from components.kubernetes.add_on import AddOnArgs
from components.kubernetes.add_on_spec import AddOnSpec
from components.kubernetes.csi_source import CsiSource
from components.kubernetes.storage_class import StorageClassArgs
from components.kubernetes.team_space_spec import GrantSpec, TeamSpaceSpec
from stacks.aws import volumes
from stacks.aws.cluster import AwsCluster, autoscaler, build_cluster
from stacks.aws.data import AwsCloud, build_data
from stacks.cloud import Identity
from stacks.config import AnyClass, CloudStorage, PlatformConfig


def build_aws(config: PlatformConfig, given: Mapping[str, Any]) -> AwsEnvironment:
    """Register everything of an environment that is AWS's.

    Args:
        config: The environment.
        given: What AWS calls the network, keys and storage that another stack
            has (`storageStack`); empty where they are this one's.
    """
    data = build_data(config, given)
    spec = config.cluster
    cluster = build_cluster(data, spec) if isinstance(spec, EksClusterSpec) else None
    return AwsEnvironment(data, cluster)


class AwsEnvironment:
    """An environment on AWS."""

    def __init__(self, data: AwsCloud, cluster: AwsCluster | None) -> None:
        """Present what was registered."""
        self.data = data
        self.cluster = cluster
        self.provider = cluster.provider if cluster else None
        self.ready = cluster.ready if cluster else []

    def ids(self) -> Mapping[str, Any]:
        """The network, the keys and the storage."""
        return self.data.ids()

    def outputs(self) -> Mapping[str, Any]:
        """The name of the cluster, by which `aws eks` reaches it."""
        if self.cluster is None:
            return {}
        return {"cluster": self.cluster.cluster.cluster_name}

    def installs(self, add_on: AddOnName) -> bool:
        """Whether EKS installs an add-on."""
        return add_on in EKS_ADD_ONS

    def add_on_args(self, add_on: AddOnName, spec: AddOnSpec) -> AddOnArgs:
        """The add-on; the autoscaler is EKS's own, and knows the cluster."""
        if add_on != AUTOSCALER:
            return AddOnArgs(spec=spec, add_on=add_on)
        return AddOnArgs(
            spec=spec,
            add_on=add_on,
            values=autoscaler(self.data, self._cluster()),
            chart=CLUSTER_AUTOSCALER,
        )

    def class_args(
        self, name: str, spec: AnyClass
    ) -> tuple[StorageClassArgs, list[pulumi.Resource]]:
        """The class with what only AWS knows."""
        return volumes.class_args(self.data, self._cluster(), name, spec)

    def mounting(
        self, storage: str, spec: CloudStorage, team: str, grant: GrantSpec
    ) -> tuple[CsiSource, list[pulumi.Resource]]:
        """How a team mounts what it was granted."""
        found = volumes.mounting(self.data, storage, spec, team, grant)
        return found.csi, found.after

    def identity(self, team: str, spec: TeamSpaceSpec) -> Identity:
        """The role of a team's pods."""
        made = volumes.team_identity(self.data, self._cluster(), team, spec)
        if made is None:
            return Identity()
        return Identity(made=made, annotations=made.annotations)

    def _cluster(self) -> AwsCluster:
        if self.cluster is None:
            raise ValueError("objects of a cluster are built without a cluster")
        return self.cluster
