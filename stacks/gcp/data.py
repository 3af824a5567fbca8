"""The data of an environment on Google Cloud: its keys, its network, its storage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import TopologicalSorter
from typing import Any, cast

import pulumi
import pulumi_gcp as gcp

from components.catalog.gcp_iam import Service
from components.gcp.disk import Disk, DiskArgs
from components.gcp.disk_class_spec import DiskClassSpec
from components.gcp.disk_image import DiskImage, DiskImageArgs
from components.gcp.disk_image_spec import DiskImageSpec
from components.gcp.disk_spec import DiskSpec
from components.gcp.filestore import Filestore, FilestoreArgs
from components.gcp.filestore_spec import FilestoreSpec
from components.gcp.gke_cluster_spec import GkeClusterSpec
from components.gcp.key_grants import KeyGrants, KeyGrantsArgs
from components.gcp.kms_key import CloudKmsKey, CloudKmsKeyArgs
from components.gcp.kms_key_spec import CloudKmsKeySpec
from components.gcp.managed_folder import ManagedFolder, ManagedFolderArgs
from components.gcp.managed_lustre import ManagedLustre, ManagedLustreArgs
from components.gcp.managed_lustre_spec import ManagedLustreSpec
from components.gcp.network import VpcNetwork, VpcNetworkArgs
from components.gcp.network_spec import VpcNetworkSpec
from components.gcp.storage_bucket import StorageBucket, StorageBucketArgs
from components.gcp.storage_bucket_spec import StorageBucketSpec
from components.gcp.storage_pool import StoragePool, StoragePoolArgs
from components.gcp.tpu_vm import TpuVm, TpuVmArgs
from stacks.config import CloudStorage, PlatformConfig

_ENCRYPTS: tuple[tuple[type[CloudStorage], Service], ...] = (
    (StorageBucketSpec, "storage"),
    (DiskSpec, "compute"),
    (FilestoreSpec, "filestore"),
    (ManagedLustreSpec, "lustre"),
)
"""Who encrypts each kind of storage."""


@dataclass(kw_only=True)
class GcpCloud:
    """What an environment has on Google Cloud, made by this stack or by another.

    Attributes:
        config: The environment.
        provider: The one provider of its project and region.
        keys: Full names of its Cloud KMS keys, by name.
        usable: The same, by name and service, known when the service may use it.
        network: Full name of its VPC network; None where nothing needs one.
        subnet: Its subnet of the region.
        pods_range: Name of the subnet's range for pods.
        services_range: Name of the subnet's range for Services.
        peered_range: Name of the range for private services.
        storage: What Google Cloud calls its storage, by name.
        images: Its disk images, by name.
        pools: Its Hyperdisk storage pools, by name.
        accounts: Whom its TPU VMs run as, by name.
        folders: Parts of buckets that teams were granted, by storage and prefix.
        gateways: The ways out of the network and to private services, where this
            stack makes them.
    """

    config: PlatformConfig
    provider: gcp.Provider
    keys: dict[str, pulumi.Input[str]] = field(
        default_factory=dict[str, pulumi.Input[str]]
    )
    usable: dict[tuple[str, Service], pulumi.Input[str]] = field(
        default_factory=dict[tuple[str, Service], pulumi.Input[str]]
    )
    network: pulumi.Input[str] | None = None
    subnet: pulumi.Input[str] | None = None
    pods_range: pulumi.Input[str] | None = None
    services_range: pulumi.Input[str] | None = None
    peered_range: pulumi.Input[str] | None = None
    storage: dict[str, Mapping[str, pulumi.Input[str]]] = field(
        default_factory=dict[str, Mapping[str, pulumi.Input[str]]]
    )
    images: dict[str, pulumi.Input[str]] = field(
        default_factory=dict[str, pulumi.Input[str]]
    )
    pools: dict[str, pulumi.Input[str]] = field(
        default_factory=dict[str, pulumi.Input[str]]
    )
    accounts: dict[str, pulumi.Input[str]] = field(
        default_factory=dict[str, pulumi.Input[str]]
    )
    folders: dict[tuple[str, str], pulumi.Input[str]] = field(
        default_factory=dict[tuple[str, str], pulumi.Input[str]]
    )
    gateways: list[pulumi.Resource] = field(default_factory=list[pulumi.Resource])

    @property
    def region(self) -> str:
        """The region; the checks have found that there is one."""
        return self.config.region or ""

    @property
    def project(self) -> str:
        """The id of the project; the checks have found that there is one."""
        return self.config.project or ""

    @property
    def options(self) -> pulumi.ResourceOptions:
        """Options of everything on Google Cloud."""
        return pulumi.ResourceOptions(provider=self.provider)

    @cached_property
    def number(self) -> pulumi.Output[str]:
        """The number of the project, which principals and agents are named by."""
        opts = pulumi.InvokeOptions(provider=self.provider)
        return gcp.organizations.get_project_output(self.project, opts=opts).number

    def key(self, name: str | None, service: Service) -> pulumi.Input[str] | None:
        """The full name of a key by its name under `keys`, or as it stands.

        Args:
            name: The name; None for no key.
            service: Who encrypts with it.
        """
        if name is None:
            return None
        return self.usable.get((name, service), self.keys.get(name, name))

    def folder(self, storage: str, prefix: str | None) -> pulumi.Input[str] | None:
        """The part of a bucket, which is one for all teams that were granted it."""
        if prefix is None:
            return None
        part = prefix.strip("/")
        if (storage, part) not in self.folders:
            args = ManagedFolderArgs(
                bucket=self.storage[storage]["bucket"], prefix=prefix
            )
            made = ManagedFolder(
                f"{storage}-{part.replace('/', '.')}", args, self.options
            )
            self.folders[storage, part] = made.folder
        return self.folders[storage, part]

    def network_name(self) -> pulumi.Input[str]:
        """The VPC network, which the checks have found to be there."""
        if self.network is None:
            raise ValueError("storage in a network is built without a network")
        return self.network

    def ids(self) -> dict[str, Any]:
        """What stacks that build upon this one need to know."""
        ids: dict[str, Any] = {"storage": self.storage}
        if self.network is not None:
            named = {
                "network": self.network,
                "subnet": self.subnet,
                "pods": self.pods_range,
                "services": self.services_range,
                "peeredRange": self.peered_range,
            }
            ids["network"] = {k: v for k, v in named.items() if v is not None}
        made = {
            "keys": self.keys,
            "diskImages": self.images,
            "storagePools": self.pools,
        }
        ids |= {section: names for section, names in made.items() if names}
        return ids


def build_data(config: PlatformConfig, given: Mapping[str, Any]) -> GcpCloud:
    """Register the keys, network and storage of an environment.

    Args:
        config: The environment.
        given: What Google Cloud calls the network, keys and storage that another
            stack has (`storageStack`); empty where they are this one's.
    """
    cloud = GcpCloud(config=config, provider=_provider(config))
    if config.storage_stack is not None:
        _take(cloud, given)
    else:
        _build(cloud)
    return cloud


def _provider(config: PlatformConfig) -> gcp.Provider:
    return gcp.Provider(
        "gcp",
        project=config.project,
        region=config.region,
        default_labels=dict(config.tags) or None,
    )


def _take(cloud: GcpCloud, given: Mapping[str, Any]) -> None:
    """What the stack of the storage exported."""
    network: dict[str, Any] = given.get("network") or {}
    cloud.network = network.get("network")
    cloud.subnet = network.get("subnet")
    cloud.pods_range = network.get("pods")
    cloud.services_range = network.get("services")
    cloud.peered_range = network.get("peeredRange")
    cloud.keys = given.get("keys") or {}
    cloud.storage = given.get("storage") or {}
    cloud.images = given.get("diskImages") or {}
    cloud.pools = given.get("storagePools") or {}


def _build(cloud: GcpCloud) -> None:
    config, opts = cloud.config, cloud.options
    _build_keys(cloud)
    if isinstance(config.network, VpcNetworkSpec):
        _build_network(cloud, config.network)
    for section, name in _disks_and_images(config):
        if section == "images":
            _build_image(cloud, name, config.disk_images[name])
        elif isinstance(spec := config.storage[name], DiskSpec):
            _build_storage(cloud, name, spec)
    for name, spec in config.storage.items():
        if isinstance(spec, CloudStorage) and name not in cloud.storage:
            _build_storage(cloud, name, spec)
    # In the order of the file, whatever was made first.
    cloud.storage = {n: cloud.storage[n] for n in config.storage if n in cloud.storage}
    for name, spec in config.storage_pools.items():
        args = StoragePoolArgs(spec=spec, project=cloud.project)
        cloud.pools[name] = StoragePool(name, args, opts).pool
    for name, spec in config.tpu_vms.items():
        args = TpuVmArgs(
            spec=spec,
            project=cloud.project,
            network=cloud.network,
            subnet=cloud.subnet,
            disks={
                each.disk: cloud.storage.get(each.disk, {}).get("disk", each.disk)
                for each in spec.disks
            },
        )
        made = TpuVm(name, args, _after(opts, cloud.gateways))
        cloud.accounts[name] = made.account


def _build_keys(cloud: GcpCloud) -> None:
    """The keys, and who may encrypt with those that are this stack's."""
    config, opts = cloud.config, cloud.options
    for name, spec in config.keys.items():
        if not isinstance(spec, CloudKmsKeySpec):
            continue
        args = CloudKmsKeyArgs(spec=spec, project=cloud.project, region=cloud.region)
        cloud.keys[name] = key = CloudKmsKey(name, args, opts).key
        services = list(_users(config, name))
        # Who may use a key that is used as it is, its owner says.
        if spec.existing is not None or not services:
            continue
        granted = KeyGrants(
            f"{name}-users",
            KeyGrantsArgs(
                key=key,
                project=cloud.project,
                project_number=cloud.number,
                services=services,
            ),
            opts,
        )
        for service in granted.keys:
            cloud.usable[name, service] = granted.keys[service]


