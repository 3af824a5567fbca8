"""How the classes and the teams of an environment reach its storage on GCP."""

from __future__ import annotations

import pulumi

from components.gcp import disk, filestore, managed_lustre, storage_bucket
from components.gcp.disk_class_spec import DiskClassSpec
from components.gcp.disk_spec import DiskSpec
from components.gcp.filestore_class_spec import FilestoreClassSpec
from components.gcp.filestore_spec import FilestoreSpec
from components.gcp.managed_lustre_class_spec import ManagedLustreClassSpec
from components.gcp.managed_lustre_spec import ManagedLustreSpec
from components.gcp.storage_bucket_spec import StorageBucketSpec
from components.gcp.workload_identity import (
    GrantedBucket,
    WorkloadIdentity,
    WorkloadIdentityArgs,
)
from components.kubernetes.csi_source import CsiSource
from components.kubernetes.storage_class import StorageClassArgs
from components.kubernetes.team_space_spec import GrantSpec, TeamSpaceSpec
from stacks.config import AnyClass, CloudStorage
from stacks.gcp.cluster import GcpCluster
from stacks.gcp.data import GcpCloud


def class_args(cloud: GcpCloud, spec: AnyClass) -> StorageClassArgs:
    """What a class is made from on Google Cloud."""
    parameters: dict[str, pulumi.Input[str]] = {}
    if isinstance(spec, FilestoreClassSpec):
        parameters = filestore.class_parameters(
            network=cloud.network_name(),
            peered_range=cloud.peered_range,
            kms_key=cloud.key(spec.kms_key, "filestore"),
        )
    elif isinstance(spec, ManagedLustreClassSpec):
        parameters = managed_lustre.class_parameters(network=cloud.network_name())
    elif isinstance(spec, DiskClassSpec):
        parameters = disk.class_parameters(
            kms_key=cloud.key(spec.kms_key, "compute"),
            pools=[cloud.pools.get(pool, pool) for pool in spec.storage_pools],
        )
    return StorageClassArgs(spec=spec, parameters=parameters)


def mounting(
    cloud: GcpCloud, storage: str, spec: CloudStorage, team: str, grant: GrantSpec
) -> CsiSource:
    """How `team` mounts `storage` as far as it was granted."""
    ids = cloud.storage[storage]
    access = spec.narrowed(grant.access)
    if isinstance(spec, StorageBucketSpec):
        return storage_bucket.csi_source(
            spec,
            ids,
            access=access,
            prefix=grant.prefix,
            namespace=team,
            claim=storage,
        )
    if isinstance(spec, FilestoreSpec):
        return filestore.csi_source(spec, ids, access=access, prefix=grant.prefix)
    if isinstance(spec, ManagedLustreSpec):
        return managed_lustre.csi_source(spec, ids, access=access, prefix=grant.prefix)
    if isinstance(spec, DiskSpec):
        return disk.csi_source(spec, ids, access=access)
    raise TypeError(f"{storage} ({spec.kind}) is not Google Cloud's")


def team_identity(
    cloud: GcpCloud, built: GcpCluster, team: str, space: TeamSpaceSpec
) -> WorkloadIdentity | None:
    """The identity of a team's pods: what it was granted of buckets, and no more."""
    grants: dict[str, GrantedBucket] = {}
    for name, grant in space.grants.items():
        spec = cloud.config.storage[name]
        if isinstance(spec, StorageBucketSpec):
            grants[name] = GrantedBucket(
                bucket=cloud.storage[name]["bucket"],
                access=spec.narrowed(grant.access),
                prefix=grant.prefix,
                folder=cloud.folder(name, grant.prefix),
                role=grant.role,
            )
    if not grants:
        return None
    return WorkloadIdentity(
        team,
        WorkloadIdentityArgs(
            namespace=team,
            project=cloud.project,
            project_number=cloud.number,
            workload_pool=built.cluster.workload_pool,
            grants=grants,
            identity=cloud.config.gcp_identity,
        ),
        pulumi.ResourceOptions.merge(
            cloud.options, pulumi.ResourceOptions(depends_on=[built.cluster])
        ),
    )
