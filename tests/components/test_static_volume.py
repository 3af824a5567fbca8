from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pydantic import ValidationError

from components.kubernetes.csi_spec import CsiSpec
from components.kubernetes.static_volume import StaticVolume, StaticVolumeArgs
from components.kubernetes.static_volume_spec import (
    HostPathSpec,
    NfsSpec,
    StaticVolumeSpec,
)

VOLUME = "kubernetes:core/v1:PersistentVolume"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"


def host_path(**more: Any) -> HostPathSpec:
    given = {"kind": "host-path", "path": "/data", "size": "10Gi", **more}
    return HostPathSpec.model_validate(given)


SHARE = "modeInstance/us-central1-a/models/vol1"


def csi(**more: Any) -> CsiSpec:
    given = {"kind": "csi", "driver": "example.com", "volumeHandle": "vol-1", **more}
    return CsiSpec.model_validate(given)


def nfs(**more: Any) -> NfsSpec:
    given = {"kind": "nfs", "server": "files", "path": "/a", **more}
    return NfsSpec.model_validate(given)


def pair(
    opts: pulumi.ResourceOptions, spec: StaticVolumeSpec, **more: Any
) -> StaticVolume:
    args = StaticVolumeArgs(**{"spec": spec, "namespace": "dev", **more})
    return StaticVolume("data", args, opts)


def test_bound_to_each_other_and_to_nothing_else(
    deploy_with: Any, preview: bool
) -> None:
    deployed = deploy_with(lambda opts: pair(opts, host_path()))
    volume, claim = deployed.one(VOLUME), deployed.one(CLAIM)
    component = deployed.one("StaticVolume").urn
    assert volume.parent == claim.parent == component
    assert volume.inputs["spec"]["claimRef"] == {"namespace": "dev", "name": "data"}
    assert claim.inputs["metadata"] == {"name": "data", "namespace": "dev"}
    if not preview:
        assert claim.inputs["spec"]["volumeName"] == "data-volume-0a1b2c3d"
    # An empty class, or a default class would take the claim.
    assert volume.inputs["spec"]["storageClassName"] == ""
    assert claim.inputs["spec"]["storageClassName"] == ""
    assert claim.depends_on == (volume.urn,)