def _users(config: PlatformConfig, key: str) -> Iterator[Service]:
    """The services that encrypt with a key."""
    if config.cluster is None:
        # A cluster beside this stack goes without taking anyone's rights along:
        # what it may need is granted where the key is.
        yield from ("compute", "gke")
    for spec in config.storage.values():
        if isinstance(spec, CloudStorage) and spec.kms_key == key:
            yield _encrypts(spec)
    for spec in config.storage_classes.values():
        if getattr(spec, "kms_key", None) == key:
            yield "compute" if isinstance(spec, DiskClassSpec) else "filestore"
    cluster = config.cluster
    made = cluster.create if isinstance(cluster, GkeClusterSpec) else None
    if made is not None and made.kms_key == key:
        yield "gke"


def _disks_and_images(config: PlatformConfig) -> list[tuple[str, str]]:
    """An image after the disk that it is of, a disk after its image."""
    before: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for name, spec in config.storage.items():
        if isinstance(spec, DiskSpec):
            made = spec.image in config.disk_images
            before["disks", name] = {("images", spec.image or "")} if made else set()
    for name, spec in config.disk_images.items():
        made = ("disks", spec.of) in before
        before["images", name] = {("disks", spec.of)} if made else set()
    return list(TopologicalSorter(before).static_order())


