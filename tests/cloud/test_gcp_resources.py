"""The stand-in's resources of Google Cloud through their life, without an engine."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.kubernetes_provider.values import UNKNOWN
from tests.cloud.gcp.cloud import Gcp
from tests.cloud.gcp.identities import NUMBER
from tests.cloud.kind import CloudError
from tests.cloud.provider import CloudProvider
from tests.cloud.store import Store

PROJECT = "ml-prod-123456"
ACCOUNT = "gcp:serviceaccount/account:Account"
ADDRESS = "gcp:compute/globalAddress:GlobalAddress"
BUCKET = "gcp:storage/bucket:Bucket"
CLUSTER = "gcp:container/cluster:Cluster"
CONNECTION = "gcp:servicenetworking/connection:Connection"
CRYPTO_KEY = "gcp:kms/cryptoKey:CryptoKey"
DISK = "gcp:compute/disk:Disk"
FILESTORE = "gcp:filestore/instance:Instance"
KEY_RING = "gcp:kms/keyRing:KeyRing"
LUSTRE = "gcp:lustre/instance:Instance"
MEMBER = "gcp:storage/bucketIAMMember:BucketIAMMember"
NETWORK = "gcp:compute/network:Network"
POOL = "gcp:container/nodePool:NodePool"
SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"
TPU_VM = "gcp:tpu/v2Vm:V2Vm"


class Cloud:
    """What the engine does with a provider, in one line each."""

    def __init__(self, directory: Path, **config: Any) -> None:
        self.store = Store(directory)
        self.provider = CloudProvider(Gcp(), self.store, PROJECT)
        self.provider.configure({"project": PROJECT, "region": "us-central1", **config})

    def check(self, token: str, called: str = "it", /, **inputs: Any) -> Any:
        return self.provider.check(
            token, inputs, {}, name=called, seed=called.encode(), proposed=""
        )

    def create(
        self, token: str, called: str = "it", /, **inputs: Any
    ) -> tuple[str, Any]:
        checked, failures = self.check(token, called, **inputs)
        assert failures == []
        return self.provider.create(token, checked, preview=False)

    def services(self) -> str:
        """A network whose private services are reached by a peering."""
        network, state = self.create(NETWORK, name="net")
        self.create(
            ADDRESS,
            name="services",
            network=state["selfLink"],
            purpose="VPC_PEERING",
            addressType="INTERNAL",
            prefixLength=20,
        )
        self.create(
            CONNECTION,
            network=network,
            service="servicenetworking.googleapis.com",
            reservedPeeringRanges=["services"],
        )
        return network


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return Cloud(tmp_path)


def test_outputs_are_those_of_google_and_unknown_in_a_preview(cloud: Cloud) -> None:
    inputs, _ = cloud.check(SUBNETWORK, network="net", ipCidrRange="10.60.0.0/20")
    id_, state = cloud.provider.create(SUBNETWORK, inputs, preview=True)
    assert id_ == ""
    assert state["selfLink"] is UNKNOWN
    assert state["region"] == "us-central1"
    network, made = cloud.create(NETWORK, name="net")
    assert network == f"projects/{PROJECT}/global/networks/net"
    assert made["selfLink"] == f"https://www.googleapis.com/compute/v1/{network}"
    id_, state = cloud.create(
        SUBNETWORK, name="nodes", network=network, ipCidrRange="10.60.0.0/20"
    )
    assert id_ == f"projects/{PROJECT}/regions/us-central1/subnetworks/nodes"
    assert state["gatewayAddress"] == "10.60.0.1"
    assert state["project"] == PROJECT


def test_a_lustre_tells_where_it_is_mounted_from(cloud: Cloud) -> None:
    id_, state = cloud.create(
        LUSTRE,
        instanceId="training",
        location="us-central1-a",
        filesystem="training",
        capacityGib="18000",
        perUnitStorageThroughput="500",
        network=cloud.services(),
    )
    assert id_ == f"projects/{PROJECT}/locations/us-central1-a/instances/training"
    address, _, name = state["mountPoint"].partition("@tcp:/")
    assert address.startswith("10.")
    assert name == "training"
    smaller = {**cloud.store.all(LUSTRE)[id_]["inputs"], "capacityGib": "9000"}
    with pytest.raises(CloudError, match="can only be increased"):
        cloud.provider.update(LUSTRE, id_, smaller, state, preview=False)
    [connection] = cloud.store.all(CONNECTION)
    with pytest.raises(CloudError, match="still using this connection"):
        cloud.provider.delete(CONNECTION, connection, {})


def test_private_services_need_their_connection_first(cloud: Cloud) -> None:
    network, _ = cloud.create(NETWORK, name="net")
    with pytest.raises(CloudError, match="no private connection"):
        cloud.create(
            LUSTRE,
            instanceId="training",
            location="us-central1-a",
            filesystem="training",
            capacityGib="18000",
            network=network,
        )


def filestore(network: str, mode: str, **more: Any) -> dict[str, Any]:
    return {
        "name": "shared",
        "tier": "ZONAL",
        "location": "us-central1-a",
        "fileShares": {"name": "data", "capacityGb": 1024},
        "networks": [{"network": network, "modes": ["MODE_IPV4"], "connectMode": mode}],
        **more,
    }


def test_a_filestore_peers_by_itself_or_by_the_connection(cloud: Cloud) -> None:
    network = cloud.services()
    direct = filestore(network, "DIRECT_PEERING", name="direct")
    cloud.create(FILESTORE, **direct)
    cloud.provider.delete(CONNECTION, next(iter(cloud.store.all(CONNECTION))), {})
    with pytest.raises(CloudError, match="no private connection"):
        cloud.create(FILESTORE, **filestore(network, "PRIVATE_SERVICE_ACCESS"))
    with pytest.raises(CloudError, match="resourceInUseByAnotherResource"):
        cloud.provider.delete(NETWORK, network, {})


def test_a_basic_instance_only_grows_and_a_zonal_one_shrinks(cloud: Cloud) -> None:
    network, _ = cloud.create(NETWORK, name="net")
    for tier, fails in (("BASIC_SSD", True), ("ZONAL", False)):
        inputs = filestore(network, "DIRECT_PEERING", tier=tier, name=tier.lower())
        inputs["fileShares"] = {"name": "data", "capacityGb": 5120}
        inputs["name"] = tier.lower().replace("_", "-")
        id_, state = cloud.create(FILESTORE, **inputs)
        smaller = {**inputs, "fileShares": {"name": "data", "capacityGb": 2560}}
        if fails:
            with pytest.raises(CloudError, match="can not be reduced"):
                cloud.provider.update(FILESTORE, id_, smaller, state, preview=False)
        else:
            cloud.provider.update(FILESTORE, id_, smaller, state, preview=False)


def test_addresses_of_an_instance_stay_through_reads_and_updates(cloud: Cloud) -> None:
    network, _ = cloud.create(NETWORK, name="net")
    inputs = filestore(network, "DIRECT_PEERING")
    id_, state = cloud.create(FILESTORE, **inputs)
    [first] = state["networks"]
    larger = {**inputs, "fileShares": {"name": "data", "capacityGb": 1280}}
    state = cloud.provider.update(FILESTORE, id_, larger, state, preview=True)
    assert state["networks"][0]["ipAddresses"] == first["ipAddresses"]
    cloud.provider.update(FILESTORE, id_, larger, state, preview=False)
    found = cloud.provider.read(FILESTORE, id_, larger, state)
    assert found is not None
    assert found[1]["networks"][0]["ipAddresses"] == first["ipAddresses"]


def test_guards_are_off_before_what_they_guard_goes(cloud: Cloud) -> None:
    network, _ = cloud.create(NETWORK, name="net")
    inputs = filestore(network, "DIRECT_PEERING", deletionProtectionEnabled=True)
    id_, state = cloud.create(FILESTORE, **inputs)
    with pytest.raises(CloudError, match="deletion protection enabled"):
        cloud.provider.delete(FILESTORE, id_, state)
    off = {**inputs, "deletionProtectionEnabled": False}
    state = cloud.provider.update(FILESTORE, id_, off, state, preview=False)
    cloud.provider.delete(FILESTORE, id_, state)
    cluster, state = cloud.create(CLUSTER, location="us-central1", network=network)
    with pytest.raises(CloudError, match="deletion_protection is set to true"):
        cloud.provider.delete(CLUSTER, cluster, state)


def test_a_policy_prevents_or_abandons(cloud: Cloud) -> None:
    disk, state = cloud.create(
        DISK, name="w", zone="us-central1-a", deletionPolicy="PREVENT"
    )
    with pytest.raises(CloudError, match='without setting deletion_policy="DELETE"'):
        cloud.provider.delete(DISK, disk, state)
    left = {**cloud.store.all(DISK)[disk]["inputs"], "deletionPolicy": "ABANDON"}
    state = cloud.provider.update(DISK, disk, left, state, preview=False)
    assert cloud.provider.delete(DISK, disk, state) is None
    assert [*cloud.store.all(DISK)] == [disk]


def test_keys_are_forgotten_with_a_warning_and_their_names_stay_taken(
    cloud: Cloud,
) -> None:
    ring, state = cloud.create(KEY_RING, name="data", location="us-central1")
    key, _ = cloud.create(CRYPTO_KEY, name="data", keyRing=ring)
    assert key == f"{ring}/cryptoKeys/data"
    said = cloud.provider.delete(CRYPTO_KEY, key, {})
    assert "all its CryptoKeyVersions will be destroyed" in str(said)
    assert cloud.store.all(CRYPTO_KEY)[key]["destroyed"]
    assert "cannot be deleted" in str(cloud.provider.delete(KEY_RING, ring, state))
    with pytest.raises(CloudError, match="already exists"):
        cloud.create(KEY_RING, name="data", location="us-central1")


def test_a_made_name_is_the_resources_and_stays(cloud: Cloud) -> None:
    first, _ = cloud.check(NETWORK, "Net")
    assert first["name"].startswith("net-")
    assert len(first["name"]) == len("net-") + 7
    again, _ = cloud.provider.check(
        NETWORK, {"mtu": 8896}, first, name="Net", seed=b"other", proposed=""
    )
    assert again["name"] == first["name"]
    # A disk's name is not put into small letters by the provider.
    _, failures = cloud.check(DISK, "Weights")
    assert [failure.path for failure in failures] == ["name"]
    _, failures = cloud.check(ACCOUNT, "a" * 25)
    assert [failure.path for failure in failures] == ["accountId"]


def test_labels_of_the_provider_are_outputs(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path, defaultLabels='{"cost-center": "ml", "team": "all"}')
    id_, state = cloud.create(BUCKET, location="US", labels={"team": "vision"})
    ours = {"cost-center": "ml", "goog-pulumi-provisioned": "true", "team": "vision"}
    assert state["labels"] == {"team": "vision"}
    assert state["pulumiLabels"] == state["effectiveLabels"] == ours
    inputs = cloud.store.all(BUCKET)[id_]["inputs"]
    assert cloud.provider.diff(BUCKET, inputs, state, inputs, [])[0].changes == {}
    other = Cloud(tmp_path, defaultLabels='{"cost-center": "research"}')
    found, _ = other.provider.diff(BUCKET, inputs, state, inputs, [])
    assert {*found.changes} == {"effectiveLabels", "pulumiLabels"}
    assert found.replaces == set()


def test_what_is_imported_brings_no_labels(cloud: Cloud) -> None:
    cloud.store.put(
        BUCKET, "datasets", {"name": "datasets", "location": "US", "labels": {"a": "b"}}
    )
    found = cloud.provider.read(BUCKET, "datasets", {}, {})
    assert found is not None
    inputs, state = found
    assert inputs == {"name": "datasets", "location": "US"}
    assert (state["pulumiLabels"], state["effectiveLabels"]) == ({}, {"a": "b"})
    assert cloud.provider.diff(BUCKET, inputs, state, inputs, [])[0].changes == {}
    ours = {**inputs, "labels": {"team": "vision"}}
    state = cloud.provider.update(BUCKET, "datasets", ours, state, preview=False)
    assert state["pulumiLabels"] == {"team": "vision"}
    assert state["effectiveLabels"] == {"a": "b", "team": "vision"}


def test_a_project_must_be_given() -> None:
    assert [f.path for f in Gcp().config_failures({})] == ["project"]
    wrong = {"project": "Prod", "region": "us-central1-a"}
    assert {f.path for f in Gcp().config_failures(wrong)} == {"project", "region"}


def test_another_project_or_zone_replaces(cloud: Cloud, tmp_path: Path) -> None:
    inputs = {"name": "w", "zone": "us-central1-a"}
    _, state = cloud.create(DISK, **inputs)
    moved = {**inputs, "zone": "us-central1-b"}
    found, first = cloud.provider.diff(DISK, inputs, state, moved, [])
    assert found.replaces == {"zone"}
    # The name is free in the other zone, but the provider cannot know that.
    assert first
    other = Cloud(tmp_path, project="ml-dev-654321")
    found, _ = other.provider.diff(DISK, inputs, state, inputs, [])
    assert found.replaces == {"project"}


def test_a_disk_needs_a_zone(cloud: Cloud) -> None:
    with pytest.raises(CloudError, match="zone: required field is not set"):
        cloud.create(DISK, name="w")


@pytest.mark.parametrize(
    ("token", "old", "new", "replaces"),
    [
        (DISK, {"size": 100}, {"size": 200}, set()),
        (DISK, {"size": 200}, {"size": 100}, {"size"}),
        (DISK, {"type": "pd-ssd"}, {"type": "hyperdisk-ml"}, {"type"}),
        (
            DISK,
            {"type": "hyperdisk-balanced", "provisionedIops": 3000},
            {"type": "hyperdisk-balanced", "provisionedIops": 6000},
            set(),
        ),
        (
            DISK,
            {"type": "pd-extreme", "provisionedIops": 3000},
            {"type": "pd-extreme", "provisionedIops": 6000},
            {"provisionedIops"},
        ),
        (DISK, {}, {"accessMode": "READ_ONLY_MANY"}, set()),
        (BUCKET, {"location": "US"}, {"location": "EU"}, {"location"}),
        (
            BUCKET,
            {},
            {"hierarchicalNamespace": {"enabled": True}},
            {"hierarchicalNamespace.enabled"},
        ),
        (BUCKET, {}, {"storageClass": "NEARLINE"}, set()),
        (FILESTORE, {"tier": "ZONAL"}, {"tier": "REGIONAL"}, {"tier"}),
        (
            FILESTORE,
            {"fileShares": {"name": "a", "capacityGb": 1024}},
            {"fileShares": {"name": "a", "capacityGb": 1280}},
            set(),
        ),
        (LUSTRE, {"capacityGib": "9000"}, {"capacityGib": "18000"}, set()),
        (
            LUSTRE,
            {"perUnitStorageThroughput": "500"},
            {"perUnitStorageThroughput": "1000"},
            {"perUnitStorageThroughput"},
        ),
        (
            SUBNETWORK,
            {"ipCidrRange": "10.60.0.0/20"},
            {"ipCidrRange": "10.60.0.0/19"},
            set(),
        ),
        (
            SUBNETWORK,
            {"ipCidrRange": "10.60.0.0/20"},
            {"ipCidrRange": "10.60.0.0/21"},
            {"ipCidrRange"},
        ),
        (
            POOL,
            {"nodeConfig": {"machineType": "g2-standard-4"}},
            {"nodeConfig": {"machineType": "g2-standard-8"}},
            set(),
        ),
        (
            POOL,
            {"nodeConfig": {"spot": True}},
            {"nodeConfig": {"spot": False}},
            {"nodeConfig.spot"},
        ),
        (
            POOL,
            {"nodeConfig": {"guestAccelerators": [{"type": "a", "count": 1}]}},
            {"nodeConfig": {"guestAccelerators": [{"type": "a", "count": 2}]}},
            {"nodeConfig.guestAccelerators[0].count"},
        ),
        (POOL, {"autoscaling": {"totalMaxNodeCount": 1}}, {"autoscaling": {}}, set()),
        (CLUSTER, {}, {"enableAutopilot": True}, {"enableAutopilot"}),
        (CLUSTER, {"deletionProtection": False}, {}, set()),
        (TPU_VM, {"runtimeVersion": "a"}, {"runtimeVersion": "b"}, {"runtimeVersion"}),
    ],
)
def test_what_replaces_is_what_the_provider_replaces(
    cloud: Cloud,
    token: str,
    old: dict[str, Any],
    new: dict[str, Any],
    replaces: set[str],
) -> None:
    found, _ = cloud.provider.diff(token, old, {}, new, [])
    assert found.changes
    assert found.replaces == replaces


@pytest.mark.parametrize(
    ("token", "old", "new"),
    [
        (BUCKET, {"location": "us-central1"}, {"location": "US-CENTRAL1"}),
        (
            SUBNETWORK,
            {"network": "net"},
            {"network": f"projects/{PROJECT}/global/networks/net"},
        ),
        (POOL, {"nodeLocations": ["a", "b"]}, {"nodeLocations": ["b", "a"]}),
        (CLUSTER, {"deletionProtection": True}, {}),
    ],
)
def test_two_ways_to_say_the_same_are_no_change(
    cloud: Cloud, token: str, old: dict[str, Any], new: dict[str, Any]
) -> None:
    assert cloud.provider.diff(token, old, {}, new, [])[0].changes == {}


def test_a_bucket_with_objects_or_a_cache_stays_unless_forced(cloud: Cloud) -> None:
    name, state = cloud.create(BUCKET, name="datasets-0", location="US")
    member = {"role": "roles/storage.objectViewer", "member": "user:a@b.c"}
    id_, _ = cloud.create(MEMBER, bucket=name, **member)
    assert id_ == "b/datasets-0/roles/storage.objectViewer/user:a@b.c"
    cloud.store.put(BUCKET, name, {"name": name, "location": "US"}, objects=3)
    with pytest.raises(CloudError, match="without `force_destroy` set to true"):
        cloud.provider.delete(BUCKET, name, state)
    cloud.provider.delete(BUCKET, name, {**state, "forceDestroy": True})
    assert cloud.store.get(BUCKET, name) is None
    # Who may read it goes with it.
    assert cloud.store.all(MEMBER) == {}


def test_a_cluster_is_where_a_test_says_and_takes_its_pools_along(
    cloud: Cloud,
) -> None:
    network, _ = cloud.create(NETWORK, name="net")
    cloud.store.put(
        "stand-in:cluster",
        "*",
        {"endpoint": "https://127.0.0.1:6443", "certificateAuthority": "Y2E="},
    )
    id_, state = cloud.create(
        CLUSTER,
        name="train",
        location="us-central1",
        network=network,
        deletionProtection=False,
        workloadIdentityConfig={"workloadPool": f"{PROJECT}.svc.id.goog"},
    )
    assert state["endpoint"] == "127.0.0.1:6443"
    assert state["masterAuth"]["clusterCaCertificate"] == "Y2E="
    with pytest.raises(CloudError, match=r"Service account .* does not exist"):
        cloud.create(POOL, cluster=id_, nodeConfig={"serviceAccount": "a@b.c"})
    _, account = cloud.create(ACCOUNT, accountId="nodes-1")
    email = f"nodes-1@{PROJECT}.iam.gserviceaccount.com"
    assert account["email"] == email
    pool, made = cloud.create(
        POOL, name="gpu", cluster=id_, nodeConfig={"serviceAccount": email}
    )
    assert pool == f"{id_}/nodePools/gpu"
    assert made["location"] == "us-central1"
    with pytest.raises(CloudError, match="resourceInUseByAnotherResource"):
        cloud.provider.delete(NETWORK, network, {})
    cloud.provider.delete(CLUSTER, id_, state)
    assert cloud.store.all(POOL) == {}


def test_a_disk_in_use_stays(cloud: Cloud) -> None:
    disk, state = cloud.create(DISK, name="weights", zone="us-central1-a")
    vm, _ = cloud.create(
        TPU_VM,
        zone="us-central1-a",
        runtimeVersion="v2-alpha-tpuv6e",
        dataDisks=[{"sourceDisk": disk, "mode": "READ_ONLY"}],
    )
    with pytest.raises(CloudError, match=r"disk resource .* already being used"):
        cloud.provider.delete(DISK, disk, state)
    cloud.provider.delete(TPU_VM, vm, {})
    cloud.provider.delete(DISK, disk, state)


def test_functions_answer_and_others_are_refused_by_name(cloud: Cloud) -> None:
    function = "gcp:organizations/getProject:getProject"
    number = cloud.provider.invoke(function, {})["number"]
    assert number.isdigit()
    cloud.store.put(NUMBER, PROJECT, {"number": "123456789012"})
    assert cloud.provider.invoke(function, {})["number"] == "123456789012"
    agent = cloud.provider.invoke(
        "gcp:storage/getProjectServiceAccount:getProjectServiceAccount", {}
    )
    email = "service-123456789012@gs-project-accounts.iam.gserviceaccount.com"
    assert agent["emailAddress"] == email
    config = cloud.provider.invoke(
        "gcp:organizations/getClientConfig:getClientConfig", {}
    )
    assert (config["project"], config["region"]) == (PROJECT, "us-central1")
    with pytest.raises(CloudError, match="no function gcp:compute/getZones:getZones"):
        cloud.provider.invoke("gcp:compute/getZones:getZones", {})
