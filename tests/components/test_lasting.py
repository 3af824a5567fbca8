"""What a workspace and a deployment have in common: a Deployment, and its Service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pulumi
import pytest

from components.kubernetes.claim import Claim, ClaimArgs
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.deployment import Deployment, DeploymentArgs
from components.kubernetes.deployment_spec import DeploymentSpec
from components.kubernetes.mountable import Mount
from components.kubernetes.scratch_spec import ScratchSpec
from components.kubernetes.workspace import Workspace, WorkspaceArgs
from components.kubernetes.workspace_spec import WorkspaceSpec
from tests.components.conftest import DeployWith

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SERVICE = "kubernetes:core/v1:Service"


@dataclass(frozen=True)
class Lasting:
    """A kind of program that stays.

    Attributes:
        word: What its pods are labelled as.
        component: What makes it.
        args: Its arguments, of its mounts and of what its spec says.
    """

    word: str
    component: Callable[..., Workspace | Deployment]
    args: Callable[..., WorkspaceArgs | DeploymentArgs]

    def make(
        self,
        opts: pulumi.ResourceOptions,
        mounts: list[Mount] | None = None,
        **spec: Any,
    ) -> Workspace | Deployment:
        return self.component("stays", self.args(mounts or [], **spec), opts)


def workspace_args(mounts: list[Mount], **spec: Any) -> WorkspaceArgs:
    given = WorkspaceSpec.model_validate({"image": "image:1", **spec})
    return WorkspaceArgs(spec=given, namespace="dev", mounts=mounts)


def deployment_args(mounts: list[Mount], **spec: Any) -> DeploymentArgs:
    given = {"image": "image:1", "command": ["serve"], **spec}
    return DeploymentArgs(
        spec=DeploymentSpec.model_validate(given), namespace="dev", mounts=mounts
    )


WORKSPACE = Lasting("workspace", Workspace, workspace_args)
REPLICAS = Lasting("deployment", Deployment, deployment_args)
BOTH = pytest.mark.parametrize(
    "lasting", [WORKSPACE, REPLICAS], ids=lambda kind: kind.word
)


@pytest.mark.parametrize(
    ("lasting", "spec"),
    [
        (WORKSPACE, {}),
        (
            WORKSPACE,
            {"port": 8888, "command": ["jupyter", "lab"], "env": {"A": "b"}},
        ),
        (WORKSPACE, {"running": False, "await": False, "graceSeconds": 0}),
        (WORKSPACE, {"nodes": {"gpus": 1, "gpuProducts": ["NVIDIA-A10G"]}}),
        (WORKSPACE, {"resources": {"requests": {"cpu": 1, "memory": "1Gi"}}}),
        (REPLICAS, {}),
        (
            REPLICAS,
            {"replicas": 3, "port": 8000, "health": "/healthz", "startup": "2h"},
        ),
        (REPLICAS, {"replicas": 3, "port": 8000, "surge": 2, "spread": False}),
        (REPLICAS, {"replicas": 0, "await": False, "graceSeconds": 0}),
        (
            REPLICAS,
            {"nodes": {"gpus": 1, "gpuProducts": ["NVIDIA-A10G"]}, "replicas": 2},
        ),
        (
            REPLICAS,
            {"runAs": {"user": 1000}, "resources": {"requests": {"memory": "1Gi"}}},
        ),
    ],
)
def test_kubernetes_takes_it(
    deploy_with: DeployWith, lasting: Lasting, spec: dict[str, Any]
) -> None:
    """The harness checks the objects against the strict schema."""
    scratch = ScratchSpec(kind="scratch", size="1Gi")
    mounts = [Mount(name="a", path="/a", volume=scratch)]
    deployed = deploy_with(lambda opts: lasting.make(opts, mounts, **spec))
    made = deployed.one(DEPLOYMENT)
    token = f"ml-storage:index:{lasting.word.capitalize()}"
    assert made.parent == deployed.one(token).urn
    assert made.inputs["metadata"]["name"] == "stays"
    assert made.inputs["metadata"]["namespace"] == "dev"
    assert made.delete_before_replace
    assert not made.protect


@BOTH
@pytest.mark.parametrize("wait", [True, False])
def test_it_is_waited_for_unless_told_otherwise(
    deploy_with: DeployWith, lasting: Lasting, wait: bool
) -> None:
    spec: dict[str, Any] = {"await": wait}
    deployed = deploy_with(lambda opts: lasting.make(opts, **spec))
    annotations = deployed.one(DEPLOYMENT).inputs["metadata"]["annotations"]
    assert ("pulumi.com/waitFor" in annotations) != wait
    assert "pulumi.com/skipAwait" not in annotations
    assert annotations["pulumi.com/deletionPropagationPolicy"] == "foreground"


@pytest.mark.parametrize(
    ("lasting", "spec"),
    [
        (WORKSPACE, {"running": True}),
        (WORKSPACE, {"running": False}),
        (REPLICAS, {"replicas": 3}),
    ],
)
def test_a_port_is_reached_by_name(
    deploy_with: DeployWith, lasting: Lasting, spec: dict[str, Any]
) -> None:
    def make(opts: pulumi.ResourceOptions) -> dict[str, Any]:
        made = lasting.make(opts, port=8888, **spec)
        return {"service": made.service_name, "deployment": made.deployment_name}

    deployed = deploy_with(make)
    assert deployed.outputs == {"service": "stays", "deployment": "stays"}
    service = deployed.one(SERVICE).inputs
    assert service["metadata"]["name"] == "stays"
    # One without pods would be awaited in vain.
    assert service["metadata"]["annotations"] == {"pulumi.com/skipAwait": "true"}
    template = deployed.one(DEPLOYMENT).inputs["spec"]["template"]
    labels = {f"ml-storage/{lasting.word}": "stays"}
    assert service["spec"]["selector"] == labels
    assert template["metadata"]["labels"] == labels
    (port,) = service["spec"]["ports"]
    assert port == {"name": "main", "port": 8888, "targetPort": "main"}
    (container,) = template["spec"]["containers"]
    assert container["ports"] == [{"name": "main", "containerPort": 8888}]


@BOTH
def test_without_a_port_there_is_no_service(
    deploy_with: DeployWith, lasting: Lasting
) -> None:
    assert not deploy_with(lasting.make).all(SERVICE)


@BOTH
def test_it_mounts_what_jobs_mount(deploy_with: DeployWith, lasting: Lasting) -> None:
    given = {"kind": "claim", "storageClass": "fast", "size": "1Ti"}

    def make(opts: pulumi.ResourceOptions) -> None:
        spec = ClaimSpec.model_validate(given)
        claim = Claim("data", ClaimArgs(spec=spec, namespace="dev"), opts)
        mounts = [Mount(name="data", path="/data", volume=claim, read_only=True)]
        after = pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(depends_on=[claim])
        )
        lasting.make(after, mounts)

    deployed = deploy_with(make)
    pod = deployed.one(DEPLOYMENT).inputs["spec"]["template"]["spec"]
    assert pod["volumes"] == [
        {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    ]
    (mounted,) = pod["containers"][0]["volumeMounts"]
    assert mounted == {"name": "data", "mountPath": "/data", "readOnly": True}
    claim = deployed.one("kubernetes:core/v1:PersistentVolumeClaim")
    token = f"ml-storage:index:{lasting.word.capitalize()}"
    assert claim.urn in deployed.one(token).depends_on
