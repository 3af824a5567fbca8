"""Deployments of a whole stack: what is registered, and what others are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.testing import Deployment, deploy
from stacks import program

AsPulumi = Callable[[dict[str, Any]], dict[str, str]]
FIXTURE = Path(__file__).parents[1] / "config" / "good" / "deployments.yaml"


@pytest.fixture(params=[False, True], ids=["update", "preview"])
def deployed(as_pulumi: AsPulumi, request: pytest.FixtureRequest) -> Deployment:
    config = yaml.safe_load(FIXTURE.read_text())["config"]
    return deploy(program.run, config=as_pulumi(config), preview=request.param)


def test_others_are_told_where_to_find_it(deployed: Deployment) -> None:
    told = deployed.outputs["deployments"]
    assert sorted(told) == ["cache", "rests", "serve", "workers"]
    serve = told["serve"]
    assert (serve["deployment"], serve["service"]) == ("serve", "serve")
    assert serve["replicas"] == 3
    assert serve["mounts"]["/model"] == {"volume": "models", "directory": ""}
    assert "service" not in told["workers"]
    assert told["rests"]["replicas"] == 0


def test_it_has_what_jobs_have_of_the_team(deployed: Deployment) -> None:
    made = deployed.one("Deployment", "serve-deployment").inputs
    assert made["metadata"]["namespace"] == "dev"
    pod = made["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"pool": "a10g"}
    (container,) = pod["containers"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
    # Memory scratch is counted in: 2Gi requested, 1Gi of /dev/shm.
    assert container["resources"]["limits"]["memory"] == "3Gi"
    mounted = {m["mountPath"]: m for m in container["volumeMounts"]}
    assert mounted["/model"]["readOnly"] is True
    assert {"/loads", "/scratch", "/dev/shm"} <= set(mounted)


def test_it_comes_after_what_it_mounts(deployed: Deployment) -> None:
    component = deployed.one("ml-storage:index:Deployment", "serve")
    after = {urn.rpartition("::")[2] for urn in component.depends_on}
    assert {"models-claim", "loads-claim"} <= after
