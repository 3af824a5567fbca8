from __future__ import annotations

import base64
import email
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
import yaml
from pydantic import ValidationError

from components.aws.launch_template import efa_interfaces
from components.aws.node_group import NodeGroup, NodeGroupArgs, node_template
from components.aws.node_pool_spec import EksNodePoolSpec
from components.catalog.aws_machines import machines
from components.testing import Deployment, deploy
from tests.cloud.aws.registered import refusals

GROUP = "aws:eks/nodeGroup:NodeGroup"
SUBNETS = {f"us-west-2{letter}": f"subnet-{letter}" for letter in "abc"}
CLUSTER_GROUP = "sg-0123456789abcdef0"
CPU = {
    "machine": "m6i.2xlarge",
    "nodes": {"min": 1, "max": 3},
    "zones": ["us-west-2a", "us-west-2b"],
}
A100 = {
    "machine": "p4d.24xlarge",
    "nodes": {"min": 0, "max": 4},
    "zones": ["us-west-2a"],
    "efa": True,
}
BLOCK = {
    **A100,
    "capacity": "capacity-block",
    "reservation": "cr-0123456789abcdef0",
}


@pytest.fixture(params=[False, True], ids=["update", "preview"])
def preview(request: pytest.FixtureRequest) -> bool:
    return request.param


def pool(**spec: Any) -> EksNodePoolSpec:
    return EksNodePoolSpec.model_validate(spec)


def made(preview: bool, spec: dict[str, Any], **more: Any) -> Deployment:
    def program() -> None:
        provider = aws.Provider("aws", region="us-west-2")
        args = NodeGroupArgs(
            spec=pool(**spec),
            cluster_name="lab",
            subnets=SUBNETS,
            cluster_security_group_id=CLUSTER_GROUP,
            node_role_arn="arn:aws:iam::123456789012:role/nodes",
            **more,
        )
        NodeGroup("pool", args, pulumi.ResourceOptions(provider=provider))

    deployed = deploy(program, preview=preview)
    # What AWS itself would refuse, by its own models.
    assert refusals(deployed) == []
    return deployed


def template(deployed: Deployment) -> dict[str, Any]:
    return deployed.one("LaunchTemplate").inputs


def test_a_pool_of_processors(preview: bool) -> None:
    deployed = made(preview, CPU)
    component = deployed.one("ml-storage:index:NodeGroup")
    group = deployed.one(GROUP)
    assert group.parent == component.urn
    assert group.inputs["amiType"] == "AL2023_x86_64_STANDARD"
    assert group.inputs["capacityType"] == "ON_DEMAND"
    assert group.inputs["instanceTypes"] == ["m6i.2xlarge"]
    assert group.inputs["subnetIds"] == ["subnet-a", "subnet-b"]
    assert group.inputs["labels"] == {"ml-storage/pool": "pool"}
    assert not group.inputs.get("taints")
    assert group.inputs["scalingConfig"] == {
        "minSize": 1,
        "maxSize": 3,
        "desiredSize": 1,
    }
    # Disk, machine and access are said in one place only.
    assert not {"diskSize", "remoteAccess", "releaseVersion"} & set(group.inputs)
    # What the autoscaler made of it is left alone, and no pod waits for a
    # machine that is made only when the old one is gone.
    assert group.ignore_changes == ("scalingConfig.desiredSize",)
    assert not group.delete_before_replace
    assert deployed.all("PlacementGroup") == []
    assert deployed.all("aws:autoscaling/tag:Tag") == []


def test_the_template_is_a_number(preview: bool) -> None:
    group = made(preview, CPU).one(GROUP)
    if preview:
        assert any(path.startswith("launchTemplate") for path in group.unknown)
    else:
        assert group.inputs["launchTemplate"]["version"] == "1"


def test_machines_are_closed_and_their_disks_encrypted(preview: bool) -> None:
    fields = template(made(preview, CPU, tags={"team": "lab"}))
    assert fields["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 2,
    }
    (disk,) = fields["blockDeviceMappings"]
    assert disk["deviceName"] == "/dev/xvda"
    assert disk["ebs"] == {
        "volumeSize": 100,
        "volumeType": "gp3",
        "encrypted": "true",
        "deleteOnTermination": "true",
    }
    # A provider's default tags do not reach what the template makes.
    assert {s["resourceType"]: s["tags"] for s in fields["tagSpecifications"]} == {
        "instance": {"Name": "pool", "team": "lab"},
        "volume": {"Name": "pool", "team": "lab"},
    }
    # EKS adds the cluster's group by itself, unless interfaces are stated.
    assert not {"networkInterfaces", "vpcSecurityGroupIds", "userData"} & set(fields)


