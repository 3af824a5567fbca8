"""How the classes and the teams of an environment reach its storage on AWS."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pulumi

from components.aws import bucket, efs, fsx_lustre
from components.aws.bucket_spec import BucketSpec
from components.aws.client_rules import ClientRules, ClientRulesArgs
from components.aws.ebs_class_spec import EbsClassSpec
from components.aws.efs_access_point import EfsAccessPoint, EfsAccessPointArgs
from components.aws.efs_class_spec import EfsClassSpec
from components.aws.efs_spec import EfsSpec, OwnerSpec
from components.aws.fsx_lustre_class_spec import FsxLustreClassSpec
from components.aws.fsx_lustre_spec import FsxLustreSpec
from components.aws.lustre_security_group import (
    LustreSecurityGroup,
    LustreSecurityGroupArgs,
)
from components.aws.team_identity import (
    GrantedBucket,
    TeamIdentity,
    TeamIdentityArgs,
)
from components.catalog.fsx_driver import completed, described
from components.catalog.fsx_lustre_tables import PORTS
from components.kubernetes.access import WORKLOAD
from components.kubernetes.csi_source import CsiSource
from components.kubernetes.storage_class import StorageClassArgs
from components.kubernetes.storage_class_spec import StorageClassSpec
from components.kubernetes.team_space_spec import GrantSpec, TeamSpaceSpec
from stacks.aws.cluster import NAME, AwsCluster
from stacks.aws.data import AwsCloud
from stacks.config import AnyClass, CloudStorage
from stacks.zones import class_zone

ADDED = "ml-storage/added"
"""The annotation that says what this project added to a class, and why."""

_FSX = FsxLustreClassSpec.provisioner


@dataclass(frozen=True, kw_only=True)
class Mounting:
    """How a team mounts what it was granted.

    Attributes:
        csi: What the PersistentVolume says.
        after: What has to be there first.
    """

    csi: CsiSource
    after: list[pulumi.Resource] = field(default_factory=list[pulumi.Resource])


def class_args(
    cloud: AwsCloud, built: AwsCluster, name: str, spec: AnyClass
) -> tuple[StorageClassArgs, list[pulumi.Resource]]:
    """What a class is made from on AWS, and what has to be there first."""
    if isinstance(spec, EfsClassSpec):
        of = cloud.storage[spec.of]["fileSystemId"] if spec.of else spec.file_system
        parameters: dict[str, pulumi.Input[str]] = {"fileSystemId": of or ""}
        shared = cloud.config.storage.get(spec.of or "")
        if isinstance(shared, EfsSpec) and shared.zone is not None:
            parameters["enforceZoneAffinity"] = "true"
        return StorageClassArgs(spec=spec, parameters=parameters), []
    if isinstance(spec, EbsClassSpec):
        return StorageClassArgs(spec=spec, parameters=_key(cloud, spec.kms_key)), []
    if isinstance(spec, FsxLustreClassSpec):
        parameters, after = _lustre(cloud, built, name, spec.zone, efa=spec.efa)
        parameters |= _key(cloud, spec.kms_key)
        return StorageClassArgs(spec=spec, parameters=parameters), after
    if isinstance(spec, StorageClassSpec) and spec.provisioner == _FSX:
        return _in_the_drivers_words(cloud, built, name, spec)
    return StorageClassArgs(spec=spec), []


def _key(cloud: AwsCloud, name: str | None) -> dict[str, pulumi.Input[str]]:
    arn = cloud.key(name)
    return {} if arn is None else {"kmsKeyId": arn}


def _lustre(
    cloud: AwsCloud, built: AwsCluster, name: str, zone: str, *, efa: bool
) -> tuple[dict[str, pulumi.Input[str]], list[pulumi.Resource]]:
    """The subnet and the security group of file systems that a driver makes."""
    group = LustreSecurityGroup(
        name, LustreSecurityGroupArgs(vpc_id=cloud.network_id(), efa=efa), cloud.options
    )
    rules = ClientRules(
        f"{name}-clients",
        ClientRulesArgs(
            security_group_id=group.security_group_id,
            clients={NAME: built.cluster.security_group_id},
            ports=PORTS,
            all_traffic=efa,
            both_ways=True,
        ),
        cloud.options,
    )
    parameters: dict[str, pulumi.Input[str]] = {
        "subnetId": cloud.subnet(zone),
        "securityGroupIds": group.security_group_id,
    }
    return parameters, [group, rules]


def _in_the_drivers_words(
    cloud: AwsCloud, built: AwsCluster, name: str, spec: StorageClassSpec
) -> tuple[StorageClassArgs, list[pulumi.Resource]]:
    """A class of FSx as guides write it, with what it lacks to work."""
    zone = class_zone(cloud.config.node_pools.values(), spec)
    if zone is None:
        raise ValueError(f"the class {name} is built without its zone")
    asked = described(spec.parameters)
    efa = asked is not None and asked.efa
    wired, after = _lustre(cloud, built, name, zone, efa=efa)
    whys = {
        "subnetId": f"the subnet of {zone}: the driver makes nothing without one",
        "securityGroupIds": "lets the nodes in on 988 and 1018-1023: without it the "
        "driver sends an empty one, which the API refuses",
    }
    parameters = {key: wired[key] for key in wired if key not in spec.parameters}
    notes = {key: whys[key] for key in parameters}
    for added in completed(spec.parameters):
        parameters[added.key] = added.value
        notes[added.key] = f"{added.value}: {added.why}"
    for key, why in notes.items():
        pulumi.log.info(f"storageClasses.{name}: {key} added, {why}")
    annotations = {ADDED: json.dumps(notes, sort_keys=True)} if notes else {}
    args = StorageClassArgs(spec=spec, parameters=parameters, annotations=annotations)
    return args, after


def mounting(
    cloud: AwsCloud, storage: str, spec: CloudStorage, team: str, grant: GrantSpec
) -> Mounting:
    """How `team` mounts `storage` as far as it was granted."""
    ids = cloud.storage[storage]
    access = spec.narrowed(grant.access)
    if isinstance(spec, BucketSpec):
        source = bucket.csi_source(
            spec,
            ids,
            access=access,
            prefix=grant.prefix,
            namespace=team,
            claim=storage,
            region=ids["region"],
            identity=cloud.config.aws_identity,
        )
        return Mounting(csi=source)
    if isinstance(spec, FsxLustreSpec):
        return Mounting(csi=fsx_lustre.csi_source(spec, ids, access=access))
    if not isinstance(spec, EfsSpec):
        raise TypeError(f"{storage} ({spec.kind}) is not AWS's")
    point = _access_point(cloud, storage, spec, team, grant)
    source = efs.csi_source(
        spec,
        ids,
        access=access,
        access_point_id=point.access_point_id if point else None,
    )
    return Mounting(csi=source, after=[point] if point else [])


def _access_point(
    cloud: AwsCloud, storage: str, spec: EfsSpec, team: str, grant: GrantSpec
) -> EfsAccessPoint | None:
    """The directory that a team sees as the whole, as its owner."""
    if grant.prefix is None:
        return None
    return EfsAccessPoint(
        f"{storage}-{team}",
        EfsAccessPointArgs(
            file_system_id=cloud.storage[storage]["fileSystemId"],
            path=f"/{grant.prefix.strip('/')}",
            owner=spec.owner or OwnerSpec(),
            tags={"team": team},
        ),
        cloud.options,
    )


def team_identity(
    cloud: AwsCloud, built: AwsCluster, team: str, space: TeamSpaceSpec
) -> TeamIdentity | None:
    """The identity of a team's pods: what it was granted of buckets, and no more."""
    grants: dict[str, GrantedBucket] = {}
    for name, grant in space.grants.items():
        spec = cloud.config.storage[name]
        if isinstance(spec, BucketSpec):
            grants[name] = GrantedBucket(
                bucket_arn=cloud.storage[name]["arn"],
                access=spec.narrowed(grant.access),
                prefix=grant.prefix,
                kms_key_arn=cloud.key(spec.kms_key),
            )
    if not grants:
        return None
    cluster = built.cluster
    return TeamIdentity(
        team,
        TeamIdentityArgs(
            namespace=team,
            service_account=WORKLOAD,
            cluster_name=cluster.cluster_name,
            cluster_arn=cluster.arn,
            grants=grants,
            identity=cloud.config.aws_identity,
            oidc_provider_arn=cluster.oidc_provider_arn,
            oidc_issuer=cluster.oidc_issuer,
            tags={"team": team},
        ),
        pulumi.ResourceOptions.merge(
            cloud.options, pulumi.ResourceOptions(depends_on=[cluster])
        ),
    )
