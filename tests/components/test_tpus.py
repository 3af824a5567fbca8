"""TPUs, as the pods of a program ask for them and find each other."""

from __future__ import annotations

from typing import Any

import pytest

from components.kubernetes.job import Job, JobArgs, digest, job_fields
from components.kubernetes.job_set import job_set_fields
from components.kubernetes.job_spec import JobSpec
from components.kubernetes.node_pool_spec import NodePoolSpec
from components.kubernetes.workspace import Workspace, WorkspaceArgs
from components.kubernetes.workspace_spec import WorkspaceSpec
from tests.components.conftest import DeployWith

JOB = "kubernetes:batch/v1:Job"
JOB_SET = "kubernetes:jobset.x-k8s.io/v1alpha2:JobSet"
SLICE = {"count": 4, "tpus": 4}
EXCLUSIVE = "alpha.jobset.sigs.k8s.io/exclusive-topology"
LABELS = {
    "cloud.google.com/gke-tpu-accelerator": "tpu-v6e-slice",
    "cloud.google.com/gke-tpu-topology": "4x4",
}


def args(nodes: dict[str, Any], **spec: Any) -> JobArgs:
    given = {"image": "image:1", "command": ["train"], "nodes": nodes, **spec}
    return JobArgs(spec=JobSpec.model_validate(given), namespace="dev")


