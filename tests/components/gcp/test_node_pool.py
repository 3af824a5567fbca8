from __future__ import annotations

from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest
from pydantic import ValidationError

from components.catalog import gcp_tpus
from components.catalog.gcp_machines import machines
from components.gcp.node_pool import NodePool, NodePoolArgs, workload_topology
from components.gcp.node_pool_spec import GkeNodePoolSpec
from components.testing import Deployment, Registered, deploy
from tests.cloud.gcp.registered import refusals

PROJECT = "ml-prod-123456"
POOL = "gcp:container/nodePool:NodePool"
EMAIL = f"nodes@{PROJECT}.iam.gserviceaccount.com"
CPU = {
    "machine": "e2-standard-8",
    "nodes": {"min": 1, "max": 4},
    "zones": ["us-central1-a", "us-central1-b"],
}
H100 = {
    "machine": "a3-highgpu-8g",
    "nodes": {"min": 0, "max": 4},
    "zones": ["us-central1-a"],
}
V6E = {"tpu": "v6e", "topology": "4x4", "zones": ["us-central1-b"]}
IRONWOOD = {"tpu": "tpu7x", "topology": "4x4x4", "zones": ["us-central1-c"]}


@pytest.fixture(params=[False, True], ids=["update", "preview"])
def preview(request: pytest.FixtureRequest) -> bool:
    return request.param


def pool(**spec: Any) -> GkeNodePoolSpec:
    return GkeNodePoolSpec.model_validate(spec)


def made(preview: bool, spec: dict[str, Any], **more: Any) -> Deployment:
    def program() -> None:
        provider = gcp.Provider("gcp", project=PROJECT, region="us-central1")
        args = NodePoolArgs(
            spec=pool(**spec),
            cluster_name="lab",
            location="us-central1",
            project=PROJECT,
            service_account=EMAIL,
            **more,
        )
        NodePool("train", args, pulumi.ResourceOptions(provider=provider))

    deployed = deploy(program, preview=preview)
    # What Google itself would refuse, by its own documents.
    assert refusals(deployed) == []
    return deployed


def one(preview: bool, spec: dict[str, Any], **more: Any) -> Registered:
    return made(preview, spec, **more).one(POOL)


def node(preview: bool, spec: dict[str, Any], **more: Any) -> dict[str, Any]:
    return one(preview, spec, **more).inputs["nodeConfig"]


def test_a_pool_of_processors(preview: bool) -> None:
    deployed = made(preview, CPU, labels={"team": "lab"})
    found = deployed.one(POOL)
    assert found.name == "train-pool"
    assert found.parent == deployed.one("ml-storage:index:NodePool").urn
    fields = found.inputs
    assert fields["nodeLocations"] == ["us-central1-a", "us-central1-b"]
    # One in each of two zones, of which there are four at most in all.
    assert fields["nodeCount"] == 1
    assert fields["autoscaling"] == {
        "totalMinNodeCount": 1,
        "totalMaxNodeCount": 4,
        "locationPolicy": "BALANCED",
    }
    assert fields["management"] == {"autoRepair": True, "autoUpgrade": True}
    assert fields["upgradeSettings"] == {
        "strategy": "SURGE",
        "maxSurge": 1,
        "maxUnavailable": 0,
    }
    # What the autoscaler made of it is left alone, and no pod waits for a
    # machine that is made only when the old one is gone.
    assert set(found.ignore_changes) == {"nodeCount", "initialNodeCount"}
    assert not found.delete_before_replace
    assert not {"name", "placementPolicy", "queuedProvisioning"} & set(fields)
    assert fields["nodeConfig"] == {
        "machineType": "e2-standard-8",
        "imageType": "COS_CONTAINERD",
        "diskSizeGb": 100,
        "diskType": "pd-balanced",
        "serviceAccount": EMAIL,
        "oauthScopes": ["https://www.googleapis.com/auth/cloud-platform"],
        "labels": {"ml-storage/pool": "train"},
        "resourceLabels": {"team": "lab"},
        "metadata": {"disable-legacy-endpoints": "true"},
        "workloadMetadataConfig": {"mode": "GKE_METADATA"},
        "shieldedInstanceConfig": {
            "enableSecureBoot": True,
            "enableIntegrityMonitoring": True,
        },
        "gvnic": {"enabled": True},
    }


