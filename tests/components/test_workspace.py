from __future__ import annotations

from typing import Any

import pytest

from components.kubernetes.workspace import WorkspaceArgs, workspace_fields
from components.kubernetes.workspace_spec import WorkspaceSpec


def args(**spec: Any) -> WorkspaceArgs:
    given = WorkspaceSpec.model_validate({"image": "image", **spec})
    return WorkspaceArgs(spec=given, namespace="dev")


def fields(**spec: Any) -> dict[str, Any]:
    return workspace_fields("notebook", args(**spec))


def pod(made: dict[str, Any]) -> dict[str, Any]:
    return made["template"]["spec"]


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


@pytest.mark.parametrize(("spec", "has"), [({}, False), ({"port": 80}, True)])
def test_a_workspace_is_one_pod(spec: dict[str, Any], has: bool) -> None:
    made = args(**spec).spec
    assert (made.together, made.pods, made.all_pods, made.numbered) == (1, 1, 1, None)
    assert made.has_service == has
