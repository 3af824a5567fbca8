"""Scratch on the node's own NVMe disks: a directory like any other to Kubernetes."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from components.kubernetes.job import Job, JobArgs
from components.kubernetes.job_spec import JobSpec
from components.kubernetes.mountable import Mount
from components.kubernetes.scratch_spec import ScratchSpec
from tests.components.conftest import DeployWith

JOB = "kubernetes:batch/v1:Job"
Medium = Literal["disk", "nvme", "memory"]


def scratch(medium: Medium) -> ScratchSpec:
    return ScratchSpec(kind="scratch", size="500Gi", medium=medium)


def test_it_is_rendered_as_disk_is() -> None:
    """The kubelet's directory is on the NVMe disks; a medium is only for memory."""
    nvme, disk = scratch("nvme"), scratch("disk")
    assert nvme.volume_source() == {"emptyDir": {"sizeLimit": "500Gi"}}
    assert nvme.volume_source() == disk.volume_source()
    assert nvme.pod_needs() == disk.pod_needs()
    assert nvme.pod_needs().ephemeral_storage == 500 * 1024**3
    assert nvme.pod_needs().memory == 0


@pytest.mark.parametrize("medium", ["disk", "nvme"])
def test_it_counts_as_the_nodes_disk(deploy_with: DeployWith, medium: Medium) -> None:
    given = {"image": "image:1", "command": ["train"], "nodes": {"pool": "a100"}}
    args = JobArgs(
        spec=JobSpec.model_validate(given),
        namespace="dev",
        mounts=[Mount(name="scratch", path="/scratch", volume=scratch(medium))],
        node_selector={"ml-storage/pool": "a100"},
    )
    made = deploy_with(lambda opts: Job("train", args, opts)).one(JOB)
    pod: dict[str, Any] = made.inputs["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"ml-storage/pool": "a100"}
    resources = pod["containers"][0]["resources"]
    # What the container writes beside it, logs included, is counted too.
    assert resources["requests"]["ephemeral-storage"] == "501Gi"
    assert resources["limits"]["ephemeral-storage"] == "501Gi"


def test_a_medium_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="medium"):
        ScratchSpec.model_validate({"kind": "scratch", "size": "1Gi", "medium": "ssd"})
