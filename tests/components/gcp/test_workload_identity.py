from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest

from components.gcp.managed_folder import ManagedFolder, ManagedFolderArgs
from components.gcp.workload_identity import (
    GrantedBucket,
    WorkloadIdentity,
    WorkloadIdentityArgs,
)
from components.testing import Deployment, Registered, deploy

PROJECT = "ml-prod-123456"
NUMBER = "123456789012"
POOL = f"{PROJECT}.svc.id.goog"
PRINCIPAL = (
    f"principal://iam.googleapis.com/projects/{NUMBER}/locations/global/"
    f"workloadIdentityPools/{POOL}/subject/ns/vision/sa/"
)
GRANTS = {
    "datasets": GrantedBucket(bucket="datasets", access="read-only", prefix="vision/"),
    "models": GrantedBucket(bucket="models", access="read-write"),
}
ROLES = ("BucketIAMMember", "ManagedFolderIamMember")


@pytest.fixture(params=[False, True], ids=["update", "preview"])
def preview(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture
def run(preview: bool) -> Callable[..., Deployment]:
    """Make the identity of the team vision, previewed and made."""

    def make(grants: Any = None, **more: Any) -> Deployment:
        def program() -> dict[str, Any]:
            provider = gcp.Provider("gcp", project=PROJECT)
            made = WorkloadIdentity(
                "vision",
                WorkloadIdentityArgs(
                    namespace="vision",
                    project=PROJECT,
                    project_number=pulumi.Output.from_input(NUMBER),
                    workload_pool=pulumi.Output.from_input(POOL),
                    grants=GRANTS if grants is None else grants,
                    **more,
                ),
                pulumi.ResourceOptions(provider=provider),
            )
            return {
                "workload": made.annotations,
                "reader": made.reader_annotations,
                "hasReader": made.has_reader,
            }

        return deploy(program, preview=preview)

    return make


def roles(deployed: Deployment) -> dict[tuple[str, str], Registered]:
    """Roles by whom they are given to, and on what."""
    return {
        (m.inputs["member"].rpartition("/")[2], m.inputs["bucket"]): m
        for kind in ROLES
        for m in deployed.all(kind)
    }


def test_pods_have_the_roles_themselves(run: Any) -> None:
    deployed = run()
    given = roles(deployed)
    assert {key: m.inputs["role"] for key, m in given.items()} == {
        ("workload", "datasets"): "roles/storage.objectViewer",
        ("workload", "models"): "roles/storage.objectUser",
        ("reader", "datasets"): "roles/storage.objectViewer",
        ("reader", "models"): "roles/storage.objectViewer",
    }
    assert {m.inputs["member"] for m in given.values()} == {
        f"{PRINCIPAL}workload",
        f"{PRINCIPAL}reader",
    }
    component = deployed.one("ml-storage:index:WorkloadIdentity")
    for member in given.values():
        assert member.parent == component.urn
        assert not member.protect
    assert deployed.outputs == {"workload": {}, "reader": {}, "hasReader": True}
    assert not deployed.all("Account")


def test_a_part_is_a_managed_folder(run: Any) -> None:
    deployed = run()
    folder = deployed.one("gcp:storage/managedFolder:ManagedFolder")
    assert folder.inputs == {
        "bucket": "datasets",
        "name": "vision/",
        # Its objects stay where they are.
        "forceDestroy": True,
    }
    members = deployed.all("ManagedFolderIamMember")
    assert len(members) == 2
    for member in members:
        assert member.inputs["bucket"] == "datasets"
        assert folder.urn in member.depends_on
    assert {m.inputs["bucket"] for m in deployed.all("BucketIAMMember")} == {"models"}


def test_a_part_that_two_teams_share_is_made_once(preview: bool) -> None:
    def program() -> None:
        provider = gcp.Provider("gcp", project=PROJECT)
        opts = pulumi.ResourceOptions(provider=provider)
        folder = ManagedFolder(
            "models-shared", ManagedFolderArgs(bucket="models", prefix="shared"), opts
        ).folder
        for team in ("vision", "speech"):
            grant = GrantedBucket(
                bucket="models", access="read-only", prefix="shared", folder=folder
            )
            args = WorkloadIdentityArgs(
                namespace=team,
                project=PROJECT,
                project_number=NUMBER,
                workload_pool=POOL,
                grants={"models": grant},
            )
            WorkloadIdentity(team, args, opts)

    deployed = deploy(program, preview=preview)
    folder = deployed.one("gcp:storage/managedFolder:ManagedFolder")
    members = deployed.all("ManagedFolderIamMember")
    assert len(members) == 2
    assert all(folder.urn in m.depends_on for m in members)


def test_who_only_reads_needs_no_reader(run: Any) -> None:
    grants = {"models": GrantedBucket(bucket="models", access="read-only")}
    deployed = run(grants)
    assert list(roles(deployed)) == [("workload", "models")]
    assert deployed.outputs["hasReader"] is False


def test_a_role_that_is_asked_for(run: Any) -> None:
    grant = GrantedBucket(bucket="logs", access="read-write", role="objectAdmin")
    given = roles(run({"logs": grant}))
    assert given["workload", "logs"].inputs["role"] == "roles/storage.objectAdmin"
    assert given["reader", "logs"].inputs["role"] == "roles/storage.objectViewer"


def test_impersonated_service_accounts_have_no_keys(run: Any, preview: bool) -> None:
    deployed = run(identity="service-account")
    accounts = {a.name: a for a in deployed.all("Account")}
    assert {a.inputs["accountId"] for a in accounts.values()} == {
        "vision-workload",
        "vision-reader",
    }
    assert not [r for r in deployed.resources if r.kind == "Key"]
    for account in ("workload", "reader"):
        may = deployed.one(
            "gcp:serviceaccount/iAMMember:IAMMember", f"vision-{account}-pods"
        )
        assert may.inputs["role"] == "roles/iam.workloadIdentityUser"
        assert may.inputs["member"] == f"serviceAccount:{POOL}[vision/{account}]"
        assert accounts[f"vision-{account}"].urn in may.depends_on
    if preview:
        return
    for account in ("workload", "reader"):
        email = f"vision-{account}@{PROJECT}.iam.gserviceaccount.com"
        said = deployed.outputs[account]
        assert said == {"iam.gke.io/gcp-service-account": email}
    members = {m.inputs["member"] for kind in ROLES for m in deployed.all(kind)}
    assert members == {
        f"serviceAccount:vision-{account}@{PROJECT}.iam.gserviceaccount.com"
        for account in ("workload", "reader")
    }


def test_no_role_is_on_a_project_and_none_is_everyones(run: Any) -> None:
    for identity in ("principal", "service-account"):
        deployed = run(identity=identity)
        kinds = {r.type for r in deployed.resources if "role" in r.inputs}
        assert not [kind for kind in kinds if kind.startswith("gcp:projects/")]
        for resource in deployed.resources:
            member = resource.inputs.get("member")
            assert member not in ("allUsers", "allAuthenticatedUsers")


def test_a_part_that_cannot_be_granted(run: Any) -> None:
    deep = GrantedBucket(bucket="models", access="read-only", prefix="a/" * 16)
    with pytest.raises(ValueError, match="15 deep"):
        run({"models": deep})
