"""A job as a JobSet, and jobs that wait in a queue."""

from __future__ import annotations

from typing import Any

import pytest

from components.kubernetes.job import Job, JobArgs, digest, job_fields
from components.kubernetes.job_set import job_set_fields
from components.kubernetes.job_spec import JobSpec
from components.testing import Deployment

JOB = "kubernetes:batch/v1:Job"
JOB_SET = "kubernetes:jobset.x-k8s.io/v1alpha2:JobSet"
QUEUE = "kueue.x-k8s.io/queue-name"


def args(**spec: Any) -> JobArgs:
    given = {"image": "image", "command": ["train"], **spec}
    return JobArgs(spec=JobSpec.model_validate(given), namespace="dev")


def fields(name: str = "train", **spec: Any) -> dict[str, Any]:
    made = args(**{"jobSet": {}, **spec})
    return job_set_fields(name, made.spec, job_fields(name, made))


def job_of(made: dict[str, Any]) -> dict[str, Any]:
    (group,) = made["replicatedJobs"]
    return group["template"]["spec"]


def variables(made: dict[str, Any]) -> dict[str, Any]:
    (container,) = job_of(made)["template"]["spec"]["containers"]
    return {entry["name"]: entry for entry in container["env"]}


@pytest.mark.parametrize("wait", [False, True])
def test_a_job_set_instead_of_a_job(deploy_with: Any, wait: bool) -> None:
    given = args(jobSet={}, nodes={"count": 2}, **{"await": wait})
    deployed: Deployment = deploy_with(lambda opts: Job("train", given, opts))
    made = deployed.one(JOB_SET)
    assert made.parent == deployed.one("ml-storage:index:Job").urn
    assert made.inputs["apiVersion"] == "jobset.x-k8s.io/v1alpha2"
    assert made.inputs["spec"] == fields(nodes={"count": 2})
    metadata = made.inputs["metadata"]
    assert metadata["name"] == "train"
    assert metadata["labels"] == {"ml-storage/job": "train", "ml-storage/run": "1"}
    waits = metadata["annotations"]["pulumi.com/waitFor"]
    assert waits == ("condition=Completed" if wait else "jsonpath={.metadata.uid}")
    # It makes its headless Service and its Jobs itself.
    assert not deployed.all("kubernetes:core/v1:Service")
    assert not deployed.all(JOB)


def test_its_runs_are_those_of_a_job(deploy_with: Any) -> None:
    def options(**spec: Any) -> tuple[Any, ...]:
        deployed = deploy_with(lambda opts: Job("train", args(**spec), opts))
        (made,) = [*deployed.all(JOB), *deployed.all(JOB_SET)]
        annotations = made.inputs["metadata"]["annotations"]
        return (
            made.ignore_changes,
            made.replace_on_changes,
            made.delete_before_replace,
            annotations["pulumi.com/deletionPropagationPolicy"],
        )

    assert options(jobSet={}) == options()
    assert options()[2:] == (True, "foreground")


def test_an_edited_one_waits_for_a_new_run(deploy_with: Any) -> None:
    annotations = {"ml-storage/running": digest(fields())}
    live = {"metadata": {"name": "train", "annotations": annotations}}

    def make(opts: Any) -> dict[str, Any]:
        job = Job("train", args(jobSet={}, image="other"), opts)
        return {"pending": job.pending, "name": job.job_name}

    deployed: Deployment = deploy_with(
        make, outputs=lambda r: live if r.type == JOB_SET else {}
    )
    assert deployed.outputs == {"pending": True, "name": "train"}
    assert any("run: 2" in text for _, text in deployed.messages)


def test_all_pods_start_again_together() -> None:
    made = fields(nodes={"count": 4}, retries=2)
    assert made["failurePolicy"] == {
        "maxRestarts": 2,
        # No pod of the next attempt beside one of the last.
        "restartStrategy": "BlockingRecreate",
    }
    job = job_of(made)
    assert job["backoffLimit"] == 0
    # A lost node is a failure here: all of its pods start again.
    assert "podFailurePolicy" not in job
    assert job["completionMode"] == "Indexed"
    assert job["completions"] == job["parallelism"] == 4


def test_a_deadline_is_not_followed_by_a_restart() -> None:
    made = fields(deadline="2h")
    assert job_of(made)["activeDeadlineSeconds"] == 7200
    (rule,) = made["failurePolicy"]["rules"]
    assert rule["action"] == "FailJobSet"
    assert rule["onJobFailureReasons"] == ["DeadlineExceeded"]


def test_its_pods_find_the_first_of_them() -> None:
    made = fields(nodes={"count": 2})
    assert made["network"] == {
        "enableDNSHostnames": True,
        "subdomain": "train",
        "publishNotReadyAddresses": True,
    }
    assert made["coordinator"] == {
        "replicatedJob": "nodes",
        "jobIndex": 0,
        "podIndex": 0,
    }
    assert variables(made)["MASTER_ADDR"]["value"] == "train-nodes-0-0.train"
    # Its own subdomain, not the pods'.
    assert "subdomain" not in job_of(made)["template"]["spec"]


def test_a_coordinator_that_no_label_can_hold_is_left_out() -> None:
    assert "coordinator" in fields("a" * 26)
    assert "coordinator" not in fields("a" * 27)


def test_replicas() -> None:
    made = fields(jobSet={"replicas": 3})
    (group,) = made["replicatedJobs"]
    assert group["replicas"] == 3
    field = variables(made)["RANK"]["valueFrom"]["fieldRef"]["fieldPath"]
    assert field == "metadata.annotations['jobset.sigs.k8s.io/job-index']"
    several = variables(fields(jobSet={"replicas": 3}, nodes={"count": 2}))
    assert "RANK" not in several
    assert several["ML_STORAGE_REPLICAS"]["value"] == "3"


def test_a_job_set_of_one_pod_has_no_one_to_meet() -> None:
    assert set(variables(fields())) == {"ML_STORAGE_RUN"}


@pytest.mark.parametrize(("more", "kind"), [({}, JOB), ({"jobSet": {}}, JOB_SET)])
def test_a_queue(deploy_with: Any, more: dict[str, Any], kind: str) -> None:
    def annotations(**spec: Any) -> dict[str, str]:
        deployed = deploy_with(lambda opts: Job("train", args(**more, **spec), opts))
        made = deployed.one(kind)
        assert made.inputs["metadata"]["labels"].get(QUEUE) == spec.get("queue")
        # What has started keeps its queue, also when the program has none now.
        assert f'metadata.labels["{QUEUE}"]' in made.ignore_changes
        # Kueue suspends it and lets it start: that is not for us to say.
        assert "suspend" not in made.inputs["spec"]
        return made.inputs["metadata"]["annotations"]

    declared = {
        annotations(**spec)["ml-storage/declared"]
        for spec in ({}, {"queue": "gold"}, {"queue": "silver"})
    }
    # Another queue is a difference that a new run would apply.
    assert len(declared) == 3
