from __future__ import annotations

from typing import Any

import pytest

from components.kubernetes import access
from components.kubernetes.team_space import TeamSpace, TeamSpaceArgs
from components.kubernetes.team_space_spec import TeamSpaceSpec

NAMESPACE = "kubernetes:core/v1:Namespace"
QUOTA = "kubernetes:core/v1:ResourceQuota"


def args(**spec: Any) -> TeamSpaceArgs:
    return TeamSpaceArgs(spec=TeamSpaceSpec.model_validate(spec))


def test_made_and_protected(deploy_with: Any) -> None:
    deployed = deploy_with(lambda opts: TeamSpace("dev", args(), opts))
    made = deployed.one(NAMESPACE)
    assert made.parent == deployed.one("TeamSpace").urn
    assert made.inputs["metadata"] == {
        "name": "dev",
        "labels": {
            "ml-storage/team": "dev",
            # Or a pod could mount any directory of its node by itself.
            "pod-security.kubernetes.io/enforce": "baseline",
        },
    }
    assert made.protect
    assert deployed.all(QUOTA) == []


def test_deleted_when_someone_says_so(deploy_with: Any) -> None:
    deployed = deploy_with(lambda opts: TeamSpace("dev", args(onDelete="delete"), opts))
    assert not deployed.one(NAMESPACE).protect


def test_existing_is_only_read(deploy_with: Any) -> None:
    spec = args(existing=True, quota={"gpus": 1})
    deployed = deploy_with(lambda opts: TeamSpace("dev", spec, opts))
    found = deployed.one(NAMESPACE)
    assert found.read
    assert found.import_id == "dev"
    # Its quota is still the stack's.
    assert not deployed.one(QUOTA).read


def test_adopted_is_imported_and_protected(deploy_with: Any) -> None:
    deployed = deploy_with(lambda opts: TeamSpace("dev", args(adopt=True), opts))
    made = deployed.one(NAMESPACE)
    assert made.import_id == "dev"
    assert made.protect
    assert "metadata.labels" in made.ignore_changes


@pytest.mark.parametrize("gpus", [0, 8])
def test_quota(deploy_with: Any, gpus: int) -> None:
    spec = args(quota={"storage": {"fast": "20Ti", "a.b": "1Gi"}, "gpus": gpus})
    deployed = deploy_with(lambda opts: TeamSpace("dev", spec, opts))
    quota = deployed.one(QUOTA)
    assert quota.inputs["spec"]["hard"] == {
        "fast.storageclass.storage.k8s.io/requests.storage": "20Ti",
        "a.b.storageclass.storage.k8s.io/requests.storage": "1Gi",
        "requests.nvidia.com/gpu": str(gpus),
    }
    assert deployed.one(NAMESPACE).urn in quota.depends_on
    assert quota.parent == deployed.one("TeamSpace").urn


def test_limits(deploy_with: Any) -> None:
    spec = args(limits={"max": {"memory": "64Gi"}, "claim": {"max": "1Ti"}})
    deployed = deploy_with(lambda opts: TeamSpace("dev", spec, opts))
    limits = deployed.one("kubernetes:core/v1:LimitRange")
    assert limits.inputs["spec"]["limits"] == [
        {"type": "Container", "max": {"memory": "64Gi"}},
        {"type": "PersistentVolumeClaim", "max": {"storage": "1Ti"}},
    ]
    assert deployed.one(NAMESPACE).urn in limits.depends_on


def test_deployers(deploy_with: Any) -> None:
    spec = args(deployers={"users": ["ann"], "groups": ["vision"]})
    deployed = deploy_with(lambda opts: TeamSpace("dev", spec, opts))
    binding = deployed.one("RoleBinding")
    assert binding.inputs["roleRef"]["kind"] == "Role"
    assert binding.inputs["metadata"]["namespace"] == "dev"
    assert [(s["kind"], s["name"]) for s in binding.inputs["subjects"]] == [
        ("ServiceAccount", "deployer"),
        ("User", "ann"),
        ("Group", "vision"),
    ]
    assert deployed.one("Role", "dev-deployer-role").urn in binding.depends_on


def test_a_deployer_does_not_change_its_guardrails() -> None:
    """Nothing that the platform gave can be written, nothing grants more."""
    for group, resources, verbs in access.RULES:
        writes = set(verbs) - {"get", "list", "watch"}
        guardrails = {"resourcequotas", "limitranges", "serviceaccounts", "roles"}
        assert not (writes and guardrails & set(resources))
        assert group != "rbac.authorization.k8s.io"
        assert not {"*", "escalate", "bind", "impersonate"} & set(verbs)
        assert "*" not in resources


def test_pods_do_not_get_the_rights_of_the_deployer(deploy_with: Any) -> None:
    deployed = deploy_with(lambda opts: TeamSpace("dev", args(), opts))
    accounts = deployed.all("ServiceAccount")
    assert {a.inputs["metadata"]["name"] for a in accounts} == {"workload", "deployer"}
    assert not any(a.inputs["automountServiceAccountToken"] for a in accounts)
    subjects = deployed.one("RoleBinding").inputs["subjects"]
    assert "workload" not in {s["name"] for s in subjects}


def test_the_workload_account_carries_an_identity(deploy_with: Any) -> None:
    role = "arn:aws:iam::123456789012:role/vision"
    given = TeamSpaceArgs(
        spec=TeamSpaceSpec(), workload_annotations={"eks.amazonaws.com/role-arn": role}
    )
    deployed = deploy_with(lambda opts: TeamSpace("vision", given, opts))
    workload, deployer = deployed.all("kubernetes:core/v1:ServiceAccount")
    assert workload.inputs["metadata"] == {
        "name": access.WORKLOAD,
        "namespace": "vision",
        "annotations": {"eks.amazonaws.com/role-arn": role},
    }
    # Whoever deploys has none of the pods' rights.
    assert "annotations" not in deployer.inputs["metadata"]


def test_programs_that_only_read_have_an_account_where_there_is_one(
    deploy_with: Any,
) -> None:
    accounts = "kubernetes:core/v1:ServiceAccount"
    plain = deploy_with(lambda opts: TeamSpace("dev", args(), opts))
    assert "dev-reader" not in {a.name for a in plain.all(accounts)}
    given = TeamSpaceArgs(spec=TeamSpaceSpec(), reader_annotations={"a": "b"})
    deployed = deploy_with(lambda opts: TeamSpace("dev", given, opts))
    reader = deployed.one(accounts, "dev-reader")
    assert reader.inputs["metadata"]["name"] == access.READER
    assert reader.inputs["metadata"]["annotations"] == {"a": "b"}
    assert reader.inputs["automountServiceAccountToken"] is False
