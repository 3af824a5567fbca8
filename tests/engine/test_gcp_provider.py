"""The stand-in of Google Cloud under the real engine."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.cloud.project import GcpProject

pytestmark = pytest.mark.pulumi

BUCKET = "gcp:storage/bucket:Bucket"
CLUSTER = "gcp:container/cluster:Cluster"
CRYPTO_KEY = "gcp:kms/cryptoKey:CryptoKey"
DISK = "gcp:compute/disk:Disk"
FILESTORE = "gcp:filestore/instance:Instance"
KEY_RING = "gcp:kms/keyRing:KeyRing"
NETWORK = "gcp:compute/network:Network"

THEIRS = "projects/ml-prod-123456/global/networks/prod"
LINK = f"https://www.googleapis.com/compute/v1/{THEIRS}"


@pytest.fixture
def project(tmp_path: Path) -> GcpProject:
    """A project in which there is a network already."""
    project = GcpProject(tmp_path)
    project.store.put(NETWORK, THEIRS, {"name": "prod"}, {"selfLink": LINK})
    return project


LIFE = """
def make(capacity=1024, share="data", **options):
    return gcp.filestore.Instance(
        "files",
        tier="ZONAL",
        location="us-central1-a",
        protocol="NFS_V4_1",
        file_shares={{"name": share, "capacity_gb": capacity}},
        networks=[{{"network": "prod", "modes": ["MODE_IPV4"]}}],
        kms_key_name=key.id,
        labels={{"team": "vision"}},
        opts=pulumi.ResourceOptions(provider=provider, **options),
    )

ring = gcp.kms.KeyRing("ring", location="us-central1", opts=opts)
key = gcp.kms.CryptoKey("key", key_ring=ring.id, opts=opts)
files = make({arguments})
nodes = gcp.serviceaccount.Account(
    "nodes", description=pulumi.Output.secret("hidden"), opts=opts
)
read = pulumi.InvokeOptions(provider=provider)
pulumi.export("number", gcp.organizations.get_project(opts=read).number)
pulumi.export("storage", gcp.storage.get_project_service_account(opts=read).member)
address = files.networks.apply(lambda found: found[0].ip_addresses[0])
pulumi.export("source", pulumi.Output.concat(address, ":/data"))
"""


def test_an_instance_through_its_life(project: GcpProject) -> None:
    said = project.preview(LIFE.format(arguments="protect=True"))
    assert "source : [unknown]" in said
    assert "+ 6 to create" in said
    assert project.store.all(FILESTORE) == {}

    said = project.up()
    [(id_, thing)] = project.store.all(FILESTORE).items()
    [share] = thing["outputs"]["networks"]
    assert f'source : "{share["ipAddresses"][0]}:/data"' in said
    assert id_.startswith(
        "projects/ml-prod-123456/locations/us-central1-a/instances/files-"
    )
    labels = {
        "cost-center": "ml",
        "goog-pulumi-provisioned": "true",
        "team": "vision",
    }
    assert thing["outputs"]["effectiveLabels"] == labels
    assert project.resource("files")["inputs"]["labels"] == {"team": "vision"}
    number = thing_number(said)
    assert f"service-{number}@gs-project-accounts.iam.gserviceaccount.com" in said
    assert "hidden" not in json.dumps(project.deployment())
    assert project.changes() == {}

    # In place where Google can: capacity that grows.
    said = project.up(LIFE.format(arguments="capacity=1280, protect=True"))
    assert "1 updated" in said
    assert capacity(project, id_) == 1280

    # A replacement where it cannot: another name of the share.
    renamed = LIFE.format(arguments='1280, "models", protect=True')
    assert "unable to replace resource" in project.up(renamed, fails=True)
    assert [*project.store.all(FILESTORE)] == [id_]

    # What somebody else did is seen, and undone where that loses nothing.
    grown = dict(project.store.all(FILESTORE)[id_]["inputs"])
    grown["fileShares"] = {"name": "data", "capacityGb": 2048}
    project.store.put(FILESTORE, id_, grown)
    project.write(LIFE.format(arguments="capacity=1280, protect=True"))
    assert "capacityGb" in project.refresh()
    assert project.changes() == {"update": 1}
    project.write(LIFE.format(arguments="capacity=2048, protect=True"))
    assert project.changes() == {}

    # What is protected stays, and so does what it needs.
    assert "protected" in project.take_down(fails=True)
    project.take_down(exclude_protected=True)
    assert [*project.store.all(FILESTORE)] == [id_]
    assert len(project.store.all(CRYPTO_KEY)) == 1
    assert project.store.all("gcp:serviceaccount/account:Account") == {}

    # Keys go out of the state with a warning: Google deletes none.
    project.up(LIFE.format(arguments="capacity=2048, protect=False"))
    said = project.take_down()
    assert "KMS KeyRing resources cannot be deleted from Google Cloud" in said
    assert project.store.all(FILESTORE) == {}
    assert len(project.store.all(KEY_RING)) == 1
    [gone] = project.store.all(CRYPTO_KEY).values()
    assert gone["destroyed"]
    assert project.resources() == []


def thing_number(said: str) -> str:
    """Return what an update printed as the project's number."""
    line = next(line for line in said.splitlines() if "number" in line)
    return line.partition('"')[2].rstrip('"')


def capacity(project: GcpProject, id_: str) -> int:
    return project.store.all(FILESTORE)[id_]["inputs"]["fileShares"]["capacityGb"]


