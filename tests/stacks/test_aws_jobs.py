"""A team's jobs on AWS, from the YAML to the pod: buckets, devices, users."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from components.catalog import credentials
from stacks.source import read
from stacks.testing import Deployment, deploy_stack

FILE = Path(__file__).parents[1] / "config" / "good" / "aws-jobs.yaml"


def deployed(*, preview: bool) -> Deployment:
    config: Any = read(FILE).data["config"]
    return deploy_stack(config, preview=preview, strict=True)


@pytest.fixture(params=[False, True], ids=["update", "preview"], scope="module")
def jobs(request: pytest.FixtureRequest) -> dict[str, dict[str, Any]]:
    made = deployed(preview=request.param).all("kubernetes:batch/v1:Job")
    return {job.inputs["metadata"]["name"]: job.inputs for job in made}


def pod(job: dict[str, Any]) -> dict[str, Any]:
    return job["spec"]["template"]["spec"]


def environment(job: dict[str, Any]) -> dict[str, str | None]:
    (container,) = pod(job)["containers"]
    return {entry["name"]: entry.get("value") for entry in container["env"]}


def test_a_uri_is_of_what_was_granted(
    jobs: dict[str, dict[str, Any]], request: pytest.FixtureRequest
) -> None:
    found = environment(jobs["pretrain"])
    data, checkpoints = found["DATASET_URI"], found["CHECKPOINT_URI"]
    if request.node.callspec.id == "preview":
        # AWS has not named the bucket yet.
        assert (data, checkpoints) == (None, None)
        return
    assert data is not None
    assert data.startswith("s3://datasets")
    assert data.endswith("/vision/")
    assert checkpoints == f"{data}checkpoints/"
    assert found["AWS_REGION"] == "us-west-2"


def test_pods_reach_buckets_by_their_identity(jobs: dict[str, dict[str, Any]]) -> None:
    for job in jobs.values():
        assert pod(job)["serviceAccountName"] == "workload"
        assert not any(map(credentials.is_credential, environment(job)))
        assert "AWS_ACCESS_KEY_ID" not in environment(job)


def test_devices_are_those_of_the_pool(jobs: dict[str, dict[str, Any]]) -> None:
    selectors = {name: pod(job)["nodeSelector"] for name, job in jobs.items()}
    assert selectors == {
        "pretrain": {"ml-storage/pool": "a100"},
        "on-trainium": {"ml-storage/pool": "trn1"},
    }
    limits = pod(jobs["on-trainium"])["containers"][0]["resources"]["limits"]
    assert limits["aws.amazon.com/neuron"] == "16"
    assert "nvidia.com/gpu" not in limits


def test_a_restricted_team_takes_its_pods(jobs: dict[str, dict[str, Any]]) -> None:
    for job in jobs.values():
        assert pod(job)["securityContext"]["runAsNonRoot"]
        assert pod(job)["securityContext"]["seccompProfile"]


def test_what_is_declared_has_one_digest() -> None:
    """Whether the buckets have their names yet or not."""
    known, planned = (
        {
            job.name: job.inputs["metadata"]["annotations"]["ml-storage/declared"]
            for job in deployed(preview=preview).all("kubernetes:batch/v1:Job")
        }
        for preview in (False, True)
    )
    assert known == planned