def template(nodes: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return job_fields("train", args(nodes, **spec))["template"]


def variables(made: dict[str, Any]) -> set[str]:
    (container,) = made["spec"]["containers"]
    return {entry["name"] for entry in container["env"]}


def test_a_pod_requests_all_chips_and_tolerates_their_taint() -> None:
    made = template({"tpus": 8})["spec"]
    (container,) = made["containers"]
    devices = {"google.com/tpu": "8"}
    assert container["resources"] == {"requests": devices, "limits": devices}
    assert made["tolerations"] == [{"key": "google.com/tpu", "operator": "Exists"}]
    # One host is a slice by itself: nothing to keep together or apart.
    assert "affinity" not in made
    assert "ml-storage/slice" not in template({"tpus": 8})["metadata"]["labels"]


def test_a_slice_is_for_one_job() -> None:
    made = template(SLICE)
    assert made["metadata"]["labels"]["ml-storage/slice"] == "whole"
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    affinity = made["spec"]["affinity"]
    (own,) = affinity["podAffinity"][required]
    (others,) = affinity["podAntiAffinity"][required]
    for term in (own, others):
        assert term["topologyKey"] == "cloud.google.com/gke-nodepool"
        (selected,) = term["labelSelector"]["matchExpressions"]
        assert selected == {"key": "ml-storage/slice", "operator": "Exists"}
    # The pods of one Job, which no other run and no other namespace has.
    assert own["matchLabelKeys"] == ["batch.kubernetes.io/controller-uid"]
    assert others["mismatchLabelKeys"] == own["matchLabelKeys"]
    assert others["namespaceSelector"] == {}
    assert "namespaceSelector" not in own


def test_pods_of_gpus_stay_as_they_were() -> None:
    made = template({"count": 4, "gpus": 8})
    assert "affinity" not in made["spec"]
    assert "ports" not in made["spec"]["containers"][0]
    assert set(made["metadata"]["labels"]) == {"ml-storage/job", "ml-storage/run"}


def test_hosts_of_a_slice_find_each_other(deploy_with: DeployWith) -> None:
    deployed = deploy_with(lambda opts: Job("train", args(SLICE), opts))
    pod = deployed.one(JOB).inputs["spec"]["template"]["spec"]
    assert pod["subdomain"] == "train"
    assert pod["containers"][0]["ports"] == [{"name": "tpu", "containerPort": 8471}]
    service = deployed.one("kubernetes:core/v1:Service")
    assert service.inputs["spec"]["clusterIP"] == "None"
    assert deployed.one(JOB).inputs["spec"]["completionMode"] == "Indexed"


def test_each_replica_of_a_set_has_a_slice(deploy_with: DeployWith) -> None:
    given = args(SLICE, jobSet={"replicas": 2})
    deployed = deploy_with(lambda opts: Job("train", given, opts))
    made = deployed.one(JOB_SET)
    (group,) = made.inputs["spec"]["replicatedJobs"]
    annotations = group["template"]["metadata"]["annotations"]
    assert annotations == {EXCLUSIVE: "cloud.google.com/gke-nodepool"}
    assert group["replicas"] == 2
    job = group["template"]["spec"]
    assert job["completions"] == job["parallelism"] == 4
    # JobSet's own: its pods have no affinity beside it, but the label, by which
    # Jobs keep away from them.
    assert "affinity" not in job["template"]["spec"]
    assert job["template"]["metadata"]["labels"]["ml-storage/slice"] == "whole"
    # A run that has started keeps it, whatever is declared now.
    assert "spec" in made.ignore_changes
    assert EXCLUSIVE not in made.inputs["metadata"]["annotations"]


@pytest.mark.parametrize("nodes", [{"tpus": 8}, {"count": 4, "gpus": 8}, {"count": 2}])
def test_no_other_set_is_kept_apart(nodes: dict[str, Any]) -> None:
    made = args(nodes, jobSet={"replicas": 2})
    (group,) = job_set_fields("train", made.spec, job_fields("train", made))[
        "replicatedJobs"
    ]
    assert "metadata" not in group["template"]


def test_jax_is_told_of_one_slice_and_finds_several_itself() -> None:
    assert {"JAX_COORDINATOR_ADDRESS", "MASTER_ADDR", "RANK"} <= variables(
        template(SLICE)
    )
    two = variables(template(SLICE, jobSet={"replicas": 2}))
    hosts = variables(template({"tpus": 8}, jobSet={"replicas": 2}))
    assert not [name for name in two | hosts if name.startswith("JAX_")]
    assert {"ML_STORAGE_REPLICAS", "ML_STORAGE_COORDINATOR"} <= two & hosts
    # What GKE sets is left to it.
    assert not [name for name in two | hosts if name.startswith(("TPU_", "MEGASCALE_"))]
    gpus = variables(template({"gpus": 1}, jobSet={"replicas": 2}))
    assert "JAX_COORDINATOR_ADDRESS" in gpus


def test_another_number_of_hosts_waits_for_a_new_run() -> None:
    def of(nodes: dict[str, Any]) -> str:
        return digest(job_fields("train", args(nodes)))

    assert len({of({"tpus": 4}), of({"count": 2, "tpus": 4}), of(SLICE)}) == 3


def test_a_workspace_has_one_host(deploy_with: DeployWith) -> None:
    spec = WorkspaceSpec.model_validate({"image": "image:1", "nodes": {"tpus": 4}})
    made = WorkspaceArgs(spec=spec, namespace="dev")
    deployed = deploy_with(lambda opts: Workspace("note", made, opts))
    deployment = deployed.one("kubernetes:apps/v1:Deployment").inputs["spec"]
    pod = deployment["template"]["spec"]
    assert pod["containers"][0]["resources"]["limits"] == {"google.com/tpu": "4"}
    assert pod["tolerations"] == [{"key": "google.com/tpu", "operator": "Exists"}]


@pytest.mark.parametrize(
    ("nodes", "more", "rule"),
    [
        ({"tpus": 4, "gpus": 1}, {}, "ACC11"),
        ({"tpus": 4, "neurons": 1}, {}, "ACC11"),
        (SLICE, {"rendezvous": {"port": 8471}}, "ACC18"),
    ],
)
def test_what_no_node_has_is_refused(
    nodes: dict[str, Any], more: dict[str, Any], rule: str
) -> None:
    with pytest.raises(ValueError, match="nearest") as refused:
        args(nodes, **more)
    found: Any = refused.value
    (error,) = found.errors(include_url=False)
    assert error["ctx"]["problem"].rule == rule


def test_the_port_of_the_runtime_is_free_where_there_is_none() -> None:
    args({"count": 2, "gpus": 1}, rendezvous={"port": 8471})


def test_what_gke_sets_is_better_left_to_it() -> None:
    spec = args(SLICE, env={"TPU_WORKER_ID": "0"}).spec
    (found,) = spec.problems()
    assert (found.rule, found.severity) == ("ACC19", "warning")
    assert not list(args({"gpus": 1}, env={"TPU_WORKER_ID": "0"}).spec.problems())


def pool(**given: Any) -> NodePoolSpec:
    return NodePoolSpec.model_validate({"labels": LABELS, **given})


def test_labels_say_which_slice_nodes_are_of() -> None:
    made = pool().slice
    assert made is not None
    assert (made.machine, made.hosts, made.chips_per_host) == ("ct6e-standard-4t", 4, 4)
    assert pool(tpus=4).slice == made
    assert NodePoolSpec.model_validate({"labels": {"role": "tpu"}}).slice is None
    assert pool().selector("slices") == LABELS


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"tpus": 8}, "TPU10"),
        ({"machine": "ct5lp-hightpu-4t"}, "TPU04"),
        ({"labels": {**LABELS, "cloud.google.com/gke-tpu-topology": "4x2"}}, "TPU01"),
        ({"labels": {**LABELS, "cloud.google.com/gke-tpu-topology": "2x4"}}, "TPU10"),
    ],
)
def test_labels_that_no_node_has_together(given: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValueError, match="nearest") as refused:
        pool(**given)
    found: Any = refused.value
    (error,) = found.errors(include_url=False)
    assert error["ctx"]["problem"].rule == rule
