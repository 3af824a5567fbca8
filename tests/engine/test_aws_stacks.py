"""The environments of `examples/aws` on the real engine, and a real API server.

AWS is a stand-in that refuses what AWS refuses and replaces where AWS replaces;
the objects in the cluster are the real API server's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from kubernetes import client

from sandbox import cluster as sandbox
from tests.cloud.project import AwsProject
from tests.engine.aws import Account
from tests.engine.leftovers import claims, clean, volume_of
from tests.engine.provisioner import provisioner

pytestmark = pytest.mark.engine

LUSTRE = "aws:fsx/lustreFileSystem:LustreFileSystem"
EFS = "aws:efs/fileSystem:FileSystem"
BUCKET = "aws:s3/bucket:Bucket"
CLUSTER = "aws:eks/cluster:Cluster"
ADD_ON = "aws:eks/addon:Addon"
NODES = "aws:eks/nodeGroup:NodeGroup"
KEY = "aws:kms/key:Key"
VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
GROUP = "aws:ec2/securityGroup:SecurityGroup"

DRIVERS = ("ebs", "efs", "fsx", "s3")
OF_AWS = ".csi.aws.com"

# Charts are not to be had here: these count as there.
CHARTS = tuple(
    (f"{name}: {{install: true}}", f"{name}: {{existing: true{more}}}")
    for name, more in (
        ("nvidia-device-plugin", ""),
        ("gpu-feature-discovery", ""),
        ("efa-device-plugin", ""),
        ("node-autoscaler", ""),
    )
)


def data(project: AwsProject) -> dict[str, set[str]]:
    """The ids of everything in the cloud that holds data, by type."""
    return {
        token: set(project.store.all(token)) for token in (LUSTRE, EFS, BUCKET, KEY)
    }


def test_a_whole_environment_previews_before_anything_exists(tmp_path: Path) -> None:
    project = Account(tmp_path).stack("prod")
    said = project.run("preview", "--json")
    found = json.loads(said[said.index("{") : said.rindex("}") + 1])
    warnings = [d for d in found.get("diagnostics", []) if d["severity"] == "warning"]
    assert warnings == []
    assert set(found["changeSummary"]) == {"create"}
    types = [step["newState"]["type"] for step in found["steps"]]
    for token, count in ((NODES, 3), (BUCKET, 3), (LUSTRE, 1), (EFS, 1), (CLUSTER, 1)):
        assert types.count(token) == count, token
    assert types.count(ADD_ON) >= 5
    assert project.store.read() == {}


@pytest.fixture(scope="module")
def prod(
    tmp_path_factory: pytest.TempPathFactory, cluster: sandbox.Cluster
) -> Iterator[Account]:
    """The account with the environment in it."""
    clean(["vision", "language"], OF_AWS)
    account = Account(tmp_path_factory.mktemp("aws"), cluster)
    account.edit("prod", *CHARTS)
    account.stack("prod").up()
    yield account
    clean(["vision", "language"], OF_AWS)


def test_it_is_up_and_stays_as_it_is(prod: Account) -> None:
    project = prod.stack("prod")
    assert project.changes() == {}
    project.refresh()
    assert project.changes() == {}


def test_an_autoscaler_is_not_fought_over_its_nodes(prod: Account) -> None:
    project = prod.stack("prod")
    [(id_, group)] = [
        (id_, group) for id_, group in project.store.all(NODES).items() if "a10g" in id_
    ]
    scaling = {**group["inputs"]["scalingConfig"], "desiredSize": 3}
    project.store.put(NODES, id_, {**group["inputs"], "scalingConfig": scaling})
    assert project.changes() == {}
    project.refresh()
    assert project.changes() == {}
    after = project.store.all(NODES)[id_]["inputs"]
    assert after["scalingConfig"]["desiredSize"] == 3
    assert {taint["key"] for taint in after["taints"]} == {
        "nvidia.com/gpu",
        *(f"{driver}.csi.aws.com/agent-not-ready" for driver in DRIVERS),
    }


def test_granted_storage_is_bound_to_what_aws_made(prod: Account) -> None:
    project = prod.stack("prod")
    [lustre] = project.store.all(LUSTRE)
    bound = claims("vision")
    assert {c.status.phase for c in bound.values()} == {"Bound"}
    mounted = volume_of(bound["training-data"])
    assert mounted.spec.csi.driver == "fsx.csi.aws.com"
    assert mounted.spec.csi.volume_handle == lustre
    assert mounted.spec.csi.volume_attributes["mountname"] != "fsx"


def test_teams_come_up_in_it(prod: Account) -> None:
    """With the contract that the environment's stack exports."""
    with provisioner("fsx.csi.aws.com", "efs.csi.aws.com"):
        for name in ("vision-prod", "language-prod"):
            prod.edit(name, (f"context: {name}", "context: ml-storage-sandbox"))
            # The pod waits for nodes that are not here.
            if name == "language-prod":
                prod.edit(name, ("port: 8888", "port: 8888\n        await: false"))
            project = prod.stack(name)
            project.up()
            assert project.changes() == {}
    with sandbox.client() as connection:
        batch = client.BatchV1Api(connection)
        job = batch.read_namespaced_job("resnet", "vision")
        apps = client.AppsV1Api(connection)
        classify = apps.read_namespaced_deployment("classify", "vision").spec
    pod = job.spec.template.spec
    [container] = pod.containers
    variables = {v.name: v.value for v in container.env}
    [bucket] = [
        name for name in prod.stack("prod").store.all(BUCKET) if "checkpoints" in name
    ]
    assert variables["CHECKPOINTS_URI"] == f"s3://{bucket}/vision/"
    assert pod.service_account_name == "workload"
    restore, publish = pod.init_containers
    assert (restore.restart_policy, publish.restart_policy) == (None, "Always")
    for helper in (restore, publish):
        given = {v.name: v.value for v in helper.env}
        assert given["RESUME_URI"] == f"s3://{bucket}/vision/resnet/"
    assert classify.replicas == 16


