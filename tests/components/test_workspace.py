from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.kubernetes.claim import Claim, ClaimArgs
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.mountable import Mount
from components.kubernetes.scratch_spec import ScratchSpec
from components.kubernetes.workspace import (
    Workspace,
    WorkspaceArgs,
    workspace_fields,
)
from components.kubernetes.workspace_spec import WorkspaceSpec

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SERVICE = "kubernetes:core/v1:Service"


def args(mounts: list[Mount] | None = None, **spec: Any) -> WorkspaceArgs:
    given = WorkspaceSpec.model_validate({"image": "image", **spec})
    return WorkspaceArgs(spec=given, namespace="dev", mounts=mounts or [])


def fields(mounts: list[Mount] | None = None, **spec: Any) -> dict[str, Any]:
    return workspace_fields("notebook", args(mounts, **spec))


def pod(made: dict[str, Any]) -> dict[str, Any]:
    return made["template"]["spec"]


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"port": 8888, "command": ["jupyter", "lab"], "env": {"A": "b"}},
        {"running": False, "await": False, "graceSeconds": 0},
        {"nodes": {"gpus": 1, "gpuProducts": ["NVIDIA-A10G"]}},
        {"resources": {"requests": {"cpu": 1, "memory": "1Gi"}}},
    ],
)
def test_kubernetes_takes_it(deploy_with: Any, spec: dict[str, Any]) -> None:
    """The harness checks the objects against the strict schema."""
    scratch = ScratchSpec(kind="scratch", size="1Gi")
    mounts = [Mount(name="a", path="/a", volume=scratch)]
    deployed = deploy_with(
        lambda opts: Workspace("notebook", args(mounts, **spec), opts)
    )
    made = deployed.one(DEPLOYMENT)
    assert made.parent == deployed.one("ml-storage:index:Workspace").urn
    assert made.inputs["metadata"]["name"] == "notebook"
    assert made.inputs["metadata"]["namespace"] == "dev"
    assert made.delete_before_replace
    assert not made.protect


def test_one_pod_that_gives_up_its_volumes_before_the_next_starts() -> None:
    made = fields()
    assert made["replicas"] == 1
    assert made["strategy"] == {"type": "Recreate"}
    labels = {"ml-storage/workspace": "notebook"}
    assert made["selector"] == {"matchLabels": labels}
    assert made["template"]["metadata"]["labels"] == labels


def test_it_can_be_put_to_rest() -> None:
    resting = fields(running=False)
    assert resting["replicas"] == 0
    # Nothing else changes: its pod comes back as it was declared.
    assert {**resting, "replicas": 1} == fields()


def test_the_pod() -> None:
    made = pod(fields(graceSeconds=5))
    (container,) = made["containers"]
    assert container["command"] == ["sleep", "infinity"]
    assert "ports" not in container
    # `sleep` would outlast SIGTERM as the first process of the container.
    assert made["shareProcessNamespace"] is True
    assert made["terminationGracePeriodSeconds"] == 5
    assert made["automountServiceAccountToken"] is False
    # A Deployment's pods are always started again.
    assert "restartPolicy" not in made


@pytest.mark.parametrize("wait", [True, False])
def test_a_deployment_waits_for_it_unless_told_otherwise(
    deploy_with: Any, wait: bool
) -> None:
    made = deploy_with(
        lambda opts: Workspace("notebook", args(**{"await": wait}), opts)
    ).one(DEPLOYMENT)
    annotations = made.inputs["metadata"]["annotations"]
    assert ("pulumi.com/waitFor" in annotations) != wait
    assert "pulumi.com/skipAwait" not in annotations
    assert annotations["pulumi.com/deletionPropagationPolicy"] == "foreground"


@pytest.mark.parametrize("running", [True, False])
def test_a_port_is_reached_by_name(deploy_with: Any, running: bool) -> None:
    def make(opts: pulumi.ResourceOptions) -> dict[str, Any]:
        made = Workspace("notebook", args(port=8888, running=running), opts)
        return {"service": made.service_name}

    deployed = deploy_with(make)
    service = deployed.one(SERVICE)
    assert deployed.outputs == {"service": "notebook"}
    assert service.inputs["metadata"]["name"] == "notebook"
    # One without pods would be awaited in vain.
    annotations = service.inputs["metadata"]["annotations"]
    assert annotations == {"pulumi.com/skipAwait": "true"}
    spec = service.inputs["spec"]
    template = deployed.one(DEPLOYMENT).inputs["spec"]["template"]
    assert spec["selector"] == template["metadata"]["labels"]
    (port,) = spec["ports"]
    assert port == {"name": "main", "port": 8888, "targetPort": "main"}
    (container,) = template["spec"]["containers"]
    assert container["ports"] == [{"name": "main", "containerPort": 8888}]


@pytest.mark.parametrize(("spec", "has"), [({}, False), ({"port": 80}, True)])
def test_a_workspace_is_one_pod(spec: dict[str, Any], has: bool) -> None:
    made = args(**spec).spec
    assert (made.together, made.pods, made.all_pods, made.numbered) == (1, 1, 1, None)
    assert made.has_service == has


def test_without_a_port_there_is_no_service(deploy_with: Any) -> None:
    deployed = deploy_with(lambda opts: Workspace("notebook", args(), opts))
    assert not deployed.all(SERVICE)


def test_it_mounts_what_jobs_mount(deploy_with: Any) -> None:
    given = {"kind": "claim", "storageClass": "fast", "size": "1Ti"}

    def make(opts: pulumi.ResourceOptions) -> None:
        spec = ClaimSpec.model_validate(given)
        claim = Claim("data", ClaimArgs(spec=spec, namespace="dev"), opts)
        mounts = [Mount(name="data", path="/data", volume=claim, read_only=True)]
        after = pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(depends_on=[claim])
        )
        Workspace("notebook", args(mounts), after)

    deployed = deploy_with(make)
    made = pod(deployed.one(DEPLOYMENT).inputs["spec"])
    assert made["volumes"] == [
        {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    ]
    (mounted,) = made["containers"][0]["volumeMounts"]
    assert mounted == {"name": "data", "mountPath": "/data", "readOnly": True}
    claim = deployed.one("kubernetes:core/v1:PersistentVolumeClaim")
    assert claim.urn in deployed.one("ml-storage:index:Workspace").depends_on
