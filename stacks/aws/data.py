"""The data of an environment on AWS: its keys, its network, its storage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pulumi
import pulumi_aws as aws

from components.aws.bucket import Bucket, BucketArgs
from components.aws.bucket_spec import BucketSpec
from components.aws.efs import Efs, EfsArgs
from components.aws.efs_spec import EfsSpec
from components.aws.fsx_lustre import FsxLustre, FsxLustreArgs
from components.aws.fsx_lustre_spec import FsxLustreSpec
from components.aws.kms_key import KmsKey, KmsKeyArgs
from components.aws.kms_key_spec import KmsKeySpec
from components.aws.network import Network, NetworkArgs
from components.aws.network_spec import NetworkSpec
from stacks.config import PlatformConfig


@dataclass(kw_only=True)
class AwsCloud:
    """What an environment has on AWS, made by this stack or by another.

    Attributes:
        config: The environment.
        provider: The one provider of its region.
        keys: ARNs of its KMS keys, by name.
        vpc_id: Its network; None where nothing needs one.
        subnets: Its private subnets, by zone.
        storage: What AWS calls its storage, by name.
        gateways: The ways out of the network, where this stack makes them.
    """

    config: PlatformConfig
    provider: aws.Provider
    keys: dict[str, pulumi.Input[str]] = field(
        default_factory=dict[str, pulumi.Input[str]]
    )
    vpc_id: pulumi.Input[str] | None = None
    subnets: Mapping[str, pulumi.Input[str]] = field(
        default_factory=dict[str, pulumi.Input[str]]
    )
    storage: dict[str, Mapping[str, pulumi.Input[str]]] = field(
        default_factory=dict[str, Mapping[str, pulumi.Input[str]]]
    )
    gateways: list[pulumi.Resource] = field(default_factory=list[pulumi.Resource])

    @property
    def region(self) -> str:
        """The region; the checks have found that there is one."""
        return self.config.region or ""

    @property
    def options(self) -> pulumi.ResourceOptions:
        """Options of everything on AWS."""
        return pulumi.ResourceOptions(provider=self.provider)

    def key(self, name: str | None) -> pulumi.Input[str] | None:
        """The ARN of a key by its name under `keys`, or as it stands."""
        return self.keys.get(name, name) if name is not None else None

    def subnet(self, zone: str) -> pulumi.Input[str]:
        """The private subnet of a zone."""
        return self.subnets[zone]

    def network_id(self) -> pulumi.Input[str]:
        """The VPC, which the checks have found to be there."""
        if self.vpc_id is None:
            raise ValueError("storage in a network is built without a network")
        return self.vpc_id

    def ids(self) -> dict[str, Any]:
        """What stacks that build upon this one need to know."""
        ids: dict[str, Any] = {"storage": self.storage}
        if self.vpc_id is not None:
            ids["network"] = {"vpc": self.vpc_id, "subnets": dict(self.subnets)}
        if self.keys:
            ids["keys"] = self.keys
        return ids


def build_data(config: PlatformConfig, given: Mapping[str, Any]) -> AwsCloud:
    """Register the keys, network and storage of an environment.

    Args:
        config: The environment.
        given: What AWS calls the network, keys and storage that another stack
            has (`storageStack`); empty where they are this one's.
    """
    cloud = AwsCloud(config=config, provider=_provider(config))
    if config.storage_stack is not None:
        _take(cloud, given)
    else:
        _build(cloud)
    return cloud


def _provider(config: PlatformConfig) -> aws.Provider:
    return aws.Provider(
        "aws",
        region=cast("Any", config.region),
        allowed_account_ids=[config.account] if config.account else None,
        default_tags={"tags": dict(config.tags)} if config.tags else None,
    )


def _take(cloud: AwsCloud, given: Mapping[str, Any]) -> None:
    """What the stack of the storage exported."""
    network: dict[str, Any] = given.get("network") or {}
    cloud.vpc_id = network.get("vpc")
    cloud.subnets = network.get("subnets") or {}
    cloud.keys = given.get("keys") or {}
    cloud.storage = given.get("storage") or {}


def _build(cloud: AwsCloud) -> None:
    config, opts = cloud.config, cloud.options
    for name, spec in config.keys.items():
        if isinstance(spec, KmsKeySpec):
            cloud.keys[name] = KmsKey(name, KmsKeyArgs(spec=spec), opts).key_arn
    if isinstance(config.network, NetworkSpec):
        network = Network(
            "network",
            NetworkArgs(spec=config.network, protect=_holds_data(config)),
            opts,
        )
        cloud.vpc_id, cloud.subnets = network.vpc_id, network.subnets
        cloud.gateways = [network]
    # Buckets first: file systems are linked to them.
    for name, spec in config.storage.items():
        if isinstance(spec, BucketSpec):
            args = BucketArgs(spec=spec, kms_key_arn=cloud.key(spec.kms_key))
            cloud.storage[name] = Bucket(name, args, opts).ids
    for name, spec in config.storage.items():
        if isinstance(spec, FsxLustreSpec | EfsSpec):
            cloud.storage[name] = _file_system(cloud, name, spec).ids


def _holds_data(config: PlatformConfig) -> bool:
    """Whether data in the network is to outlive the stack."""
    return any(
        isinstance(spec, FsxLustreSpec | EfsSpec)
        and spec.existing is None
        and spec.on_delete != "delete"
        for spec in config.storage.values()
    )


def _file_system(
    cloud: AwsCloud, name: str, spec: FsxLustreSpec | EfsSpec
) -> FsxLustre | Efs:
    if isinstance(spec, FsxLustreSpec):
        linked = {link.bucket for link in spec.linked_to if link.bucket is not None}
        return FsxLustre(
            name,
            FsxLustreArgs(
                spec=spec,
                vpc_id=cloud.vpc_id,
                subnet_id=cloud.subnets.get(spec.zone),
                kms_key_arn=cloud.key(spec.kms_key),
                buckets={bucket: cloud.storage[bucket]["bucket"] for bucket in linked},
            ),
            cloud.options,
        )
    return Efs(
        name,
        EfsArgs(
            spec=spec,
            vpc_id=cloud.vpc_id,
            subnets=cloud.subnets,
            kms_key_arn=cloud.key(spec.kms_key),
        ),
        cloud.options,
    )