def test_gpus_and_what_stands_close_together(preview: bool) -> None:
    spec = {
        **H100,
        "compact": True,
        "gpuDriver": "latest",
        "labels": {"tier": "gold"},
        "taints": [{"key": "dedicated", "value": "lab", "effect": "NoExecute"}],
    }
    found = one(preview, spec).inputs
    assert found["placementPolicy"] == {"type": "COMPACT"}
    assert found["autoscaling"]["locationPolicy"] == "ANY"
    # Machines with accelerators are seldom there twice.
    assert found["upgradeSettings"]["maxSurge"] == 0
    config = found["nodeConfig"]
    assert config["guestAccelerators"] == [
        {
            "type": "nvidia-h100-80gb",
            "count": 8,
            "gpuDriverInstallationConfig": {"gpuDriverVersion": "LATEST"},
        }
    ]
    assert config["taints"] == [
        {"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"},
        {"key": "dedicated", "value": "lab", "effect": "NO_EXECUTE"},
    ]
    assert config["labels"] == {"ml-storage/pool": "train", "tier": "gold"}
    assert config["ephemeralStorageLocalSsdConfig"] == {"localSsdCount": 16}
    assert "localNvmeSsdBlockConfig" not in config


def test_gpus_of_machines_that_have_none(preview: bool) -> None:
    spec = {**CPU, "machine": "n1-standard-8", "gpu": "nvidia-tesla-t4", "gpuCount": 2}
    (gpu,) = node(preview, spec)["guestAccelerators"]
    assert (gpu["type"], gpu["count"]) == ("nvidia-tesla-t4", 2)
    made_of = pool(**spec)
    assert (made_of.gpus, made_of.gpu_product) == (2, "Tesla-T4")
    assert pool(**{**spec, "gpuCount": None}).gpus == 1


def test_local_ssds(preview: bool) -> None:
    spec = {**CPU, "machine": "n2-standard-8", "localSsds": 2}
    assert node(preview, spec)["ephemeralStorageLocalSsdConfig"] == {"localSsdCount": 2}
    assert pool(**spec).scratch_gb == 750
    raw = {**spec, "localStorage": "block"}
    config = node(preview, raw)
    assert config["localNvmeSsdBlockConfig"] == {"localSsdCount": 2}
    assert "ephemeralStorageLocalSsdConfig" not in config
    assert (pool(**raw).scratch_gb, pool(**raw).nvme_gb) == (0, 750)


def test_images_that_nodes_have_already(preview: bool) -> None:
    image = f"projects/{PROJECT}/global/images/models"
    spec = {**H100, "bootImages": ["models"]}
    config = node(preview, spec, boot_images={"models": image})
    assert config["secondaryBootDisks"] == [
        {"diskImage": image, "mode": "CONTAINER_IMAGE_CACHE"}
    ]
    assert config["gcfsConfig"] == {"enabled": True}
    with pytest.raises(KeyError, match="models"):
        made(preview, spec)