def test_destroy_is_refused_and_keeps_everything(prod: Account) -> None:
    project = prod.stack("prod")
    held = data(project)
    # As a person does it: the preview that comes first is refused already.
    said = project.run("destroy", "--yes", fails=True)
    assert "protected" in said
    assert data(project) == held
    assert project.changes() == {}


def test_the_rest_goes_and_the_next_up_finds_the_data(prod: Account) -> None:
    for name in ("vision-prod", "language-prod"):
        prod.stack(name).take_down(exclude_protected=True)
    project = prod.stack("prod")
    held = data(project)
    project.take_down(exclude_protected=True)
    assert data(project) == held
    assert project.store.all(VPC)
    assert project.store.all(SUBNET)
    project.up()
    assert data(project) == held
    assert project.changes() == {}


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Account:
    """An account with a network, keys and storage, and no cluster."""
    account = Account(tmp_path_factory.mktemp("storage"))
    account.stack("research-data").up()
    return account


def test_storage_grows_where_it_is(storage: Account) -> None:
    project = storage.stack("research-data")
    held = data(project)
    storage.edit("research-data", ("capacityGiB: 1200", "capacityGiB: 2400"))
    assert project.changes() == {"update": 1}
    project.up()
    assert data(project) == held
    [lustre] = project.store.all(LUSTRE).values()
    assert lustre["inputs"]["storageCapacity"] == 2400
    assert project.changes() == {}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("zone: us-west-2a", "zone: us-west-2b"),
        ("throughputPerTiB: 125", "throughputPerTiB: 250, lustreVersion: '2.12'"),
        ("kind: efs,", "kind: efs, zone: us-west-2a,"),
        ("kind: s3,", "kind: s3, bucket: another-name-of-it,"),
    ],
    ids=["Lustre elsewhere", "an older Lustre", "EFS of one zone", "a bucket's name"],
)
def test_a_replacement_of_data_is_refused(
    storage: Account, before: str, after: str
) -> None:
    project = storage.stack("research-data")
    held = data(project)
    storage.edit("research-data", (before, after))
    try:
        # As a person does it: the preview that comes first is refused already.
        said = project.run("up", "--yes", fails=True)
    finally:
        storage.edit("research-data", (after, before))
    assert "unable to replace resource" in said
    assert "remove the `protect` flag" in said
    assert data(project) == held


@pytest.fixture(scope="module")
def research(
    tmp_path_factory: pytest.TempPathFactory, cluster: sandbox.Cluster
) -> Iterator[Account]:
    clean(["lab"], OF_AWS)
    account = Account(tmp_path_factory.mktemp("research"), cluster)
    account.stack("research-data").up()
    account.stack("research").up()
    yield account
    clean(["lab"], OF_AWS)


def test_a_cluster_is_thrown_away_and_made_again(research: Account) -> None:
    storage, project = research.stack("research-data"), research.stack("research")
    held = data(storage)
    [first] = project.store.all(CLUSTER)
    handles = {
        name: volume_of(claim).spec.csi.volume_handle
        for name, claim in claims("lab").items()
    }
    said = project.take_down()
    assert project.resources() == [] or len(project.resources()) == 1
    assert project.store.all(CLUSTER) == {}
    assert claims("lab") == {}
    assert data(storage) == held
    assert storage.changes() == {}
    gone = [line for line in said.splitlines() if "deleted" in line]
    last_claim = max(
        i for i, line in enumerate(gone) if "PersistentVolumeClaim" in line
    )
    first_driver = min(i for i, line in enumerate(gone) if "Addon" in line)
    first_nodes = min(i for i, line in enumerate(gone) if "NodeGroup" in line)
    assert last_claim < min(first_driver, first_nodes)
    project.up()
    [second] = project.store.all(CLUSTER)
    assert first != second
    assert data(storage) == held
    again = {
        name: volume_of(claim).spec.csi.volume_handle
        for name, claim in claims("lab").items()
    }
    assert {k: h for k, h in again.items() if re.match("fs-|efs:", h)} == {
        k: h for k, h in handles.items() if re.match("fs-|efs:", h)
    }