def test_gpus_and_what_drivers_take_away(preview: bool) -> None:
    spec = {**A100, "taints": [{"key": "dedicated", "value": "lab"}]}
    taints = ["s3.csi.aws.com/agent-not-ready", "efs.csi.aws.com/agent-not-ready"]
    group = made(preview, spec, startup_taints=taints).one(GROUP)
    assert group.inputs["amiType"] == "AL2023_x86_64_NVIDIA"
    assert group.inputs["updateConfig"] == {
        "maxUnavailable": 1,
        "updateStrategy": "MINIMAL",
    }
    assert group.inputs["taints"] == [
        {"key": "nvidia.com/gpu", "effect": "NO_SCHEDULE"},
        {"key": "dedicated", "value": "lab", "effect": "NO_SCHEDULE"},
        {"key": "efs.csi.aws.com/agent-not-ready", "effect": "NO_EXECUTE"},
        {"key": "s3.csi.aws.com/agent-not-ready", "effect": "NO_EXECUTE"},
    ]


def test_efa_in_every_slot_of_machines_that_stand_together(preview: bool) -> None:
    deployed = made(preview, A100)
    interfaces = template(deployed)["networkInterfaces"]
    assert [(i["deviceIndex"], i["networkCardIndex"]) for i in interfaces] == [
        (0, 0),
        (1, 1),
        (1, 2),
        (1, 3),
    ]
    assert all(i["interfaceType"] == "efa" for i in interfaces)
    # With interfaces stated EKS adds no group: nodes would not join without it.
    assert all(i["securityGroups"] == [CLUSTER_GROUP] for i in interfaces)
    assert all("subnetId" not in i for i in interfaces)
    assert deployed.one("PlacementGroup").inputs["strategy"] == "cluster"


@pytest.mark.parametrize("count", [1, 4, 32])
def test_only_the_first_interface_is_the_machines_own(count: int) -> None:
    interfaces = efa_interfaces(count, CLUSTER_GROUP)
    assert [i["network_card_index"] for i in interfaces] == list(range(count))
    assert sum(i["device_index"] == 0 for i in interfaces) == 1


def test_scratch_is_on_the_nvme_disks(preview: bool) -> None:
    encoded = template(made(preview, A100))["userData"]
    message = email.message_from_bytes(base64.b64decode(encoded))
    assert message.get_content_type() == "multipart/mixed"
    (part,) = message.get_payload()
    assert part.get_content_type() == "application/node.eks.aws"
    assert yaml.safe_load(part.get_payload()) == {
        "apiVersion": "node.eks.aws/v1alpha1",
        "kind": "NodeConfig",
        "spec": {"instance": {"localStorage": {"strategy": "RAID0"}}},
    }
    left = template(made(preview, {**A100, "localStorage": "none"}))
    assert "userData" not in left


def test_a_capacity_block(preview: bool) -> None:
    deployed = made(preview, BLOCK)
    group = deployed.one(GROUP)
    assert group.inputs["capacityType"] == "CAPACITY_BLOCK"
    # The machine stands in the template, and so not in the group.
    assert "instanceTypes" not in group.inputs
    fields = template(deployed)
    assert fields["instanceType"] == "p4d.24xlarge"
    assert fields["instanceMarketOptions"] == {"marketType": "capacity-block"}
    assert fields["capacityReservationSpecification"] == {
        "capacityReservationTarget": {"capacityReservationId": "cr-0123456789abcdef0"}
    }
    # They stand close together in any case.
    assert deployed.all("PlacementGroup") == []


def test_a_pool_from_nothing_tells_the_autoscaler_what_it_is(preview: bool) -> None:
    deployed = made(preview, {**A100, "labels": {"tier": "gold"}})
    tags = deployed.all("aws:autoscaling/tag:Tag")
    prefix = "k8s.io/cluster-autoscaler/node-template/"
    assert {
        t.inputs["tag"]["key"].removeprefix(prefix): t.inputs["tag"]["value"]
        for t in tags
    } == {
        "label/ml-storage/pool": "pool",
        "label/tier": "gold",
        "taint/nvidia.com/gpu": ":NoSchedule",
        "resources/ephemeral-storage": "8000G",
        "resources/vpc.amazonaws.com/efa": "4",
    }
    assert all(t.inputs["tag"]["propagateAtLaunch"] is False for t in tags)
    if not preview:
        assert {t.inputs["autoscalingGroupName"] for t in tags} == {"eks-pool-group"}


def test_the_autoscaler_knows_of_neurons_and_of_the_root_disk() -> None:
    spec = pool(
        machine="inf2.48xlarge",
        nodes={"max": 1},
        zones=["us-west-2a"],
        diskSize="200Gi",
    )
    found = dict(node_template("inf", spec))
    assert found["resources/aws.amazon.com/neuron"] == "12"
    assert found["resources/ephemeral-storage"] == "200Gi"
    assert found["taint/aws.amazon.com/neuron"] == ":NoSchedule"