@pytest.mark.parametrize(
    ("capacity", "more", "affinity"),
    [
        ("on-demand", {}, None),
        ("spot", {}, {"consumeReservationType": "NO_RESERVATION"}),
        ("flex-start", {}, {"consumeReservationType": "NO_RESERVATION"}),
        ("queued", {}, {"consumeReservationType": "NO_RESERVATION"}),
        (
            "reservation",
            {"reservation": "h100"},
            {
                "consumeReservationType": "SPECIFIC_RESERVATION",
                "key": "compute.googleapis.com/reservation-name",
                "values": ["h100"],
            },
        ),
    ],
)
def test_how_machines_are_had(
    preview: bool,
    capacity: str,
    more: dict[str, Any],
    affinity: dict[str, Any] | None,
) -> None:
    found = one(preview, {**H100, "capacity": capacity, **more}).inputs
    config = found["nodeConfig"]
    assert config.get("reservationAffinity") == affinity
    assert config.get("spot", False) is (capacity == "spot")
    assert config.get("flexStart", False) is (capacity == "flex-start")
    assert found["management"]["autoRepair"] is (capacity != "flex-start")
    queued = capacity == "queued"
    assert found.get("queuedProvisioning") == ({"enabled": True} if queued else None)
    # GKE gives the taint by itself, and not the label.
    assert ("cloud.google.com/gke-queued" in config["labels"]) is queued
    assert [t["key"] for t in config["taints"]] == ["nvidia.com/gpu"]
    tolerated = {taint.key for taint in pool(**H100, capacity=capacity, **more).taints}
    assert ("cloud.google.com/gke-queued" in tolerated) is queued
    # Of what comes when there is room no number is asked for.
    assert ("nodeCount" in found) is (capacity not in ("flex-start", "queued"))


def test_slices_are_whole(preview: bool) -> None:
    deployed = made(preview, {**V6E, "slices": 2})
    found = deployed.all(POOL)
    assert sorted(r.name for r in found) == ["train-0", "train-1"]
    for each in found:
        fields = each.inputs
        assert fields["nodeCount"] == 4
        assert "autoscaling" not in fields
        assert fields["placementPolicy"] == {"type": "COMPACT", "tpuTopology": "4x4"}
        config = fields["nodeConfig"]
        assert config["machineType"] == "ct6e-standard-4t"
        assert config["diskType"] == "hyperdisk-balanced"
        assert config["taints"] == [
            {"key": "google.com/tpu", "value": "present", "effect": "NO_SCHEDULE"}
        ]
        # GKE writes its own labels, by which pods find the nodes.
        assert config["labels"] == {"ml-storage/pool": "train"}
        assert "guestAccelerators" not in config
    spec = pool(**V6E, slices=2)
    assert (spec.tpus, spec.hosts, spec.min) == (4, 4, 8)
    assert spec.selector("train") == {
        "ml-storage/pool": "train",
        "cloud.google.com/gke-tpu-accelerator": "tpu-v6e-slice",
        "cloud.google.com/gke-tpu-topology": "4x4",
    }


def test_one_more_slice_moves_no_other(preview: bool) -> None:
    before = {r.name for r in made(preview, {**V6E, "slices": 1}).all(POOL)}
    after = {r.name for r in made(preview, {**V6E, "slices": 3}).all(POOL)}
    assert before < after


def test_slices_of_one_node_state_no_topology(preview: bool) -> None:
    spec = {**V6E, "topology": "2x4", "machine": "ct6e-standard-8t"}
    found = one(preview, {**spec, "nodes": {"max": 3}}).inputs
    assert "placementPolicy" not in found
    assert found["autoscaling"]["totalMaxNodeCount"] == 3
    assert found["nodeCount"] == 0


@pytest.mark.parametrize("capacity", ["flex-start", "queued"])
def test_slices_that_come_when_there_is_room(preview: bool, capacity: str) -> None:
    fields = one(preview, {**V6E, "capacity": capacity}).inputs
    assert "nodeCount" not in fields
    bounds = {k: v for k, v in fields["autoscaling"].items() if k != "locationPolicy"}
    # With totals the provider never has done with flex-start TPUs.
    assert bounds == (
        {"minNodeCount": 0, "maxNodeCount": 4}
        if capacity == "flex-start"
        else {"totalMinNodeCount": 0, "totalMaxNodeCount": 4}
    )
    assert pool(**V6E, capacity=capacity).min == 0


@pytest.mark.parametrize(
    ("spec", "topology"),
    [
        (IRONWOOD, "4x4x4"),
        ({**H100, "machine": "a4x-highgpu-4g", "compact": True}, "1x72"),
    ],
)
def test_machines_that_are_linked_by_a_workload_policy(
    preview: bool, spec: dict[str, Any], topology: str
) -> None:
    deployed = made(preview, spec)
    policy = deployed.one("gcp:compute/resourcePolicy:ResourcePolicy")
    assert policy.inputs["region"] == "us-central1"
    assert policy.inputs["workloadPolicy"] == {
        "type": "HIGH_THROUGHPUT",
        "acceleratorTopology": topology,
    }
    placement = deployed.one(POOL).inputs.get("placementPolicy", {})
    assert "tpuTopology" not in placement
    if not preview:
        assert placement["policyName"].startswith("train-workload")