OURS = {
    VPC: "vpc-0123456789abcdef0",
    SUBNET: "subnet-0123456789abcdef0",
    LUSTRE: "fs-0123456789abcdef0",
    EFS: "fs-0fedcba9876543210",
    BUCKET: "corpora-of-the-company",
    CLUSTER: "shared",
}


def test_what_there_is_is_used_or_taken_over_as_it_is(
    tmp_path: Path, cluster: sandbox.Cluster
) -> None:
    clean(["speech"], OF_AWS)
    account = Account(tmp_path, cluster)
    project = account.stack("shared")
    _fill(project)
    with provisioner("fsx.csi.aws.com"):
        project.up()
    assert {token: [*project.store.all(token)] for token in OURS} == {
        token: [id_] for token, id_ in OURS.items()
    }
    taken = [r for r in project.resources() if r.get("id") in OURS.values()]
    assert {r["id"]: r.get("external", False) for r in taken} == {
        OURS[LUSTRE]: True,
        OURS[EFS]: False,
        OURS[BUCKET]: True,
        OURS[CLUSTER]: True,
    }
    bound = claims("speech")
    handles = {n: volume_of(c).spec.csi.volume_handle for n, c in bound.items()}
    assert handles["scratch"] == OURS[LUSTRE]
    assert handles["models"] == f"efs:{OURS[EFS]}"
    with sandbox.client() as connection:
        made = client.StorageV1Api(connection).read_storage_class("lustre")
        account_of_pods = client.CoreV1Api(connection).read_namespaced_service_account(
            "workload", "speech"
        )
    assert made.parameters["fileSystemTypeVersion"] == "2.15"
    assert made.parameters["subnetId"] == OURS[SUBNET]
    assert made.parameters["securityGroupIds"].startswith("sg-")
    assert set(json.loads(made.metadata.annotations["ml-storage/added"])) == {
        *("fileSystemTypeVersion", "subnetId", "securityGroupIds"),
    }
    role = account_of_pods.metadata.annotations["eks.amazonaws.com/role-arn"]
    assert role.startswith("arn:aws:iam::123456789012:role/")
    assert project.changes() == {}
    clean(["speech"], OF_AWS)


def _fill(project: AwsProject) -> None:
    """Put into the account what others made in it."""
    put = project.store.put
    network = {"vpcId": OURS[VPC]}
    put(VPC, OURS[VPC], {"cidrBlock": "10.0.0.0/16"})
    nodes = "sg-0123456789abcdef0"
    put(GROUP, nodes, {**network, "name": "eks-cluster-sg-shared"})
    put(SUBNET, OURS[SUBNET], {**network, "availabilityZone": "us-west-2a"})
    put(
        LUSTRE,
        OURS[LUSTRE],
        {"subnetIds": OURS[SUBNET], "storageCapacity": 1200},
        {"dnsName": "fs-0123456789abcdef0.fsx.example", "mountName": "abcdefgh"},
    )
    put(
        EFS,
        OURS[EFS],
        {
            "encrypted": True,
            "performanceMode": "generalPurpose",
            "throughputMode": "elastic",
        },
        {"arn": "arn:aws:elasticfilesystem:us-west-2:123456789012:file-system/fs-0"},
    )
    put(
        BUCKET,
        OURS[BUCKET],
        {"bucket": OURS[BUCKET]},
        {"arn": f"arn:aws:s3:::{OURS[BUCKET]}", "bucketRegion": "us-west-2"},
    )
    [address] = project.store.all("stand-in:cluster").values()
    put(
        CLUSTER,
        OURS[CLUSTER],
        {"name": OURS[CLUSTER]},
        {
            "arn": "arn:aws:eks:us-west-2:123456789012:cluster/shared",
            "endpoint": address["inputs"]["endpoint"],
            "certificateAuthority": {"data": address["inputs"]["certificateAuthority"]},
            "vpcConfig": {
                **network,
                "clusterSecurityGroupId": nodes,
                "subnetIds": [OURS[SUBNET]],
            },
            "identities": [
                {"oidcs": [{"issuer": "https://oidc.eks.example/id/0123456789"}]}
            ],
        },
    )


def test_a_team_cannot_be_built_on_storage_that_is_not_deployed(tmp_path: Path) -> None:
    said = Account(tmp_path).stack("research").run("preview", fails=True)
    assert "CON05" in said