def _build_image(cloud: GcpCloud, name: str, spec: DiskImageSpec) -> None:
    of = cloud.config.storage.get(spec.of)
    key = of.kms_key if isinstance(of, DiskSpec) else None
    args = DiskImageArgs(
        spec=spec,
        project=cloud.project,
        disk=cloud.storage.get(spec.of, {}).get("disk", spec.of),
        kms_key=cloud.key(key, "compute"),
    )
    cloud.images[name] = DiskImage(name, args, cloud.options).image


def _encrypts(spec: CloudStorage) -> Service:
    """Who encrypts a kind of storage."""
    for kind, service in _ENCRYPTS:
        if isinstance(spec, kind):
            return service
    raise TypeError(f"{spec.kind} is not Google Cloud's")


def _build_network(cloud: GcpCloud, spec: VpcNetworkSpec) -> None:
    made = VpcNetwork(
        "network",
        VpcNetworkArgs(
            spec=spec,
            region=cloud.region,
            project=cloud.project,
            protect=_holds_data(cloud.config),
        ),
        cloud.options,
    )
    cloud.network, cloud.subnet = made.network, made.subnet
    cloud.pods_range, cloud.services_range = made.pods_range, made.services_range
    cloud.peered_range = made.peered_range
    cloud.gateways = list(made.ready)


def _holds_data(config: PlatformConfig) -> bool:
    """Whether data in the network is to outlive the stack."""
    return any(
        isinstance(spec, FilestoreSpec | ManagedLustreSpec)
        and spec.existing is None
        and spec.on_delete != "delete"
        for spec in config.storage.values()
    )


def _after(
    opts: pulumi.ResourceOptions, resources: list[pulumi.Resource]
) -> pulumi.ResourceOptions:
    more = pulumi.ResourceOptions(depends_on=resources)
    return pulumi.ResourceOptions.merge(opts, more)


def _build_storage(cloud: GcpCloud, name: str, spec: CloudStorage) -> None:
    opts, project = cloud.options, cloud.project
    key = cloud.key(spec.kms_key, _encrypts(spec))
    if isinstance(spec, StorageBucketSpec):
        args = StorageBucketArgs(
            spec=spec, project=project, region=cloud.region, kms_key=key
        )
        cloud.storage[name] = StorageBucket(name, args, opts).ids
    elif isinstance(spec, DiskSpec):
        image = cloud.images.get(spec.image, spec.image) if spec.image else None
        args = DiskArgs(spec=spec, project=project, image=image, kms_key=key)
        cloud.storage[name] = Disk(name, args, opts).ids
    elif isinstance(spec, FilestoreSpec):
        args = FilestoreArgs(
            spec=spec,
            project=project,
            region=cloud.region,
            network=cloud.network,
            peered_range=cloud.peered_range,
            kms_key=key,
        )
        cloud.storage[name] = Filestore(name, args, _after(opts, cloud.gateways)).ids
    elif isinstance(spec, ManagedLustreSpec):
        args = ManagedLustreArgs(
            spec=spec, project=project, network=cloud.network, kms_key=key
        )
        made = ManagedLustre(name, args, _after(opts, cloud.gateways))
        cloud.storage[name] = made.ids
    else:
        raise TypeError(f"{name} ({cast('Any', spec).kind}) is not Google Cloud's")