def test_every_machine_makes_a_pool() -> None:
    """What a machine has is what a pool of it may ask for, and nothing besides."""
    for name, row in machines().items():
        if gcp_tpus.generation_of(name) is not None:
            with pytest.raises(ValidationError, match="generation and its topology"):
                pool(machine=name, nodes={"max": 1}, zones=["us-central1-a"])
            continue
        made_of = pool(machine=name, nodes={"max": 1}, zones=["us-central1-a"])
        assert made_of.gpus == row.gpus
        assert made_of.accelerator == row.accelerator
        assert made_of.scratch_gb == row.ssds * row.ssd_gb
        assert made_of.boot_type.startswith(("pd-", "hyperdisk-"))
        keys = ["nvidia.com/gpu"] if row.gpus else []
        keys += ["kubernetes.io/arch"] if row.architecture == "arm64" else []
        assert [taint.key for taint in made_of.taints] == keys
        assert [p for p in made_of.problems() if p.rule != "GPL27"] == []
        assert workload_topology(made_of) is None


@pytest.mark.parametrize("tpu", gcp_tpus.GENERATIONS)
def test_every_slice_makes_a_pool(tpu: str) -> None:
    for topology in gcp_tpus.topologies(tpu)[:40]:
        text = gcp_tpus.written(topology)
        for machine in gcp_tpus.makers(tpu, topology):
            made_of = gcp_tpus.solve(tpu, text, machine)
            assert isinstance(made_of, gcp_tpus.Slice)
            count = {} if made_of.multi_host else {"nodes": {"max": 1}}
            zone = gcp_tpus.GENERATIONS[tpu].zones[0]
            spec = pool(tpu=tpu, topology=text, machine=machine, zones=[zone], **count)
            assert (spec.machine_type, spec.tpus) == (machine, made_of.chips_per_host)
            assert [p for p in spec.problems() if p.severity == "error"] == []


@pytest.mark.parametrize(
    ("more", "rule", "nearest"),
    [
        ({"machine": "e2-standard-6"}, "GPL01", "e2-standard-8"),
        ({"machine": None}, "GPL02", "machine: e2-standard-8"),
        ({"nodes": None}, "GPL02", "nodes: {min: 1, max: 4}"),
        ({"gpu": "nvidia-tesla-t4"}, "GPL03", "machine: n1-standard-8"),
        ({"machine": "a2-highgpu-1g", "gpuCount": 2}, "GPL04", None),
        ({"machine": "n2-standard-8", "localSsds": 3}, "GPL05", 4),
        ({"localSsds": 1}, "GPL06", 0),
        ({"localStorage": "block"}, "GPL07", "none"),
        ({"compact": True, "machine": "a2-highgpu-1g"}, "GPL08", "[us-central1-a]"),
        ({"capacity": "reservation"}, "GPL10", "reservation: <its name>"),
        ({"reservation": "x"}, "GPL10", "capacity: reservation"),
        ({"capacity": "queued"}, "GPL11", 0),
        ({"labels": {"ml-storage/pool": "x"}}, "GPL15", None),
        ({"diskSize": "5Gi"}, "GPL18", "10Gi"),
        ({"gpuDriver": "none"}, "GPL19", "default"),
        ({"bootImages": ["a", "a"]}, "GPL21", None),
        ({"zones": ["us-central1-a", "us-central1-a"]}, "GNT10", None),
    ],
)
def test_refused(more: dict[str, Any], rule: str, nearest: object) -> None:
    with pytest.raises(ValidationError) as caught:
        pool(**{**CPU, **more})
    (error,) = caught.value.errors()
    problem = error["ctx"]["problem"]
    assert problem.rule == rule
    if nearest is not None:
        assert problem.nearest == nearest
