from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest
from pydantic import ValidationError

from components.catalog.gke_add_ons import GKE_ADD_ONS
from components.gcp.gke_cluster import GkeCluster, GkeClusterArgs
from components.gcp.gke_cluster_spec import GkeClusterSpec
from components.gcp.node_account import NodeAccount, NodeAccountArgs
from components.testing import Deployment, deploy
from tests.cloud.gcp.registered import refusals

PROJECT = "ml-prod-123456"
CLUSTER = "gcp:container/cluster:Cluster"
NETWORK = f"projects/{PROJECT}/global/networks/prod"
SUBNET = f"projects/{PROJECT}/regions/us-central1/subnetworks/prod"
KEY = f"projects/{PROJECT}/locations/us-central1/keyRings/r/cryptoKeys/k"
DNS = "gke-0123.us-central1.gke.goog"


@pytest.fixture(params=[False, True], ids=["update", "preview"])
def preview(request: pytest.FixtureRequest) -> bool:
    return request.param


def made(preview: bool, spec: dict[str, Any], **more: Any) -> Deployment:
    def program() -> dict[str, Any]:
        provider = gcp.Provider("gcp", project=PROJECT, region="us-central1")
        given = {
            "project": PROJECT,
            "region": "us-central1",
            "network": NETWORK,
            "subnet": SUBNET,
            "pods_range": "pods",
            "services_range": "services",
            **more,
        }
        args = GkeClusterArgs(spec=GkeClusterSpec.model_validate(spec), **given)
        cluster = GkeCluster("lab", args, pulumi.ResourceOptions(provider=provider))
        return {
            "name": cluster.cluster_name,
            "location": cluster.location,
            "endpoint": cluster.endpoint,
            "pool": cluster.workload_pool,
            "kubeconfig": cluster.kubeconfig,
        }

    deployed = deploy(program, preview=preview)
    # What Google itself would refuse, by its own documents.
    assert refusals(deployed) == []
    return deployed


def test_one_that_exists_is_looked_up(preview: bool) -> None:
    deployed = made(preview, {"existing": "prod"})
    cluster = deployed.one(CLUSTER)
    assert cluster.read
    assert cluster.import_id == (
        f"projects/{PROJECT}/locations/us-central1/clusters/prod"
    )
    assert [r for r in deployed.resources if r.type.startswith("gcp:")] == [cluster]
    zonal = made(preview, {"existing": "prod", "location": "us-central1-b"})
    assert "/locations/us-central1-b/" in str(zonal.one(CLUSTER).import_id)


def test_one_that_is_made(preview: bool) -> None:
    deployed = made(preview, {"create": {}})
    cluster = deployed.one(CLUSTER)
    assert cluster.parent == deployed.one("ml-storage:index:GkeCluster").urn
    fields = cluster.inputs
    assert fields["location"] == "us-central1"
    assert (fields["network"], fields["subnetwork"]) == (NETWORK, SUBNET)
    assert fields["ipAllocationPolicy"] == {
        "clusterSecondaryRangeName": "pods",
        "servicesSecondaryRangeName": "services",
    }
    assert fields["releaseChannel"] == {"channel": "REGULAR"}
    assert "minMasterVersion" not in fields
    assert fields["workloadIdentityConfig"] == {
        "workloadPool": f"{PROJECT}.svc.id.goog"
    }
    assert fields["datapathProvider"] == "ADVANCED_DATAPATH"
    assert fields["enableShieldedNodes"] is True
    assert fields["removeDefaultNodePool"] is True
    assert fields["initialNodeCount"] == 1
    assert fields["privateClusterConfig"] == {
        "enablePrivateNodes": True,
        "enablePrivateEndpoint": True,
    }
    # Stated without addresses: no one from outside, Google's own machines neither.
    assert fields["masterAuthorizedNetworksConfig"] == {
        "cidrBlocks": [],
        "gcpPublicCidrsAccessEnabled": False,
    }
    certificate = fields["masterAuth"]["clientCertificateConfig"]
    assert certificate == {"issueClientCertificate": False}
    assert fields["monitoringConfig"]["managedPrometheus"] == {"enabled": True}
    assert not {"addonsConfig", "databaseEncryption", "enableAutopilot"} & set(fields)
    # GKE upgrades by itself, and the first pool is gone.
    assert set(cluster.ignore_changes) == {
        "initialNodeCount",
        "nodeConfig",
        "nodeVersion",
    }


@pytest.mark.parametrize("on_delete", ["protect", "delete"])
def test_whether_it_can_be_destroyed(preview: bool, on_delete: str) -> None:
    cluster = made(preview, {"create": {"onDelete": on_delete}}).one(CLUSTER)
    kept = on_delete == "protect"
    assert cluster.protect is kept
    assert cluster.inputs["deletionProtection"] is kept


def test_as_it_is_asked_for(preview: bool) -> None:
    create = {
        "channel": "rapid",
        "version": "1.35",
        "publicAccess": ["203.0.113.0/24"],
    }
    spec = {"location": "us-central1-a", "create": create}
    fields = made(preview, spec, kms_key=KEY, add_ons=list(GKE_ADD_ONS)).one(CLUSTER)
    inputs = fields.inputs
    assert inputs["location"] == "us-central1-a"
    assert inputs["releaseChannel"] == {"channel": "RAPID"}
    assert inputs["minMasterVersion"] == "1.35"
    assert inputs["privateClusterConfig"]["enablePrivateEndpoint"] is False
    networks = inputs["masterAuthorizedNetworksConfig"]["cidrBlocks"]
    assert networks == [{"cidrBlock": "203.0.113.0/24"}]
    assert inputs["databaseEncryption"] == {"state": "ENCRYPTED", "keyName": KEY}
    assert inputs["addonsConfig"] == {
        "gcePersistentDiskCsiDriverConfig": {"enabled": True},
        "gcpFilestoreCsiDriverConfig": {"enabled": True},
        "gcsFuseCsiDriverConfig": {"enabled": True},
        "lustreCsiDriverConfig": {"enabled": True},
    }


