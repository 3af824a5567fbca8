"""An environment on Google Cloud, as the rest of a stack sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from components.catalog.add_ons import AddOnName
from components.catalog.gke_add_ons import GKE_ADD_ONS
from components.gcp.gke_cluster_spec import GkeClusterSpec
from components.kubernetes.add_on import AddOnArgs
from components.kubernetes.add_on_spec import AddOnSpec
from components.kubernetes.csi_source import CsiSource
from components.kubernetes.storage_class import StorageClassArgs
from components.kubernetes.team_space_spec import GrantSpec, TeamSpaceSpec
from stacks.cloud import Identity
from stacks.config import AnyClass, CloudStorage, PlatformConfig
from stacks.gcp import volumes
from stacks.gcp.cluster import GcpCluster, build_cluster
from stacks.gcp.data import GcpCloud, build_data


def build_gcp(config: PlatformConfig, given: Mapping[str, Any]) -> GcpEnvironment:
    """Register everything of an environment that is Google Cloud's.

    Args:
        config: The environment.
        given: What Google Cloud calls the network, keys and storage that another
            stack has (`storageStack`); empty where they are this one's.
    """
    data = build_data(config, given)
    spec = config.cluster
    cluster = build_cluster(data, spec) if isinstance(spec, GkeClusterSpec) else None
    return GcpEnvironment(data, cluster)


class GcpEnvironment:
    """An environment on Google Cloud."""

    def __init__(self, data: GcpCloud, cluster: GcpCluster | None) -> None:
        """Present what was registered."""
        self.data = data
        self.cluster = cluster
        self.provider = cluster.provider if cluster else None
        self.ready = cluster.ready if cluster else []

    def ids(self) -> Mapping[str, Any]:
        """The network, the keys and the storage."""
        return self.data.ids()

    def outputs(self) -> Mapping[str, Any]:
        """Where `gcloud` finds the cluster, and whom the TPU VMs run as."""
        outputs: dict[str, Any] = {}
        if self.cluster is not None:
            cluster = self.cluster.cluster
            outputs["cluster"] = cluster.cluster_name
            outputs["location"] = cluster.location
        if self.data.accounts:
            outputs["tpuVmAccounts"] = dict(self.data.accounts)
        return outputs

    def installs(self, add_on: AddOnName) -> bool:
        """Whether GKE installs an add-on."""
        return add_on in GKE_ADD_ONS

    def add_on_args(self, add_on: AddOnName, spec: AddOnSpec) -> AddOnArgs:
        """The add-on as it is declared."""
        return AddOnArgs(spec=spec, add_on=add_on)

    def class_args(
        self, name: str, spec: AnyClass
    ) -> tuple[StorageClassArgs, list[pulumi.Resource]]:
        """The class with what only Google Cloud knows."""
        del name
        return volumes.class_args(self.data, spec), []

    def mounting(
        self, storage: str, spec: CloudStorage, team: str, grant: GrantSpec
    ) -> tuple[CsiSource, list[pulumi.Resource]]:
        """How a team mounts what it was granted."""
        return volumes.mounting(self.data, storage, spec, team, grant), []

    def identity(self, team: str, spec: TeamSpaceSpec) -> Identity:
        """The principals of a team's pods, and what they may do."""
        made = volumes.team_identity(self.data, self._cluster(), team, spec)
        if made is None:
            return Identity()
        return Identity(
            made=made,
            annotations=made.annotations,
            reader=made.reader_annotations if made.has_reader else None,
        )

    def _cluster(self) -> GcpCluster:
        if self.cluster is None:
            raise ValueError("objects of a cluster are built without a cluster")
        return self.cluster
