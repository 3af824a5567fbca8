"""The environments of `examples/gcp` on the real engine, and a real API server.

Google Cloud is a stand-in that refuses what it refuses and replaces where it
replaces; the objects in the cluster are the real API server's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from sandbox import cluster as sandbox
from tests.cloud.project import CloudProject
from tests.engine.gcp import Account
from tests.engine.leftovers import claims, clean, volume_of
from tests.engine.provisioner import provisioner

pytestmark = pytest.mark.engine

FILESTORE = "gcp:filestore/instance:Instance"
LUSTRE = "gcp:lustre/instance:Instance"
BUCKET = "gcp:storage/bucket:Bucket"
DISK = "gcp:compute/disk:Disk"
KEY = "gcp:kms/cryptoKey:CryptoKey"
NETWORK = "gcp:compute/network:Network"
SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"
PEERING = "gcp:servicenetworking/connection:Connection"
CLUSTER = "gcp:container/cluster:Cluster"
NODES = "gcp:container/nodePool:NodePool"

OF_GKE = ".csi.storage.gke.io"
PD, SHARES = f"pd{OF_GKE}", f"filestore{OF_GKE}"
WEIGHTS = ("ml-prod-123456", "us-central1-a", "weights-2026-11")


def data(project: CloudProject) -> dict[str, set[str]]:
    """The ids of everything in the cloud that holds data, by type."""
    kinds = (FILESTORE, LUSTRE, BUCKET, DISK, KEY)
    return {token: set(project.store.all(token)) for token in kinds}


def test_a_whole_environment_previews_before_anything_exists(tmp_path: Path) -> None:
    account = Account(tmp_path)
    project = account.stack("prod")
    account.disk(project, *WEIGHTS)
    before = project.store.read()
    said = project.run("preview", "--json")
    found = json.loads(said[said.index("{") : said.rindex("}") + 1])
    warnings = [d for d in found.get("diagnostics", []) if d["severity"] == "warning"]
    assert warnings == []
    assert set(found["changeSummary"]) == {"create"}
    types = [step["newState"]["type"] for step in found["steps"]]
    for token, count in (
        *((NODES, 6), (BUCKET, 3), (LUSTRE, 1), (FILESTORE, 1)),
        *((CLUSTER, 1), (DISK, 1)),
    ):
        assert types.count(token) == count, token
    assert project.store.read() == before


@pytest.fixture(scope="module")
def prod(
    tmp_path_factory: pytest.TempPathFactory, cluster: sandbox.Cluster
) -> Iterator[Account]:
    """The project with the environment in it."""
    clean(["vision", "language"], OF_GKE)
    account = Account(tmp_path_factory.mktemp("gcp"), cluster)
    account.disk(account.stack("prod"), *WEIGHTS)
    account.stack("prod").up()
    yield account
    clean(["vision", "language"], OF_GKE)


def test_it_is_up_and_stays_as_it_is(prod: Account) -> None:
    project = prod.stack("prod")
    assert project.changes() == {}
    project.refresh()
    assert project.changes() == {}


def test_an_autoscaler_is_not_fought_over_its_nodes(prod: Account) -> None:
    project = prod.stack("prod")
    [(id_, pool)] = [
        (id_, pool) for id_, pool in project.store.all(NODES).items() if "a100" in id_
    ]
    project.store.put(NODES, id_, {**pool["inputs"], "nodeCount": 3})
    assert project.changes() == {}
    project.refresh()
    assert project.changes() == {}
    after = project.store.all(NODES)[id_]["inputs"]
    assert after["nodeCount"] == 3


def test_a_slice_is_a_pool_with_all_of_its_hosts(prod: Account) -> None:
    pools = prod.stack("prod").store.all(NODES)
    slices = [pool["inputs"] for id_, pool in pools.items() if "v6e-slice" in id_]
    assert len(slices) == 2
    for made in slices:
        assert made["nodeCount"] == 4
        assert made["placementPolicy"]["tpuTopology"] == "4x4"
        assert made["nodeConfig"]["machineType"] == "ct6e-standard-4t"


def test_granted_storage_is_bound_to_what_google_made(prod: Account) -> None:
    project = prod.stack("prod")
    bound = claims("vision")
    assert {c.status.phase for c in bound.values()} == {"Bound"}
    [lustre] = project.store.all(LUSTRE)
    _, owner, _, zone, _, name = lustre.split("/")
    training = volume_of(bound["training-data"]).spec.csi
    assert training.driver == f"lustre{OF_GKE}"
    assert training.volume_handle == f"{owner}/{zone}/{name}"
    weights = volume_of(bound["weights"])
    assert weights.spec.access_modes == ["ReadOnlyMany"]
    assert weights.spec.csi.volume_handle in project.store.all(DISK)
    mounted = volume_of(bound["checkpoints"]).spec
    assert "only-dir=vision" in ",".join(mounted.mount_options)


def test_teams_come_up_in_it(prod: Account) -> None:
    """With the contract that the environment's stack exports."""
    # The pods wait for nodes that are not here: a few of them will do.
    prod.edit("vision-prod", ("indexes: 256", "indexes: 8"))
    health = "health: /healthz"
    prod.edit("vision-prod", (health, f"{health}\n        await: false"))
    prod.edit("language-prod", ("port: 8888", "port: 8888\n        await: false"))
    with provisioner(PD, SHARES):
        for name in ("vision-prod", "language-prod"):
            prod.edit(name, (f"context: {name}", "context: ml-storage-sandbox"))
            project = prod.stack(name)
            project.up()
            assert project.changes() == {}
    with sandbox.client() as connection:
        batch = client.BatchV1Api(connection)
        accounts = {
            job: batch.read_namespaced_job(job, team).spec.template.spec
            for job, team in (
                *(("import", "vision"), ("embed", "vision"), ("imagenet", "vision")),
                ("resnet", "vision"),
                *(("finetune", "language"), ("pretrain", "language")),
            )
        }
        there = client.CoreV1Api(connection).list_namespaced_service_account("vision")
        apps = client.AppsV1Api(connection)
        classify = apps.read_namespaced_deployment("classify", "vision").spec
    assert accounts["import"].service_account_name == "workload"
    assert accounts["embed"].service_account_name == "reader"
    assert accounts["finetune"].service_account_name == "workload"
    # Staging reads the bucket, and the tier writes to one.
    assert accounts["imagenet"].service_account_name == "reader"
    assert accounts["resnet"].service_account_name == "workload"
    *before, beside = accounts["resnet"].init_containers
    assert {c.name for c in before} == {"wait-imagenet", "restore-resume"}
    assert (beside.name, beside.restart_policy) == ("publish-resume", "Always")
    assert classify.replicas == 20
    names = {account.metadata.name for account in there.items}
    assert {"workload", "reader"} <= names
    [container] = accounts["pretrain"].containers
    variables = {v.name: v.value for v in container.env}
    [bucket] = [
        name for name in prod.stack("prod").store.all(BUCKET) if "checkpoints" in name
    ]
    assert variables["CHECKPOINTS_URI"] == f"gs://{bucket}/language/"


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
    assert project.store.all(NETWORK)
    assert project.store.all(SUBNETWORK)
    # What protects the data from the network's side stays as well.
    assert project.store.all(PEERING)
    project.up()
    assert data(project) == held
    assert project.changes() == {}


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Account:
    """A project with a network, keys and storage, and no cluster."""
    account = Account(tmp_path_factory.mktemp("storage"))
    account.stack("research-data").up()
    return account