def test_autopilot_states_nothing_that_it_has_in_any_case(preview: bool) -> None:
    email = f"nodes@{PROJECT}.iam.gserviceaccount.com"
    spec = {"create": {"mode": "autopilot"}}
    fields = made(preview, spec, node_account=email).one(CLUSTER).inputs
    assert fields["enableAutopilot"] is True
    defaults = fields["clusterAutoscaling"]["autoProvisioningDefaults"]
    assert defaults == {"serviceAccount": email}
    assert not {
        "removeDefaultNodePool",
        "initialNodeCount",
        "enableShieldedNodes",
        "workloadIdentityConfig",
        "datapathProvider",
        "nodeConfig",
    } & set(fields)


@pytest.mark.parametrize("spec", [{"existing": "prod"}, {"create": {}}])
def test_a_kubeconfig_holds_no_credentials(spec: dict[str, Any]) -> None:
    deployed = made(False, spec)
    config = json.loads(deployed.outputs["kubeconfig"])
    (cluster,) = config["clusters"]
    assert cluster["cluster"]["server"] == "https://203.0.113.7"
    assert cluster["cluster"]["certificate-authority-data"] == "Q0E="
    (user,) = config["users"]
    assert set(user["user"]) == {"exec"}
    assert user["user"]["exec"]["command"] == "gke-gcloud-auth-plugin"
    assert not {"args", "env"} & set(user["user"]["exec"])
    assert deployed.outputs["pool"] == f"{PROJECT}.svc.id.goog"


def test_the_name_of_the_api_server(preview: bool) -> None:
    def program() -> dict[str, Any]:
        provider = gcp.Provider("gcp", project=PROJECT, region="us-central1")
        spec = GkeClusterSpec.model_validate({"create": {"dnsEndpoint": True}})
        args = GkeClusterArgs(
            spec=spec,
            project=PROJECT,
            region="us-central1",
            network=NETWORK,
            subnet=SUBNET,
        )
        opts = pulumi.ResourceOptions(provider=provider)
        return {"kubeconfig": GkeCluster("lab", args, opts).kubeconfig}

    deployed = deploy(
        program,
        preview=preview,
        outputs=lambda made: (
            {
                "controlPlaneEndpointsConfig": {
                    "dnsEndpointConfig": {"endpoint": DNS, "allowExternalTraffic": True}
                }
            }
            if made.type == CLUSTER
            else {}
        ),
    )
    fields = deployed.one(CLUSTER).inputs
    assert fields["controlPlaneEndpointsConfig"] == {
        "dnsEndpointConfig": {"allowExternalTraffic": True}
    }
    if not preview:
        config = json.loads(deployed.outputs["kubeconfig"])
        assert config["clusters"][0]["cluster"] == {"server": f"https://{DNS}"}


def test_a_cluster_is_made_in_a_subnet() -> None:
    with pytest.raises(ValueError, match="in a subnet"):
        made(False, {"create": {}}, subnet=None)


def test_nodes_may_report_on_themselves_and_no_more(preview: bool) -> None:
    def program() -> dict[str, Any]:
        provider = gcp.Provider("gcp", project=PROJECT)
        opts = pulumi.ResourceOptions(provider=provider)
        account = NodeAccount("lab", NodeAccountArgs(project=PROJECT), opts)
        return {"email": account.email}

    deployed = deploy(program, preview=preview)
    assert refusals(deployed) == []
    component = deployed.one("ml-storage:index:NodeAccount")
    members = deployed.all("gcp:projects/iAMMember:IAMMember")
    assert {m.parent for m in members} == {component.urn}
    roles = {m.inputs["role"] for m in members}
    assert roles == {
        "roles/artifactregistry.reader",
        "roles/logging.logWriter",
        "roles/monitoring.metricWriter",
        "roles/monitoring.viewer",
        "roles/stackdriver.resourceMetadata.writer",
    }
    assert deployed.all("gcp:serviceaccount/key:Key") == []
    if not preview:
        email = deployed.outputs["email"]
        assert {m.inputs["member"] for m in members} == {f"serviceAccount:{email}"}


@pytest.mark.parametrize(
    ("spec", "rule", "nearest"),
    [
        ({}, "GKE01", "create: {mode: standard}"),
        ({"existing": "prod", "create": {}}, "GKE01", None),
        ({"existing": "Prod"}, "GKE02", "prod"),
        ({"create": {"version": "v1.35"}}, "GKE03", '"1.35"'),
        ({"existing": "prod", "version": "1.35-gke.1"}, "GKE03", '"1.35"'),
        ({"create": {"publicAccess": ["203.0.113.7"]}}, "GKE05", "203.0.113.7/32"),
        ({"version": "1.35", "create": {}}, "GKE07", 'create: {version: "1.35"}'),
        ({"existing": "prod", "location": "us"}, "GNT07", None),
    ],
)
def test_refused(spec: dict[str, Any], rule: str, nearest: object) -> None:
    with pytest.raises(ValidationError) as caught:
        GkeClusterSpec.model_validate(spec)
    (error,) = caught.value.errors()
    problem = error["ctx"]["problem"]
    assert (problem.rule, problem.nearest) == (rule, nearest)