GUARDED = """
cluster = gcp.container.Cluster(
    "train",
    location="us-central1",
    network="prod",
    initial_node_count=1,
    remove_default_node_pool=True,
    deletion_protection={guarded},
    opts=opts,
)
pulumi.export("endpoint", cluster.endpoint)
"""


def test_a_guarded_cluster_goes_once_the_guard_is_off_in_the_state(
    project: GcpProject,
) -> None:
    project.cluster_at("https://127.0.0.1:6443", "Y2E=")
    said = project.up(GUARDED.format(guarded=True))
    assert 'endpoint: "127.0.0.1:6443"' in said
    refused = "Cannot destroy cluster because deletion_protection is set to true"
    assert refused in project.take_down(fails=True)
    # Saying so in the program is not enough: the state has to know.
    project.write(GUARDED.format(guarded=False))
    assert refused in project.take_down(fails=True)
    assert "1 updated" in project.up()
    project.take_down()
    assert project.store.all(CLUSTER) == {}


ADOPT = """
gcp.storage.Bucket(
    "datasets",
    name="datasets-0",
    location="us-central1",
    uniform_bucket_level_access=True,
    opts=pulumi.ResourceOptions(
        provider=plain, protect=True, import_="datasets-0"
    ),
)
theirs = gcp.compute.Network.get(
    "theirs", "projects/ml-prod-123456/global/networks/prod", opts=opts
)
pulumi.export("network", theirs.self_link)
"""
PLAIN = """
plain = gcp.Provider("plain", project="ml-prod-123456", region="us-central1")
"""


def test_what_exists_is_adopted_or_only_read(project: GcpProject) -> None:
    assert "does not exist" in project.preview(PLAIN + ADOPT, fails=True)
    theirs = {
        "name": "datasets-0",
        "location": "US-CENTRAL1",
        "uniformBucketLevelAccess": True,
        "labels": {"owner": "vision"},
    }
    project.store.put(BUCKET, "datasets-0", theirs)
    said = project.preview()
    assert "= 1 to import" in said
    assert "replace" not in said
    assert "~ " not in said
    said = project.up()
    assert "1 imported" in said
    assert f'network: "{LINK}"' in said
    assert project.resource("datasets")["protect"]
    assert project.changes() == {}
    # Labels that no program names stay.
    assert project.store.all(BUCKET)["datasets-0"]["inputs"] == theirs
    project.take_down(exclude_protected=True)
    assert [*project.store.all(BUCKET)] == ["datasets-0"]
    assert [*project.store.all(NETWORK)] == [THEIRS]


UNKNOWN_INPUT = """
class Mine(pulumi.CustomResource):
    def __init__(self):
        wrong = {"locatoin": "US", "location": "US"}
        super().__init__("gcp:storage/bucket:Bucket", "data", wrong, opts)

Mine()
"""
WRONG_VALUE = """
gcp.filestore.Instance(
    "files",
    tier="ZONE",
    location="us-central1-a",
    file_shares={"name": "data", "capacity_gb": 1024},
    networks=[{"network": "prod", "modes": ["MODE_IPV4"]}],
    opts=opts,
)
"""
WRONG_TYPE = """
gcp.compute.Disk("disk", zone="us-central1-a", size="big", opts=opts)
"""
UNKNOWN_TYPE = """
gcp.sql.DatabaseInstance("data", database_version="POSTGRES_17", opts=opts)
"""
UNKNOWN_FUNCTION = """
gcp.compute.get_zones(opts=pulumi.InvokeOptions(provider=provider))
"""
NO_PROJECT = """
other = gcp.Provider("other", region="us-central1")
gcp.storage.Bucket(
    "data", location="US", opts=pulumi.ResourceOptions(provider=other)
)
"""


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (UNKNOWN_INPUT, "did you mean 'location'?"),
        (WRONG_VALUE, "'ZONAL', 'REGIONAL'], got 'ZONE'"),
        (WRONG_TYPE, "expected a whole number, got str 'big'"),
        (UNKNOWN_TYPE, "does not know gcp:sql/databaseInstance:DatabaseInstance"),
        (UNKNOWN_FUNCTION, "has no function gcp:compute/getZones:getZones"),
        (NO_PROJECT, "project: required field is not set"),
    ],
)
def test_what_google_would_refuse_fails_the_preview(
    project: GcpProject, program: str, said: str
) -> None:
    assert said in project.preview(program, fails=True)
    assert [*project.store.read()] == [NETWORK]


LEFT = """
gcp.compute.Disk(
    "weights",
    zone="us-central1-a",
    size=100,
    deletion_policy="{policy}",
    opts=opts,
)
"""


def test_a_deletion_policy_prevents_or_abandons(project: GcpProject) -> None:
    project.up(LEFT.format(policy="PREVENT"))
    assert 'without setting deletion_policy="DELETE"' in project.take_down(fails=True)
    project.up(LEFT.format(policy="ABANDON"))
    project.take_down()
    assert project.resources() == []
    assert len(project.store.all(DISK)) == 1


def test_a_cluster_answers_with_the_token_that_a_test_gives(tmp_path: Path) -> None:
    project = GcpProject(tmp_path)
    project.cluster_at("https://127.0.0.1:6443", "Y2E=", bearer="t0ken")
    words = ["gke-gcloud-auth-plugin"]
    said = subprocess.check_output(words, env=project.env, text=True)
    assert json.loads(said)["status"] == {"token": "t0ken"}