@pytest.mark.parametrize(
    ("before", "after", "grown"),
    [
        ("capacityGiB: 9000", "capacityGiB: 18000", (LUSTRE, "capacityGib", "18000")),
        ("sizeGiB: 200", "sizeGiB: 400", (DISK, "size", 400)),
    ],
    ids=["Lustre", "a disk"],
)
def test_storage_grows_where_it_is(
    storage: Account, before: str, after: str, grown: tuple[str, str, object]
) -> None:
    project = storage.stack("research-data")
    held = data(project)
    token, key, value = grown
    storage.edit("research-data", (before, after))
    assert project.changes() == {"update": 1}
    project.up()
    assert data(project) == held
    [made] = project.store.all(token).values()
    assert made["inputs"][key] == value
    assert project.changes() == {}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("zone: us-central1-a}\n      models", "zone: us-central1-b}\n      models"),
        ("tier: ZONAL", "tier: BASIC_HDD"),
        ("kind: gcs,", "kind: gcs, bucket: another-name-of-it,"),
        ("type: hyperdisk-balanced", "type: pd-balanced"),
    ],
    ids=["Lustre elsewhere", "another tier", "a bucket's name", "another disk"],
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
    clean(["lab"], OF_GKE)
    account = Account(tmp_path_factory.mktemp("research"), cluster)
    account.stack("research-data").up()
    account.stack("research").up()
    yield account
    clean(["lab"], OF_GKE)


