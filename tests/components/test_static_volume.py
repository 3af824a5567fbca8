from __future__ import annotations

from typing import Any

import pulumi
import pytest

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


def pair(opts: pulumi.ResourceOptions, spec: StaticVolumeSpec) -> StaticVolume:
    return StaticVolume("data", StaticVolumeArgs(spec=spec, namespace="dev"), opts)


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
    given = {"kind": "nfs", "server": "files", "path": "/", "mountOptions": ["ro"]}
    given["access"] = "read-only"
    made: list[StaticVolume] = []
    deployed = deploy_with(
        lambda opts: made.append(pair(opts, NfsSpec.model_validate(given)))
    )
    spec = deployed.one(VOLUME).inputs["spec"]
    assert spec["nfs"] == {"server": "files", "path": "/"}
    assert spec["mountOptions"] == ["ro"]
    assert made[0].volume_source() == {
        "persistentVolumeClaim": {"claimName": "data", "readOnly": True}
    }
    assert made[0].access_modes == ["ReadWriteMany"]
