"""Whom a program runs as: `restricted` takes its pods, and its files are its own."""

from __future__ import annotations

from typing import Any

import pytest

from components.kubernetes.dataset_spec import DatasetSpec
from components.kubernetes.job import Job, JobArgs
from components.kubernetes.job_spec import JobSpec
from components.kubernetes.mountable import Mount
from components.kubernetes.workspace import Workspace, WorkspaceArgs
from components.kubernetes.workspace_spec import WorkspaceSpec
from tests.components.conftest import DeployWith

JOB = "kubernetes:batch/v1:Job"
CONTAINER = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def pod(deploy_with: DeployWith, **spec: Any) -> dict[str, Any]:
    public = DatasetSpec(
        kind="dataset", source="https://example.org/a", size="1Gi", image="image:1"
    )
    args = JobArgs(
        spec=JobSpec.model_validate({"image": "image:1", "command": ["a"], **spec}),
        namespace="dev",
        mounts=[Mount(name="public", path="/data", volume=public)],
    )
    made = deploy_with(lambda opts: Job("train", args, opts)).one(JOB)
    return made.inputs["spec"]["template"]["spec"]


@pytest.mark.parametrize(
    ("run_as", "user", "group"),
    [({"user": 1000}, 1000, 1000), ({"user": 5, "group": 7}, 5, 7)],
)
def test_no_container_can_become_root(
    deploy_with: DeployWith, run_as: object, user: int, group: int
) -> None:
    made = pod(deploy_with, runAs=run_as)
    assert made["securityContext"] == {
        "seccompProfile": {"type": "RuntimeDefault"},
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": group,
        # A disk of its own is writable to it, whoever made the file system on it.
        "fsGroup": group,
        "fsGroupChangePolicy": "OnRootMismatch",
    }
    containers = [*made["initContainers"], *made["containers"]]
    assert len(containers) == 2
    assert [c["securityContext"] for c in containers] == [CONTAINER, CONTAINER]


def test_without_it_the_image_decides(deploy_with: DeployWith) -> None:
    made = pod(deploy_with)
    assert "securityContext" not in made
    containers = [*made["initContainers"], *made["containers"]]
    assert all("securityContext" not in container for container in containers)


def test_a_workspace_does_too(deploy_with: DeployWith) -> None:
    spec = WorkspaceSpec.model_validate({"image": "image:1", "runAs": {"user": 1000}})
    args = WorkspaceArgs(spec=spec, namespace="dev")
    deployed = deploy_with(lambda opts: Workspace("note", args, opts))
    made = deployed.one("kubernetes:apps/v1:Deployment").inputs["spec"]["template"]
    assert made["spec"]["securityContext"]["runAsUser"] == 1000
    assert made["spec"]["containers"][0]["securityContext"] == CONTAINER


@pytest.mark.parametrize(
    "run_as", [1000, {"user": 0}, {"user": -1}, {"user": "1000"}, {"group": 5}]
)
def test_root_and_names_are_refused(run_as: object) -> None:
    given = {"image": "image:1", "command": ["a"], "runAs": run_as}
    with pytest.raises(ValueError, match="runAs"):
        JobSpec.model_validate(given)