def handles() -> dict[str, str]:
    """What each claim of the lab mounts, by its driver's name of it."""
    return {
        name: volume_of(claim).spec.csi.volume_handle
        for name, claim in claims("lab").items()
    }


def test_a_cluster_is_thrown_away_and_made_again(research: Account) -> None:
    storage, project = research.stack("research-data"), research.stack("research")
    held, mounted = data(storage), handles()
    assert len(mounted) == 4
    said = project.take_down()
    assert project.store.all(CLUSTER) == {}
    assert claims("lab") == {}
    assert data(storage) == held
    assert storage.changes() == {}
    gone = [line for line in said.splitlines() if "deleted" in line]
    last_claim = max(
        i for i, line in enumerate(gone) if "PersistentVolumeClaim" in line
    )
    first_nodes = min(i for i, line in enumerate(gone) if "NodePool" in line)
    assert last_claim < first_nodes
    project.up()
    assert len(project.store.all(CLUSTER)) == 1
    assert data(storage) == held
    assert handles() == mounted


def test_what_there_is_is_used_or_taken_over_as_it_is(
    tmp_path: Path, cluster: sandbox.Cluster
) -> None:
    clean(["speech"], OF_GKE)
    account = Account(tmp_path, cluster)
    # Its image is not to be had here.
    mounts = "mounts: {/notes: notes}"
    account.edit("shared", (mounts, f"{mounts}\n        await: false"))
    project = account.stack("shared")
    owner = "ml-shared-123456"
    zone = "us-central1-a"
    account.network(project, owner, "us-central1", "shared")
    account.existing_cluster(project, owner, zone, "shared")
    account.disk(project, owner, zone, "weights", size=100, type="pd-ssd")
    filestore = f"projects/{owner}/locations/{zone}/instances/models"
    network = {"network": "shared", "modes": ["MODE_IPV4"]}
    project.store.put(
        FILESTORE,
        filestore,
        {
            "name": "models",
            "project": owner,
            "location": zone,
            "tier": "ZONAL",
            "fileShares": {"name": "models", "capacityGb": 1024},
            "networks": [network],
            "labels": {"owner": "speech"},
        },
        {
            "networks": [{**network, "ipAddresses": ["10.16.0.2"]}],
            "createTime": "2026-01-01T00:00:00Z",
        },
    )
    project.store.put(
        BUCKET,
        "corpora-of-the-company",
        {"name": "corpora-of-the-company", "location": "US-CENTRAL1"},
    )
    with provisioner(PD):
        project.up()
    held = {token: [*project.store.all(token)] for token in (FILESTORE, DISK, BUCKET)}
    assert held == {
        FILESTORE: [filestore],
        DISK: [f"projects/{owner}/zones/{zone}/disks/weights"],
        BUCKET: ["corpora-of-the-company"],
    }
    # What its owner said of it is still there.
    kept: Any = project.store.all(FILESTORE)[filestore]["inputs"]
    assert kept["labels"]["owner"] == "speech"
    bound = claims("speech")
    mounted = {n: volume_of(c).spec.csi.volume_handle for n, c in bound.items()}
    assert mounted["models"] == f"modeInstance/{zone}/models/models"
    assert mounted["lustre"] == f"{owner}/{zone}/scratch"
    with sandbox.client() as connection:
        pods = client.CoreV1Api(connection).read_namespaced_service_account(
            "workload", "speech"
        )
    impersonated = pods.metadata.annotations["iam.gke.io/gcp-service-account"]
    assert impersonated.endswith(f"@{owner}.iam.gserviceaccount.com")
    assert project.changes() == {}
    clean(["speech"], OF_GKE)


def test_a_team_cannot_be_built_on_storage_that_is_not_deployed(tmp_path: Path) -> None:
    said = Account(tmp_path).stack("research").run("preview", fails=True)
    assert "CON05" in said
