"""GPUs, Neuron devices, EFA and huge pages, as the pods of a program ask for them."""

from __future__ import annotations

from typing import Any

import pytest

from components.kubernetes.job import Job, JobArgs, job_fields
from components.kubernetes.job_spec import JobSpec
from components.kubernetes.workspace import Workspace, WorkspaceArgs
from components.kubernetes.workspace_spec import WorkspaceSpec
from tests.components.conftest import DeployWith

JOB = "kubernetes:batch/v1:Job"
MEMORY: dict[str, Any] = {"requests": {"memory": "64Gi"}}


def args(nodes: dict[str, Any], **spec: Any) -> JobArgs:
    given = {"image": "image:1", "command": ["train"], "nodes": nodes, **spec}
    return JobArgs(spec=JobSpec.model_validate(given), namespace="dev")


def resources(nodes: dict[str, Any], **spec: Any) -> dict[str, Any]:
    made = job_fields("train", args(nodes, **spec))["template"]["spec"]
    return made["containers"][0]["resources"]


def tolerated(nodes: dict[str, Any]) -> list[str]:
    made = job_fields("train", args(nodes, resources=MEMORY))["template"]["spec"]
    return [toleration["key"] for toleration in made.get("tolerations", [])]


@pytest.mark.parametrize(
    ("nodes", "devices"),
    [
        ({}, {}),
        ({"gpus": 8}, {"nvidia.com/gpu": "8"}),
        ({"neurons": 16}, {"aws.amazon.com/neuron": "16"}),
        (
            {"gpus": 8, "efa": 4},
            {
                "nvidia.com/gpu": "8",
                "vpc.amazonaws.com/efa": "4",
                "hugepages-2Mi": "5120Mi",
            },
        ),
        (
            {"neurons": 1, "efa": 1, "hugePages": "2Gi"},
            {
                "aws.amazon.com/neuron": "1",
                "vpc.amazonaws.com/efa": "1",
                "hugepages-2Mi": "2Gi",
            },
        ),
        ({"hugePages": "256Mi"}, {"hugepages-2Mi": "256Mi"}),
    ],
)
def test_a_pod_requests_what_it_is_limited_to(
    nodes: dict[str, Any], devices: dict[str, str]
) -> None:
    """Of devices and huge pages Kubernetes has none to lend."""
    made = resources(nodes, resources=MEMORY)
    assert made["requests"] == {"memory": "64Gi", **devices}
    assert made["limits"] == {"memory": "64Gi", **devices}


def test_pods_tolerate_the_taint_of_their_devices() -> None:
    assert tolerated({}) == []
    assert tolerated({"gpus": 1}) == ["nvidia.com/gpu"]
    assert tolerated({"neurons": 1}) == ["aws.amazon.com/neuron"]
    assert tolerated({"efa": 1}) == []


def test_the_scheduler_looks_for_no_product_of_a_neuron() -> None:
    made = job_fields("train", args({"neurons": 1}))["template"]["spec"]
    assert "affinity" not in made


@pytest.mark.parametrize(
    "nodes",
    [{"gpus": 8, "efa": 32, "count": 2}, {"neurons": 16, "efa": 8, "count": 4}],
)
def test_kubernetes_takes_it(deploy_with: DeployWith, nodes: dict[str, Any]) -> None:
    deployed = deploy_with(lambda opts: Job("t", args(nodes, resources=MEMORY), opts))
    pod = deployed.one(JOB).inputs["spec"]["template"]["spec"]
    assert pod["containers"][0]["resources"]["limits"]["hugepages-2Mi"] == "5120Mi"


def test_a_workspace_has_them_too(deploy_with: DeployWith) -> None:
    given = {"image": "image:1", "nodes": {"neurons": 1}}
    spec = WorkspaceSpec.model_validate(given)
    made = WorkspaceArgs(spec=spec, namespace="dev")
    deployed = deploy_with(lambda opts: Workspace("note", made, opts))
    pod = deployed.one("kubernetes:apps/v1:Deployment").inputs["spec"]["template"][
        "spec"
    ]
    assert pod["containers"][0]["resources"]["limits"] == {"aws.amazon.com/neuron": "1"}


@pytest.mark.parametrize(
    ("given", "rules"),
    [
        ({"gpus": 1, "neurons": 1}, {"ACC04"}),
        ({"hugePages": "1Mi"}, {"ACC08"}),
        ({"neurons": -1}, {"greater_than_equal"}),
        ({"efa": 0.5}, {"int_type"}),
        ({"gpuProducts": ["NVIDIA-A10G"], "neurons": 1}, {"JOB02"}),
    ],
)
def test_what_no_node_has_is_refused(given: dict[str, Any], rules: set[str]) -> None:
    with pytest.raises(ValueError, match="nodes") as refused:
        args(given, resources=MEMORY)
    found: Any = refused.value
    errors = found.errors(include_url=False)
    said = {
        e["ctx"]["problem"].rule if "problem" in e.get("ctx", {}) else e["type"]
        for e in errors
    }
    assert said == rules


@pytest.mark.parametrize("nodes", [{"efa": 1}, {"hugePages": "2Mi"}])
@pytest.mark.parametrize(
    ("stated", "refused"),
    [
        ({}, True),
        ({"requests": {"cpu": 1}}, False),
        ({"requests": {"memory": "1Gi"}}, False),
        ({"limits": {"cpu": 1}}, False),
        ({"limits": {"memory": "1Gi"}}, False),
    ],
)
def test_huge_pages_come_with_cpu_or_memory(
    nodes: dict[str, Any], stated: dict[str, Any], refused: bool
) -> None:
    spec = {"image": "image:1", "command": ["train"], "nodes": nodes}
    if refused:
        with pytest.raises(ValueError, match="huge pages"):
            JobSpec.model_validate({**spec, "resources": stated})
    else:
        JobSpec.model_validate({**spec, "resources": stated})