def test_both_are_pointers(deploy_with: Any) -> None:
    deployed = deploy_with(lambda opts: pair(opts, host_path()))
    volume, claim = deployed.one(VOLUME), deployed.one(CLAIM)
    assert volume.inputs["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert not (volume.protect)
    assert not (claim.protect)
    # Pulumi names the volume: a changed source makes a new one beside the old.
    assert "name" not in volume.inputs.get("metadata", {})
    assert not volume.delete_before_replace
    assert claim.delete_before_replace


def test_the_sizes_and_modes_agree(deploy_with: Any) -> None:
    spec = host_path(accessModes=["ReadWriteOnce"])
    deployed = deploy_with(lambda opts: pair(opts, spec))
    volume, claim = deployed.one(VOLUME).inputs, deployed.one(CLAIM).inputs
    assert volume["spec"]["capacity"] == {"storage": "10Gi"}
    assert claim["spec"]["resources"] == {"requests": {"storage": "10Gi"}}
    assert volume["spec"]["accessModes"] == claim["spec"]["accessModes"]


@pytest.mark.parametrize(
    ("create", "kind"), [(True, "DirectoryOrCreate"), (False, "Directory")]
)
def test_host_path(deploy_with: Any, create: bool, kind: str) -> None:
    deployed = deploy_with(lambda opts: pair(opts, host_path(create=create)))
    spec = deployed.one(VOLUME).inputs["spec"]
    assert spec["hostPath"] == {"path": "/data", "type": kind}
    assert "nodeAffinity" not in spec


def test_a_directory_of_one_node(deploy_with: Any) -> None:
    deployed = deploy_with(lambda opts: pair(opts, host_path(node="node-1")))
    terms = deployed.one(VOLUME).inputs["spec"]["nodeAffinity"]["required"]
    (term,) = terms["nodeSelectorTerms"]
    assert term["matchExpressions"] == [
        {"key": "kubernetes.io/hostname", "operator": "In", "values": ["node-1"]}
    ]


def test_nfs(deploy_with: Any) -> None:
    made: list[StaticVolume] = []
    spec = nfs(path="/", mountOptions=["ro"], access="read-only")
    deployed = deploy_with(lambda opts: made.append(pair(opts, spec)))
    volume = deployed.one(VOLUME).inputs["spec"]
    assert volume["nfs"] == {"server": "files", "path": "/", "readOnly": True}
    assert volume["mountOptions"] == ["ro"]
    assert made[0].volume_source() == {
        "persistentVolumeClaim": {"claimName": "data", "readOnly": True}
    }
    assert made[0].access_modes == ["ReadWriteMany"]


@pytest.mark.parametrize(
    "server", ["files", "FILES.Example.com", "10.0.0.1", "fd00::1", "2001:DB8::25"]
)
def test_a_server_is_written_as_the_node_mounts_it(
    deploy_with: Any, server: str
) -> None:
    deployed = deploy_with(lambda opts: pair(opts, nfs(server=server)))
    # The node puts brackets around an IPv6 address by itself.
    assert deployed.one(VOLUME).inputs["spec"]["nfs"]["server"] == server


@pytest.mark.parametrize(
    ("server", "nearest"),
    [("[fd00::1]", "fd00::1"), ("my_files", "my-files"), ("files:/a", "files-a")],
)
def test_a_server_that_no_node_finds(server: str, nearest: str) -> None:
    with pytest.raises(ValidationError) as refused:
        nfs(server=server)
    (error,) = refused.value.errors()
    problem = error.get("ctx", {})["problem"]
    assert (problem.rule, problem.nearest) == ("NAM02", nearest)
    assert error["loc"] == ("server",)


def test_csi(deploy_with: Any) -> None:
    secret = {"name": "rook-csi-cephfs-node", "namespace": "rook-ceph"}
    spec = csi(
        volumeAttributes={"clusterID": "rook-ceph", "staticVolume": "true"},
        fsType="ext4",
        nodeStageSecret=secret,
        controllerExpandSecret=secret,
        mountOptions=["noatime"],
    )
    deployed = deploy_with(lambda opts: pair(opts, spec))
    volume = deployed.one(VOLUME).inputs["spec"]
    assert volume["csi"] == {
        "driver": "example.com",
        "volumeHandle": "vol-1",
        "volumeAttributes": {"clusterID": "rook-ceph", "staticVolume": "true"},
        "fsType": "ext4",
        "nodeStageSecretRef": secret,
        "controllerExpandSecretRef": secret,
    }
    assert volume["mountOptions"] == ["noatime"]
    assert volume["storageClassName"] == ""
    assert volume["claimRef"] == {"namespace": "dev", "name": "data"}
    assert "volumeMode" not in volume


def test_a_device_is_one_on_both_sides(deploy_with: Any) -> None:
    spec = csi(volumeMode="Block", accessModes=["ReadWriteOnce"])
    deployed = deploy_with(lambda opts: pair(opts, spec))
    for kind in (VOLUME, CLAIM):
        made = deployed.one(kind)
        assert made.inputs["spec"]["volumeMode"] == "Block"
        assert "spec.volumeMode" in made.replace_on_changes


@pytest.mark.parametrize("spec", [csi(), nfs(), host_path()], ids=lambda s: s.kind)
@pytest.mark.parametrize("granted", ["read-only", "read-write", None])
@pytest.mark.parametrize("own", ["read-only", "read-write"])
def test_a_grant_narrows_and_never_widens(
    deploy_with: Any, spec: StaticVolumeSpec, own: str, granted: str | None
) -> None:
    spec = spec.model_copy(update={"access": own})
    made: list[StaticVolume] = []
    deployed = deploy_with(lambda opts: made.append(pair(opts, spec, access=granted)))
    read_only = "read-only" in (own, granted)
    assert made[0].read_only == read_only
    claim = made[0].volume_source()["persistentVolumeClaim"]
    assert claim.get("readOnly", False) == read_only
    source = deployed.one(VOLUME).inputs["spec"].get(spec.kind, {})
    assert source.get("readOnly", False) == (read_only and spec.kind != "host-path")


def test_granted_to_a_team_under_the_name_of_the_storage(deploy_with: Any) -> None:
    deployed = deploy_with(
        lambda opts: pair(opts, nfs(), namespace="vision", claim_name="training-data")
    )
    volume, claim = deployed.one(VOLUME), deployed.one(CLAIM)
    there = {"name": "training-data", "namespace": "vision"}
    assert claim.inputs["metadata"] == there
    assert volume.inputs["spec"]["claimRef"] == there
    # Names of resources are the component's own: another team has another.
    assert (volume.name, claim.name) == ("data-volume", "data-claim")


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        (host_path(), "/data/vision/raw"),
        (nfs(path="/"), "/vision/raw"),
        (nfs(path="/exports/"), "/exports/vision/raw"),
    ],
)
def test_a_prefix_is_the_whole_of_what_is_seen(
    deploy_with: Any, spec: StaticVolumeSpec, path: str
) -> None:
    deployed = deploy_with(lambda opts: pair(opts, spec, prefix="vision/raw"))
    source = deployed.one(VOLUME).inputs["spec"]
    assert (source.get("hostPath") or source["nfs"])["path"] == path


def test_a_csi_volume_is_mounted_whole(deploy_with: Any) -> None:
    with pytest.raises(ValueError, match="mounted whole"):
        deploy_with(lambda opts: pair(opts, csi(), prefix="vision"))


@pytest.mark.parametrize(
    ("driver", "given", "made"),
    [
        # Free text: the bucket stands in the attributes.
        ("s3.csi.aws.com", "data", "data-vision-bucket"),
        # What follows the colon is dropped by the driver.
        ("gcsfuse.csi.storage.gke.io", "data", "data:vision-bucket"),
        # Read whole: an access point, a file system, a share.
        ("efs.csi.aws.com", "efs:fs-01234567", "efs:fs-01234567"),
        ("fsx.csi.aws.com", "fs-1", "fs-1"),
        ("filestore.csi.storage.gke.io", SHARE, SHARE),
        ("example.com", "vol-1", "vol-1"),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_handles_are_unique_where_they_must_and_can_be(
    deploy_with: Any, driver: str, given: str, made: str, known: bool
) -> None:
    named = {
        "s3.csi.aws.com": {"bucketName": given},
        "fsx.csi.aws.com": {"dnsname": "files.example.com", "mountname": "abcdefgh"},
        "filestore.csi.storage.gke.io": {"ip": "10.0.0.2", "volume": "vol1"},
    }.get(driver, {})
    spec = csi(driver=driver, volumeHandle=given, volumeAttributes=named)

    def make(opts: pulumi.ResourceOptions) -> None:
        namespace = "vision" if known else pulumi.Output.from_input("vision")
        pair(opts, spec, namespace=namespace, claim_name="bucket")

    source = deploy_with(make).one(VOLUME).inputs["spec"]["csi"]
    assert source["volumeHandle"] == made


def test_what_the_api_server_keeps_is_replaced(deploy_with: Any) -> None:
    volume = deploy_with(lambda opts: pair(opts, host_path(node="a"))).one(VOLUME)
    assert "spec.nodeAffinity" in volume.replace_on_changes