@pytest.mark.parametrize(
    ("machine", "ami", "store"),
    [
        ("m6i.2xlarge", "AL2023_x86_64_STANDARD", "none"),
        ("m7g.large", "AL2023_ARM_64_STANDARD", "none"),
        ("m6id.large", "AL2023_x86_64_STANDARD", "raid0"),
        ("g5.xlarge", "AL2023_x86_64_NVIDIA", "raid0"),
        ("trn1.32xlarge", "AL2023_x86_64_NEURON", "raid0"),
        ("inf2.xlarge", "AL2023_x86_64_NEURON", "none"),
    ],
)
def test_what_a_machine_brings_along(machine: str, ami: str, store: str) -> None:
    spec = pool(machine=machine, nodes={"max": 1}, zones=["us-west-2a"])
    assert (spec.ami_type, spec.store) == (ami, store)


def test_bottlerocket_is_not_told_of_its_disks() -> None:
    spec = pool(**{**A100, "efa": False}, ami="BOTTLEROCKET_x86_64_NVIDIA")
    assert spec.store == "none"
    assert spec.scratch_gb == 0
    assert spec.nvme_gb == 8000


@pytest.mark.parametrize(
    ("more", "rule", "nearest"),
    [
        ({"machine": "m6i.3xlarge"}, "POL03", "m6i.4xlarge"),
        ({"capacity": "capacity-block"}, "POL05", "reservation: cr-0123456789abcdef0"),
        ({"reservation": "cr-0123456789abcdef0"}, "POL05", "capacity: capacity-block"),
        ({"efa": True}, "POL07", "machine: m6i.32xlarge"),
        ({"localStorage": "raid0"}, "POL09", "machine: m6id.large"),
        ({"ami": "AL2023_X86_64_STANDARD"}, "POL10", "AL2023_x86_64_STANDARD"),
        ({"ami": "CUSTOM"}, "POL10", "AL2023_x86_64_STANDARD"),
        ({"ami": "AL2023_ARM_64_STANDARD"}, "POL11", "AL2023_x86_64_STANDARD"),
        ({"zones": ["us-west-2a", "us-west-2a"]}, "NET05", None),
        ({"zones": ["us-west-2-lax-1a"]}, "NET11", "us-west-2a"),
        ({"nodes": {"min": 4, "max": 3}}, "POL16", 3),
        ({"labels": {"ml-storage/pool": "x"}}, "POL18", None),
        ({"labels": {"node-role.kubernetes.io/train": "x"}}, "POL18", None),
        ({"labels": {"tier": ""}}, "POL19", "true"),
    ],
)
def test_refused(more: dict[str, Any], rule: str, nearest: object) -> None:
    with pytest.raises(ValidationError) as caught:
        pool(**{**CPU, "zones": ["us-west-2a"], **more})
    (error,) = caught.value.errors()
    problem = error["ctx"]["problem"]
    assert (problem.rule, problem.nearest) == (rule, nearest)


@pytest.mark.parametrize("key", ["capacity", "efa"])
def test_in_one_zone_only(key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        pool(**{**(BLOCK if key == "capacity" else A100), "zones": list(SUBNETS)})
    (error,) = caught.value.errors()
    problem = error["ctx"]["problem"]
    assert (problem.rule, problem.nearest) == ("POL08", "[us-west-2a]")


@pytest.mark.parametrize("efa", [False, True])
def test_every_machine_makes_a_pool(efa: bool) -> None:
    """What a machine has is what a pool of it may ask for, and nothing besides."""
    for name, row in machines().items():
        spec = {"machine": name, "nodes": {"max": 1}, "zones": ["us-west-2a"]}
        if efa and not row.efa:
            with pytest.raises(ValidationError, match="has no EFA interface"):
                pool(**spec, efa=True)
            continue
        made_of = pool(**spec, efa=efa)
        assert made_of.efa_interfaces == (row.efa if efa else 0)
        assert made_of.scratch_gb == row.nvme_gb
        assert (made_of.gpus, made_of.neurons) == (row.gpus, row.neurons)
        devices = {
            "nvidia.com/gpu": row.gpus,
            "aws.amazon.com/neuron": row.neurons,
        }
        keys = [taint.key for taint in made_of.taints]
        assert keys == [key for key, count in devices.items() if count]
        assert [p for p in made_of.problems() if p.rule != "POL23"] == []


def test_disks_are_asked_for_where_there_are_some() -> None:
    for name, row in machines().items():
        spec = {"machine": name, "nodes": {"max": 1}, "zones": ["us-west-2a"]}
        if row.nvme_gb:
            assert pool(**spec, localStorage="raid0").scratch_gb == row.nvme_gb
            assert pool(**spec, localStorage="none").scratch_gb == 0
        else:
            with pytest.raises(ValidationError, match="no NVMe instance store"):
                pool(**spec, localStorage="raid0")
