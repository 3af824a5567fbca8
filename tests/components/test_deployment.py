from __future__ import annotations

from typing import Any

import pytest

from components.kubernetes.deployment import (
    Deployment,
    DeploymentArgs,
    deployment_fields,
)
from components.kubernetes.deployment_spec import DeploymentSpec

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SERVICE = "kubernetes:core/v1:Service"
BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
LABELS = {"ml-storage/deployment": "serve"}


def args(**spec: Any) -> DeploymentArgs:
    given = DeploymentSpec.model_validate(
        {"image": "image:1", "command": ["serve"], **spec}
    )
    return DeploymentArgs(spec=given, namespace="dev")


def fields(**spec: Any) -> dict[str, Any]:
    return deployment_fields("serve", args(**spec))


def container(made: dict[str, Any]) -> dict[str, Any]:
    (found,) = made["template"]["spec"]["containers"]
    return found


def test_all_replicas_are_alike() -> None:
    made = fields(replicas=3)
    assert made["replicas"] == 3
    assert made["selector"] == {"matchLabels": LABELS}
    assert made["template"]["metadata"]["labels"] == LABELS
    assert container(made)["command"] == ["serve"]
    # It listens for SIGTERM itself, as the programs of jobs do.
    assert "shareProcessNamespace" not in made["template"]["spec"]


@pytest.mark.parametrize(
    ("spec", "strategy"),
    [
        # What it writes has one writer at any time.
        ({}, {"type": "Recreate"}),
        ({"replicas": 0}, {"type": "Recreate"}),
        # Without room for one more pod, an old one goes first.
        (
            {"replicas": 3},
            {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1},
            },
        ),
        (
            {"surge": 1},
            {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
            },
        ),
    ],
)
def test_an_update_can_always_go_on(
    spec: dict[str, Any], strategy: dict[str, Any]
) -> None:
    assert fields(**spec)["strategy"] == strategy


@pytest.mark.parametrize(
    ("spec", "pods", "service"),
    [
        ({}, 1, False),
        ({"port": 80}, 1, True),
        ({"replicas": 3}, 3, False),
        ({"replicas": 3, "surge": 2}, 5, False),
        # Nothing is updated, since nothing runs.
        ({"replicas": 0, "surge": 2}, 0, False),
    ],
)
def test_rules_count_the_pods_of_an_update_too(
    spec: dict[str, Any], pods: int, service: bool
) -> None:
    made = args(**spec).spec
    assert (made.pods, made.all_pods) == (pods, pods)
    assert (made.together, made.numbered) == (1, None)
    assert made.has_service == service


def test_a_replica_is_asked_whether_it_is_ready() -> None:
    made = container(fields(port=8000, health="/healthz", startup="12m"))
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert made[probe]["httpGet"] == {"path": "/healthz", "port": "main"}
    started = made["startupProbe"]
    assert started["periodSeconds"] * started["failureThreshold"] == 12 * 60
    assert started["timeoutSeconds"] <= started["periodSeconds"]
    # One that is only busy gets no more requests long before it is ended.
    ready, alive = made["readinessProbe"], made["livenessProbe"]
    given_up = [p["periodSeconds"] * p["failureThreshold"] for p in (ready, alive)]
    assert given_up[0] * 3 <= given_up[1]


def test_without_a_path_its_port_is_asked() -> None:
    made = container(fields(port=8000))
    for probe in ("startupProbe", "readinessProbe"):
        assert made[probe]["tcpSocket"] == {"port": "main"}
    # A port that takes no connection may be a queue that is full.
    assert "livenessProbe" not in made


def test_without_a_port_nothing_is_asked(deploy_with: Any) -> None:
    made = container(fields())
    assert not {"ports", "startupProbe", "readinessProbe", "livenessProbe"} & set(made)
    deployed = deploy_with(lambda opts: Deployment("serve", args(), opts))
    assert not deployed.all(SERVICE)


@pytest.mark.parametrize(
    ("spec", "progress", "update"),
    [
        ({"port": 80}, 1200, 1200),
        ({"port": 80, "startup": "1h"}, 4200, 4200),
        # One after the other, and with a surge as many as that at a time.
        ({"port": 80, "replicas": 3}, 1200, 3600),
        ({"port": 80, "replicas": 5, "surge": 2}, 1200, 3600),
        ({"replicas": 0}, 1200, 1200),
        ({"port": 80, "replicas": 2**31 - 1}, 1200, 2**31 - 1),
    ],
)
def test_it_is_given_up_no_sooner_than_its_start_may_last(
    deploy_with: Any, spec: dict[str, Any], progress: int, update: int
) -> None:
    deployed = deploy_with(lambda opts: Deployment("serve", args(**spec), opts))
    made = deployed.one(DEPLOYMENT).inputs
    annotations = made["metadata"]["annotations"]
    assert made["spec"]["progressDeadlineSeconds"] == progress
    assert annotations["pulumi.com/timeoutSeconds"] == str(update)


def test_replicas_go_to_different_nodes_where_they_can() -> None:
    (spread,) = fields()["template"]["spec"]["topologySpreadConstraints"]
    assert spread["whenUnsatisfiable"] == "ScheduleAnyway"
    assert spread["topologyKey"] == "kubernetes.io/hostname"
    assert spread["labelSelector"] == {"matchLabels": LABELS}
    assert "topologySpreadConstraints" not in fields(spread=False)["template"]["spec"]


def test_one_replica_at_a_time_leaves_a_node_that_is_emptied(deploy_with: Any) -> None:
    deployed = deploy_with(lambda opts: Deployment("serve", args(replicas=2), opts))
    made = deployed.one(BUDGET).inputs
    assert made["metadata"]["name"] == "serve"
    assert made["spec"]["maxUnavailable"] == 1
    assert made["spec"]["selector"] == {"matchLabels": LABELS}
    # One that never becomes ready would keep its node for ever.
    assert made["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


@pytest.mark.parametrize("replicas", [0, 1])
def test_a_single_replica_keeps_no_node(deploy_with: Any, replicas: int) -> None:
    made = args(replicas=replicas)
    assert not deploy_with(lambda opts: Deployment("serve", made, opts)).all(BUDGET)
